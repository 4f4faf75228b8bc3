"""Correlation ids: a name for each request, so that the logs and traces of a server show it again.

The id follows from the name of the run and the number of the request in it; it is new in every attempt.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable
from typing import Final

from chatcert.exceptions import UsageError
from chatcert.transport.user_headers import NAME

TRACEPARENT: Final = "traceparent"
DEFAULT: Final = ("X-Request-ID", TRACEPARENT)
NOTHING: Final = "none"
_SPACE: Final = uuid.UUID("6d0f5a52-6f5b-5d64-8d3a-0c7d3a6a4f11")


def header_names(text: str, where: str = "--correlation") -> tuple[str, ...]:
    """Return the names of the headers that carry the id, from a list with commas; none for ``none``.

    Raises:
        UsageError: one cannot be the name of a header.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    if tuple(name.lower() for name in names) == (NOTHING,):
        return ()
    wrong = [name for name in names if not NAME.fullmatch(name)]
    if wrong or not names:
        raise UsageError(
            f"{(wrong or [text])[0]!r} is no name of a header",
            where=where,
            hint=f"give {','.join(DEFAULT)}, or {NOTHING}",
        )
    return names


def request_id(run: str, process: str, number: int) -> str:
    """Return the id of a request, a UUID of version 5 (RFC 9562).

    Args:
        run: the name of the run.
        process: the vendor, and the process that sends it where there are several.
        number: its number in that process.
    """
    return str(uuid.uuid5(_SPACE, f"{run}/{process}/{number}"))


def headers_of(names: Iterable[str], identifier: str) -> list[tuple[str, str]]:
    """Return the headers that carry an id: as it is; in ``traceparent`` as a trace of its own (W3C Trace Context)."""
    return [(name, _trace(identifier) if name.lower() == TRACEPARENT else identifier) for name in names]


def _trace(identifier: str) -> str:
    parent = hashlib.sha256(identifier.encode()).hexdigest()[:16]
    return f"00-{identifier.replace('-', '')}-{parent}-01"
