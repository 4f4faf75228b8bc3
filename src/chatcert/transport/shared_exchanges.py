"""Exchanges that serve several requirements: each of these requests is sent once."""

from __future__ import annotations

import threading
from collections.abc import Callable

from chatcert.cases.case import Case
from chatcert.transport.already_sent import AlreadySent
from chatcert.transport.exchange import Exchange


class SharedExchanges:
    """The exchanges of the shared cases of a session, by the ids of the cases. Safe to share between threads.

    Args:
        already_sent: those of earlier parts of the run.
    """

    def __init__(self, already_sent: AlreadySent) -> None:
        self._already_sent = already_sent
        self._exchanges: dict[str, Exchange] = {}
        self._lock = threading.Lock()
        self._locks: dict[str, threading.Lock] = {}

    def once(self, case: Case, send: Callable[[], Exchange]) -> Exchange:
        """Return the exchange of a shared case; it is sent if it has none yet."""
        with self._lock:
            lock = self._locks.setdefault(case.id, threading.Lock())
        with lock:
            if case.id not in self._exchanges:
                self._exchanges[case.id] = send()
            return self._exchanges[case.id]

    def replace(self, case: Case, exchange: Exchange) -> None:
        """Take another exchange for a case that was sent again."""
        with self._lock:
            if case.id in self._exchanges:
                self._exchanges[case.id] = exchange

    def served(self, case: Case) -> Exchange | None:
        """Return the exchange of a shared case that was served in the end; ``None`` if it was not."""
        exchange = self._exchanges.get(case.id) or self._already_sent.of(case)
        return exchange if exchange is not None and exchange.succeeded and not exchange.unsettled else None

    def served_with(self, case: Case | None) -> Exchange | None:
        """Return the exchange of a larger request that was served and that a case is a part of, if there is one."""
        while case is not None and case.is_part and case.instead_of is not None:
            case = case.instead_of
            if (exchange := self.served(case)) is not None:
                return exchange
        return None
