"""Allot the requests of a profile to the requirements of a large document, whose cases together would be too many."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from chatcert.cases.profile import Profile
from chatcert.openapi.branched_fields import is_large
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.refusal import repeating
from chatcert.requirements.requirement import Kind, Requirement

MAX_CASES = 16
"""Cases of one requirement of refusal."""
_REFUSALS = 4
"""Refusals that are planned for each acceptance."""
_STEPS = (MAX_CASES, 8, 4, 3, 2, 1)
_SHARE = 0.84
"""The part of the requests that is allotted; the rest is for controls, which no requirement counts as its own."""


@dataclass(frozen=True, slots=True)
class Allotment:
    """What a profile plans of the requirements on fields.

    Attributes:
        most_cases: cases of one requirement at most.
        left_out: ids of the requirements for which no request is left.
    """

    most_cases: int = MAX_CASES
    left_out: frozenset[str] = frozenset()


def allot(contract: Contract, profile: Profile) -> Allotment:
    """Return what is planned: everything, but for a large document at a profile that limits its requests.

    Each requirement has as many cases as fit, and if one each is too much, those nearest to the root of the body are
    tested, those first that a fault at one place of the document may break alone.
    """
    if profile.requests is None or contract.body is None or not is_large(contract.body.schema):
        return Allotment()
    requirements = derive(contract).requirements.values()
    on_fields = [one for one in requirements if one.kind in (Kind.REFUSAL, Kind.ACCEPTANCE)]
    others = [one for one in requirements if one.kind not in (Kind.REFUSAL, Kind.ACCEPTANCE)]
    left = int(profile.requests * _SHARE) - sum(one.cost.requests + one.cost.hostile for one in others)
    for most in _STEPS:
        if sum(min(one.cost.requests, most) for one in on_fields) <= left:
            return Allotment(most)
    ordered = list(_in_turn(on_fields))
    return Allotment(1, frozenset(one.id for one in ordered[max(left, 0) :]))


def _in_turn(requirements: Iterable[Requirement]) -> Iterable[Requirement]:
    """Yield requirements in the order in which they are planned: what is required of the whole request first.

    Then come several refusals that nothing else shows and one acceptance in turn, and at last the refusals that repeat
    another one.
    """
    listed = sorted(requirements, key=lambda one: one.rank)
    whole = [one for one in listed if one.kind is Kind.ACCEPTANCE and "/body/" not in one.path]
    accepted = [one for one in listed if one.kind is Kind.ACCEPTANCE and "/body/" in one.path]
    refused = [one for one in listed if one.kind is Kind.REFUSAL]
    again = repeating(refused)
    first, last = [one for one in refused if one.id not in again], [one for one in refused if one.id in again]
    yield from whole
    parts = [first[number::_REFUSALS] for number in range(_REFUSALS)]
    for several in zip_longest(*parts, _spread(accepted)):
        yield from (one for one in several if one is not None)
    yield from last


def _spread(accepted: Sequence[Requirement]) -> list[Requirement]:
    """Return requirements of acceptance, the members of enumerations last: there are many of them for one field."""
    return sorted(accepted, key=lambda one: "/enum/" in one.path)
