"""Walking schemas: every place once, in order, with its pointer, and never without end."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.dialect import Converter
from chatcert.openapi.schemas.fields import Field, follow, walk
from chatcert.openapi.schemas.path_tokens import ANY, is_open
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of

SCHEMAS: dict[str, Any] = {
    "Base": {"required": ["id"], "properties": {"id": {"type": "string"}, "kind": {"type": "string"}}},
    "Tree": {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}},
        },
    },
    "Self": {"allOf": [{"$ref": "#/components/schemas/Self"}], "properties": {"a": {}}},
    "Left": {"properties": {"right": {"$ref": "#/components/schemas/Right"}}},
    "Right": {"properties": {"left": {"$ref": "#/components/schemas/Left"}}},
}


def _fields(schema: Any, version: str = "3.1.0") -> dict[str, Field]:
    document = {"openapi": version, "components": {"schemas": SCHEMAS}, "root": schema}
    found = list(walk(Converter(document, "request").standalone(schema), "/schema"))
    assert len(found) == len({field.path for field in found})
    return {field.name: field for field in found}


def test_fields_come_in_the_order_of_the_document() -> None:
    """The document first, then each property with all that is inside it, as they stand."""
    schema = {
        "properties": {
            "b": {"properties": {"z": {}, "a": {}}},
            "a": {"items": {"properties": {"x": {}}}},
            "c": {"additionalProperties": {"type": "integer"}},
        }
    }

    assert ["", "b", "b/z", "b/a", "a", "a/*", "a/*/x", "c", "c/*"] == list(_fields(schema))


def test_a_field_knows_where_it_stands() -> None:
    """The pointer leads to the place in the document, through references and parts of a composition."""
    fields = _fields(
        {
            "allOf": [
                {"$ref": "#/components/schemas/Base"},
                {"allOf": [{"properties": {"deep": {}}}]},
                {"properties": {"part": {}}},
            ],
            "properties": {
                "own": {"$ref": "#/components/schemas/Tree"},
                "kind": {},
                "list": {"items": {"type": "string"}},
            },
        }
    )

    assert {
        "": "/schema",
        "own": "/components/schemas/Tree",
        "own/name": "/components/schemas/Tree/properties/name",
        "kind": "/schema/properties/kind",
        "list": "/schema/properties/list",
        "list/*": "/schema/properties/list/items",
        "id": "/components/schemas/Base/properties/id",
        "part": "/schema/allOf/2/properties/part",
        "deep": "/schema/allOf/1/allOf/0/properties/deep",
    } == {name: fields[name].pointer for name in fields if not name.startswith("own/children")}


def test_parts_of_a_composition_are_laid_together() -> None:
    """Properties and required lists are united; what stands beside ``allOf`` outweighs what stands in it."""
    fields = _fields(
        {
            "allOf": [{"$ref": "#/components/schemas/Base"}, {"required": ["a"], "title": "inner"}],
            "properties": {"a": {"type": "string"}, "kind": {"type": "integer"}},
            "required": ["kind"],
            "title": "outer",
        }
    )

    assert {"kind": True, "a": True, "id": True} == {name: fields[name].required for name in ("kind", "a", "id")}
    assert ("outer", ("integer",)) == (fields[""].schema["title"], fields["kind"].types)


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_alternatives_are_marked(keyword: str) -> None:
    """A field of an alternative need not apply; one that stands outside of them does."""
    fields = _fields(
        {keyword: [{"$ref": "#/components/schemas/Base"}, {"properties": {"b": {}}}], "properties": {"c": {}}}
    )

    assert {"": False, "c": False, "id": True, "kind": True, "b": True} == {
        n: f.optional_branch for n, f in fields.items()
    }
    assert "/components/schemas/Base/properties/id" == fields["id"].pointer
    assert f"/schema/{keyword}/1/properties/b" == fields["b"].pointer


@pytest.mark.parametrize("name", ["Tree", "Self", "Left"])
def test_recursion_ends(name: str) -> None:
    """A schema that contains itself is walked to a bounded depth, each path once."""
    fields = _fields({"$ref": f"#/components/schemas/{name}"})

    assert 1 < len(fields) < 100
    assert 4 >= max(len(field.path) for field in fields.values())


def test_an_illustration_is_not_walked_into() -> None:
    """Where the document only shows what an object may look like, its inside is not a promise."""
    schema = {"properties": {"chat": {"x-chatcert-illustrative": True, "properties": {"title": {}}}, "next": {}}}

    assert ["", "chat", "next"] == list(_fields(schema))


@pytest.mark.parametrize(
    ("schema", "types", "nullable"),
    [
        ({"type": "string"}, ("string",), False),
        ({"type": ["string", "null"]}, ("string", "null"), True),
        ({"type": "null"}, ("null",), True),
    ],
)
def test_a_field_tells_its_types(schema: dict[str, Any], types: tuple[str, ...], nullable: bool) -> None:
    """Null is allowed where the schema says so."""
    field = _fields(schema)[""]

    assert (types, nullable) == (field.types, field.nullable)


def test_a_field_without_type_may_be_anything_and_says_nothing_of_null() -> None:
    """Silence is not a promise that null is accepted."""
    field = _fields({})[""]

    assert 7 == len(field.types)
    assert not field.nullable


def test_a_name_with_a_slash_is_one_segment() -> None:
    """Names of ids stay apart: a property ``a/b`` is not a property ``b`` of ``a``."""
    assert ["", "a~1b", "a", "a/b"] == list(_fields({"properties": {"a/b": {}, "a": {"properties": {"b": {}}}}}))


def test_a_name_like_a_token_is_told_from_it() -> None:
    """A property called `*`, or like a pattern after it, is none of the keys that `*` stands for."""
    schema = {
        "properties": {"*": {}, "*^x": {}, "": {}, "~2": {}},
        "patternProperties": {"^x": {"type": "integer"}},
        "additionalProperties": {"type": "boolean"},
    }
    fields = _fields(schema)

    assert ["", "~2", "~2^x", "~3", "~02", "*^x", "*"] == list(fields)
    assert fields["~2"].path != fields["*"].path == (ANY,)
    assert [False, False, True, True] == [is_open(fields[name].path[0]) for name in ("~2", "~2^x", "*^x", "*")]
    assert MISSING is lookup({"*": 1}, fields["*"].path)


def test_following_ends() -> None:
    """References in a circle lead to an empty schema."""
    assert {} == follow({"$ref": "#/$defs/a"}, {"$defs": {"a": {"$ref": "#/$defs/b"}, "b": {"$ref": "#/$defs/a"}}})


def test_the_fields_of_bundled_vendors_stand_where_they_say(contract: Contract) -> None:
    """Every pointer of every field leads to something in the document; every path leads somewhere but once."""
    assert contract.body is not None
    walks = [(contract.body.schema, contract.body.schema_pointer)]
    walks += [(answer.schema, answer.schema_pointer) for answer in contract.answers if answer.schema is not None]
    fields = [field for schema, pointer in walks for field in walk(schema, pointer)]

    assert [] == [f.pointer for f in fields if lookup(contract.document, tokens_of(f.pointer)) is MISSING]
    assert all(token for field in fields for token in field.path)
    assert ANY not in {field.path[0] for field in fields if field.path}
