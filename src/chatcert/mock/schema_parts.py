"""Reading schemas for the mock: parts laid together, illustrations set aside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.fields import flattened
from chatcert.openapi.schema_merge import merge_schemas

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
    """A copy in which schemas marked ``x-chatcert-illustrative`` say nothing about what is below them."""
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
    """Where a schema refers to; empty where it does not."""
    reference = schema.get("$ref") if isinstance(schema, Mapping) else None
    return reference if isinstance(reference, str) else ""


def types_of(schema: Schema) -> tuple[str, ...]:
    """The types that ``type`` names, ``null`` last; what the other keywords suggest where there is no ``type``."""
    declared = schema.get("type")
    if isinstance(declared, str):
        return (declared,)
    if isinstance(declared, list):
        return tuple(sorted(declared, key=lambda name: name == "null"))
    if "properties" in schema or "required" in schema or "additionalProperties" in schema:
        return ("object",)
    return ("array",) if "items" in schema else ()


def branches_of(schema: Schema, root: Schema) -> list[Schema]:
    """The alternatives of ``oneOf`` or ``anyOf``, each with what stands beside them; none where there are none."""
    for keyword in ("oneOf", "anyOf"):
        parts = schema.get(keyword)
        if isinstance(parts, list) and parts:
            beside = {key: value for key, value in schema.items() if key != keyword}
            return [merge_schemas([beside, flattened(part, root)]) for part in parts]
    return []


def examples_of(schema: Schema) -> list[Any]:
    """The values that a schema itself shows, the most telling first."""
    found = [schema["example"]] if "example" in schema else []
    if isinstance(schema.get("examples"), list):
        found += schema["examples"]
    return found
