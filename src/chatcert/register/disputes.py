"""Object to an entry, reply, decide and revoke: each a signed record that everybody sees."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime

from chatcert.exceptions import UsageError
from chatcert.names import did_you_mean
from chatcert.register.certificates import keys_of
from chatcert.register.entries import Challenge, Entry
from chatcert.register.parties import REGISTRAR, Party
from chatcert.register.record_rows import (
    ChallengeRow,
    CountersignatureRow,
    Decision,
    RecordType,
    ReplyRow,
    RevocationRow,
    RulingRow,
)
from chatcert.register.records import sign_record
from chatcert.register.register_folder import RegisterFolder
from chatcert.report.seal.keyring import SignerRole
from chatcert.report.seal.keys import SigningKey
from chatcert.text import format_time


def find_entry(entries: Mapping[str, Entry], name: str) -> Entry:
    """Return an entry by its id.

    Raises:
        UsageError: there is none.
    """
    if name in entries:
        return entries[name]
    hint = did_you_mean(name, entries, listed_by="register list")
    raise UsageError(f"no entry {name[:120]!r}", where="ENTRY", hint=hint)


def find_challenge(entries: Mapping[str, Entry], name: str) -> tuple[Entry, Challenge]:
    """Return a challenge by its id, with its entry.

    Raises:
        UsageError: there is none.
    """
    known = {one.row["challenge"]: (entry, one) for entry in entries.values() for one in entry.challenges}
    if name in known:
        return known[name]
    raise UsageError(f"no challenge {name[:120]!r}", where="CHALLENGE", hint=did_you_mean(name, known))


def challenge(
    register: RegisterFolder,
    entry: Entry,
    by: Party,
    requirement: str,
    exchange: int,
    text: str,
    keys: Sequence[SigningKey],
    now: datetime,
) -> str:
    """Contest a requirement of an entry by an exchange; return the id of the challenge.

    Args:
        by: an auditor or a challenger of the register.
        exchange: the number of the exchange in the evidence of the report, or of the challenger's own.

    Raises:
        UsageError: the entry was not judged by that requirement.
    """
    names = {row["id"] for row in entry.catalogue}
    if requirement not in names:
        raise UsageError(
            f"the entry has no requirement {requirement[:120]!r}",
            where="--requirement",
            hint=did_you_mean(requirement, names, listed_by="register list --format json"),
        )
    row: ChallengeRow = {
        "type": RecordType.CHALLENGE.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "challenge": f"{entry.name}-c{secrets.token_hex(4)}",
        "entry": entry.name,
        "requirement": requirement,
        "exchange": exchange,
        "text": text,
    }
    data = sign_record(row, keys_of(register, by, keys))
    register.stage(by.path(row["challenge"], RecordType.CHALLENGE), data)
    return row["challenge"]


def reply(
    register: RegisterFolder,
    entry: Entry,
    contested: Challenge,
    text: str,
    keys: Sequence[SigningKey],
    now: datetime,
) -> None:
    """Answer a challenge, as the vendor.

    Raises:
        UsageError: it is answered already.
    """
    if contested.reply is not None:
        raise UsageError("it has a reply already", where=contested.row["challenge"], hint="a reply is final")
    party = Party(SignerRole.VENDOR, entry.vendor)
    row: ReplyRow = {
        "type": RecordType.REPLY.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "challenge": contested.row["challenge"],
        "entry": entry.name,
        "text": text,
    }
    data = sign_record(row, keys_of(register, party, keys))
    register.stage(party.path(row["challenge"], RecordType.REPLY), data)


def rule(
    register: RegisterFolder,
    entry: Entry,
    contested: Challenge,
    decision: Decision,
    text: str,
    keys: Sequence[SigningKey],
    now: datetime,
) -> None:
    """Decide on a challenge, as the registrar.

    Raises:
        UsageError: it is decided already.
    """
    if contested.ruling is not None:
        raise UsageError("it is decided already", where=contested.row["challenge"], hint="a decision is final")
    row: RulingRow = {
        "type": RecordType.RULING.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "challenge": contested.row["challenge"],
        "entry": entry.name,
        "decision": decision.value,
        "text": text,
    }
    data = sign_record(row, keys_of(register, REGISTRAR, keys))
    register.stage(REGISTRAR.path(row["challenge"], RecordType.RULING), data)


def revoke(register: RegisterFolder, entry: Entry, text: str, keys: Sequence[SigningKey], now: datetime) -> None:
    """Take an entry back, as the registrar.

    Raises:
        UsageError: it is revoked already.
    """
    if entry.revocation is not None:
        raise UsageError("it is revoked already", where=entry.name, hint="see register list")
    row: RevocationRow = {
        "type": RecordType.REVOCATION.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "entry": entry.name,
        "text": text,
    }
    data = sign_record(row, keys_of(register, REGISTRAR, keys))
    register.stage(REGISTRAR.path(entry.name, RecordType.REVOCATION), data)


def countersign(
    register: RegisterFolder, entry: Entry, by: Party, note: str, keys: Sequence[SigningKey], now: datetime
) -> None:
    """Stand for an entry, as an auditor."""
    row: CountersignatureRow = {
        "type": RecordType.COUNTERSIGNATURE.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "entry": entry.name,
        "certificate": entry.digest,
        "note": note,
    }
    data = sign_record(row, keys_of(register, by, keys))
    register.stage(by.path(entry.name, RecordType.COUNTERSIGNATURE), data)
