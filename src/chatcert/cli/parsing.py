"""Parsers of commands: one-line errors, and the arguments that several commands share."""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any

PLAIN = (
    (r"^argument (\S+): invalid int value: ('.*')", r"\1: \2 is not a whole number"),
    (r"^argument (\S+): invalid float value: ('.*')", r"\1: \2 is not a number"),
    (r"^argument (\S+): expected one argument", r"\1 needs a value"),
    (r"^argument (\S+): invalid choice: ('.*?') \(", r"\1: \2 is not known ("),
    (r"^argument (\S+): ", r"\1: "),
)
"""What argparse says, and how a person says it."""


class RefusedArguments(SystemExit):
    """The command line cannot be understood; ``line`` says why, and was printed.

    Args:
        program: what was called, as its help names it: ``chatcert register check``.
    """

    def __init__(self, program: str, line: str) -> None:
        super().__init__(2)
        self.program = program
        self.line = line


class Parser(argparse.ArgumentParser):
    """A parser whose errors are one line that says what to do next."""

    _given: Sequence[str] = ()

    def error(self, message: str) -> None:  # type: ignore[override]
        """Print one line and exit with status 2."""
        line = " ".join(message.split())
        if "invalid choice: " in line:
            from chatcert.cli.misspelt import choice_hint

            line += choice_hint(line, self._given)
        for pattern, plain in PLAIN:
            line = re.sub(pattern, plain, line)
        print(f"chatcert: {line} (see {self.prog} --help)", file=sys.stderr)
        raise RefusedArguments(self.prog, line)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse; an argument that is not known is an error here, where the options are known that may be meant."""
        self._given = args if args is not None else sys.argv[1:]
        found, extras = super().parse_known_args(args, namespace)
        if extras:
            from chatcert.cli.misspelt import option_error

            self.error(option_error(extras, self._option_string_actions))
        return found, extras


class HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Fits prose below the options to the width of the terminal; lines that are indented, such as examples, stay."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap

        lines: list[str] = []
        prose: list[str] = []
        for line in [*text.splitlines(), ""]:
            if line.startswith((" ", "exit status:")) or not line:
                lines += textwrap.wrap(" ".join(prose), width, break_on_hyphens=False)
                prose = []
            if line and not line.startswith(" "):
                prose.append(line)
            else:
                lines += _hanging(line, width)
        return "\n".join(f"{indent}{line}" if line else "" for line in lines).rstrip("\n")


def _hanging(line: str, width: int) -> list[str]:
    """Return a line, or the lines of an entry of a list that is too long, its text below its text."""
    import textwrap

    head = re.match(r" +\S+ {2,}", line)
    if len(line) <= width or head is None:
        return [line]
    return textwrap.wrap(line, width, subsequent_indent=" " * len(head[0]), break_on_hyphens=False)


class StepParser(Parser):
    """The parser of a command's step, with the help of a command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"formatter_class": HelpFormatter, **settings})


class CommandParser(Parser):
    """The parser of a command, whose module is imported and adds its arguments only when the command is called.

    Args:
        prog: how it is called.
        summary: what the command does, as the list of commands says it.
        set_up: adds the arguments.
    """

    def __init__(self, prog: str, summary: str, set_up: Callable[[argparse.ArgumentParser], None]) -> None:
        super().__init__(
            prog=prog,
            description=f"{summary[0].upper()}{summary[1:]}.",
            formatter_class=HelpFormatter,
        )
        self._set_up: Callable[[argparse.ArgumentParser], None] | None = set_up

    def complete(self) -> None:
        """Add the arguments, unless they are there already."""
        set_up, self._set_up = self._set_up, None
        if set_up is not None:
            set_up(self)

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Add the arguments first."""
        self.complete()
        return super().parse_known_args(args, namespace)


def add_format(parser: argparse.ArgumentParser, *more: str) -> None:
    """Add ``--format``: a table or JSON, or one of ``more``."""
    parser.add_argument("--format", choices=("table", *more, "json"), default="table", help="default: table")


def add_steps(parser: argparse.ArgumentParser) -> argparse._SubParsersAction[StepParser]:
    """Return what takes the parsers of a command's steps; the command lists the steps itself."""
    parser.usage = "%(prog)s [-h] STEP ..."
    return parser.add_subparsers(
        title="steps", metavar="STEP", required=True, help=argparse.SUPPRESS, parser_class=StepParser, prog=parser.prog
    )
