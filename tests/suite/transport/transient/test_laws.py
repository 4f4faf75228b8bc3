"""What holds under any schedule of good and bad answers, with a transport that plays it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from itertools import chain, repeat
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from chatcert.cases.case import BAD_CREDENTIALS, Expectation
from chatcert.cases.planner import Planner
from chatcert.requirements.catalogue import Catalogue
from chatcert.transport.budget import Budget, Stopped
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import ErrorKind, Exchange, Received, TransportError
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.resilience.transient import is_transient
from chatcert.transport.sending import Session
from chatcert.transport.target import Target

GOOD = Received(200, (("Content-Type", "application/json"),), b"{}")
BAD = [
    Received(429, (("Retry-After", "0"),), b""),
    Received(429, (("Retry-After", "86400"),), b""),
    Received(503, (), b""),
    TransportError(ErrorKind.RESET, "reset"),
    TransportError(ErrorKind.TIMEOUT, "too late"),
    TransportError(ErrorKind.DNS, "unknown"),
    TransportError(ErrorKind.INCOMPLETE, "cut"),
]
LATE = TransportError(ErrorKind.TIMEOUT, "too late")
SMALL = RetryPolicy(max_retries=9, max_confirmations=4, failure_threshold=5)
answers = st.one_of(st.just(GOOD), st.sampled_from([*BAD, Received(500, (), b""), Received(400, (), b"{}")]))
schedules = st.lists(answers, max_size=80)
policies = st.sampled_from(
    [RetryPolicy(), SMALL, RetryPolicy(max_retries=0), RetryPolicy(attempts=1, timeout_attempts=1)]
)


class Played:
    """A client that answers by a schedule, whatever it is asked."""

    def __init__(self, schedule: Iterator[Any]) -> None:
        self.sent = 0
        self.within = 0.0
        self._schedule = schedule

    def send(self, *given: Any) -> Any:
        self.sent += 1
        self.within = given[-1]
        return next(self._schedule)

    def close(self) -> None:
        pass

    forget_connections = close


def played(
    catalogue: Catalogue, planner: Planner, schedule: Iterator[Any], policy: RetryPolicy, most: int | None = None
) -> tuple[Played, list[Exchange], int, bool]:
    """Send some cases of every kind: the client, what was recorded, how many were planned, whether it was stopped."""
    contract = catalogue.contract
    found: list[Exchange] = []
    target = Target(
        "http://127.0.0.1:9",
        {c.scheme: Secret("pk_test_9fQ2vX7LmT4b") for c in contract.credentials},
        planner.requests.resources,
        limits=Limits(max_requests=most),
    )
    session = Session(
        contract,
        target,
        found.append,
        baseline=planner.requests.control(),
        policy=policy,
        sleep=lambda seconds: None,
    )
    session._client = client = Played(schedule)  # type: ignore[assignment]
    cases = [case for one in list(catalogue.requirements.values())[::6] for case in planner.plan(one).cases[:2]]
    alone = [case.control for case in cases if case.control is not None]
    planned = {one.id for case in (*cases, *alone) for one in (case, case.control) if one is not None}
    stopped = False
    try:
        for case in cases:
            with suppress(Inexpressible):  # a credential that cannot be forged
                session.send(case)
    except Stopped:
        stopped = True
    finally:
        session.close()
    return client, found, len(planned), stopped


@pytest.mark.slow
@settings(max_examples=60)
@given(schedules, answers, policies, st.integers(1, 40))
@example([BAD[2], GOOD] * 60, GOOD, SMALL, 20)
def test_no_more_is_sent_than_planned_allowed_and_budgeted(
    catalogue: Any, planner: Any, schedule: list[Any], last: Any, policy: RetryPolicy, most: int
) -> None:
    """Plan and allowed repeats bound what is sent, so does the budget, and all of it is recorded."""
    free, found, planned, _ = played(catalogue, planner, chain(schedule, repeat(last)), policy)
    short, recorded, _, stopped = played(catalogue, planner, chain(schedule, repeat(last)), policy, most)

    most_sent = planned + policy.max_extra_requests
    assert free.sent == len(found) <= most_sent + policy.max_controls(most_sent)
    assert short.sent == len(recorded) <= most
    assert stopped or short.sent == free.sent
    assert max(e.attempt for e in found) <= policy.busy_attempts + policy.confirmations


@pytest.mark.slow
@settings(max_examples=60)
@given(schedules, answers)
@example([GOOD, *repeat(BAD[3], 3), GOOD, BAD[3], GOOD], GOOD)
@example([GOOD, BAD[3], BAD[3], BAD[3], BAD[3], GOOD], GOOD)
@example([GOOD, GOOD, BAD[3], BAD[3], BAD[3], GOOD, BAD[3], GOOD], GOOD)
def test_no_blame_without_a_valid_request_served_before_and_after(
    catalogue: Any, planner: Any, schedule: list[Any], last: Any
) -> None:
    """A transient failure is judged only between two probes that were served, or before one if its kind is known."""
    policy = RetryPolicy()
    _, found, _, _ = played(catalogue, planner, chain(schedule, repeat(last)), policy)

    blamed: Counter[Any] = Counter()
    for place, exchange in enumerate(found):
        answer = exchange.received or exchange.error
        assert answer is not None
        if not exchange.final or exchange.role == "probe" or exchange.unsettled or not is_transient(answer):
            continue
        others = (n for n, e in enumerate(found[:place]) if e.role != "probe" and e.case != exchange.case)
        own = found[max(others, default=-1) + 1 : place]
        served = [e for e in own if e.role == "probe" and e.final and e.status is not None and e.status != 503]
        kind = (exchange.expectation, exchange.status)
        is_known = exchange.status is not None and blamed[kind] >= policy.known_after
        is_login = exchange.status == 429 and exchange.expectation in (*BAD_CREDENTIALS, Expectation.METHOD)
        blamed[kind] += 1
        assert exchange.status != 429 or is_login
        assert len(served) >= (2 if exchange.attempt > 1 and not is_login else 1)
        assert exchange.attempt > 1 or exchange.error == LATE or is_known or is_login


@pytest.mark.slow
@settings(max_examples=40)
@given(st.integers(0, 30), st.sampled_from(BAD))
def test_a_target_that_is_gone_is_soon_left_alone(catalogue: Any, planner: Any, good: int, bad: Any) -> None:
    """Once every answer is a transient failure, few more requests are sent."""
    policy = RetryPolicy()
    client, found, planned, stopped = played(catalogue, planner, chain(repeat(GOOD, good), repeat(bad)), policy)

    more = client.sent - good
    assert more <= policy.failure_threshold + len(policy.cool_downs) + 1
    is_last = found[-1].unsettled  # nothing is left to send that would stop
    assert stopped or client.sent <= planned + 1 or more <= policy.failure_threshold or is_last
    assert not [
        e
        for e in found
        if e.expectation == Expectation.ACCEPTED and e.error and e.final and not e.unsettled and e.role != "probe"
    ]


def test_no_request_may_take_longer_than_what_is_left(catalogue: Any, planner: Any) -> None:
    """The client gets the seconds that are left of the run."""
    contract = catalogue.contract
    target = Target(
        "http://127.0.0.1:9",
        {c.scheme: Secret("pk_test_9fQ2vX7LmT4b") for c in contract.credentials},
        planner.requests.resources,
    )
    session = Session(
        contract,
        target,
        lambda exchange: None,
        baseline=planner.requests.control(),
        budget=Budget(ends=time.monotonic() + 1000),
    )
    session._client = client = Played(repeat(GOOD))  # type: ignore[assignment]

    session.send(planner.requests.control())

    assert 0 < client.within <= 1000
