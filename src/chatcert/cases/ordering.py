"""The order in which a run sends: what tells most about a vendor first, so that a short budget is well spent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from chatcert.cases.case import Case
from chatcert.cases.planning import Plan
from chatcert.contract.requirements import Accepts, Kind, Level, Provenance, Refuses, Requirement

COSTLY = 10
"""Cases of one requirement from which on they have to wait for the cheaper ones of other requirements."""

_BINDING = (Kind.AUTHENTICATION, Kind.RESPONSE, Kind.RELATION)
_PROVENANCES = tuple(Provenance)


@dataclass(frozen=True, slots=True)
class Step:
    """What is sent in one go.

    Attributes:
        cases: one case, or all that belong to one group.
        requirement: id of the requirement that asks for it first.
        control: id of the shared case that has to be answered before, where there is one.
    """

    cases: tuple[Case, ...]
    requirement: str
    control: str = ""


@dataclass(frozen=True, slots=True)
class Route:
    """All steps of a run, each once, in their order; a control stands before what differs from it.

    Attributes:
        needed: requirement id to the positions of the steps that belong to it.
    """

    steps: tuple[Step, ...]
    needed: Mapping[str, frozenset[int]]


def by_worth(requirements: Iterable[Requirement], plans: Mapping[str, Plan]) -> list[Requirement]:
    """Requirements in the order of what they are worth; those that weigh the same keep their order."""
    return sorted(requirements, key=lambda one: _rank(one, len(plans[one.id].cases) if one.id in plans else 0))


def _rank(requirement: Requirement, cost: int) -> tuple[int, int]:
    """What must hold comes before what should, the schema and the page before HTTP, hostile input last."""
    check = requirement.check
    stated = _PROVENANCES.index(requirement.provenance)
    if isinstance(check, Accepts) and check.variation == "required-only":
        return 0, stated
    if requirement.kind is Kind.ROBUSTNESS:
        return 9, stated
    if requirement.level is not Level.MUST:
        return 8, stated
    if cost >= COSTLY:
        return 7, stated
    if requirement.kind in _BINDING:
        return 1 + _BINDING.index(requirement.kind), stated
    if isinstance(check, Refuses):
        return 4 if check.keyword == "required" else 5, stated
    return 5 if requirement.kind in (Kind.ACCEPTANCE, Kind.REFUSAL) else 6, stated


def route_of(requirements: Iterable[Requirement], plans: Mapping[str, Plan]) -> Route:
    """The steps of requirements in the order given; a request that serves several stands with the first.

    Cases that have to wait for a moment come last: by then it has mostly come.
    """
    chosen = list(requirements)
    steps: list[Step] = []
    keys: dict[str, int] = {}
    needed: dict[str, set[int]] = {requirement.id: set() for requirement in chosen}

    def add(case: Case, requirement: str) -> int:
        if case.control is not None:
            add(case.control, requirement)
        key = f"group {case.group}" if case.group else f"case {case.id}"
        if key not in keys:
            keys[key] = len(steps)
            steps.append(Step((case,), requirement, case.control.id if case.control is not None else ""))
        elif case.group:
            step = steps[keys[key]]
            steps[keys[key]] = replace(step, cases=(*step.cases, case))
        return keys[key]

    for waiting in (False, True):
        for requirement in chosen:
            for case in plans[requirement.id].cases if requirement.id in plans else ():
                if bool(case.wait) is waiting:
                    needed[requirement.id].add(add(case, requirement.id))
    return Route(tuple(steps), {name: frozenset(positions) for name, positions in needed.items()})
