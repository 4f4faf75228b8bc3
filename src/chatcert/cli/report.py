"""``chatcert report``: the report on a run that did not come to its end."""

from __future__ import annotations

import argparse
from pathlib import Path

from chatcert.run.options import add_options


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=report)
    parser.add_argument("folder", type=Path, metavar="DIR", help="a report folder, or one vendor's folder in it")
    add_options(parser, only=("rules",))
    parser.epilog = "the exit status is that of chatcert certify; go on with such a run by chatcert certify --resume"


def report(parsed: argparse.Namespace) -> int:
    """Build the reports and print their summary; return the exit status that the runs lead to.

    Raises:
        ChatcertError: there is no run, what it wrote down is invalid, or it still goes on.
    """
    from chatcert.cli.json_answer import give
    from chatcert.run.report_building import build_reports

    return build_reports(parsed.folder, give, parsed.rules)
