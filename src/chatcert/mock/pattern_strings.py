"""Strings that match a regular expression, for fields that have a ``pattern`` and no example."""

from __future__ import annotations

import importlib
import random
import re
import string
from math import isqrt
from typing import Any

from chatcert.openapi.regex import compiled

_LETTERS = string.ascii_letters + string.digits
_CATEGORIES = {
    "CATEGORY_DIGIT": string.digits,
    "CATEGORY_NOT_DIGIT": string.ascii_letters,
    "CATEGORY_WORD": _LETTERS,
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_SPACE": _LETTERS,
}
_MORE = 8


def matching(pattern: str, minimum: int = 0) -> str | None:
    """A random string that ``pattern`` matches, or ``None`` where the expression is beyond this module.

    Args:
        minimum: length that open repetitions try to reach.
    """
    try:
        expression = compiled(pattern)
        if expression is None:
            return None
        tree = importlib.import_module("re._parser").parse(expression.pattern)
    except (re.error, RecursionError, ImportError):
        return None
    for spread in (0, isqrt(minimum) + 1, minimum, _MORE + minimum):  # repetitions in repetitions multiply
        try:
            text = "".join(_piece(operation, argument, spread) for operation, argument in tree)
        except (_BeyondUs, IndexError):
            return None
        if len(text) >= minimum and expression.search(text):
            return text
    return None


class _BeyondUs(Exception):
    """A part of a pattern (a back reference, a condition) for which no text is made: the caller does without one."""


def _piece(operation: Any, argument: Any, spread: int) -> str:
    match str(operation):
        case "LITERAL":
            return chr(argument)
        case "NOT_LITERAL":
            return random.choice([c for c in _LETTERS if ord(c) != argument])
        case "ANY":
            return random.choice(_LETTERS)
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
        case "IN":
            return random.choice(_members(argument))
        case "BRANCH":
            return _all(random.choice(argument[1]), spread)
        case "SUBPATTERN":
            return _all(argument[-1], spread)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            least, most, inner = argument
            return "".join(_all(inner, spread) for _ in range(min(int(most), max(int(least), spread))))
        case _:
            raise _BeyondUs(str(operation))


def _all(items: Any, spread: int) -> str:
    return "".join(_piece(operation, argument, spread) for operation, argument in items)


def _members(items: Any) -> list[str]:
    chosen: set[str] = set()
    negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                negated = True
            case "LITERAL":
                chosen.add(chr(argument))
            case "RANGE":
                chosen.update(chr(code) for code in range(argument[0], min(argument[1], argument[0] + 200) + 1))
            case "CATEGORY":
                chosen.update(_CATEGORIES[str(argument)])
    return sorted(set(_LETTERS + "-_ ") - chosen) if negated else sorted(chosen)
