"""Read discriminators: the names that they give to schemas, and the schemas that inherit from the one that has it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import unquote

from chatcert.openapi.schemas.pointer import MISSING, join, lookup, tokens_of

DISCRIMINATOR = "x-chatcert-discriminator"
"""Keyword of an answer's schema with alternatives that a discriminator tells apart: the Discriminator Object."""

TAG = "x-chatcert-tag"
"""Keyword of an alternative of a request: the property whose value says that the alternative is meant.

The schema of that property has the keyword too, with the names that it may have.
"""

_COMPONENT: Final = re.compile(r"(?!.*\.(json|ya?ml)\Z)[A-Za-z0-9._-]+", re.IGNORECASE)
"""A name of a component (OpenAPI 3.1, Components Object) that does not look like one of a file."""


def mapping_of(rule: Any) -> Mapping[str, Any]:
    """Return the names that a discriminator gives to schemas; none in Swagger 2.0, whose discriminator is a text."""
    mapping = rule.get("mapping") if isinstance(rule, Mapping) else None
    return mapping if isinstance(mapping, Mapping) else {}


def names_of(reference: str, mapping: Mapping[str, Any]) -> list[str]:
    """Return the names that a discriminator gives a component: those of its mapping, else the component's own."""
    stem = tokens_of(unquote(reference.removeprefix("#")))[-1]
    return [name for name, target in mapping.items() if target in (reference, stem)] or [stem]


def mapped_to_nothing(document: Mapping[str, Any], rule: Any) -> Iterator[tuple[str, str]]:
    """Yield what a discriminator maps to a schema of the document that does not exist, as (name, target).

    Of targets outside the document and of anchors nothing is known here.
    """
    for name, target in mapping_of(rule).items():
        text = target if isinstance(target, str) else "#"
        is_component = _COMPONENT.fullmatch(text) is not None
        pointer = f"/components/schemas/{text}" if is_component else unquote(text.removeprefix("#"))
        is_known = is_component or text.startswith("#/")
        if is_known and lookup(document, tokens_of(pointer)) is MISSING:
            yield str(name), text


def children_of_components(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the places of the components that have a schema in their ``allOf``, by the pointer of that schema."""
    holder = "/components/schemas" if "openapi" in document else "/definitions"
    schemas = lookup(document, tokens_of(holder))
    found: dict[str, list[str]] = {}
    for name, schema in schemas.items() if isinstance(schemas, Mapping) else ():
        parts = schema.get("allOf") if isinstance(schema, Mapping) else None
        for part in parts if isinstance(parts, list) else ():
            reference = part.get("$ref") if isinstance(part, Mapping) else None
            if isinstance(reference, str):
                found.setdefault(unquote(reference.removeprefix("#")), []).append(join(holder, name))
    return found
