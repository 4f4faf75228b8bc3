"""Count of the chats that a run has created, kept below a limit by all threads and processes of the run."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any, Final

from chatcert.exceptions import SuiteError
from chatcert.transport.budget import Stopped

PAUSE: Final = 0.02
"""Seconds between two looks at requests that are in flight elsewhere."""
PATIENCE: Final = 120.0
"""Seconds after which a request of another process, which may have been killed, counts as a chat."""


class ChatsSpent(Stopped):
    """As many chats as are allowed have been created."""


class ChatCount:
    """Counts the chats of a run. A request takes a place before it is sent, and gives it back if no chat came of it.

    Args:
        most: how many chats may be created; ``None`` for no limit.
        reserved: how many of them are kept for the controls at the end of the run.
        spent: how many an earlier part of the run has created.
        folder: where all processes of the run count together; ``None`` where this process is the only one.
    """

    def __init__(self, most: int | None, *, reserved: int = 0, spent: int = 0, folder: Path | None = None) -> None:
        self._most = most
        self._reserved = min(reserved, most - 1) if most else 0
        self._file = folder / "chats.json" if folder is not None else None
        self._lock = threading.Lock()
        self._counts = {"created": spent, "pending": 0}
        self._is_ending = False

    @contextmanager
    def for_controls(self) -> Iterator[None]:
        """Release, for as long as the block lasts, what is reserved for the controls at the end of the run."""
        self._is_ending = True
        try:
            yield
        finally:
            self._is_ending = False

    def take(self) -> None:
        """Take a place for a request that may create a chat; wait where requests in flight have the last places.

        Raises:
            ChatsSpent: as many chats as are allowed have been created.
            SuiteError: the count cannot be kept.
        """
        if self._most is None:
            return
        most = self._most if self._is_ending else self._most - self._reserved
        ends = time.monotonic() + PATIENCE
        while True:
            with self._shared() as counts:
                is_late = time.monotonic() > ends
                if counts["created"] >= most or is_late:
                    raise ChatsSpent(f"the run may create no more than {self._most} chats (--max-chats)")
                if counts["created"] + counts["pending"] < most:
                    counts["pending"] += 1
                    return
            time.sleep(PAUSE)

    def settle(self, *, created: bool) -> None:
        """Give the place back, or count it as a chat.

        Args:
            created: whether a chat was created, or may have been.
        """
        if self._most is None:
            return
        with self._shared() as counts:
            counts["pending"] = max(0, counts["pending"] - 1)
            counts["created"] += created

    @contextmanager
    def _shared(self) -> Iterator[dict[str, int]]:
        """Yield the counts of all processes, which nobody else changes meanwhile."""
        with self._lock, self._locked():
            if self._file is not None and self._file.exists():
                self._counts = json.loads(self._file.read_text(encoding="ascii"))
            try:
                yield self._counts
            finally:
                if self._file is not None:
                    self._write(self._file)

    def _locked(self) -> AbstractContextManager[Any]:
        if self._file is None:
            return nullcontext()
        from filelock import FileLock

        self._file.parent.mkdir(parents=True, exist_ok=True)
        return FileLock(self._file.with_suffix(".lock"))

    def _write(self, path: Path) -> None:
        try:
            path.write_text(json.dumps(self._counts), encoding="ascii")
        except OSError as error:
            raise SuiteError(
                f"the count of chats cannot be kept: {error.strerror or error}",
                where=str(path),
                hint="is the disk full or read-only?",
            ) from None
