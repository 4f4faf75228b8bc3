"""Read schemas for the mock: combine their parts, and leave illustrations out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.schema_merge import merge_schemas

ILLUSTRATIVE = "x-chatcert-illustrative"

_ONE = (
    "additionalProperties",
    "items",
    "not",
    "propertyNames",
    "contains",
    "if",
    "then",
    "else",
    "unevaluatedProperties",
    "unevaluatedItems",
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "$defs")
_BELOW = (
    "properties",
    "patternProperties",
    "additionalProperties",
    "unevaluatedProperties",
    "propertyNames",
    "items",
    "prefixItems",
    "unevaluatedItems",
    "contains",
    "dependentSchemas",
)


def without_illustrations(schema: Any) -> Any:
    """Return a copy in which schemas marked ``x-chatcert-illustrative`` have no subschemas."""
    if not isinstance(schema, Mapping):
        return schema
    kept = {key: value for key, value in schema.items() if not (key in _BELOW and schema.get(ILLUSTRATIVE) is True)}
    for key in _ONE:
        if key in kept:
            kept[key] = without_illustrations(kept[key])
    for key in _LISTS:
        if isinstance(kept.get(key), list):
            kept[key] = [without_illustrations(part) for part in kept[key]]
    for key in _MAPS:
        if isinstance(kept.get(key), Mapping):
            kept[key] = {name: without_illustrations(part) for name, part in kept[key].items()}
    return kept


def reference_of(schema: Any) -> str:
    """Return the reference of a schema; empty where it has none."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return reference if isinstance(reference, str) else ""


def types_of(schema: Schema) -> tuple[str, ...]:
    """Return the types of a schema, ``null`` last; without ``type``, the one that other keywords suggest."""
    declared = schema.get("type")
    if isinstance(declared, str):
        return (declared,)
    if isinstance(declared, list):
        return tuple(sorted(declared, key=lambda name: name == "null"))
    if "properties" in schema or "required" in schema or "additionalProperties" in schema:
        return ("object",)
    return ("array",) if "items" in schema else ()


def branches_of(schema: Schema, root: Schema) -> list[Schema]:
    """Return the alternatives of ``oneOf`` or ``anyOf``, each combined with the keywords beside them."""
    for keyword in ("oneOf", "anyOf"):
        parts = schema.get(keyword)
        if isinstance(parts, list) and parts:
            beside = {key: value for key, value in schema.items() if key != keyword}
            return [merge_schemas([beside, flattened(part, root)]) for part in parts]
    return []


def examples_of(schema: Schema) -> list[Any]:
    """Return the examples of a schema, ``example`` before ``examples``."""
    found = [schema["example"]] if "example" in schema else []
    if isinstance(schema.get("examples"), list):
        found += schema["examples"]
    return found
