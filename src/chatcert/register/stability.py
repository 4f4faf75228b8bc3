"""How steady verdicts are: which requirements flip from night to night although nothing changed that explains it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatcert.judge.verdict import VerdictKind
from chatcert.register.record_rows import FlipRow, StabilityRow
from chatcert.report.assurance import ServerKind
from chatcert.report.history import RunRecord


@dataclass(frozen=True, slots=True)
class Night:
    """One run: what failed, and everything whose change may explain another result.

    Attributes:
        circumstances: document, overlay, catalogue, product version, suite and profile.
        place: where the server was reached; the bundled mock is one place, whatever its port.
    """

    finished: str
    circumstances: tuple[str, ...]
    place: str
    failing: frozenset[str]

    @classmethod
    def of(cls, record: RunRecord) -> Night:
        """Return the night of a line of a history file; the server says in headers which version it is."""
        digests = record.digests
        told = (digests["spec"], digests["overlay"], digests["catalogue"])
        version = "; ".join(f"{name}: {', '.join(values)}" for name, values in sorted(record.reported.items()))
        return cls(
            record.finished,
            (*told, version, record.suite, record.profile),
            record.mode if record.mode == ServerKind.MOCK else f"{record.mode} {record.host}",
            frozenset(record.failing),
        )


def stability_of(nights: Sequence[Night]) -> StabilityRow | None:
    """Count, for each requirement, how often it began or ceased to fail between two runs that nothing tells apart.

    Runs against another place, or with other circumstances than the run before, begin anew: a flip between the two is
    no flakiness. A requirement that flips is named with how often it failed; nothing is averaged.

    Returns:
        ``None`` if there are no two runs to compare.
    """
    compared: list[tuple[Night, Night]] = []
    by_place: dict[str, list[Night]] = {}
    for night in sorted(nights, key=lambda one: one.finished):
        by_place.setdefault(night.place, []).append(night)
    for runs in by_place.values():
        compared += [(old, new) for old, new in pairwise(runs) if old.circumstances == new.circumstances]
    if not compared:
        return None
    members = {night.finished: night for pair in compared for night in pair}
    flips: dict[str, int] = {}
    for old, new in compared:
        for name in old.failing ^ new.failing:
            flips[name] = flips.get(name, 0) + 1
    rows: list[FlipRow] = [
        {
            "requirement": name,
            "flips": number,
            "nights": len(members),
            "failed": sum(name in night.failing for night in members.values()),
        }
        for name, number in sorted(flips.items(), key=lambda item: (-item[1], item[0]))
    ]
    return {"nights": len(members), "since": min(members), "flaky": rows}


def nights_of(records: Iterable[RunRecord]) -> list[Night]:
    """Return the nights of a history file; runs without a verdict on everything tell nothing."""
    return [
        Night.of(record)
        for record in records
        if not any(record.totals.get(word, 0) for word in (VerdictKind.NOT_RUN, VerdictKind.ERROR))
    ]
