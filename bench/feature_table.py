"""The keywords of schemas that ``bench/features.py`` tries: a small schema for each, and wrong readings of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from feature import ALL, JSON, MODERN, THREE, Feature, operation_document
from feature_server import Request, Schema, checking, json_body


@dataclass(frozen=True, slots=True)
class Keyword:
    """One keyword of the field ``v`` of a JSON body, which is given back.

    Attributes:
        keyword: the end of the ids of the requirements that refuse what breaks it.
        schema: the field as JSON Schema 2020-12, which the independent server obeys.
        looser: the same with the keyword unenforced.
        stricter: the same with something refused that the keyword allows; ``None`` where there is nothing.
        written: the schema as the document writes it, by dialect.
        schemas: the components that it refers to, by dialect.
    """

    name: str
    keyword: str
    schema: Mapping[str, Any]
    looser: Schema
    stricter: Schema | None = None
    written: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dialects: frozenset[str] = ALL
    schemas: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def feature(self) -> Feature:
        """Return how it is tried."""
        is_optional = self.looser == self.schema
        return Feature(
            self.name,
            self.document,
            checking(_field, self.schema),
            stricter=() if self.stricter is None else (checking(_field, self.stricter),),
            looser=() if is_optional else (checking(_field, self.looser),),
            wrong=() if is_optional else None,
            accepts=("accepts/body/v.*", "accepts/required-only"),
            refuses=(rf"request/body/(v/.*)?{re.escape(self.keyword)}",),
            answers=("response/200.*",),
            dialects=self.dialects,
        )

    def document(self, dialect: str) -> dict[str, Any]:
        """Return the document in a dialect."""
        whole = {"type": "object", "required": ["v"], "properties": {"v": self.written.get(dialect, self.schema)}}
        content = {JSON: {"schema": whole}}
        schemas = self.schemas.get(dialect)
        return operation_document(dialect, content=content, answer={"content": content}, schemas=schemas)


def _field(request: Request) -> Any:
    return json_body(request)["v"]


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
    Keyword("type", "type", _string(), True),
    Keyword("type: list of types", "type", {"type": ["string", "integer"]}, True, _string(), dialects=MODERN),
    Keyword(
        "nullable",
        "accepts/body/v/null",
        {"type": ["string", "null"]},
        {"type": ["string", "null"]},
        _string(),
        written={"3.0": _string(nullable=True)},
        dialects=THREE,
    ),
    Keyword("null refused", "null", _string(), {"type": ["string", "null"]}),
    Keyword("enum", "enum", _string(enum=["a", "b", "c"]), _string(), _string(enum=["a", "b"])),
    Keyword("const", "const", {"const": "x"}, True, dialects=MODERN),
    Keyword("minLength", "minLength", _string(minLength=3), _string(), _string(minLength=4)),
    Keyword("maxLength", "maxLength", _string(maxLength=9), _string(), _string(maxLength=8)),
    Keyword("pattern", "pattern", _string(pattern="^[a-c]+$"), _string()),
    Keyword("format", "format", _string(format="date"), _string(), _string(pattern="^x")),
    Keyword("minimum", "minimum", _number(minimum=3), _number(), _number(minimum=4)),
    Keyword("maximum", "maximum", _number(maximum=9), _number(), _number(maximum=8)),
    Keyword(
        "exclusiveMinimum",
        "exclusiveMinimum",
        _number(exclusiveMinimum=3),
        _number(),
        _number(minimum=5),
        written=_EXCLUSIVE_LOW,
    ),
    Keyword(
        "exclusiveMaximum",
        "exclusiveMaximum",
        _number(exclusiveMaximum=9),
        _number(),
        _number(maximum=7),
        written=_EXCLUSIVE_HIGH,
    ),
    Keyword("multipleOf", "multipleOf", {"type": "number", "multipleOf": 0.01}, {"type": "number"}),
    Keyword("minItems", "minItems", _array(minItems=2), _array(), _array(minItems=3)),
    Keyword("maxItems", "maxItems", _array(maxItems=3), _array(), _array(maxItems=2)),
    Keyword("uniqueItems", "uniqueItems", _array(uniqueItems=True), _array()),
    Keyword("items", "*/type", _array(), {"type": "array"}),
    Keyword("minProperties", "minProperties", _object(minProperties=2), _object(), _object(minProperties=3)),
    Keyword("maxProperties", "maxProperties", _object(maxProperties=3), _object(), _object(maxProperties=2)),
    Keyword("required", "v/a/required", _PAIR, {**_PAIR, "required": []}),
    Keyword("properties", "v/a/type", _PAIR, {**_PAIR, "properties": {}}),
    Keyword("additionalProperties: false", "additionalProperties", {**_PAIR, "additionalProperties": False}, {**_PAIR}),
    Keyword(
        "additionalProperties: schema",
        "v/*/maxLength",
        _object(additionalProperties=_string(maxLength=4)),
        _object(additionalProperties=_string()),
        _object(additionalProperties=_string(maxLength=3)),
    ),
    Keyword("allOf", "v/b/required", {"allOf": [_A, _B]}, _A),
    Keyword("oneOf", "v/oneOf", {"oneOf": [_A, _B]}, {"anyOf": [_A, _B]}, _A, dialects=THREE),
    Keyword("anyOf", "v/anyOf", {"anyOf": [_A, _B]}, _object(), _A, dialects=THREE),
    Keyword("not", "not", _string(**{"not": {"enum": ["x"]}}), _string(), dialects=THREE),
    Keyword(
        "inside an alternative",
        "lives/maximum",
        {"oneOf": [_CAT, _DOG]},
        {"oneOf": [_FREE_CAT, _DOG]},
        _CAT,
        dialects=THREE,
    ),
    Keyword(
        "if, then",
        "b/required",
        _object(properties=_PAIR["properties"], **{"if": {"required": ["a"]}, "then": {"required": ["b"]}}),
        _object(),
        dialects=MODERN,
    ),
    Keyword(
        "prefixItems",
        "v/0/type",
        {"type": "array", "prefixItems": [_number(), _string()]},
        {"type": "array", "prefixItems": [True, _string()]},
        dialects=MODERN,
    ),
    Keyword(
        "items: false",
        "items",
        {"type": "array", "prefixItems": [_string()], "items": False},
        {"type": "array", "prefixItems": [_string()]},
        dialects=MODERN,
    ),
    Keyword("contains", "contains", _array(contains={"const": "x"}), _array(), dialects=MODERN),
    Keyword(
        "minContains",
        "minContains",
        _array(contains={"const": "x"}, minContains=2),
        _array(contains={"const": "x"}),
        dialects=MODERN,
    ),
    Keyword(
        "maxContains",
        "maxContains",
        _array(contains={"const": "x"}, maxContains=2),
        _array(contains={"const": "x"}),
        dialects=MODERN,
    ),
    Keyword(
        "patternProperties",
        "maxLength",
        _object(patternProperties={"^s_": _string(maxLength=4)}),
        _object(),
        _object(patternProperties={"^s_": _string(maxLength=3)}),
        dialects=MODERN,
    ),
    Keyword("propertyNames", "propertyNames", _object(propertyNames={"maxLength": 4}), _object(), dialects=MODERN),
    Keyword(
        "dependentRequired",
        "dependentRequired",
        _object(properties=_PAIR["properties"], dependentRequired={"a": ["b"]}),
        _object(),
        dialects=MODERN,
    ),
    Keyword(
        "dependentSchemas",
        "b/required",
        _object(properties=_PAIR["properties"], dependentSchemas={"a": {"required": ["b"]}}),
        _object(),
        dialects=MODERN,
    ),
    Keyword(
        "unevaluatedProperties",
        "additionalProperties",
        _object(allOf=[_A], unevaluatedProperties=False),
        _A,
        dialects=MODERN,
    ),
)

KEYWORDS = tuple(one.feature() for one in _KEYWORDS)
