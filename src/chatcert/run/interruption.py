"""Ctrl-C and SIGTERM as an orderly end: nothing more is sent, and what was learnt is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Interrupted(KeyboardInterrupt):
    """A signal asked this process to end.

    Attributes:
        exit_code: the exit status that shells give to a process that a signal has ended.
    """

    def __init__(self, number: int) -> None:
        self.exit_code = 128 + number
        super().__init__(signal.Signals(number).name)


class Interruption:
    """Whether a signal has asked for the end."""

    def __init__(self) -> None:
        self._number = 0

    def check(self) -> None:
        """Go on, or end.

        Raises:
            Interrupted: a signal has asked for the end.
        """
        if self._number:
            raise Interrupted(self._number)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        raise Interrupted(number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take signals for as long as the block lasts; outside of the main thread, which alone gets any, do nothing."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
