"""Let variations that do not exclude each other share a request, which is split where it is not served.

A served request shows that each of its variations is served. One that is refused is split into halves, these again, and
so on down to the requests with a single variation, so that what is refused is known exactly (group testing; Dorfman,
"The Detection of Defective Members of Large Populations", 1943). Where every part is served, it is the combination that
is refused. All of these requests follow from document, profile and seed; which are sent follows from the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import ceil, sqrt
from typing import Final

from chatcert.cases import acceptance, resource, robustness
from chatcert.cases.case import AT_ONCE, Case, Expectation, Request
from chatcert.cases.plan import Plan
from chatcert.cases.protocol import SharedTexts
from chatcert.cases.requests.body_changes import Blend
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.sharing.shared_bodies import Doubt, SharedBodies
from chatcert.cases.sharing.shared_controls import SharedControls
from chatcert.cases.sharing.shared_parameters import SharedParameters
from chatcert.cases.sharing.shared_payloads import SharedPayloads
from chatcert.openapi.schemas.branched_fields import is_large
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.text import count, shorten

FEW: Final = 3
"""Variations of a refused request that are tried one by one at once."""
_MAX_EDIT: Final = 300
"""Characters of the description of a shared request."""

SUBJECTS: Final = {Kind.ACCEPTANCE: acceptance.subject, Kind.RESOURCE: resource.subject}
"""Which function says what a requirement needs a request to hold."""
Merge = Callable[[Sequence[Case]], Request | None]
"""Returns the request with all variations of some cases; ``None`` where they exclude each other."""


@dataclass
class _Group:
    """Cases that are sent in one request.

    Attributes:
        owner: id of the requirement on which a refusal of the combination is ruled.
        doubt: why a right server may refuse a case, if it may.
        size: how many cases the parts of a refused request have; 0 for halves of halves.
    """

    cases: list[Case]
    merge: Merge
    owner: str
    doubt: Callable[[Case], Doubt] = lambda case: Doubt.NONE
    size: int = 0

    def add(self, case: Case) -> bool:
        """Add a case if it fits; return whether it did."""
        if self.merge([*self.cases, case]) is None:
            return False
        self.cases.append(case)
        return True


class SharedRequests:
    """Which cases of a contract share which requests.

    Args:
        requirements: all of the contract, in the order of its catalogue.
        plan: plans the cases of one requirement, each alone.
        controls: the valid requests of a large document that can share requests, where its requests are too many.

    Attributes:
        requests: the shared requests, whole ones and parts, by the ids of their cases.
    """

    def __init__(
        self,
        requests: RequestBuilder,
        requirements: Iterable[Requirement],
        plan: Callable[[Requirement], Plan],
        controls: SharedControls | None = None,
    ) -> None:
        self.requests: dict[str, Case] = {}
        self._parents: dict[str, Case] = {}
        body = requests.contract.body
        if body is None or "json" not in requests.media_type.replace("*/*", "json"):
            return
        listed = [*requirements]
        large = is_large(body.schema)
        groups = _of_controls(controls, listed) if large else _groups(requests, listed, plan)
        for number, group in enumerate(groups, 1):
            if len(group.cases) > 1:
                self._split(f"shared/together/{number}", group, tuple(group.cases), None)

    def placed(self, case: Case) -> Case:
        """Return a case as it is sent: only where the request that it shares with others is not served."""
        parent = self._parents.get(case.id)
        control = self.placed(case.control) if case.control is not None else None
        changed = control is not case.control or parent is not None
        return replace(case, control=control, instead_of=parent or case.instead_of) if changed else case

    def _split(self, name: str, group: _Group, cases: tuple[Case, ...], whole: Case | None) -> None:
        """Make the request of some cases, and those of its parts."""
        request = group.merge(cases) if len(cases) > 1 else None
        if request is None:
            self._parents |= {case.id: whole for case in cases} if whole is not None else {}
            return
        shared = Case(
            id=name,
            requirement=group.owner,
            request=request,
            expectation=_expectation(cases),
            edit=_edit_of(cases),
            shared=True,
            instead_of=whole,
            members=tuple((case.id, case.requirement, case.expectation) for case in cases),
        )
        self.requests[name] = shared
        for number, part in enumerate(_parts(cases, group), 1):
            self._split(f"{name}/{number}", group, part, shared)


def _edit_of(cases: Iterable[Case]) -> str:
    """Return what differs in a shared request, in words; a case that is sent unedited adds nothing to it."""
    edits = [case.edit for case in cases if case.edit]
    several = f"{count(len(edits), 'variation')}{AT_ONCE}" if len(edits) > 1 else ""
    return shorten(several + "; ".join(edits), _MAX_EDIT)


def _of_controls(controls: SharedControls | None, requirements: Iterable[Requirement]) -> Iterator[_Group]:
    """Yield the valid requests of a large document that share a request."""
    status = next((one for one in requirements if one.cost.valid_bodies), None)
    if controls is not None and status is not None:
        for group in controls.groups:
            for part in controls.parts(group):
                yield _Group([*part], controls.merged, status.id, size=ceil(sqrt(len(part))))


def _groups(
    requests: RequestBuilder, requirements: Sequence[Requirement], plan: Callable[[Requirement], Plan]
) -> Iterator[_Group]:
    """Yield the cases that share a request, the whole ones of each kind in the order of the catalogue."""
    status = next((one for one in requirements if one.cost.valid_bodies), None)
    crashes = next((one for one in requirements if one.kind is Kind.ROBUSTNESS and one.run_wide), None)
    alone: Mapping[Kind, list[tuple[Requirement, Case]]] = {
        kind: [
            (one, case)
            for one in requirements
            if one.kind is kind and (kind is Kind.RELATION or not one.run_wide)
            for case in plan(one).cases
            if not (case.group or case.is_conditional or case.wait)
        ]
        for kind in (Kind.ACCEPTANCE, Kind.RESOURCE, Kind.RELATION, Kind.PROTOCOL, Kind.ROBUSTNESS)
    }
    bodies = SharedBodies(requests)
    if status is not None:
        bases = (case for case in plan(status).cases if not case.shared and bodies.carry(case))
        carriers = [_Group([case], bodies.merged, status.id, bodies.doubt) for case in bases]
        for one, case in (*alone[Kind.ACCEPTANCE], *alone[Kind.RESOURCE], *alone[Kind.RELATION]):
            subject = SUBJECTS[one.kind](one) if one.kind in SUBJECTS else bodies.subject_of(case)
            blend = acceptance.blend(one) if one.kind is Kind.ACCEPTANCE else Blend.ALONE
            if subject is not None and bodies.take(subject, blend, case):
                _add(case, carriers, bodies, status.id)
        valid = [pair for pair in alone[Kind.PROTOCOL] if pair[1].expectation is Expectation.ACCEPTED]
        for _, case in valid:
            if bodies.take_spelling(case):
                _add(case, carriers, bodies, status.id)
        yield from carriers
        texts = SharedTexts(requests)
        yield from _packed([case for one, case in valid if texts.take(one, case)], texts.merged, status.id)
    if crashes is not None:
        payloads, parameters = SharedPayloads(requests), SharedParameters(requests)
        hostile = [case for one, case in alone[Kind.ROBUSTNESS] if bodies.take_hostile(robustness.subject(one), case)]
        yield from _packed(hostile, bodies.merged_hostile, crashes.id, bodies.doubt)
        raw = [case for _, case in alone[Kind.ROBUSTNESS] if payloads.take(case)]
        yield from _packed(raw, payloads.merged, crashes.id)
        held = [case for one, case in alone[Kind.ROBUSTNESS] if parameters.take(robustness.subject(one), case)]
        yield from _packed(held, parameters.merged, crashes.id, parameters.doubt)


def _add(case: Case, groups: list[_Group], bodies: SharedBodies, owner: str) -> None:
    """Add a case to the first group that takes it, of those that are most like it and have the fewest cases."""
    ranked = sorted(groups, key=lambda group: bodies.distance(group.cases[0], case) + len(group.cases))
    if not any(group.add(case) for group in ranked):
        groups.append(_Group([case], bodies.merged, owner, bodies.doubt))


def _parts(cases: tuple[Case, ...], group: _Group) -> list[tuple[Case, ...]]:
    """Return the parts that a refused request is split into: what may well be refused, and parts of what is left."""
    least = min(map(group.doubt, cases))
    doubtful = tuple(case for case in cases if group.doubt(case) > least)
    if doubtful:
        return [tuple(case for case in cases if case not in doubtful), doubtful]
    if len(cases) <= max(FEW, group.size):
        return [(case,) for case in cases]
    if group.size:
        return [cases[start : start + group.size] for start in range(0, len(cases), group.size)]
    middle = len(cases) // 2
    return [cases[:middle], cases[middle:]]


def _expectation(cases: Iterable[Case]) -> Expectation:
    """Return the right answer to a request of several cases: that of the one of which the least is certain."""
    found = {case.expectation for case in cases}
    order = (Expectation.UNKNOWN, Expectation.LIMIT, Expectation.ANY, Expectation.ACCEPTED)
    return next(expectation for expectation in order if expectation in found)


def _packed(
    cases: Iterable[Case], merge: Merge, owner: str, doubt: Callable[[Case], Doubt] = lambda case: Doubt.NONE
) -> list[_Group]:
    """Return as few groups of cases as a simple search finds (first fit)."""
    groups: list[_Group] = []
    for case in cases:
        if not any(group.add(case) for group in groups):
            groups.append(_Group([case], merge, owner, doubt))
    return groups
