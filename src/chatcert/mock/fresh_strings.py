"""Unique strings in the shape of an example: ``chat_D5D0p7TUs66TTAEAx`` gives ``chat_k3RwBq8ZvN1ydLoPx``."""

from __future__ import annotations

import math
import random
import re
import string
import uuid
from functools import lru_cache
from itertools import count

_RUNS = re.compile(r"[A-Za-z0-9]+|[^A-Za-z0-9]+")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z", re.IGNORECASE)
_ENOUGH = 10**9
_DEFAULT_LENGTH = 20
_PIECES = 4096


class Shape:
    """Generates strings that look like an example and never repeat.

    Runs of letters and digits that hold a digit change, or else the last run; the rest stays. A shape with too few
    different strings is made longer. The strings come in an order without a visible pattern.

    Args:
        example: the string to imitate; ``None`` gives 20 letters and digits.
        minimum: least length in characters.
        maximum: greatest length in characters.
        chance: the random generator; ``None`` takes the system's.
    """

    def __init__(
        self,
        example: str | None = None,
        minimum: int = 0,
        maximum: int | None = None,
        chance: random.Random | None = None,
    ) -> None:
        self._chance = draws = chance or random.SystemRandom()
        self._is_uuid = bool(example and _UUID.match(example))
        alphabets = _alphabets(example) if example else []
        if not alphabets:
            alphabets = [string.ascii_letters + string.digits] * min(_DEFAULT_LENGTH, maximum or _DEFAULT_LENGTH)
        changing = [a for a in alphabets if len(a) > 1]
        while math.prod(len(a) for a in alphabets) < _ENOUGH or len(alphabets) < minimum:
            alphabets.append(changing[-1] if changing else string.ascii_lowercase + string.digits)
        self._alphabets = alphabets[-maximum:] if maximum else alphabets
        self._size = math.prod(len(a) for a in self._alphabets)
        self._offset = draws.randrange(self._size)
        self._step = next(s for s in iter(lambda: draws.randrange(self._size) + 1, 0) if math.gcd(s, self._size) == 1)
        self._numbers = count(1)
        self._pieces = [(len(pieces), pieces) for pieces in _pieces(tuple(self._alphabets))]

    def fresh(self) -> str:
        """Return the next string."""
        if self._is_uuid:
            return str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        number = (self._offset + next(self._numbers) * self._step) % self._size
        parts = []
        for size, pieces in self._pieces:
            number, place = divmod(number, size)
            parts.append(pieces[place])
        return "".join(parts)


@lru_cache(maxsize=64)
def _pieces(alphabets: tuple[str, ...]) -> list[tuple[str, ...]]:
    """Group neighbouring characters into pieces of at most ``_PIECES`` variants, so that fewer have to be joined."""
    found: list[tuple[str, ...]] = []
    for alphabet in alphabets:
        if found and len(found[-1]) * len(alphabet) <= _PIECES:
            found[-1] = tuple(piece + character for character in alphabet for piece in found[-1])
        else:
            found.append(tuple(alphabet))
    return found


def _alphabets(example: str) -> list[str]:
    """Return, for each character of ``example``, the characters that may replace it."""
    runs = _RUNS.findall(example)
    words = [run for run in runs if run[0].isalnum() and run.isascii()]
    varying = [run for run in words if any(c.isdigit() for c in run)] or words[-1:]
    alphabet = "".join(
        kind
        for kind in (string.ascii_lowercase, string.ascii_uppercase, string.digits)
        if any(character in kind for run in varying for character in run)
    )
    lower = "".join(varying).lower()
    if alphabet.islower() and any(c.isdigit() for c in lower) and set(lower) <= set(string.hexdigits):
        alphabet = string.digits + "abcdef"
    return [alphabet if run in varying else character for run in runs for character in run]
