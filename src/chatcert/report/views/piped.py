"""Print rows into a pipe: one line each, the cells whole and separated by tabs, for ``grep`` and ``cut``."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from chatcert.text import one_line


def print_separated(console: Console, cells: Sequence[str]) -> None:
    """Print one row; empty cells at its end are left out."""
    line = "\t".join(map(one_line, cells)).rstrip("\t")
    encoded = line.encode(console.encoding, "backslashreplace")
    print(encoded.decode(console.encoding), file=console.file)  # rich would make spaces of the tabs
