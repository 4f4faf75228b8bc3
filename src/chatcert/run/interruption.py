"""Handle Ctrl-C and SIGTERM: stop sending, and keep what was recorded."""

from __future__ import annotations

import signal
import threading
from _thread import interrupt_main
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from chatcert.run.time_limit import never_lost

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
    """Remembers the first signal that asked this process to end; later ones change nothing, since it ends already."""

    def __init__(self) -> None:
        self._number = 0
        self._deferred = 0
        self._is_lost = False

    @property
    def pending(self) -> Interrupted | None:
        """Return the interruption that a signal asked for, if one did."""
        return Interrupted(self._number) if self._number else None

    def check(self) -> None:
        """Check for a signal.

        Raises:
            Interrupted: a signal asked this process to end.
        """
        if self.pending is not None:
            raise self.pending

    def _ask(self, number: int, frame: FrameType | None) -> None:
        if self._number and not self._is_lost:
            return
        self._number, self._is_lost = self._number or number, False
        if not self._deferred:
            raise Interrupted(self._number)

    def _ask_again(self) -> None:
        self._is_lost = True
        interrupt_main(signal.Signals(self._number))

    @contextmanager
    def deferred(self) -> Iterator[None]:
        """Do not raise for a signal while the block lasts: it writes what must be whole."""
        self._deferred += 1
        try:
            yield
        finally:
            self._deferred -= 1

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Handle signals for as long as the block lasts. Only the main thread gets any: do nothing in another one.

        After a signal, all further ones are ignored, so that they do not kill the process while it ends.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            with never_lost(Interrupted, self._ask_again):
                yield
        finally:
            for number, handler in before.items():
                signal.signal(number, signal.SIG_IGN if self._number else handler)
