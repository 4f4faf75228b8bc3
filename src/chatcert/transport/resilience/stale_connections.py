"""Requests that met a connection which the server had closed after its last answer, and that are sent again."""

from __future__ import annotations

import threading
from typing import Final

from chatcert.transport.client import Client
from chatcert.transport.exchange import Answer, TransportError

MAX_STALE: Final = 3
"""How often a run repeats a request because a connection was closed that had been used before."""


class StaleConnections:
    """Counts the closed connections that the requests of a run have met. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._number = 0

    def met(self, answer: Answer, client: Client) -> bool:
        """Return whether a server closed a connection right after its last answer, so that a request is repeated.

        That is not a failure of the target (RFC 9112 section 9.5). From then on each request of the client gets a new
        connection.
        """
        if not isinstance(answer, TransportError) or not answer.on_reused:
            return False
        client.stop_reusing()
        with self._lock:
            self._number += 1
            return self._number <= MAX_STALE
