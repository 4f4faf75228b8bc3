"""Texts that match a pattern, pieced together from its parts: never by trying, which may take endless time."""

from __future__ import annotations

import importlib
import re
import string
from collections.abc import Iterable
from functools import lru_cache
from random import Random
from typing import Any

from hypothesis.strategies import SearchStrategy

from chatcert.cases.content import made
from chatcert.openapi.regex import Pattern

MAX_PIECES = 20_000
MAX_ATTEMPTS = 24
_SPREADS = (0, 1, 2, 4, 6, 9, 14, 22)
"""How often open repetitions may repeat beyond the least; where they stand in each other, their numbers multiply."""
_LETTERS = string.ascii_letters + string.digits
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_WORD": _LETTERS + "_",
    "CATEGORY_NOT_WORD": "-.",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": _LETTERS,
}
_MOST_OF_A_RANGE = 128


def matching(pattern: Pattern, least: int, most: int) -> SearchStrategy[str]:
    """Texts that match a pattern as far as its parts tell; what looks ahead or behind is left to the validator.

    Args:
        least: characters that a text should have.
        most: characters that it may have.
    """
    return made(lambda random: _text(random, pattern.pattern, least, most))


def _text(random: Random, pattern: str, least: int, most: int) -> str:
    text = ""
    for _ in range(MAX_ATTEMPTS):
        try:
            text = _Writer(random, random.choice((*_SPREADS, least, 2 * least))).text(_parts(pattern))
        except (_Beyond, re.error, RecursionError):
            continue
        if least <= len(text) <= most:
            break
    return text


@lru_cache(maxsize=256)
def _parts(pattern: str) -> Any:
    return importlib.import_module("re._parser").parse(pattern)


class _Beyond(Exception):
    """A part for which no text is made, or more of them than a text should have."""


class _Writer:
    """Writes one text; every group remembers what was written for it, so that it can be referred to."""

    def __init__(self, random: Random, spread: int) -> None:
        self._random = random
        self._spread = spread
        self._left = MAX_PIECES
        self._groups: dict[int, str] = {}

    def text(self, parts: Iterable[Any]) -> str:
        """A text for each of the parts, one after the other."""
        return "".join(self._piece(str(operation), argument) for operation, argument in parts)

    def _piece(self, operation: str, argument: Any) -> str:
        self._left -= 1
        if self._left < 0:
            raise _Beyond
        match operation:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self._random.choice([letter for letter in _LETTERS if ord(letter) != argument])
            case "ANY":
                return self._random.choice(_LETTERS)
            case "AT" | "ASSERT" | "ASSERT_NOT":
                return ""
            case "IN":
                return self._random.choice(_members(tuple(argument)) or ["x"])
            case "BRANCH":
                return self.text(self._random.choice(argument[1]))
            case "SUBPATTERN":
                written = self.text(argument[-1])
                if argument[0] is not None:
                    self._groups[argument[0]] = written
                return written
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = argument
                times = self._random.randint(int(least), min(int(most), int(least) + self._spread))
                return "".join(self.text(inner) for _ in range(times))
            case "ATOMIC_GROUP":
                return self.text(argument)
            case "GROUPREF":
                return self._groups.get(argument, "")
            case _:
                raise _Beyond


@lru_cache(maxsize=256)
def _members(items: tuple[Any, ...]) -> list[str]:
    """Characters of a class; of a negated one, letters and signs that are not in it."""
    chosen: set[str] = set()
    negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                chosen.add(chr(argument))
            case "RANGE":
                chosen.update(map(chr, range(argument[0], min(argument[1], argument[0] + _MOST_OF_A_RANGE) + 1)))
            case "CATEGORY":
                chosen.update(_CATEGORIES.get(str(argument), ""))
    return sorted(set(_LETTERS + "-_. ") - chosen) if negated else sorted(chosen)
