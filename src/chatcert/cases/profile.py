"""The three profiles: how many requests a run sends."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from chatcert.cases.constancy import Constancy
from chatcert.exceptions import UsageError

_AND: Final = ", "
"""Separates the name of a profile from its constancy."""


@dataclass(frozen=True, slots=True)
class Profile:
    """The sizes of a run.

    Attributes:
        examples: property-based examples per refusal requirement, beside its boundary cases.
        valid_bodies: number of property-based valid requests; every rule on answers is judged over their answers.
        least_bodies: the minimum of ``valid_bodies``, whatever constancy is asked for.
        constancy: how rare an intermittent fault the valid requests reveal; ``None`` if that is not promised.
        rounds: how often each credential case is sent.
        hostile: maximum number of hostile values per field.
        levels: nesting depth of the most deeply nested bodies.
        requests: about how many requests are sent to an operation with a very large body; ``None`` for no limit.
        infinite: whether valid bodies may hold numbers that are infinite as doubles: a server may be unable to read and
            to delete the chats that it makes of them.
        unusual: whether requirements are tested for which nothing is sent under the profile ``quick``.
    """

    name: str
    examples: int
    valid_bodies: int
    rounds: int
    hostile: int
    levels: int
    requests: int | None = None
    infinite: bool = False
    unusual: bool = True
    least_bodies: int = 0
    constancy: Constancy | None = None

    def with_constancy(self, constancy: Constancy) -> Profile:
        """Return the profile with as many valid requests as a constancy needs; its name includes the constancy."""
        return replace(
            self,
            name=f"{self.name}{_AND}{constancy}",
            valid_bodies=max(self.least_bodies, constancy.answers),
            constancy=constancy,
        )


PROFILES = {
    "quick": Profile(
        "quick",
        examples=0,
        valid_bodies=7,
        rounds=1,
        hostile=8,
        levels=1000,
        requests=3000,
        unusual=False,
        least_bodies=7,
    ),
    "standard": Profile(
        "standard",
        examples=2,
        valid_bodies=59,
        rounds=2,
        hostile=30,
        levels=1000,
        least_bodies=34,
        constancy=Constancy(20, 95),
    ),
    "thorough": Profile(
        "thorough",
        examples=8,
        valid_bodies=194,
        rounds=3,
        hostile=100,
        levels=100_000,
        infinite=True,
        least_bodies=64,
        constancy=Constancy(50, 98),
    ),
}


def profile_named(name: str) -> Profile:
    """Return the profile of that name, which may be followed by a constancy: ``standard, 1in20@99%``.

    Raises:
        UsageError: there is no such profile.
    """
    plain, _, constancy = name.partition(_AND)
    if constancy and plain in PROFILES:
        return PROFILES[plain].with_constancy(Constancy.parse(constancy))
    if name not in PROFILES:
        raise UsageError(f"unknown profile {name!r}", where="--profile", hint=f"choose from {', '.join(PROFILES)}")
    return PROFILES[name]
