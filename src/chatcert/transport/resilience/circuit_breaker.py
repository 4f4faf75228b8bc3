"""Circuit breaker: after too many transient failures in a row, pause, probe the target, and give it up in the end."""

from __future__ import annotations

import threading
from collections.abc import Callable

from chatcert.transport.budget import Stopped
from chatcert.transport.resilience.retry import RetryPolicy


class TargetGone(Stopped):
    """The target went away during the run and did not come back."""


class CircuitBreaker:
    """Holds back every request of a run while its target serves nobody. Safe to share between threads.

    Args:
        probe: returns whether the target answers a valid request right now.
        sleep: waits for some seconds.
    """

    def __init__(self, policy: RetryPolicy, probe: Callable[[], bool], sleep: Callable[[float], None]) -> None:
        self._threshold = policy.failure_threshold
        self._cool_downs = policy.cool_downs
        self._probe = probe
        self._sleep = sleep
        self._count_lock = threading.Lock()
        self._failures = 0
        self._recovery_lock = threading.Lock()
        self._given_up = False

    @property
    def _is_open(self) -> bool:
        return self._failures >= self._threshold

    def admit(self) -> None:
        """Let a request pass, or hold it back until the target has recovered: one thread probes, the others wait.

        Raises:
            TargetGone: the target did not recover.
            Stopped: it may not be probed any more.
        """
        if not self._is_open:
            return
        with self._recovery_lock:
            if not self._is_open:
                return
            if not self._given_up and self._recovers():
                self._failures = 0
                return
            self._given_up = True
        raise TargetGone("the target went away during the run and did not come back")

    def await_recovery(self) -> bool:
        """Hold everything back until the target answers again; return whether it does."""
        with self._count_lock:
            self._failures = max(self._failures, self._threshold)
        try:
            self.admit()
        except Stopped:  # the next request reports it
            return False
        return True

    def _recovers(self) -> bool:
        for seconds in self._cool_downs:
            self._sleep(seconds)
            if self._probe():
                return True
        return False

    def record(self, *, failed: bool) -> None:
        """Count an answer: a success resets the count of a closed circuit, and enough failures in a row open it.

        An answer that arrives while the circuit is open changes nothing: only a probe closes it.
        """
        with self._count_lock:
            if not self._is_open:
                self._failures = self._failures + 1 if failed else 0
