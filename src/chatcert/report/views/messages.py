"""Requests and responses as text for a reader: JSON indented, binary in hexadecimal, long bodies truncated."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus

from chatcert.text import count, visible
from chatcert.transport.exchange import Exchange, Headers

MAX_PARSED = 1 << 20
MAX_INDENT = 24
_PIECE = re.compile(r'"(?:[^"\\]|\\.)*+\\?+(?:"|\Z)|[\[\]{},:]|[^\s"\[\]{},:]+', re.DOTALL)
"""A token of JSON. A string that is cut off is a token as well, so that the time is linear for every text."""


@dataclass(frozen=True, slots=True)
class Message:
    """The request or the response of an exchange, ready to be shown.

    Attributes:
        start: the request line or the status line; "No answer" if there is none.
        body: the body as text, truncated at the given limit.
        note: what the text does not show: that the body is empty, binary or truncated. May be empty.
    """

    start: str
    headers: Headers
    body: str
    note: str

    def text(self) -> str:
        """Return the whole message as plain text, with invisible characters escaped."""
        head = "\n".join([self.start, *(f"{name}: {value}" for name, value in self.headers)])
        note = f"[{self.note}]" if self.note else ""
        return visible("\n\n".join(part for part in (head, self.body, note) if part) + "\n")


def request_message(exchange: Exchange, limit: int, *, as_sent: bool = False) -> Message:
    """Return the request of an exchange, its body truncated at ``limit`` bytes; ``as_sent`` does not indent JSON."""
    sent = exchange.sent
    body, note = _shown(sent.body, limit, as_sent=as_sent) if sent.body is not None else ("", "no body")
    return Message(f"{sent.method} {sent.url}", sent.headers, body, note)


def response_message(exchange: Exchange, limit: int) -> Message:
    """Return the response of an exchange, its body truncated at ``limit`` bytes."""
    trouble = f"{exchange.error.kind}: {exchange.error.message}" if exchange.error else ""
    received = exchange.received
    if received is None:
        return Message("No answer", (), "", trouble or "nothing was recorded")
    body, note = _shown(received.body, limit)
    beyond = "longer than the recording limit" if received.truncated else ""
    start = f"{received.http_version} {received.status} {phrase(received.status)}".rstrip()
    return Message(start, received.headers, body, "; ".join(part for part in (note, beyond, trouble) if part))


def phrase(status: int) -> str:
    """Return the registered reason phrase of a status; empty for an unregistered one."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


def is_json(body: bytes | None) -> bool:
    """Return whether a body is a JSON object or array, which is shown indented."""
    return body is not None and _is_json(body.decode("utf-8", "replace"))


def _shown(body: bytes, limit: int, *, as_sent: bool = False) -> tuple[str, str]:
    """Return the text of a body, and a note on what the text does not show."""
    if not body:
        return "", "empty body"
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        first = f", the first {limit // 4:,} shown" if len(body) > limit // 4 else ""
        return body[: limit // 4].hex(" "), f"{count(len(body), 'byte')} that are no UTF-8 text, in hexadecimal{first}"
    cut = len(body) > limit
    if cut:
        head = body[:limit].decode("utf-8", "ignore")
        laid_out = _lay_out(head)[:limit] if not as_sent and _is_json(text) else head
        return laid_out, f"cut here: {len(body):,} bytes in all, whole in evidence.jsonl"
    laid_out = _lay_out(text) if not as_sent and _is_json(text) else text
    return (laid_out if len(laid_out) <= 4 * limit else text), ""


def _is_json(text: str) -> bool:
    if len(text) > MAX_PARSED or text.lstrip()[:1] not in ("{", "["):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _lay_out(text: str) -> str:
    """Indent JSON without changing any token: duplicate keys, escapes and numbers stay as they are."""
    pieces = _PIECE.findall(text)
    lines: list[str] = []
    depth = 0
    for position, piece in enumerate(pieces):
        following = pieces[position + 1] if position + 1 < len(pieces) else ""
        if piece in "[{":
            depth += 1
            lines.append(piece if following in ("]", "}") else piece + _break(depth))
        elif piece in "]}":
            depth -= 1
            empty = position > 0 and pieces[position - 1] in ("[", "{")
            lines.append(piece if empty else _break(depth) + piece)
        else:
            lines.append("," + _break(depth) if piece == "," else ": " if piece == ":" else piece)
    return "".join(lines)


def _break(depth: int) -> str:
    return "\n" + "  " * min(max(depth, 0), MAX_INDENT)
