"""``chatcert verify``: are reports as they were written, and do their verdicts follow from their evidence?"""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

from chatcert.exceptions import InputFileError
from chatcert.report.seal.keys import PublicKey, read_public_key
from chatcert.report.seal.statement import ENVELOPE
from chatcert.run.reporting import worst_exit
from chatcert.run.verification import reports_at, verify
from chatcert.text import count, one_line


def verify_reports(place: Path, key_file: Path | None) -> int:
    """Verify every report at ``place`` and print a line for each problem; returns the exit status.

    Raises:
        InputFileError: there is no report, or no key.
    """
    key = read_public_key(key_file) if key_file is not None else None
    console = Console(highlight=False, soft_wrap=True)
    return worst_exit(_verify_one(console, path, key) for path in reports_at(place))


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
