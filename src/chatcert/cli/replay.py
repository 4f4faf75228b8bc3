"""``chatcert replay``: send the exchanges of a finding again."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from chatcert.cli.json_answer import give
from chatcert.cli.parsing import add_format
from chatcert.exceptions import UsageError
from chatcert.run.options import RunOptions, add_options, values_of

MOST = 10_000
SENT_WITH = ("targets_file", "headers", "correlation", "request_hook", "rules")
"""Options of ``chatcert certify`` on how requests are sent and judged."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=replay_finding)
    parser.add_argument("report", type=Path, metavar="REPORT", help="a report.json, or the folder that holds it")
    parser.add_argument("id", metavar="ID", help="the requirement whose finding is looked at again")
    parser.add_argument("--url", help="the address of a server (default: the one of the report)")
    parser.add_argument("--target", metavar="NAME", help="a target of the targets file")
    add_options(parser, only=SENT_WITH)
    parser.add_argument("--allow-production", action="store_true", help="send to a production server")
    parser.add_argument(
        "--minimise",
        type=int,
        default=0,
        metavar="N",
        help="send at most N more requests to make a failing body smaller",
    )
    add_format(parser)
    parser.epilog = (
        "the requests that the finding rests on are sent again with the valid ones that they differ from, and judged\n"
        "as before; nothing is written. exit status: 0 the finding is gone, 1 it is there, 75 nothing can be said"
    )


def replay_finding(parsed: argparse.Namespace) -> int:
    """Send a finding again and print what came; return 0 if it is gone, 1 if it is there, 75 if nothing can be said.

    Raises:
        ChatcertError: there is no such finding, or the target cannot be tested.
    """
    from dataclasses import asdict

    from chatcert.run.checking.recorded_address import Where
    from chatcert.run.replaying import lines_of, replay
    from chatcert.text import visible

    options = RunOptions(**values_of(parsed, SENT_WITH))
    where = Where(parsed.url, parsed.target, options, allow_production=parsed.allow_production)
    if not 0 <= parsed.minimise <= MOST:
        raise UsageError(f"{parsed.minimise} requests", where="--minimise", hint=f"give a number from 1 to {MOST}")
    if not parsed.report.exists() and Path(parsed.id).exists():
        raise UsageError(f"{parsed.id} stands where the id does", hint="give the report first, then the id")
    replayed = replay(parsed.report, parsed.id, where, os.environ, parsed.minimise)
    if not give(asdict(replayed)):
        print(visible("\n".join(lines_of(replayed))))
    return replayed.exit_code
