"""What ``--format json`` prints of any command: one JSON document on standard output, and everything else on the other.

The document has the same four members for every command: which one it was, its exit status, what it found or made, and
the error that ended it, if one did. A command hands over its result with ``give``; what else it prints goes to standard
error.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from contextlib import redirect_stdout
from contextvars import ContextVar
from itertools import pairwise
from typing import Any, Final, TextIO

from chatcert.exceptions import ChatcertError

FORMAT: Final = "--format"
JSON: Final = "json"


class JsonAnswer:
    """The document of one call.

    Args:
        command: the command with its step: ``register check``.
        stream: where it is printed.
    """

    def __init__(self, command: str, stream: TextIO) -> None:
        self.command = command
        self.stream = stream
        self.result: Any = None
        self.error: dict[str, str] | None = None
        self.is_printed = False

    def print(self, exit_status: int) -> None:
        """Print the document, unless that was done."""
        if self.is_printed:
            return
        self.is_printed = True
        value = {"command": self.command, "exit_status": exit_status, "result": self.result, "error": self.error}
        self.stream.write(json.dumps(value, indent=2, default=str) + "\n")
        self.stream.flush()


_CURRENT: ContextVar[JsonAnswer | None] = ContextVar("answer", default=None)


def give(result: Any, *, now: bool = False) -> bool:
    """Hand over the result of the command; return whether somebody asked for it as JSON.

    Args:
        result: anything that JSON can hold.
        now: print it at once, with exit status 0, since the command goes on until it is stopped.
    """
    answer = _CURRENT.get()
    if answer is None:
        return False
    answer.result = result
    if now:
        answer.print(0)
    return True


def note_error(error: ChatcertError | str) -> None:
    """Keep what ended the command."""
    answer = _CURRENT.get()
    if answer is not None:
        answer.error = (
            {"what": error, "where": "", "hint": ""}
            if isinstance(error, str)
            else {"what": error.what, "where": error.where, "hint": error.hint}
        )


def answered(command: str, run: Callable[[], int]) -> int:
    """Run a command, and print one document; return the exit status."""
    answer = JsonAnswer(command, sys.stdout)
    token = _CURRENT.set(answer)
    try:
        with redirect_stdout(sys.stderr):
            status = run()
        answer.print(status)
        return status
    finally:
        _CURRENT.reset(token)


def refuse(arguments: Sequence[str], program: str, line: str) -> None:
    """Print the document of a command line that cannot be understood, if it asks for JSON."""
    if f"{FORMAT}={JSON}" in arguments or (FORMAT, JSON) in pairwise(arguments):
        answer = JsonAnswer(program.partition(" ")[2], sys.stdout)
        answer.error = {"what": line, "where": "", "hint": ""}
        answer.print(2)


def accept_json(parser: argparse.ArgumentParser) -> None:
    """Give a command, or each of its steps, the option ``--format`` unless it has it, and let it know its name."""
    for action in parser._actions:  # noqa: SLF001  argparse has no other way to its steps
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for step in action.choices.values():
                accept_json(step)
            return
    if FORMAT not in parser._option_string_actions:  # noqa: SLF001
        parser.add_argument(FORMAT, choices=("text", JSON), default="text", help="default: text")
    parser.set_defaults(command=parser.prog.partition(" ")[2])
