"""What the certifier does: make a register, enrol parties, revoke and replace keys, sign the timestamp again."""

from __future__ import annotations

import copy
import secrets
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import load_pem_x509_certificates
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, TargetFile, Targets

from chatcert.exceptions import InputFileError, UsageError
from chatcert.files import write_new
from chatcert.register.parties import REGISTRAR, Party, key_row, known_keys, valid_keys
from chatcert.register.pending import pending_problems
from chatcert.register.record_rows import OverlayRow, PolicyRow
from chatcert.register.records import plain_bytes
from chatcert.register.register_folder import FILES, METADATA, POLICY, RegisterFolder
from chatcert.register.role_metadata import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TOP_ROLES,
    add_signatures,
    canonical_bytes,
    expiry,
    signed_bytes,
)
from chatcert.register.role_signers import tuf_key
from chatcert.report.seal.keyring import KnownKey
from chatcert.report.seal.keys import PublicKey, SigningKey, new_key, read_signing_key
from chatcert.text import format_time

ROOT_KEYS: Final = 3
ROOT_THRESHOLD: Final = 2
SCHEMA: Final = "chatcert-register/1"


def keys_in(folder: Path, passphrase: str) -> dict[str, list[SigningKey]]:
    """Return the keys of a new register by role, from files in a folder; those that are missing are made.

    Raises:
        ConfigurationError: a file holds no key.
        OSError: the folder cannot be written to.
    """
    names = {role: [role] for role in (TARGETS, SNAPSHOT, TIMESTAMP, REGISTRAR.folder)}
    names[ROOT] = [f"{ROOT}-{number}" for number in range(1, ROOT_KEYS + 1)]
    folder.mkdir(parents=True, exist_ok=True)
    found: dict[str, list[SigningKey]] = {}
    for role, files in names.items():
        for name in files:
            path = folder / f"{name}.key"
            if not path.exists():
                key = new_key()
                write_new(path, key.pem(passphrase), mode=0o600)
                write_new(folder / f"{name}.key.pub", key.public.pem)
            found.setdefault(role, []).append(read_signing_key(path, passphrase, option="--keys"))
    return found


def create_register(
    path: Path, keys: dict[str, list[SigningKey]], *, name: str, rehearsal: bool, now: datetime
) -> RegisterFolder:
    """Make a register in a folder that does not exist, or is empty.

    Args:
        keys: the keys of each role, and of the registrar.
        rehearsal: whether it accepts runs against the mock and loopback, and says on every page that it is none.

    Raises:
        UsageError: the folder is not empty.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError("is not empty", where=str(path), hint="give a new folder")
    root = Root(consistent_snapshot=False, expires=expiry(ROOT, now))
    for role in TOP_ROLES:
        for key in keys[role]:
            root.add_key(tuf_key(key.public), role)
    root.roles[ROOT].threshold = min(ROOT_THRESHOLD, len(keys[ROOT]))
    everyone = [key for several in keys.values() for key in several]
    register = RegisterFolder(path)
    signed = signed_bytes(Metadata(root), ROOT, root.roles[ROOT].keyids, root.roles[ROOT].threshold, everyone)
    policy: PolicyRow = {
        "schema": SCHEMA,
        "id": secrets.token_hex(16),
        "name": name,
        "rehearsal": rehearsal,
        "created": format_time(now.timestamp()),
        "keys": [key_row(REGISTRAR, key.public, format_time(now.timestamp())) for key in keys[REGISTRAR.folder]],
        "overlays": [],
        "time_stamp_roots": [],
    }
    register.write(path / METADATA / "1.root.json", signed)
    top = Metadata(Targets(delegations=Delegations({}, {})))
    _sign_policy(register, top, policy, everyone, now)
    register.publish(everyone, now)
    return register


def enrol(
    register: RegisterFolder, party: Party, keys: Sequence[PublicKey], signing: Sequence[SigningKey], now: datetime
) -> list[str]:
    """Add a party, or further keys of one; return the roles whose keys are missing to publish it.

    Raises:
        UsageError: a key is known already.
        ConfigurationError: the key of the role ``targets`` is missing.
    """
    policy = copy.deepcopy(register.policy)
    enrolled = {known.key.fingerprint for several in known_keys(policy).values() for known in several}
    for key in keys:
        if key.fingerprint in enrolled:
            raise UsageError(f"{key.fingerprint} is enrolled already", where="--pub", hint="give another key")
        policy["keys"].append(key_row(party, key, format_time(now.timestamp())))
    return change_policy(register, policy, signing, now)


def revoke_key(
    register: RegisterFolder, key: PublicKey, since: date, reason: str, signing: Sequence[SigningKey], now: datetime
) -> list[str]:
    """Let a key of a party not count from a day on; return the roles whose keys are missing to publish that.

    The list of the party's records must not rest on the key any more: it is signed again if another key of the party is
    among those given.

    Raises:
        UsageError: no party has the key, or the party's list rests on it, and no other key of the party is given.
    """
    policy = copy.deepcopy(register.policy)
    parties = known_keys(policy)
    if not any(key.fingerprint in _fingerprints(several) for several in parties.values()):
        raise UsageError(
            f"no party has the key {key.fingerprint}", where="--pub", hint="targets/register.json lists the keys"
        )
    for row in policy["keys"]:
        if row["publicKey"] == key_row(REGISTRAR, key, "")["publicKey"]:
            row["revoked"], row["reason"] = since.isoformat(), reason
    folder = next(party.folder for party, several in parties.items() if key.fingerprint in _fingerprints(several))
    left = {one.fingerprint for one in valid_keys(known_keys(policy)[Party.of_folder(folder)])}
    others = [one for one in signing if one.public.fingerprint in left]
    rests_on_it = register.is_signed_by(folder, key)
    if left and rests_on_it and not others:
        raise UsageError(
            f"the records of {folder} are listed under this key",
            where="--pub",
            hint=f"let it sign them again with another one: register rotate {folder} --key NEW",
        )
    _sign_policy(register, register.role(TARGETS, Targets), policy, signing, now)
    if rests_on_it:
        sign_list(register, folder, others, now)
    return register.publish(signing, now)


def sign_list(register: RegisterFolder, folder: str, signing: Sequence[SigningKey], now: datetime) -> None:
    """Sign the list of a party's records again, by those of the keys alone that it has.

    Raises:
        UsageError: there is no such party, or it has signed nothing.
        ConfigurationError: none of the keys is one of the party's.
    """
    delegations = register.role(TARGETS, Targets).signed.delegations
    role = (delegations.roles or {}).get(folder) if delegations is not None else None
    if role is None or not register.role_path(folder).is_file():
        raise UsageError(f"{folder[:80]} has signed nothing", where="ROLE", hint="register enrol adds a party")
    metadata = register.role(folder, Targets)
    metadata.signed.version += 1
    metadata.signed.expires = expiry(folder, now)
    register.write(register.role_path(folder), signed_bytes(metadata, folder, role.keyids, role.threshold, signing))


def _fingerprints(known: Iterable[KnownKey]) -> set[str]:
    return {one.key.fingerprint for one in known}


def approve_overlay(
    register: RegisterFolder, overlay: OverlayRow, signing: Sequence[SigningKey], now: datetime
) -> list[str]:
    """Let reports rest on an overlay that is not bundled; return the roles whose keys are missing to publish that."""
    policy = copy.deepcopy(register.policy)
    policy["overlays"] = [*(row for row in policy["overlays"] if row["digest"] != overlay["digest"]), overlay]
    return change_policy(register, policy, signing, now)


def trust_time_stamps(register: RegisterFolder, root: bytes, signing: Sequence[SigningKey], now: datetime) -> list[str]:
    """Trust the time-stamp services below a root certificate; return the roles whose keys are missing to publish that.

    Args:
        root: the certificate, PEM.

    Raises:
        InputFileError: it holds no certificate.
    """
    try:
        certificates = load_pem_x509_certificates(root)
    except ValueError:
        raise InputFileError(
            "holds no certificate", where="PEM", hint="give the root certificate of the service"
        ) from None
    policy = copy.deepcopy(register.policy)
    texts = [certificate.public_bytes(Encoding.PEM).decode("ascii") for certificate in certificates]
    policy["time_stamp_roots"] = list(dict.fromkeys([*policy["time_stamp_roots"], *texts]))
    return change_policy(register, policy, signing, now)


def change_policy(
    register: RegisterFolder, policy: PolicyRow, signing: Sequence[SigningKey], now: datetime
) -> list[str]:
    """Sign another policy, and the delegations that follow from it."""
    _sign_policy(register, register.role(TARGETS, Targets), policy, signing, now)
    return register.publish(signing, now)


def _sign_policy(
    register: RegisterFolder, top: Metadata[Targets], policy: PolicyRow, signing: Sequence[SigningKey], now: datetime
) -> None:
    roles: dict[str, DelegatedRole] = {}
    keys = {}
    for party, known in known_keys(policy).items():
        valid = [tuf_key(key) for key in valid_keys(known)]
        if not valid:
            raise UsageError(f"{party.folder} would have no key", where="--pub", hint="enrol another key of it before")
        keys.update({key.keyid: key for key in valid})
        roles[party.folder] = DelegatedRole(
            party.folder, [key.keyid for key in valid], 1, terminating=True, paths=[f"{party.folder}/*"]
        )
    top.signed.delegations = Delegations(keys, roles)
    data = plain_bytes(policy)
    top.signed.targets[POLICY] = TargetFile.from_data(POLICY, data, ["sha256"])
    signed = register.sign_targets(top, signing, now)
    register.write(register.path / FILES / POLICY, data)
    register.write(register.role_path(TARGETS), signed)


def refresh(register: RegisterFolder, signing: Sequence[SigningKey], now: datetime) -> list[str]:
    """Sign snapshot and timestamp again, and take in what parties have signed; return the roles that lack their keys.

    Raises:
        InputFileError: something is not signed by its party, or is older than what was published.
    """
    if problems := pending_problems(register, now):
        raise InputFileError(problems[0], where=str(register.path), hint="take it out, and let the party sign again")
    return register.publish(signing, now)


def rotate(
    register: RegisterFolder,
    role: str,
    added: Sequence[PublicKey],
    removed: Sequence[PublicKey],
    signing: Sequence[SigningKey],
    now: datetime,
) -> list[str]:
    """Replace keys of a top-level role by signing the next root; return the roles that lack their keys.

    Without keys to add or remove, root and role are signed again before they expire. The new root is signed by enough
    keys of the old root and of the new one.

    Raises:
        ConfigurationError: too few keys of either.
        UsageError: the role would have fewer keys than it needs.
    """
    old = register.role(ROOT, Root).signed
    root = copy.deepcopy(old)
    for key in added:
        root.add_key(tuf_key(key), role)
    for key in removed:
        keyid = tuf_key(key).keyid
        if keyid not in root.roles[role].keyids:
            raise UsageError(f"{role} does not have {key.fingerprint}", where="--remove", hint="give one of its keys")
        root.revoke_key(keyid, role)
    if len(root.roles[role].keyids) < root.roles[role].threshold:
        raise UsageError(f"{role} would have too few keys", where="--remove", hint="add a key in the same call")
    root.version += 1
    root.expires = expiry(ROOT, now)
    metadata = Metadata(root)
    signed_bytes(metadata, "the former root", old.roles[ROOT].keyids, old.roles[ROOT].threshold, signing)
    signed_bytes(metadata, "the new root", root.roles[ROOT].keyids, root.roles[ROOT].threshold, signing)
    metadata.signatures.clear()
    add_signatures(metadata, {*old.roles[ROOT].keyids, *root.roles[ROOT].keyids}, signing)
    top = _signed_again(register, root, signing, now) if role == TARGETS else None
    register.write(register.path / METADATA / f"{root.version}.root.json", canonical_bytes(metadata))
    if top is not None:
        register.write(register.role_path(TARGETS), top)
    return register.publish(signing, now)


def _signed_again(register: RegisterFolder, root: Root, signing: Sequence[SigningKey], now: datetime) -> bytes:
    """Return the role ``targets`` as the keys that it has in a new root sign it."""
    top = register.role(TARGETS, Targets)
    top.signed.version += 1
    top.signed.expires = expiry(TARGETS, now)
    return signed_bytes(top, TARGETS, root.roles[TARGETS].keyids, root.roles[TARGETS].threshold, signing)


def missing_roles(missing: Sequence[str]) -> str:
    """Say that a register is not published yet; empty if it is."""
    if not missing:
        return ""
    return f"pending: register refresh publishes it, with the keys of {' and '.join(missing)}"
