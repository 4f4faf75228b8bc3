"""Prove that whatever matches a pattern has a format, or the reverse, by comparing two finite automata."""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from functools import lru_cache
from typing import Any

from chatcert.openapi.patterns.regex import compiled

MAX_STATES = 3000
"""States of one automaton; a pattern that needs more is not compared."""
MAX_PAIRS = 20_000
"""Steps of one comparison; without a result by then, nothing is proven."""
_MAX_REPEATED = 64
"""How often a part is written out; a repetition that goes beyond counts as one without end."""
_ENDLESS = 2**31
_LAST = 0x10FFFF
_ANY = ((0, _LAST),)
_LINE_ENDS = ((10, 10), (13, 13), (0x2028, 0x2029))
_REFERENCE = r"[!#-;=?-\[\]_a-z~]*"
_BASE64 = "[A-Za-z0-9+/_-]"
_NARROW: Mapping[str, str] = {
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "email": r"[^@\s]+@[^@\s]+",
    "idn-email": r"[^@\s]+@[^@\s]+",
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([zZ]|[-+]([01][0-9]|2[0-3]):[0-5][0-9])",
    "ipv4": r"(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}",
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:{_REFERENCE}",
    "uri-reference": _REFERENCE,
    "byte": rf"({_BASE64}{{4}})*({_BASE64}{{2}}(==)?|{_BASE64}{{3}}=?)?",
}
"""Texts that are certain to have a format, though perhaps not all of them."""
_WIDE: Mapping[str, str] = {
    "uuid": _NARROW["uuid"],
    "date": r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])",
    "date-time": (
        r"[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?"
        r"(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])"
    ),
    "time": r"([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?(Z|[-+]([01][0-9]|2[0-3]):[0-5][0-9])",
    "email": r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}",
    "ipv4": _NARROW["ipv4"],
    "uri": rf"[A-Za-z][A-Za-z0-9+.-]*:{_REFERENCE}",
    "byte": r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?",
}
"""All texts of a format that any reader takes, and perhaps more."""

Ranges = tuple[tuple[int, int], ...]


def implies_format(pattern: str, name: str) -> bool:
    """Return whether each text that a pattern matches is proven to have a format."""
    expression = compiled(pattern)
    return (
        expression is not None
        and name in _NARROW
        and _is_proven(lambda: (_automaton(expression.pattern, Reading.MORE), _automaton(_NARROW[name])))
    )


def implied_by_format(pattern: str, name: str) -> bool:
    """Return whether a pattern is proven to match each text of a format that any reader takes (``is_surely``)."""
    expression = compiled(pattern)
    return (
        expression is not None
        and name in _WIDE
        and _is_proven(lambda: (_automaton(_WIDE[name]), _automaton(expression.pattern, Reading.LESS)))
    )


def _is_proven(automata: Callable[[], tuple[_Automaton, _Automaton]]) -> bool:
    try:
        return _is_included(*automata())
    except (_UnsupportedError, re.error, RecursionError, OverflowError):
        return False


class Reading(Enum):
    """How a regular expression is read."""

    WHOLE = auto()
    """It describes a whole text, exactly."""
    MORE = auto()
    """It is found in a text; the automaton may take more texts than the expression does."""
    LESS = auto()
    """It is found in a text; the automaton may take fewer texts than the expression does."""


class _UnsupportedError(Exception):
    """A part of a pattern that is not compared, or an automaton that is too large."""


@dataclass
class _Automaton:
    """States that are numbered from 0, the start; the last one that is made is the end.

    Attributes:
        steps: by state, the characters that lead to another state.
        empty: by state, those that follow it without a character.
    """

    reading: Reading
    steps: list[list[tuple[Ranges, int]]] = field(default_factory=lambda: [[]])
    empty: list[list[int]] = field(default_factory=lambda: [[]])
    end: int = 0

    def new(self) -> int:
        """Return a new state."""
        if len(self.steps) >= MAX_STATES:
            raise _UnsupportedError
        self.steps.append([])
        self.empty.append([])
        return len(self.steps) - 1

    def step(self, state: int, characters: Ranges) -> int:
        """Return a new state that characters lead to."""
        new = self.new()
        self.steps[state].append((characters, new))
        return new

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        """Return states with all that follow them without a character."""
        found = set(states)
        left = list(found)
        while left:
            more = [state for state in self.empty[left.pop()] if state not in found]
            found.update(more)
            left += more
        return frozenset(found)


@lru_cache(maxsize=64)
def _automaton(pattern: str, reading: Reading = Reading.WHOLE) -> _Automaton:
    """Return the automaton of a whole text in which a pattern is found."""
    parts = list(importlib.import_module("re._parser").parse(pattern))
    result, state, exact = _Automaton(reading), 0, reading is Reading.WHOLE
    begins = exact or (bool(parts) and str(parts[0][1]) in ("AT_BEGINNING", "AT_BEGINNING_STRING"))
    ends = exact or (bool(parts) and str(parts[-1][1]) == "AT_END_STRING")
    if not begins:
        result.steps[0].append((_ANY, 0))
    state = _written(result, state, parts[begins and not exact : len(parts) - (ends and not exact)])
    if not ends:
        result.steps[state].append((_ANY, state))
    result.end = state
    return result


def _written(result: _Automaton, state: int, parts: Iterable[Any]) -> int:
    """Add parts of a pattern after a state, and return the state after them."""
    for operation, argument in parts:
        match str(operation):
            case "LITERAL":
                state = result.step(state, ((argument, argument),))
            case "NOT_LITERAL":
                state = result.step(state, _others(((argument, argument),)))
            case "ANY":
                state = result.step(state, _ANY if result.reading is Reading.MORE else _others(_LINE_ENDS))
            case "IN":
                state = result.step(state, _class(argument))
            case "SUBPATTERN":
                state = _written(result, state, argument[-1])
            case "ATOMIC_GROUP":
                state = _written(result, state, argument)
            case "BRANCH":
                joined = result.new()
                for branch in argument[1]:
                    begin = result.new()
                    result.empty[state].append(begin)
                    result.empty[_written(result, begin, branch)].append(joined)
                state = joined
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                state = _repeated(result, state, *argument)
            case "ASSERT" | "ASSERT_NOT" if result.reading is Reading.MORE:
                pass  # without it, the pattern matches more
            case _:
                raise _UnsupportedError
    return state


def _repeated(result: _Automaton, state: int, least: int, most: Any, part: Any) -> int:
    if least > _MAX_REPEATED:
        raise _UnsupportedError
    for _ in range(least):
        state = _written(result, state, part)
    after = result.new()
    result.empty[state].append(after)
    if int(most) > _MAX_REPEATED:
        if result.reading is Reading.LESS and int(most) < _ENDLESS:
            raise _UnsupportedError
        begin = result.new()
        result.empty[state].append(begin)
        again = _written(result, begin, part)
        result.empty[again] += [begin, after]
        return after
    for _ in range(int(most) - least):
        state = _written(result, state, part)
        result.empty[state].append(after)
    return after


def _class(items: Iterable[Any]) -> Ranges:
    found: list[tuple[int, int]] = []
    is_negated = False
    for operation, argument in items:
        match str(operation):
            case "NEGATE":
                is_negated = True
            case "LITERAL":
                found.append((argument, argument))
            case "RANGE":
                found.append(tuple(argument))
            case "CATEGORY" if str(argument) == "CATEGORY_SPACE":
                found += [(9, 13), (28, 32), (133, 133), (160, 160), (5760, 5760), (8192, 8202), (8232, 8233)]
                found += [(8239, 8239), (8287, 8287), (12288, 12288), (65279, 65279)]
            case _:
                raise _UnsupportedError
    return _others(tuple(found)) if is_negated else tuple(found)


def _others(ranges: Ranges) -> Ranges:
    """Return all characters but those of some ranges."""
    found, first = [], 0
    for low, high in sorted(ranges):
        if low > first:
            found.append((first, low - 1))
        first = max(first, high + 1)
    return (*found, (first, _LAST)) if first <= _LAST else tuple(found)


def _is_included(narrow: _Automaton, wide: _Automaton) -> bool:
    """Return whether the second automaton takes each text that the first one takes."""
    start = wide.closure((0,))
    left = [(state, start) for state in narrow.closure((0,))]
    seen = set(left)
    while left:
        state, others = left.pop()
        if state == narrow.end and wide.end not in others:
            return False
        for characters, after in narrow.steps[state]:
            for character in _told_apart(characters, wide, others):
                reached = wide.closure(
                    to for other in others for ranges, to in wide.steps[other] if _holds(ranges, character)
                )
                fresh = {(one, reached) for one in narrow.closure((after,))} - seen
                seen |= fresh
                left += fresh
        if len(seen) > MAX_PAIRS:
            raise _UnsupportedError
    return True


def _told_apart(characters: Ranges, wide: _Automaton, states: Iterable[int]) -> set[int]:
    """Return one character of each kind that the steps of some states tell apart."""
    edges = {
        edge for state in states for ranges, _ in wide.steps[state] for low, high in ranges for edge in (low, high + 1)
    }
    return {low for low, _ in characters} | {edge for edge in edges if _holds(characters, edge)}


def _holds(ranges: Ranges, character: int) -> bool:
    return any(low <= character <= high for low, high in ranges)
