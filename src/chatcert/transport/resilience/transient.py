"""Transient failures: answers and transport errors that may be gone when the same request is sent again."""

from __future__ import annotations

from typing import Final

from chatcert.transport.exchange import Answer, ErrorKind, TransportError

TRANSIENT_STATUSES: Final = (429, 502, 503, 504)
"""Statuses of an overloaded service or of a gateway in front of it (RFC 9110 section 15.6, RFC 6585 section 4)."""

TRANSIENT_ERRORS: Final = frozenset(
    {
        ErrorKind.REFUSED,
        ErrorKind.DNS,
        ErrorKind.TIMEOUT,
        ErrorKind.RESET,
        ErrorKind.INCOMPLETE,
        ErrorKind.PROTOCOL,
    }
)
"""Transport errors that may not occur again. The others are stable: an untrusted certificate, a body that cannot be
decoded, a request that our own client refuses to send."""


def is_transient(answer: Answer | None) -> bool:
    """Return whether an answer, or the transport error in its place, is a transient failure."""
    if isinstance(answer, TransportError):
        return answer.kind in TRANSIENT_ERRORS
    return answer is not None and answer.status in TRANSIENT_STATUSES


def is_late(answer: Answer | None) -> bool:
    """Return whether no answer came within the time limit."""
    return isinstance(answer, TransportError) and answer.kind is ErrorKind.TIMEOUT
