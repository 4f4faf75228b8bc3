"""Handle Ctrl-C and SIGTERM: stop sending, and keep what was recorded."""

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
    """Remembers a signal that asked this process to end."""

    def __init__(self) -> None:
        self._number = 0

    def check(self) -> None:
        """Check for a signal.

        Raises:
            Interrupted: a signal asked this process to end.
        """
        if self._number:
            raise Interrupted(self._number)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self._number = number
        raise Interrupted(number)

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle signals for as long as the block lasts. Only the main thread gets any: do nothing in another one."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
