"""Boundary values sit exactly on their limit, or one step beyond it, whatever the limit is."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatcert.cases.requests.hostile import HEADERS, PATH_VALUES, VALUES, nested, payloads
from chatcert.cases.values.boundaries import at_limit, breaking
from chatcert.cases.values.drawing import draw, seed_of
from chatcert.cases.values.invalid_values import InvalidValues, other_types
from chatcert.cases.values.strategies import Strategies, text
from chatcert.openapi.schemas.fields import Field

STRINGS = {"minLength": st.integers(0, 300), "maxLength": st.integers(0, 300)}
NUMBERS = dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), st.integers(-(10**6), 10**6))
ARRAYS = {"minItems": st.integers(0, 40), "maxItems": st.integers(0, 40)}
OBJECTS = {"minProperties": st.integers(0, 40), "maxProperties": st.integers(0, 40)}
TYPICAL = {"string": "a text", "integer": 5, "number": 2.5, "array": ["item"], "object": {"key": "value"}}

DRAWS_ITSELF = settings(max_examples=25, suppress_health_check=[HealthCheck.nested_given], deadline=None)


def field_of(schema: dict[str, Any]) -> Field:
    """A field with that schema."""
    return Field(("field",), schema, required=True, pointer="")


@st.composite
def limited(draw_from: st.DrawFn) -> tuple[str, dict[str, Any]]:
    """A keyword that sets a limit, and a schema that holds it and the type that it is about."""
    families = [("string", STRINGS), ("integer", NUMBERS), ("number", NUMBERS), ("array", ARRAYS), ("object", OBJECTS)]
    kind, keywords = draw_from(st.sampled_from(families))
    keyword = draw_from(st.sampled_from(sorted(keywords)))
    return keyword, {"type": kind, keyword: draw_from(keywords[keyword])}


@given(limited())
def test_values_at_a_limit_are_valid_and_those_beyond_are_not(case: tuple[str, dict[str, Any]]) -> None:
    """An independent validator takes every value at a limit, and none of those that break it."""
    keyword, schema = case
    validator, typical = jsonschema_rs.Draft202012Validator(schema), TYPICAL[schema["type"]]

    here = [value for _, value in at_limit(field_of(schema), keyword, typical)]
    beyond = [value for _, value in breaking(field_of(schema), keyword, typical)]

    assert here
    assert all(validator.is_valid(value) for value in here)
    possible = schema[keyword] > 0 or keyword not in ("minLength", "minItems", "minProperties")
    assert not possible or beyond
    assert not possible or not any(validator.is_valid(value) for value in beyond)


@given(st.integers(1, 400))
def test_lengths_are_counted_in_code_points(limit: int) -> None:
    """Texts of letters, of characters beyond the BMP and of combining marks are exactly as long as stated."""
    schema = {"type": "string", "minLength": limit, "maxLength": limit}

    for keyword, step in (("minLength", -1), ("maxLength", 1)):
        assert {limit} == {len(value) for _, value in at_limit(field_of(schema), keyword, "")}
        lengths = {len(value) for _, value in breaking(field_of(schema), keyword, "")}
        assert {limit + step} == lengths


@given(st.lists(st.text("abcXYZ ", min_size=1, max_size=6), min_size=1, max_size=6, unique=True))
def test_what_is_near_a_member_is_no_member(members: list[str]) -> None:
    """Nothing that is tried in place of a member, and that the planner would send, is one by accident."""
    validator = jsonschema_rs.Draft202012Validator({"enum": members})
    field = field_of({"type": "string", "enum": members})

    sent = [value for _, value in breaking(field, "enum", members[0]) if not validator.is_valid(value)]

    assert len(sent) >= 2
    assert not set(sent) & set(members)


@given(st.sets(st.sampled_from(["string", "integer", "number", "boolean", "object", "array"]), min_size=1, max_size=5))
def test_every_other_type_stands_in(allowed: set[str]) -> None:
    """Among the values of a wrong type is one of each type that is not allowed."""
    schema = {"type": sorted(allowed)}
    validator = jsonschema_rs.Draft202012Validator(schema)

    sent = [
        value
        for _, value in breaking(field_of(schema), "type", TYPICAL.get(min(allowed), True))
        if not validator.is_valid(value)
    ]

    kinds = {jsonschema_kind(value) for value in sent}
    impossible = allowed | ({"integer"} if "number" in allowed else set())
    assert {"string", "integer", "number", "boolean", "object", "array"} - impossible <= kinds


def jsonschema_kind(value: Any) -> str:
    """The narrowest JSON Schema type of a value."""
    kinds = ("integer", "number", "string", "boolean", "object", "array", "null")
    return next(kind for kind in kinds if jsonschema_rs.is_valid({"type": kind}, value))


@DRAWS_ITSELF
@given(
    st.integers(0, 2**31),
    st.integers(1, 8),
    st.text(),
    st.sets(
        st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"]), min_size=1, max_size=6
    ),
)
def test_values_of_another_type_are(seed: int, each: int, requirement: str, allowed: set[str]) -> None:
    """Values of another type are never of an allowed one, never null, as many as asked, of different types first."""
    values = InvalidValues(seed, each).of_other_type(tuple(sorted(allowed)), requirement)

    blocked = {"type": sorted(allowed | {"null"})}
    types = other_types(tuple(allowed))
    assert not any(jsonschema_rs.is_valid(blocked, value) for value in values)
    assert len(values) == each or set(types) <= {"boolean"}
    assert len({jsonschema_kind(value) for value in values}) >= min(each, len(set(types) - {"number"}))


@DRAWS_ITSELF
@given(st.integers(0, 2**31), st.integers(1, 8), st.lists(st.text(), min_size=2, max_size=4, unique=True))
def test_the_values_of_a_requirement_do_not_depend_on_other_requirements(
    seed: int, each: int, requirements: list[str]
) -> None:
    """What a requirement gets depends on neither the order nor the others, and holds nothing twice."""
    first, second = InvalidValues(seed, each), InvalidValues(seed, each)

    here = {
        name: (first.words(name), first.suffixes(name), first.of_other_type(("null",), name)) for name in requirements
    }
    there = {
        name: (second.words(name), second.suffixes(name), second.of_other_type(("null",), name))
        for name in reversed(requirements)
    }

    assert here == there
    for words, suffixes, _ in here.values():
        assert len(set(words)) == len(words) == len(set(suffixes)) == len(suffixes) == each
        assert all(suffixes)


def test_many_requirements_get_different_values() -> None:
    """Over many requirements, most of the values that were drawn are used."""
    values = InvalidValues(1, 2)

    texts = {word for number in range(100) for word in values.words(f"requirement {number}")}

    assert len(texts) >= 12


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 3, "maxLength": 5},
        {"type": "integer", "minimum": -2, "exclusiveMaximum": 4},
        {"type": "number", "minimum": 0, "maximum": 1},
        {"type": ["string", "null"]},
        {"enum": ["a", 1, None]},
        {"const": {"a": 1}},
        {"type": "array", "items": {"type": "boolean"}, "minItems": 1, "maxItems": 2},
        {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}},
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        {"type": "string", "pattern": "^[a-f]{2,4}$"},
        {"$ref": "#/$defs/inner", "$defs": {"inner": {"type": "boolean"}}},
    ],
    ids=str,
)
def test_generated_values_match_their_schema(schema: dict[str, Any]) -> None:
    """Values that are drawn as valid are confirmed by an independent validator."""
    validator = jsonschema_rs.Draft202012Validator(schema)

    drawn = draw(Strategies(schema).valid(schema), 25, 7)

    assert drawn
    assert all(validator.is_valid(value) for value in drawn)


@given(st.data(), st.integers(0, 250), st.integers(0, 250))
def test_text_keeps_its_limits_and_holds_nothing_but_text(data: st.DataObject, low: int, more: int) -> None:
    """Generated text is as long as is asked for, can be written in UTF-8, and has no control character but two."""
    value = data.draw(text(low, low + more))

    assert low <= len(value) <= low + more
    assert value == value.encode().decode()
    assert not {character for character in value if character < " "} - {"\t", "\n"}


@pytest.mark.parametrize("wrapped", [False, True])
@pytest.mark.parametrize("keyword", ["properties", "items", "additionalProperties"])
def test_schemas_that_contain_themselves_are_drawn_from(wrapped: bool, keyword: str) -> None:
    """Also where each reference stands in an ``allOf``, beside a description, and there are many of them."""
    names = [f"Step{number}" for number in range(8)]

    def to(name: str) -> dict[str, Any]:
        reference = {"$ref": f"#/$defs/{name}"}
        return {"allOf": [reference], "description": "What comes next."} if wrapped else reference

    def step() -> dict[str, Any]:
        if keyword == "properties":
            return {"type": "object", "properties": {name: to(name) for name in names}}
        holder = "array" if keyword == "items" else "object"
        return {"type": holder, keyword: {"anyOf": [to(name) for name in names]}}

    root = {**to("Step0"), "$defs": {name: step() for name in names}}

    found = draw(Strategies(root).valid(root), 4, 1)

    assert found
    assert all(jsonschema_rs.Draft202012Validator(root).is_valid(value) for value in found)


def test_drawing_repeats_itself() -> None:
    """The same seed draws the same, another seed something else, and no example comes twice."""
    strategy = st.text(max_size=20)

    first, again, other = draw(strategy, 20, 5), draw(strategy, 20, 5), draw(strategy, 20, 6)

    assert first == again
    assert first != other
    assert len(set(first)) == len(first) <= 20


def test_drawing_knows_what_a_strategy_holds() -> None:
    """Asked for more than there is, it gives what there is; of nothing it gives nothing."""
    assert {True, False} == set(draw(st.booleans(), 10, 1))
    assert [] == draw(st.nothing(), 10, 1)
    assert [] == draw(st.text(), 0, 1)
    assert [] == draw(st.text(), -1, 1)


@given(st.lists(st.integers() | st.text(), min_size=1, max_size=4))
def test_seeds_follow_from_all_their_parts(parts: list[Any]) -> None:
    """A seed is a number of 64 bits that changes with its parts and with nothing else."""
    assert seed_of(*parts) == seed_of(*parts)
    assert 0 <= seed_of(*parts) < 2**64
    assert seed_of(*parts) != seed_of(*parts, "more")


def test_hostile_values_are_of_many_kinds() -> None:
    """No label comes twice, and each kind of harm is there: size, depth, nulls, surrogates, injections."""
    labels = [label for label, _ in VALUES]

    assert len(set(labels)) == len(labels)
    assert {"U+0000", "an escaped lone surrogate", "quotes and SQL", "markup", "100,000 letters"} <= set(labels)
    assert all(value == value.strip("\n") for _, pairs in HEADERS for _, value in pairs)
    assert all(isinstance(value, str) for _, value in PATH_VALUES)


def test_nesting_is_as_deep_as_asked() -> None:
    """An array in an array, as often as stated."""
    value, depth = nested(200), 0
    while value:
        (value,) = value
        depth += 1

    assert 200 == depth


def test_hostile_payloads_come_from_any_body() -> None:
    """An empty object, an object and a list all give payloads, none of them equal to the valid one by accident."""
    for body in ({}, {"a": 1}, [1]):
        made = list(payloads(body, ("a number", b'{"y":1e308}')))
        assert len(made) == len({(data, content_type) for _, data, content_type in made})
        assert all(isinstance(data, bytes) for _, data, _ in made)


def test_labels_count_as_people_do() -> None:
    """One is not several: the words follow the number."""
    words = field_of({"type": "string", "minLength": 1, "maxLength": 1})
    many = field_of({"type": "array", "maxItems": 1})

    assert ["1 letter", "1 character beyond the BMP"] == [label for label, _ in at_limit(words, "minLength", "a")]
    assert "2 letters" in [label for label, _ in breaking(words, "maxLength", "a")]
    assert ["1 item"] == [label for label, _ in at_limit(many, "maxItems", ["a"])]
