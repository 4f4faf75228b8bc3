"""A folder for what is costly to make and follows from its inputs alone; losing it costs time and nothing else."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import stat
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

Value = TypeVar("Value")

VARIABLE = "CHATCERT_CACHE_DIR"
"""The environment variable that names the folder; where it is empty nothing is kept."""

MOST = 64
"""Entries that are kept, those last used."""


class Shelf:
    """Texts by key. Nobody but this user may write there, and what is torn counts as missing.

    Args:
        folder: where they are kept; ``None`` keeps nothing.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    @classmethod
    def usual(cls, environment: Mapping[str, str] = os.environ) -> Shelf:
        """The shelf of this user: ``$CHATCERT_CACHE_DIR``, or ``chatcert`` in the folder for caches."""
        if (named := environment.get(VARIABLE)) is not None:
            return cls(Path(named) if named else None)
        base = environment.get("XDG_CACHE_HOME") or (environment.get("HOME", "") and f"{environment['HOME']}/.cache")
        return cls(Path(base) / "chatcert" if base else None)

    def get(self, key: str) -> str | None:
        """The text of that key, if it is there and whole."""
        if self._folder is None:
            return None
        path = self._folder / key
        try:
            if not _is_ours(self._folder):
                return None
            digest, _, text = path.read_text("ascii").partition("\n")
            if digest != _digest(key, text):
                return None
            os.utime(path)
        except (OSError, ValueError):
            return None
        return text

    def put(self, key: str, text: str) -> None:
        """Keep a text; a folder that cannot be written to keeps nothing, without a word.

        Args:
            text: ASCII.
        """
        if self._folder is None:
            return
        beside = self._folder / f".{key}-{os.getpid()}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not _is_ours(self._folder):
                return
            beside.write_text(f"{_digest(key, text)}\n{text}", "ascii")
            beside.replace(self._folder / key)
            self._tidy()
        except (OSError, ValueError):
            with contextlib.suppress(OSError):
                beside.unlink(missing_ok=True)

    def value(self, key: str, make: Callable[[], Value]) -> Value:
        """The JSON object or array of that key, as it was kept; else it is made, and kept if JSON gives it back as is.

        Args:
            make: makes a ``dict`` or ``list`` with text as names.
        """
        with contextlib.suppress(ValueError, RecursionError):
            if isinstance(kept := json.loads(self.get(key) or ""), dict | list):
                return kept  # type: ignore[return-value]
        made = make()
        with contextlib.suppress(ValueError, TypeError, RecursionError):
            if json.loads(text := json.dumps(made)) == made:
                self.put(key, text)
        return made

    def _tidy(self) -> None:
        assert self._folder is not None
        found = sorted(self._folder.iterdir(), key=lambda path: path.stat().st_mtime, reverse=True)
        for path in found[MOST:]:
            path.unlink(missing_ok=True)


def _digest(key: str, text: str) -> str:
    return hashlib.sha256(f"{key}\n{text}".encode()).hexdigest()


def _is_ours(folder: Path) -> bool:
    """Whether nobody else can write there: what lies on the shelf decides what a vendor is asked."""
    if os.name != "posix":
        return True
    found = folder.stat()
    return found.st_uid == os.geteuid() and not found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
