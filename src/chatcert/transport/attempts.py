"""How one request comes through its attempts: what is tried again, and whose doing bad weather is."""

from __future__ import annotations

from collections.abc import Callable

from chatcert.cases.case import Case, Expectation
from chatcert.transport.exchange import Answer, ErrorKind, Received, TransportError
from chatcert.transport.retry import Weather
from chatcert.transport.transient import is_transient


class Trial:
    """One request, from its first attempt to the answer that stands.

    A request is to blame for bad weather where a valid one is served, the request fails again, and then a valid one is
    served again. That there were too many requests, or that the target wants to be left alone for long, is nobody's
    fault.

    Args:
        well: whether the target serves a valid request right now; ``None`` for the request that is to find that out.
        most: attempts of such a request.

    Attributes:
        attempt: how many there were.
        unsettled: whether nothing can be concluded from the last one.
    """

    def __init__(self, case: Case, weather: Weather, well: Callable[[Case], bool] | None, *, most: int) -> None:
        self._case = case
        self._weather = weather
        self._well = well
        self._most = most
        self._bad = 0
        self._seen_well = False
        self.attempt = 0
        self.unsettled = False

    def next(self, answer: Answer, left: float) -> float | None:
        """Seconds until the next attempt; ``None`` where this one stands.

        Args:
            left: seconds that are left of the run.
        """
        self.attempt += 1
        if not is_transient(answer):
            if self._well is not None and _is_breach(self._case, answer) and self._weather.may_confirm(self.attempt):
                return 0.0
            self._weather.saw(self.attempt, self._bad)
            return None
        if isinstance(answer, TransportError) and left <= 0:
            return 0.0  # we cut it off ourselves; there is no time for another attempt, and the next one says so
        self._bad += 1
        delay = self._weather.wait(answer, self.attempt)
        if self._well is None:
            return delay if self.attempt < self._most and self._weather.may_repeat() else self._end(blamed=False)
        enough = self._weather.attempts_for(answer)
        if delay is None or (isinstance(answer, Received) and answer.status == 429):
            again = self.attempt < enough
        elif self.attempt >= enough - 1 and enough > 1 and not self._seen_well:
            again = self._seen_well = self._well(self._case)
            delay = 0.0
        elif self.attempt >= enough:
            if isinstance(answer, TransportError) and answer.kind == ErrorKind.TIMEOUT:
                self._weather.saw_hang()
            return self._end(blamed=self._weather.is_improbable(self.attempt) and self._well(self._case))
        else:
            again = True
        if delay is None or not again or not self._weather.may_repeat():
            return self._end(blamed=False)
        return delay

    def _end(self, *, blamed: bool) -> float | None:
        """Let the last attempt stand; weather that is not the request's own doing counts as the run's."""
        if not blamed:
            self._weather.saw(self.attempt, self._bad)
            self.unsettled = self._well is not None
        return None


def _is_breach(case: Case, answer: Answer) -> bool:
    """Whether an answer is plainly wrong for its case, so that sending it again tells how often."""
    if isinstance(answer, TransportError) or is_transient(answer):
        return False
    if case.expectation is Expectation.ACCEPTED:
        return not 200 <= answer.status < 300
    if case.expectation is Expectation.REFUSED:
        return not 400 <= answer.status < 500
    return answer.status >= 500 and answer.status != 501
