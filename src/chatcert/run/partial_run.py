"""Selection of requirements by patterns of their ids: a partial run, which is never a certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Final

from chatcert.exceptions import NothingSelectedError
from chatcert.names import did_you_mean

OPTION: Final = "--only"


def is_selected(name: str, patterns: Sequence[str]) -> bool:
    """Return whether an id matches one of some patterns, with its vendor or without; every id where there is none.

    ``*`` stands for any characters, slashes too, ``?`` for one; a pattern without them names what is below it as well.
    """
    path = name.partition("/")[2]
    return not patterns or any(_matches(one, pattern) for pattern in patterns for one in (name, path))


def check_selection(patterns: Sequence[str], names: Iterable[str]) -> None:
    """Check that each pattern matches an id.

    Raises:
        NothingSelectedError: one matches none; the hint names the most similar id.
    """
    known = list(names)
    for pattern in patterns:
        if not any(is_selected(name, [pattern]) for name in known):
            raise NothingSelectedError(
                f"no requirement matches {pattern!r}",
                where=OPTION,
                hint=did_you_mean(pattern, known, listed_by="chatcert requirements"),
            )


def _matches(text: str, pattern: str) -> bool:
    pattern = pattern.rstrip("/")
    return fnmatchcase(text, pattern) or text.startswith(f"{pattern}/")
