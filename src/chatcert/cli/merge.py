"""``chatcert merge``: one report for each vendor, of the reports on its shards."""

from __future__ import annotations

import argparse
from pathlib import Path

from chatcert.cli.json_answer import give
from chatcert.run.options import add_options


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=merge)
    parser.epilog = (
        "judges what all shards have sent and received together: only so an id that two shards got is found.\n"
        "Shards that are not there are named, and leave no verdict unless a breach was seen.\n"
        "exit status: that of chatcert certify; 65 reports that do not belong together, or were altered"
    )
    parser.add_argument(
        "folders", type=Path, nargs="+", metavar="DIR", help="a report folder, or one vendor's folder in it"
    )
    add_options(parser, only=("report_dir", "fail_on", "sign", "rules"))


def merge(parsed: argparse.Namespace) -> int:
    """Merge reports and print their summary; return the exit status that they lead to.

    Raises:
        ChatcertError: the reports cannot be merged, or the result cannot be written.
    """
    from chatcert.run.merging import merge_reports

    is_strict, rules = parsed.fail_on == "warn", parsed.rules
    return merge_reports(
        parsed.folders, parsed.report_dir, sign=parsed.sign, fail_on_warn=is_strict, rules=rules, take=give
    )
