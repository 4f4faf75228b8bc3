"""``chatcert clean-up``: delete the chats that a run has left on its server."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from chatcert.run.options import RunOptions, add_options, values_of

SENT_WITH = ("targets_file", "headers", "correlation", "request_hook")
"""Options of ``chatcert certify`` on how requests are sent."""


def set_up(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.set_defaults(run=clean_up)
    parser.add_argument("folder", type=Path, metavar="DIR", help="the folder of one vendor in a report folder")
    parser.add_argument("--url", help="the address of the run (default: the one that the run has recorded)")
    parser.add_argument("--target", metavar="NAME", help="the target of the run, from the targets file")
    add_options(parser, only=SENT_WITH)
    parser.add_argument("--clean-up-production", action="store_true", help="delete on a production server too")
    parser.epilog = (
        "a chat is deleted only if its id came once, in a success of the run, and names nothing else, and, where the\n"
        "overlay names an operation that reads, if what is read is this run's own; everything else is listed with the\n"
        "reason. Credentials come from where the run had them. exit status: 0 nothing is left, 1 something is left"
    )


def clean_up(parsed: argparse.Namespace) -> int:
    """Delete the chats of a run and print what became of them; return 0 if none is left, else 1.

    Raises:
        ChatcertError: there is no run, it was on another server, or its list of chats is not borne out.
    """
    from chatcert.cli.json_answer import give
    from chatcert.run.checking.recorded_address import Where
    from chatcert.run.left_chats import remove_chats

    options = RunOptions(**values_of(parsed, SENT_WITH))
    where = Where(parsed.url, parsed.target, options, allow_production=parsed.clean_up_production)
    return remove_chats(parsed.folder, where, os.environ, give)
