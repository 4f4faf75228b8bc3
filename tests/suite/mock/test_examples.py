"""Values made from schemas, strings made from examples and patterns."""

from __future__ import annotations

from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.mock.examples import instance
from chatcert.mock.fresh_strings import Shape
from chatcert.openapi.schemas.pointer import MISSING

SCHEMAS: tuple[dict[str, Any], ...] = (
    {},
    {"type": "string"},
    {"type": "string", "minLength": 30, "maxLength": 40},
    {"type": "string", "maxLength": 2},
    {"type": "string", "pattern": "^[a-z]{2}-[A-Z]{2}$"},
    {"type": "string", "format": "date-time"},
    {"type": "string", "format": "uuid"},
    {"type": "string", "enum": ["a", "b"]},
    {"enum": [None, 5]},
    {"const": [1]},
    {"type": "integer", "minimum": 10, "multipleOf": 7},
    {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
    {"type": "number", "exclusiveMinimum": 0, "maximum": 0.5},
    {"type": "number", "maximum": -3},
    {"type": ["null", "integer"]},
    {"type": "object", "required": ["a"], "properties": {"a": {"type": "boolean"}, "b": {"type": "string"}}},
    {"type": "object", "minProperties": 2, "additionalProperties": {"type": "integer"}},
    {"type": "array", "minItems": 2, "items": {"type": "string"}},
    {"oneOf": [{"type": "string", "minLength": 3}, {"type": "integer"}]},
    {"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]},
    {"$ref": "#/$defs/x", "$defs": {"x": {"type": "object", "required": ["y"], "properties": {"y": {"type": "null"}}}}},
    {"type": "string", "example": 5},
    {"type": "array", "example": "none", "items": {"type": "string", "example": "one"}},
)


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("schema", SCHEMAS, ids=str)
def test_instance_is_valid(schema: dict[str, Any], everything: bool) -> None:
    """A made value matches its schema, with and without optional members."""
    value = instance(schema, schema, everything=everything)

    assert value is not MISSING
    jsonschema.Draft202012Validator(schema).validate(value)


def test_instance_of_nothing() -> None:
    """Where no value matches, none is made."""
    assert instance({"type": "string", "minLength": 5, "maxLength": 2}, {}) is MISSING
    assert instance({"not": {}}, {}) is MISSING


def test_recursive_schema_ends() -> None:
    """A schema that contains itself gives a value of finite depth."""
    schema: dict[str, Any] = {"type": "object", "properties": {"child": {"$ref": "#"}, "name": {"type": "string"}}}

    value = instance(schema, schema, everything=True)

    jsonschema.Draft202012Validator(schema).validate(value)


@pytest.mark.parametrize(
    "example",
    [
        "D5D0p7TUs66TTAEAx",
        "chat_d17T6uReChpyfFeP",
        "CONV-1234567890",
        "ACCOUNT-xxxxxxxx",
        "x",
        "user-123",
        "",
        "---",
        "770g0622-g4bd-63f6-c938-668877662222",
        "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f",
        "é😀",
    ],
)
def test_shapes_never_repeat(example: str) -> None:
    """Strings in the shape of an example differ among a thousand, and keep its words and its punctuation."""
    shape = Shape(example)
    made = [shape.fresh() for _ in range(1000)]

    assert 1000 == len(set(made))
    prefix = example.rpartition("_")[0] or (example.partition("-")[0] if example[:1].isupper() else "")
    assert all(text.startswith(prefix) for text in made if "-" in example or "_" in example)


@settings(deadline=None)
@given(st.text(max_size=20), st.integers(0, 30), st.integers(1, 40))
def test_shapes_keep_to_lengths(example: str, minimum: int, maximum: int) -> None:
    """A string in the shape of any example stays within its limits."""
    text = Shape(example, min(minimum, maximum), maximum).fresh()

    assert min(minimum, maximum) <= len(text) <= maximum
