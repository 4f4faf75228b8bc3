"""The three profiles: how many requests a run sends."""

from __future__ import annotations

from dataclasses import dataclass

from chatcert.exceptions import UsageError


@dataclass(frozen=True, slots=True)
class Profile:
    """The sizes of a run.

    Attributes:
        examples: property-based examples per refusal requirement, beside its boundary cases.
        valid_bodies: property-based valid requests, over whose answers every rule on answers is judged.
        rounds: how often each credential case is repeated.
        hostile: hostile values per field, at most.
        levels: levels of nesting in the most deeply nested bodies.
        requests: about how many requests are sent to an operation with a very large body; ``None`` for no limit.
        unusual: whether requirements are tested for which nothing is sent under the profile ``quick``.
    """

    name: str
    examples: int
    valid_bodies: int
    rounds: int
    hostile: int
    levels: int
    requests: int | None = None
    unusual: bool = True


PROFILES = {
    "quick": Profile(
        "quick", examples=0, valid_bodies=12, rounds=1, hostile=8, levels=1000, requests=3000, unusual=False
    ),
    "standard": Profile("standard", examples=2, valid_bodies=62, rounds=2, hostile=30, levels=1000),
    "thorough": Profile("thorough", examples=8, valid_bodies=200, rounds=3, hostile=100, levels=100_000),
}
DEFAULT_PROFILE = "standard"


def profile_named(name: str) -> Profile:
    """Return the profile of that name.

    Raises:
        UsageError: there is no such profile.
    """
    if name not in PROFILES:
        raise UsageError(f"unknown profile {name!r}", where="--profile", hint=f"choose from {', '.join(PROFILES)}")
    return PROFILES[name]
