"""A server whose successes are streams of events, right ones and wrong ones; it shares no code with chatcert.

It writes what the HTML standard (section 9.2), JSON Lines and RFC 7464 say, as chunks of HTTP/1.1.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from json_server import JsonHandler, running

Chunks = list[bytes]
END = b""
"""The chunk that ends a body."""

EVENT_STREAM, LINES, SEQUENCE = "text/event-stream", "application/x-ndjson", "application/json-seq"
PIECES: list[dict[str, Any]] = [{"text": "Grüße, "}, {"text": "Zoë", "tokens": 2}]


def event(piece: Any, name: str = "token") -> bytes:
    """One server-sent event."""
    text = piece if isinstance(piece, str) else json.dumps(piece, ensure_ascii=False)
    return f"event: {name}\ndata: {text}\n\n".encode()


TOKENS = [event(piece) for piece in PIECES]
DONE = b"data: [DONE]\n\n"
WHOLE = b"".join(TOKENS) + DONE


def whole(body: bytes) -> Chunks:
    """A body in one chunk."""
    return [body, END]


HONEST: dict[str, Chunks] = {
    "an event in each chunk": [*TOKENS, DONE, END],
    "in one chunk": whole(WHOLE),
    "a byte in each chunk": [*(WHOLE[at : at + 1] for at in range(len(WHOLE))), END],
    "carriage returns and line feeds": whole(WHOLE.replace(b"\n", b"\r\n")),
    "carriage returns": whole(WHOLE.replace(b"\n", b"\r")),
    "comments": whole(b": welcome\n\n" + WHOLE.replace(b"event:", b": ping\nevent:") + b":\n\n"),
    "ids and a time to reconnect": whole(b"retry: 2500\n" + WHOLE.replace(b"event:", b"id: 7\nevent:")),
    "unknown fields": whole(WHOLE.replace(b"event:", b"trace: 4bf9\nevent:")),
    "a byte order mark": whole(b"\xef\xbb\xbf" + WHOLE),
    "data on several lines": whole(WHOLE.replace(b'data: {"text": ', b'data: {"text":\ndata:   ')),
    "no space after colons": whole(WHOLE.replace(b"event: ", b"event:").replace(b"data: ", b"data:")),
    "empty lines between events": whole(WHOLE.replace(b"\n\n", b"\n\n\n\n")),
    "data before the name": whole(
        b"".join(b"data: " + json.dumps(p).encode() + b"\nevent: token\n\n" for p in PIECES) + DONE
    ),
    "more than is documented": whole(event({"text": "a", "mood": None}) + DONE),
}

BROKEN: dict[str, tuple[str, Chunks]] = {
    "a page": ("framing", whole(b"<!doctype html>\n<title>Oops</title>\n")),
    "one JSON text": ("framing", whole(b'{"text": "Hello"}')),
    "lines of JSON": ("framing", whole(b'{"text": "a"}\n{"text": "b"}\n')),
    "an older encoding": ("framing", whole(WHOLE.decode().encode("latin-1"))),
    "the last event is not ended": ("framing", whole(WHOLE[:-2])),
    "words in place of JSON": ("schema", whole(event("Hello") + DONE)),
    "half a JSON text": ("schema", whole(event('{"text": "Hel') + DONE)),
    "an event of another name": ("event/enum", whole(event(PIECES[0], "chunk") + DONE)),
    "a member is missing": ("data-json/text/required", whole(TOKENS[0] + event({"tokens": 1}) + DONE)),
    "a member of another type": ("data-json/tokens/type", whole(event({"text": "a", "tokens": "2"}) + DONE)),
    "too small a number": ("data-json/tokens/minimum", whole(event({"text": "a", "tokens": -1}) + DONE)),
    "no terminator": ("terminator", whole(b"".join(TOKENS))),
    "an event after the terminator": ("terminator", whole(WHOLE + TOKENS[0])),
    "two terminators": ("terminator", whole(WHOLE + DONE)),
    "an error in mid-stream": ("error", whole(TOKENS[0] + event({"message": "overloaded"}, "error") + DONE)),
}

CUT: Chunks = [TOKENS[0], TOKENS[1][:-5]]
"""A stream whose connection is closed before its end."""

HONEST_LINES: dict[str, Chunks] = {
    "a line in each chunk": [*(json.dumps(piece).encode() + b"\n" for piece in PIECES), END],
    "no line end at the end": whole(b"\n".join(json.dumps(piece).encode() for piece in PIECES)),
    "empty lines": whole(b"\n" + b"\r\n\r\n".join(json.dumps(piece).encode() for piece in PIECES) + b"\n\n"),
    "chunks within a character": [b'{"text": "Gr\xc3', b'\xbc\xc3\x9fe"}\n', END],
}
BROKEN_LINES: dict[str, tuple[str, Chunks]] = {
    "one list": ("schema", whole(json.dumps(PIECES).encode() + b"\n")),
    "an indented object": ("framing", whole(json.dumps(PIECES[0], indent=2).encode() + b"\n")),
    "server-sent events": ("framing", whole(WHOLE)),
    "half a line": ("framing", whole(b'{"text": "a"}\n{"te')),
    "a member is missing": ("text/required", whole(b'{"text": "a"}\n{}\n')),
}


@contextmanager
def stream_server(chunks: Chunks, media_type: str = EVENT_STREAM, *, endless: bytes = b"") -> Iterator[str]:
    """Run a server that answers each valid request with a stream, or with one body if its `stream` is false.

    Args:
        chunks: the body of the stream; without ``END`` at the end, the connection is closed in the middle of it.
        endless: what is sent again and again after the chunks, until the client hangs up.
    """

    class Handler(JsonHandler):
        wbufsize = 0  # an event is sent as soon as it is there
        disable_nagle_algorithm = True  # a second write would come 40 ms later, for want of an acknowledgement

        def stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", media_type)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            with suppress(OSError):
                for chunk in chunks:
                    self.chunk(chunk)
                while endless and not stopped.wait(0.01):
                    self.chunk(endless)
            self.close_connection = END not in chunks

        def chunk(self, data: bytes) -> None:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def handle_call(self) -> None:
            raw = self.body()
            kind = self.media_type()
            if self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif kind != "application/json":
                self.reply(415, {"why": "JSON only"})
            elif not is_valid(raw):
                self.reply(400, {"why": "invalid"})
            elif json.loads(raw).get("stream") is False:
                self.reply(200, {"id": "c1"})
            else:
                self.stream()

    stopped = threading.Event()
    with running(Handler) as url:
        try:
            yield url
        finally:
            stopped.set()


def is_valid(raw: bytes) -> bool:
    """Return whether a request has a topic, and no more than it may have."""
    try:
        body = json.loads(raw.decode(), parse_constant=int)
    except (ValueError, RecursionError):
        return False
    known: dict[str, Callable[[Any], bool]] = {
        "topic": lambda value: isinstance(value, str) and 1 <= len(value) <= 40,
        "stream": lambda value: isinstance(value, bool),
    }
    return isinstance(body, dict) and "topic" in body and all(known.get(n, bool)(v) for n, v in body.items())
