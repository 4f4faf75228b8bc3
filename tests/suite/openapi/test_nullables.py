"""Alternatives of which one is null become one schema: the same values, and a breach is found inside it."""

from __future__ import annotations

from typing import Any

import jsonschema_rs
import pytest

from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.nullables import with_merged_nulls
from chatcert.openapi.schemas.validator import validator_for

PERSON = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string", "enum": ["a", "b"]}}}
NULL = {"type": "null"}
VALUES: list[Any] = [None, "a", "abcd", 5, -1, [], {}, {"name": "a"}, {"name": "z"}, {"name": "a", "up": {"name": "z"}}]


@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"type": "string", "maxLength": 3}, NULL]},
        {"oneOf": [NULL, {"type": ["string", "integer"], "minimum": 0}]},
        {"anyOf": [{"type": "string", "const": "a"}, {"const": None}], "description": "text"},
        {"anyOf": [{"$ref": "#/$defs/Person"}, NULL], "$defs": {"Person": PERSON}},
        {"anyOf": [{"oneOf": [{"$ref": "#/$defs/Person"}]}, NULL], "$defs": {"Person": PERSON}},
        {"oneOf": [{"type": "string"}, NULL, {"enum": [None]}]},
        {"anyOf": [{"type": "string"}, {"type": "integer"}, NULL]},
        {"anyOf": [{"not": {"type": "string"}}, NULL]},
        {"anyOf": [{"oneOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]}, NULL]},
        {"anyOf": [True, NULL]},
        {
            "anyOf": [{"$ref": "#/$defs/Node"}, NULL],
            "$defs": {
                "Node": {
                    **PERSON,
                    "properties": {**PERSON["properties"], "up": {"anyOf": [{"$ref": "#/$defs/Node"}, NULL]}},
                }
            },
        },
    ],
)
def test_the_same_values_are_allowed(schema: dict[str, Any]) -> None:
    """An independent validator agrees on every value, before and after."""
    merged = with_merged_nulls(schema, "/s")
    before, after = jsonschema_rs.Draft202012Validator(schema), jsonschema_rs.Draft202012Validator(merged)

    assert [before.is_valid(value) for value in VALUES] == [after.is_valid(value) for value in VALUES]


def test_a_breach_is_found_where_it_is() -> None:
    """Neither the alternatives nor the object is blamed, but the keyword inside."""
    schema = {"properties": {"who": {"anyOf": [{"$ref": "#/$defs/Person"}, NULL]}}, "$defs": {"Person": PERSON}}
    breaches = validator_for(with_merged_nulls(schema, "/s")).breaches({"who": {"name": "z"}})

    assert [(("who", "name"), "enum")] == [(path, keyword) for path, keyword, _ in breaches]


def test_a_merged_schema_knows_its_place() -> None:
    """It stands where the alternative stands in the document."""
    merged = with_merged_nulls({"properties": {"v": {"anyOf": [NULL, {"type": "string"}]}}}, "/s")

    assert ["/s/properties/v/anyOf/1"] == [part[ORIGIN] for part in merged["$defs"].values()]
