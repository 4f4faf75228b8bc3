"""Figures that were measured several times, and ratios of two that were measured in turn."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeVar

Result = TypeVar("Result")
Other = TypeVar("Other")


@dataclass(frozen=True, slots=True)
class Spread:
    """One figure, once for each round.

    Raises:
        ValueError: there is no round.
    """

    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """A figure needs at least one measurement."""
        if not self.values:
            raise ValueError("nothing was measured")

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread:
        """The figure with these values."""
        return cls(tuple(values))

    @property
    def median(self) -> float:
        """The value to quote."""
        return statistics.median(self.values)

    def text(self) -> str:
        """The median with three digits that mean something; where rounds differ, the least and the greatest too."""
        low, middle, high = (digits(value) for value in (min(self.values), self.median, max(self.values)))
        return middle if low == high else f"{middle} ({low}-{high})"


def ratios(over: Spread, under: Spread) -> Spread:
    """Round by round one figure by the other: what slows a whole round down cancels out.

    Raises:
        ValueError: they are not of the same rounds, or a divisor is zero.
    """
    if len(over.values) != len(under.values):
        raise ValueError(f"{len(over.values)} rounds beside {len(under.values)}")
    if not all(under.values):
        raise ValueError("a figure of nought")
    return Spread.of(one / other for one, other in zip(over.values, under.values, strict=True))


def pooled(spreads: Iterable[Spread]) -> Spread:
    """All values of several figures as those of one."""
    return Spread.of(value for spread in spreads for value in spread.values)


def digits(value: float) -> str:
    """Return ``value`` with three significant digits and separated thousands."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def in_turn(
    rounds: int,
    ours: Mapping[str, Callable[[], Result]],
    theirs: Mapping[str, Callable[[], Other]],
    on_progress: Callable[[str], None],
) -> tuple[dict[str, list[Result]], dict[str, list[Other]]]:
    """Each way once a round, ours and theirs in turn: A X B Y, A X B Y, A X B Y.

    Args:
        on_progress: called with the round and the side before each.
    """
    first: dict[str, list[Result]] = {name: [] for name in ours}
    second: dict[str, list[Other]] = {name: [] for name in theirs}
    for number in range(1, rounds + 1):
        for own, other in zip_longest(ours, theirs):
            if own is not None:
                on_progress(f"round {number} of {rounds}: {own}")
                first[own].append(ours[own]())
            if other is not None:
                on_progress(f"round {number} of {rounds}: {other}")
                second[other].append(theirs[other]())
    return first, second


def spread_of(results: Sequence[Result], figure: Callable[[Result], float]) -> Spread:
    """Return the spread of one figure over all rounds."""
    return Spread.of(figure(result) for result in results)
