"""Compare two contracts of a vendor requirement by requirement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatcert.drift.compared_contract import ComparedContract
from chatcert.drift.directions import (
    Difference,
    Direction,
    combined_direction,
    describe_change,
    differences,
    direction_of,
)
from chatcert.drift.effects import ChangeKind, Effect, EffectJudge
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.acceptance import LIMITS
from chatcert.requirements.check import Accepts, Answers
from chatcert.requirements.requirement import Requirement

_SHOWN = 3
"""Fields of a schema that a change names."""

_NEUTRAL_LIMITS = {"minLength": 0, "minItems": 0, "minProperties": 0}
"""Values of limits that allow everything."""


@dataclass(frozen=True, slots=True)
class Change:
    """A requirement that differs between two contracts.

    Attributes:
        old: ``None`` if the requirement is added.
        new: ``None`` if the requirement is removed.
        effect: the effect on a client of the old contract.
        why: the reason of the effect, in one sentence without a full stop; may be empty.
        detail: the exact difference in a few words; may be empty.
    """

    how: ChangeKind
    old: Requirement | None
    new: Requirement | None
    effect: Effect
    why: str = ""
    detail: str = ""

    @property
    def id(self) -> str:
        """The id of the requirement: the new one, if there are two."""
        known = self.new or self.old
        assert known is not None
        return known.id


@dataclass(frozen=True, slots=True)
class UnmatchedAction:
    """An action of the overlay whose target is not in the new document.

    Attributes:
        number: its index among the actions, from 0.
        target: its JSONPath.
        requirements: ids of the requirements that depend on it and cannot be compared.
    """

    number: int
    target: str
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Drift:
    """All changes, breaking ones first."""

    old: Contract
    new: Contract
    changes: tuple[Change, ...]
    unmatched: tuple[UnmatchedAction, ...] = ()

    @property
    def breaks(self) -> bool:
        """Whether any change breaks a client."""
        return any(change.effect is Effect.BREAKING for change in self.changes)

    def of_effect(self, effect: Effect) -> tuple[Change, ...]:
        """Return the changes that have one effect."""
        return tuple(change for change in self.changes if change.effect is effect)


def drift(
    old: Contract, new: Contract, *, unmatched: tuple[UnmatchedAction, ...] = (), bare: Contract | None = None
) -> Drift:
    """Compare two contracts of one vendor; descriptions, examples and the order of members do not matter.

    If the only success status is replaced by another one, that is one change, and the two answers are compared.

    Args:
        unmatched: actions of the old contract's overlay whose targets are not in the new document.
        bare: the old contract without these actions: what they add is not a change of the vendor's document.
    """
    before, after = ({a.status for a in contract.successes} for contract in (old, new))
    gone, come = before - after, after - before
    renamed = len(gone) == 1 and len(come) == 1
    left, right = (
        ComparedContract(old, min(gone) if renamed else ""),
        ComparedContract(new, min(come) if renamed else ""),
    )
    judge = EffectJudge(left, right)
    compared = left if bare is None else ComparedContract(bare, left.alias)
    changes = [*_changes(judge, compared, right), *_changes_of_unmatched_actions(judge, left, compared, right)]
    changes.sort(key=lambda change: (tuple(Effect).index(change.effect), change.id, change.how))
    return Drift(old, new, tuple(changes), unmatched)


def _changes_of_unmatched_actions(
    judge: EffectJudge, old: ComparedContract, bare: ComparedContract, new: ComparedContract
) -> Iterator[Change]:
    """Yield what depended on unmatched actions: removed with its field, or unknown if the field is still there."""
    for key in sorted({*old.requirements} - {*bare.requirements} - {*new.requirements}):
        known = old.requirements[key]
        effect, why = judge.effect(ChangeKind.REMOVED, known, [])
        if judge.has_place_of(known):
            effect, why = Effect.MAY_BREAK, "the overlay's action finds nothing in the new document: correct it"
        yield Change(ChangeKind.REMOVED, known, None, effect, why)


def _changes(judge: EffectJudge, old: ComparedContract, new: ComparedContract) -> Iterator[Change]:
    for key in sorted({*old.requirements, *new.requirements}):
        before, after = old.requirements.get(key), new.requirements.get(key)
        found: list[Difference] = []
        detail = ""
        if before is None or after is None:
            known = before or after
            assert known is not None
            if _has_no_effect(known):
                continue
            how = ChangeKind.ADDED if before is None else ChangeKind.REMOVED
        else:
            keyword, was = old.value_of(before)
            _, now = new.value_of(after)
            known, (way, found) = before, _direction(keyword, was, now, _rules_of_other_requirements(key, old, new))
            if way is None:
                continue
            how, detail = ChangeKind(way), _field_list(found) or describe_change(keyword, was, now)
        effect, why = judge.effect(how, known, found)
        yield Change(how, before, after, effect, why, detail)


def _direction(keyword: str, was: Any, now: Any, others: set[str]) -> tuple[Direction | None, list[Difference]]:
    if keyword == "schema":
        found = [d for d in differences(was, now) if not _is_covered(d, others)]
        return combined_direction(difference.direction for difference in found), found
    if keyword == "styles":
        return (Direction.CHANGED if any(was[name] != now[name] for name in was.keys() & now.keys()) else None), []
    if keyword in ("path", "servers"):
        same = was["whole"] == now["whole"]
        return None if same else direction_of("names" if keyword == "servers" else "", was[keyword], now[keyword]), []
    return direction_of(keyword, was, now), []


def _rules_of_other_requirements(key: str, old: ComparedContract, new: ComparedContract) -> set[str]:
    """Return the rules (path and keyword) that other requirements have on the same answer, or on the request."""
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


def _is_covered(difference: Difference, others: set[str]) -> bool:
    place = "/".join(token.replace("/", "~1") for token in difference.path)
    prefix = f"{place}/" if place else ""
    if difference.keyword == "field":
        return any(other.startswith(prefix) for other in others)
    if difference.keyword == "in-parent":
        return bool({f"{prefix}required", f"{prefix}promised"} & others)
    if difference.keyword == "required":
        return True  # reported for each field that is required
    return f"{prefix}{difference.keyword}" in others


def _field_list(found: list[Difference]) -> str:
    named = [
        " ".join(filter(None, ("/".join(d.path), d.keyword if d.keyword != "field" else "", d.text))) for d in found
    ]
    more = f" and {len(named) - _SHOWN} more" if len(named) > _SHOWN else ""
    return ", ".join(named[:_SHOWN]) + more


def _has_no_effect(requirement: Requirement) -> bool:
    """Return whether a requirement is about a limit that allows everything."""
    match requirement.check:
        case Accepts(variation=rule, value=value) if rule in LIMITS:
            return bool(value == _NEUTRAL_LIMITS.get(rule, MISSING))
        case Answers(rule=rule, detail=value):
            return bool(value == _NEUTRAL_LIMITS.get(rule, MISSING))
        case _:
            return False
