"""Recognise requests of a size that no reasonable client sends."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

from chatcert.transport.exchange import Exchange

DEEP: Final = 100
"""Levels of nesting up to which any server of JSON is expected to read on (RFC 8259 section 9 permits a limit)."""
LARGE: Final = 1_000_000
"""Bytes of a body from which a server may give up."""

_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)


def is_absurd(exchange: Exchange) -> bool:
    """Return whether the body that was sent is larger or nested more deeply than a reasonable client's."""
    return len(exchange.sent.body or b"") > LARGE or is_nested_absurdly(exchange)


def is_nested_absurdly(exchange: Exchange) -> bool:
    """Return whether the body that was sent is nested more deeply than a reasonable client's."""
    return is_deeper(exchange.sent.body or b"", DEEP)


def is_deeper(body: bytes, levels: int) -> bool:
    """Return whether a JSON text, which may be malformed, is nested more than ``levels`` deep."""
    return body.count(b"[") + body.count(b"{") > levels and _is_deeper(body, levels)


@lru_cache(maxsize=32)
def _is_deeper(body: bytes, levels: int) -> bool:
    """Count the levels; the answer is kept, since the rules on successes ask for it again and again."""
    depth = 0
    for piece in _MARK.finditer(body):
        mark = piece[0]
        depth += (mark in (b"[", b"{")) - (mark in (b"]", b"}"))
        if depth > levels:
            return True
    return False
