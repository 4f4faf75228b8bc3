"""The retry budget: attempts, delays and limits, by how many transient failures the run meets."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.resilience.retry import RetryBudget, RetryPolicy

POLICY = RetryPolicy()
RESET, LATE = TransportError(ErrorKind.RESET, "reset"), TransportError(ErrorKind.TIMEOUT, "too late")


@pytest.mark.parametrize(
    ("answers", "passed", "attempts"), [(0, 0, 4), (1000, 0, 4), (1000, 20, 4), (1000, 90, 6), (10, 5, 8), (1, 1, 8)]
)
def test_more_failures_lead_to_more_attempts(answers: int, passed: int, attempts: int) -> None:
    """So many attempts are made that as many failures in a row are improbable at the failure rate of the run."""
    budget = RetryBudget(POLICY)
    budget.record(answers, passed)

    assert attempts == budget.attempts_for(RESET)


@given(st.integers(1, 500), st.integers(0, 500))
def test_blame_needs_an_improbable_coincidence(answers: int, passed: int) -> None:
    """Where all attempts may have failed by chance, a request is not blamed."""
    budget = RetryBudget(POLICY)
    budget.record(answers, min(passed, answers))
    attempts = budget.attempts_for(RESET)

    by_chance = (min(passed, answers) / answers) ** attempts

    assert budget.is_no_coincidence(attempts) is (by_chance <= POLICY.coincidence)
    assert POLICY.attempts <= attempts <= POLICY.max_attempts


def test_time_outs_are_tried_again_until_too_many_cases_ended_in_one() -> None:
    """A time-out costs its whole time: a target that hangs at many payloads is not asked twice for each."""
    budget = RetryBudget(POLICY)
    before = budget.attempts_for(LATE)
    for _ in range(POLICY.max_timeouts):
        budget.record_timeout()

    assert POLICY.timeout_attempts == before
    assert 1 == budget.attempts_for(LATE)


@pytest.mark.parametrize(("answers", "attempts"), [(200, 3), (10_000, 2)])
def test_a_third_time_out_tells_where_two_may_be_a_coincidence(answers: int, attempts: int) -> None:
    """One failure in two hundred answers leaves two time-outs in doubt, one in ten thousand does not."""
    budget = RetryBudget(POLICY)
    budget.record(answers, 1)

    assert attempts == budget.attempts_for(LATE)
    assert budget.is_no_coincidence(attempts)


def test_what_may_be_sent_again_comes_to_an_end() -> None:
    """Confirmations and repeats are counted, each by itself."""
    budget = RetryBudget(RetryPolicy(max_confirmations=3, max_retries=5))

    assert 3 == sum(budget.take_confirmation(1) for _ in range(9))
    assert 5 == sum(budget.take_retry() for _ in range(9))


@pytest.mark.parametrize(("asked", "waits"), [("0", 0.0), ("5", 5.0), ("6", None), ("3600", None)])
def test_a_target_is_waited_for_within_reason(asked: str, waits: float | None) -> None:
    """A short wait is granted to the second, a long one is not waited for at all."""
    assert waits == RetryBudget(POLICY).delay(Received(429, (("Retry-After", asked),), b""), 1)


@given(st.integers(1, 8))
def test_pauses_grow_and_differ_within_their_bounds(attempt: int) -> None:
    """A pause is drawn at random from a range that doubles with each attempt, up to the longest."""
    pause = RetryBudget(POLICY).delay(RESET, attempt)

    assert pause is not None
    assert 0 <= pause <= min(POLICY.max_backoff, POLICY.backoff * 2 ** (attempt - 1))
