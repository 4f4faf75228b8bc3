"""Build texts that match a regular expression from the parts of the expression, in bounded time."""

from __future__ import annotations

import importlib
import math
import re
import string
from collections.abc import Iterable, Iterator
from functools import lru_cache
from math import isqrt
from random import Random
from typing import Any

from chatcert.openapi.patterns.regex import Pattern

MAX_PIECES = 20_000
"""Parts that are written for one text before it is given up."""
MAX_ATTEMPTS = 24
_EXTRA_REPETITIONS = (0, 1, 2, 4, 6, 9, 14, 22)
"""How often an open repetition may repeat beyond its minimum; nested repetitions multiply."""
_LETTERS = string.ascii_letters + string.digits
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_WORD": _LETTERS + "_",
    "CATEGORY_NOT_WORD": "-.",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": _LETTERS,
}
_BEYOND_ASCII = "éßñøžΩжш字語あ한שعह٣½²€«"
"""Characters of many scripts and kinds that every version of Unicode knows."""
_LAST_ASCII = 127
_LIKELY = 3 / 4
"""How often a lookbehind is written in its place, and a lookahead left to what follows it; else it is the reverse. A
lookbehind with nothing before it is always written."""
_MAX_RANGE = 128
"""Characters that are used of a range such as ``a-z``."""


def text_for(
    pattern: Pattern, random: Random, least: int = 0, most: int | None = None, *, shortest: bool = False
) -> str:
    """Return a text that matches the parts of a pattern; the caller confirms that it matches the pattern.

    It is ASCII where the pattern leaves a choice. Negative lookaheads and lookbehinds are left out. Where no text of
    the wanted length is built in a number of attempts, the result has another length or is empty.

    Args:
        least: characters that the text should have at least.
        most: characters that it may have at most.
        shortest: whether open repetitions are tried with their minimum first.
    """
    text = ""
    for writer in _writers(random, least, shortest=shortest):
        try:
            text = writer.write(_parse(pattern.pattern))
        except (_UnsupportedError, re.error, RecursionError):
            continue
        if least <= len(text) and (most is None or len(text) <= most):
            break
    return text


def text_beyond_ascii(pattern: Pattern, least: int = 0, most: int | None = None) -> str:
    """Return a text with characters beyond ASCII that a pattern takes; empty where none is found.

    Args:
        least, most: characters that the text has at least and at most.
    """
    random = Random(pattern.pattern)
    for extra in (0, 0, 1, 2, 4, 9, least, least + 1):
        try:
            text = _Writer(random, extra, beyond_ascii=True).write(_parse(pattern.pattern))
        except (_UnsupportedError, re.error, RecursionError):
            return ""
        fits = least <= len(text) and (most is None or len(text) <= most)
        if fits and not text.isascii() and pattern.search(text):
            return text
    return ""


def _writers(random: Random, least: int, *, shortest: bool) -> Iterator[_Writer]:
    """Yield writers whose open repetitions repeat at random, then some that repeat them as often as ``least`` asks."""
    if shortest:
        yield _Writer(random, 0)
    for _ in range(MAX_ATTEMPTS):
        yield _Writer(random, random.choice((*_EXTRA_REPETITIONS, least, 2 * least)))
    for extra in (0, isqrt(least) + 1, least, least + max(_EXTRA_REPETITIONS)):
        yield _Writer(random, extra, exact=True)


@lru_cache(maxsize=256)
def _parse(pattern: str) -> Any:
    return importlib.import_module("re._parser").parse(pattern)


def width_of(pattern: Pattern) -> tuple[int, float]:
    """Return the least and the greatest number of characters of the texts in which a pattern matches.

    The greatest one is infinite unless the pattern is anchored at both ends.
    """
    try:
        parts = _parse(pattern.pattern)
        least, most = parts.getwidth()
    except (re.error, RecursionError, OverflowError):
        return 0, math.inf
    items = [(str(operation), str(argument)) for operation, argument in parts]
    anchored = bool(items) and items[0] in _AT_START and items[-1] in _AT_END and len(items) > 1
    return least, most if anchored and most < _ENDLESS else math.inf


def matches_all(pattern: Pattern) -> bool:
    """Return whether a pattern matches every text: it needs no character, and asks for no place but the start."""
    try:
        parts = list(_parse(pattern.pattern))
        least = _parse(pattern.pattern).getwidth()[0]
    except (re.error, RecursionError, OverflowError):
        return False
    if parts and (str(parts[0][0]), str(parts[0][1])) in _AT_START:
        parts = parts[1:]
    return least == 0 and not re.search(r"\b(AT|ASSERT|ASSERT_NOT|GROUPREF\w*)\b", repr(parts))


_AT_START = (("AT", "AT_BEGINNING"), ("AT", "AT_BEGINNING_STRING"))
_AT_END = (("AT", "AT_END_STRING"),)
_ENDLESS = 2**31


class _UnsupportedError(Exception):
    """A part of a pattern for which no text is built, or a text with too many parts."""


class _Writer:
    """Writes one text; a back reference repeats what was written for its group.

    Args:
        extra: how often an open repetition may repeat beyond its minimum.
        exact: whether each open repetition repeats that often.
        beyond_ascii: whether characters beyond ASCII are written wherever a class of characters has some.
    """

    def __init__(self, random: Random, extra: int, *, exact: bool = False, beyond_ascii: bool = False) -> None:
        self._random = random
        self._extra = extra
        self._exact = exact
        self._characters = _beyond_ascii if beyond_ascii else _characters
        self._left = MAX_PIECES
        self._groups: dict[int, str] = {}

    def write(self, parts: Iterable[Any]) -> str:
        """Return a text for each of the parts, one after the other."""
        return "".join(self._part(str(operation), argument) for operation, argument in parts)

    def _part(self, operation: str, argument: Any) -> str:
        is_first = self._left == MAX_PIECES
        self._left -= 1
        if self._left < 0:
            raise _UnsupportedError
        match operation:
            case "LITERAL":
                return chr(argument)
            case "NOT_LITERAL":
                return self._random.choice([letter for letter in _LETTERS if ord(letter) != argument])
            case "ANY":
                return self._random.choice(_LETTERS)
            case "AT" | "ASSERT_NOT":
                return ""
            case "ASSERT":
                direction, asserted = argument
                is_written = (direction < 0) == (self._random.random() < _LIKELY)
                return self.write(asserted) if is_written or (is_first and direction < 0) else ""
            case "IN":
                return self._random.choice(self._characters(tuple(argument)) or ["x"])
            case "BRANCH":
                return self.write(self._random.choice(argument[1]))
            case "SUBPATTERN":
                written = self.write(argument[-1])
                if argument[0] is not None:
                    self._groups[argument[0]] = written
                return written
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, repeated = argument
                most = min(int(most), int(least) + self._extra)
                times = most if self._exact else self._random.randint(int(least), most)
                return self._repeated(repeated, times)
            case "ATOMIC_GROUP":
                return self.write(argument)
            case "GROUPREF":
                return self._groups.get(argument, "")
            case _:
                raise _UnsupportedError

    def _repeated(self, parts: Any, times: int) -> str:
        """Return a text for the same parts so many times; characters of one class are drawn all at once."""
        if len(parts) != 1 or str(parts[0][0]) != "IN":
            return "".join(self.write(parts) for _ in range(times))
        self._left -= times
        if self._left < 0:
            raise _UnsupportedError
        return "".join(self._random.choices(self._characters(tuple(parts[0][1])) or ["x"], k=times))


@lru_cache(maxsize=256)
def _characters(items: tuple[Any, ...]) -> list[str]:
    """Return characters of a class, ASCII if it has any; of a negated one, letters and signs that it has."""
    chosen: set[str] = set()
    negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                chosen.add(chr(argument))
            case "RANGE":
                chosen.update(map(chr, range(argument[0], min(argument[1], argument[0] + _MAX_RANGE) + 1)))
            case "CATEGORY":
                chosen.update(_CATEGORIES.get(str(argument), ""))
    if negated:
        return sorted(set(_LETTERS + "-_. ") - chosen)
    if not all(character.isprintable() for character in chosen):  # almost any character, or any white space
        usual = (chosen & set(some) for some in (_LETTERS, "-. ", string.printable[:95]))
        chosen = next(filter(None, usual), chosen)
    return sorted({character for character in chosen if character.isascii()} or chosen)


def _beyond_ascii(items: tuple[Any, ...]) -> list[str]:
    """Return characters beyond ASCII of a class; others where it has none of those that are known here."""
    ranges = [argument for operation, argument in items if str(operation) == "RANGE"]
    named = {argument for operation, argument in items if str(operation) == "LITERAL"}
    negated = any(str(operation) == "NEGATE" for operation, _ in items)
    is_other = any(str(operation) == "CATEGORY" for operation, _ in items)  # they are of ASCII characters here
    found = [
        character
        for character in _BEYOND_ASCII
        if negated != (ord(character) in named or any(low <= ord(character) <= high for low, high in ranges))
    ]
    found = found or sorted(chr(code) for code in named if code > _LAST_ASCII and not negated)
    return _characters(items) if is_other or not found else found
