"""Generated values for cases of refusal: other types, other words, and suffixes that make a text too long."""

from __future__ import annotations

from functools import cached_property
from random import Random
from typing import Any

from chatcert.cases.seeds import seed_of
from chatcert.openapi.schemas.fields import JSON_TYPES

MAX_WORD = 12
"""Characters of a short text."""
MAX_SUFFIX = 40
"""Characters that are added to a text that is as long as it may be."""
_DRAWN_PER_VALUE = 8
"""Values of a kind that are drawn for each one that a requirement takes."""


class InvalidValues:
    """Values of every kind, drawn once for a run; each requirement gets a sample of them.

    The sample of a requirement follows from the seed and the requirement's id alone.

    Args:
        seed: the run's seed.
        each: values that each requirement gets; 0 where there are none.
    """

    def __init__(self, seed: int, each: int) -> None:
        self._seed = seed
        self._each = each

    def of_other_type(self, allowed: tuple[str, ...], requirement: str) -> list[Any]:
        """Return values of JSON types that are not in ``allowed``, none of them null, of as many types as possible."""
        random = self._random(requirement)
        names = list(other_types(allowed))
        random.shuffle(names)
        by_type = [random.sample(self._values[name], min(self._each, len(self._values[name]))) for name in names]
        rounds = range(self._each)
        return [values[number] for number in rounds for values in by_type if number < len(values)][: self._each]

    def words(self, requirement: str) -> list[str]:
        """Return short texts, the empty one among them."""
        return self._sample("word", requirement)

    def suffixes(self, requirement: str) -> list[str]:
        """Return texts of at least one character."""
        return self._sample("suffix", requirement)

    def _sample(self, kind: str, requirement: str) -> list[Any]:
        values = self._values[kind]
        return self._random(requirement).sample(values, min(self._each, len(values)))

    def _random(self, requirement: str) -> Random:
        return Random(seed_of(self._seed, requirement))

    @cached_property
    def _values(self) -> dict[str, list[Any]]:
        numbers = range(_DRAWN_PER_VALUE * self._each)
        rows = [_one_of_each_kind(Random(seed_of(self._seed, "pool", number))) for number in numbers]
        return {kind: list({repr(row[kind]): row[kind] for row in rows}.values()) for kind in (rows or [{}])[0]}


def other_types(allowed: tuple[str, ...]) -> tuple[str, ...]:
    """Return the JSON types whose values are never of an allowed type; null is left out."""
    blocked = set(allowed) | ({"integer"} if "number" in allowed else set()) | {"null"}
    if "integer" in allowed:
        blocked.add("number")
    return tuple(name for name in JSON_TYPES if name not in blocked)


def _one_of_each_kind(random: Random) -> dict[str, Any]:
    from chatcert.cases.values.random_values import random_of_type, random_text  # it imports Hypothesis

    values = {name: random_of_type(name, random, 1) for name in JSON_TYPES}
    return {**values, "word": random_text(random, 0, MAX_WORD), "suffix": random_text(random, 1, MAX_SUFFIX)}
