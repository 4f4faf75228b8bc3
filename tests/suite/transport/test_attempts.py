"""Attempts of a request that asks the bundled mock for an error: the error is the right answer, so it is final."""

from __future__ import annotations

import pytest

from chatcert.cases.case import Case, Expectation, Request
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.resilience.attempts import Attempts
from chatcert.transport.resilience.retry import RetryBudget, RetryPolicy


def attempts(expectation: Expectation) -> Attempts:
    """The attempts of a case, towards a target that is healthy."""
    case = Case("one", "vendor/response/500/json", Request("POST", {}), expectation, "")
    return Attempts(case, RetryBudget(RetryPolicy()), lambda case, was_late: True, max_probe_attempts=1)


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
        tries = Attempts(case, budget, lambda case, was_late: True, max_probe_attempts=1)
        while tries.delay_after(Received(status, (), b""), 60.0) is not None:
            pass
        sent.append(tries.number)
        assert not tries.unsettled
    return sent


def test_what_was_caused_often_is_not_repeated_any_more() -> None:
    """Where five requests of a kind caused a failure, one attempt and a control after it are enough for the next."""
    assert [4, 4, 4, 4, 4, 1, 1] == blamed(503, 7)


@pytest.mark.parametrize(("status", "sent"), [(400, 1), (404, 1), (401, 3), (403, 3), (200, 3)])
def test_an_invalid_request_that_is_denied_is_sent_again(status: int, sent: int) -> None:
    """Good credentials that are refused with an invalid body may be refused at times, whatever the body is."""
    tries = refused_one(served=True, healthy=[True])

    assert [None] == [tries.delay_after(Received(status, (), b""), 60.0) for _ in range(sent)][-1:]
    assert sent == tries.number


LOST = TransportError(ErrorKind.RESET, "connection reset")
BUSY = Received(503, (("Retry-After", "3600"),), b"")
REFUSED = Received(400, (), b"{}")


def refused_one(*, served: bool, healthy: list[bool], recovers: bool = True) -> Attempts:
    """The attempts of an invalid request, at a target that was served before, or never."""
    budget = RetryBudget(RetryPolicy())
    budget.has_served = served
    case = Case("one", "vendor/request/body/type", Request("POST", {}), Expectation.REFUSED, "")

    def is_healthy(case: Case, was_late: bool = False) -> bool:
        return healthy.pop(0) if len(healthy) > 1 else healthy[0]

    return Attempts(
        case, budget, is_healthy, max_probe_attempts=1, serves_at_once=is_healthy, recovers=lambda: recovers
    )


def test_a_restart_costs_no_verdict() -> None:
    """Where valid requests fail too, the target is waited for, and the request is sent anew."""
    tries = refused_one(served=True, healthy=[False, True])

    assert None not in [tries.delay_after(LOST, 60.0) for _ in range(3)]
    assert tries.delay_after(REFUSED, 60.0) is None
    assert not tries.unsettled


@pytest.mark.parametrize(("served", "recovers"), [(True, False), (False, True)])
def test_a_target_that_does_not_come_back_leaves_it_open(served: bool, recovers: bool) -> None:
    """So does one that never served anybody: it is not waited for."""
    tries = refused_one(served=served, healthy=[False], recovers=recovers)

    assert [False, False, True] == [tries.delay_after(LOST, 60.0) is None for _ in range(3)]
    assert tries.unsettled


@pytest.mark.parametrize(("healthy", "unsettled"), [(True, False), (False, True)])
def test_a_long_retry_after_counts_where_valid_requests_are_not_served(healthy: bool, unsettled: bool) -> None:
    """A server that serves valid requests right after it does not need the pause that it asks for."""
    tries = refused_one(served=False, healthy=[healthy])
    sent = 1
    while tries.delay_after(BUSY, 60.0) is not None:
        sent += 1

    assert (4 if healthy else 1, unsettled) == (sent, tries.unsettled)


def test_a_failure_rate_that_rises_meanwhile_asks_for_more_attempts() -> None:
    """Where others fail while a request is looked into, it is sent more often, and blamed all the same."""
    budget = RetryBudget(RetryPolicy())
    budget.record(100, 0)

    def healthy(case: Case, was_late: bool) -> bool:
        budget.record(20, 5)
        return True

    case = Case("one", "vendor/request/body/type", Request("POST", {}), Expectation.REFUSED, "")
    tries = Attempts(case, budget, healthy, max_probe_attempts=1)
    while tries.delay_after(Received(503, (), b""), 60.0) is not None:
        pass

    assert 4 < tries.number <= RetryPolicy().max_attempts
    assert not tries.unsettled


@pytest.mark.parametrize(("failures", "sent"), [(0, 2), (6, 5)])
def test_two_throttled_logins_may_be_a_coincidence(failures: int, sent: int) -> None:
    """Status 429 to bad credentials alone is a refusal; where others fail too, twice in a row does not show that."""
    budget = RetryBudget(RetryPolicy())
    budget.record(100, failures)
    case = Case("one", "vendor/auth/key/wrong", Request("POST", {}), Expectation.UNAUTHENTICATED, "")
    login = Attempts(case, budget, lambda case, was_late: True, max_probe_attempts=1, serves_at_once=lambda case: True)
    while login.delay_after(Received(429, (), b""), 60.0) is not None:
        pass

    assert sent == login.number
    assert not login.unsettled
