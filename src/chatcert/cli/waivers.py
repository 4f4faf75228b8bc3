"""``chatcert waivers``: work on files of waivers."""

from __future__ import annotations

import argparse
from pathlib import Path

from chatcert.cli.parsing import add_steps


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add a parser for each step."""
    parser.set_defaults(run=lambda parsed: 2)
    parser.epilog = "steps:\n  draft      write an entry for each breach of a report: docs/waivers.md"
    steps = add_steps(parser)
    step = steps.add_parser("draft", description="Write an entry for each breach of a report.")
    step.set_defaults(run=draft)
    step.add_argument("report", type=Path, metavar="REPORT", help="a report.json, or the folder that holds it")
    step.add_argument("--out", type=Path, metavar="FILE", help="write there, to a new file, instead of printing")
    step.epilog = "reason, owner and ticket are left empty: a run refuses the draft until a person has filled them in"


def draft(parsed: argparse.Namespace) -> int:
    """Write the draft; return the exit status.

    Raises:
        InputFileError: there is no report.
        UsageError: the file is there already, or cannot be written.
    """
    from datetime import UTC, datetime

    from chatcert.exceptions import UsageError
    from chatcert.report.file_names import REPORT
    from chatcert.report.reader import read_report
    from chatcert.run.waiver_draft import draft_of

    path: Path = parsed.report / REPORT if parsed.report.is_dir() else parsed.report
    from chatcert.cli.json_answer import give

    text = draft_of(read_report(path), datetime.now(UTC).date())
    give({"file": parsed.out, "toml": text})
    if parsed.out is None:
        print(text, end="")
        return 0
    try:
        with parsed.out.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        reason = error.strerror or "cannot be written"
        raise UsageError(reason, where=f"--out {parsed.out}", hint="give the name of a new file") from None
    print(f"draft written to {parsed.out}: fill in reason, owner and ticket of each entry")
    return 0
