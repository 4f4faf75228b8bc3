"""Parsers of commands: one-line errors, and the arguments that several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable

PIPED_WIDTH = 400
"""Columns of a table that goes into a pipe: nothing is folded there, so that it can be searched."""

Action = Callable[[argparse.Namespace], int]
"""Run a command with its parsed arguments and return the exit status."""


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what to do next."""

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print one line and exit with status 2."""
        line = " ".join(message.split())
        print(f"chatcert: {line} (see {self.prog} --help)", file=sys.stderr)
        raise SystemExit(2)


Commands = argparse._SubParsersAction  # noqa: SLF001  argparse has no public name for what add_subparsers returns
"""Where a command adds its parser."""


def add_command(commands: Commands[Parser], name: str, summary: str, action: Action) -> argparse.ArgumentParser:
    """Add a command, with its summary for the list of commands and for its own help, and return its parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(run=action)
    return parser


def add_format(parser: argparse.ArgumentParser, *more: str) -> None:
    """Add ``--format``: a table or JSON, or one of ``more``."""
    parser.add_argument("--format", choices=("table", *more, "json"), default="table", help="default: table")
