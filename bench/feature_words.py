"""Discriminators, ``readOnly``, references, formats and further words of schemas that ``bench/features.py`` tries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from feature import ALL, JSON, MODERN, THREE, Feature, each, operation_document
from feature_server import Schema, checking, json_body, reply
from feature_table import Keyword


def _object(required: tuple[str, ...], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": [*required], "properties": properties}


_TEXT: Mapping[str, Any] = {"type": "string"}
_SHORT: Mapping[str, Any] = {"type": "string", "maxLength": 4}
_SHORTER: Mapping[str, Any] = {"type": "string", "maxLength": 3}


def _pet(kind: str | None, **properties: Any) -> dict[str, Any]:
    """Return the schema of a pet, of some kind alone or of any."""
    said = _TEXT if kind is None else {"enum": [kind], "type": "string"}
    return _object(("kind", *properties), kind=said, **properties)


def _pets(cat: str, dog: str, most: int | None = 9) -> dict[str, Any]:
    lives = {"type": "integer"} if most is None else {"type": "integer", "maximum": most}
    return {"oneOf": [_pet(cat, lives=lives), _pet(dog, name=_TEXT)]}


_MEMBERS = {"Cat": _pet(None, lives={"type": "integer", "maximum": 9}), "Dog": _pet(None, name=_TEXT)}
_REFS = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
_MAPPING = {"cat": "#/components/schemas/Cat", "dog": "Dog"}


def _parented(dialect: str) -> dict[str, Any]:
    """Return a parent with a discriminator, and two children that refer to it."""
    base = "#/definitions" if dialect == "2.0" else "#/components/schemas"
    parent = {**_pet(None), "discriminator": "kind" if dialect == "2.0" else {"propertyName": "kind"}}
    children = {
        "Cat": _object(("lives",), lives={"type": "integer", "maximum": 9}),
        "Dog": _object(("name",), name=_TEXT),
    }
    return {"Pet": parent} | {name: {"allOf": [{"$ref": f"{base}/Pet"}, own]} for name, own in children.items()}


def _discriminated(
    name: str, cat: str, dog: str, keyword: str = "v/kind/discriminator", **more: Any
) -> tuple[Keyword, Keyword]:
    """Return how a discriminator is tried: its own values, and the limits of the alternative that it names."""
    right, free = _pets(cat, dog), _pets(cat, dog, None)
    undecided = {"anyOf": [*right["oneOf"], {"not": {"properties": {"kind": {"enum": [cat, dog]}}}}]}
    return (
        Keyword(name, keyword, right, undecided, _pet(cat), **more),
        Keyword(f"{name}, inside", "lives/maximum", right, free, _pets(cat, dog, 8), **more),
    )


_CONSTANT_MEMBERS = {
    "Cat": _object(("kind", "lives"), kind={"const": "cat"}, lives={"type": "integer", "maximum": 9}),
    "Dog": _object(("kind", "name"), kind={"const": "dog"}, name=_TEXT),
}
_DISCRIMINATORS = (
    *_discriminated(
        "discriminator, mapped",
        "cat",
        "dog",
        dialects=THREE,
        written=each(THREE, {"oneOf": _REFS, "discriminator": {"propertyName": "kind", "mapping": _MAPPING}}),
        schemas=each(THREE, _MEMBERS),
    ),
    *_discriminated(
        "discriminator, unmapped",
        "Cat",
        "Dog",
        dialects=THREE,
        written=each(THREE, {"oneOf": _REFS, "discriminator": {"propertyName": "kind"}}),
        schemas=each(THREE, _MEMBERS),
    ),
    *_discriminated(
        "discriminator, by const",
        "cat",
        "dog",
        "kind/const",
        dialects=MODERN,
        written=each(MODERN, {"oneOf": _REFS, "discriminator": {"propertyName": "kind"}}),
        schemas=each(MODERN, _CONSTANT_MEMBERS),
    ),
    *_discriminated(
        "discriminator in a parent",
        "Cat",
        "Dog",
        dialects=ALL,
        written={d: {"$ref": "#/definitions/Pet" if d == "2.0" else "#/components/schemas/Pet"} for d in ALL},
        schemas={d: _parented(d) for d in ALL},
    ),
)


def _referring(text: str) -> dict[str, dict[str, Any]]:
    """Return a reference, as each dialect writes it."""
    return {d: {"$ref": text.replace("#", "#/definitions" if d == "2.0" else "#/components/schemas")} for d in ALL}


_TREE: Mapping[str, Any] = {
    "$defs": {"Tree": _object((), name=_SHORT, child={"$ref": "#/$defs/Tree"})},
    "$ref": "#/$defs/Tree",
}
_FREE_TREE: Mapping[str, Any] = {
    "$defs": {"Tree": _object((), name=_TEXT, child={"$ref": "#/$defs/Tree"})},
    "$ref": "#/$defs/Tree",
}
_SHORT_TREE: Mapping[str, Any] = {
    "$defs": {"Tree": _object((), name=_SHORTER, child={"$ref": "#/$defs/Tree"})},
    "$ref": "#/$defs/Tree",
}
_TREE_OF = {d: {"Tree": _object((), name=_SHORT, child=_referring("#/Tree")[d])} for d in ALL}
_NAMED = {"type": "array", "items": {"$dynamicRef": "#item"}}


def _short(name: str, written: Mapping[str, Any], **more: Any) -> Keyword:
    """Return how one way to write ``maxLength: 4`` is tried."""
    dialects = more.pop("dialects", MODERN)
    return Keyword(name, "v/maxLength", _SHORT, _TEXT, _SHORTER, each(dialects, written), dialects, **more)


_CONDITION = {"properties": {"a": {"const": "x"}}, "required": ["a"]}
_CONDITIONAL: Mapping[str, Any] = {
    **_object((), a=_TEXT, b=_TEXT, c=_TEXT),
    "if": _CONDITION,
    "then": {"required": ["b"]},
    "else": {"required": ["c"]},
}


def _format(name: str, *, dialects: frozenset[str] = ALL) -> Keyword:
    return Keyword(
        f"format: {name}", "v/format", {**_TEXT, "format": name}, _TEXT, {**_TEXT, "pattern": "^-"}, dialects=dialects
    )


_WORDS = (
    *_DISCRIMINATORS,
    Keyword(
        "$ref",
        "v/maxLength",
        _SHORT,
        _TEXT,
        _SHORTER,
        _referring("#/Short"),
        schemas=each(ALL, {"Short": _SHORT}),
    ),
    Keyword(
        "$ref, recursive",
        "v/child/name/maxLength",
        _TREE,
        _FREE_TREE,
        _SHORT_TREE,
        _referring("#/Tree"),
        schemas=_TREE_OF,
    ),
    _short(
        "$ref with siblings",
        {"$ref": "#/components/schemas/Text", "maxLength": 4},
        schemas=each(MODERN, {"Text": _TEXT}),
    ),
    _short(
        "$defs",
        {
            "$defs": {"Short": _SHORT},
            "$ref": "#/paths/~1chats/post/requestBody/content/application~1json/schema/properties/v/$defs/Short",
        },
    ),
    _short("$anchor", {"$ref": "#short"}, schemas=each(MODERN, {"Short": {"$anchor": "short", **_SHORT}})),
    _short(
        "$id",
        {"$ref": "https://feature.invalid/short"},
        schemas=each(MODERN, {"Short": {"$id": "https://feature.invalid/short", **_SHORT}}),
    ),
    Keyword(
        "$dynamicRef",
        "v/*/maxLength",
        {"type": "array", "items": _SHORT},
        {"type": "array", "items": _TEXT},
        {"type": "array", "items": _SHORTER},
        each(MODERN, _NAMED),
        MODERN,
        each(MODERN, {"Item": {"$dynamicAnchor": "item", **_SHORT}}),
    ),
    Keyword(
        "if, then, else: then", "v/if/then/b/required", _CONDITIONAL, {**_CONDITIONAL, "then": True}, dialects=MODERN
    ),
    Keyword(
        "if, then, else: else", "v/if/else/c/required", _CONDITIONAL, {**_CONDITIONAL, "else": True}, dialects=MODERN
    ),
    Keyword(
        "unevaluatedItems",
        "v/items",
        {"type": "array", "allOf": [{"prefixItems": [_TEXT]}], "unevaluatedItems": False},
        {"type": "array", "prefixItems": [_TEXT]},
        dialects=MODERN,
    ),
    Keyword(
        "nullable with a limit",
        "v/maxLength",
        {"type": ["string", "null"], "maxLength": 4},
        {"type": ["string", "null"]},
        {"type": ["string", "null"], "maxLength": 3},
        {"3.0": {**_SHORT, "nullable": True}},
        THREE,
    ),
    Keyword(
        "anyOf with null",
        "maxLength",
        {"anyOf": [_SHORT, {"type": "null"}]},
        {"anyOf": [_TEXT, {"type": "null"}]},
        {"anyOf": [_SHORTER, {"type": "null"}]},
        dialects=MODERN,
    ),
    *(_format(name) for name in ("date-time", "email", "hostname", "ipv4", "ipv6", "uri", "uuid")),
    *(_format(name, dialects=MODERN) for name in ("time", "duration")),
)


def _answer(name: str, schema: Mapping[str, Any], wrong: tuple[Any, ...], end: str, **more: Any) -> Feature:
    """Return how a word that is about one direction is tried: a body, its answers, and wrong answers."""
    asked: Schema = more["asked"]

    def document(dialect: str) -> dict[str, Any]:
        content = {JSON: {"schema": schema}}
        return operation_document(dialect, content=content, answer={"content": content})

    def serving(rule: Schema, value: Any) -> Any:
        return checking(json_body, rule, lambda _: reply(value))

    right = more["right"]
    return Feature(
        name,
        document,
        serving(asked, right),
        stricter=[serving(rule, right) for rule in more["stricter"]],
        looser=[serving(rule, right) for rule in more["looser"]],
        wrong=[serving(asked, value) for value in wrong],
        accepts=("accepts/required-only", "accepts/all-fields", "accepts/body/.*"),
        refuses=more.get("refuses", ()),
        answers=(f"response/200/{end}",),
        dialects=more.get("dialects", ALL),
    )


_READ_ONLY = _object(("id", "v"), id={**_SHORT, "readOnly": True}, v=_TEXT)
_WRITE_ONLY = _object(("v", "pin"), v=_TEXT, pin={**_SHORT, "writeOnly": True})
_DIRECTIONS = (
    _answer(
        "readOnly",
        _READ_ONLY,
        ({"v": "x"}, {"id": "12345", "v": "x"}),
        "id/(required|maxLength)",
        asked={**_object(("v",), v=_TEXT), "not": {"required": ["id"]}},
        right={"id": "1234", "v": "x"},
        stricter=({"required": ["id"]},),
        looser=(),
    ),
    _answer(
        "writeOnly",
        _WRITE_ONLY,
        ({"v": "x", "pin": "1234"},),
        "pin/writeOnly",
        asked=_object(("v", "pin"), v=_TEXT, pin=_SHORT),
        right={"v": "x"},
        stricter=({"not": {"required": ["pin"]}}, _object(("v", "pin"), v=_TEXT, pin=_SHORTER)),
        looser=(_object(("v",), v=_TEXT), _object(("v", "pin"), v=_TEXT, pin=_TEXT)),
        refuses=("request/body/pin/(required|maxLength)",),
        dialects=THREE,
    ),
)

WORDS = (*(one.feature() for one in _WORDS), *_DIRECTIONS)
