"""What every part is given: how thorough to be, where to write, whom to tell."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from speed.spread import Result, in_turn

Other = TypeVar("Other")
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

    def tell(self, line: str) -> None:
        """Say what is being done."""
        self.progress.print(f"  {line}", style="dim", highlight=False, markup=False)

    def in_turn(
        self, ways: Mapping[str, Callable[[], Result]], about: str = "", rounds: int | None = None
    ) -> dict[str, list[Result]]:
        """Each way once a round, in turn."""
        place = f"{about}, " if about else ""
        return in_turn(rounds or self.rounds, dict(ways), lambda line: self.tell(f"{place}{line}"))

    def beside(
        self, ours: Callable[[], Result], theirs: Callable[[], Other], about: str
    ) -> tuple[list[Result], list[Other]]:
        """Two ways in turn, whose results are of two kinds."""
        first: list[Result] = []
        second: list[Other] = []
        for number in range(1, self.rounds + 1):
            self.tell(f"{about}, round {number} of {self.rounds}")
            first.append(ours())
            second.append(theirs())
        return first, second

    def new_folder(self, name: str) -> Path:
        """An empty folder, whose name begins like that."""
        number = sum(1 for _ in self.folder.iterdir())
        made = self.folder / f"{name}-{number}"
        made.mkdir()
        return made
