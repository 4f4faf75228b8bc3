"""What changes from one contract of a vendor to another, requirement by requirement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatcert.drift.contract_facts import Side
from chatcert.drift.directions import Difference, Direction, differences, direction_of, together, told
from chatcert.drift.effects import Effect, How, Judge
from chatcert.openapi.contract import Contract
from chatcert.openapi.pointer import MISSING
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.check import Accepts, Answers
from chatcert.requirements.requirement import Requirement

_SHOWN = 3
"""How many places of a schema a change names."""

_NO_MORE = {"minLength": 0, "minItems": 0, "minProperties": 0}
"""Limits that limit nothing."""


@dataclass(frozen=True, slots=True)
class Change:
    """One requirement that two contracts do not have alike.

    Attributes:
        old: as it was; ``None`` where it is added.
        new: as it is; ``None`` where it is removed.
        effect: what that does to a client of the old contract.
        why: the reason of the effect, in one sentence without a full stop; may be empty.
        detail: what exactly differs, in a few words; may be empty.
    """

    how: How
    old: Requirement | None
    new: Requirement | None
    effect: Effect
    why: str = ""
    detail: str = ""

    @property
    def id(self) -> str:
        """The id of the requirement, the new one where it has two."""
        known = self.new or self.old
        assert known is not None
        return known.id


@dataclass(frozen=True, slots=True)
class LostAction:
    """An action of the overlay that finds nothing in the new document.

    Attributes:
        number: its place among the actions, from 0.
        target: its JSONPath.
        requirements: ids of what rested on it and cannot be compared.
    """

    number: int
    target: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """All that changes, breaking changes first."""

    old: Contract
    new: Contract
    changes: tuple[Change, ...]
    lost: tuple[LostAction, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether any change breaks a client."""
        return any(change.effect is Effect.BREAKING for change in self.changes)

    def of_effect(self, effect: Effect) -> tuple[Change, ...]:
        """The changes with one effect."""
        return tuple(change for change in self.changes if change.effect is effect)


def drift(old: Contract, new: Contract, *, lost: tuple[LostAction, ...] = (), bare: Contract | None = None) -> Drift:
    """Compare two contracts of one vendor; what only words, examples and the order of things tell apart is the same.

    A sole success status that has become another one is one change, and the answers are compared with each other.

    Args:
        lost: actions of the old one's overlay that find nothing in the new one's document.
        bare: the old contract without them: what they say is no change of the vendor's document.
    """
    before, after = ({a.status for a in contract.successes} for contract in (old, new))
    gone, come = before - after, after - before
    renamed = len(gone) == 1 and len(come) == 1
    left, right = Side(old, min(gone) if renamed else ""), Side(new, min(come) if renamed else "")
    judge = Judge(left, right)
    compared = left if bare is None else Side(bare, left.alias)
    changes = [*_changes(judge, compared, right), *_unseen(judge, left, compared, right)]
    changes.sort(key=lambda change: (tuple(Effect).index(change.effect), change.id, change.how))
    return Drift(old, new, tuple(changes), lost)


def _unseen(judge: Judge, old: Side, bare: Side, new: Side) -> Iterator[Change]:
    """What rested on lost actions: gone with its place, or not to be told where the place is there still."""
    for key in sorted({*old.requirements} - {*bare.requirements} - {*new.requirements}):
        known = old.requirements[key]
        effect, why = judge.effect(How.REMOVED, known, [])
        if judge.is_there(known):
            effect, why = Effect.MAY_BREAK, "the overlay's action finds nothing in the new document: mend it"
        yield Change(How.REMOVED, known, None, effect, why)


def _changes(judge: Judge, old: Side, new: Side) -> Iterator[Change]:
    for key in sorted({*old.requirements, *new.requirements}):
        before, after = old.requirements.get(key), new.requirements.get(key)
        found: list[Difference] = []
        detail = ""
        if before is None or after is None:
            known = before or after
            assert known is not None
            if _says_nothing(known):
                continue
            how = How.ADDED if before is None else How.REMOVED
        else:
            keyword, was = old.value_of(before)
            _, now = new.value_of(after)
            known, (way, found) = before, _way(keyword, was, now, _told_by_others(key, old, new))
            if way is None:
                continue
            how, detail = How(way), _places(found) or told(keyword, was, now)
        effect, why = judge.effect(how, known, found)
        yield Change(how, before, after, effect, why, detail)


def _way(keyword: str, was: Any, now: Any, others: set[str]) -> tuple[Direction | None, list[Difference]]:
    if keyword == "schema":
        found = [d for d in differences(was, now) if not _is_told(d, others)]
        return together(difference.direction for difference in found), found
    if keyword in ("path", "servers"):
        same = was["whole"] == now["whole"]
        return None if same else direction_of("names" if keyword == "servers" else "", was[keyword], now[keyword]), []
    return direction_of(keyword, was, now), []


def _told_by_others(key: str, old: Side, new: Side) -> set[str]:
    """What other requirements say of the same answer, or of the request, as place and rule."""
    if key == "accepts/all-fields":
        return {
            key.partition("/")[2]
            for side in (old, new)
            for key in side.requirements
            if key.startswith(("request/", "accepts/"))
        }
    if not key.startswith("response/") or not key.endswith("/schema"):
        return set()
    base = key.removesuffix("schema")
    return {k.removeprefix(base) for side in (old, new) for k in side.requirements if k.startswith(base)}


def _is_told(difference: Difference, others: set[str]) -> bool:
    place = "/".join(token.replace("/", "~1") for token in difference.path)
    prefix = f"{place}/" if place else ""
    if difference.keyword == "field":
        return any(other.startswith(prefix) for other in others)
    if difference.keyword == "in-parent":
        return bool({f"{prefix}required", f"{prefix}promised"} & others)
    if difference.keyword == "required":
        return True  # told at each place that is required
    return f"{prefix}{difference.keyword}" in others


def _places(found: list[Difference]) -> str:
    named = [
        " ".join(filter(None, ("/".join(d.path), d.keyword if d.keyword != "field" else "", d.text))) for d in found
    ]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _says_nothing(requirement: Requirement) -> bool:
    """Whether a requirement is on a limit that limits nothing, so that it may as well not be there."""
    match requirement.check:
        case Accepts(variation=rule, value=value) if rule in LIMITS:
            return bool(value == _NO_MORE.get(rule, MISSING))
        case Answers(rule=rule, detail=value):
            return bool(value == _NO_MORE.get(rule, MISSING))
        case _:
            return False
