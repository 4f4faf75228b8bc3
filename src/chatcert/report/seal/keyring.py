"""A list of known keys: whose they are, in which role they sign, and from when on they are revoked.

The file is TOML; paths are relative to it::

    [[key]]
    name = "Acme release team"
    role = "vendor"              # vendor, auditor, registrar or challenger
    file = "acme.pub"
    revoked = 2026-10-01         # only if it is; what it signed from that day on does not count

    [[time_stamp]]
    file = "tsa-root.pem"        # a root certificate of a trusted time-stamp service
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded, read_toml
from chatcert.report.seal.envelope import Signature
from chatcert.report.seal.keys import PublicKey, read_public_key
from chatcert.report.seal.time_stamp import stamped_time
from chatcert.text import one_line

MAX_BYTES: Final = 1024 * 1024
_HINT: Final = "give a TOML file with [[key]] tables: name, role, file, and revoked if it is"


class SignerRole(StrEnum):
    """The roles in which somebody signs."""

    VENDOR = "vendor"
    AUDITOR = "auditor"
    REGISTRAR = "registrar"
    CHALLENGER = "challenger"


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key whose owner is known.

    Attributes:
        revoked: the day from which on its signatures do not count.
    """

    key: PublicKey
    name: str
    role: SignerRole
    revoked: date | None = None

    @property
    def title(self) -> str:
        """Return name and role in words."""
        return f"{self.name} ({self.role})"


@dataclass(frozen=True, slots=True)
class Keyring:
    """Known keys, and the root certificates (PEM) of trusted time-stamp services."""

    keys: tuple[KnownKey, ...] = ()
    time_stamp_roots: tuple[bytes, ...] = ()

    def find(self, key: PublicKey) -> KnownKey | None:
        """Return what is known of a key."""
        return next((known for known in self.keys if known.key == key), None)

    def objection(self, signature: Signature) -> str:
        """Return why a valid signature does not count; empty if it does.

        What a revoked key signed counts only where a trusted time-stamp says that it was signed before.
        """
        known = self.find(signature.key)
        if known is None:
            return f"{signature.key.fingerprint} is not one of the keys given"
        stamped = None
        if signature.time_stamp and self.time_stamp_roots:
            try:
                stamped = stamped_time(signature.time_stamp, signature.value, self.time_stamp_roots)
            except ValueError as error:
                return f"the time-stamp of {known.title} is not valid: {error}"
        if known.revoked is None or (stamped is not None and stamped.date() < known.revoked):
            return ""
        return f"the key of {known.title} is revoked since {known.revoked}, and no time-stamp is older"


def read_keyring(path: Path) -> Keyring:
    """Read a list of known keys.

    Raises:
        ConfigurationError: it cannot be read, or is not TOML.
        InputFileError: an entry is invalid; the line says which.
    """
    data = read_toml(path, MAX_BYTES, hint=_HINT)
    unknown = sorted(set(data) - {"key", "time_stamp"})
    if unknown:
        raise InputFileError(f"unknown table {unknown[0]!r}", where=str(path), hint=_HINT)
    keys = tuple(_known_key(row, path, number) for number, row in enumerate(_tables(data, "key", path), 1))
    roots = tuple(_root(row, path) for row in _tables(data, "time_stamp", path))
    if not keys:
        raise InputFileError("no key in it", where=str(path), hint=_HINT)
    return Keyring(keys, roots)


def _tables(data: dict[str, Any], name: str, path: Path) -> Sequence[Any]:
    rows = data.get(name, [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise InputFileError(f"{name} is not a list of tables", where=str(path), hint=_HINT)
    return rows


def _known_key(row: Any, path: Path, number: int) -> KnownKey:
    where = f"{path}: key {number}"
    extra = sorted(set(row) - {"name", "role", "file", "revoked"})
    missing = [name for name in ("name", "role", "file") if not isinstance(row.get(name), str) or not row[name]]
    if extra or missing:
        what = f"unknown {extra[0]!r}" if extra else f"{missing[0]} is missing or not a text"
        raise InputFileError(what, where=where, hint=_HINT)
    if row["role"] not in [*SignerRole]:
        raise InputFileError(f"{row['role']!r} is no role", where=where, hint=f"known: {', '.join(SignerRole)}")
    revoked = row.get("revoked")
    if revoked is not None and type(revoked) is not date:
        raise InputFileError("revoked is not a day", where=where, hint="write revoked = 2026-10-01")
    return KnownKey(read_public_key(path.parent / row["file"]), one_line(row["name"]), SignerRole(row["role"]), revoked)


def _root(row: Any, path: Path) -> bytes:
    name = row.get("file")
    if not isinstance(name, str):
        raise InputFileError("time_stamp: file is missing", where=str(path), hint=_HINT)
    try:
        return read_bounded(path.parent / name, MAX_BYTES)
    except OSError as error:
        where = str(path.parent / name)
        raise InputFileError(error.strerror or "cannot be read", where=where, hint="give a PEM certificate") from None
