"""Attempts of one request: when it is sent again, and whether the request itself causes its transient failures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from chatcert.cases.case import BAD_CREDENTIALS, Case, Expectation
from chatcert.openapi.contract import Contract
from chatcert.openapi.refusal_marks import is_refused
from chatcert.transport.exchange import Answer, ErrorKind, Received, TransportError
from chatcert.transport.resilience.circumstances import DENIED
from chatcert.transport.resilience.retry import RetryBudget
from chatcert.transport.resilience.transient import is_late, is_transient


class Attempts:
    """The attempts of one request, up to the final one.

    A request is the cause of its transient failures where a valid request is served, this one fails again, and then a
    valid one is served again. Status 429, and a Retry-After longer than the policy allows, are never its fault. A login
    with bad credentials is the exception: where valid requests are served at once right after each 429, that status is
    how the server refuses bad logins. So it is with a long Retry-After: where a valid request is served at once after
    it, it is not about the server.

    Where valid requests fail as well, the target is waited for once, and the request begins anew.

    Args:
        is_healthy: returns whether the target serves a valid request right now, given the case and whether that had no
            answer in time; ``None`` for a probe, which is the request that finds that out.
        max_probe_attempts: how often a probe is sent.
        serves_at_once: returns whether a valid request is served at its first attempt right now.
        recovers: waits until the target answers again, and returns whether it does.

    Attributes:
        number: how many attempts there were.
        unsettled: whether the final attempt is a transient failure that is not known to be the request's own doing, so
            that nothing can be concluded from it.
    """

    def __init__(
        self,
        case: Case,
        budget: RetryBudget,
        is_healthy: Callable[[Case, bool], bool] | None,
        *,
        max_probe_attempts: int,
        serves_at_once: Callable[[Case], bool] | None = None,
        recovers: Callable[[], bool] | None = None,
    ) -> None:
        self._case = case
        self._budget = budget
        self._is_healthy = is_healthy
        self._max_probe_attempts = max_probe_attempts
        self._serves_at_once = serves_at_once
        self._recovers = recovers
        self._before_outage = 0
        self._throttled = 0
        self._failures = 0
        self._timeouts = 0
        self._was_healthy = False
        self.number = 0
        self.unsettled = False

    def delay_after(self, answer: Answer, time_left: float) -> float | None:
        """Return the seconds until the next attempt; ``None`` where this one is final.

        Args:
            answer: how this attempt ended.
            time_left: seconds that are left of the run.
        """
        self.number += 1
        requested = self._case.expectation is Expectation.REQUESTED_ERROR and isinstance(answer, Received)
        if requested or not is_transient(answer):
            return self._delay_after_answer(answer)
        if isinstance(answer, TransportError) and time_left <= 0:
            return 0.0  # our own time limit ended this attempt; the next one reports that the time is spent
        self._failures += 1
        if self._is_healthy is not None and isinstance(answer, TransportError) and answer.kind is ErrorKind.TIMEOUT:
            self._budget.record_timeout()
            self._timeouts += 1
        delay = self._budget.delay(answer, self.number)
        if self._is_healthy is None:
            late = isinstance(answer, TransportError) and answer.kind is ErrorKind.TIMEOUT
            if self.number < self._max_probe_attempts and not late and self._budget.take_retry():
                return delay
            self._finish(caused_by_request=False)
            return None
        if isinstance(answer, Received) and answer.status == 429 and self._is_refused_login():
            if not self._budget.is_throttling(self._throttled):
                return 0.0
            self._budget.throttles_logins = True
            self._finish(caused_by_request=True)
            return None
        return self._delay_after_failure(answer, delay, self._is_healthy)

    def _is_refused_login(self) -> bool:
        """Return whether status 429 answers bad credentials alone: a valid request is served right after each."""
        is_login = self._case.has_bad_credentials or not self._case.has_intact_credentials
        if (
            self._serves_at_once is None
            or not is_login
            or self._throttled != self.number - 1
            or not self._budget.take_retry()
        ):
            return False
        served = self._serves_at_once(self._case)
        self._throttled += served
        return served

    def _delay_after_answer(self, answer: Answer) -> float | None:
        """Request a wrong answer again, as far as the policy allows; let any other stand."""
        wrong = self._is_healthy is not None and _is_wrong(self._case, answer)
        if wrong and self._budget.take_confirmation(self.number):
            return 0.0
        self._budget.record(self.number, self._failures)
        self._budget.forgive_timeouts(self._timeouts)
        return None

    def give_up(self) -> None:
        """Let the last attempt stand, which was not waited for as long as usual, so that nothing can be concluded."""
        self.number += 1
        self.unsettled = True

    def _delay_after_failure(
        self, failure: Answer, delay: float | None, is_healthy: Callable[[Case, bool], bool]
    ) -> float | None:
        """Retry a transient failure; before the last attempt and after it, see whether the target is healthy."""
        kind = self._case.expectation.value
        attempts, tries = self._budget.attempts_for(failure, kind), self.number - self._before_outage
        if delay is None and self._is_about_request(failure, known=attempts == 1):
            delay = 0.0
        if delay is None or (isinstance(failure, Received) and failure.status == 429):
            retry = self.number < attempts
        elif tries >= attempts - 1 and attempts > 1 and not self._was_healthy:
            self._was_healthy = is_healthy(self._case, is_late(failure))
            retry, delay = self._was_healthy or self._has_recovered(failure), 0.0
        elif tries >= attempts:
            served = is_healthy(self._case, is_late(failure))
            if served and self._budget.is_no_coincidence(tries):
                self._budget.record_blame(failure, kind)
                self._finish(caused_by_request=True)
                return None
            more = served and tries < self._budget.attempts_for(
                failure, kind
            )  # the failure rate may have risen meanwhile
            retry, delay = more or (not served and self._has_recovered(failure)), 0.0
        else:
            retry = True
        if delay is None or not retry or not self._budget.take_retry():
            self._finish(caused_by_request=False)
            return None
        return delay

    def _is_about_request(self, failure: Answer, *, known: bool) -> bool:
        """Return whether a Retry-After longer than the policy allows is not about the server, which serves others.

        Args:
            known: whether one attempt is enough, after which a valid request is sent anyway.
        """
        if not isinstance(failure, Received) or failure.status < 500 or self._serves_at_once is None:
            return False
        return known or (self._budget.take_retry() and self._serves_at_once(self._case))

    def _has_recovered(self, failure: Answer) -> bool:
        """Wait for a target that serves nobody, once; return whether it answers again, so that this begins anew."""
        late = is_late(failure)
        is_tried = self._before_outage > 0 or not self._budget.has_served
        if late or is_tried or self._recovers is None or not self._recovers():
            return False
        self._before_outage, self._was_healthy = self.number, False
        return True

    def _finish(self, *, caused_by_request: bool) -> None:
        """Let the last attempt stand; failures that the request did not cause count towards the run's failure rate."""
        if not caused_by_request:
            self._budget.record(self.number, self._failures)
            self.unsettled = self._is_healthy is not None


def as_meant(answer: Answer, contract: Contract) -> Answer:
    """Return the answer with the status that it stands for.

    That is the status of a bad request if it refuses with the status of a success, and 200 if it is a redirect that the
    document has as the success.
    """
    if isinstance(answer, Received) and contract.redirects_to_chat(answer.status):
        return replace(answer, status=200)
    if isinstance(answer, Received) and is_refused(contract, answer.status, answer.body):
        return replace(answer, status=contract.bad_request_statuses[0])
    return answer


def _is_wrong(case: Case, answer: Answer) -> bool:
    """Return whether an answer is plainly wrong for its case, so that requesting it again tells how often it comes."""
    if isinstance(answer, TransportError) or is_transient(answer):
        return False
    if case.expectation is Expectation.REQUESTED_ERROR:
        return 200 <= answer.status < 400
    if case.expectation is Expectation.ACCEPTED:
        return not 200 <= answer.status < 300
    if case.expectation in (Expectation.REFUSED, Expectation.IN_USE):
        is_denied = answer.status in DENIED and case.has_intact_credentials
        return is_denied or not 400 <= answer.status < 500
    if case.expectation in BAD_CREDENTIALS and 200 <= answer.status < 300:
        return "json" in (answer.header("Content-Type") or "").lower()  # else it may be a page for everybody
    return answer.status >= 500 and answer.status != 501
