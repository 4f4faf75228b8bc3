"""Exchanges are written and read without loss."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.cases.case import Expectation
from chatcert.transport.exchange import ErrorKind, Exchange, Received, Role, Sent, TransportError

any_text = st.text(st.characters(exclude_categories=()), max_size=12)
headers = st.lists(st.tuples(any_text, any_text), max_size=3).map(tuple)
bodies = st.binary(max_size=40) | st.text(max_size=20).map(str.encode)
received = st.builds(Received, st.integers(100, 599), headers, bodies, st.just("HTTP/1.1"), st.booleans())
errors = st.builds(TransportError, st.sampled_from(ErrorKind), any_text)
exchanges = st.builds(
    Exchange,
    number=st.integers(1),
    case=any_text,
    requirement=any_text,
    expectation=st.sampled_from(Expectation),
    role=st.sampled_from(Role),
    sent=st.builds(Sent, st.just("POST"), any_text, any_text, headers, st.none() | bodies),
    started=st.floats(0, 4e9),
    seconds=st.floats(0, 100),
    received=st.none() | received,
    error=st.none() | errors,
    attempt=st.integers(1, 4),
    final=st.booleans(),
    edit=any_text,
    control=st.none() | st.integers(1),
    control_accepted=st.none() | st.booleans(),
    overlapping=st.booleans(),
    unsettled=st.booleans(),
    leaks=st.lists(any_text, max_size=2).map(tuple),
)


@given(exchanges)
def test_round_trip_through_json(exchange: Exchange) -> None:
    """Every exchange, whatever bytes it holds, reads from a JSON text as it was."""
    assert exchange == Exchange.from_dict(json.loads(json.dumps(exchange.to_dict())))


@given(exchanges, st.sampled_from(["number", "sent", "leaks", "control"]))
def test_a_row_that_lacks_something_is_no_exchange(exchange: Exchange, name: str) -> None:
    """What is missing from a row is an error of the file, never a default."""
    row: dict[str, Any] = exchange.to_dict()
    del row[name]

    if name == "control":
        assert Exchange.from_dict(row).control is None
        return
    with pytest.raises((KeyError, TypeError, ValueError)):
        Exchange.from_dict(row)


@given(headers, any_text)
def test_headers_are_found_in_any_case(pairs: Any, value: str) -> None:
    """A header is found whatever the case of its name, the first of several."""
    answer = Received(200, (("CONTENT-type", value), *pairs), b"")

    assert value == answer.header("content-TYPE")


@pytest.mark.parametrize(("status", "succeeded"), [(199, False), (200, True), (299, True), (300, False), (500, False)])
def test_success_is_the_class_2xx(status: int, succeeded: bool) -> None:
    """An answer of class 2xx is a success, no answer is none."""
    sent = Sent("POST", "http://h/", "/", (), None)

    assert succeeded == Exchange(1, "c", "r", "any", "case", sent, 0.0, 0.0, Received(status, (), b"")).succeeded
    assert not Exchange(1, "c", "r", "any", "case", sent, 0.0, 0.0, error=TransportError(ErrorKind.RESET, "")).succeeded


@pytest.mark.parametrize(
    ("expectation", "method", "expected"),
    [
        (Expectation.UNAUTHENTICATED, "POST", True),
        (Expectation.METHOD, "DELETE", True),
        (Expectation.METHOD, "TRACE", True),
        (Expectation.METHOD, "PUT", False),
        (Expectation.ACCEPTED, "POST", False),
    ],
)
def test_what_counts_as_a_login(expectation: Expectation, method: str, *, expected: bool) -> None:
    """A run that is resumed counts the logins that were refused before, DELETE without credentials among them."""
    sent = Sent(method, "http://127.0.0.1/chats", "/chats", (), None)
    exchange = Exchange(
        number=1,
        case="a",
        requirement="a/b",
        expectation=expectation,
        role=Role.CASE,
        sent=sent,
        started=0.0,
        seconds=0.1,
        received=None,
        error=None,
    )

    assert expected == exchange.has_bad_credentials


def test_a_wrong_credential_beside_the_right_one_counts_as_a_login() -> None:
    """A header that is sent twice, with the valid value and with a wrong one, may be refused as a login."""
    headers = (("X-Key", "«Key»"), ("X-Key", "«Key wrong»"))
    twice = Exchange(1, "c", "r", "any", "case", Sent("POST", "http://h/", "/", headers, None), 0.0, 0.0)
    once = Exchange(1, "c", "r", "any", "case", Sent("POST", "http://h/", "/", headers[:1], None), 0.0, 0.0)

    assert twice.has_bad_credentials
    assert not once.has_bad_credentials
