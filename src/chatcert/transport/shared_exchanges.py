"""Exchanges of controls that many cases share: each is made once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from chatcert.transport.exchange import Exchange


class SharedExchanges:
    """Makes the exchange of each case once, whichever threads ask for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}
        self._made: dict[str, Exchange] = {}

    def of(self, case: str, make: Callable[[], Exchange]) -> Exchange:
        """Return the exchange of a case; the first call makes it."""
        with self._lock:
            lock = self._locks.setdefault(case, threading.Lock())
        with lock:
            if case not in self._made:
                self._made[case] = make()
            return self._made[case]

    def replace(self, case: str, exchange: Exchange) -> None:
        """Let another exchange take the place of the one that was made, if there is one."""
        with self._lock:
            if case in self._made:
                self._made[case] = exchange
