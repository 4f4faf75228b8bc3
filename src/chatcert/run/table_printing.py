"""Print a table: fitted to the width of a terminal, and in a pipe one whole row a line, for ``grep`` and ``cut``."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from textwrap import wrap
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatcert.report.views.piped import print_separated

GAP: Final = 2
"""Spaces between two columns."""
INDENT: Final = 4
"""Spaces before the sentences of a row that takes several lines."""
SENTENCE: Final = 24
"""A column of sentences is not made narrower than so many characters."""


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    never_folded: Collection[str] = (),
    right: Collection[str] = (),
) -> None:
    """Print a table. Into anything but a terminal, cells are neither folded nor padded: a tab separates them.

    No word is ever folded, so that ids can be copied: where the terminal is too narrow for that, each row has its id
    and short cells on a line, and its sentences below.

    Args:
        console: knows whether it is a terminal, and how wide.
        heads: the headings; the first column holds ids.
        rows: the cells as plain text.
        never_folded: headings of further columns whose cells stay on one line.
        right: headings of columns of numbers.
    """
    if not console.is_terminal:
        for row in (heads, *rows):
            print_separated(console, row)
        return
    whole = {heads[0], *never_folded, *right}
    widths = _widths(console.width, heads, rows, whole)
    if widths is None:
        _print_stacked(console, heads, rows, whole)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head, width in zip(heads, widths, strict=True):
        table.add_column(head, width=width, justify="right" if head in right else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _widths(room: int, heads: Sequence[str], rows: Sequence[Sequence[str]], whole: Collection[str]) -> list[int] | None:
    """Return the width of each column; ``None`` if a word would have to be folded."""
    columns = [[row[number] for row in rows] for number in range(len(heads))]
    natural = [max(map(len, (head, *cells))) for head, cells in zip(heads, columns, strict=True)]
    least = [
        max(_longest_word(head), *map(len, cells), 0)
        if head in whole
        else min(width, max(SENTENCE, *map(_longest_word, (head, *cells))))
        for head, cells, width in zip(heads, columns, natural, strict=True)
    ]
    spare = room - sum(least) - GAP * (len(heads) - 1)
    if spare < 0:
        return None
    wanted = sum(natural) - sum(least)
    if wanted <= spare:
        return natural
    return [low + (high - low) * spare // wanted for low, high in zip(least, natural, strict=True)]


def _longest_word(text: str) -> int:
    return max(map(len, text.split()), default=0)


def _print_stacked(
    console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]], whole: Collection[str]
) -> None:
    """Print each row as a line with its id and other short cells, and its sentences indented below."""
    short = [number for number, head in enumerate(heads) if head in whole]
    for row, style in [(heads, "bold"), *((row, "") for row in rows)]:
        line = (" " * GAP).join(row[number] for number in short if row[number])
        console.print(Text(line, style=style), soft_wrap=True)
        for number, cell in enumerate(row):
            if number not in short and cell:
                for part in _wrapped(cell, console.width - INDENT):
                    console.print(Text(" " * INDENT + part, style=style), soft_wrap=True)


def _wrapped(text: str, width: int) -> list[str]:
    return wrap(text, max(width, 1), break_long_words=False, break_on_hyphens=False)
