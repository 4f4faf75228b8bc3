"""Headers that every request has, unless it gives another value or leaves one out."""

from __future__ import annotations

from typing import Final

from chatcert.transport.redaction.decompression import ACCEPTED

USUAL_HEADERS: Final = (
    ("Accept", "application/json"),
    ("Accept-Encoding", ACCEPTED),
    ("Connection", "keep-alive"),
    ("User-Agent", "chatcert"),
)
_NAMES: Final = frozenset(name.lower() for name, _ in USUAL_HEADERS)


def is_left_out(name: str, value: str) -> bool:
    """Return whether a request is sent without this header: as with curl, an empty value takes a usual header away."""
    return not value and name.lower() in _NAMES
