"""Violate one keyword of a schema, for answers that are wrong in one place."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.mock.deviation.json_edits import Change
from chatcert.mock.examples import timestamp
from chatcert.openapi.contract import Schema

_OTHER_TYPES: dict[str, Any] = {
    "string": 12345,
    "integer": "12345",
    "number": "1.5",
    "boolean": "false",
    "object": ["value"],
    "array": {"0": "value"},
    "null": "null",
}


def violations(schema: Schema, keyword: str) -> Iterator[tuple[str, str, Change]]:
    """Yield ways of breaking ``keyword``, as (variant, description, change of a valid value), to be confirmed."""
    limit = schema.get(keyword)
    match keyword:
        case "type":
            kinds = [limit] if isinstance(limit, str) else list(limit or [])
            yield "", "of another type", _always(_OTHER_TYPES.get(kinds[0] if kinds else "string", []))
            if "null" not in kinds:
                yield "null", "null", _always(None)
        case "enum" | "const":
            yield "", "no member", _always("undocumented_member")
            yield "case", "a member in another case", _swapped
        case "format":
            yield "", f"no {limit}", _always(f"no {limit} at all")
            if limit == "date-time":
                yield "no-zone", "a time without its zone", lambda value: timestamp().removesuffix("Z")
        case "pattern":
            yield "", "off its pattern", _always("\u2603")
        case "minLength":
            yield "", "too short", lambda value: value[: int(limit or 0) - 1] if isinstance(value, str) else value
        case "maxLength":
            yield "", "too long", lambda value: str(value) + "x" * int(limit or 0)
        case "minimum" | "exclusiveMinimum":
            yield "", "too small", lambda value: (limit or 0) - 1
        case "maximum" | "exclusiveMaximum":
            yield "", "too large", lambda value: (limit or 0) + 1
        case "multipleOf":
            yield "", "no multiple", lambda value: (limit or 0) * 1.5
        case "minItems" | "minProperties":
            yield "", "too few", lambda value: type(value)()
        case "maxItems":
            yield "", "too many", lambda value: [*value, *([value[0] if value else "item"] * (int(limit or 0) + 1))]
        case "maxProperties":
            yield "", "too many", lambda value: {**value, **{f"key{n}": n for n in range(int(limit or 0) + 1)}}
        case "uniqueItems":
            yield "", "with the same item twice", lambda value: [*value, *value] if value else ["item", "item"]
        case "additionalProperties":
            yield "", "with an undocumented member", lambda value: {**value, "undocumented": "value"}
        case _:
            for other in (None, 12345, "undocumented", ["value"], {"undocumented": True}):
                yield "" if other is None else type(other).__name__, "no documented alternative", _always(other)


def _always(value: Any) -> Change:
    return lambda _: value


def _swapped(value: Any) -> Any:
    return value.swapcase() if isinstance(value, str) else value
