"""Print a table: fitted to the width of a terminal, and in a pipe one whole row a line, for ``grep`` and ``cut``."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatcert.text import one_line


def print_table(
    console: Console,
    heads: Sequence[str],
    rows: Sequence[Sequence[str]],
    *,
    never_folded: Collection[str] = (),
    right: Collection[str] = (),
) -> None:
    """Print a table. Into anything but a terminal, cells are neither folded nor padded: a tab separates them.

    Args:
        console: knows whether it is a terminal, and how wide.
        heads: the headings.
        rows: the cells as plain text.
        never_folded: headings of columns that stay whole in a narrow terminal.
        right: headings of columns of numbers.
    """
    if not console.is_terminal:
        for row in (heads, *rows):
            line = "\t".join(map(one_line, row)).rstrip("\t")
            encoded = line.encode(console.encoding, "backslashreplace")
            print(encoded.decode(console.encoding), file=console.file)  # rich would make spaces of the tabs
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(
            head, overflow="fold", no_wrap=head in never_folded, justify="right" if head in right else "left"
        )
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)
