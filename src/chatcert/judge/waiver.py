"""Waivers: who has agreed to which breach and until when, and what that makes of a run's verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from chatcert.judge.verdict import UNJUDGED, Verdict, VerdictKind


@dataclass(frozen=True, slots=True)
class Waiver:
    """One agreement to live with a breach for a while.

    Attributes:
        requirement: a requirement's id, or a pattern of ids in which ``*`` stands for any characters.
        reason: why the breach is lived with.
        owner: who answers for that.
        ticket: where it is followed up.
        expires: the last day on which it holds, UTC.
        number: its place in the file, from 1.
    """

    requirement: str
    vendor: str
    reason: str
    owner: str
    ticket: str
    expires: date
    number: int = 0

    def covers(self, ids: Iterable[str]) -> tuple[str, ...]:
        """Those of ``ids`` that it names. What is the id of a requirement to the letter is no pattern."""
        known = tuple(ids)
        if self.requirement in known:
            return (self.requirement,)
        return tuple(name for name in known if fnmatchcase(name, self.requirement))

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return asdict(self) | {"expires": self.expires.isoformat()}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Waiver:
        """The inverse of ``to_dict``."""
        return cls(**{**row, "expires": date.fromisoformat(row["expires"])})


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers that a run was given.

    Attributes:
        day: the day for which they are asked whether they hold, UTC: one and the same for the whole run.
        file: where they are written down, for messages.
    """

    entries: tuple[Waiver, ...] = ()
    day: date = date.min
    file: str = ""

    def of(self, vendor: str) -> Waivers:
        """Those of one vendor."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.vendor == vendor))

    @property
    def expired(self) -> tuple[Waiver, ...]:
        """Those whose last day is over."""
        return tuple(entry for entry in self.entries if entry.expires < self.day)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "entries": [entry.to_dict() for entry in self.entries],
            "day": self.day.isoformat(),
            "file": self.file,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Waivers:
        """The inverse of ``to_dict``."""
        entries = tuple(Waiver.from_dict(entry) for entry in row["entries"])
        return cls(entries, date.fromisoformat(row["day"]), row["file"])


@dataclass(frozen=True, slots=True)
class Waived:
    """What became of one vendor's waivers in one run.

    Attributes:
        used: each with the ids of the requirements whose breach it covers.
        unused: those that hold and cover nothing that is broken, though all that they name was judged.
        undecided: those of which neither can be said, since something that they name was not judged.
        expired: those that hold no longer, and cover nothing.
    """

    day: date
    used: tuple[tuple[Waiver, tuple[str, ...]], ...] = ()
    unused: tuple[Waiver, ...] = ()
    undecided: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready form, as it stands in a report."""
        return {
            "day": self.day.isoformat(),
            "used": [waiver.to_dict() | {"requirements": list(ids)} for waiver, ids in self.used],
            "unused": [waiver.to_dict() for waiver in self.unused],
            "undecided": [waiver.to_dict() for waiver in self.undecided],
            "expired": [waiver.to_dict() for waiver in self.expired],
        }


def waive(verdicts: Mapping[str, Verdict], waivers: Waivers) -> tuple[dict[str, Verdict], Waived]:
    """The verdicts with every ``fail`` that a live waiver covers as ``waived``, and what became of the waivers.

    The finding stays where it is. No other word is touched: what could not be judged, and what is a remark only, is
    nothing that anybody could have agreed to.

    Args:
        verdicts: those of one vendor, by requirement id.
        waivers: those of the same vendor.
    """
    result = dict(verdicts)
    used: list[tuple[Waiver, tuple[str, ...]]] = []
    unused: list[Waiver] = []
    undecided: list[Waiver] = []
    for waiver in waivers.entries:
        if waiver in waivers.expired:
            continue
        named = waiver.covers(verdicts)
        broken = tuple(name for name in named if verdicts[name].kind is VerdictKind.FAIL)
        for name in broken:
            if result[name].kind is VerdictKind.FAIL:
                result[name] = replace(verdicts[name], kind=VerdictKind.WAIVED, reason=_reason(waiver))
        if broken:
            used.append((waiver, broken))
        elif any(verdicts[name].kind in UNJUDGED for name in named):
            undecided.append(waiver)
        else:
            unused.append(waiver)
    return result, Waived(waivers.day, tuple(used), tuple(unused), tuple(undecided), waivers.expired)


def waive_one(verdict: Verdict, waivers: Waivers, ids: Iterable[str]) -> Verdict:
    """One vendor's verdict as ``waive`` leaves it, where the others are not known yet.

    Args:
        ids: those of all requirements of the vendor.
    """
    others = {name: Verdict(name, VerdictKind.PASS) for name in ids}
    return waive({**others, verdict.requirement: verdict}, waivers)[0][verdict.requirement]


def _reason(waiver: Waiver) -> str:
    return f"waived until {waiver.expires} by {waiver.owner} ({waiver.ticket}): {waiver.reason}"
