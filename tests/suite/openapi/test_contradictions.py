"""Proofs that no value can match a schema."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.openapi.schemas.contradictions import ContradictionKind, contradiction_of

IMPOSSIBLE: list[tuple[str, str, Any]] = [
    ("false", "no value is allowed", {"not": {}}),
    ("false", "no value is allowed", {"allOf": [{"type": "string"}, False]}),
    ("type", "the rules that apply together have no type in common", {"allOf": [{"type": "string"}, {"type": "null"}]}),
    ("type", "the rules that apply together have no type in common", {"type": "integer", "not": {"type": "number"}}),
    ("enum", "the list of values is empty", {"type": "string", "enum": []}),
    ("enum", "none of the listed values is allowed by the rest", {"type": "string", "const": 5}),
    ("enum", "none of the listed values is allowed by the rest", {"enum": ["a", "b"], "minLength": 2}),
    ("range", "no number is within the limits", {"type": "number", "minimum": 5, "maximum": 1}),
    ("range", "no number is within the limits", {"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 1}),
    (
        "range",
        "no number is within the limits",
        {"type": "number", "multipleOf": 0.1, "minimum": 0.11, "maximum": 0.19},
    ),
    ("range", "each number that is allowed is a multiple", {"type": "integer", "not": {"multipleOf": 1}}),
    ("length", "minLength 5 is above maxLength 2", {"type": "string", "minLength": 5, "maxLength": 2}),
    (
        "length",
        "minLength 9 is above the 3 characters that the pattern allows",
        {"type": "string", "pattern": "^[a-z]{3}$", "minLength": 9},
    ),
    (
        "length",
        "the 36 characters of the format uuid is above maxLength 3",
        {"type": "string", "format": "uuid", "maxLength": 3},
    ),
    (
        "items",
        "minItems 3 is above the 1 items that are described",
        {"type": "array", "prefixItems": [{}], "items": False, "minItems": 3},
    ),
    ("items", "minContains 2 is above maxItems 1", {"type": "array", "contains": {}, "minContains": 2, "maxItems": 1}),
    (
        "properties",
        "2 properties are required, and 1 are allowed",
        {"type": "object", "required": ["a", "b"], "maxProperties": 1},
    ),
    (
        "properties",
        "2 properties are needed, and 1 names are allowed",
        {"type": "object", "properties": {"a": {}}, "additionalProperties": False, "minProperties": 2},
    ),
    (
        "forbidden",
        "a: it is required, and it may not be there",
        {"type": "object", "required": ["a"], "additionalProperties": False},
    ),
    (
        "forbidden",
        "a: it is required, and it may not be there",
        {"type": "object", "required": ["a"], "propertyNames": {"minLength": 2}},
    ),
    (
        "forbidden",
        "b: it is required, and it may not be there",
        {"type": "object", "required": ["a"], "dependentRequired": {"a": ["b"]}, "properties": {"b": False}},
    ),
    (
        "different",
        "3 different items are needed, and there are 2 values for them",
        {"type": "array", "items": {"type": "boolean"}, "uniqueItems": True, "minItems": 3},
    ),
    (
        "contents",
        "*: no item can be what contains asks for (the rules that apply together have no type in common)",
        {"type": "array", "items": {"type": "integer"}, "contains": {"type": "string"}},
    ),
    (
        "endless",
        "next: a value would have to hold itself without end",
        {
            "$ref": "#/$defs/Node",
            "$defs": {
                "Node": {"type": "object", "required": ["next"], "properties": {"next": {"$ref": "#/$defs/Node"}}}
            },
        },
    ),
    (
        "values",
        "no value of the type boolean is allowed by the rest",
        {"type": "boolean", "not": {"enum": [True, False]}},
    ),
    ("values", "the pattern matches every text", {"type": "string", "not": {"pattern": "x*"}}),
    (
        "length",
        "minLength 3 is above maxLength 1",
        {"type": "string", "minLength": 3, "oneOf": [{"maxLength": 1}, {"maxLength": 2}]},
    ),
    ("false", "no value is allowed", {"if": {"type": "string"}, "then": False, "else": False}),
    (
        "length",
        "a/*: minLength 2 is above maxLength 1",
        {
            "type": "object",
            "required": ["a"],
            "properties": {
                "a": {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 2, "maxLength": 1}}
            },
        },
    ),
]


@pytest.mark.parametrize(("kind", "text", "schema"), IMPOSSIBLE)
def test_each_kind_of_contradiction_is_proven(kind: str, text: str, schema: Any) -> None:
    """The proof says which kind it is of, where, and why."""
    found = contradiction_of(schema, schema)

    assert found is not None
    assert (kind, text) == (found.kind, str(found))


def test_every_kind_is_listed() -> None:
    """No kind of proof is without an example."""
    assert {kind.value for kind in ContradictionKind} == {kind for kind, _, _ in IMPOSSIBLE}


POSSIBLE = [
    True,
    {},
    {"minLength": 5, "maxLength": 2},  # a number has no length
    {"type": ["string", "null"], "minLength": 5, "maxLength": 2},
    {"type": "object", "properties": {"a": False}},
    {"type": "array", "items": False},
    {"type": "array", "items": {"enum": [1, 2]}, "uniqueItems": True, "minItems": 2},
    {"type": "number", "minimum": 0.5, "maximum": 0.5},
    {"type": "string", "pattern": "^a|b$", "minLength": 9},
    {"type": "string", "not": {"pattern": "^.*$"}},  # a line feed
    {"$ref": "#/$defs/Loop", "$defs": {"Loop": {"$ref": "#/$defs/Loop"}}},
    {
        "$ref": "#/$defs/Pet",
        "$defs": {
            "Pet": {"type": "object", "oneOf": [{"$ref": "#/$defs/Cat"}]},
            "Cat": {"allOf": [{"$ref": "#/$defs/Pet"}, {"required": ["name"]}]},
        },
    },
    {
        "$ref": "#/$defs/List",
        "$defs": {
            "List": {
                "type": "object",
                "required": ["next"],
                "properties": {"next": {"anyOf": [{"$ref": "#/$defs/List"}, {"type": "null"}]}},
            }
        },
    },
]


@pytest.mark.parametrize("schema", POSSIBLE)
def test_what_may_exist_is_not_said_to_be_impossible(schema: Any) -> None:
    """Without a proof nothing is claimed, and a schema that nobody can evaluate is no proof."""
    assert contradiction_of(schema, schema if isinstance(schema, dict) else {}) is None


SMALL = st.integers(0, 3)
SOME: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    2,
    0.5,
    "",
    "a",
    "ab",
    "abc",
    [],
    [1],
    [1, 1],
    ["a", 1],
    {},
    {"a": 1},
    {"a": "a", "b": 2},
    {"b": []},
    [[], {}],
    "aba",
    3,
    1.5,
]
VALUES = st.sampled_from(SOME)


def _schemas() -> st.SearchStrategy[Any]:
    kinds = st.sampled_from(["string", "integer", "number", "boolean", "object", "array", "null"])
    words = {
        "type": kinds | st.lists(kinds, min_size=1, max_size=2, unique=True),
        "enum": st.lists(VALUES, min_size=1, max_size=2),
        "const": VALUES,
        **dict.fromkeys(("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"), SMALL),
        **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"), SMALL),
        "multipleOf": st.sampled_from([1, 2, 0.5]),
        "pattern": st.sampled_from(["^a", "^a$", "b?", "^.{2}$"]),
        "uniqueItems": st.booleans(),
        "required": st.lists(st.sampled_from(["a", "b"]), max_size=2, unique=True),
        "dependentRequired": st.just({"a": ["b"]}),
        "minContains": SMALL,
    }

    def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
        some = st.lists(inner, min_size=1, max_size=2)
        more = {
            "properties": st.dictionaries(st.sampled_from(["a", "b"]), inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^a", "b"]), inner, max_size=1),
            **dict.fromkeys(("additionalProperties", "items", "not", "contains", "propertyNames"), inner),
            **dict.fromkeys(("if", "then", "else", "unevaluatedProperties", "unevaluatedItems"), inner),
            **dict.fromkeys(("allOf", "anyOf", "oneOf", "prefixItems"), some),
            "dependentSchemas": st.dictionaries(st.just("a"), inner, max_size=1),
        }
        return st.fixed_dictionaries({}, optional={**words, **more})

    return st.recursive(st.booleans() | st.fixed_dictionaries({}, optional=words), nested, max_leaves=6)


@given(_schemas())
@settings(max_examples=150)
@pytest.mark.slow
def test_a_proof_is_never_refuted_by_another_validator(schema: Any) -> None:
    """No value is valid by the library itself where we say that none is."""
    if contradiction_of(schema, schema if isinstance(schema, dict) else {}) is not None:
        validator = jsonschema.Draft202012Validator(schema)
        assert [] == [value for value in SOME if validator.is_valid(value)]
