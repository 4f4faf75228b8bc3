"""Allot the requests of a profile to the requirements of a large document, whose cases together would be too many."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from chatcert.cases.plan import Plan
from chatcert.cases.profile import Profile
from chatcert.cases.sharing.shared_controls import SharedControls
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.branched_fields import is_large
from chatcert.requirements.catalogue import derive
from chatcert.requirements.refusal import repeating
from chatcert.requirements.requirement import Kind, Requirement

MAX_CASES = 16
"""Cases of one requirement of refusal."""
_REFUSALS = 16
"""Refusals that are planned for each acceptance: a refusal shows with its control that something is accepted too."""
_SHARED_BY = 4
"""Acceptances that share a request, from which on it is worth more than that of one refusal."""
_STEPS = (MAX_CASES, 8, 4, 3, 2, 1)
_SHARE = 0.84
"""The part of the requests that is allotted; the rest is for controls, which no requirement counts as its own."""
_SHARE_IN_TURN = 0.985
"""The part that is allotted where controls are counted; the rest is for those that are repeated."""
_MAX_HOSTILE = 2
"""Hostile values per field where not every requirement has a request."""


@dataclass(frozen=True, slots=True)
class Allotment:
    """What a profile plans of the requirements on fields.

    Attributes:
        most_cases: cases of one requirement at most.
        in_turn: where one case each is too much, the requirements in the order in which they are planned until the
            requests are used up; empty where everything is planned.
        others: the requirements that are planned whatever is left out.
        requests: how many requests there are for both.
    """

    most_cases: int = MAX_CASES
    in_turn: tuple[Requirement, ...] = ()
    others: tuple[Requirement, ...] = ()
    requests: int = 0

    def narrowed(self, profile: Profile) -> Profile:
        """Return a profile with fewer hostile values per field where not everything is planned."""
        return replace(profile, hostile=min(profile.hostile, _MAX_HOSTILE)) if self.in_turn else profile


def allot(contract: Contract, profile: Profile) -> Allotment:
    """Return what is planned: everything, but for a large document at a profile that limits its requests.

    Each requirement has as many cases as fit, and if one each is too much, they are planned in turn: those first that a
    fault at one place of the document may break alone, and of these those nearest to the root of the body.
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
    return Allotment(1, tuple(_in_turn(on_fields)), tuple(others), int(profile.requests * _SHARE_IN_TURN))


def left_out(
    allotment: Allotment, plan: Callable[[Requirement], Plan], new_controls: Callable[[], SharedControls]
) -> frozenset[str]:
    """Return the ids of the requirements for which no request is left.

    What accepts the valid request of a refusal is planned with it, since it is to blame where that is refused.

    Args:
        plan: plans the cases of a requirement.
        new_controls: returns what takes the valid requests of what is planned.
    """
    cases = [case for one in allotment.others for case in plan(one).cases if not (case.is_conditional or case.wait)]
    sent = {case.id for case in cases}
    # the requirement that is to blame where each valid request is served, but not all in one
    is_shared = any(one.cost.valid_bodies for one in allotment.others)
    waiting = {one.id: one for one in allotment.in_turn}
    controls = new_controls()
    for turn in _cheapest_first(allotment.in_turn, plan, new_controls()) if is_shared else allotment.in_turn:
        if len(sent) + len(controls.groups) >= allotment.requests:
            break
        following = [turn.id]
        for name in following:
            requirement = waiting.pop(name, None)
            for case in plan(requirement).cases if requirement is not None else ():
                for one in (case, case.control):
                    if requirement is not None and one is not None:
                        following.append(one.requirement)
                        if not (is_shared and controls.take(requirement, one)):
                            sent.add(one.id)
    return frozenset(waiting)


def _in_turn(requirements: Iterable[Requirement]) -> Iterable[Requirement]:
    """Yield requirements in the order in which they are planned: what is required of the whole request first.

    Then come the refusals that nothing else shows, many of them and one acceptance in turn; the other acceptances; and
    at last the refusals that repeat another one.
    """
    listed = sorted(requirements, key=lambda one: one.rank)
    again = repeating(one for one in listed if one.kind is Kind.REFUSAL)
    whole = [one for one in listed if one.id not in again and not _is_on_field(one)]
    left = [one for one in listed if _is_on_field(one) or one.id in again]
    accepted = [one for one in left if one.kind is Kind.ACCEPTANCE]
    refused = [one for one in left if one.kind is Kind.REFUSAL]
    first, last = [one for one in refused if one.id not in again], [one for one in refused if one.id in again]
    yield from whole
    parts = [first[number::_REFUSALS] for number in range(_REFUSALS)]
    for several in zip_longest(*parts, _spread(accepted)):
        yield from (one for one in several if one is not None)
    yield from last


def _is_on_field(requirement: Requirement) -> bool:
    """Return whether a requirement is on a field of the body, as ``request/body/name/type`` is."""
    return "/" in requirement.path.partition("/body/")[2]


def _spread(accepted: Sequence[Requirement]) -> list[Requirement]:
    """Return requirements of acceptance, the members of enumerations last: there are many of them for one field."""
    return sorted(accepted, key=lambda one: "/enum/" in one.path)


def _cheapest_first(
    in_turn: Iterable[Requirement], plan: Callable[[Requirement], Plan], controls: SharedControls
) -> list[Requirement]:
    """Return requirements with those first that need the smallest part of a request: acceptances that many share."""
    listed = [*in_turn]
    taken: dict[str, list[str]] = {}
    for one in listed:
        if one.kind is Kind.ACCEPTANCE:
            cases = plan(one).cases
            taken[one.id] = [case.id if controls.take(one, case) else "" for case in cases]
            for case in cases:
                if case.control is not None:
                    controls.take(one, case.control)
    shared = {case.id for group in controls.groups if len(group) >= _SHARED_BY for case in group}
    return sorted(listed, key=lambda one: one.id not in taken or not shared.issuperset(taken[one.id]))
