"""One dialect: schemas of OpenAPI 3.0, 3.1 and Swagger 2.0 mean after conversion what their version says."""

from __future__ import annotations

import copy
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from chatcert.openapi.schemas.dialect import DISPUTED_NULL, ORIGIN, UNREAD, Converter, Direction, is_modern, is_sound
from chatcert.openapi.schemas.validator import Validator

PARTS = {
    "Name": {"type": "string"},
    "Secret": {"type": "string", "writeOnly": True},
    "Id": {"type": "string", "readOnly": True},
    "Tree": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}, "n": {"type": "integer"}}},
    "Alias": {"$ref": "#/components/schemas/Name"},
}
NAME = {"$ref": "#/components/schemas/Name"}


def _converted(schema: Any, version: str = "3.0.3", direction: Direction = "request") -> dict[str, Any]:
    document: dict[str, Any] = {"components": {"schemas": PARTS}}
    document["swagger" if version == "2.0" else "openapi"] = version
    return Converter(document, direction).standalone(schema)


def _accepts(schema: Any, value: Any, version: str = "3.0.3", direction: Direction = "request") -> bool:
    return Validator(_converted(schema, version, direction)).is_valid(value)


@pytest.mark.parametrize("schema", [{"type": "string", "nullable": True}, {**NAME, "nullable": True}])
def test_nullable_is_disputed_in_later_versions(schema: dict[str, Any]) -> None:
    """OpenAPI 3.1 does not have the keyword: no request holds null for it, and every answer may."""
    assert _converted(schema, "3.1.0")[DISPUTED_NULL] is True
    assert not _accepts(schema, None, "3.1.0")
    assert _accepts(schema, None, "3.1.0", "response")
    assert not _accepts(schema, 1, "3.1.0", "response")


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string", "nullable": True, "enum": ["a"]}, "a"),
        ({**NAME, "nullable": True}, "a"),
        ({"allOf": [NAME], "nullable": True}, "a"),
        ({"type": "string", "allOf": [NAME, {"minLength": 2}], "nullable": True}, "ab"),
        ({"oneOf": [NAME, {"type": "integer"}], "nullable": True}, 1),
    ],
)
def test_disputed_null(schema: dict[str, Any], value: Any) -> None:
    """Where readers of OpenAPI 3.0 disagree about null, no request holds it and every answer may."""
    assert _converted(schema)[DISPUTED_NULL] is True
    assert not _accepts(schema, None)
    assert _accepts(schema, None, direction="response")
    assert _accepts(schema, value)
    assert _accepts(schema, value, direction="response")


@pytest.mark.parametrize(
    ("version", "schema", "accepted", "refused"),
    [
        ("3.0.3", {"type": "string", "nullable": True}, [None, "a"], [1]),
        ("3.0.3", {"type": "string", "nullable": False}, ["a"], [None]),
        ("3.0.3", {"type": "string", "nullable": True, "enum": ["a", None]}, [None, "a"], ["b"]),
        ("2.0", {"type": "string", "x-nullable": True}, [None, "a"], [1]),
        ("3.1.0", {"type": ["string", "null"]}, [None, "a"], [1]),
        ("3.1.0", {"type": "string", "nullable": True}, ["a"], [None]),
        ("3.0.3", {"minimum": 1, "exclusiveMinimum": True}, [2], [1]),
        ("3.0.3", {"minimum": 1, "exclusiveMinimum": False}, [1], [0]),
        ("3.0.3", {"maximum": 1, "exclusiveMaximum": True}, [0], [1]),
        ("3.0.3", {"exclusiveMaximum": True}, [10**9], []),
        ("3.1.0", {"exclusiveMinimum": 1, "exclusiveMaximum": 3}, [2], [1, 3]),
        ("3.1.0", {"const": "a"}, ["a"], ["b"]),
        ("3.0.3", {**NAME, "maxLength": 1}, ["a", "abc"], [1]),
        ("3.1.0", {**NAME, "maxLength": 1}, ["a"], ["abc", 1]),
        ("3.2.0", {**NAME, "maxLength": 1}, ["a"], ["abc", 1]),
        ("3.1.0", {"type": "array", "prefixItems": [NAME]}, [["a", 1]], [[1]]),
        ("2.0", {"type": "array", "items": [NAME, {"type": "integer"}]}, [["a", 1]], [["a", "b"]]),
        ("2.0", {"type": "file"}, ["bytes"], [1]),
        ("2.0", {"type": "string", "required": True}, ["a"], [1]),
        ("3.0.3", {"$ref": "#/components/schemas/Alias"}, ["a"], [1]),
        (
            "3.0.3",
            {"$ref": "#/components/schemas/Tree"},
            [{"next": {"next": {"n": 1}}}],
            [{"next": {"next": {"n": "1"}}}],
        ),
        ("3.1.0", {"$id": "https://a.dev/b", "properties": {"a": NAME}}, [{"a": "x"}], [{"a": 1}]),
        ("3.1.0", True, [1, None], []),
        ("3.1.0", False, [], [1, None]),
        ("3.0.3", None, [1, None], []),
    ],
)
def test_a_schema_means_what_its_version_says(
    version: str, schema: Any, accepted: list[Any], refused: list[Any]
) -> None:
    """Null, exclusive limits, siblings of references, tuples and recursion, each in its own version's way."""
    assert accepted == [value for value in accepted + refused if _accepts(schema, value, version)]


@pytest.mark.parametrize(
    ("hidden", "direction", "needed"),
    [
        ({"type": "string", "readOnly": True}, "request", False),
        ({"type": "string", "readOnly": True}, "response", True),
        ({"type": "string", "writeOnly": True}, "request", True),
        ({"type": "string", "writeOnly": True}, "response", False),
        ({"$ref": "#/components/schemas/Id"}, "request", False),
        ({"$ref": "#/components/schemas/Id"}, "response", True),
        ({"$ref": "#/components/schemas/Secret"}, "response", False),
        ({"type": "string"}, "request", True),
    ],
)
def test_a_property_is_required_only_where_it_travels(
    hidden: dict[str, Any], direction: Direction, needed: bool
) -> None:
    """A required ``readOnly`` property is required of answers only, a ``writeOnly`` one of requests only."""
    schema = {"type": "object", "required": ["a", "b"], "properties": {"a": hidden, "b": {"type": "string"}}}

    assert needed is not _accepts(schema, {"b": ""}, direction=direction)
    assert not _accepts(schema, {"a": ""}, direction=direction)


def test_a_list_that_is_empty_in_one_direction_is_no_list() -> None:
    """A ``required`` list that names only ``readOnly`` properties requires nothing of requests."""
    schema = {"required": ["a"], "properties": {"a": {"readOnly": True}}}

    assert "required" not in _converted(schema)
    assert ["a"] == _converted(schema, direction="response")["required"]


UNSOUND = [
    ("type", "text"),
    ("type", ["string", 5]),
    ("type", []),
    ("type", None),
    ("enum", "a"),
    ("required", True),
    ("required", [{}]),
    ("required", {"a": True}),
    ("minLength", "5"),
    ("minLength", -1),
    ("maxLength", 1.5),
    ("maxItems", True),
    ("minimum", "0"),
    ("maximum", float("inf")),
    ("multipleOf", 0),
    ("pattern", 5),
    ("format", []),
    ("properties", [1]),
    ("properties", None),
    ("items", "string"),
    ("allOf", {}),
    ("anyOf", []),
    ("oneOf", None),
    ("not", []),
    ("additionalProperties", "false"),
    ("uniqueItems", "yes"),
    ("patternProperties", 1),
    ("$ref", 5),
    ("$ref", None),
]


@pytest.mark.parametrize(("keyword", "value"), UNSOUND)
@pytest.mark.parametrize("version", ["2.0", "3.0.3", "3.1.0"])
def test_a_keyword_without_sense_holds_nothing_against_a_value(version: str, keyword: str, value: Any) -> None:
    """The keyword is left out, the keywords beside it still count, and nothing raises."""
    schema = {"maxProperties": 1, keyword: value}

    assert not is_sound(keyword, value)
    assert {"maxProperties": 1, UNREAD: {keyword: value}} == _converted(schema, version)


@pytest.mark.parametrize(
    "beside",
    [
        {"minLength": 24, "maxLength": 24},
        {"minLength": 37},
        {"example": "536e564f316c83104c000020"},
        {"default": "none"},
        {"examples": ["a", "b"]},
        {"enum": ["one", "two"]},
        {"const": "one"},
    ],
)
def test_a_format_that_its_own_schema_denies_is_an_annotation(beside: dict[str, Any]) -> None:
    """Length limits that no text of the format has, and values of which none has the format, contradict it."""
    schema = {"type": "string", "format": "uuid", **beside}

    assert "format" not in _converted(schema, "3.1.0")
    assert beside.items() <= _converted(schema, "3.1.0").items()


@pytest.mark.parametrize(
    "beside",
    [
        {},
        {"minLength": 36, "maxLength": 36},
        {"maxLength": 255},
        {"default": None},
        {"example": 5},
        {"enum": "odd"},
        {"examples": ["a", "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f"]},
        {"minLength": "37"},
    ],
)
def test_a_format_that_may_be_kept_counts(beside: dict[str, Any]) -> None:
    """One example with the format is enough, and examples that are not texts do not count."""
    assert "uuid" == _converted({"type": "string", "format": "uuid", **beside}, "3.1.0")["format"]


def test_odd_members_are_open() -> None:
    """A value that is not a schema, in the place of one, allows anything; the members beside it keep their meaning."""
    schema = {"properties": {"a": None, "b": {"type": "string"}, "c": "string"}, "allOf": [1, {"required": ["b"]}]}

    assert _accepts(schema, {"a": 1, "b": "x", "c": 2})
    assert not _accepts(schema, {"b": 1})
    assert not _accepts(schema, {"a": 1})


@pytest.mark.parametrize(
    "reference", ["#/components/schemas/None", "other.yaml", "#anchor", "#/components/schemas/Tree/x"]
)
def test_a_reference_to_nowhere_is_open(reference: str) -> None:
    """The rest of the schema still counts."""
    schema = {"properties": {"a": {"$ref": reference}, "b": {"type": "string"}}}

    assert _accepts(schema, {"a": 1, "b": "x"})
    assert not _accepts(schema, {"b": 1})


def test_extensions_beside_a_reference_count_in_every_version() -> None:
    """What an overlay says of one use of a shared schema stays with that use."""
    schema = {**NAME, "nullable": True, "x-chatcert-unique": {"source": "s"}, "description": "dropped"}
    converted = _converted(schema)

    assert {"source": "s"} == converted["x-chatcert-unique"]
    assert "description" not in converted
    assert "x-chatcert-unique" not in converted["$defs"]["Name"]


def test_definitions_keep_their_place_and_their_names_apart() -> None:
    """Each definition has its pointer in the document; equal last segments get different names."""
    parts = {"a": {"Name": {"type": "string"}}, "b": {"Name": {"type": "integer"}}, "c": {"$ref": "#/a/Name"}}
    schema = {"properties": {"a": {"$ref": "#/a/Name"}, "b": {"$ref": "#/b/Name"}, "c": {"$ref": "#/c"}}}
    converted = Converter({"openapi": "3.1.0", **parts}, "request").standalone(schema)

    assert Validator(converted).is_valid({"a": "x", "b": 1, "c": "x"})
    assert not Validator(converted).is_valid({"a": 1})
    assert not Validator(converted).is_valid({"b": "x"})
    assert {"Name": "/a/Name", "Name_2": "/b/Name", "c": "/a/Name"} == {
        name: definition[ORIGIN] for name, definition in converted["$defs"].items()
    }


@pytest.mark.slow
def test_a_long_row_of_references_is_followed() -> None:
    """A chain of thousands of references is resolved."""
    schemas = {f"S{n}": {"properties": {"next": {"$ref": f"#/S{n + 1}"}}} for n in range(3000)}
    document = {"openapi": "3.0.3", **schemas, "S3000": {"type": "string"}}

    assert 3001 == len(Converter(document, "request").standalone({"$ref": "#/S0"})["$defs"])


@pytest.mark.parametrize(
    ("document", "modern"),
    [
        ({"openapi": "3.1.1"}, True),
        ({"openapi": "3.2.0"}, True),
        ({"openapi": 3.1}, True),
        ({"openapi": "3.0.0"}, False),
        ({"swagger": "2.0"}, False),
        ({}, False),
    ],
)
def test_schemas_are_json_schema_from_openapi_3_1_on(document: dict[str, Any], modern: bool) -> None:
    """Later versions follow 3.1, earlier ones follow 3.0."""
    assert modern is is_modern(document)


@pytest.mark.slow
@settings(deadline=None)
@given(st.data(), st.sampled_from(["2.0", "3.0.3", "3.1.0"]), st.sampled_from(["request", "response"]))
def test_plain_json_schema_keeps_its_meaning(
    strategies: ModuleType, data: st.DataObject, version: str, direction: Direction
) -> None:
    """A schema without keywords of one version accepts after conversion what it accepted before, and is left alone."""
    schema, value = data.draw(strategies.schemas()), data.draw(strategies.instances())
    before = copy.deepcopy(schema)

    assert Draft202012Validator(schema).is_valid(value) is _accepts(schema, value, version, direction)
    assert before == schema


@settings(deadline=None)
@given(st.data())
def test_any_value_gives_a_schema(strategies: ModuleType, data: st.DataObject) -> None:
    """Whatever stands in the place of a schema, the result is a schema, and judging by it raises nothing."""
    converted = _converted(data.draw(strategies.oddities()), data.draw(st.sampled_from(["2.0", "3.0.3", "3.1.0"])))
    Draft202012Validator.check_schema(converted, format_checker=FormatChecker(()))  # patterns may be of any dialect

    assert Validator(converted).is_valid(data.draw(strategies.instances())) in (True, False)
