"""Shards: the requirements of one run, split among processes or machines that do not communicate.

The split follows from the ids of the requirements, the profile and the number of shards alone: it is the same wherever
and in whatever order it is made, and each requirement is in exactly one shard.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatcert.cases.profile import Profile
from chatcert.exceptions import UsageError
from chatcert.report.model import HeldShards
from chatcert.requirements.requirement import Requirement, is_own

OPTION: Final = "--shard"
MAX_SHARDS: Final = 99_999

ELSEWHERE = "it is left to another shard"
"""Why a requirement of another shard did not run."""
_MANY: Final = 8
"""From so many requests on, most of those of a requirement share one with others."""
_OF_MANY: Final = 4
"""Of ten of these, and of ten valid bodies, so many have a request of their own."""
_OF_HOSTILE: Final = 6
"""Of ten hostile values, so many have a request of their own."""
_FORM = re.compile(r"([1-9][0-9]{0,4})/([1-9][0-9]{0,4})")


@dataclass(frozen=True, slots=True)
class Shards:
    """One or several shards of a run.

    Attributes:
        of: how many shards the run was split into.
        held: numbers of these shards, from 1, in ascending order.
    """

    of: int
    held: tuple[int, ...]

    @classmethod
    def parse(cls, text: str) -> Shards:
        """Return the shard that ``I/N`` names.

        Raises:
            UsageError: the text is not of that form, or I is greater than N.
        """
        found = _FORM.fullmatch(text)
        if found is None or int(found[1]) > int(found[2]):
            raise UsageError(
                f"invalid shard: {text!r}", where=OPTION, hint=f"give I/N, the I-th of N, {MAX_SHARDS} at most"
            )
        return cls(int(found[2]), (int(found[1]),))

    def __str__(self) -> str:
        """Return the value of the option."""
        return f"{','.join(map(str, self.held))}/{self.of}"

    def to_dict(self) -> HeldShards:
        """Return the JSON-ready form, as a report has it."""
        return {"of": self.of, "held": list(self.held)}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Shards:
        """Return the shards that ``to_dict`` gave."""
        return cls(row["of"], tuple(row["held"]))


WHOLE: Final = Shards(1, (1,))
"""The only shard of a run that is not split."""


def split(requirements: Iterable[Requirement], profile: Profile, of: int) -> dict[str, int]:
    """Return the number of the shard that each requirement belongs to, by id.

    The costliest come first, each for the shard with the fewest requests so far; among equals the digest of the id
    decides. Own rules come last, so that those of the contract are split in the same way where no rule is installed.

    Args:
        requirements: all of one vendor, in any order.
        profile: what is sent for each.
    """
    loads = [(0, number) for number in range(1, of + 1)]
    ranked = sorted((is_own(one.id), -_weight(one, profile), _digest(one.id), one.id) for one in requirements)
    found: dict[str, int] = {}
    for _, cost, _, name in ranked:
        load, number = loads[0]
        heapq.heapreplace(loads, (load - cost, number))
        found[name] = number
    return found


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


def _weight(requirement: Requirement, profile: Profile) -> int:
    """Return the tenfold number of requests that are sent for a requirement alone, and one for judging it.

    It is an estimate: if it is wrong, shards are uneven, and nothing else changes.
    """
    cost = requirement.cost
    if cost.from_standard and not profile.unusual:
        return 1
    weight = (_OF_MANY if cost.requests >= _MANY else 10) * cost.requests
    weight += _OF_HOSTILE * min(cost.hostile, profile.hostile)
    if cost.examples:
        weight += 10 * profile.examples
    if cost.valid_bodies:
        weight += _OF_MANY * profile.valid_bodies
    return 1 + weight
