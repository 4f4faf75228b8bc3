"""Charts of a report, each with a sentence that says the same for readers who do not see it."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil
from typing import Final

from chatcert.judge.verdict import REMARKS, UNJUDGED, Outcome, VerdictKind
from chatcert.report.history import RunRecord
from chatcert.report.model import Report, RequirementRow, RunRow
from chatcert.report.sentences import OUTCOME_LABELS, VERDICT_MEANINGS
from chatcert.text import count, format_duration
from chatcert.transport.exchange import Exchange

WIDTH: Final = 480
HEIGHT: Final = 120
"""Size of a plot in its own units; the page scales it."""

NOT_PASSED: Final = tuple(word.value for word in (VerdictKind.FAIL, *UNJUDGED, *REMARKS))
"""The verdicts that the chart of earlier runs shows."""

EDGES: Final = tuple(figure * 10.0**power for power in range(-4, 4) for figure in (1, 2, 5))
"""Limits of the bins of the histogram, in seconds: 0.1 ms to 5,000 s, three for each power of ten."""


@dataclass(frozen=True, slots=True)
class Bar:
    """A rectangle of a chart, in units of the plot; ``word`` is the verdict that gives its colour."""

    x: float
    y: float
    width: float
    height: float
    word: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Stack:
    """How many of a group got which verdict, as parts of one bar."""

    name: str
    all: int
    parts: tuple[tuple[str, int, int], ...]
    """Verdict, where its part begins, how many."""

    @property
    def text(self) -> str:
        """Return the parts as text."""
        return ", ".join(f"{number} {word}" for word, _, number in self.parts)

    @property
    def passed(self) -> int:
        """Return how many passed."""
        return sum(number for word, _, number in self.parts if word == VerdictKind.PASS)

    @property
    def others(self) -> tuple[tuple[str, int], ...]:
        """Return all parts but ``pass``, without their beginning."""
        return tuple((word, number) for word, _, number in self.parts if word != VerdictKind.PASS)


@dataclass(frozen=True, slots=True)
class Latency:
    """Histogram of how long answers took.

    Attributes:
        bars: one for each bin, labelled with how many answers are in it.
        ticks: where a bin begins, and its limit as text.
    """

    bars: tuple[Bar, ...]
    ticks: tuple[tuple[float, str], ...]
    text: str


@dataclass(frozen=True, slots=True)
class Column:
    """The verdicts of one run that are not ``pass``.

    Attributes:
        bars: one for each verdict.
        text: the run as text.
        number: how many did not pass; stands at ``x``, above ``y``.
    """

    bars: tuple[Bar, ...]
    text: str
    number: int
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Trend:
    """Earlier runs and, last, the run of the report."""

    columns: tuple[Column, ...]
    text: str


def stack(name: str, words: Sequence[str]) -> Stack:
    """Count verdicts, in the order in which views show them."""
    counted = Counter(words)
    parts, offset = [], 0
    for word in VERDICT_MEANINGS:
        if number := counted[word.value]:
            parts.append((word.value, offset, number))
            offset += number
    return Stack(name, offset, tuple(parts))


def by_kind(rows: Sequence[RequirementRow]) -> list[Stack]:
    """Count the verdicts of each kind, in alphabetical order of the kinds."""
    kinds: dict[str, list[str]] = {}
    for row in rows:
        kinds.setdefault(row["kind"], []).append(row["verdict"])
    return [stack(kind, words) for kind, words in sorted(kinds.items())]


def latency(exchanges: Sequence[Exchange]) -> Latency | None:
    """Draw a histogram of the seconds that answers took, every attempt counted; ``None`` if nothing was answered."""
    seconds = sorted(exchange.seconds for exchange in exchanges if exchange.received is not None)
    if not seconds:
        return None
    counted = Counter(bisect_right(EDGES, value) for value in seconds)
    first, last = min(counted), max(counted)
    number, most = last - first + 1, max(counted.values())
    width = WIDTH / max(number, 4)
    heights = [counted[first + place] / most * HEIGHT for place in range(number)]
    bars = tuple(
        _bar(place * width + 1, HEIGHT - height, width - 2, height, label=str(counted[first + place] or ""))
        for place, height in enumerate(heights)
    )
    step = 1 if number <= 9 else 2
    ticks = tuple(
        (place * width, format_duration(EDGES[first + place - 1]) if 0 < first + place <= len(EDGES) else "0")
        for place in range(0, number + 1, step)
    )
    silent = len(exchanges) - len(seconds)
    text = (
        f"Half of {count(len(seconds), 'answer')} came within {format_duration(_rank(seconds, 50))}, "
        f"95 of 100 within {format_duration(_rank(seconds, 95))}; the slowest took {format_duration(seconds[-1])}."
        + (f" {count(silent, 'request')} had no answer." if silent else "")
    )
    return Latency(bars, ticks, text)


def trend(report: Report) -> Trend | None:
    """Draw what did not pass in earlier runs and in this one; ``None`` if fewer than two earlier ones are known."""
    earlier = report.get("history") or []
    if len(earlier) < 2:
        return None
    latest = RunRecord.of(report).to_dict()
    rows = (*(row for row in earlier if row["finished"] != latest["finished"]), latest)
    most = max(1, *(sum(row["totals"][word] for word in NOT_PASSED) for row in rows))
    width = WIDTH / max(len(rows), 8)
    columns = tuple(_stacked(row, place, width, most) for place, row in enumerate(rows))
    outcomes = Counter(row["outcome"] for row in rows)
    counts = ", ".join(f"{outcomes[word]} {OUTCOME_LABELS[word].lower()}" for word in Outcome if outcomes[word])
    fails = [row["totals"][VerdictKind.FAIL] for row in rows]
    text = (
        f"{len(rows)} runs from {_day(rows[0])} to {_day(rows[-1])}: {counts}. "
        f"Failures: {fails[-1]:,} now, {fails[-2]:,} the time before, {max(fails):,} at most."
    )
    return Trend(columns, text)


def _stacked(row: RunRow, place: int, width: float, most: int) -> Column:
    bars, top, number = [], float(HEIGHT), 0
    for word in NOT_PASSED:
        if part := row["totals"][word]:
            number += part
            top -= part / most * HEIGHT
            bars.append(_bar(place * width + width * 0.1, top, width * 0.8, part / most * HEIGHT, word=word))
    return Column(tuple(bars), _run(row), number, round((place + 0.5) * width, 2), round(top, 2))


def _bar(x: float, y: float, width: float, height: float, word: str = "", label: str = "") -> Bar:
    return Bar(round(x, 2), round(y, 2), round(width, 2), round(height, 2), word, label)


def _run(row: RunRow) -> str:
    totals = row["totals"]
    text = ", ".join(f"{totals[word.value]:,} {word.value}" for word in VERDICT_MEANINGS if totals[word.value])
    return f"{row['finished'][:16].replace('T', ' ')} UTC, {OUTCOME_LABELS[Outcome(row['outcome'])].lower()}: {text}"


def _day(row: RunRow) -> str:
    return row["finished"][:10]


def _rank(ordered: Sequence[float], percent: int) -> float:
    """Return the nearest-rank percentile: the smallest value that ``percent`` % of the values do not exceed."""
    return ordered[max(ceil(len(ordered) * percent / 100), 1) - 1]
