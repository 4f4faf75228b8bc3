"""Sequences of requests on connections of their own, with no request that begins between the first two."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import Final

from chatcert.cases.case import Case
from chatcert.transport.client import Client
from chatcert.transport.exchange import Exchange, Role

GAP: Final = 0.02
"""Seconds between two requests after which the earlier one reaches the server first."""
PATIENCE: Final = 60.0
"""Seconds that a request waits at most for a sequence of another thread."""

Attempt = Callable[[Case, Exchange | None, Client], Exchange]


class Sequences:
    """Sends the cases of a sequence one after another; safe to share between threads.

    Args:
        attempt: sends one case after its control.
        new_client: makes what sends the cases of one sequence.
    """

    def __init__(self, attempt: Attempt, new_client: Callable[[], Client]) -> None:
        self._attempt = attempt
        self._new_client = new_client
        self._clients: list[Client] = []
        self._changed = threading.Condition()
        self._owner: int | None = None
        self._closings = 0

    def send(self, cases: Sequence[Case], controls: Sequence[Exchange | None], *, beside: bool) -> list[Exchange]:
        """Send cases one after another.

        Args:
            beside: whether other threads send as well; none of their requests begins between the first case and the
                last one, though some may be in flight.
        """
        client = self._new_client()
        self._clients.append(client)
        exchanges: list[Exchange] = []
        try:
            with self._closed() if beside else nullcontext(lambda: None) as open_soon:
                for number, (case, control) in enumerate(zip(cases, controls, strict=True), 1):
                    if number == len(cases):
                        open_soon()
                    exchanges.append(self._attempt(case, control, client))
        finally:
            self._clients.remove(client)
            client.close()
        return exchanges

    def wait(self, role: Role) -> None:
        """Wait until no sequence of another thread keeps requests from beginning; it may wait for a probe itself."""
        if role != Role.PROBE and self._owner is not None and self._owner != threading.get_ident():
            with self._changed:
                self._changed.wait_for(lambda: self._owner is None, PATIENCE)

    def abort(self) -> None:
        """Abort the requests in flight."""
        for client in list(self._clients):
            client.abort()

    @contextmanager
    def _closed(self) -> Iterator[Callable[[], None]]:
        """Keep requests of other threads from beginning, once those have that were waiting for it.

        Yields:
            What lets them begin again when the next request has been sent, at the end of the block at the latest.
        """
        closings = -1
        with self._changed:
            while self._owner is not None or closings != self._closings:
                self._changed.wait_for(lambda: self._owner is None)
                closings = self._closings
                self._changed.release()
                time.sleep(GAP)
                self._changed.acquire()
            self._owner = threading.get_ident()
            self._closings += 1
            closing = self._closings
        timer = threading.Timer(GAP, self._open, [closing])
        timer.daemon = True
        try:
            yield timer.start
        finally:
            self._open(closing)

    def _open(self, closing: int) -> None:
        with self._changed:
            if closing == self._closings:  # no other sequence has begun meanwhile
                self._owner = None
                self._changed.notify_all()
