"""Waivers: known breaches that are accepted until a date, and the verdicts that they change."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

from chatcert.judge.verdict import UNJUDGED, Verdict, VerdictKind

ALONG = "waived along with "
"""How the reason of a requirement begins that is waived because all that breaks it breaks a waived requirement."""


@dataclass(frozen=True, slots=True)
class Waiver:
    """One breach that is accepted until a date.

    Attributes:
        requirement: a requirement's id, or a pattern of ids in which ``*`` stands for any characters.
        reason: why the breach is accepted.
        owner: who is responsible for it.
        ticket: where its repair is tracked.
        expires: the last day on which the waiver is valid, UTC.
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
        """Return those of ``ids`` that the waiver names; an exact id is never read as a pattern."""
        known = tuple(ids)
        if self.requirement in known:
            return (self.requirement,)
        return tuple(name for name in known if fnmatchcase(name, self.requirement))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return asdict(self) | {"expires": self.expires.isoformat()}

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Waiver:
        """Read the JSON form that ``to_dict`` returns."""
        return cls(**{**row, "expires": date.fromisoformat(row["expires"])})


@dataclass(frozen=True, slots=True)
class Waivers:
    """The waivers of a run.

    Attributes:
        day: the day, UTC, that decides for the whole run which waivers have expired.
        file: the file that they were read from, for messages.
    """

    entries: tuple[Waiver, ...] = ()
    day: date = date.min
    file: str = ""

    def of(self, vendor: str) -> Waivers:
        """Return the waivers of one vendor."""
        return replace(self, entries=tuple(entry for entry in self.entries if entry.vendor == vendor))

    @property
    def expired(self) -> tuple[Waiver, ...]:
        """The waivers that have expired."""
        return tuple(entry for entry in self.entries if entry.expires < self.day)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form."""
        return {
            "entries": [entry.to_dict() for entry in self.entries],
            "day": self.day.isoformat(),
            "file": self.file,
        }

    @classmethod
    def from_dict(cls, row: Mapping[str, Any]) -> Waivers:
        """Read the JSON form that ``to_dict`` returns."""
        entries = tuple(Waiver.from_dict(entry) for entry in row["entries"])
        return cls(entries, date.fromisoformat(row["day"]), row["file"])


@dataclass(frozen=True, slots=True)
class Waived:
    """How one vendor's waivers were applied in one run.

    Attributes:
        used: each waiver with the ids of the broken requirements that it covers.
        unused: valid waivers whose requirements were all judged, and none of them broken.
        undecided: valid waivers that cover no breach, but name a requirement that was not judged.
        expired: waivers that are no longer valid, and cover nothing.
    """

    day: date
    used: tuple[tuple[Waiver, tuple[str, ...]], ...] = ()
    unused: tuple[Waiver, ...] = ()
    undecided: tuple[Waiver, ...] = ()
    expired: tuple[Waiver, ...] = ()

    def with_followers(self, verdicts: Iterable[Verdict]) -> Waived:
        """Return it with the requirements that are waived along with others, under the waiver of each."""
        followers: dict[str, list[str]] = {}
        for verdict in verdicts:
            if verdict.kind is VerdictKind.WAIVED and verdict.reason.startswith(ALONG):
                cause = verdict.reason.removeprefix(ALONG).partition(":")[0]
                followers.setdefault(cause, []).append(verdict.requirement)
        used = [
            (waiver, (*ids, *(name for one in ids for name in followers.pop(one, ())))) for waiver, ids in self.used
        ]
        return replace(self, used=tuple(used))

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form that a report has."""
        return {
            "day": self.day.isoformat(),
            "used": [waiver.to_dict() | {"requirements": list(ids)} for waiver, ids in self.used],
            "unused": [waiver.to_dict() for waiver in self.unused],
            "undecided": [waiver.to_dict() for waiver in self.undecided],
            "expired": [waiver.to_dict() for waiver in self.expired],
        }


def waive(verdicts: Mapping[str, Verdict], waivers: Waivers) -> tuple[dict[str, Verdict], Waived]:
    """Turn every ``fail`` that a valid waiver covers into ``waived``; return the verdicts and how waivers were applied.

    Findings stay. No other kind of verdict changes, since only a breach can be accepted.

    Args:
        verdicts: of one vendor, by requirement id.
        waivers: of the same vendor.
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
    """Return one verdict as ``waive`` leaves it, where the other verdicts are not known yet.

    Args:
        ids: of all requirements of the vendor.
    """
    others = {name: Verdict(name, VerdictKind.PASS) for name in ids}
    return waive({**others, verdict.requirement: verdict}, waivers)[0][verdict.requirement]


def _reason(waiver: Waiver) -> str:
    return f"waived until {waiver.expires} by {waiver.owner} ({waiver.ticket}): {waiver.reason}"
