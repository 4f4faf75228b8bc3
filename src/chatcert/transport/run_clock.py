"""The clock of a run: a wall-clock time that is read once, and monotonic time from then on."""

from __future__ import annotations

import time


class Clock:
    """Gives times that follow one another, even if the clock of the machine is set while a run lasts."""

    def __init__(self) -> None:
        self._offset = time.time() - time.monotonic()

    def now(self) -> float:
        """Return the time in seconds since the epoch, UTC."""
        return self._offset + time.monotonic()
