"""What shows whose data an answer holds: markers in the texts of requests, and names that only one request has."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from chatcert.judge.evidence import Evidence
from chatcert.openapi.values.request_markers import markers_in
from chatcert.transport.exchange import Exchange

MAX_SEARCHED = 256 * 1024
"""Bytes of an answer that are searched for marks."""
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")


@dataclass(frozen=True)
class RequestMarks:
    """The marks of all requests of a run, in small letters.

    Attributes:
        names: unknown names that requests held instead of a known one; no other request has them.
    """

    evidence: Evidence
    names: frozenset[str]
    _markers: Mapping[int, set[str]]
    _senders: dict[str, tuple[Exchange, ...]] = field(default_factory=dict)

    @property
    def were_sent(self) -> bool:
        """Whether any request had a mark."""
        return any(self._markers.values()) or any(self.senders_of(name) for name in self.names)

    def senders_of(self, mark: str) -> tuple[Exchange, ...]:
        """Return the exchanges that sent a mark: several, where the same request was sent again."""
        if mark not in self._senders:
            self._senders[mark] = tuple(e for e in self.evidence.exchanges if self._is_sent_by(e, mark))
        return self._senders[mark]

    def foreign(self, exchange: Exchange) -> Mapping[str, tuple[Exchange, ...]]:
        """Return the marks of other requests that an answer holds, each with the exchanges that sent it."""
        text = answer_text(exchange)
        held = markers_in(text) | {name for name in self.names if name in text}
        foreign = (mark for mark in sorted(held) if not self._is_sent_by(exchange, mark))
        return {mark: senders for mark in foreign if (senders := self.senders_of(mark))}

    def _is_sent_by(self, exchange: Exchange, mark: str) -> bool:
        return mark in self._markers[exchange.number] or (mark in self.names and mark in sent_text(exchange))


def request_marks(evidence: Evidence, names: frozenset[str]) -> RequestMarks:
    """Return the marks of the requests of a run.

    Args:
        names: unknown names that requests held instead of a known one.
    """
    markers = {exchange.number: markers_in(sent_text(exchange)) for exchange in evidence.exchanges}
    return RequestMarks(evidence, names, markers)


def sent_text(exchange: Exchange) -> str:
    """Return the address and the body of a request in small letters, escapes in JSON read as well.

    A body in UTF-16 or UTF-32, which some servers read as JSON, is text too.
    """
    body = exchange.sent.body or b""
    text = body.decode(json.detect_encoding(body), "replace")
    plain = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else ""
    return f"{exchange.sent.url} {text} {plain}".lower()


def answer_text(exchange: Exchange) -> str:
    """Return the body of an answer and the values of its headers in small letters; empty where none came."""
    if exchange.received is None:
        return ""
    body = exchange.received.body[:MAX_SEARCHED].decode("utf-8", "replace")
    return f"{body} {' '.join(value for _, value in exchange.received.headers)}".lower()
