"""``chatcert compare``: what changed between two reports."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from chatcert.exceptions import InputFileError
from chatcert.report.comparison import MEANINGS, Comparison, Kind, compare, comparison_markdown, comparison_sentence
from chatcert.report.reader import Report, read_report
from chatcert.report.writer import REPORT
from chatcert.text import one_line

PIPED_WIDTH = 400
"""Columns of a table that goes into a pipe: nothing is folded there, so that it can be searched."""


def compare_reports(options: argparse.Namespace) -> int:
    """Print what changed; returns 1 where something is worse than before, else 0.

    Raises:
        InputFileError: a file is no report, or the two cannot be compared.
    """
    comparison = compare(_read(options.old), _read(options.new))
    if options.format == "json":
        json.dump(comparison.to_dict(), sys.stdout, indent=2)
        print()
    elif options.format == "markdown":
        print(comparison_markdown(comparison), end="")
    else:
        _print(comparison)
    if not comparison.comparable:
        reason = "; ".join(comparison.obstacles)
        raise InputFileError(
            f"cannot be compared with {options.old}: {reason}",
            where=str(options.new),
            hint="give two reports on the same document, overlay and catalogue",
        )
    return 1 if comparison.regressed else 0


def _read(path: Path) -> Report:
    """A report by its file, or by the folder that a run left it in."""
    return read_report(path / REPORT if path.is_dir() else path)


def _print(comparison: Comparison) -> None:
    console = Console(highlight=False) if sys.stdout.isatty() else Console(width=PIPED_WIDTH, highlight=False)
    for kind in Kind:
        changes = comparison.of_kind(kind)
        if not changes or kind is Kind.UNCHANGED:
            continue
        table = Table(box=None, header_style="bold", pad_edge=False)
        table.add_column(Text(f"{kind.value}: {MEANINGS[kind]}"), overflow="fold")
        table.add_column("old", no_wrap=True)
        table.add_column("new", no_wrap=True)
        for change in changes:
            table.add_row(Text(one_line(change.requirement)), change.old or "", change.new or "")
        console.print(table)
        console.print()
    for remark in comparison.remarks:
        console.print(Text(f"note: {remark}"))
    if comparison.comparable:
        console.print(Text(f"{one_line(comparison.vendor)}: {comparison_sentence(comparison)}"))
