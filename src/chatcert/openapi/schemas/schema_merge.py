"""Merge schemas that all apply to one value (``allOf``, ``$ref`` with siblings) into one schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.schemas.keywords import LOWER_LIMITS, UPPER_LIMITS

_UNMERGEABLE = (
    "additionalProperties",
    "unevaluatedProperties",
    "unevaluatedItems",
    "patternProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "contains",
    "not",
    "oneOf",
    "anyOf",
    "const",
    "pattern",
    "format",
    "multipleOf",
    "if",
    "then",
    "else",
    "dependentRequired",
    "dependentSchemas",
    "uniqueItems",
    "$ref",
)
"""Keywords whose values cannot be merged if they differ."""


def merge_schemas(schemas: Iterable[Schema]) -> Schema:
    """Return one schema that allows what all ``schemas`` allow; annotations are those of the first that has them.

    The narrower limits win; properties and required lists are united. What cannot be merged stays under ``allOf``,
    so that no rule is lost.
    """
    merged: Schema = {}
    kept: list[Any] = []
    for schema in schemas:
        left = _merge_into(merged, schema)
        if left:
            kept.append(left)
    if kept:
        merged["allOf"] = [*merged.get("allOf", []), *kept]
    return merged


def join_overlapping(schema: Schema) -> None:
    """Add to each property, in place, what the patterns say that its name matches: both apply to it."""
    patterns = [(compiled(name), part) for name, part in schema.get("patternProperties", {}).items()]
    for name, own in schema.get("properties", {}).items() if patterns else ():
        more = [part for pattern, part in patterns if pattern is not None and pattern.search(name) and part != own]
        if more and own is not False:
            schema["properties"] = {**schema["properties"], name: {"allOf": [own, *more]}}


def _merge_into(merged: Schema, schema: Schema) -> Schema:
    """Merge ``schema`` into ``merged`` in place; return the part that cannot be merged."""
    left: Schema = {**_rule_for_other_properties(merged, schema), **_rule_for_other_properties(schema, merged)}
    for key, value in schema.items():
        if key == "allOf":
            merged["allOf"] = [*merged.get("allOf", []), *(part for part in value if part not in merged.get(key, []))]
        elif key not in merged:
            merged[key] = value
        elif merged[key] == value:
            continue
        elif key == "properties":
            merged[key] = {**value, **{n: _both(s, value[n]) if n in value else s for n, s in merged[key].items()}}
        elif key == "required":
            merged[key] = list(dict.fromkeys([*merged[key], *value]))
        elif key in UPPER_LIMITS:
            merged[key] = min(merged[key], value)
        elif key in LOWER_LIMITS:
            merged[key] = max(merged[key], value)
        elif key == "enum":
            merged[key] = [member for member in merged[key] if member in value]
        elif key == "type" and (common := _common_types(merged[key], value)):
            merged[key] = common
        elif key in _UNMERGEABLE or key == "type":
            left.setdefault(key, value)
    return left


def _rule_for_other_properties(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """Return the rule of a schema for properties that it does not name, if another schema names more of them.

    Such a rule depends on the properties beside it, so it cannot be merged.
    """
    named = one.get("properties") or {}
    if one.get("additionalProperties", True) is True or set(other.get("properties") or {}) <= set(named):
        return {}
    patterns = {"patternProperties": one["patternProperties"]} if "patternProperties" in one else {}
    return {"properties": dict.fromkeys(named, True), **patterns, "additionalProperties": one["additionalProperties"]}


def _both(one: Any, other: Any) -> Any:
    return one if one == other else {"allOf": [one, other]}


def _common_types(one: Any, other: Any) -> Any:
    """Return the types that both allow, as one name or a list; an empty list if there is none."""
    first, second = ([names] if isinstance(names, str) else list(names) for names in (one, other))
    common = [name for name in first if name in second or (name == "integer" and "number" in second)]
    common += [name for name in second if name == "integer" and "number" in first and name not in common]
    return common[0] if len(common) == 1 else common
