"""Plan of the changes to the issue tracker after a night. Pure: the same results always give the same plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from typing import Any

from chatcert.nightly.problems import Observation, Problem
from chatcert.nightly.tracked_issue import LegState, TrackedIssue, body_of, comment_of, title_of


class ChangeKind(StrEnum):
    """Kinds of changes to an issue."""

    OPEN = "open"
    UPDATE = "update"
    REOPEN = "reopen"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class IssueChange:
    """One change to the tracker.

    Attributes:
        number: the number of the issue; zero for a new one.
        comment: a comment to add; empty for none.
    """

    kind: ChangeKind
    key: tuple[str, ...]
    number: int
    title: str
    body: str
    comment: str = ""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"kind": self.kind.value, "key": list(self.key)}


def plan_changes(problems: Iterable[Problem], issues: Iterable[TrackedIssue]) -> tuple[IssueChange, ...]:
    """Plan the changes that bring the tracker up to date with the problems; none where it is.

    An issue is opened once for each problem, and its body shows since when and in how many nights it was found. It is
    closed when the problem is proven to be gone at every leg where it was found, and for no other reason. It is
    reopened by an observation that is later than all recorded ones. Of several issues with the same key, the oldest is
    used.
    """
    known: dict[tuple[str, ...], TrackedIssue] = {}
    for issue in sorted(issues, key=lambda one: one.number, reverse=True):
        known[issue.key] = issue
    found = (_change(problem, known.get(problem.key)) for problem in sorted(problems, key=lambda one: one.key))
    return tuple(change for change in found if change is not None)


def _change(problem: Problem, issue: TrackedIssue | None) -> IssueChange | None:
    before = dict(issue.legs) if issue is not None else {}
    if issue is not None and not issue.is_open:  # closing it declared the problem solved
        before = {name: replace(place, broken=False) for name, place in before.items()}
    places = dict(before)
    fresh = [observation for observation in problem.observations if _enter(places, observation)]
    if not fresh:
        return None
    details = [one.details for one in fresh if one.details] or ([issue.details] if issue is not None else [])
    number = issue.number if issue is not None else 0
    title, body = title_of(problem), body_of(problem, places, details)
    names = sorted({one.leg for one in fresh})
    broken = any(place.broken for place in places.values())
    if issue is None:
        return IssueChange(ChangeKind.OPEN, problem.key, 0, title, body) if broken else None
    if not issue.is_open:
        again = comment_of(f"{problem.contact} So again, at".lstrip(), [n for n in names if places[n].broken])
        return IssueChange(ChangeKind.REOPEN, problem.key, number, title, body, again) if broken else None
    if broken:
        return IssueChange(ChangeKind.UPDATE, problem.key, number, title, body)
    return IssueChange(ChangeKind.CLOSE, problem.key, number, title, body, comment_of("No longer so, at", names))


def _enter(places: dict[str, LegState], observation: Observation) -> bool:
    """Record an observation; return whether it changes anything that the issue shows."""
    place = places.get(observation.leg)
    if place is not None and observation.time <= place.last:
        return False
    if observation.broken:
        lasting = place is not None and place.broken
        first = place.first if lasting and place is not None else observation.time
        nights = place.nights + 1 if lasting and place is not None else 1
        places[observation.leg] = LegState(first, observation.time, nights, broken=True)
        return True
    if place is None:
        return False
    places[observation.leg] = replace(place, last=observation.time, broken=False)
    return place.broken


def count_changes(changes: Iterable[IssueChange]) -> Mapping[ChangeKind, int]:
    """Count the changes of each kind."""
    kinds = [change.kind for change in changes]
    return {kind: kinds.count(kind) for kind in ChangeKind}
