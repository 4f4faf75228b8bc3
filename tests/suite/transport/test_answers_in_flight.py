"""Answers that are under way when something ends: what was sent before that does not prove them."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from chatcert.cases.case import Case, JsonBody
from chatcert.transport.budget import Stopped
from chatcert.transport.resilience.circumstances import set_aside

JSON = ("Content-Type", "application/json")
SECONDS = 20
"""Maximum time to wait for anything."""


class Server:
    """A server that can refuse requests with certain texts, and delay the answers to requests with others."""

    def __init__(self, behaviours: Any, refusal: bytes) -> None:
        self.refused: bytes | None = None
        self.reached, self.released = threading.Event(), threading.Event()
        self._behaviours = behaviours
        self._refusal = refusal

    def __call__(self, fake: Any, connection: socket.socket, seen: Any) -> bool:
        is_refused = self.refused is not None and self.refused in seen.body
        if b"held back" in seen.body:
            self.reached.set()
            assert self.released.wait(SECONDS)
        if is_refused:
            connection.sendall(self._refusal)
            return True
        return bool(self._behaviours.healthy(fake, connection, seen))


@pytest.fixture
def server(behaviours: Any) -> Any:
    """Makes a server whose refusals have a status."""
    return lambda status: Server(behaviours, behaviours.message(status, b'{"message": "no"}', JSON))


def held_back(case: Case) -> Case:
    """The case with a text that the server knows."""
    assert isinstance(case.request.body, JsonBody)
    body = JsonBody({**case.request.body.value, "input": "held back"})
    return replace(case, id=f"{case.id}, held back", request=replace(case.request, body=body))


def test_a_valid_request_proves_nothing_of_what_ended_while_it_was_under_way(server: Any, fake: Any, talk: Any) -> None:
    """A resource is lost while a valid request is answered late: a 404 in the meantime may be due to that loss."""
    server = server(404)
    talk = talk(fake(server).url)
    session, control = talk.session, talk.planner.requests.control()
    ((_, named),) = talk.planner.requests.optional_resources()
    session.send(control)
    session.use_control(named, session.send(named))
    with ThreadPoolExecutor(1) as pool:
        late = pool.submit(session.send, held_back(named))
        assert server.reached.wait(SECONDS)
        server.refused = b"previousChatId"
        unknown = session.send(talk.plan("resource/previousChatId/unknown")[0])
        session.probe(control)
        server.released.set()
        assert late.result().succeeded
    with suppress(Stopped):
        session.finish()

    assert 404 == unknown.status
    assert unknown.number in set_aside(talk.exchanges, talk.catalogue.contract)
    assert late.result().number not in set_aside(talk.exchanges, talk.catalogue.contract)


def test_an_answer_from_before_a_recovery_does_not_count_though_it_came_after_it(
    server: Any, fake: Any, talk: Any
) -> None:
    """Valid requests are refused for a time; what was sent then, and answered later, is not the contract's matter."""
    server = server(401)
    talk = talk(fake(server).url)
    session, control = talk.session, talk.planner.requests.control()
    session.send(control)
    with ThreadPoolExecutor(1) as pool:
        server.refused = b"{"
        late = pool.submit(session.send, held_back(talk.plan("resource/previousChatId/unknown")[0]))
        assert server.reached.wait(SECONDS)
        session.probe(control)
        server.refused = None
        session.probe(control)
        server.released.set()
        exchange = late.result()
    session.finish()

    assert 401 == exchange.status
    assert exchange.number in set_aside(talk.exchanges, talk.catalogue.contract)
