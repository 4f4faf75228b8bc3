"""The client: every misbehaviour of a server becomes an answer or a kind of transport error, within bounds."""

from __future__ import annotations

import socket
import ssl
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from chatcert.transport.client import MAX_BODY, MAX_HEADER_LENGTH, MAX_HEADERS, Client, kind_of
from chatcert.transport.exchange import Received, TransportError

KINDS = ("refused", "dns", "tls", "timeout", "reset", "incomplete", "protocol", "decoding", "unsendable")

MAPPED: dict[type[Exception], str] = {
    httpx.HTTPError: "protocol",
    httpx.RequestError: "protocol",
    httpx.TransportError: "protocol",
    httpx.TimeoutException: "timeout",
    httpx.ConnectTimeout: "timeout",
    httpx.ReadTimeout: "timeout",
    httpx.WriteTimeout: "timeout",
    httpx.PoolTimeout: "timeout",
    httpx.NetworkError: "protocol",
    httpx.ConnectError: "refused",
    httpx.ReadError: "reset",
    httpx.WriteError: "reset",
    httpx.CloseError: "reset",
    httpx.ProtocolError: "protocol",
    httpx.LocalProtocolError: "unsendable",
    httpx.RemoteProtocolError: "protocol",
    httpx.ProxyError: "protocol",
    httpx.UnsupportedProtocol: "unsendable",
    httpx.DecodingError: "decoding",
    httpx.TooManyRedirects: "protocol",
    httpx.HTTPStatusError: "protocol",
    httpx.StreamError: "protocol",
    httpx.StreamConsumed: "protocol",
    httpx.StreamClosed: "protocol",
    httpx.ResponseNotRead: "protocol",
    httpx.RequestNotRead: "protocol",
    httpx.InvalidURL: "unsendable",
}


def family(*roots: type[Exception]) -> Iterator[type[Exception]]:
    """Classes with all that derive from them."""
    for root in roots:
        yield root
        yield from family(*root.__subclasses__())


def made(kind: type[Exception]) -> Exception:
    """An exception of a class, whatever its constructor asks for."""
    error = kind.__new__(kind)
    Exception.__init__(error, "what happened")
    return error


def test_every_exception_of_httpx_is_mapped() -> None:
    """No exception that httpx has, or will have after an update, goes without a kind."""
    known = {
        kind
        for kind in family(httpx.HTTPError, httpx.StreamError, httpx.InvalidURL)
        if kind.__module__.startswith("httpx")
    }

    assert set(MAPPED) == known
    assert {kind: kind_of(made(kind)) for kind in known} == MAPPED
    assert set(MAPPED.values()) <= set(KINDS)


@pytest.mark.parametrize(
    ("cause", "kind"),
    [
        (socket.gaierror(-2, "Name or service not known"), "dns"),
        (ssl.SSLError("handshake"), "tls"),
        (ssl.SSLCertVerificationError("expired"), "tls"),
        (ConnectionRefusedError(), "refused"),
    ],
)
def test_the_cause_beneath_a_failed_connection_tells_its_kind(cause: Exception, kind: str) -> None:
    """A name that is not known and a certificate that does not hold are told from a closed port."""
    error = httpx.ConnectError("failed")
    error.__cause__ = OSError()
    error.__cause__.__context__ = cause

    assert kind == kind_of(error)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client that waits for two seconds."""
    one = Client(timeout=2.0, connections=8)
    yield one
    one.close()


@pytest.fixture
def impatient() -> Iterator[Client]:
    """A client that waits for a moment only."""
    one = Client(timeout=0.25, connections=8)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("behaviour", "kind"),
    [
        ("resets", "reset"),
        ("drops", "reset"),
        ("cuts_short", "incomplete"),
        ("breaks_a_chunk", "incomplete"),
        ("misstates_a_chunk", "protocol"),
        ("speaks_another_protocol", "protocol"),
        ("packs_badly", "decoding"),
        ("has_endless_headers", "protocol"),
    ],
)
def test_misbehaviour_has_a_kind(fake: Any, behaviours: Any, client: Client, behaviour: str, kind: str) -> None:
    """Whatever a server does instead of answering is an error of a kind that tells what it did."""
    server = fake(getattr(behaviours, behaviour))

    answer = client.send("POST", server.url, [], b"{}")

    assert isinstance(answer, TransportError)
    assert kind == answer.kind
    assert answer.message


# httpx hands out nothing before 64 kB are there: a dribble has to be given up below it.
@pytest.mark.parametrize(
    "behaviour",
    ["hangs", *(pytest.param(name, marks=pytest.mark.slow) for name in ("stalls", "dribbles", "dribbles_headers"))],
)
def test_waiting_has_an_end(fake: Any, behaviours: Any, impatient: Client, behaviour: str) -> None:
    """A server that never comes to an end is given up, even one that makes some progress all the time."""
    server = fake(getattr(behaviours, behaviour))

    answer = impatient.send("POST", server.url, [], b"{}")

    assert isinstance(answer, TransportError)
    assert "timeout" == answer.kind


def test_a_closed_port_refuses(client: Client, closed_url: str) -> None:
    """Where nothing listens, the connection is refused."""
    answer = client.send("POST", closed_url, [], b"{}")

    assert isinstance(answer, TransportError)
    assert "refused" == answer.kind


def test_a_plain_server_speaks_no_tls(fake: Any, behaviours: Any) -> None:
    """An https address at which plain HTTP is spoken is an error of TLS."""
    server = fake(behaviours.healthy)
    client = Client(timeout=2.0, connections=1, context=ssl.create_default_context())

    answer = client.send("POST", server.url.replace("http:", "https:"), [], b"{}")

    client.close()
    assert isinstance(answer, TransportError)
    assert "tls" == answer.kind


@pytest.mark.parametrize(
    ("url", "headers"),
    [
        ("http://127.0.0.1:1/", [("X-Bad", "a\r\nb: c")]),
        ("http://127.0.0.1:1/", [("X Bad", "a")]),
        ("ftp://127.0.0.1/", []),
        ("http://127.0.0.1:1/" + "a" * 70_000, []),
        ("http://127.0.0.1:1/\x00", []),
    ],
    ids=["line break in a header", "space in a header's name", "another scheme", "long address", "control character"],
)
def test_what_cannot_be_sent_is_reported(client: Client, url: str, headers: list[tuple[str, str]]) -> None:
    """A request that HTTP cannot carry is an answer like any other, not an exception."""
    answer = client.send("POST", url, headers, None)

    assert isinstance(answer, TransportError)
    assert answer.kind in ("unsendable", "refused")


def test_an_endless_body_is_cut(fake: Any, behaviours: Any, client: Client) -> None:
    """Of a body without an end no more than the limit is read, and that it was cut is recorded."""
    answer = client.send("POST", fake(behaviours.never_ends).url, [], b"{}")

    assert isinstance(answer, Received)
    assert (MAX_BODY, True) == (len(answer.body), answer.truncated)


def peak_of(send: Callable[[], object]) -> int:
    """The most memory, in bytes, that was allocated at any time during a call."""
    tracemalloc.start()
    try:
        send()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("layers", [1, 2])
def test_a_packed_bomb_is_cut(fake: Any, behaviours: Any, client: Client, bombs: Any, layers: int) -> None:
    """A small packed body that unpacks to 128 MB is cut at the limit."""
    answer = client.send("POST", fake(behaviours.answers(bombs[layers - 1])).url, [], b"{}")

    assert isinstance(answer, Received)
    assert (MAX_BODY, True) == (len(answer.body), answer.truncated)


# httpx by itself unpacks each chunk as a whole, before anybody can look at the size.
@pytest.mark.parametrize("layers", [1, 2])
def test_a_packed_bomb_takes_little_memory(fake: Any, behaviours: Any, client: Client, bombs: Any, layers: int) -> None:
    """Neither a bomb nor a bomb in a bomb takes more memory than a few times the limit."""
    url = fake(behaviours.answers(bombs[layers - 1])).url

    assert peak_of(lambda: client.send("POST", url, [], b"{}")) < 8 * MAX_BODY


def test_headers_are_bounded(fake: Any, behaviours: Any, client: Client) -> None:
    """Of many headers, and of a long one, no more than the limits is kept."""
    pairs = [(f"X-{number}", "a") for number in range(MAX_HEADERS + 50)]
    many = fake(behaviours.answers(behaviours.message(200, b"", *pairs)))
    long = fake(behaviours.answers(behaviours.message(200, b"", ("X-Long", "a" * (MAX_HEADER_LENGTH + 1)))))

    first, second = client.send("POST", many.url, [], b""), client.send("POST", long.url, [], b"")

    assert isinstance(first, Received)
    assert isinstance(second, Received)
    assert MAX_HEADERS == len(first.headers)
    assert MAX_HEADER_LENGTH == len(second.header("x-long") or "")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_not_followed(fake: Any, behaviours: Any, client: Client, status: int) -> None:
    """A redirect is an answer: nothing is sent to where it points."""
    elsewhere = fake(behaviours.healthy)
    server = fake(behaviours.answers(behaviours.message(status, b"", ("Location", elsewhere.url))))

    answer = client.send("POST", server.url, [("Authorization", "Bearer x")], b"{}")

    assert isinstance(answer, Received)
    assert status == answer.status
    assert [] == elsewhere.requests


def test_nothing_is_added_and_nothing_kept(
    fake: Any, behaviours: Any, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No cookie comes back, no proxy is asked, and the headers are those of the request and a fixed few."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server = fake(behaviours.answers(behaviours.message(200, b"{}", ("Set-Cookie", "a=b; Path=/"))))

    for _ in range(2):
        client.send("POST", server.url, [("X-Mine", "1"), ("x-mine", "2")], b"{}")

    first, second = server.requests
    assert first.headers == second.headers
    assert {"host", "accept", "accept-encoding", "connection", "user-agent", "x-mine", "content-length"} == {
        name.lower() for name, _ in first.headers
    }
    assert ["1", "2"] == [value for name, value in first.headers if name.lower() == "x-mine"]


def test_a_request_may_replace_what_is_added(fake: Any, behaviours: Any, client: Client) -> None:
    """A case's own Accept header is sent in place of ours."""
    server = fake(behaviours.healthy)

    client.send("POST", server.url, [("Accept", "text/html")], b"{}")

    assert ["text/html"] == [value for name, value in server.requests[0].headers if name.lower() == "accept"]


def test_an_answer_is_taken_as_it_is(fake: Any, behaviours: Any, client: Client) -> None:
    """Status, headers in their order and case, and body arrive unchanged, bytes that are not text included."""
    raw = behaviours.message(422, b"\xff\x00\xc3", ("X-First", "caf\xe9"), ("x-first", "two"))
    server = fake(behaviours.answers(raw))

    answer = client.send("POST", server.url, [], b"{}")

    assert isinstance(answer, Received)
    assert (422, b"\xff\x00\xc3", False) == (answer.status, answer.body, answer.truncated)
    assert (("X-First", "caf\xe9"), ("x-first", "two")) == answer.headers[-2:]


def test_a_packed_answer_is_unpacked(fake: Any, behaviours: Any, client: Client) -> None:
    """Compression is a matter of transport."""
    import gzip

    raw = behaviours.message(200, gzip.compress(b'{"a": 1}'), ("Content-Encoding", "gzip"))

    answer = client.send("POST", fake(behaviours.answers(raw)).url, [], b"{}")

    assert isinstance(answer, Received)
    assert b'{"a": 1}' == answer.body


def test_a_connection_that_was_closed_meanwhile_is_reported(fake: Any, behaviours: Any, client: Client) -> None:
    """A kept connection that the server closes without an answer is a reset, which can be tried again."""
    server = fake(behaviours.drops_used_connections)

    answers = [client.send("POST", server.url, [], b"{}") for _ in range(3)]

    assert ["Received", "TransportError", "Received"] == [type(answer).__name__ for answer in answers]
    assert "reset" == getattr(answers[1], "kind", "")


@pytest.mark.parametrize(
    ("status", "keeps", "turns"), [(401, False, 1), (403, False, 1), (401, True, 2), (400, False, 2)]
)
def test_a_connection_on_which_a_login_was_refused_is_not_used_again(
    fake: Any, behaviours: Any, status: int, keeps: bool, turns: int
) -> None:
    """What a server remembers on such a connection meets no other request, unless one looks for just that."""
    server = fake(behaviours.answers(behaviours.message(status, b"{}")))
    client = Client(timeout=2.0, connections=8, keeps_refused=keeps)

    for _ in range(2):
        client.send("POST", server.url, [], b"{}")
    client.close()

    assert [1, turns] == [seen.turn for seen in server.requests]


@pytest.fixture
def switching() -> Iterator[None]:
    """Python switches between threads as often as it can, so that what may come between two steps does."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.slow
@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("status", [401, 403])
def test_no_thread_is_given_a_connection_that_another_one_closes(fake: Any, behaviours: Any, status: int) -> None:
    """Where logins are refused in several threads at once, each request is answered."""
    server = fake(behaviours.answers(behaviours.message(status, b"{}")))
    client = Client(timeout=5.0, connections=8)

    with ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda _: client.send("POST", server.url, [], b"{}"), range(800)))
    client.close()

    assert {status} == {getattr(answer, "status", repr(answer)) for answer in answers}
