"""What a person meant who wrote an unknown command or option, or put the arguments in another order."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from chatcert.names import did_you_mean

TOP_OPTIONS = ("-h", "--help", "--version")
ELSEWHERE = {
    "--env-file": "credentials come from the environment: read the file with . ./FILE before, as chatcert mock says",
    "--fault": "faults are the mock's: chatcert mock VENDOR --fault ID, then certify with --url",
    "--manner": "manners are the mock's: chatcert mock VENDOR --manner ID, then certify with --url",
    "--port": "an address is one option: --url http://127.0.0.1:8000",
    "--host": "an address is one option: --url http://127.0.0.1:8000",
    "--output": "reports go to --report-dir DIR",
    "--out": "reports go to --report-dir DIR",
    "--token": "credentials come from the environment or from a targets file, never from the command line",
    "--api-key": "credentials come from the environment or from a targets file, never from the command line",
}
"""Options that people look for in a command that certifies: what to do instead."""
DOCUMENT_SUFFIXES = (".yaml", ".yml", ".json")


def command_error(arguments: Sequence[str], commands: Collection[str]) -> str:
    """Return what is wrong where the command should stand, or an empty text if it stands there."""
    first = arguments[0] if arguments else ""
    if not first or first in commands or first in TOP_OPTIONS:
        return ""
    later = next((word for word in arguments[1:] if word in commands), None)
    if later is not None:
        return f"{first} stands before the command: write chatcert {later} first, then everything else"
    if first.startswith("-"):
        return ""
    return f"unknown command {first!r}; {did_you_mean(first, commands)}"


def option_error(extras: Sequence[str], known: Collection[str]) -> str:
    """Return what is wrong with arguments that a command does not know.

    Args:
        extras: these arguments.
        known: the options that the command has.
    """
    unknown = next((word for word in extras if word.startswith("-") and word != "-"), None)
    if unknown is None:
        return f"unexpected argument{'s' if extras[1:] else ''}: {' '.join(extras)}"
    name = unknown.partition("=")[0]
    if name in ELSEWHERE and "--profile" in known:
        return f"unknown option {name}; {ELSEWHERE[name]}"
    hint = did_you_mean(name, known)
    return f"unknown option {name}" + (f"; {hint}" if hint.startswith("did") else "")


def choice_hint(message: str, arguments: Sequence[str] = ()) -> str:
    """Return what was meant by a value that argparse refuses, to be added to its message; nothing if unclear.

    Args:
        message: of argparse, which lists the choices.
        arguments: the whole command line, in which a choice may stand later.
    """
    refused, _, choices = message.partition("choose from")
    given, known = (re.findall(r"'([^']*)'", part) for part in (refused, choices))
    if not given or not known:
        return ""
    later = next((word for word in arguments if word in known), None)
    if later is not None and not refused.startswith("argument -"):
        return f"; {given[-1]} stands before {later}: write {later} first"
    if len(known) == 1 and not refused.startswith("argument -"):
        return f"; write {known[0]} first"
    hint = did_you_mean(given[-1], known)
    return f"; {hint}" if hint.startswith("did") else ""


def is_document_first(vendor: str, file: Path) -> bool:
    """Return whether a name and a document were given the other way round."""
    return vendor.lower().endswith(DOCUMENT_SUFFIXES) and not str(file).lower().endswith(DOCUMENT_SUFFIXES)
