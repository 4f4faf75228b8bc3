"""evidence.har: every exchange as an HTTP Archive 1.2, credentials masked as in the evidence."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import IO, Any, Final
from urllib.parse import parse_qsl, urlsplit

from chatcert.report.model import Report
from chatcert.report.views.messages import phrase
from chatcert.text import encodable
from chatcert.transport.exchange import Exchange, Headers, Received, Sent

MAX_QUERY_FIELDS = 1_000
MAX_BODY = 4 * 1024
"""Bytes of a body that the archive holds; evidence.jsonl has all of it."""
UNKNOWN: Final = -1
"""What the format writes for a size or a time that is not known."""
_UNKNOWN_TIMINGS: Final = dict.fromkeys(("blocked", "dns", "connect", "ssl"), UNKNOWN)
_NOBODY: Final = {"name": "", "version": ""}
_NO_RESPONSE: Final[dict[str, Any]] = {
    "status": 0,
    "statusText": "",
    "httpVersion": "",
    "cookies": [],
    "headers": [],
    "content": {"size": 0, "mimeType": ""},
    "redirectURL": "",
    "headersSize": UNKNOWN,
    "bodySize": UNKNOWN,
}
_encode = json.JSONEncoder().encode


def write_har(file: IO[str], report: Report, exchanges: Sequence[Exchange]) -> None:
    """Write the archive in ASCII: an entry for each exchange, in the order given.

    An exchange without an answer has the status 0, as browsers write it, and its comment says what happened. Bodies
    that are not UTF-8 are base64; for a request the comment says so, since the format has no field for it.
    """
    suite = report["suite"]
    creator, browser = _indented({"name": suite["name"], "version": suite["version"]}, 8), _indented(_NOBODY, 8)
    head = f'"version": "1.2",\n        "creator": {creator},\n        "browser": {browser},\n        "entries": ['
    file.write('{\n    "log": {\n        ' + head)
    before = ""
    for exchange in exchanges:
        file.write(f"{before}\n            {_indented(_entry(exchange), 12)}")
        before = ","
    file.write("\n        ]\n    }\n}" if before else "]\n    }\n}")


def _entry(exchange: Exchange) -> dict[str, Any]:
    milliseconds = round(exchange.seconds * 1000, 3)
    return {
        "startedDateTime": datetime.fromtimestamp(exchange.started, UTC).isoformat(),
        "time": milliseconds,
        "request": _request(exchange.sent),
        "response": _response(exchange.received),
        "timings": {"send": 0, "wait": milliseconds, "receive": 0, **_UNKNOWN_TIMINGS},
        "cache": {},
        "comment": encodable(_comment(exchange)),
    }


def _indented(members: Mapping[str, Any], width: int) -> str:
    """Return an object with a member on each line, in a document that is indented by ``width`` spaces there."""
    margin = "\n" + " " * width
    lines = ",".join(f"{margin}    {_encode(name)}: {_encode(value)}" for name, value in members.items())
    return f"{{{lines}{margin}}}"


def _comment(exchange: Exchange) -> str:
    parts = [f"#{exchange.number} {exchange.role} of {exchange.requirement}"]
    parts += [exchange.edit] if exchange.edit else []
    parts += [f"request id {exchange.request_id}"] if exchange.request_id else []
    parts += [f"attempt {exchange.attempt}"] if exchange.attempt > 1 else []
    parts += [f"{exchange.error.kind}: {exchange.error.message}"] if exchange.error else []
    return "; ".join(parts)


def _request(sent: Sent) -> dict[str, Any]:
    request: dict[str, Any] = {
        "method": encodable(sent.method),
        "url": encodable(sent.url),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _records(sent.headers),
        "queryString": _query(sent.url),
        "headersSize": UNKNOWN,
        "bodySize": len(sent.body or b""),
    }
    return request if sent.body is None else {**request, "postData": _posted(sent)}


def _posted(sent: Sent) -> dict[str, Any]:
    body = sent.body or b""
    text, encoding = _text(body)
    kind = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    return {"mimeType": encodable(kind), "text": text, **_comments(encoding, _cut(body))}


def _response(received: Received | None) -> dict[str, Any]:
    if received is None:
        return _NO_RESPONSE
    return _NO_RESPONSE | {
        "status": received.status,
        "statusText": phrase(received.status),
        "httpVersion": encodable(received.http_version),
        "headers": _records(received.headers),
        "content": _content(received),
        "redirectURL": encodable(received.header("location") or ""),
    }


def _content(received: Received) -> dict[str, Any]:
    text, encoding = _text(received.body)
    cut = "cut at the recording limit" if received.truncated else None
    return {
        "size": len(received.body),
        "mimeType": encodable(received.header("content-type") or ""),
        "text": text,
        **({"encoding": encoding} if encoding is not None else {}),
        **_comments(cut, _cut(received.body)),
    }


def _text(body: bytes) -> tuple[str, str | None]:
    """Return the beginning of a body as text, and the encoding that was needed for that."""
    head = body[:MAX_BODY]
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return base64.b64encode(head).decode("ascii"), "base64"
    return head.decode("utf-8", "ignore"), None


def _cut(body: bytes) -> str | None:
    """Return a note on a body that is longer than what the archive holds of it."""
    return f"cut here: {len(body):,} bytes in all, whole in evidence.jsonl" if len(body) > MAX_BODY else None


def _comments(*notes: str | None) -> dict[str, str]:
    """Return the member with these notes; nothing where there is none."""
    comment = "; ".join(note for note in notes if note)
    return {"comment": comment} if comment else {}


def _records(headers: Headers) -> list[dict[str, str]]:
    return [_record(*header) for header in headers]


def _record(name: str, value: str) -> dict[str, str]:
    return {"name": encodable(name), "value": encodable(value)}


def _query(url: str) -> list[dict[str, str]]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:  # not an address, or one with too many fields: the url above still has it
        return []
    return [_record(*pair) for pair in pairs]
