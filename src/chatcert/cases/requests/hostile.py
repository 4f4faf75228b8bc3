"""Hostile but well-framed input, as every public endpoint receives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from chatcert.cases.requests.encoding import json_bytes
from chatcert.openapi.schemas.pointer import lookup, replaced

DEPTH = 300
"""Levels of nesting that parsers read and some serialisers refuse (pydantic: more than 255)."""
_NESTED = "chatcert_nested"

BEYOND_DOUBLES = ("an integer of 400 digits", 10**399)
"""A number that is infinite as a double; infinity has no JSON text, so that a chat with it may not be read again."""
GREAT_DOUBLE = ("an integer of 309 digits", 10**308)
"""A number close to the greatest double (RFC 8259 section 6)."""

VALUES: tuple[tuple[str, Any], ...] = (
    ("signs of every language at once", "'; DROP--\"` {{7*7}}${7*7} <b>&amp; ../%2e %s%n{0}{} \\"),
    ("the empty string", ""),
    ("100,000 letters", "a" * 100_000),
    ("U+0000", "a\x00b"),
    ("an escaped lone surrogate", "\ud800"),
    BEYOND_DOUBLES,
    (f"{DEPTH} levels of nesting", None),
    ("emoji with joiners", "👩\u200d👩\u200d👧\u200d👦" * 40),
    ("500 combining marks on one letter", "e" + "\u0301" * 500),
    ("right-to-left text with overrides", "\u202eשלום\u202c مرحبا"),
    ("quotes and SQL", "'; DROP TABLE chats; --\"`"),
    ("a template expression", "{{7*7}}${7*7}<%= 7*7 %>#{7*7}"),
    ("markup", "<script>alert(1)</script>&amp;<!--"),
    ("a path", "../../../../etc/passwd"),
    ("format specifiers", "%s%n%x{0}{}%00"),
    ("line breaks", "a\r\nSet-Cookie: a=b\r\n\r\n"),
    ("control characters", "".join(map(chr, range(1, 32)))),
    ("non-characters", "\ufffe\uffff\U0010ffff"),
    ("a negative zero", -0.0),
    ("an object with odd keys", {"__proto__": {"admin": True}, "constructor": 1, "": "", "$where": "1", "a.b": 1}),
    ("an empty array", []),
    ("an empty object", {}),
    ("2,000 keys", {f"key_{number}": number for number in range(2000)}),
)

KEYS = ("__proto__", "constructor", "toString", "$where", "$ne", "a.b", "")
"""Names of members that mean something to a language or a database."""

PATH_VALUES: tuple[tuple[str, str], ...] = (
    ("quotes and SQL", "' OR '1'='1"),
    ("U+0000", "a\x00b"),
    ("a path", "../../etc/passwd"),
    ("4,000 letters", "a" * 4000),
    ("emoji", "😀"),
    ("markup", "<script>alert(1)</script>"),
    ("format specifiers", "%s%n{0}"),
    ("a template expression", "{{7*7}}"),
)


DEBUGGING = ("debug", "verbose", "trace", "pretty")
"""Query parameters that switch on what only developers are meant to see."""


def nested(depth: int) -> Any:
    """Return an array in an array, ``depth`` levels deep."""
    value: Any = []
    for _ in range(depth):
        value = [value]
    return value


def with_nesting(body: Any, path: tuple[str, ...], levels: int) -> bytes:
    """Return a JSON text of a body that has one more member, in which arrays are nested ``levels`` deep.

    An array gets them as one more item. A body of another type gives way to them.

    Args:
        path: the object that gets the member.
    """
    nest = b"[" * levels + b"]" * levels
    if not path and not isinstance(body, dict):
        items = json_bytes(body)[1:-1] if isinstance(body, list) else b""
        return b"[%s,%s]" % (items, nest) if items else nest
    place = lookup(body, path)
    name = f"{_NESTED}_{levels}"
    marked = replaced(body, path, {**place, name: _NESTED}) if path else {**body, name: _NESTED}
    quoted = f'"{name}":"{_NESTED}"'.encode()
    return json_bytes(marked).replace(quoted, b'"%s":%s' % (name.encode(), nest))


def payloads(body: Any, number: tuple[str, bytes]) -> Iterator[tuple[str, bytes, str | None]]:
    """Yield hostile payloads made from a valid body, as (label, bytes, Content-Type or ``None``).

    Args:
        number: a body with a very large number, and its label.
    """
    valid = json_bytes(body)
    json_type = "application/json"
    separator = b"," if len(valid) > 2 else b""
    yield "invalid UTF-8", valid[:-1] + b',"x":"\xff\xfe\xc3"}', json_type
    yield "no Content-Type", valid, None
    yield "duplicate keys", valid[:-1] + b"," + valid[1:] if len(valid) > 2 else b'{"a":1,"a":2}', json_type
    yield "a byte order mark", b"\xef\xbb\xbf" + valid, json_type
    yield "UTF-16", json.dumps(body).encode("utf-16"), json_type
    yield "a body of 2 MB", valid[:-1] + separator + b'"x":"' + b"a" * 2_000_000 + b'"}', json_type
    yield "10,000 keys", valid[:-1] + separator + _many_keys() if isinstance(body, dict) else _many_numbers(), json_type
    yield "a lone brace", b"{", json_type
    yield "a NUL byte", b"\x00", json_type
    yield "a Content-Type that is none", valid, ";;;"
    yield *number, json_type
    yield "infinity", valid[:-1] + separator + b'"x":Infinity}', json_type


def with_number(body: Any, number: str) -> bytes:
    """Return a JSON text of a body that has one more member, ``y``: a number as it is written."""
    separator = b"," if body else b""
    return b'%s%s"y":%s}' % (json_bytes(body)[:-1], separator, number.encode())


@cache
def _many_keys() -> bytes:
    """Return 10,000 members and the closing brace of their object."""
    return b",".join(b'"key_%d":%d' % (number, number) for number in range(10_000)) + b"}"


@cache
def _many_numbers() -> bytes:
    return json_bytes(list(range(10_000)))


HEADERS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("Accept: text/html", (("Accept", "text/html"),)),
    ("a header of 6,000 bytes", (("X-Padding", "a" * 6000),)),
    ("forwarding headers", (("X-Forwarded-For", "127.0.0.1"), ("X-Original-URL", "/admin"))),
    ("an unknown Content-Encoding", (("Content-Encoding", "snappy"),)),
    (
        "a malformed If-Match and Range, and an unusual charset",
        (("If-Match", '"'), ("Range", "bytes=-"), ("Content-Type", "application/json; charset=utf-7")),
    ),
    ("non-ASCII bytes", (("X-Name", "caf\u00e9"),)),
)
