"""Regular expressions of ECMA-262 (JSON Schema 2020-12, section 6.4), matched in bounded time."""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

import jsonschema_rs

MAX_CHARACTERS = 4096
"""Characters of a text in which Python's engine searches for a simple pattern: the time grows with their square."""
_CHARACTER = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*+(?:\]|\\?\Z)", re.DOTALL)
_GROUP_KIND = re.compile(r"\(\?(?:[:=!]|<[=!]|P?<\w+>)")
_REPETITION = re.compile(r"[*+?]|\{\d*,\d*\}")
_PART = re.compile(r"(?P<open>\()|\)(?P<close>[*+]|\{\d*,\d*\})?|(?P<other>\|)|(?P<repetition>[*+?]|\{\d*,\d*\})")
_LAST = 0x10FFFF
_ESCAPE = re.compile(
    r"\\(?:([pP])\{(?:General_Category=|gc=)?(\w+)\}|u\{([0-9A-Fa-f]{1,6})\}|c([A-Za-z])|(.))", re.DOTALL
)
_NAMED_GROUP = re.compile(r"\(\?<(?![=!])")
_BETWEEN_SLASHES = re.compile(r"/(\^.*|.*\$)/[dgimsuvy]*", re.DOTALL)
_LONG_NAMES = {
    "Letter": "L",
    "Uppercase_Letter": "Lu",
    "Lowercase_Letter": "Ll",
    "Titlecase_Letter": "Lt",
    "Modifier_Letter": "Lm",
    "Other_Letter": "Lo",
    "Mark": "M",
    "Number": "N",
    "Decimal_Number": "Nd",
    "Punctuation": "P",
    "Symbol": "S",
    "Separator": "Z",
    "Space_Separator": "Zs",
    "Other": "C",
    "Control": "Cc",
    "Combining_Mark": "M",
    "digit": "Nd",
    "punct": "P",
    "cntrl": "Cc",
}
_NAMES = {
    "C",
    "Cc",
    "Cf",
    "Cn",
    "Co",
    "Cs",
    "L",
    "Ll",
    "Lm",
    "Lo",
    "Lt",
    "Lu",
    "M",
    "Mc",
    "Me",
    "Mn",
    "N",
    "Nd",
    "Nl",
    "No",
    "P",
    "Pc",
    "Pd",
    "Pe",
    "Pf",
    "Pi",
    "Po",
    "Ps",
    "S",
    "Sc",
    "Sk",
    "Sm",
    "So",
    "Z",
    "Zl",
    "Zp",
    "Zs",
}


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern of a document, matched in bounded time for any pattern and any text.

    Python's engine backtracks: with two repetitions that can match the same text, its time can grow exponentially.
    Such a pattern, and any pattern in a very long text, is left to an engine that reads each character once, or that
    gives up after a number of steps.

    Attributes:
        pattern: in Python's spelling.
        is_simple: whether it has at most one repetition, of something that can match in one way only.
    """

    pattern: str
    is_simple: bool
    _expression: re.Pattern[str]
    _bounded: jsonschema_rs.Draft202012Validator

    def search(self, text: str) -> bool:
        """Return whether the pattern matches anywhere in a text; true if the engine gives up."""
        if self.is_simple and len(text) <= MAX_CHARACTERS:
            return self._expression.search(text) is not None
        found = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        wrong = next(iter(self._bounded.iter_errors(found)), None)
        return wrong is None or not isinstance(wrong.kind, jsonschema_rs.ValidationErrorKind.Pattern)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern | None:
    r"""Compile a pattern as ECMA-262 defines it: ``\d`` and ``\w`` are ASCII, ``$`` is the very end.

    Returns:
        ``None`` if it is not a regular expression, or if engines disagree about it; such a pattern is not checked.
    """
    text = in_python(pattern)
    if text is None:
        return None
    try:
        bounded = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expression = re.compile(text, re.ASCII if re.search(r"\\[bB]", pattern) else 0)
    except (ValueError, jsonschema_rs.ValidationError, re.error, RecursionError, OverflowError):
        return None
    simple = len(_REPETITION.findall(_skeleton(text))) < 2 and not is_endless(text)
    return Pattern(text, simple, expression, bounded)


def reads_alike(pattern: str) -> bool:
    """Return whether a pattern is written for Python as it is for ECMA-262."""
    return compiled(pattern) is not None and in_python(pattern.replace("$", "")) == pattern.replace("$", "")


def is_endless(pattern: str) -> bool:
    """Return whether a repetition contains a repetition or alternatives, so that its time may grow exponentially.

    The validator has no bound for patterns of property names, so it must not use such a pattern.
    """
    groups = [_Group()]
    for part in _PART.finditer(_skeleton(pattern)):
        if part["open"]:
            groups.append(_Group())
        elif part["other"]:
            groups[-1].has_others = True
        elif part["repetition"]:
            groups[-1].repeats = True
        elif len(groups) > 1:
            group = groups.pop()
            if part["close"] and (group.repeats or group.has_others):
                return True
            groups[-1].repeats |= group.repeats or part["close"] is not None
    return False


@dataclass(slots=True)
class _Group:
    """The content so far of a group that is not closed yet."""

    repeats: bool = False
    has_others: bool = False


def _skeleton(pattern: str) -> str:
    """Replace each escape and each character class of a pattern by a letter, and each group by a plain one."""
    return _GROUP_KIND.sub("(", _CHARACTER.sub("x", pattern))


def in_python(pattern: str) -> str | None:
    r"""Translate a pattern to Python's syntax; ``None`` if that is impossible, or if it is written between slashes.

    Python has no ``\p{…}``, no ``\u{…}``, no ``\cX`` and another way to name groups.
    """
    if _BETWEEN_SLASHES.fullmatch(pattern):
        return None
    result: list[str] = []
    place, inside = 0, False
    while place < len(pattern):
        character = pattern[place]
        if character == "\\":
            found = _ESCAPE.match(pattern, place)
            written = _escape(found, inside=inside) if found else None
            if found is None or written is None:
                return None
            if inside and found[5] in _CLASSES and _is_end_of_range(pattern, found.end(), result):
                return None
            result.append(written)
            place = found.end()
            continue
        if inside:
            inside = character != "]"
            result.append(f"\\{character}" if character in "[&|~" else character)
        elif character == "[":
            opening = "[^" if pattern.startswith("[^", place) else "["
            place += len(opening)
            if pattern[place : place + 1] == "]":
                return None  # matches everything or nothing in ECMA-262, but a bracket in Python
            inside = True
            result.append(opening)
            continue
        elif found := _NAMED_GROUP.match(pattern, place):
            result.append("(?P<")
            place = found.end()
            continue
        else:
            result.append(r"\Z" if character == "$" else character)
        place += 1
    return "".join(result)


def _is_end_of_range(pattern: str, end: int, written: list[str]) -> bool:
    """Return whether a class escape inside brackets stands at an end of a range, where engines disagree."""
    before = written[-1] == "-" and written[-2] not in ("[", "[^")
    after = pattern[end : end + 1] == "-" and pattern[end + 1 : end + 2] != "]"
    return before or after


def _escape(found: re.Match[str], *, inside: bool) -> str | None:
    negated, category, point, control, other = found.groups()
    if category is not None:
        name = _LONG_NAMES.get(category, category)
        if name not in _NAMES or (inside and negated == "P"):
            return None
        ranges = _ranges(name)
        return ranges if inside else f"[{'^' if negated == 'P' else ''}{ranges}]"
    if point is not None:
        return f"\\U{int(point, 16):08x}" if int(point, 16) <= _LAST else None
    if control is not None:
        return f"\\x{ord(control.upper()) - 64:02x}"
    if other in _CLASSES:
        return _CLASSES[other] if inside else f"[{_CLASSES[other]}]"
    return None if other in ("A", "Z", "z", "k", "a") else found[0]


_SPACES = "\\t-\\r \\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000\\ufeff"
_CLASSES = {
    "d": "0-9",
    "D": "\\x00-/:-\\U0010ffff",
    "w": "A-Za-z0-9_",
    "W": "\\x00-/:-@\\[-\\^`{-\\U0010ffff",
    "s": _SPACES,
    "S": (
        "\\x00-\\x08\\x0e-\\x1f!-\\x9f\\xa1-\\u167f\\u1681-\\u1fff\\u200b-\\u2027\\u202a-\\u202e\\u2030-\\u205e"
        "\\u2060-\\u2fff\\u3001-\\ufefe\\uff00-\\U0010ffff"
    ),
}
"""The character classes of ECMA-262 (section 22.2.2.9), which are those of Python only in part."""


@lru_cache(maxsize=16)
def _ranges(category: str) -> str:
    """Return all characters of a Unicode category as ranges of a character class."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for name, first, last in _runs() if name.startswith(category))


@cache
def _runs() -> list[tuple[str, int, int]]:
    """Return the runs of characters of one category as (category, first, last)."""
    runs: list[tuple[str, int, int]] = []
    start = 0
    for category, run in groupby(map(unicodedata.category, map(chr, range(_LAST + 1)))):
        end = start + len(list(run))
        runs.append((category, start, end - 1))
        start = end
    return runs
