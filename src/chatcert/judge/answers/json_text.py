"""Read a body as one JSON text, strictly and without unbounded work."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

MAX_DEPTH = 350
"""Levels of nesting that are read (RFC 8259 section 9 permits a limit): more than any request of ours has."""

MAX_DIGITS = 4000
"""Digits of a whole number that are read; of more than 4,300, Python refuses to make a number."""


class NotJson(ValueError):
    """A body is not a single well-formed JSON text; the message says why."""


def read_json(body: bytes) -> Any:
    """Return the value of one JSON text in UTF-8 without byte order mark (RFC 8259 sections 2 and 8.1).

    Raises:
        NotJson: the body is not such a text.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        raise NotJson("a byte order mark stands before the JSON text")
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_reject_constant, parse_int=_integer)
    except UnicodeDecodeError as error:
        raise NotJson(f"byte {error.start} is no UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at character {error.pos}") from None
    except RecursionError:
        raise NotJson(f"nested more than {MAX_DEPTH} levels deep") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise NotJson(f"nested more than {MAX_DEPTH} levels deep")
    return value


def repeated_name(body: bytes) -> str | None:
    """Return a member name that an object of a JSON text has twice, if any (RFC 8259 section 4 advises against it)."""
    repeated: list[str] = []

    def note_repetitions(pairs: list[tuple[str, Any]]) -> None:
        if len(pairs) > len(dict(pairs)):
            repeated.extend(name for name, count in Counter(name for name, _ in pairs).items() if count > 1)

    json.loads(body.decode("utf-8"), object_pairs_hook=note_repetitions, parse_int=_integer)
    return repeated[0] if repeated else None


def _integer(text: str) -> int:
    """Return a whole number; of a very long one, that of its first digits: JSON does not limit them (RFC 8259, 6)."""
    return int(text[:MAX_DIGITS])


def _reject_constant(name: str) -> Any:
    raise NotJson(f"{name} is no JSON value")


def _is_deeper(value: Any, levels: int) -> bool:
    """Return whether a value is nested more than ``levels`` deep, without recursion."""
    level = [value]
    for _ in range(levels):
        members = [
            member
            for each in level
            if isinstance(each, dict | list)
            for member in (each.values() if isinstance(each, dict) else each)
        ]
        if not members:
            return False
        level = members
    return any(isinstance(each, dict | list) for each in level)
