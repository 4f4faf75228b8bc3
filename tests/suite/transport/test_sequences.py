"""Sequences of requests: what is sent beside them does not begin in between."""

from __future__ import annotations

import threading
from typing import Any, cast

from chatcert.cases.case import Case, Expectation, Request
from chatcert.transport.client import Client
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.sequences import Sequences

SECONDS = 60
CASES = [Case(name, "v/r", Request("POST", {}), Expectation.ANY, "") for name in ("trigger", "valid")]


class FakeClient:
    """Has nothing to close."""

    def close(self) -> None:
        """Do nothing."""


def test_others_begin_before_a_sequence_or_after_its_last_request() -> None:
    """A thread that waits is let go once the last request of the sequence has been sent, not only when it is over."""
    sent: list[str] = []
    triggered, passed = threading.Event(), threading.Event()

    def other() -> None:
        assert triggered.wait(SECONDS)
        sequences.wait(Role.CASE)
        sent.append("other")
        passed.set()

    def attempt(case: Case, control: Exchange | None, client: Client) -> Exchange:
        sent.append(case.id)
        triggered.set()
        assert case.id != "valid" or passed.wait(SECONDS)
        return cast("Exchange", case.id)

    sequences = Sequences(attempt, cast("Any", FakeClient))
    thread = threading.Thread(target=other)
    thread.start()
    sequences.wait(Role.CASE)

    assert ["trigger", "valid"] == cast("Any", sequences.send(CASES, [None, None], beside=True))
    thread.join(SECONDS)
    assert ["trigger", "valid", "other"] == sent


def test_a_sequence_that_fails_lets_others_go() -> None:
    """An error in the first request of a sequence keeps no other request waiting."""

    def attempt(case: Case, control: Exchange | None, client: Client) -> Exchange:
        raise ZeroDivisionError

    sequences = Sequences(attempt, cast("Any", FakeClient))
    failed: list[type[BaseException]] = []

    def send() -> None:
        try:
            sequences.send(CASES, [None, None], beside=True)
        except ZeroDivisionError as error:
            failed.append(type(error))

    thread = threading.Thread(target=send)
    thread.start()
    thread.join(SECONDS)
    sequences.wait(Role.CASE)

    assert [ZeroDivisionError] == failed
