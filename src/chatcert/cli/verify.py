"""``chatcert verify``: are reports as they were written, and do their verdicts follow from their evidence?"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert.cli.parsing import Commands, Parser, add_command
from chatcert.exceptions import InputFileError

if TYPE_CHECKING:
    from rich.console import Console

    from chatcert.report.seal.keys import PublicKey


def add_parser(commands: Commands[Parser]) -> None:
    """Add the parser of the command."""
    parser = add_command(
        commands, "verify", "check that reports are as they were written, and judge them again", verify_reports
    )
    parser.epilog = (
        "checks signature, digests, schema, totals and outcome, and judges every stored exchange again. It sends\n"
        "nothing and needs no credentials. An unsigned report is protected against accidents alone: whoever can write\n"
        "its files can make them fit each other.\n"
        "exit status: 0 everything holds; 1 something does not; 65 no report, or no key"
    )
    parser.add_argument(
        "report", type=Path, metavar="REPORT", help="a report.json, its folder, or a folder of several vendors' reports"
    )
    parser.add_argument("--key", type=Path, metavar="PUB", help="the public key that must have signed")


def verify_reports(parsed: argparse.Namespace) -> int:
    """Verify every report at REPORT and print a line for each problem; return the exit status.

    Raises:
        InputFileError: there is no report, or no key.
    """
    from rich.console import Console

    from chatcert.report.seal.keys import read_public_key
    from chatcert.run.results import worst_exit
    from chatcert.run.verification import reports_at

    key = read_public_key(parsed.key) if parsed.key is not None else None
    console = Console(highlight=False, soft_wrap=True)
    return worst_exit(_verify_one(console, path, key) for path in reports_at(parsed.report))


def _verify_one(console: Console, path: Path, key: PublicKey | None) -> int:
    """Verify one report and print the result; return the exit status that it leads to."""
    from rich.text import Text

    from chatcert.report.file_names import ENVELOPE
    from chatcert.run.verification import verify
    from chatcert.text import count, one_line

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
