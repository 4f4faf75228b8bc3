"""Small valid values of any schema."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.validator import Validator
from chatcert.openapi.values.sample_values import PLAIN_TEXT, SampleBuilder

RECURSIVE = {
    "type": "object",
    "required": ["kind", "parts"],
    "properties": {
        "kind": {"const": "tree"},
        "parts": {"type": "array", "items": {"$ref": "#"}},
        "left": {"$ref": "#"},
    },
}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (RECURSIVE, {"kind": "tree", "parts": [{"kind": "tree", "parts": []}]}),
        (
            {
                "oneOf": [{"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}],
                "required": ["b"],
                "type": "object",
                "properties": {"b": {"type": "boolean"}},
            },
            {"b": True, "a": 1},
        ),
        ({"allOf": [{"type": "string", "minLength": 3}, {"maxLength": 4}]}, "Hell"),
        ({"type": "integer", "multipleOf": 30, "exclusiveMinimum": 0, "exclusiveMaximum": 100}, 30),
        ({"type": "object", "minProperties": 2, "propertyNames": {"maxLength": 6}}, None),
        ({"type": "array", "minItems": 2, "uniqueItems": True, "items": {"enum": ["x", "y"]}}, ["x", "y"]),
        ({"type": "array", "prefixItems": [{"type": "integer"}], "items": False, "minItems": 1}, [1]),
        ({"if": {"required": ["a"]}, "then": False, "type": "object", "required": ["b"]}, None),
        ({"allOf": [{"oneOf": [{"type": "integer"}, {"minLength": 3}]}, {"anyOf": [{"type": "string"}]}]}, None),
        ({"allOf": [{"pattern": "^[a-z]{3,5}$"}, {"pattern": "^a?b?[a-z]+$"}], "type": "string"}, None),
        ({"type": "string", "pattern": r"^(?=.*[A-Z])(?=.*\d)\w{8,12}$"}, None),
        ({"type": "string", "pattern": "(?<=EUR )[0-9]+"}, None),
        ({"type": "string", "pattern": "[0-9]+(?= EUR)"}, None),
        ({"type": "string", "pattern": "^EUR (?<=EUR )[0-9]+$"}, None),
        ({"type": "array", "minItems": 3, "uniqueItems": True, "items": {"type": "object"}}, None),
        (
            {
                "type": "array",
                "minItems": 3,
                "uniqueItems": True,
                "items": {"type": "string", "pattern": "^[a-z]+\\d$"},
            },
            None,
        ),
        ({"type": "string", "enum": ["a", "b"], "example": "b"}, "b"),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.5}, 0.25),
        ({"type": "integer", "minimum": 3, "maximum": 4}, 3),
        ({"type": "string", "contentEncoding": "base64"}, "aGVsbG8="),
        ({"type": "string", "contentEncoding": "Base16", "maxLength": 4}, "6865"),
    ],
)
def test_small_values(schema: dict[str, Any], expected: Any) -> None:
    """Each kind of schema leads to a small valid value."""
    value = SampleBuilder(schema).value(schema)

    assert value is not MISSING
    assert Validator(schema).is_valid(value)
    assert expected is None or expected == value


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "minLength": 3, "maxLength": 1},
        {"not": {}},
        {"enum": []},
        {"allOf": [{"const": 1}, {"const": 2}]},
        {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
        {"$ref": "#/$defs/loop", "$defs": {"loop": {"anyOf": [{"$ref": "#/$defs/loop"}]}}},
        {"type": "string", "minLength": 10**9},
        {"type": "array", "minItems": 10**9, "items": {"type": "integer"}},
    ],
)
def test_what_cannot_be_made_is_given_up(schema: dict[str, Any]) -> None:
    """A schema that no value keeps, or none of a sane size, ends without one."""
    assert SampleBuilder(schema).value(schema) is MISSING


def test_optional_members_are_included_as_deep_as_asked() -> None:
    """Members come in the order of the document, on as many levels as are asked for."""
    inner = {"type": "object", "properties": {"b": {"type": "integer"}}}
    schema = {"type": "object", "required": ["z"], "properties": {"a": inner, "z": {"type": "boolean"}}}

    values = [SampleBuilder(schema, optional_depth=depth).value(schema) for depth in (0, 1, 2)]

    assert [{"z": True}, {"a": {}, "z": True}, {"a": {"b": 1}, "z": True}] == values
    assert ["a", "z"] == list(values[2])


def test_another_validator_has_the_last_word() -> None:
    """A value is confirmed by the validator that is given, and formats may have new values."""
    schema = {"type": "string", "format": "date"}

    refused = SampleBuilder(schema, lambda part: lambda value: False).value(schema)
    fresh = SampleBuilder(schema, fresh={"date": lambda: "2031-01-01"}).value(schema)

    assert refused is MISSING
    assert "2031-01-01" == fresh


def test_a_seed_decides_on_texts_for_patterns() -> None:
    """The same seed gives the same text, another seed or generator another one."""
    schema = {"type": "string", "pattern": "^[a-z]{20}$"}

    assert SampleBuilder(schema, seed=1).value(schema) == SampleBuilder(schema, seed=1).value(schema)
    assert SampleBuilder(schema, seed=1).value(schema) != SampleBuilder(schema, seed=2).value(schema)
    assert 2 == len({SampleBuilder(schema, generator=lambda purpose: Random()).value(schema) for _ in range(2)})


def test_members_get_texts_that_fit_their_names() -> None:
    """A server may refuse a sentence as an alias, a version or a language, whatever its document leaves out."""
    names = ("room_alias_name", "version", "preferredLanguage", "role", "title")
    schema = {"type": "object", "required": [*names], "properties": {name: {"type": "string"} for name in names}}

    assert {
        "room_alias_name": "example-1",
        "version": "1",
        "preferredLanguage": "en",
        "role": "user",
        "title": PLAIN_TEXT,
    } == SampleBuilder(schema, by_name=True).value(schema)
    assert {*SampleBuilder(schema).value(schema).values()} == {PLAIN_TEXT}
    assert ("en", ("preferredLanguage",)) == next(
        (value["preferredLanguage"], path)
        for value, path in SampleBuilder(schema, by_name=True).holding(("preferredLanguage",))
    )
