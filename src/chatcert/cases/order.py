"""The order in which a run sends: what tells most about a vendor first, so that a short budget is well spent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from chatcert.cases.case import Case
from chatcert.cases.plan import Plan
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Accepts, Answers, Kind, Level, Refuses, Requirement

COSTLY = ("status", "unique")
"""Rules on answers that many requests are sent for: they wait for what is cheaper to know."""

_BINDING = (Kind.AUTHENTICATION, Kind.RESPONSE, Kind.RELATION)
_PROVENANCES = tuple(Provenance)


@dataclass(frozen=True, slots=True)
class Step:
    """What is sent in one go.

    Attributes:
        key: what tells it from every other step of a route.
        cases: one case, or all that belong to one group.
        requirement: id of the requirement that asks for it first.
        control: key of the step that has to be over before, where there is one.
    """

    key: str
    cases: tuple[Case, ...]
    requirement: str
    control: str = ""


class Route:
    """The steps of a run in their order, each once; a control stands before what differs from it.

    A requirement is planned when its turn comes, so that sending need not wait until all are.

    Args:
        plan: plans one requirement; always gives the same.

    Attributes:
        needed: the steps that belong to each requirement planned so far, by their keys.
    """

    def __init__(self, requirements: Iterable[Requirement], plan: Callable[[Requirement], Plan]) -> None:
        self._requirements = by_worth(requirements)
        self._plan = plan
        self._keys: set[str] = set()
        self.needed: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[Step]:
        """Every step; cases that have to wait for a moment come last: by then it has mostly come."""
        waiting: list[tuple[Requirement, list[Case]]] = []
        for requirement in self._requirements:
            plan = self._plan(requirement)
            waiting.append((requirement, [case for case in plan.cases if case.wait]))
            self.needed[requirement.id] = {_key(case) for case in plan.cases}
            yield from self._steps(requirement, [case for case in plan.cases if not case.wait])
        for requirement, cases in waiting:
            yield from self._steps(requirement, cases)

    def _steps(self, requirement: Requirement, cases: list[Case]) -> Iterator[Step]:
        for case in cases:
            if case.control is not None:
                yield from self._steps(requirement, [case.control])
            key = _key(case)
            if key not in self._keys:
                self._keys.add(key)
                together = tuple(other for other in cases if other.group == case.group) if case.group else (case,)
                yield Step(key, together, requirement.id, _key(case.control) if case.control is not None else "")


def _key(case: Case) -> str:
    return case.group or case.id


def by_worth(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Requirements, those first that tell most about a vendor; those that weigh the same keep their order."""
    return sorted(requirements, key=_rank)


def _rank(requirement: Requirement) -> tuple[int, int]:
    """What must hold comes before what should, the schema and the page before HTTP, hostile input last."""
    check = requirement.check
    stated = _PROVENANCES.index(requirement.provenance)
    if isinstance(check, Accepts) and check.variation == "required-only":
        return 0, stated
    if requirement.kind is Kind.ROBUSTNESS:
        return 9, stated
    if requirement.level is not Level.MUST:
        return 8, stated
    if isinstance(check, Answers) and check.rule in COSTLY and check.status.startswith("2"):
        return 7, stated
    if requirement.kind in _BINDING:
        return 1 + _BINDING.index(requirement.kind), stated
    if isinstance(check, Refuses):
        return 4 if check.keyword == "required" else 5, stated
    return 5 if requirement.kind in (Kind.ACCEPTANCE, Kind.REFUSAL) else 6, stated
