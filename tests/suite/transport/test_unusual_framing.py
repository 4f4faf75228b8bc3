"""Requests that are framed in another way, as they arrive at a server; and cases that are sent in turn."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Any

import pytest

from chatcert.transport.client import Client
from chatcert.transport.curl import curl_line
from chatcert.transport.exchange import ErrorKind, Received, Sent, TransportError
from chatcert.vendors import open_vendor

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


@contextmanager
def recorder() -> Iterator[tuple[str, list[bytes]]]:
    """A server that records what each connection sends until it is silent, and answers each time."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    connection.settimeout(0.2)
                    heard.append(b"")
                    with suppress(TimeoutError):
                        while data := connection.recv(65536):
                            heard[-1] += data
                    with suppress(OSError):
                        connection.sendall(ANSWER)
                    connection.close()

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/", heard
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


@pytest.fixture
def client() -> Iterator[Client]:
    """A client, closed in the end."""
    made = Client(timeout=2.0, connections=2)
    yield made
    made.close()


def test_a_body_in_chunks(client: Client) -> None:
    """The body goes out in two chunks, without its length."""
    with recorder() as (url, heard):
        answer = client.send("POST", url, [("Transfer-Encoding", "chunked")], b"abcde")

    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert isinstance(answer, Received)
    assert b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n" == body
    assert b"content-length" not in head.lower()
    assert 1 == head.lower().count(b"transfer-encoding: chunked")


def test_a_usual_header_is_left_out(client: Client) -> None:
    """An empty value takes a usual header away; the header of another request is as it is."""
    with recorder() as (url, heard):
        client.send("POST", url, [("Accept", ""), ("accept-encoding", ""), ("X-Own", "")], b"{}")

    lines = heard[0].lower().split(b"\r\n")
    assert not [line for line in lines if line.startswith(b"accept")]
    assert b"x-own: " in lines or b"x-own:" in lines
    assert b"user-agent: chatcert" in lines


def test_an_upload_that_is_broken_off(client: Client) -> None:
    """Fewer bytes go out than are announced, and the connection is closed: no answer can be expected."""
    with recorder() as (url, heard):
        answer = client.send("POST", url, [("Content-Length", "10")], b"abc")

    assert isinstance(answer, TransportError)
    assert ErrorKind.ABORTED is answer.kind
    assert heard[0].endswith(b"\r\n\r\nabc")
    assert b"content-length: 10" in heard[0].lower()


def test_the_line_of_a_header_that_is_left_out() -> None:
    """Curl takes a header away where nothing follows the colon, and sends an empty one where a semicolon stands."""
    sent = Sent("POST", "http://h/", "/", (("Accept", ""), ("X-Own", "")), b"{}")

    line = curl_line(sent, open_vendor("agencii"))

    assert "-H Accept: " in line
    assert "-H 'X-Own;'" in line


def test_in_turn_on_one_connection(fake: Any, behaviours: Any, talk: Any) -> None:
    """Cases in turn share a connection that no other request has had, and come right after each other."""
    server = fake(behaviours.healthy)
    talk = talk(server.url)
    control = talk.planner.requests.control()
    talk.session.send(control)
    cases = [
        replace(control, id=f"own#{number}", control=control, shared=False, group="g", in_turn=True)
        for number in (1, 2)
    ]

    exchanges = talk.session.send_in_turn(cases)

    first, *own = server.requests
    assert [201, 201] == [exchange.status for exchange in exchanges]
    assert {first.connection} != {seen.connection for seen in own}
    assert 1 == len({seen.connection for seen in own})
    assert [1, 2] == [seen.turn for seen in own]
    assert all(talk.session.was_served_at_once(case) for case in cases)


def test_served_only_when_asked_again(fake: Any, behaviours: Any, talk: Any) -> None:
    """A case that was refused first was not served at once, though it was served in the end."""
    ok = b'{"chatId": "chat_1"}'
    kind = ("Content-Type", "application/json")
    server = fake(
        behaviours.answers(
            behaviours.message(201, ok, kind), behaviours.message(400, b"{}", kind), behaviours.message(201, ok, kind)
        )
    )
    talk = talk(server.url)
    control = talk.planner.requests.control()
    talk.session.send(control)
    case = replace(control, id="own#1", control=control, shared=False)

    assert 201 == talk.session.send(case).status
    assert talk.session.was_served_at_once(control)
    assert not talk.session.was_served_at_once(case)
