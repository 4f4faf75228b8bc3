"""Regular expressions as ECMA-262 writes them (JSON Schema 2020-12, section 6.4), looked for in bounded time."""

from __future__ import annotations

import re
import unicodedata
import warnings
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import groupby

import jsonschema_rs

MOST_CHARACTERS = 4096
"""Of a text in which Python's engine may look for a pattern with one repetition: its time grows with their square."""
_CHARACTER = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*\]", re.DOTALL)
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
    """A pattern of a document, looked for in bounded time whatever the document and the text are.

    Python's engine tries every way to read a text: with two repetitions that can take it in turns, that may be more
    ways than there is time. Such a pattern, and any in a very long text, is left to an engine that reads each character
    once, or gives up after so many steps.

    Attributes:
        pattern: in Python's spelling.
        is_simple: whether it has one repetition at most, of something that can be read in one way.
    """

    pattern: str
    is_simple: bool
    _expression: re.Pattern[str]
    _bounded: jsonschema_rs.Draft202012Validator

    def search(self, text: str) -> bool:
        """Whether it is found in a text; so it is where that would take too long to say."""
        if self.is_simple and len(text) <= MOST_CHARACTERS:
            return self._expression.search(text) is not None
        found = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        wrong = next(iter(self._bounded.iter_errors(found)), None)
        return wrong is None or not isinstance(wrong.kind, jsonschema_rs.ValidationErrorKind.Pattern)


@lru_cache(maxsize=1024)
def compiled(pattern: str) -> Pattern | None:
    r"""A pattern as engines of ECMA-262 read it: ``\d`` and ``\w`` are ASCII, ``$`` is the very end.

    Returns:
        ``None`` where it is no regular expression, or one that engines read differently; such a pattern says
        nothing.
    """
    text = in_python(pattern)
    if text is None:
        return None
    try:
        bounded = jsonschema_rs.Draft202012Validator({"pattern": pattern})
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expression = re.compile(text, re.ASCII if re.search(r"\\[dwb]", pattern) else 0)
    except (ValueError, jsonschema_rs.ValidationError, re.error, RecursionError, OverflowError):
        return None
    simple = len(_REPETITION.findall(_skeleton(text))) < 2 and not is_endless(text)
    return Pattern(text, simple, expression, bounded)


def reads_alike(pattern: str) -> bool:
    """Whether a pattern means the same to Python's engine as it stands: names of properties are matched by it so."""
    return compiled(pattern) is not None and in_python(pattern.replace("$", "")) == pattern.replace("$", "")


def is_endless(pattern: str) -> bool:
    """Whether a repetition repeats what repeats itself, or one of several: some text may then be read in endless ways.

    Names of properties are not matched by such a pattern: the validator has no bound for that.
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
    """What was seen so far of a group that is not closed yet."""

    repeats: bool = False
    has_others: bool = False


def _skeleton(pattern: str) -> str:
    """A pattern with a letter in place of each escape and each character class, and plain groups."""
    return _GROUP_KIND.sub("(", _CHARACTER.sub("x", pattern))


def in_python(pattern: str) -> str | None:
    r"""A pattern in Python's spelling; ``None`` where there is none, or where it stands between slashes.

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
                return None  # everything or nothing in ECMA-262, a bracket in Python
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
    return None if other in ("A", "Z", "z", "k") else found[0]


@lru_cache(maxsize=16)
def _ranges(category: str) -> str:
    """All characters of a Unicode category, as they stand in a character class."""
    return "".join(f"\\U{first:08x}-\\U{last:08x}" for name, first, last in _runs() if name.startswith(category))


@cache
def _runs() -> list[tuple[str, int, int]]:
    """Neighbouring characters of the same category, with the first and the last of them."""
    runs: list[tuple[str, int, int]] = []
    start = 0
    for category, run in groupby(map(unicodedata.category, map(chr, range(_LAST + 1)))):
        end = start + len(list(run))
        runs.append((category, start, end - 1))
        start = end
    return runs
