"""Content that has no shape to keep: text of several scripts, names, free JSON. Each is made whole from one draw.

Hypothesis keeps a record of each draw, so that it can shrink what fails. Nothing shrinks here, and a record of each
character of a text costs far more than the text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chatcert.openapi.fields import JSON_TYPES

Value = TypeVar("Value")

SAFE_INTEGER = 2**53 - 1
"""RFC 8259 section 6: integers beyond this are not exchanged reliably."""
MOST_MEMBERS = 3
MOST_CHARACTERS = 40
"""Of a text in free JSON."""
MAX_CHOSEN = 48
"""Members of which any come together in one generated object: Hypothesis draws so many at once, and no endless ones."""
MEAN_LENGTH = 8
"""Characters of a text that may have any length, on average."""

_CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"`\\/|<>(){}[]@#$%^&*-_=+~\t\n"
    "äöüßñçéàÅøŁžİı\u00a0\u00ad\u200b\u200d\u2028\ufeff\ufe0f\u0301\u0308αβΣςжшяђ中文日本語한국어עבריתالعربيةहिन्दीกไ"
    "ﬁ½²™😀👩💻🇩🇪🏽\U0001d54f\U00020000"
)
_OF_NAMES = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_NUMBERS = (0, 1, -1, 255, 65_536, -(2**31), 2**31, SAFE_INTEGER, -SAFE_INTEGER)
_SCALARS = ("null", "boolean", "integer", "number", "string")
_SEEDS = 2**24
"""As many as Hypothesis draws evenly: of a wider range it prefers the small numbers."""


def made(make: Callable[[Random], Value]) -> SearchStrategy[Value]:
    """What ``make`` returns for a generator of which only the seed is drawn; equal seeds, equal values."""
    return st.integers(0, _SEEDS - 1).map(lambda seed: make(Random(seed)))


def some_of(names: Sequence[str]) -> SearchStrategy[list[str]]:
    """Any of them in their order, none and all among it; of very many, any so many."""
    return made(lambda random: _some(random, names))


def _some(random: Random, names: Sequence[str]) -> list[str]:
    chance = min(1.0, MAX_CHOSEN / max(1, len(names))) / 2
    return [name for name in names if random.random() < chance]


def a_text(random: Random, least: int, most: int) -> str:
    """Text with joiners and combining marks, no control characters but tab and newline; now and then the longest."""
    longest = random.random() < 1 / 16
    length = most if longest else min(most, least + int(random.expovariate(1 / MEAN_LENGTH)))
    return "".join(random.choices(_CHARACTERS, k=length))


def a_name(random: Random) -> str:
    """A name that any server takes for a key."""
    return "".join(random.choices(_OF_NAMES, k=random.randint(1, 16)))


def a_value(random: Random, depth: int) -> Any:
    """Any JSON value that every JSON implementation exchanges alike, with so many levels of lists and objects."""
    return of_type(random.choice(_SCALARS if depth == 0 else JSON_TYPES), random, depth)


def of_type(name: str, random: Random, depth: int) -> Any:
    """Any value of one JSON type, with so many levels of lists and objects."""
    match name:
        case "null":
            return None
        case "boolean":
            return random.random() < 1 / 2
        case "integer":
            return random.choice(_NUMBERS) if random.random() < 1 / 4 else _a_whole_number(random)
        case "number":
            return round(random.uniform(-1e6, 1e6), 3)
        case "string":
            return a_text(random, 0, MOST_CHARACTERS)
        case "array":
            return [a_value(random, depth - 1) for _ in range(random.randint(0, MOST_MEMBERS))]
        case _:
            return {name: a_value(random, depth - 1) for name in some_names(random, 0, MOST_MEMBERS)}


def _a_whole_number(random: Random) -> int:
    """Of any size that is safe to exchange, small ones as often as large ones."""
    size = random.randint(1, 53)
    return random.randint(-(2**size) + 1, 2**size - 1)


def some_names(random: Random, least: int, most: int, taken: Collection[str] = ()) -> list[str]:
    """So many different names, none of them taken."""
    names: dict[str, None] = {}
    wanted = random.randint(least, most)
    while len(names) < wanted:
        if (name := a_name(random)) not in taken:
            names[name] = None
    return list(names)
