"""The features of OpenAPI that ``bench/features.py`` tries: a small schema for each, and wrong readings of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

DIALECTS = ("2.0", "3.0", "3.1", "3.2")
_ALL = frozenset(DIALECTS)
_THREE = frozenset(("3.0", "3.1", "3.2"))
_MODERN = frozenset(("3.1", "3.2"))

Schema = Mapping[str, Any] | bool


@dataclass(frozen=True, slots=True)
class Feature:
    """One keyword or feature.

    Attributes:
        name: what it is called in the matrix.
        keyword: the end of the ids of the requirements that refuse what breaks it.
        schema: the field or parameter ``v`` as JSON Schema 2020-12, which the independent server obeys.
        looser: the same with the keyword unenforced.
        stricter: the same with something refused that the keyword allows; ``None`` where there is nothing.
        written: the schema as other dialects write it, by dialect.
        dialects: where it exists.
        place: ``body``, or where the parameter ``v`` is.
        details: further members of the Parameter Object, by dialect.
        separator: between the items of a parameter; empty where each item is a parameter of its own.
    """

    name: str
    keyword: str
    schema: Mapping[str, Any]
    looser: Schema
    stricter: Schema | None = None
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dialects: frozenset[str] = _ALL
    place: str = "body"
    details: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    separator: str | None = None


def _string(**more: Any) -> dict[str, Any]:
    return {"type": "string", **more}


def _number(**more: Any) -> dict[str, Any]:
    return {"type": "integer", **more}


def _array(**more: Any) -> dict[str, Any]:
    return {"type": "array", "items": {"type": "string"}, **more}


def _object(**more: Any) -> dict[str, Any]:
    return {"type": "object", **more}


_A, _B = _object(required=["a"], properties={"a": _string()}), _object(required=["b"], properties={"b": _string()})
_CAT = _object(required=["kind", "lives"], properties={"kind": {"enum": ["cat"]}, "lives": _number(maximum=9)})
_DOG = _object(required=["kind", "name"], properties={"kind": {"enum": ["dog"]}, "name": _string(maxLength=5)})
_FREE_CAT = _object(required=["kind", "lives"], properties={"kind": {"enum": ["cat"]}, "lives": _number()})
_EXCLUSIVE_LOW = {d: _number(minimum=3, exclusiveMinimum=True) for d in ("2.0", "3.0")}
_EXCLUSIVE_HIGH = {d: _number(maximum=9, exclusiveMaximum=True) for d in ("2.0", "3.0")}
_PAIR = _object(required=["a"], properties={"a": _string(), "b": _string()})

_KEYWORDS = (
    Feature("type", "type", _string(), True),
    Feature("type: list of types", "type", {"type": ["string", "integer"]}, True, _string(), dialects=_MODERN),
    Feature(
        "nullable",
        "accepts/body/v/null",
        {"type": ["string", "null"]},
        {"type": ["string", "null"]},
        _string(),
        written={"3.0": _string(nullable=True)},
        dialects=_THREE,
    ),
    Feature("null refused", "null", _string(), {"type": ["string", "null"]}),
    Feature("enum", "enum", _string(enum=["a", "b", "c"]), _string(), _string(enum=["a", "b"])),
    Feature("const", "const", {"const": "x"}, True, dialects=_MODERN),
    Feature("minLength", "minLength", _string(minLength=3), _string(), _string(minLength=4)),
    Feature("maxLength", "maxLength", _string(maxLength=9), _string(), _string(maxLength=8)),
    Feature("pattern", "pattern", _string(pattern="^[a-c]+$"), _string()),
    Feature("format", "format", _string(format="date"), _string(), _string(pattern="^x")),
    Feature("minimum", "minimum", _number(minimum=3), _number(), _number(minimum=4)),
    Feature("maximum", "maximum", _number(maximum=9), _number(), _number(maximum=8)),
    Feature(
        "exclusiveMinimum",
        "exclusiveMinimum",
        _number(exclusiveMinimum=3),
        _number(),
        _number(minimum=5),
        written=_EXCLUSIVE_LOW,
    ),
    Feature(
        "exclusiveMaximum",
        "exclusiveMaximum",
        _number(exclusiveMaximum=9),
        _number(),
        _number(maximum=7),
        written=_EXCLUSIVE_HIGH,
    ),
    Feature("multipleOf", "multipleOf", {"type": "number", "multipleOf": 0.01}, {"type": "number"}),
    Feature("minItems", "minItems", _array(minItems=2), _array(), _array(minItems=3)),
    Feature("maxItems", "maxItems", _array(maxItems=3), _array(), _array(maxItems=2)),
    Feature("uniqueItems", "uniqueItems", _array(uniqueItems=True), _array()),
    Feature("items", "*/type", _array(), {"type": "array"}),
    Feature("minProperties", "minProperties", _object(minProperties=2), _object(), _object(minProperties=3)),
    Feature("maxProperties", "maxProperties", _object(maxProperties=3), _object(), _object(maxProperties=2)),
    Feature("required", "v/a/required", _PAIR, {**_PAIR, "required": []}),
    Feature("properties", "v/a/type", _PAIR, {**_PAIR, "properties": {}}),
    Feature("additionalProperties: false", "additionalProperties", {**_PAIR, "additionalProperties": False}, {**_PAIR}),
    Feature(
        "additionalProperties: schema",
        "v/*/maxLength",
        _object(additionalProperties=_string(maxLength=4)),
        _object(additionalProperties=_string()),
        _object(additionalProperties=_string(maxLength=3)),
    ),
    Feature("allOf", "v/b/required", {"allOf": [_A, _B]}, _A),
    Feature("oneOf", "v/oneOf", {"oneOf": [_A, _B]}, {"anyOf": [_A, _B]}, _A, dialects=_THREE),
    Feature("anyOf", "v/anyOf", {"anyOf": [_A, _B]}, _object(), _A, dialects=_THREE),
    Feature("not", "not", _string(**{"not": {"enum": ["x"]}}), _string(), dialects=_THREE),
    Feature(
        "inside an alternative",
        "lives/maximum",
        {"oneOf": [_CAT, _DOG]},
        {"oneOf": [_FREE_CAT, _DOG]},
        _CAT,
        dialects=_THREE,
    ),
    Feature(
        "if, then",
        "b/required",
        _object(properties=_PAIR["properties"], **{"if": {"required": ["a"]}, "then": {"required": ["b"]}}),
        _object(),
        dialects=_MODERN,
    ),
    Feature(
        "prefixItems",
        "v/0/type",
        {"type": "array", "prefixItems": [_number(), _string()]},
        {"type": "array", "prefixItems": [True, _string()]},
        dialects=_MODERN,
    ),
    Feature(
        "items: false",
        "items",
        {"type": "array", "prefixItems": [_string()], "items": False},
        {"type": "array", "prefixItems": [_string()]},
        dialects=_MODERN,
    ),
    Feature("contains", "contains", _array(contains={"const": "x"}), _array(), dialects=_MODERN),
    Feature(
        "minContains",
        "minContains",
        _array(contains={"const": "x"}, minContains=2),
        _array(contains={"const": "x"}),
        dialects=_MODERN,
    ),
    Feature(
        "maxContains",
        "maxContains",
        _array(contains={"const": "x"}, maxContains=2),
        _array(contains={"const": "x"}),
        dialects=_MODERN,
    ),
    Feature(
        "patternProperties",
        "maxLength",
        _object(patternProperties={"^s_": _string(maxLength=4)}),
        _object(),
        _object(patternProperties={"^s_": _string(maxLength=3)}),
        dialects=_MODERN,
    ),
    Feature("propertyNames", "propertyNames", _object(propertyNames={"maxLength": 4}), _object(), dialects=_MODERN),
    Feature(
        "dependentRequired",
        "dependentRequired",
        _object(properties=_PAIR["properties"], dependentRequired={"a": ["b"]}),
        _object(),
        dialects=_MODERN,
    ),
    Feature(
        "dependentSchemas",
        "b/required",
        _object(properties=_PAIR["properties"], dependentSchemas={"a": {"required": ["b"]}}),
        _object(),
        dialects=_MODERN,
    ),
    Feature(
        "unevaluatedProperties",
        "additionalProperties",
        _object(allOf=[_A], unevaluatedProperties=False),
        _A,
        dialects=_MODERN,
    ),
)


def _parameter(name: str, place: str, keyword: str, schema: Mapping[str, Any], looser: Schema, **more: Any) -> Feature:
    return Feature(name, keyword, schema, looser, place=place, **more)


_STYLES = {
    "explode": ({d: {"style": "form", "explode": True} for d in _THREE} | {"2.0": {"collectionFormat": "multi"}}, ""),
    "commas": ({d: {"style": "form", "explode": False} for d in _THREE} | {"2.0": {"collectionFormat": "csv"}}, ","),
    "pipes": (
        {d: {"style": "pipeDelimited", "explode": False} for d in _THREE} | {"2.0": {"collectionFormat": "pipes"}},
        "|",
    ),
    "spaces": (
        {d: {"style": "spaceDelimited", "explode": False} for d in _THREE} | {"2.0": {"collectionFormat": "ssv"}},
        " ",
    ),
}
_PARAMETERS = (
    *(
        _parameter(
            f"parameter in {place}", place, "maximum", _number(maximum=9), _number(), stricter=_number(maximum=8)
        )
        for place in ("query", "header", "path")
    ),
    _parameter(
        "parameter in cookie",
        "cookie",
        "maximum",
        _number(maximum=9),
        _number(),
        stricter=_number(maximum=8),
        dialects=_THREE,
    ),
    *(
        _parameter(
            f"array in query, {name}",
            "query",
            "maxItems",
            _array(maxItems=3),
            _array(),
            stricter=_array(maxItems=2),
            details=details,
            separator=separator,
        )
        for name, (details, separator) in _STYLES.items()
    ),
)

FEATURES = (*_KEYWORDS, *_PARAMETERS)


def document(feature: Feature, dialect: str) -> dict[str, Any]:
    """Return the document of one feature: it creates a chat, and gives back what was sent."""
    schema = dict(feature.written.get(dialect, feature.schema))
    whole = {"type": "object", "required": ["v"], "properties": {"v": schema}}
    in_body = feature.place == "body"
    body = whole if in_body else {"type": "object"}
    parameters = [] if in_body else [_parameter_object(feature, dialect, schema)]
    path = "/chats/{v}" if feature.place == "path" else "/chats"
    refused = {"type": "object", "properties": {"detail": {"type": "string"}}}
    info = {"title": "Feature", "version": "1"}
    if dialect == "2.0":
        answers = {"200": {"description": "made", "schema": body}, "400": {"description": "no", "schema": refused}}
        parameters.append({"in": "body", "name": "body", "required": True, "schema": body})
        operation = {"consumes": ["application/json"], "produces": ["application/json"]}
        operation |= {"operationId": "createChat", "parameters": parameters, "responses": answers}
        return {"swagger": "2.0", "info": info, "paths": {path: {"post": operation}}}
    media = {"application/json": {"schema": body}}
    operation = {
        "operationId": "createChat",
        "parameters": parameters,
        "requestBody": {"required": True, "content": media},
        "responses": {
            "200": {"description": "made", "content": media},
            "400": {"description": "no", "content": {"application/json": {"schema": refused}}},
        },
    }
    return {"openapi": f"{dialect}.0", "info": info, "paths": {path: {"post": operation}}}


def _parameter_object(feature: Feature, dialect: str, schema: dict[str, Any]) -> dict[str, Any]:
    plain = {"name": "v", "in": feature.place, "required": True, **feature.details.get(dialect, {})}
    return {**plain, **schema} if dialect == "2.0" else {**plain, "schema": schema}
