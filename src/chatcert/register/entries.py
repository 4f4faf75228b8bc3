"""Entries: a certificate with all records that concern it, and its status at a given time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from chatcert.judge.verdict import Outcome, VerdictKind, outcome_of
from chatcert.register.parties import Party
from chatcert.register.record_rows import (
    AdmissionRow,
    CatalogueEntryRow,
    CertificateRow,
    ChallengeRow,
    CountersignatureRow,
    Decision,
    ReplyRow,
    RevocationRow,
    RulingRow,
)
from chatcert.text import format_time, parse_time

RENEWAL_DAYS: Final = 30
"""How many days before its end an entry can be renewed; a reminder is due from then on."""


class Status(StrEnum):
    """What an entry is worth, in the order in which a list shows them."""

    CERTIFIED = "certified"
    CONDITIONAL = "conditional"
    DISPUTED = "disputed"
    PENDING = "pending"
    EXPIRED = "expired"
    SUPERSEDED = "superseded"
    REVOKED = "revoked"


STATUS_MEANINGS: Final = {
    Status.CERTIFIED: "conformant, and nothing stands against it",
    Status.CONDITIONAL: "conformant but for breaches that waivers cover until the day shown",
    Status.DISPUTED: "certified, and contested: a decision is outstanding",
    Status.PENDING: "submitted by the vendor; the registrar has not admitted it",
    Status.EXPIRED: "its period, or that of a waiver it rests on, has ended",
    Status.SUPERSEDED: "replaced by a later certificate on the same version",
    Status.REVOKED: "taken back by the registrar",
}
HOLDS: Final = (Status.CERTIFIED, Status.CONDITIONAL, Status.DISPUTED)
"""Statuses of entries that hold."""


@dataclass(slots=True)
class Challenge:
    """A challenge with what came of it."""

    row: ChallengeRow
    by: Party
    reply: ReplyRow | None = None
    ruling: RulingRow | None = None


@dataclass(slots=True)
class Entry:
    """A certificate and the records that concern it.

    Attributes:
        digest: that of the certificate's file.
        catalogue: the requirements that the report was judged by.
        successor: the entry that supersedes it.
        former: the entries that it supersedes itself.
    """

    certificate: CertificateRow
    digest: str
    catalogue: list[CatalogueEntryRow]
    admission: AdmissionRow | None = None
    countersignatures: list[tuple[Party, CountersignatureRow]] = field(default_factory=list)
    challenges: list[Challenge] = field(default_factory=list)
    revocation: RevocationRow | None = None
    successor: Entry | None = field(default=None, compare=False, repr=False)
    former: list[Entry] = field(default_factory=list, compare=False, repr=False)

    @property
    def name(self) -> str:
        """Return the id."""
        return self.certificate["entry"]

    @property
    def vendor(self) -> str:
        """Return the vendor."""
        return self.certificate["vendor"]

    @property
    def last_day(self) -> date:
        """Return the last day on which it can hold: the end of its period, or of the first waiver that it rests on."""
        end = parse_time(self.certificate["period"]["not_after"]).date()
        return min([end, *(date.fromisoformat(row["expires"]) for row in self.certificate["conditions"])])

    def status(self, at: datetime) -> Status:
        """Return the status at a time, from the records that were made until then."""
        moment = format_time(at.timestamp())
        upheld = [one.ruling for one in self.challenges if one.ruling and one.ruling["decision"] == Decision.UPHELD]
        if any(row["made"] <= moment for row in (*upheld, self.revocation) if row is not None):
            return Status.REVOKED
        if self.admission is None or self.admission["made"] > moment:
            return Status.PENDING
        if self.successor is not None and self.successor.is_admitted(moment):
            return Status.SUPERSEDED
        if moment > self.certificate["period"]["not_after"] or at.date() > self.last_day:
            return Status.EXPIRED
        if self.open_challenges(moment):
            return Status.DISPUTED
        return Status.CONDITIONAL if self.certificate["conditions"] else Status.CERTIFIED

    def is_admitted(self, moment: str) -> bool:
        """Return whether it was admitted by then: what it supersedes does not hold again if it is revoked later."""
        return self.admission is not None and self.admission["made"] <= moment

    def open_challenges(self, moment: str) -> list[Challenge]:
        """Return the challenges on which no decision was made by then.

        Those of an entry that it supersedes are among them if they are older than its admission: a new certificate does
        not end a dispute.
        """
        found = self.undecided(moment, until=moment)
        seen, waiting = {id(self)}, [self]
        while waiting:
            entry = waiting.pop()
            admitted = entry.admission["made"] if entry.admission is not None else ""
            for former in (one for one in entry.former if id(one) not in seen):
                seen.add(id(former))
                waiting.append(former)
                found += former.undecided(moment, until=min(admitted, moment))
        return found

    def undecided(self, moment: str, *, until: str) -> list[Challenge]:
        """Return the challenges of this entry alone that were made until a time, and not decided at the moment."""
        return [
            one
            for one in self.challenges
            if one.row["made"] <= until and not (one.ruling and one.ruling["made"] <= moment)
        ]

    def is_due(self, at: datetime, days: int) -> bool:
        """Return whether it holds and ends within so many days."""
        return self.status(at) in HOLDS and self.last_day <= (at + timedelta(days=days)).date()

    @property
    def verdicts(self) -> dict[str, str]:
        """Return the verdict on each requirement of the catalogue."""
        others = {name: word for word, names in self.certificate["verdicts"].items() for name in names}
        return {row["id"]: others.get(row["id"], VerdictKind.PASS.value) for row in self.catalogue}


def entry_name(vendor: str, issued: str, report_digest: str) -> str:
    """Return the id of an entry, which follows from its report: the same report has one entry at most."""
    return f"{vendor}-{issued[:10]}-{report_digest.removeprefix('sha256:')[:12]}"


def outcome_for(verdicts: Mapping[str, Iterable[str]], passed: int) -> Outcome:
    """Return the outcome that follows from the verdicts of a certificate."""
    present = [VerdictKind(word) for word, names in verdicts.items() if [*names]]
    return outcome_of([*present, *([VerdictKind.PASS] if passed else [])])


def link_successors(entries: Iterable[Entry]) -> None:
    """Let each entry know the later one that renews it, or that is on the same version in the same place."""
    by_name = {entry.name: entry for entry in entries}
    latest: dict[tuple[str, ...], list[Entry]] = {}
    for entry in by_name.values():
        latest.setdefault(_subject(entry), []).append(entry)
    for group in latest.values():
        group.sort(key=lambda entry: entry.certificate["period"]["issued"])
        admitted = [entry for entry in group if entry.admission is not None]
        for entry, following in pairwise(admitted):
            _supersede(entry, following)
    for entry in by_name.values():
        former = by_name.get(entry.certificate["renews"] or "")
        if former is not None and entry.admission is not None and not renewal_trouble(former, entry.certificate):
            _supersede(former, entry)


def _supersede(former: Entry, entry: Entry) -> None:
    former.successor = entry
    if not any(one is former for one in entry.former):
        entry.former.append(former)


def renewal_trouble(former: Entry, row: CertificateRow) -> str:
    """Return why a certificate cannot renew an entry; empty if it can."""
    old = former.certificate
    if row["vendor"] != former.vendor:
        return f"it renews an entry of {former.vendor}"
    if row["period"]["issued"] <= old["period"]["issued"]:
        return "it renews an entry that is not older"
    if parse_time(row["made"]).date() < former.last_day - timedelta(days=RENEWAL_DAYS):
        return f"it renews an entry before its last {RENEWAL_DAYS} days"
    return ""


def _subject(entry: Entry) -> tuple[str, ...]:
    row = entry.certificate
    place = row["place"]
    version = row["product"]["version"]
    return row["vendor"], version, row["product"]["operation"], place["environment"], place["region"], place["kind"]
