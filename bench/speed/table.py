"""Tables: once as rows of text, for the terminal and for the page alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rich.box import SIMPLE_HEAD
from rich.table import Table as RichTable
from rich.text import Text

from speed.goals import Judged

_COLOURS = {"met": "green", "not met": "bold red", "not measured": "bold yellow"}


@dataclass(frozen=True, slots=True)
class Table:
    """Heads and rows.

    Attributes:
        left: how many columns, from the first, hold words; the others hold figures.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[str]]
    left: int = 1

    def markdown(self) -> str:
        """As a table of GitHub's Markdown."""
        rule = ["---" if place < self.left else "---:" for place in range(len(self.heads))]
        return "\n".join(f"| {' | '.join(map(_escaped, row))} |" for row in (self.heads, rule, *self.rows))

    def rich(self) -> RichTable:
        """As a table for a terminal; cells that do not fit go on in the next line."""
        table = RichTable(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1, 0, 0))
        for place, head in enumerate(self.heads):
            table.add_column(Text(head), justify="left" if place < self.left else "right", overflow="fold")
        for row in self.rows:
            table.add_row(*(Text(cell, style=_COLOURS.get(cell.partition(":")[0], "")) for cell in row))
        return table


@dataclass(frozen=True, slots=True)
class Section:
    """The results of one part.

    Attributes:
        title: its heading.
        about: how it was measured, a paragraph each.
        goals: every goal of the part, measured or not.
        missing: what could not be measured, and why.
    """

    title: str
    about: Sequence[str] = ()
    tables: Sequence[Table] = ()
    goals: Sequence[Judged] = ()
    missing: Sequence[str] = field(default=())


def goals_table(goals: Iterable[Judged]) -> Table:
    """Return the table of all goals, each with its figure and whether it is met."""
    rows = [(one.goal.part, one.goal.what, one.goal.wanted, one.figure(), one.verdict) for one in goals]
    return Table(("", "figure", "goal", "measured", "is"), rows, left=5)


def _escaped(cell: str) -> str:
    return cell.replace("|", "\\|").replace("\n", " ")
