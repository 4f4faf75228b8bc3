"""Request values that a careless echo changes: they show whether a fault of an echo can have an effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from chatcert.mock.examples import instance
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Body, Schema
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING

_LONG: Final = 200
"""Characters of a long text."""

_TEXTS: Final = (
    "  a ",
    "é😀",
    "e\u0301",
    "\ufb01",
    "\u201ca\u201d",
    "a\u200bb",
    "a  b",
    "a\tb",
    "a\r\nb",
    "a & b",
    "a &amp; b",
    "100%25",
    "a\\b",
    "<b>a</b>",
    "2024-02-29",
    "007",
)
_MEMBERS: Final[tuple[Any, ...]] = (
    "a text of more than 64 characters, " * 4,
    "  blanks ",
    *_TEXTS,
    None,
    1,
    1.5,
    0.1 + 0.2,
    2**40,
    "",
    ["b", "a", "a"],
    list(range(120)),
    {"A": 1, "a.b": 1, "": 1},
    {f"key {number}": 1 for number in range(120)},
    {"a": {"b": {"c": {"d": {"e": {"f": {"g": {"h": {"i": {}}}}}}}}}},
    {"a": {"b": {"c": {"d": None}}}},
)


def echoable(body: Body | None, path: tuple[str, ...]) -> tuple[Any, ...]:
    """Return valid values of the field of a request body at a path, some of which are easily changed.

    Args:
        path: empty for the whole body.
    """
    if body is None:
        return ()
    schema: Schema | None = body.schema if not path else None
    schema = next((field.schema for field in walk(body.schema, "") if field.path == path), schema)
    if schema is None:
        return ()
    base = instance(schema, body.schema)
    fits = predicate(schema, body.schema)
    return tuple(value for value in _changed(base, schema) if fits(value)) if base is not MISSING else ()


def _changed(base: Any, schema: Schema) -> Iterator[Any]:
    yield base
    match base:
        case str():
            limit = schema.get("maxLength")
            longest = min(int(limit), _LONG) if isinstance(limit, int | float) else _LONG
            yield from (base.ljust(longest, last) for last in ("a", base[-1:] or "b"))
            yield from (text[:longest] for text in (f"  {base} ", f"{base} ", f"{base}é😀", f"é😀{base}"))
            yield from _TEXTS
        case dict():
            yield from ({**base, "sample": member} for member in _MEMBERS)
            yield from ({**base, name: member} for name in base for member in _MEMBERS)
        case list():
            yield from ([*base, member] for member in _MEMBERS)
            yield from ([member] for member in _MEMBERS)
