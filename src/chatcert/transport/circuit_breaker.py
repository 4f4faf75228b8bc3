"""The circuit breaker: a target that answers nobody is left alone for a while, looked at, and in the end given up."""

from __future__ import annotations

import threading
from collections.abc import Callable

from pybreaker import STATE_CLOSED, CircuitBreaker, CircuitBreakerError

from chatcert.transport.budget import Stopped
from chatcert.transport.retry import Patience


class TargetGone(Stopped):
    """The target went away during the run and did not come back."""


class _Weather(Exception):
    """An answer that was bad weather, in the words of a circuit breaker."""


class Breaker:
    """Stands before every request of a run.

    Args:
        probe: whether the target serves a valid request right now.
        sleep: waits for some seconds.
    """

    def __init__(self, patience: Patience, probe: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        self._cool_downs = patience.cool_downs
        self._probe = probe
        self._sleep = sleep
        self._circuit = CircuitBreaker(fail_max=patience.unanswered)
        self._gate = threading.Lock()
        self._gone = ""

    def admit(self) -> None:
        """Let a request pass, or hold it back until the target is well: one thread looks, the others wait for it.

        Raises:
            TargetGone: it is given up.
        """
        if self._circuit.current_state == STATE_CLOSED:
            return
        with self._gate:
            if self._circuit.current_state == STATE_CLOSED:
                return
            if not self._gone and self._recovers():
                self._circuit.close()
                return
            self._gone = "the target went away during the run and did not come back"
        raise TargetGone(self._gone)

    def _recovers(self) -> bool:
        for seconds in self._cool_downs:
            self._sleep(seconds)
            if self._probe():
                return True
        return False

    def note(self, *, weather: bool) -> None:
        """Count an answer; so many in a row that are bad weather open the circuit."""

        def answer() -> None:
            if weather:
                raise _Weather

        try:
            self._circuit.call(answer)
        except (_Weather, CircuitBreakerError):
            return
