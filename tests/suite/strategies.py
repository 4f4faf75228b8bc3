"""Hypothesis strategies for documents, the places in them, and schemas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**12), 10**12)
    | st.text(max_size=8)
    | st.floats(allow_nan=False, allow_infinity=False)
)


def json_values(max_leaves: int = 12) -> st.SearchStrategy[Any]:
    """Any JSON value of moderate size."""
    return st.recursive(
        SCALARS,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
        max_leaves=max_leaves,
    )


def json_objects() -> st.SearchStrategy[dict[str, Any]]:
    """Any JSON object of moderate size that no reader would take for a reference or for something of its own."""
    names = st.text(min_size=1, max_size=6).filter(lambda name: name not in ("$ref", "x-chatcert-files", "<<"))
    inner = st.recursive(
        SCALARS, lambda part: st.lists(part, max_size=3) | st.dictionaries(names, part, max_size=3), max_leaves=10
    )
    return st.dictionaries(names, inner, max_size=4)


def places(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Every place in a JSON value, as tokens of a pointer."""
    yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places(inner, (*path, name))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, str(index)))


def oddities() -> st.SearchStrategy[Any]:
    """Values at unexpected places."""
    odd: list[Any] = [
        None,
        True,
        0,
        -1,
        2.5,
        "",
        "string",
        "#",
        [],
        {},
        [None],
        [{}],
        [[]],
        {"": None},
        {"a": {"a": "a"}},
        {"$ref": 1},
        {"$ref": "#"},
        {"$ref": "#/nowhere"},
        {"$ref": "//x"},
        {"type": "text"},
        {"type": ["string", 1]},
        {"allOf": 1},
        {"required": [{}]},
        {"properties": [1]},
        {"properties": {"a": None}},
        {"pattern": "["},
        {"enum": 1},
        {"minLength": "x"},
        {"minimum": "x", "maximum": 1},
        {"items": [1]},
        {"example": float("inf")},
        {"allOf": [{"$ref": "#/components/schemas/Chat"}]},
        {"anyOf": [{"$ref": "#/components/schemas/Chat"}]},
        {"properties": {"a": {"$ref": "#/components/schemas/Chat"}}, "example": {"a": {"a": {"a": 1}}}},
    ]
    return st.sampled_from(odd) | json_values(6)


def schemas() -> st.SearchStrategy[dict[str, Any]]:
    """Schemas that mean the same in every dialect."""
    limits = st.integers(0, 4)
    leaves: st.SearchStrategy[dict[str, Any]] = st.one_of(
        st.just({}),
        st.fixed_dictionaries({"type": st.just("string")}, optional={"minLength": limits, "maxLength": limits}),
        st.fixed_dictionaries({"type": st.just("integer")}, optional={"minimum": limits, "maximum": limits}),
        st.fixed_dictionaries({"type": st.sampled_from(["boolean", "number", "object"])}),
        st.fixed_dictionaries({"enum": st.lists(SCALARS, min_size=1, max_size=3)}),
    )
    names = st.sampled_from(["a", "b", "type", "items", "$id", "required", "nullable"])

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        return st.one_of(
            st.fixed_dictionaries(
                {"type": st.just("object"), "properties": st.dictionaries(names, inner, max_size=3)},
                optional={"required": st.lists(names, max_size=2, unique=True), "additionalProperties": st.booleans()},
            ),
            st.fixed_dictionaries({"type": st.just("array"), "items": inner}, optional={"maxItems": limits}),
            st.fixed_dictionaries({"anyOf": st.lists(inner, min_size=1, max_size=3)}),
            st.fixed_dictionaries({"allOf": st.lists(inner, min_size=1, max_size=2)}),
            st.fixed_dictionaries({"not": inner}),
        )

    return st.recursive(leaves, nested, max_leaves=6)


def instances() -> st.SearchStrategy[Any]:
    """Values that have a chance of matching what ``schemas`` makes."""
    names = st.sampled_from(["a", "b", "type", "items", "$id", "required", "nullable"])
    scalars = st.none() | st.booleans() | st.integers(-1, 5) | st.text("ab", max_size=5) | st.just(0.5)
    return st.recursive(
        scalars,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
        max_leaves=6,
    )
