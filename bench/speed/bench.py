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
    """The settings of one measurement, and what its parts share.

    Attributes:
        rounds: how often each figure is measured.
        quick: whether to check only that every part works, with as little work as possible.
        vendors: the bundled vendors to measure with.
        folder: an empty folder that is removed afterwards.
        progress: where progress lines are printed.
    """

    rounds: int
    quick: bool
    vendors: tuple[str, ...]
    folder: Path
    progress: Console
    _warmed: set[str] = field(default_factory=set)

    def ends(self) -> tuple[str, ...]:
        """Return the first and the last vendor, for measurements that take long with each vendor."""
        return tuple(dict.fromkeys((self.vendors[0], self.vendors[-1])))

    def tell(self, line: str) -> None:
        """Print a progress line."""
        self.progress.print(f"  {line}", style="dim", highlight=False, markup=False)

    def warm_up(self, name: str, way: Callable[[], object]) -> None:
        """Call a function untimed, once for each name: later calls find their files compiled and cached."""
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
        """Call each function once a round, ours and theirs in turn; return the results of each by round."""
        return in_turn(rounds or self.rounds, ours, theirs, lambda line: self.tell(f"{about}, {line}"))

    def new_folder(self, name: str) -> Path:
        """Make an empty folder whose name begins with ``name``; return its path."""
        return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.folder))
