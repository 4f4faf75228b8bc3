"""Relax one keyword at one place of a schema, in the ways in which servers fail to enforce it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.mock.deviation.deviations import SchemaEdit
from chatcert.mock.deviation.json_edits import schema_edited_at, with_definitions
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.fields import JSON_TYPES
from chatcert.openapi.schemas.path_tokens import OpenToken

_LOOSER = {"minLength": -1, "minItems": -1, "minProperties": -1, "maxLength": 1, "maxItems": 1, "maxProperties": 1}
_SCALAR_TEXT = r"^(-?[0-9]+(\.[0-9]+)?|true|false)$"


def relaxations(
    flat: Schema, path: tuple[str, ...], keyword: str, subject: str
) -> Iterator[tuple[str, str, SchemaEdit]]:
    """Yield the ways of not enforcing ``keyword`` at ``path``, as (variant, description, edit of a whole schema).

    Args:
        flat: the subschema at ``path``, without references.
        subject: the field at ``path``, for the description.
    """

    def relaxed(edit: SchemaEdit, at: tuple[str, ...] = path) -> SchemaEdit:
        return lambda whole: with_definitions(schema_edited_at(whole, at, whole, edit), whole)

    match keyword:
        case "required":
            yield "", f"{subject} may be left out", relaxed(lambda node: _not_required(node, path[-1]), path[:-1])
        case "empty-string":
            yield "", f"{subject} may be the empty string", relaxed(lambda node: _or(node, {"const": ""}))
        case "null":
            yield "", f"{subject} may be null", relaxed(lambda node: _or(node, {"type": "null"}))
        case "type":
            others = _others(flat)
            yield "", f"{subject} may be of any type", relaxed(lambda node: _or(node, *others))
            near, words = _coercible(flat)
            if near:
                yield "coerced", f"{subject} takes {words}", relaxed(lambda node: _or(node, near))
        case "discriminator":
            yield "", f"{subject} may be any text", relaxed(_any_name, path[:-1])
        case "forbidden":
            yield "", f"{subject} may be there", relaxed(lambda node: _allowed(node, path[-1]), path[:-1])
        case "minContains" | "contains":
            none = relaxed(lambda node: _without(node, "contains", "minContains", "maxContains"))
            yield "", f"{subject} need not contain what its {keyword} asks for", none
        case "schema":
            yield "", f"{subject} may be anything", relaxed(lambda node: _without(node, *(set(node) - {"$defs"})))
            if flat.keys() - {"type"} and "type" in flat:
                typed = relaxed(lambda node: {"type": flat["type"], **{k: node[k] for k in ("$defs",) if k in node}})
                yield "shallow", f"only the type of {subject} is looked at", typed
        case "items":
            yield "", f"{subject} takes more items", relaxed(lambda node: _without(node, "items", "unevaluatedItems"))
        case "additionalProperties":
            yield (
                "",
                f"{subject} takes any property",
                relaxed(lambda node: _without(node, "additionalProperties", "unevaluatedProperties")),
            )
        case "enum":
            yield "", f"{subject} may be any value of its type", relaxed(lambda node: _without(node, "enum"))
            more = _spellings(flat.get("enum") or [])
            if more:
                yield (
                    "case",
                    f"{subject} is compared without regard to case",
                    relaxed(lambda node: {**node, "enum": [*node["enum"], *more]} if "enum" in node else node),
                )
        case _:
            yield "", f"{subject} need not keep to its {keyword}", relaxed(lambda node: _without(node, keyword))
            limit, step = flat.get(keyword), _LOOSER.get(keyword)
            if isinstance(limit, int) and step and limit + step > 0:
                yield (
                    "off-by-one",
                    f"{subject} may be one beyond its {keyword}",
                    relaxed(lambda node: {**node, keyword: node[keyword] + step} if keyword in node else node),
                )


def _without(node: Schema, *keywords: str) -> Schema:
    return {key: value for key, value in node.items() if key not in keywords}


def _any_name(node: Schema) -> Schema:
    """Return alternatives that any name of a discriminator stands for."""
    return {
        key: [_untagged(part) for part in value] if key in ("oneOf", "anyOf") else value for key, value in node.items()
    }


def _untagged(part: Any) -> Any:
    tag = part.get(TAG) if isinstance(part, dict) else None
    if tag is None:
        return part
    return {**part, "properties": {**part.get("properties", {}), tag: True}}


def _allowed(node: Schema, name: str) -> Schema:
    """Return an object schema whose parts do not forbid a property, or the properties that match a pattern."""
    keyword, key = ("patternProperties", name.pattern) if isinstance(name, OpenToken) else ("properties", name)
    named = {keyword: {**node[keyword], key: True}} if key in (node.get(keyword) or {}) else {}
    parts = {"allOf": [_allowed(part, name) for part in node["allOf"]]} if "allOf" in node else {}
    return {**node, **named, **parts}


def _not_required(node: Schema, name: str) -> Schema:
    kept = [other for other in node.get("required") or [] if other != name]
    return {**node, "required": kept} if kept else _without(node, "required")


def _or(node: Schema, *alternatives: Schema) -> Schema:
    definitions = {"$defs": node["$defs"]} if "$defs" in node else {}
    return {"anyOf": [_without(node, "$defs"), *alternatives], **definitions}


def _declared(flat: Schema) -> set[str]:
    declared = flat.get("type", list(JSON_TYPES))
    return {declared} if isinstance(declared, str) else set(declared)


def _others(flat: Schema) -> list[Schema]:
    """Return schemas of all values of other types; null has variants of its own."""
    declared = _declared(flat)
    others: list[Any] = [{"type": name} for name in ("string", "boolean", "object", "array") if name not in declared]
    if "integer" in declared and "number" not in declared:
        others.append({"type": "number", "not": {"type": "integer"}})
    elif "number" not in declared:
        others.append({"type": "number"})
    return others


def _coercible(flat: Schema) -> tuple[Schema, str]:
    """Return the schema of the values that a lenient framework converts to the right type, and their description."""
    declared = _declared(flat)
    if "string" in declared and not declared & {"number", "boolean"}:
        return {"type": ["number", "boolean"]}, "numbers and booleans for strings"
    if declared & {"integer", "number", "boolean"} and "string" not in declared:
        return {"type": "string", "pattern": _SCALAR_TEXT}, "strings that look right"
    return {}, ""


def _spellings(members: list[Any]) -> list[str]:
    texts = [member for member in members if isinstance(member, str)]
    near = {spelling for text in texts for spelling in (text.upper(), text.lower(), text.title(), text.swapcase())}
    return sorted(near - set(texts))
