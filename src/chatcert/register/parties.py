"""Who takes part in a register: the registrar, vendors, auditors and challengers, their keys and their files."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final, Self

from chatcert.exceptions import UsageError
from chatcert.register.record_rows import PartyKeyRow, PolicyRow, RecordType
from chatcert.register.records import CATALOGUE
from chatcert.report.seal.keyring import Keyring, KnownKey, SignerRole
from chatcert.report.seal.keys import PublicKey
from chatcert.vendors import is_vendor_name

WRITES: Final[dict[SignerRole, frozenset[str]]] = {
    SignerRole.REGISTRAR: frozenset({RecordType.ADMISSION, RecordType.RULING, RecordType.REVOCATION}),
    SignerRole.VENDOR: frozenset({RecordType.CERTIFICATE, RecordType.REPLY, CATALOGUE}),
    SignerRole.AUDITOR: frozenset({RecordType.COUNTERSIGNATURE, RecordType.CHALLENGE}),
    SignerRole.CHALLENGER: frozenset({RecordType.CHALLENGE}),
}
"""What each role may write."""

_FILE: Final = re.compile(r"([a-z]+(?:-[a-z0-9-]+)?)/([a-z0-9-]+)\.([a-z]+)\.json")


@dataclass(frozen=True, slots=True)
class Party:
    """A participant. There is one registrar; all others have names."""

    role: SignerRole
    name: str

    @property
    def folder(self) -> str:
        """Return the name of its TUF role, and of the folder with its records."""
        return self.role.value if self.role is SignerRole.REGISTRAR else f"{self.role}-{self.name}"

    def path(self, record: str, kind: str) -> str:
        """Return the path of one of its records below ``targets/``."""
        return f"{self.folder}/{record}.{kind}.json"

    @classmethod
    def of_folder(cls, folder: str) -> Self:
        """Return the party of a folder.

        Raises:
            ValueError: no party has such a folder.
        """
        role, _, name = folder.partition("-")
        if role == SignerRole.REGISTRAR and not name:
            return cls(SignerRole.REGISTRAR, SignerRole.REGISTRAR)
        if role not in [*SignerRole] or role == SignerRole.REGISTRAR or not is_vendor_name(name):
            raise ValueError(f"no party has the folder {folder[:80]!r}")
        return cls(SignerRole(role), name)


REGISTRAR: Final = Party(SignerRole.REGISTRAR, SignerRole.REGISTRAR)


def party_named(role: str, name: str) -> Party:
    """Return a party by role and name.

    Raises:
        UsageError: the name is not one that a folder can have.
    """
    if role == SignerRole.REGISTRAR:
        return REGISTRAR
    if not is_vendor_name(name):
        raise UsageError(
            f"invalid name {name[:80]!r}", where=role, hint="use lower-case letters, digits and single hyphens"
        )
    return Party(SignerRole(role), name)


def split_path(path: str) -> tuple[Party, str, str]:
    """Return the party of a record, its name and its kind.

    Raises:
        ValueError: it is no path of a record.
    """
    found = _FILE.fullmatch(path)
    if found is None:
        raise ValueError(f"{path[:120]!r} is no name of a record")
    return Party.of_folder(found[1]), found[2], found[3]


def known_keys(policy: PolicyRow) -> dict[Party, list[KnownKey]]:
    """Return the keys of each party, in the order in which they were enrolled.

    Raises:
        ValueError: one of them is no key.
    """
    found: dict[Party, list[KnownKey]] = {}
    for row in policy["keys"]:
        role = SignerRole(row["role"])
        party = REGISTRAR if role is SignerRole.REGISTRAR else Party(role, row["name"])
        revoked = date.fromisoformat(row["revoked"]) if row["revoked"] is not None else None
        key = PublicKey.from_der(base64.b64decode(row["publicKey"], validate=True))
        found.setdefault(party, []).append(KnownKey(key, row["name"], role, revoked))
    return found


def keyring_of(policy: PolicyRow) -> Keyring:
    """Return all keys of a register, with the time-stamp services that it trusts."""
    keys = tuple(known for keys in known_keys(policy).values() for known in keys)
    return Keyring(keys, tuple(root.encode("ascii") for root in policy["time_stamp_roots"]))


def key_row(party: Party, key: PublicKey, since: str) -> PartyKeyRow:
    """Return a new key of a party as ``register.json`` holds it."""
    encoded = base64.b64encode(key.der).decode("ascii")
    return {
        "role": party.role.value,
        "name": party.name,
        "publicKey": encoded,
        "since": since,
        "revoked": None,
        "reason": "",
    }


def valid_keys(keys: Iterable[KnownKey]) -> list[PublicKey]:
    """Return the keys that are not revoked."""
    return [known.key for known in keys if known.revoked is None]
