"""Manners of busy servers: some requests are deferred, or have their connection reset."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from itertools import count, cycle

from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import Manner, Pause

BUSY_EVERY = 15
UNAVAILABLE_EVERY = 20
RESET_EVERY = 25


def busy_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners of transient failures, which are gone when the same request is sent again."""
    waits = cycle((b"0", b"1"))
    yield draft.make(
        "busy",
        f"every {BUSY_EVERY}th request is answered with 429 and Retry-After in seconds",
        pauses=(_paused(429, BUSY_EVERY, lambda: next(waits)),),
    )
    yield draft.make(
        "busy-until",
        f"every {BUSY_EVERY}th request is answered with 429 and Retry-After as a date",
        pauses=(_paused(429, BUSY_EVERY, _in_a_second),),
    )
    yield draft.make(
        "unavailable",
        f"every {UNAVAILABLE_EVERY}th request is answered with 503",
        pauses=(_paused(503, UNAVAILABLE_EVERY, None),),
    )
    yield draft.make("reset", f"every {RESET_EVERY}th request has its connection reset", drops=(_every(RESET_EVERY),))


def _in_a_second() -> bytes:
    return formatdate(time.time() + 1, usegmt=True).encode()


def _paused(status: int, nth: int, wait: Callable[[], bytes] | None) -> Pause:
    due = _every(nth)

    def pause() -> tuple[int, list[tuple[bytes, bytes]]] | None:
        if not due():
            return None
        return status, [(b"retry-after", wait())] if wait is not None else []

    return pause


def _every(nth: int) -> Callable[[], bool]:
    numbers = count(1)
    return lambda: next(numbers) % nth == 0
