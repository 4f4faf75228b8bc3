"""Several schemas that hold at once (``allOf``, ``$ref`` with siblings), laid together into one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.keywords import LOWER_LIMITS, UPPER_LIMITS

_ALONE = (
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
"""Keywords of which two different values cannot be told as one."""


def laid_together(schemas: Iterable[Schema]) -> Schema:
    """One schema that says what all of them say, the first one's annotations first.

    Limits become the narrower ones, properties and required lists are united. What cannot be said in one schema stays
    under ``allOf``, so that nothing is lost.
    """
    merged: Schema = {}
    kept: list[Any] = []
    for schema in schemas:
        left = _take_in(merged, schema)
        if left:
            kept.append(left)
    if kept:
        merged["allOf"] = [*merged.get("allOf", []), *kept]
    return merged


def _take_in(merged: Schema, schema: Schema) -> Schema:
    """Put into ``merged`` what can be put there; the rest is returned."""
    left: Schema = {**_own_rule(merged, schema), **_own_rule(schema, merged)}
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
        elif key in _ALONE or key == "type":
            left.setdefault(key, value)
    return left


def _own_rule(one: Mapping[str, Any], other: Mapping[str, Any]) -> Schema:
    """What a schema says of all properties but its own, where another one names more: it has to stay as it is."""
    named = one.get("properties") or {}
    if one.get("additionalProperties", True) is True or set(other.get("properties") or {}) <= set(named):
        return {}
    patterns = {"patternProperties": one["patternProperties"]} if "patternProperties" in one else {}
    return {"properties": dict.fromkeys(named, True), **patterns, "additionalProperties": one["additionalProperties"]}


def _both(one: Any, other: Any) -> Any:
    return one if one == other else {"allOf": [one, other]}


def _common_types(one: Any, other: Any) -> Any:
    """The types that both allow, as one name or a list; nothing where there is none."""
    first, second = ([names] if isinstance(names, str) else list(names) for names in (one, other))
    common = [name for name in first if name in second or (name == "integer" and "number" in second)]
    common += [name for name in second if name == "integer" and "number" in first and name not in common]
    return common[0] if len(common) == 1 else common
