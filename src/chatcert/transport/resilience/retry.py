"""Retry policy for transient failures, and what a run has left of it."""

from __future__ import annotations

import email.utils
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass
from typing import Final

from chatcert.transport.exchange import Answer, ErrorKind, Received, TransportError

LEAST_LIMIT: Final = 1.0
"""Seconds that every request is waited for at least."""
NO_RETRIES_LEFT: Final = "transient failures used up all the requests that may be repeated because of them"
_THROTTLED_LOGINS: Final = 2
"""How often a bad login is answered with 429 at least, and a valid one served after it, until that is a refusal."""
USUAL_TIMES: Final = 4
"""How many times the slowest answer of a run a request is waited for after many time-outs."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often requests are sent again, and how long the waits between attempts are.

    Attributes:
        attempts: attempts of a request whose every attempt ends in a transient failure.
        max_attempts: the same in a run with so many transient failures that ``attempts`` of them in a row may well be
            a coincidence.
        busy_attempts: attempts of a request whose every attempt is answered with 429, which says nothing about it.
        known_attempts: the same as ``attempts`` where requests of this kind were blamed for this failure often enough.
        known_after: how many requests that is.
        timeout_attempts: attempts of a request whose every attempt times out, since each costs the whole time limit;
            there is one more where so many may well be a coincidence, and ``max_timeouts`` allows it.
        max_timeouts: after so many attempts that timed out, no request is waited for as long, and none that times out
            is retried.
        max_retry_after: seconds; a request whose answer has a longer Retry-After is not retried.
        backoff: seconds; upper limit of the first random wait. It doubles with each attempt.
        max_backoff: seconds; upper limit of every random wait.
        confirmations: how often a wrong answer is requested again, to see whether it repeats.
        max_confirmations: the same for a whole run.
        max_retries: requests of a whole run that are sent because of transient failures, probes included.
        coincidence: a request is blamed for its transient failures only where the probability that all its attempts
            failed by chance, at the failure rate of this run, is at most this.
        failure_threshold: consecutive transient failures, of any requests, that open the circuit breaker.
        cool_downs: seconds to wait before each probe of an open circuit; after the last one the target is given up.
        control_interval: after so many exchanges without a valid request that was served, a control is sent.
        spread_interval: one valid request of the plan comes after so many others, while there are any left; after half
            as many where the last of these is of a kind that none has followed yet.
        control_delays: seconds to wait before a control that was refused is repeated; after the last one the run ends.
    """

    attempts: int = 4
    max_attempts: int = 8
    known_attempts: int = 1
    known_after: int = 5
    busy_attempts: int = 24
    timeout_attempts: int = 2
    max_timeouts: int = 3
    max_retry_after: float = 5.0
    backoff: float = 0.1
    max_backoff: float = 2.0
    confirmations: int = 2
    max_confirmations: int = 60
    max_retries: int = 400
    coincidence: float = 1e-6
    failure_threshold: int = 7
    cool_downs: tuple[float, ...] = (0.0, 1.0, 2.0, 5.0, 10.0, 15.0, 20.0)
    control_interval: int = 32
    spread_interval: int = 20
    control_delays: tuple[float, ...] = (1.0, 3.0)

    @property
    def max_extra_requests(self) -> int:
        """Requests that a run may send beyond its plan, controls left out."""
        return self.max_confirmations + self.max_retries

    def max_controls(self, requests: int) -> int:
        """Return how many controls a run of so many requests may repeat, where its answers are what they should be."""
        return requests // self.control_interval + 1


class RetryBudget:
    """The transient failures that a run has met, and the retries that it has left. Safe to share between threads.

    Attributes:
        has_served: whether the target has served a request, so that status 429 is likely to pass.
        throttles_logins: whether the target is known to refuse bad logins with status 429.
    """

    def __init__(self, policy: RetryPolicy) -> None:
        self.policy = policy
        self.has_served = False
        self.throttles_logins = False
        self._lock = threading.Lock()
        self._confirmations = policy.max_confirmations
        self._retries = policy.max_retries
        self._timeouts = policy.max_timeouts
        self._slowest = 0.0
        self._attempts = 0
        self._failures = 0
        self._blamed: Counter[tuple[str, int]] = Counter()

    def take_confirmation(self, attempt: int) -> bool:
        """Return whether a wrong answer may be requested again after this attempt, and count it if so."""
        with self._lock:
            if attempt > self.policy.confirmations or self._confirmations <= 0:
                return False
            self._confirmations -= 1
            return True

    def take_retry(self) -> bool:
        """Return whether one more request may be sent because of a transient failure, and count it if so."""
        with self._lock:
            if self._retries <= 0:
                return False
            self._retries -= 1
            return True

    def attempts_for(self, failure: Answer, kind: str = "") -> int:
        """Return how often a request is sent whose every attempt ends in this transient failure.

        Args:
            kind: what is expected of the request.
        """
        if isinstance(failure, TransportError) and failure.kind == ErrorKind.TIMEOUT:
            return self._attempts_in_time() if self._timeouts > 0 else 1
        if self.has_served and isinstance(failure, Received) and failure.status == 429:
            return max(self.policy.busy_attempts, self.policy.attempts)
        known = isinstance(failure, Received) and self._blamed[kind, failure.status] >= self.policy.known_after
        attempts = self.policy.known_attempts if known else self.policy.attempts
        while attempts < self.policy.max_attempts and not self.is_no_coincidence(attempts):
            attempts += 1
        return attempts

    def _attempts_in_time(self) -> int:
        attempts, most = self.policy.timeout_attempts, min(self.policy.max_timeouts, self.policy.max_attempts)
        return attempts if attempts >= most or self.is_no_coincidence(attempts) else attempts + 1

    def is_throttling(self, attempts: int) -> bool:
        """Return whether a bad login is refused by 429 if so many attempts were, each before a valid one was served.

        Twice may be a coincidence in a run whose other requests meet transient failures as well.
        """
        if self.throttles_logins:
            return attempts >= 1
        certain = attempts >= self.policy.max_attempts or self.is_no_coincidence(attempts)
        return certain and attempts >= _THROTTLED_LOGINS

    def is_no_coincidence(self, attempts: int) -> bool:
        """Return whether so many failed attempts in a row are improbable at the failure rate of this run."""
        with self._lock:
            rate = self._failures / self._attempts if self._attempts else 0.0
        return bool(rate**attempts <= self.policy.coincidence)

    def delay(self, failure: Answer, attempt: int) -> float | None:
        """Return the seconds until the next attempt; ``None`` where Retry-After demands more than the policy allows.

        Without a Retry-After the delay is random, up to a limit that doubles with each attempt (full jitter).
        """
        demanded = retry_after(failure.header("Retry-After")) if isinstance(failure, Received) else None
        if demanded is not None:
            return demanded if demanded <= self.policy.max_retry_after else None
        return random.uniform(0.0, min(self.policy.backoff * 2 ** (attempt - 1), self.policy.max_backoff))

    def record(self, attempts: int, failures: int) -> None:
        """Count the attempts of a request, and how many of them were transient failures not caused by the request."""
        with self._lock:
            self._attempts += attempts
            self._failures += failures

    def record_blame(self, failure: Answer, kind: str) -> None:
        """Take notice of a request of a kind that causes this transient failure itself."""
        if isinstance(failure, Received):
            with self._lock:
                self._blamed[kind, failure.status] += 1

    def record_timeout(self) -> None:
        """Count an attempt that timed out."""
        with self._lock:
            self._timeouts -= 1

    def forgive_timeouts(self, number: int) -> None:
        """Count so many attempts no longer: the same request was answered in the end."""
        with self._lock:
            self._timeouts += number

    def record_answer(self, seconds: float) -> None:
        """Take notice of how long an answer took."""
        with self._lock:
            self._slowest = max(self._slowest, seconds)

    def shorter_limit(self, timeout: float) -> float | None:
        """Return the seconds that a request is waited for where that is less than usual: after many time-outs.

        Args:
            timeout: the usual time limit.
        """
        if self._timeouts > 0:
            return None
        limit = max(LEAST_LIMIT, USUAL_TIMES * self._slowest)
        return limit if limit < timeout else None


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """Parse a Retry-After header, given in seconds or as a date (RFC 9110 section 10.2.3).

    Args:
        now: seconds since the epoch; by default the current time.

    Returns:
        Seconds to wait, or ``None`` where there is no such header or it cannot be understood.
    """
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        date = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, date - (time.time() if now is None else now))


def asked_pause(answer: Answer | None) -> str:
    """Return that an answer asks for a pause, and for how long (RFC 9110 section 10.2.3); empty if it asks for none."""
    pause = retry_after(answer.header("Retry-After")) if isinstance(answer, Received) else None
    return f", which asks for {pause:g} s" if pause is not None else ""
