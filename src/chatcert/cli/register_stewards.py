"""The steps of ``chatcert register`` that are the certifier's: keys, parties and the timestamp."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from chatcert.cli.json_answer import give
from chatcert.exceptions import UsageError

if TYPE_CHECKING:
    from chatcert.register.register_folder import RegisterFolder
    from chatcert.report.seal.keys import SigningKey


def opened(parsed: argparse.Namespace) -> tuple[RegisterFolder, list[SigningKey], datetime]:
    """Return the register, the private keys that were given, and the time of what is to be written.

    Raises:
        InputFileError: there is no register.
        ConfigurationError: a key cannot be read.
        UsageError: another time than now was given, and the register is no rehearsal.
    """
    from chatcert.register.register_folder import RegisterFolder
    from chatcert.register.role_signers import read_keys
    from chatcert.report.seal.keys import PASSPHRASE

    register = RegisterFolder.existing(parsed.register)
    if parsed.at is not None and not register.policy["rehearsal"]:
        raise UsageError("only a rehearsal can be dated", where="--at", hint="leave it out")
    keys = read_keys(parsed.key, os.environ.get(PASSPHRASE, "")) if hasattr(parsed, "key") else []
    return register, keys, parsed.at or datetime.now(UTC)


def report_missing(missing: Sequence[str], **result: Any) -> int:
    """Say whether what was written is published; return the exit status.

    Args:
        missing: the roles whose keys are missing to publish it.
        result: what was written.
    """
    from chatcert.register.stewardship import missing_roles

    give({**result, "published": not missing, "missing_keys_of": list(missing)})
    if text := missing_roles(missing):
        print(text)
    return 0


def init(parsed: argparse.Namespace) -> int:
    """Make a register; return the exit status."""
    from chatcert.register.stewardship import create_register, keys_in
    from chatcert.report.seal.keys import PASSPHRASE

    if parsed.at is not None and not parsed.rehearsal:
        raise UsageError("only a rehearsal can be dated", where="--at", hint="leave it out")
    try:
        keys = keys_in(parsed.keys, os.environ.get(PASSPHRASE, ""))
    except OSError as error:
        raise UsageError(
            error.strerror or "cannot be written to", where=f"--keys {parsed.keys}", hint="give another folder"
        ) from None
    create_register(
        parsed.register, keys, name=parsed.name, rehearsal=parsed.rehearsal, now=parsed.at or datetime.now(UTC)
    )
    give({"register": parsed.register, "keys": parsed.keys, "rehearsal": parsed.rehearsal})
    kind = "rehearsal of a register" if parsed.rehearsal else "register"
    print(f"{kind} in {parsed.register}, keys in {parsed.keys}")
    print(f"give readers {parsed.register / 'metadata' / '1.root.json'} by another channel: verify --root takes it")
    print("move the root keys offline, each to another person; they sign again when a key or the root changes")
    return 0


def enrol_party(parsed: argparse.Namespace) -> int:
    """Add a party or a key of one; return the exit status."""
    from chatcert.register.parties import party_named
    from chatcert.register.stewardship import enrol
    from chatcert.report.seal.keys import read_public_key

    register, keys, now = opened(parsed)
    party = party_named(parsed.role, parsed.name)
    missing = enrol(register, party, [read_public_key(path) for path in parsed.pub], keys, now)
    print(f"enrolled: {party.folder}")
    return report_missing(missing, party=party.folder)


def revoke_party_key(parsed: argparse.Namespace) -> int:
    """Let keys of parties not count any more; return the exit status."""
    from chatcert.register.stewardship import revoke_key
    from chatcert.report.seal.keys import read_public_key

    register, keys, now = opened(parsed)
    missing: list[str] = []
    for path in parsed.pub:
        key = read_public_key(path)
        missing = revoke_key(register, key, parsed.since, parsed.text, keys, now)
        print(f"revoked since {parsed.since}: {key.fingerprint}")
    return report_missing(missing, since=parsed.since, keys=[read_public_key(path).fingerprint for path in parsed.pub])


def rotate_keys(parsed: argparse.Namespace) -> int:
    """Replace keys of a role; return the exit status."""
    from chatcert.register.role_metadata import TOP_ROLES
    from chatcert.register.stewardship import rotate
    from chatcert.report.seal.keys import read_public_key

    register, keys, now = opened(parsed)
    if parsed.role not in TOP_ROLES:
        return _sign_list(parsed, register, keys, now)
    added, removed = ([read_public_key(path) for path in paths] for paths in (parsed.add, parsed.remove))
    missing = rotate(register, parsed.role, added, removed, keys, now)
    print(f"{parsed.role}: {len(added)} added, {len(removed)} removed" if added or removed else "signed again")
    return report_missing(missing, role=parsed.role, added=len(added), removed=len(removed))


def _sign_list(parsed: argparse.Namespace, register: RegisterFolder, keys: Sequence[SigningKey], now: datetime) -> int:
    from chatcert.register.parties import Party
    from chatcert.register.stewardship import sign_list

    try:
        folder = Party.of_folder(parsed.role).folder
    except ValueError:
        hint = "give root, targets, snapshot, timestamp, registrar, vendor-NAME, auditor-NAME or challenger-NAME"
        raise UsageError(f"unknown role {parsed.role[:80]!r}", where="ROLE", hint=hint) from None
    if parsed.add or parsed.remove:
        hint = "register enrol adds a key of a party, register revoke-key takes one away"
        raise UsageError("a party has no keys of the root", where="--add, --remove", hint=hint)
    sign_list(register, folder, keys, now)
    missing = register.publish(keys, now)
    print(f"{folder}: its list is signed again")
    return report_missing(missing, role=folder)


def approve(parsed: argparse.Namespace) -> int:
    """Approve an overlay; return the exit status."""
    from chatcert.register.parties import party_named
    from chatcert.register.stewardship import approve_overlay

    if not re.fullmatch(r"sha256:[0-9a-f]{64}", parsed.digest):
        raise UsageError(f"invalid digest {parsed.digest[:80]!r}", where="--digest", hint="copy it from report.json")
    register, keys, now = opened(parsed)
    vendor = party_named("vendor", parsed.name).name
    missing = approve_overlay(register, {"vendor": vendor, "digest": parsed.digest, "reason": parsed.text}, keys, now)
    print(f"approved for {vendor}: {parsed.digest}")
    return report_missing(missing, vendor=vendor, digest=parsed.digest)


def trust_time(parsed: argparse.Namespace) -> int:
    """Trust a time-stamp service; return the exit status.

    Raises:
        InputFileError: the file cannot be read, or holds no certificate.
    """
    from chatcert.exceptions import InputFileError
    from chatcert.files import MEBIBYTE, read_bounded
    from chatcert.register.stewardship import trust_time_stamps

    register, keys, now = opened(parsed)
    try:
        data = read_bounded(parsed.certificate, MEBIBYTE)
    except OSError as error:
        raise InputFileError(
            error.strerror or "cannot be read", where=str(parsed.certificate), hint="give a PEM file"
        ) from None
    missing = trust_time_stamps(register, data, keys, now)
    print(f"trusted for time-stamps: {parsed.certificate}")
    return report_missing(missing, certificate=parsed.certificate)


def refresh_register(parsed: argparse.Namespace) -> int:
    """Sign snapshot and timestamp again; return the exit status.

    Raises:
        ConfigurationError: their keys are missing.
    """
    from chatcert.exceptions import ConfigurationError
    from chatcert.register.stewardship import refresh

    register, keys, now = opened(parsed)
    if missing := refresh(register, keys, now):
        raise ConfigurationError(
            f"no key of {' and '.join(missing)} among those given", where="--key", hint="give the keys of both roles"
        )
    print("snapshot and timestamp are signed")
    return report_missing((), roles=["snapshot", "timestamp"])
