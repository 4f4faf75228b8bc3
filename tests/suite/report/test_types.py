"""The types of a report's data name the keys that its JSON Schema names, with the same types."""

from __future__ import annotations

import dataclasses
import json
import types
from typing import Any, Literal, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

import pytest

from chatcert.cases.case import Expectation, Member
from chatcert.files import packaged_text
from chatcert.judge.verdict import Outcome, VerdictKind
from chatcert.report.comparison import ChangeKind
from chatcert.report.model import Report, RunRow
from chatcert.report.reader import schema_of
from chatcert.requirements.requirement import Kind, Level
from chatcert.transport.exchange import Exchange, Headers, Received, Role, Sent, TransportError

SCHEMA = schema_of()
EVIDENCE = json.loads(packaged_text("chatcert.report", "schema", "evidence-1.schema.json"))
SCALARS = {str: {"string"}, int: {"integer"}, float: {"number"}, bool: {"boolean"}, type(None): {"null"}}


def resolve(schema: dict[str, Any], root: dict[str, Any] = SCHEMA) -> dict[str, Any]:
    """A schema with its reference followed; what stands beside the reference adds to it."""
    reference = schema.get("$ref")
    if reference is None:
        return schema
    found = resolve(root["$defs"][reference.removeprefix("#/$defs/")], root)
    merged = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
    for key in ("properties", "required"):
        if key in found and key in schema:
            both = found[key], schema[key]
            merged[key] = {**both[0], **both[1]} if key == "properties" else [*both[0], *both[1]]
    return merged


def differences(hint: Any, schema: dict[str, Any], path: str = "report") -> list[str]:
    """Everything in which a type and a schema disagree, a line each."""
    schema, origin = resolve(schema), get_origin(hint)
    if is_typeddict(hint):
        return list(_of_keys(hint, schema, path))
    if origin in (Union, types.UnionType):
        return _of_union(get_args(hint), schema, path)
    if origin is list:
        items = differences(get_args(hint)[0], schema.get("items", {}), f"{path}[]")
        return [*_of_kinds({"array"}, schema, path), *items]
    if origin is dict:
        return _of_mapping(get_args(hint)[1], schema, path)
    if origin is Literal:
        return [] if get_args(hint) == (schema.get("const"),) else [f"{path}: another constant"]
    return _of_kinds(SCALARS[hint], schema, path)


def _of_keys(hint: Any, schema: dict[str, Any], path: str) -> Any:
    hints = get_type_hints(hint, include_extras=True)
    properties = schema.get("properties", {})
    yield from _of_kinds({"object"}, schema, path)
    yield from (f"{path}: {name} in only one of both" for name in hints.keys() ^ properties.keys())
    required = {name for name, inner in hints.items() if get_origin(inner) is not NotRequired}
    yield from (f"{path}: {name} is required in only one of both" for name in required ^ {*schema.get("required", ())})
    for name in hints.keys() & properties.keys():
        inner = hints[name]
        inner = get_args(inner)[0] if get_origin(inner) is NotRequired else inner
        yield from differences(inner, properties[name], f"{path}.{name}")


def _of_mapping(inner: Any, schema: dict[str, Any], path: str) -> list[str]:
    if inner is Any:
        return _of_kinds({"object"}, schema, path)
    values = [*schema.get("properties", {}).values()] or [schema.get("additionalProperties", {})]
    return [
        *_of_kinds({"object"}, schema, path),
        *(line for value in values for line in differences(inner, value, path)),
    ]


def _of_union(hints: tuple[Any, ...], schema: dict[str, Any], path: str) -> list[str]:
    choices = schema.get("oneOf") or [{**schema, "type": kind} for kind in schema.get("type", ())]
    found = [f"{path}: {len(hints)} types, {len(choices)} schemas"] if len(hints) != len(choices) else []
    for hint in hints:
        if all(differences(hint, choice, path) for choice in choices):
            found += [f"{path}: {hint} is none of the schema's", *differences(hint, choices[-1], path)]
    return found


def _of_kinds(kinds: set[str], schema: dict[str, Any], path: str) -> list[str]:
    """Compare the kind of a value; constants and enumerations are of the kind of their values."""
    values = [schema["const"]] if "const" in schema else schema.get("enum", [])
    named = {kind for value in values for kind in SCALARS[type(value)]} or {schema.get("type")}
    return [] if named == kinds else [f"{path}: {sorted(kinds)} in the type, {named} in the schema"]


@pytest.mark.parametrize(
    ("hint", "schema"), [(Report, SCHEMA), (RunRow, SCHEMA["$defs"]["run"])], ids=["report", "history"]
)
def test_the_types_are_those_of_the_schema(hint: Any, schema: dict[str, Any]) -> None:
    """Every key of the schema is a key of the type and the other way round: required alike, and of the same type."""
    assert [] == differences(hint, schema)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        (("seconds",), {"type": "string"}),
        (("outcome",), {"enum": [1, 2]}),
        (("new",), {"type": "string"}),
        (("history",), {"type": "array", "items": {"type": "string"}}),
        (("proof",), {"oneOf": [{"type": "object", "required": [], "properties": {}}]}),
        (("contact",), {"type": "null"}),
    ],
    ids=["type", "enum", "key", "items", "union", "null"],
)
def test_a_difference_is_seen(path: tuple[str, ...], change: dict[str, Any]) -> None:
    """A schema that is changed in one place differs from the types."""
    schema = schema_of()
    schema["properties"][path[0]] = change

    assert differences(Report, schema)


def test_a_key_that_is_missing_is_seen() -> None:
    """A key that only the type has, or that only one of both requires, is a difference."""
    schema = schema_of()
    del schema["properties"]["seed"]
    schema["required"].remove("title")

    assert {"report: seed in only one of both", "report: title is required in only one of both"} == set(
        differences(Report, schema)
    )


ENUMS = [
    (SCHEMA["properties"]["outcome"], Outcome),
    (SCHEMA["$defs"]["run"]["properties"]["outcome"], Outcome),
    (SCHEMA["$defs"]["requirement"]["properties"]["verdict"], VerdictKind),
    (SCHEMA["$defs"]["requirement"]["properties"]["kind"], Kind),
    (SCHEMA["$defs"]["requirement"]["properties"]["level"], Level),
]


@pytest.mark.parametrize(("schema", "enum"), ENUMS)
def test_enumerations_are_those_of_the_code(schema: dict[str, Any], enum: Any) -> None:
    """What the schema lists are the members of the enum."""
    assert {member.value for member in enum} == set(schema["enum"])


def test_totals_count_every_verdict() -> None:
    """The totals of a report have the verdicts as keys, besides the number of requirements."""
    assert {"requirements", *VerdictKind} == set(SCHEMA["$defs"]["totals"]["properties"])
    changes = SCHEMA["$defs"]["difference"]["properties"]["changes"]["items"]["properties"]["kind"]["enum"]
    assert {*ChangeKind} - {ChangeKind.UNCHANGED} == set(changes)


EVIDENCE_TYPES: dict[Any, Any] = {
    Headers: {"$ref": "#/$defs/headers"},
    bytes: {"$ref": "#/$defs/body"},
    bytes | None: {"oneOf": [{"type": "null"}, {"$ref": "#/$defs/body"}]},
    tuple[str, ...]: {"type": "array", "items": {"type": "string"}},
    tuple[Member, ...]: {
        "type": "array",
        "items": {"type": "array", "items": {"type": "string"}, "minItems": 3, "maxItems": 3},
    },
    int | None: {"type": ["integer", "null"]},
    bool | None: {"type": ["boolean", "null"]},
    Expectation: {"type": "string"},
    Role: {"type": "string"},
    **{hint: {"type": next(iter(kinds))} for hint, kinds in SCALARS.items()},
}


@pytest.mark.parametrize(
    ("type_", "schema"),
    [
        (Exchange, EVIDENCE),
        (Sent, EVIDENCE["properties"]["sent"]),
        (Received, EVIDENCE["properties"]["received"]),
        (TransportError, EVIDENCE["properties"]["error"]),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_evidence_has_the_fields_of_an_exchange(type_: Any, schema: dict[str, Any]) -> None:
    """A line of the evidence has the fields of an exchange and of its parts, each of the type that the schema names."""
    hints = get_type_hints(type_)
    fields = {field.name: field for field in dataclasses.fields(type_) if field.compare}  # others are not written
    assert fields.keys() == schema["properties"].keys()

    required = {name for name, field in fields.items() if field.default is dataclasses.MISSING}
    assert required <= set(schema["required"])
    for name, inner in schema["properties"].items():
        reported = {key: value for key, value in inner.items() if key not in ("description", "minimum")}
        if hints[name] in EVIDENCE_TYPES:
            assert EVIDENCE_TYPES[hints[name]] == reported, name
        else:
            assert "properties" in reported or "enum" in reported or name == "kind", name
