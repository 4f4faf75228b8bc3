"""What a request said for certain: JSON that every server reads alike, and values that every server exchanges alike."""

from __future__ import annotations

import math
import re
from typing import Any, Final

from chatcert.judge.answers.json_text import NotJson, read_json, repeated_name
from chatcert.transport.exchange import Exchange

DROPPED_NAMES: Final = frozenset({"__proto__", "constructor", "prototype"})
"""Member names that careful servers drop or refuse, since they change the objects of JavaScript."""

_UNRELIABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff\U0010ffff]")
"""Control characters, lone surrogates and non-characters: databases and XML have no place for them (RFC 7493, 2.1)."""


def is_json(exchange: Exchange) -> bool:
    """Return whether the body of a request is JSON by its Content-Type, or has none."""
    types = _types(exchange)
    return not types or types[0].partition(";")[0].strip().endswith(("/json", "+json"))


def said_for_certain(exchange: Exchange) -> bool:
    """Return whether every server reads the same in the body of a request, or there is none.

    It is well-formed JSON in UTF-8 (RFC 8259 section 8.1) that has no name twice (section 4), and says that it is JSON
    by one Content-Type without another charset and without an encoding.
    """
    if not exchange.sent.body:
        return True
    types = _types(exchange)
    if (
        len(types) != 1
        or not is_json(exchange)
        or any(name.lower() == "content-encoding" for name, _ in exchange.sent.headers)
    ):
        return False
    charset = re.search(r"charset\s*=\s*\"?([^\s;\"]*)", types[0])
    if charset is not None and charset[1] not in ("utf-8", "utf8"):
        return False
    try:
        read_json(exchange.sent.body)
        return repeated_name(exchange.sent.body) is None
    except (NotJson, ValueError, RecursionError):
        return False


def _types(exchange: Exchange) -> list[str]:
    return [value.lower() for name, value in exchange.sent.headers if name.lower() == "content-type"]


def is_exchanged_alike(value: Any) -> bool:
    """Return whether every server that takes a value can give it back: its texts, names and numbers are portable."""
    match value:
        case str():
            return _UNRELIABLE.search(value) is None
        case bool() | None:
            return True
        case int() | float():
            return is_double(value)
        case dict():
            return DROPPED_NAMES.isdisjoint(value) and all(
                is_exchanged_alike(name) and is_exchanged_alike(member) for name, member in value.items()
            )
        case list():
            return all(map(is_exchanged_alike, value))
        case _:
            return False


def is_double(number: float) -> bool:
    """Return whether a number is within the range of IEEE 754 doubles (RFC 8259 section 6)."""
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False
