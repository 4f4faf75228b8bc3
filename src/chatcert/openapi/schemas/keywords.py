"""The keywords of JSON Schema 2020-12 by what their values are: the one table that all readers of schemas use."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

JSON_TYPES: Final = ("string", "integer", "number", "boolean", "object", "array", "null")

COMPOSITIONS: Final = ("allOf", "anyOf", "oneOf")
"""Keywords that combine whole schemas."""

WITH_SCHEMA: Final = (
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
    "additionalItems",
)
"""Keywords whose value is a schema; that of ``items`` was a list of them before JSON Schema 2020-12."""

DROPPED: Final = ("dependencies", "additionalItems")
"""Keywords of earlier drafts that JSON Schema 2020-12 no longer has: validators differ in whether they check them."""

WITH_SCHEMA_LIST: Final = (*COMPOSITIONS, "prefixItems")
"""Keywords whose value is a list of schemas."""

WITH_NAMED_SCHEMAS: Final = ("properties", "patternProperties", "dependentSchemas", "$defs")
"""Keywords whose value holds schemas by name."""

CONDITIONAL: Final = (*COMPOSITIONS, "not", "if", "then", "else", "dependentSchemas")
"""Keywords whose schemas apply together with others, or only sometimes."""

UPPER_LIMITS: Final = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains")
LOWER_LIMITS: Final = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains")

COUNTS: Final = (
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minContains",
    "maxContains",
)
"""Limits that are whole numbers of characters, items or properties."""

MOST_SENT: Final[Mapping[str, tuple[int, int]]] = {
    "maxLength": (1_000_000, 2_000_000),
    "maxItems": (1000, 10_000),
    "maxProperties": (1000, 10_000),
}
"""The largest upper limits that are tested in requests: by values on the limit, and by values beyond it."""


def is_sent(keyword: str, limit: Any, *, beyond: bool) -> bool:
    """Return whether a limit is tested in requests; all limits are but upper ones for which values would be huge.

    Args:
        beyond: whether it is tested by values beyond it.
    """
    return keyword not in MOST_SENT or not isinstance(limit, int | float) or limit <= MOST_SENT[keyword][beyond]


RANGES: Final = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "maximum"),
)
"""Lower and upper limits that bound the same quantity."""

ANNOTATIONS: Final[Mapping[str, type]] = {
    **dict.fromkeys(("title", "description", "$comment", "contentMediaType", "contentEncoding"), str),
    "deprecated": bool,
    "examples": list,
    "contentSchema": Mapping,
}
"""Keywords that restrict no value, with the type that JSON Schema gives them."""

IDENTITY: Final = (
    "$id",
    "$schema",
    "$anchor",
    "$dynamicAnchor",
    "$dynamicRef",
    "$recursiveAnchor",
    "$recursiveRef",
    "$vocabulary",
    "definitions",
)
"""Keywords that move the base of references, or refer by name."""


def subschemas(schema: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str | int, ...], Any]]:
    """Yield the direct subschemas as (keyword, JSON Pointer tokens, subschema), in the order of the schema.

    Values that have the wrong JSON type for their keyword hold none, and neither has ``$defs``: its schemas apply
    where they are referred to.
    """
    for keyword, value in schema.items():
        if keyword in WITH_NAMED_SCHEMAS and keyword != "$defs" and isinstance(value, Mapping):
            yield from ((keyword, (keyword, name), inner) for name, inner in value.items())
        elif (keyword in WITH_SCHEMA_LIST or keyword == "items") and isinstance(value, list):
            yield from ((keyword, (keyword, index), inner) for index, inner in enumerate(value))
        elif keyword in WITH_SCHEMA and isinstance(value, Mapping):
            yield keyword, (keyword,), value


def map_subschemas(keyword: str, value: Any, change: Callable[[Any], Any]) -> Any:
    """Return a keyword's value with ``change`` applied to each schema in it; other values are returned as they are."""
    if keyword in WITH_NAMED_SCHEMAS and isinstance(value, Mapping):
        return {name: change(inner) for name, inner in value.items()}
    if (keyword in WITH_SCHEMA_LIST or keyword == "items") and isinstance(value, list):
        return [change(inner) for inner in value]
    return change(value) if keyword in WITH_SCHEMA else value
