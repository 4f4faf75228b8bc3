"""``chatcert verify``: are reports as they were written, and do their verdicts follow from their evidence?"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chatcert.exceptions import InputFileError
from chatcert.report.keys import PublicKey, read_public_key
from chatcert.report.statement import ENVELOPE, STATEMENT_FILE
from chatcert.report.text import count, one_line
from chatcert.report.writing import EVIDENCE, REPORT
from chatcert.reporting import worst_exit
from chatcert.verification import verify


def verify_reports(place: Path, key_file: Path | None) -> int:
    """Verify every report at ``place`` and print a line for each problem; returns the exit status.

    Raises:
        InputFileError: there is no report, or no key.
    """
    key = read_public_key(key_file) if key_file is not None else None
    console = Console(highlight=False, soft_wrap=True)
    return worst_exit(_verify_one(console, path, key) for path in _reports(place))


def _reports(place: Path) -> list[Path]:
    """The reports that are meant: a file, the one of a folder, or those of its folders."""
    if not place.is_dir():
        return [place]
    if any((place / name).exists() for name in (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE)):
        return [place / REPORT]
    try:
        folders = sorted(entry for entry in place.iterdir() if entry.is_dir())
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(place), hint="give a report") from None
    found = [path for folder in folders for path in _reports_in(folder)]
    if not found:
        raise InputFileError("no report in it", where=str(place), hint="give a report.json or the folder that holds it")
    return found


def _reports_in(folder: Path) -> list[Path]:
    """The report of a vendor's folder, also where everything but the report is left of it."""
    named = (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE)
    return [folder / REPORT] if any((folder / name).exists() for name in named) else []


def _verify_one(console: Console, path: Path, key: PublicKey | None) -> int:
    """Print what there is to say of one report; returns the exit status that it leads to."""
    try:
        remarks = list(verify(path, key))
    except InputFileError as error:
        print(f"chatcert: {error.line()}", file=sys.stderr)
        return error.exit_code
    problems = [remark for remark in remarks if remark.problem]
    sound = "verified" if (path.parent / ENVELOPE).exists() else "verified, unsigned"
    said = f"not verified: {count(len(problems), 'problem')}" if problems else sound
    head = Text(f"{one_line(str(path))}: ")
    head.append(said, style="bold red" if problems else "bold green")
    console.print(head)
    for remark in [*problems, *(r for r in remarks if not r.problem)]:
        line = Text("  ")
        line.append("problem  " if remark.problem else "note     ", style="red" if remark.problem else "dim")
        console.print(line.append(one_line(remark.text)))
    return 1 if problems else 0
