"""The context of every part: how thorough to be, where to write, how to report progress."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from speed.spread import Other, Result, in_turn

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(__file__).resolve().parent / "programs"
PYTHON = sys.executable


@dataclass(frozen=True, slots=True)
class Bench:
    """One measurement of everything that was asked for.

    Attributes:
        rounds: how often each figure is measured.
        quick: only see whether every part works, on as little as possible.
        vendors: the bundled vendors to measure with.
        folder: an empty folder that is gone afterwards.
        progress: takes a line on what is being done.
    """

    rounds: int
    quick: bool
    vendors: tuple[str, ...]
    folder: Path
    progress: Console
    _warmed: set[str] = field(default_factory=set)

    def ends(self) -> tuple[str, ...]:
        """The first and the last of the vendors, for what takes long with each."""
        return tuple(dict.fromkeys((self.vendors[0], self.vendors[-1])))

    def tell(self, line: str) -> None:
        """Say what is being done."""
        self.progress.print(f"  {line}", style="dim", highlight=False, markup=False)

    def once(self, name: str, way: Callable[[], object]) -> None:
        """Do what is not timed, once in all: whatever comes later finds its files compiled and in the disk's cache."""
        if name not in self._warmed:
            self._warmed.add(name)
            self.tell(f"not timed: {name}")
            way()

    def in_turn(
        self,
        about: str,
        ours: Mapping[str, Callable[[], Result]],
        theirs: Mapping[str, Callable[[], Other]],
        rounds: int | None = None,
    ) -> tuple[dict[str, list[Result]], dict[str, list[Other]]]:
        """Each way once a round, ours and theirs in turn; each one's results in the order of the rounds."""
        return in_turn(rounds or self.rounds, ours, theirs, lambda line: self.tell(f"{about}, {line}"))

    def new_folder(self, name: str) -> Path:
        """An empty folder, whose name begins like that."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
