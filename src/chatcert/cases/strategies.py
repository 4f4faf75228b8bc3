"""Hypothesis strategies for the values of one schema: sane valid ones, and ones of a wrong type."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chatcert.contract.fields import JSON_TYPES, follow
from chatcert.contract.model import Schema

MAX_TEXT = 200
SAFE_INTEGER = 2**53 - 1
"""RFC 8259 section 6: integers beyond this are not exchanged reliably."""

FORMAT_EXAMPLES = {
    "date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "email": "user@example.org",
    "uuid": "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f", "uri": "https://example.org/", "ipv4": "192.0.2.1",
    "hostname": "example.org", "byte": "aGVsbG8=",
}  # fmt: skip
_CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"`\\/|<>(){}[]@#$%^&*-_=+~\t\n"
    "äöüßñçéàÅøŁžİı\u00a0\u00ad\u200b\u200d\u2028\ufeff\ufe0f\u0301\u0308αβΣςжшяђ中文日本語한국어עבריתالعربيةहिन्दीกไ"
    "ﬁ½²™😀👩💻🇩🇪🏽\U0001d54f\U00020000"
)
_ALPHABET = st.characters(categories=(), include_characters=_CHARACTERS)
_NAME = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=16)


def text(minimum: int = 0, maximum: int | None = None) -> SearchStrategy[str]:
    """Text of several scripts with joiners and combining marks, no control characters but tab and newline."""
    upper = min(maximum if maximum is not None else MAX_TEXT, max(MAX_TEXT, minimum))
    return st.text(_ALPHABET, min_size=minimum, max_size=upper)


def _numbers(schema: Schema, *, whole: bool) -> SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    if whole:
        bottom = low if low is not None else (above + 1 if above is not None else -SAFE_INTEGER)
        top = high if high is not None else (below - 1 if below is not None else SAFE_INTEGER)
        return st.integers(int(bottom), int(top)) if bottom <= top else st.nothing()
    bottom = low if low is not None else (above if above is not None else -1e6)
    top = high if high is not None else (below if below is not None else 1e6)
    return st.one_of(
        st.integers(int(bottom), int(top)) if int(bottom) <= int(top) else st.nothing(),
        st.floats(bottom, top, allow_nan=False, allow_infinity=False).map(lambda number: round(number, 3)),
    )


def free_json(depth: int = 2) -> SearchStrategy[Any]:
    """Any JSON value that every JSON implementation exchanges alike."""
    scalars = st.one_of(st.none(), st.booleans(), _numbers({}, whole=True), _numbers({}, whole=False), text(0, 40))
    if depth == 0:
        return scalars
    inner = free_json(depth - 1)
    return st.one_of(scalars, st.lists(inner, max_size=3), st.dictionaries(_NAME, inner, max_size=3))


def of_type(name: str, schema: Schema | None = None, root: Schema | None = None) -> SearchStrategy[Any]:
    """Values of one JSON type, within what ``schema`` says of that type."""
    schema = schema or {}
    match name:
        case "string":
            return text(schema.get("minLength", 0), schema.get("maxLength"))
        case "integer" | "number":
            return _numbers(schema, whole=name == "integer")
        case "boolean":
            return st.booleans()
        case "null":
            return st.none()
        case "array":
            items = valid(schema.get("items", True), root or schema)
            low = schema.get("minItems", 0)
            high = min(schema.get("maxItems", low + 4), low + 4)
            return st.lists(items, min_size=low, max_size=high)
        case _:
            return _objects(schema, root or schema)


def _objects(schema: Schema, root: Schema) -> SearchStrategy[Any]:
    properties = schema.get("properties") or {}
    needed = set(schema.get("required") or [])
    required = {name: valid(inner, root) for name, inner in properties.items() if name in needed}
    optional = {name: valid(inner, root) for name, inner in properties.items() if name not in needed}
    known = st.fixed_dictionaries(required, optional=optional)
    extra = schema.get("additionalProperties", True)
    if extra is False or (properties and not schema.get("x-chatcert-illustrative") and not isinstance(extra, dict)):
        return known
    names = _NAME.filter(lambda name: name not in properties)
    more = st.dictionaries(names, valid(extra, root), max_size=3)
    return st.tuples(known, more).map(lambda parts: {**parts[1], **parts[0]})


def valid(schema: Any, root: Schema) -> SearchStrategy[Any]:
    """Values that ``schema`` allows, as far as its types, limits and members tell; the caller confirms each one."""
    if schema is True or schema == {}:
        return free_json(1)
    flat = follow(schema, root)
    prose = flat.get("x-chatcert-prose")
    if isinstance(prose, dict) and isinstance(prose.get("schema"), dict):
        flat = {**flat, **prose["schema"]}
    if "const" in flat:
        return st.just(flat["const"])
    if flat.get("enum"):
        return st.sampled_from(flat["enum"])
    if prose and flat.get("examples"):
        return st.sampled_from(flat["examples"])
    if flat.get("format") in FORMAT_EXAMPLES:
        return st.just(FORMAT_EXAMPLES[flat["format"]])
    branches = flat.get("oneOf") or flat.get("anyOf")
    if isinstance(branches, list) and branches:
        return st.one_of([valid(branch, root) for branch in branches])
    if "pattern" in flat or "allOf" in flat or "not" in flat or "format" in flat:
        from chatcert.cases.schemathesis_source import strategy_of

        return strategy_of(flat, root)
    declared = flat.get("type")
    types = declared if isinstance(declared, list) else [declared] if declared else []
    if not types:
        return _objects(flat, root) if "properties" in flat else free_json(1)
    return st.one_of([of_type(name, flat, root) for name in types])


def of_other_type(allowed: tuple[str, ...]) -> SearchStrategy[Any]:
    """Values of every JSON type but the allowed ones and null."""
    blocked = set(allowed) | ({"integer"} if "number" in allowed else set()) | {"null"}
    if "integer" in allowed:
        blocked.add("number")
    return st.one_of([of_type(name) for name in JSON_TYPES if name not in blocked])
