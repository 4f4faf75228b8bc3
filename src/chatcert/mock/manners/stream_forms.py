"""Manners of streams: other texts for the same events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from chatcert.mock.call import Call, Reply
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import AnswerEdit, Manner
from chatcert.openapi.streams import StreamForm, stream_form

_COMMENT = b": still here\n\n"
_BREAKABLE = re.compile(rb'^(data: \{)(".*\})$', re.MULTILINE)
_EVERY_BYTE = 1_000_000


def stream_form_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of streams, where the contract has any."""
    if not any(answer.streams for answer in draft.contract.successes):
        return
    for name, text, change in (
        ("stream-crlf", "lines of streams end with CR LF", lambda body: body.replace(b"\n", b"\r\n")),
        ("stream-cr", "lines of streams end with CR", lambda body: body.replace(b"\n", b"\r")),
        ("stream-comments", "comments keep a stream alive", _with_comments),
        ("stream-fields", "events have ids, and a time to reconnect", _with_fields),
        ("stream-unknown-fields", "events have fields that nobody knows", lambda body: _before(body, b"trace: 7f\n")),
        ("stream-mark", "a stream begins with a byte order mark", lambda body: b"\xef\xbb\xbf" + body),
        ("stream-no-space", "no space stands after the colon of a field", _unspaced),
        ("stream-many-lines", "the data of an event stands on several lines", _on_many_lines),
    ):
        yield draft.make(name, text, answers=(_of(change, StreamForm.EVENTS),))
    yield draft.make("stream-blank-lines", "empty lines stand between lines", answers=(_of(_spaced, StreamForm.LINES),))
    yield draft.make("stream-no-line-end", "the last line has no line end", answers=(_of(_unended, StreamForm.LINES),))
    yield draft.make("stream-byte-by-byte", "each byte of an answer comes alone", pieces=(_EVERY_BYTE,))


def _of(change: Callable[[bytes], bytes], form: StreamForm) -> AnswerEdit:
    """Return an edit of the streams of one form that are not compressed."""

    def edit(call: Call, reply: Reply) -> Reply:
        headers = dict(reply.headers)
        media_type = headers.get(b"content-type", b"").decode("latin-1")
        if stream_form(media_type) is not form or b"content-encoding" in headers:
            return reply
        return replace(reply, body=change(reply.body))

    return edit


def _with_comments(body: bytes) -> bytes:
    return _COMMENT + body.replace(b"\n\n", b"\n:\n\n" + _COMMENT)


def _with_fields(body: bytes) -> bytes:
    events = body.split(b"\n\n")
    numbered = [b"id: %d\nretry: 3000\n%s" % (number, event) for number, event in enumerate(events[:-1], 1)]
    return b"\n\n".join([*numbered, events[-1]])


def _before(body: bytes, line: bytes) -> bytes:
    return line + body.replace(b"\n\n", b"\n\n" + line)


def _unspaced(body: bytes) -> bytes:
    return re.sub(rb"^(data|event|id|retry): (?! )", rb"\1:", body, flags=re.MULTILINE)


def _on_many_lines(body: bytes) -> bytes:
    return _BREAKABLE.sub(rb"\1\ndata:  \2", body)


def _spaced(body: bytes) -> bytes:
    return body.replace(b"\n", b"\n\n")


def _unended(body: bytes) -> bytes:
    return body.removesuffix(b"\n")
