"""Goals: what a figure has to reach, and whether it does. Only this module decides between "met" and "not met"."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from speed.spread import Spread, digits


class Sense(StrEnum):
    """On which side of its bound a figure has to be."""

    AT_MOST = "at most"
    AT_LEAST = "at least"


@dataclass(frozen=True, slots=True)
class Goal:
    """The goal for one figure.

    Attributes:
        part: the letter of the part that measures it.
        what: the figure, in a few words.
        sense: whether its median has to be below or above ``bound``.
        unit: what follows its digits: ``x`` for a ratio, ``s`` for seconds.
        reason: what keeps the figure from its goal, as it was measured; shown where the goal is not met.
    """

    part: str
    what: str
    sense: Sense
    bound: float
    unit: str = "x"
    reason: str = ""

    @property
    def wanted(self) -> str:
        """The goal as a person reads it."""
        return f"{self.sense.value} {digits(self.bound)} {self.unit}"


@dataclass(frozen=True, slots=True)
class Judged:
    """A goal beside what was measured.

    Attributes:
        measured: the figure, or why there is none.
    """

    goal: Goal
    measured: Spread | str

    @property
    def met(self) -> bool:
        """Whether the median reaches the goal; what was not measured never does."""
        if isinstance(self.measured, str):
            return False
        if self.goal.sense is Sense.AT_MOST:
            return self.measured.median <= self.goal.bound
        return self.measured.median >= self.goal.bound

    @property
    def word(self) -> str:
        """``met``, ``not met`` or ``not measured``."""
        if isinstance(self.measured, str):
            return "not measured"
        return "met" if self.met else "not met"

    @property
    def verdict(self) -> str:
        """The word, and the reason where the goal is not met."""
        return f"{self.word}: {self.goal.reason}" if self.word == "not met" and self.goal.reason else self.word

    def figure(self) -> str:
        """What was measured, or why nothing was."""
        return self.measured if isinstance(self.measured, str) else f"{self.measured.text()} {self.goal.unit}"
