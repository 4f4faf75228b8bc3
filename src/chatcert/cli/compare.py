"""``chatcert compare``: what changed between two reports."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert.cli.json_answer import give
from chatcert.cli.parsing import add_format
from chatcert.exceptions import InputFileError, ReachabilityError

if TYPE_CHECKING:
    from chatcert.report.comparison import Comparison
    from chatcert.report.model import Report


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=compare_reports)
    parser.epilog = (
        "exit status: 0 nothing is worse; 1 something is: a requirement newly fails, or\n"
        "has a worse verdict; 65 a file is not a report, or the two are on another\n"
        "vendor, document, overlay or catalogue; 75 a run did not reach its target, or\n"
        "a requirement that had a verdict was not judged again"
    )
    parser.add_argument("old", type=Path, metavar="OLD", help="a report.json, or the folder that holds it")
    parser.add_argument("new", type=Path, metavar="NEW", help="likewise, of the later run")
    add_format(parser, "markdown")


def compare_reports(parsed: argparse.Namespace) -> int:
    """Print what changed; return 1 if something is worse than before, 75 if something was not judged again, else 0.

    Raises:
        InputFileError: a file is not a report, or the two cannot be compared.
        ReachabilityError: one of the two runs did not reach its target.
    """
    from chatcert.report.comparison import compare
    from chatcert.report.views.comparison_markdown import comparison_markdown

    comparison = compare(_read(parsed.old), _read(parsed.new, last=True))
    if give(comparison.to_dict()):
        pass
    elif parsed.format == "markdown":
        print(comparison_markdown(comparison), end="")
    else:
        _print(comparison)
    if not comparison.comparable:
        reason = "; ".join(comparison.obstacles)
        if comparison.unreached:
            raise ReachabilityError(
                f"not compared with {parsed.old}: {reason}",
                where=str(parsed.new),
                hint="give reports of two runs that reached their target",
            )
        raise InputFileError(
            f"cannot be compared with {parsed.old}: {reason}",
            where=str(parsed.new),
            hint="give two reports on the same document, overlay and catalogue",
        )
    return 1 if comparison.regressed else ReachabilityError.exit_code if comparison.undecided else 0


def _read(path: Path, *, last: bool = False) -> Report:
    """Read a report from its file or from its folder.

    Args:
        last: whether the report must be on the folder's last run, if that run has a report. If a later run did not
            finish, the last complete report is taken, and a line on standard error says so.

    Raises:
        InputFileError: it is not a report, or the last run has none.
    """
    from chatcert.report.file_names import NOT_CURRENT, PARTIAL, REPORT
    from chatcert.report.reader import read_report
    from chatcert.text import one_line

    if not last or not path.is_dir():
        return read_report(path / REPORT if path.is_dir() else path)
    later = path / PARTIAL
    if not (later / REPORT).is_file():
        if (path / NOT_CURRENT).exists():
            raise InputFileError("its report is older than its last run", where=str(path), hint="see chatcert report")
        return read_report(path / REPORT)
    report = read_report(path / REPORT)
    note = f"the complete report is compared; a later run did not finish: its report is in {later}"
    print(f"chatcert: {one_line(str(path))}: {one_line(note)}", file=sys.stderr)
    return report


def _print(comparison: Comparison) -> None:
    from rich.console import Console
    from rich.text import Text

    from chatcert.report.comparison import MEANINGS, ChangeKind, comparison_sentence
    from chatcert.run.table_printing import print_table
    from chatcert.text import one_line

    console = Console(highlight=False)
    for kind in ChangeKind:
        changes = comparison.of_kind(kind)
        if not changes or kind is ChangeKind.UNCHANGED:
            continue
        heads = f"{kind.value}: {MEANINGS[kind]}", "old", "new"
        rows = [(one_line(change.requirement), change.old or "", change.new or "") for change in changes]
        print_table(console, heads, rows, never_folded=heads[1:])
        console.print()
    for remark in comparison.remarks:
        console.print(Text(f"note: {remark}"), soft_wrap=not console.is_terminal)
    if comparison.comparable:
        line = f"{one_line(comparison.vendor)}: {comparison_sentence(comparison)}"
        console.print(Text(line), soft_wrap=not console.is_terminal)
