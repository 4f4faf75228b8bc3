"""Make a register of any size whose entries rest on no report: everything but the check of reports is real."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from chatcert.judge.verdict import VerdictKind
from chatcert.register.certificates import stage_admission, stage_certificate
from chatcert.register.entries import entry_name, outcome_for
from chatcert.register.parties import party_named
from chatcert.register.record_rows import CatalogueEntryRow, CertificateRow
from chatcert.register.records import digest_of_bytes, plain_bytes
from chatcert.register.register_folder import RegisterFolder
from chatcert.register.stewardship import create_register, enrol, keys_in
from chatcert.report.seal.keys import SigningKey, new_key
from chatcert.text import format_time

DAY = datetime(2026, 6, 1, 12, tzinfo=UTC)
KINDS = ("acceptance", "refusal", "authentication", "response", "security")


@dataclass
class Made:
    """A register with all its keys.

    Attributes:
        keys: by role, and by folder of a party.
    """

    register: RegisterFolder
    keys: dict[str, list[SigningKey]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The folder."""
        return self.register.path

    @property
    def root(self) -> Path:
        """The first root metadata."""
        return self.path / "metadata" / "1.root.json"

    def of(self, *roles: str) -> list[SigningKey]:
        """The keys of these roles and parties."""
        return [key for role in roles for key in self.keys[role]]

    @property
    def online(self) -> list[SigningKey]:
        """The keys of snapshot and timestamp."""
        return self.of("snapshot", "timestamp")

    @property
    def all(self) -> list[SigningKey]:
        """All keys."""
        return [key for several in self.keys.values() for key in several]

    def add(self, rows: Iterable[CertificateRow], now: datetime = DAY, *, admitted: bool = True) -> list[str]:
        """Submit and admit certificates in one go; return their ids."""
        names = []
        for row in rows:
            digest = stage_certificate(self.register, row, catalogue_of(row["vendor"]), self.all)
            if admitted:
                stage_admission(self.register, row["entry"], digest, ["made for a test"], self.all, now)
            names.append(row["entry"])
        self.register.commit(self.all, now)
        return names


def make_register(
    folder: Path, parties: Mapping[str, Iterable[str]], *, now: datetime = DAY, rehearsal: bool = False
) -> Made:
    """Make a register.

    Args:
        folder: a new folder for the register and its keys.
        parties: names by role.
    """
    keys = keys_in(folder / "keys", "")
    register = create_register(folder / "register", keys, name="Example programme", rehearsal=rehearsal, now=now)
    made = Made(register, dict(keys))
    for role, names in parties.items():
        for name in names:
            party = party_named(role, name)
            made.keys[party.folder] = [new_key()]
            enrol(register, party, [key.public for key in made.keys[party.folder]], made.all, now)
    return made


def catalogue_of(vendor: str, size: int = 40) -> list[CatalogueEntryRow]:
    """A catalogue of a vendor."""
    return [
        {
            "id": f"{vendor}/request/body/field{number}/maxLength",
            "kind": KINDS[number % len(KINDS)],
            "level": "must" if number % 4 else "should",
            "provenance": "schema",
            "text": f"Requirement {number} of the contract holds",
        }
        for number in range(size)
    ]


def certificate(
    made: Made,
    vendor: str,
    version: str = "1.0",
    *,
    issued: datetime = DAY,
    number: int = 0,
    verdicts: Mapping[str, list[str]] | None = None,
    **changes: Any,
) -> CertificateRow:
    """A certificate on a report that does not exist; ``number`` tells several of a day apart."""
    policy = made.register.policy
    catalogue = catalogue_of(vendor)
    words = {word: list(names) for word, names in (verdicts or {}).items()}
    passed = len(catalogue) - sum(map(len, words.values()))
    digest = f"sha256:{hashlib.sha256(f'{vendor} {version} {number} {issued}'.encode()).hexdigest()}"
    time = format_time(issued.timestamp())
    waived = words.get(VerdictKind.WAIVED, [])
    row: CertificateRow = {
        "type": "certificate",
        "register": policy["id"],
        "made": time,
        "entry": entry_name(vendor, time, digest),
        "rehearsal": policy["rehearsal"],
        "vendor": vendor,
        "product": {"version": version, "operation": "POST /v1/chats", "document": "1.0.0"},
        "place": {"kind": "live", "host": f"api.{vendor}.example", "environment": "staging", "region": "eu"},
        "period": {
            "issued": time,
            "not_after": format_time((issued + timedelta(days=90)).timestamp()),
            "observed_from": format_time((issued - timedelta(minutes=2)).timestamp()),
            "observed_to": time,
        },
        "outcome": outcome_for(words, passed).value,
        "verdicts": words,
        "passed": passed,
        "conditions": [
            {"requirement": name, "reason": "agreed", "expires": (issued + timedelta(days=30)).date().isoformat()}
            for name in waived
        ],
        "digests": {
            "report": digest,
            "evidence": digest,
            "statement": digest,
            "spec": digest,
            "overlay": "",
            "catalogue": digest_of_bytes(plain_bytes(catalogue)),
        },
        "made_with": {"suite": "0.2.0", "outcome_rule": 1, "profile": "thorough"},
        "signers": [{"name": vendor, "role": "vendor", "fingerprint": "SHA256:example"}],
        "renews": None,
        "stability": None,
    }
    row.update(changes)  # type: ignore[typeddict-item]
    return row


def many_certificates(made: Made, vendors: Iterable[str], entries: int) -> Iterator[CertificateRow]:
    """So many certificates, spread over vendors, versions and days, each with a few remarks."""
    names = list(vendors)
    for number in range(entries):
        vendor = names[number % len(names)]
        turn = number // len(names)
        remarks = [row["id"] for row in catalogue_of(vendor) if row["level"] == "should"][: turn % 3]
        yield certificate(
            made,
            vendor,
            f"{1 + turn // 10}.{turn % 10}",
            issued=DAY - timedelta(days=number % 60),
            number=number,
            verdicts={"warn": remarks} if remarks else None,
        )
