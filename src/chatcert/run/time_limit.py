"""End a computation when its time is over, even inside a library that never checks the time."""

from __future__ import annotations

import signal
import sys
import threading
import time
from _thread import interrupt_main
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from chatcert.transport.budget import TIME_IS_OVER, TimeSpent

_ALARM = getattr(signal, "SIGALRM", None)
_AGAIN = 0.02
"""Seconds until an exception that was swallowed is raised again."""


class _Over(KeyboardInterrupt):  # libraries take an ``Exception`` for a failure of the code that they call
    """The time is over."""


@contextmanager
def ending_in(seconds: float) -> Iterator[None]:
    """End the block when ``seconds`` are over.

    It uses a signal, so the block ends early only in the main thread and on systems with ``SIGALRM``. Before the time
    is over, the signal reaches the handler that it had before.

    Raises:
        TimeSpent: the time is over.
    """
    if _ALARM is None or seconds > threading.TIMEOUT_MAX or threading.current_thread() is not threading.main_thread():
        yield
        return
    number, end, inside = _ALARM, time.monotonic() + seconds, True
    before = signal.getsignal(number)

    def ring(got: int, frame: FrameType | None) -> None:
        if time.monotonic() < end:
            if callable(before):
                before(got, frame)
        elif inside:
            raise _Over

    timer = _later(seconds, lambda: interrupt_main(number))
    try:
        try:
            signal.signal(number, ring)
            timer.start()
            with never_lost(_Over, lambda: interrupt_main(number)):
                yield
        finally:
            inside = False
    except _Over:
        raise TimeSpent(TIME_IS_OVER) from None
    finally:
        timer.cancel()
        signal.signal(number, before if before is not None else signal.SIG_DFL)


@contextmanager
def never_lost(kind: type[BaseException], again: Callable[[], None]) -> Iterator[None]:
    """Call ``again`` where a signal's exception was raised in a callback that drops it, such as one of the collector.

    Args:
        kind: the exceptions of the signal's handler.
        again: called in another thread a moment later.
    """
    before = sys.unraisablehook

    def hook(dropped: Any) -> None:
        if isinstance(dropped.exc_value, kind):
            _later(_AGAIN, again).start()
        else:
            before(dropped)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        if sys.unraisablehook is hook:
            sys.unraisablehook = before


def _later(seconds: float, action: Callable[[], None]) -> threading.Timer:
    timer = threading.Timer(seconds, action)
    timer.daemon = True
    return timer
