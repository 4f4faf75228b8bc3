"""Random values that no schema restricts: text of several scripts, member names, any JSON.

Hypothesis draws only the seed of each value: it records every draw in order to shrink failures, nothing is shrunk here,
and recording each character of a text costs far more than the text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from random import Random
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chatcert.openapi.schemas.fields import JSON_TYPES

Value = TypeVar("Value")

SAFE_INTEGER = 2**53 - 1
"""RFC 8259 section 6: integers beyond this are not exchanged reliably."""
MAX_MEMBERS = 3
"""Members of an object and items of an array in random JSON."""
MAX_CHARACTERS = 40
"""Characters of a text in random JSON."""
MAX_CHOSEN = 48
"""Members that a generated object takes of a longer list: Hypothesis cannot draw an unlimited number at once."""
MEAN_LENGTH = 8
"""Characters of a text beyond its minimum, on average."""

_CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"`\\/|<>(){}[]@#$%^&*-_=+~\t\n"
    "äöüßñçéàÅøŁžİı\u00a0\u00ad\u200b\u200d\u2028\ufeff\ufe0f\u0301\u0308αβΣςжшяђ中文日本語한국어עבריתالعربيةहिन्दीกไ"
    "ﬁ½²™😀👩💻🇩🇪🏽\U0001d54f\U00020000"
)
_NAME_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"
_NUMBERS = (0, 1, -1, 255, 65_536, -(2**31), 2**31, SAFE_INTEGER, -SAFE_INTEGER)
_SCALARS = ("null", "boolean", "integer", "number", "string")
_SEEDS = 2**24
"""Hypothesis draws this many evenly; of a wider range it prefers the small numbers."""


def from_random(make: Callable[[Random], Value]) -> SearchStrategy[Value]:
    """Return a strategy for the results of ``make``, which gets a random generator with a drawn seed."""
    return st.integers(0, _SEEDS - 1).map(lambda seed: make(Random(seed)))


def subsets_of(names: Sequence[str]) -> SearchStrategy[list[str]]:
    """Return a strategy for subsets of ``names`` in their order, of ``MAX_CHOSEN`` names at most on average."""
    return from_random(lambda random: _subset(random, names))


def _subset(random: Random, names: Sequence[str]) -> list[str]:
    chance = min(1.0, MAX_CHOSEN / max(1, len(names))) / 2
    return [name for name in names if random.random() < chance]


def random_text(random: Random, least: int, most: int) -> str:
    """Return text of several scripts with ``least`` to ``most`` characters; one in 16 has the maximum length.

    It has joiners and combining marks, and no control characters but tab and newline. It is never empty nor white space
    alone where it may be longer: whether a server takes a blank text must not depend on what is drawn.
    """
    longest = random.random() < 1 / 16
    length = most if longest else min(most, least + int(random.expovariate(1 / MEAN_LENGTH)))
    text = "".join(random.choices(_CHARACTERS, k=length))
    return "?" + text[1:] if most > 0 and not text.strip() else text


def random_name(random: Random) -> str:
    """Return a member name of 1 to 16 ASCII characters."""
    return "".join(random.choices(_NAME_CHARACTERS, k=random.randint(1, 16)))


def random_json(random: Random, depth: int) -> Any:
    """Return a JSON value that all implementations exchange alike, up to ``depth`` arrays and objects deep."""
    return random_of_type(random.choice(_SCALARS if depth == 0 else JSON_TYPES), random, depth)


def random_of_type(name: str, random: Random, depth: int) -> Any:
    """Return a value of one JSON type, up to ``depth`` arrays and objects deep."""
    match name:
        case "null":
            return None
        case "boolean":
            return random.random() < 1 / 2
        case "integer":
            return random.choice(_NUMBERS) if random.random() < 1 / 4 else _random_integer(random)
        case "number":
            return round(random.uniform(-1e6, 1e6), 3)
        case "string":
            return random_text(random, 0, MAX_CHARACTERS)
        case "array":
            return [random_json(random, depth - 1) for _ in range(random.randint(0, MAX_MEMBERS))]
        case _:
            return {name: random_json(random, depth - 1) for name in random_names(random, 0, MAX_MEMBERS)}


def _random_integer(random: Random) -> int:
    """Return an integer that is safe to exchange, with any number of bits equally often."""
    size = random.randint(1, 53)
    return random.randint(-(2**size) + 1, 2**size - 1)


def random_names(random: Random, least: int, most: int, excluded: Collection[str] = ()) -> list[str]:
    """Return ``least`` to ``most`` different names, none of which is in ``excluded``."""
    names: dict[str, None] = {}
    wanted = random.randint(least, most)
    while len(names) < wanted:
        if (name := random_name(random)) not in excluded:
            names[name] = None
    return list(names)
