"""What the pages of the site show: the entries at one time, by vendor and by requirement."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Final

from chatcert.judge.verdict import VerdictKind
from chatcert.register.entries import HOLDS, Entry, Status
from chatcert.register.record_rows import CatalogueEntryRow, PartyKeyRow, PolicyRow
from chatcert.register.replicas import suspicion
from chatcert.report.seal.keyring import SignerRole
from chatcert.report.seal.keys import PublicKey
from chatcert.text import count, format_time

MAX_SLUG: Final = 80
BREACHES: Final = (VerdictKind.WARN, VerdictKind.WAIVED)
"""Verdicts of an entry that are no pass, and not for lack of a test."""


@dataclass(frozen=True)
class ShownEntry:
    """An entry with what pages say of it at one time."""

    entry: Entry
    status: Status

    @property
    def holds(self) -> bool:
        """Return whether it holds."""
        return self.status in HOLDS

    @property
    def sort_key(self) -> tuple[str, str]:
        """Order entries of a vendor from old to new."""
        return self.entry.certificate["period"]["issued"], self.entry.name

    @cached_property
    def kinds(self) -> dict[str, tuple[int, int, int]]:
        """Return, for each kind, how many requirements passed, were tested, and there are."""
        found: dict[str, list[int]] = {}
        verdicts = self.entry.verdicts
        for row in self.entry.catalogue:
            numbers = found.setdefault(row["kind"], [0, 0, 0])
            verdict = verdicts[row["id"]]
            numbers[0] += verdict == VerdictKind.PASS
            numbers[1] += verdict != VerdictKind.NOT_APPLICABLE
            numbers[2] += 1
        return {kind: (numbers[0], numbers[1], numbers[2]) for kind, numbers in found.items()}

    @property
    def breaches(self) -> list[tuple[str, str]]:
        """Return the requirements that are a remark or are waived, with their verdicts."""
        verdicts = self.entry.certificate["verdicts"]
        return [(name, word.value) for word in BREACHES for name in verdicts.get(word, [])]


@dataclass
class RequirementPage:
    """One requirement over all vendors.

    Attributes:
        path: its id without the vendor.
        text: what it says, as the newest entry has it.
        broken: entries that break it, with the verdict.
    """

    path: str
    row: CatalogueEntryRow
    vendors: set[str] = field(default_factory=set)
    passed: int = 0
    untested: int = 0
    broken: list[tuple[ShownEntry, str]] = field(default_factory=list)

    @property
    def file(self) -> str:
        """Return the name of its page."""
        return f"requirements/{slug_of(self.path)}.html"


class SiteView:
    """Everything that pages show.

    Args:
        at: the time at which statuses are shown.
        void: records that do not count because their key is revoked, one line each.
    """

    def __init__(self, policy: PolicyRow, entries: Iterable[Entry], at: datetime, void: Iterable[str] = ()) -> None:
        self.policy = policy
        self.void = tuple(void)
        self.at = at
        self.moment = format_time(at.timestamp())
        self.vendors: dict[str, list[ShownEntry]] = {}
        for entry in entries:
            if entry.certificate["made"] <= self.moment:
                self.vendors.setdefault(entry.vendor, []).append(ShownEntry(entry, entry.status(at)))
        for shown in self.vendors.values():
            shown.sort(key=lambda one: one.sort_key, reverse=True)
        self.vendors = dict(sorted(self.vendors.items()))

    @property
    def day(self) -> str:
        """Return the day that is shown."""
        return self.moment[:10]

    def keys_of(self, vendor: str) -> list[tuple[str, PartyKeyRow]]:
        """Return the keys that a vendor has or had, by fingerprint: whoever they belong to can look whether they do."""
        rows = [row for row in self.policy["keys"] if (row["role"], row["name"]) == (SignerRole.VENDOR, vendor)]
        keys = (PublicKey.from_der(base64.b64decode(row["publicKey"])) for row in rows)
        return [(key.fingerprint, row) for key, row in zip(keys, rows, strict=True)]

    @cached_property
    def unsteady(self) -> list[tuple[ShownEntry, str]]:
        """Return what flips from run to run, or is wrong at one replica or deployment alone, of entries that hold."""
        found = []
        for shown in self.everything():
            row = shown.entry.certificate
            if not shown.holds:
                continue
            for flip in row["stability"]["flaky"] if row["stability"] is not None else ():
                runs = f"failed in {flip['failed']} of {count(flip['nights'], 'run')}"
                found.append((shown, f"{flip['requirement']}: {count(flip['flips'], 'flip')}, {runs}"))
            found += [(shown, suspicion(one)) for one in row.get("suspects", [])]
        return found

    def everything(self) -> Iterator[ShownEntry]:
        """Yield all entries, vendor by vendor, the newest of each first."""
        for shown in self.vendors.values():
            yield from shown

    @cached_property
    def totals(self) -> dict[Status, int]:
        """Return how many entries have each status."""
        statuses = [shown.status for shown in self.everything()]
        return {status: statuses.count(status) for status in Status}

    @cached_property
    def kinds(self) -> list[str]:
        """Return all kinds of requirements."""
        return sorted({kind for shown in self.everything() for kind in shown.kinds})

    @cached_property
    def requirements(self) -> list[RequirementPage]:
        """Return all requirements of entries that hold, by path."""
        pages: dict[str, RequirementPage] = {}
        for shown in self.everything():
            if not shown.holds:
                continue
            verdicts = shown.entry.verdicts
            for row in shown.entry.catalogue:
                path = row["id"].partition("/")[2]
                page = pages.setdefault(path, RequirementPage(path, row))
                page.vendors.add(shown.entry.vendor)
                match verdicts[row["id"]]:
                    case VerdictKind.PASS:
                        page.passed += 1
                    case VerdictKind.NOT_APPLICABLE:
                        page.untested += 1
                    case word:
                        page.broken.append((shown, word))
        return sorted(pages.values(), key=lambda page: page.path)


def slug_of(path: str) -> str:
    """Return a name for a page that no other path has."""
    plain = re.sub(r"[^A-Za-z0-9]+", "-", path).strip("-")
    if plain.replace("-", "/") == path and len(plain) <= MAX_SLUG:
        return plain
    return f"{plain[:MAX_SLUG]}-{hashlib.sha256(path.encode()).hexdigest()[:8]}"
