"""The order in which a run sends its cases: the most informative first, so that a small budget is well spent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from chatcert.cases.case import Case
from chatcert.cases.plan import Plan
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.requirement import Rank, Requirement

_PROVENANCES = tuple(Provenance)


@dataclass(frozen=True, slots=True)
class Step:
    """The cases that are sent together.

    Attributes:
        key: identifies the step within its route.
        cases: one case, or all cases of one group.
        requirement: id of the first requirement that needs the step.
        control: key of the step that has to be complete before; empty where there is none.
    """

    key: str
    cases: tuple[Case, ...]
    requirement: str
    control: str = ""

    @property
    def is_valid(self) -> bool:
        """Return whether all of its requests are valid and have intact credentials."""
        return self.cases[-1].is_valid if self.is_in_turn else all(case.may_prove for case in self.cases)

    @property
    def is_in_turn(self) -> bool:
        """Return whether its cases are sent one after another, with no request that begins in between."""
        return self.cases[0].in_turn


_Steps = Callable[[], Iterable[Step]]
"""Makes steps when it is their turn: those that others needed meanwhile are not among them."""


class Route:
    """The steps of a run in the order of sending, each once; a control comes before the cases that differ from it.

    A requirement is planned when its turn comes, so that sending starts before all are planned. The valid requests of
    those that ask for many of them are spread among the others: where each is served, it proves what was answered
    before it, and no valid request has to be repeated for that. Refused logins come last, after which a server may lock
    the account out.

    Args:
        plan: plans one requirement; it returns the same plan each time.
        interval: after so many requests without a valid one, a valid one is sent if there is one; 0 for no spreading.
        jobs: how many requests may be in flight. As many valid ones are kept for the end, so that the last control
            need not be waited for alone, and what others wait for begins early.

    Attributes:
        needed: the keys of the steps of each requirement that has been planned so far.
    """

    def __init__(
        self,
        requirements: Iterable[Requirement],
        plan: Callable[[Requirement], Plan],
        interval: int = 0,
        jobs: int = 1,
    ) -> None:
        self._requirements = by_rank(requirements)
        self._plan = plan
        self._interval = interval
        self._jobs = jobs
        self._keys: set[str] = set()
        self._waiting: list[tuple[Requirement, list[Case]]] = []
        self._deferred: dict[str, list[_Steps]] = {}
        self._followed: set[str] = set()
        self.needed: dict[str, set[str]] = {}

    def __iter__(self) -> Iterator[Step]:
        """Yield every step; cases that have to wait come last, when most of their waiting time is over."""
        spread = [one for one in self._requirements if self._interval and one.rank is Rank.MANY_REQUESTS]
        locking = [one for one in self._requirements if one.rank is Rank.LOCKING]
        others = [one for one in self._requirements if one not in spread and one not in locking]
        valid = _Spread(self._deferred, (step for requirement in spread for step in self._planned(requirement)))
        pace = max(1, self._interval // 2)  # refused logins are a large part of the requirements, and come last
        refused = sum(not case.is_conditional for one in locking for case in self._plan(one).cases)
        kept_back = -(-refused // self._interval) if self._interval else 0
        yield from self._with_proofs(others, valid, self._interval, pace, kept_back)
        last = [*valid.rest()]
        kept = len(last)
        if locking and last:
            kept = min(kept, 2 * refused // pace + self._jobs)
        if self._jobs > 1:
            last.sort(key=_urgency, reverse=True)
            kept = min(kept, sum(_is_sure(steps) for steps in last))  # what may well be split begins early
            controls = ((one, case.control) for one in locking for case in self._plan(one).cases)
            yield from (step for one, case in controls if case is not None for step in self._steps(one, [case]))
        yield from (step for steps in last[: len(last) - kept] for step in steps)
        self._deferred.update({steps[0].key: [partial(iter, steps)] for steps in last[len(last) - kept :]})
        even = refused // (kept + 1) if self._interval else 0
        yield from self._with_proofs(locking, valid, even, even)
        yield from (step for steps in valid.rest() for step in steps)
        for requirement, cases in self._waiting:
            yield from self._steps(requirement, cases)

    def _with_proofs(
        self, requirements: list[Requirement], valid: _Spread, interval: int, early: int, keep: int = 0
    ) -> Iterator[Step]:
        """Yield the steps of requirements, and a valid request after ``interval`` of them that prove nothing.

        It comes after ``early`` of them where a kind of refusal was last that none has followed: it may leave a trace.
        The last ``keep`` of the valid requests are left for the requirements that come after these.
        """
        unproven, trace = 0, ""
        for requirement in requirements:
            for step in self._planned(requirement):
                is_due = unproven >= (interval if trace in self._followed else min(interval, early))
                if is_due and interval > 0 and not step.is_valid and (proof := valid.next(keep)):
                    yield from proof
                    self._followed.add(trace)
                    unproven = 0
                yield step
                if not step.cases[0].is_conditional:
                    trace = _trace(step)
                    unproven = 0 if step.is_valid else unproven + len(step.cases)

    def _planned(self, requirement: Requirement) -> Iterator[Step]:
        """Plan a requirement, and yield its steps but for those that have to wait.

        A case that shares a valid request with others is put aside with it, to be spread among the others, unless that
        request has had its turn; so is a valid request of the less informative requirements.
        """
        plan = self._plan(requirement)
        self._waiting.append((requirement, [case for case in plan.cases if case.wait]))
        self.needed[requirement.id] = {_key(case) for case in plan.cases}
        now = [case for case in plan.cases if not case.wait]
        late = requirement.rank >= Rank.OTHER
        later = [
            case
            for case in now
            if self._interval
            and (whole := _whole(case)).may_prove
            and (case.is_part or (late and not case.group))
            and not (case.is_part and _key(whole) in self._keys)
        ]
        for case in later:
            self._deferred.setdefault(_key(_whole(case)), []).append(partial(self._steps, requirement, [case]))
        yield from self._steps(requirement, [case for case in now if case not in later])

    def _steps(self, requirement: Requirement, cases: list[Case]) -> Iterator[Step]:
        for case in cases:
            if case.control is not None and not case.is_part:
                yield from self._steps(requirement, [case.control])
            if case.instead_of is not None:
                yield from self._steps(requirement, [case.instead_of])
            key = _key(case)
            if key not in self._keys:
                self._keys.add(key)
                together = tuple(other for other in cases if other.group == case.group) if case.group else (case,)
                before = case.instead_of or case.control
                key_before = case.narrows or (_key(before) if before is not None else "")
                yield Step(key, together, requirement.id, key_before)


class _Spread:
    """Valid requests that are spread among others, each followed by the steps that depend on it.

    Args:
        deferred: by the key of the request, what makes the steps of the cases that share it; more are added while
            requirements are planned.
        more: single ones, which come after these.
    """

    def __init__(self, deferred: dict[str, list[_Steps]], more: Iterator[Step]) -> None:
        self._deferred = deferred
        self._more = more

    def next(self, keep: int = 0) -> list[Step]:
        """Return the next valid request and what depends on it; nothing where no more than ``keep`` are left."""
        found: list[Step] = []
        while not any(not step.cases[0].is_conditional for step in found):
            if len(self._deferred) > keep:
                sharing = self._deferred.pop(next(iter(self._deferred)))
                found += [step for steps in sharing for step in steps()]
            elif (step := next(self._more, None)) is not None:
                found.append(step)
            elif len(self._deferred) <= keep:  # the last of them may have put some aside when it was planned
                return found
        return found

    def rest(self) -> Iterator[list[Step]]:
        """Yield all that is left."""
        while steps := self.next():
            yield steps


def _is_sure(steps: list[Step]) -> bool:
    """Return whether a right server serves a valid request, so that nothing of what depends on it is sent."""
    return all(case.is_valid for step in steps for case in step.cases if not case.is_conditional)


def _urgency(steps: list[Step]) -> tuple[bool, int, int]:
    """Return what takes long, or is hard to fit in, the higher: what may be split, what others follow, large groups."""
    return not _is_sure(steps), len(steps), max(len(step.cases) for step in steps)


def _trace(step: Step) -> str:
    """Return the kind of thing that a step may leave a trace of: what is wrong with its last request."""
    case = step.cases[-1]
    return f"{case.expectation} {type(case.request.body).__name__}"


def _whole(case: Case) -> Case:
    """Return the largest request that a case is a part of; or the case itself if it is part of none."""
    while case.is_part and case.instead_of is not None:
        case = case.instead_of
    return case


def _key(case: Case) -> str:
    return case.group or case.id


def by_rank(requirements: Iterable[Requirement]) -> list[Requirement]:
    """Return requirements in the order of sending; those of equal rank by provenance, then in their own order."""
    return sorted(requirements, key=lambda one: (one.rank, _PROVENANCES.index(one.provenance)))
