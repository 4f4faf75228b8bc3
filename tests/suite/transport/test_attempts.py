"""Attempts of a request that asks the bundled mock for an error: the error is the right answer, so it is final."""

from __future__ import annotations

import pytest

from chatcert.cases.case import Case, Expectation, Request
from chatcert.transport.attempts import Attempts
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.retry import RetryBudget, RetryPolicy


def attempts(expectation: Expectation) -> Attempts:
    """The attempts of a case, towards a target that is healthy."""
    case = Case("one", "vendor/response/500/json", Request("POST", {}), expectation, "")
    return Attempts(case, RetryBudget(RetryPolicy()), lambda case: True, max_probe_attempts=1)


@pytest.mark.parametrize("status", [403, 429, 500, 503])
def test_a_requested_error_is_final(status: int) -> None:
    """An error that was asked for is neither retried nor confirmed, nor a sign of an outage."""
    sent = attempts(Expectation.REQUESTED_ERROR)

    assert sent.delay_after(Received(status, (), b""), 60.0) is None
    assert not sent.unsettled


@pytest.mark.parametrize("status", [429, 500, 503])
def test_any_other_error_is_retried(status: int) -> None:
    """The same answer to another case is requested again."""
    assert attempts(Expectation.ANY).delay_after(Received(status, (), b""), 60.0) is not None


def test_transport_errors_are_retried() -> None:
    """A connection that is lost is retried, whatever was asked for."""
    lost = TransportError(ErrorKind.RESET, "connection reset")

    assert attempts(Expectation.REQUESTED_ERROR).delay_after(lost, 60.0) is not None


def test_a_success_is_confirmed() -> None:
    """A success in place of the requested error is requested again."""
    assert attempts(Expectation.REQUESTED_ERROR).delay_after(Received(201, (), b""), 60.0) is not None


def blamed(status: int, requests: int) -> list[int]:
    """How often each of several requests is sent that get a status every time, while valid ones are served."""
    budget, sent = RetryBudget(RetryPolicy()), []
    for number in range(requests):
        case = Case(f"case {number}", "vendor/request/body/type", Request("POST", {}), Expectation.REFUSED, "")
        tries = Attempts(case, budget, lambda case: True, max_probe_attempts=1)
        while tries.delay_after(Received(status, (), b""), 60.0) is not None:
            pass
        sent.append(tries.number)
        assert not tries.unsettled
    return sent


def test_what_was_caused_often_is_not_repeated_any_more() -> None:
    """Where five requests of a kind caused a failure, one attempt and a control after it are enough for the next."""
    assert [4, 4, 4, 4, 4, 1, 1] == blamed(503, 7)
