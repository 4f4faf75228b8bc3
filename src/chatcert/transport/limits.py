"""Limits of one vendor's run: requests in flight, their rate and number, and time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

DEFAULT_TIMEOUT: Final = 15.0
"""Seconds for one request, unless a user sets another limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one vendor's run may spend.

    Attributes:
        jobs: requests in flight.
        timeout: seconds for one request.
        rate: requests a second; ``None`` for no limit.
        max_requests: how many requests may be sent; ``None`` for no limit.
        max_chats: how many chats may be created; ``None`` for no limit.
        max_refused_logins: how many requests with bad credentials may be sent; ``None`` for no limit.
        max_time: seconds after which nothing more is sent; ``None`` for no limit.
    """

    jobs: int = 1
    timeout: float = DEFAULT_TIMEOUT
    rate: float | None = None
    max_requests: int | None = None
    max_refused_logins: int | None = None
    max_time: float | None = None
    max_chats: int | None = None
