"""Streams that go on and on: what is read of them within the limits of time, and what is a hang."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import pytest

from chatcert.transport.client import Client
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.resilience.stream_bounds import holds_event

TIMEOUT = 0.2
EVENTS = "text/event-stream"


@contextmanager
def dripping(media_type: str, first: bytes, then: bytes, pause: float) -> Iterator[str]:
    """A server that sends a first piece of a body, and another one again and again."""
    listener = socket.create_server(("127.0.0.1", 0))
    is_over = threading.Event()

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.recv(65_536)
            head = f"HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nConnection: close\r\n\r\n"
            connection.sendall(head.encode() + first)
            while not is_over.wait(pause):
                connection.sendall(then)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        is_over.set()
        thread.join(5)
        listener.close()


@pytest.fixture
def ask() -> Iterator[Callable[[str], Received | TransportError]]:
    """Sends a request with a short time limit."""
    client = Client(timeout=TIMEOUT, connections=1)
    yield lambda url: client.send("POST", url, [], b"{}")
    client.close()


@pytest.mark.slow
def test_a_stream_without_end_is_cut(ask: Callable[[str], Received | TransportError]) -> None:
    """What came until the time limit of the whole exchange is the answer, marked as cut."""
    began = time.monotonic()
    with dripping(EVENTS, b"data: 1\n\n", b"data: 2\n\n", TIMEOUT / 4) as url:
        answer = ask(url)

    assert isinstance(answer, Received)
    assert (200, True) == (answer.status, answer.truncated)
    assert answer.body.startswith(b"data: 1\n\ndata: 2\n\n")
    assert time.monotonic() - began < 10 * TIMEOUT


@pytest.mark.parametrize(
    ("media_type", "first", "then", "pause"),
    [
        pytest.param(EVENTS, b": hello\n\n", b": still here\n\n", TIMEOUT / 4, marks=pytest.mark.slow),
        pytest.param("application/x-ndjson", b"\n", b"\n", TIMEOUT / 4, marks=pytest.mark.slow),
        (EVENTS, b"data: 1\n\n", b"data: 2\n\n", TIMEOUT * 4),
        pytest.param("application/json", b"{", b" ", TIMEOUT / 4, marks=pytest.mark.slow),
    ],
    ids=["comments alone", "empty lines alone", "silence after an event", "no stream"],
)
def test_a_hang(
    ask: Callable[[str], Received | TransportError], media_type: str, first: bytes, then: bytes, pause: float
) -> None:
    """Comments keep a connection alive, and say nothing; neither does silence, nor a body that is not a stream."""
    with dripping(media_type, first, then, pause) as url:
        answer = ask(url)

    assert isinstance(answer, TransportError)
    assert ErrorKind.TIMEOUT is answer.kind


@pytest.mark.parametrize(
    ("media_type", "body", "expected"),
    [
        (EVENTS, b": a\n\ndata: x", True),
        (EVENTS, b"\xef\xbb\xbfdata: x", True),
        (EVENTS, b"event: a\rdata\r", True),
        (EVENTS, b": data: x\n", False),
        (EVENTS, b"event: ping\n\n", False),
        ("application/jsonl", b" \r\n\n", False),
        ("application/json-seq", b"\x1e\n", False),
        ("application/json-seq", b"\x1e{", True),
    ],
)
def test_what_holds_an_event(media_type: str, body: bytes, expected: bool) -> None:
    """Or the beginning of one."""
    assert expected == holds_event(media_type, body)
