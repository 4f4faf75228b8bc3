"""evidence.har: every exchange as an HTTP Archive 1.2, credentials masked as in the evidence."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import IO
from urllib.parse import parse_qsl, urlsplit

import harfile

from chatcert.report.model import Report
from chatcert.report.views.messages import phrase
from chatcert.text import encodable
from chatcert.transport.exchange import Exchange, Headers, Received, Sent

MAX_QUERY_FIELDS = 1_000
MAX_BODY = 4 * 1024
"""Bytes of a body that the archive holds; evidence.jsonl has all of it."""


def write_har(file: IO[str], report: Report, exchanges: Sequence[Exchange]) -> None:
    """Write the archive in ASCII: an entry for each exchange, in the order given.

    An exchange without an answer has the status 0, as browsers write it, and its comment says what happened. Bodies
    that are not UTF-8 are base64; for a request the comment says so, since the format has no field for it.
    """
    suite = report["suite"]
    with harfile.open(file, creator=harfile.Creator(suite["name"], suite["version"])) as archive:
        for exchange in exchanges:
            milliseconds = round(exchange.seconds * 1000, 3)
            archive.add_entry(
                startedDateTime=datetime.fromtimestamp(exchange.started, UTC),
                time=milliseconds,
                request=_request(exchange.sent),
                response=_response(exchange.received),
                timings=harfile.Timings(send=0, wait=milliseconds, receive=0),
                comment=encodable(_comment(exchange)),
            )


def _comment(exchange: Exchange) -> str:
    parts = [f"#{exchange.number} {exchange.role} of {exchange.requirement}"]
    parts += [exchange.edit] if exchange.edit else []
    parts += [f"request id {exchange.request_id}"] if exchange.request_id else []
    parts += [f"attempt {exchange.attempt}"] if exchange.attempt > 1 else []
    parts += [f"{exchange.error.kind}: {exchange.error.message}"] if exchange.error else []
    return "; ".join(parts)


def _request(sent: Sent) -> harfile.Request:
    return harfile.Request(
        method=encodable(sent.method),
        url=encodable(sent.url),
        httpVersion="HTTP/1.1",
        headers=_records(sent.headers),
        queryString=_query(sent.url),
        postData=_posted(sent) if sent.body is not None else None,
        bodySize=len(sent.body or b""),
    )


def _posted(sent: Sent) -> harfile.PostData:
    body = sent.body or b""
    text, encoding = _text(body)
    kind = next((value for name, value in sent.headers if name.lower() == "content-type"), "")
    return harfile.PostData(mimeType=encodable(kind), text=text, comment=_joined(encoding, _cut(body)))


def _response(received: Received | None) -> harfile.Response:
    if received is None:
        return harfile.Response(status=0, statusText="", httpVersion="")
    text, encoding = _text(received.body)
    return harfile.Response(
        status=received.status,
        statusText=phrase(received.status),
        httpVersion=encodable(received.http_version),
        headers=_records(received.headers),
        content=harfile.Content(
            size=len(received.body),
            mimeType=encodable(received.header("content-type") or ""),
            text=text,
            encoding=encoding,
            comment=_joined("cut at the recording limit" if received.truncated else None, _cut(received.body)),
        ),
        redirectURL=encodable(received.header("location") or ""),
    )


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


def _joined(*notes: str | None) -> str | None:
    return "; ".join(note for note in notes if note) or None


def _records(headers: Headers) -> list[harfile.Record]:
    return [harfile.Record(encodable(name), encodable(value)) for name, value in headers]


def _query(url: str) -> list[harfile.Record]:
    try:
        pairs = parse_qsl(urlsplit(url).query, keep_blank_values=True, max_num_fields=MAX_QUERY_FIELDS)
    except ValueError:  # not an address, or one with too many fields: the url above still has it
        return []
    return [harfile.Record(encodable(name), encodable(value)) for name, value in pairs]
