"""Bad weather: what passes by itself, how long it is sat out, and when it is none but the request's own doing."""

from __future__ import annotations

import email.utils
import threading
import time
from dataclasses import dataclass

from tenacity import RetryCallState, Retrying, wait_random_exponential

from chatcert.transport.exchange import Answer, ErrorKind, Received, TransportError


@dataclass(frozen=True, slots=True)
class Patience:
    """How much bad weather a run puts up with.

    Attributes:
        attempts: how often a request is sent, where each attempt ends in bad weather.
        most_attempts: the same where the weather is so bad that as many might fail by chance.
        timeouts: the same where it ends in a time-out, which costs its whole time.
        hangs: once so many cases have ended in a time-out, a further one is not tried again.
        longest_wait: seconds that a Retry-After may keep us waiting; a longer one ends the attempt.
        backoff, longest_backoff: seconds; upper ends of the first and of the longest random pause.
        confirmations: how often a wrong answer is asked for again: one that does not repeat is told from one that
            always comes.
        most_confirmations: the same for a whole run.
        most_repeats: requests of a whole run that are sent because of bad weather, probes included.
        chance: how improbable it must be that a request met the run's bad weather at every attempt, to blame it.
        unanswered: consecutive answers, of any requests, that are bad weather before sending pauses.
        cool_downs: seconds of these pauses, a probe after each; after the last one the target is given up.
    """

    attempts: int = 4
    most_attempts: int = 8
    timeouts: int = 2
    hangs: int = 3
    longest_wait: float = 5.0
    backoff: float = 0.1
    longest_backoff: float = 2.0
    confirmations: int = 2
    most_confirmations: int = 60
    most_repeats: int = 400
    chance: float = 1e-6
    unanswered: int = 7
    cool_downs: tuple[float, ...] = (0.0, 5.0, 15.0, 30.0)

    @property
    def most_extra(self) -> int:
        """Requests that a run may send beyond its plan."""
        return self.most_confirmations + self.most_repeats


class Weather:
    """What a run has seen of the weather, and what it may still spend on it."""

    def __init__(self, patience: Patience) -> None:
        self.patience = patience
        self._lock = threading.Lock()
        self._confirmations = patience.most_confirmations
        self._repeats = patience.most_repeats
        self._hangs = patience.hangs
        self._answers = 0
        self._passed = 0
        self._backoff = wait_random_exponential(multiplier=patience.backoff, max=patience.longest_backoff)

    def may_confirm(self, attempt: int) -> bool:
        """Whether a wrong answer is asked for again; counts it."""
        with self._lock:
            if attempt > self.patience.confirmations or self._confirmations <= 0:
                return False
            self._confirmations -= 1
            return True

    def may_repeat(self) -> bool:
        """Whether another request may be sent because of bad weather; counts it."""
        with self._lock:
            if self._repeats <= 0:
                return False
            self._repeats -= 1
            return True

    def attempts_for(self, answer: Answer) -> int:
        """How often a request is sent that ends in this bad weather every time."""
        if isinstance(answer, TransportError) and answer.kind == ErrorKind.TIMEOUT:
            return self.patience.timeouts if self._hangs > 0 else 1
        enough = self.patience.attempts
        while enough < self.patience.most_attempts and not self.is_improbable(enough):
            enough += 1
        return enough

    def is_improbable(self, attempts: int) -> bool:
        """Whether bad weather as frequent as this run's is unlikely to have met so many attempts in a row."""
        with self._lock:
            share = self._passed / self._answers if self._answers else 0.0
        return bool(share**attempts <= self.patience.chance)

    def wait(self, answer: Answer, attempt: int) -> float | None:
        """Seconds until the next attempt; ``None`` where the target asks for more than it is given."""
        asked = asked_pause(answer)
        if asked is not None:
            return asked if asked <= self.patience.longest_wait else None
        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return float(self._backoff(state))

    def saw(self, answers: int, passed: int) -> None:
        """Note answers, and how many of them were bad weather that belonged to no request in particular."""
        with self._lock:
            self._answers += answers
            self._passed += passed

    def saw_hang(self) -> None:
        """Note a case that ended in a time-out."""
        with self._lock:
            self._hangs -= 1


def asked_pause(answer: Answer) -> float | None:
    """Seconds that an answer asks to be left alone for."""
    return retry_after(answer.header("Retry-After")) if isinstance(answer, Received) else None


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))
