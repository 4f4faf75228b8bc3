"""Values that the refusal cases of a run share out among them: drawn once for a seed, and dealt by requirement."""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import Any

from chatcert.cases.content import a_text, made, of_type
from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.strategies import other_types
from chatcert.openapi.fields import JSON_TYPES

MOST_OF_A_WORD = 12
MOST_OF_A_TAIL = 40
_OF_EACH = 8
"""Values of a kind for each one that a requirement takes."""


class Pool:
    """Drawn values by kind. What a requirement gets follows from the seed and its id, whoever was dealt to before.

    Args:
        seed: the run's seed.
        each: how many values each requirement takes.
    """

    def __init__(self, seed: int, each: int) -> None:
        self._seed = seed
        self._each = each

    def of_other_type(self, allowed: tuple[str, ...], requirement: str) -> list[Any]:
        """Values of types that are not allowed, none of them null; of different types as far as there are enough."""
        random = self._random(requirement)
        names = list(other_types(allowed))
        random.shuffle(names)
        hands = [random.sample(self._values[name], min(self._each, len(self._values[name]))) for name in names]
        return [hand[turn] for turn in range(self._each) for hand in hands if turn < len(hand)][: self._each]

    def words(self, requirement: str) -> list[str]:
        """Short texts."""
        return self._dealt("word", requirement)

    def tails(self, requirement: str) -> list[str]:
        """Texts of at least one character."""
        return self._dealt("tail", requirement)

    def _dealt(self, kind: str, requirement: str) -> list[Any]:
        values = self._values[kind]
        return self._random(requirement).sample(values, min(self._each, len(values)))

    def _random(self, requirement: str) -> Random:
        return Random(seed_of(self._seed, requirement))

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        rows = draw(made(_one_of_each), _OF_EACH * self._each, seed_of(self._seed, "pool"))
        return {kind: list({repr(row[kind]): row[kind] for row in rows}.values()) for kind in (rows or [{}])[0]}


def _one_of_each(random: Random) -> dict[str, Any]:
    """A value of every kind."""
    values = {name: of_type(name, random, 1) for name in JSON_TYPES}
    return {**values, "word": a_text(random, 0, MOST_OF_A_WORD), "tail": a_text(random, 1, MOST_OF_A_TAIL)}
