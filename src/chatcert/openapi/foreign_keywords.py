"""Find keywords of schemas that the OpenAPI version of a document does not have, and say how they are read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.openapi.contract import SpecDefect
from chatcert.openapi.document.operation_parts import OperationParts, SchemaNode
from chatcert.openapi.schemas.keywords import DROPPED
from chatcert.openapi.schemas.pointer import join

_LATER = (
    "const",
    "if",
    "patternProperties",
    "propertyNames",
    "prefixItems",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "unevaluatedProperties",
    "unevaluatedItems",
)
"""Keywords of JSON Schema 2020-12 that OpenAPI 3.0 and Swagger do not have (OpenAPI 3.0.3, Schema Object)."""
_EXCLUSIVE = ("exclusiveMinimum", "exclusiveMaximum")


def foreign_keywords(parts: OperationParts, place: SchemaNode) -> Iterator[SpecDefect]:
    """Yield the keywords of one schema that the version of the document does not have."""
    version = str(parts.document.get("openapi") or parts.document.get("swagger"))
    found = _modern(place.value) if parts.modern else _older(place.value)
    for keyword, form, reading in found:
        shown = f"`{keyword}`{form and f' is {form}'}"
        yield SpecDefect(
            join(place.pointer, keyword), f"{shown}, which OpenAPI {version} does not have; it is {reading}."
        )


def _older(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield keyword, form and reading of what only later versions than OpenAPI 3.0 have."""
    reading = "read as OpenAPI 3.1 means it"
    if isinstance(schema.get("type"), list):
        yield "type", "a list", reading
    if schema.get("type") == "null":
        yield "type", "null", reading
    for keyword in _EXCLUSIVE:
        if isinstance(schema.get(keyword), int | float) and not isinstance(schema[keyword], bool):
            yield keyword, "a number", reading
    for keyword in _LATER:
        if keyword in schema:
            yield keyword, "a keyword", reading
    for keyword in DROPPED:
        if keyword in schema:
            yield keyword, "a keyword", "not checked"


def _modern(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield keyword, form and reading of what only earlier versions than OpenAPI 3.1 have."""
    if schema.get("nullable") is True:
        yield "nullable", "true", "tested neither with null nor for its refusal"
    if schema.get("type") == "file":
        yield "type", "file", "read as a string"
    for keyword in _EXCLUSIVE:
        if isinstance(schema.get(keyword), bool):
            yield keyword, "a boolean", "read as OpenAPI 3.0 means it"
    if isinstance(schema.get("items"), list):
        yield "items", "a list", "read as `prefixItems`"
    for keyword in DROPPED:
        if keyword in schema:
            yield keyword, "a keyword", "not checked"
