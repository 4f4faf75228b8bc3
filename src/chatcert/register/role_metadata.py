"""TUF metadata of a register: make, sign, write and read the files of roles, each in one canonical form."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from securesystemslib.exceptions import StorageError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization import DeserializationError, SerializationError
from tuf.api.serialization.json import JSONSerializer

from chatcert.exceptions import ConfigurationError
from chatcert.register.role_signers import signers_for
from chatcert.report.seal.keys import SigningKey

T = TypeVar("T", Root, Snapshot, Targets, Timestamp)

ROOT: Final = "root"
TARGETS: Final = "targets"
SNAPSHOT: Final = "snapshot"
TIMESTAMP: Final = "timestamp"
TOP_ROLES: Final = (ROOT, TARGETS, SNAPSHOT, TIMESTAMP)

DAYS: Final = {ROOT: 365, TARGETS: 365, SNAPSHOT: 30, TIMESTAMP: 7}
PARTY_DAYS: Final = 30 * 365
"""For how many days the metadata of a role are valid after they were signed.

A party signs when it has something, perhaps never again: the end of its metadata would be that of the whole register.
The snapshot, which pins every byte of them, keeps them fresh.
"""

_WRITER: Final = JSONSerializer(compact=True)


def expiry(role: str, now: datetime) -> datetime:
    """Return until when metadata of a role that are signed now are valid, to the second."""
    return now.replace(microsecond=0) + timedelta(days=DAYS.get(role, PARTY_DAYS))


def signed_bytes(
    metadata: Metadata[Any], role: str, keyids: Iterable[str], threshold: int, keys: Sequence[SigningKey]
) -> bytes:
    """Sign metadata with all keys given that the role has, and return them in the canonical form.

    Raises:
        ConfigurationError: fewer keys than the role needs.
    """
    metadata.signatures.clear()
    add_signatures(metadata, keyids, keys)
    if len(metadata.signatures) < threshold:
        raise ConfigurationError(
            f"{len(metadata.signatures)} of the {threshold} keys that {role} needs",
            where="--key",
            hint=f"give the private keys of {role}, or a folder with them",
        )
    return canonical_bytes(metadata)


def add_signatures(metadata: Metadata[Any], keyids: Iterable[str], keys: Sequence[SigningKey]) -> None:
    """Add a signature by each of the keys that is one of the key ids."""
    for signer in signers_for(keyids, keys):
        metadata.sign(signer, append=True)


def canonical_bytes(metadata: Metadata[Any]) -> bytes:
    """Return metadata in the one form that a register holds: compact, members and signatures sorted."""
    ordered = dict(sorted(metadata.signatures.items()))
    metadata.signatures.clear()
    metadata.signatures.update(ordered)
    return metadata.to_bytes(_WRITER)


def parse_metadata(data: bytes, kind: type[T]) -> Metadata[T]:
    """Parse metadata of one kind of role.

    Raises:
        ValueError: they are not, or not in the canonical form.
    """
    try:
        metadata: Metadata[T] = Metadata.from_bytes(data)
        form = canonical_bytes(metadata)
    except (DeserializationError, SerializationError, RepositoryError, StorageError, RecursionError):
        raise ValueError("it is no TUF metadata") from None
    if metadata.signed.type != kind.type:
        raise ValueError(f"it is no metadata of the kind {kind.type}")
    if form != data:
        raise ValueError("it is not in the canonical form")
    return metadata


def stray_signature(metadata: Metadata[Any], keys: dict[str, Any], keyids: Iterable[str]) -> str:
    """Return what is wrong with the signatures, each of which must be valid and by a key of the role; empty if nothing.

    TUF is content with a threshold of valid signatures, and ignores all others.

    Args:
        keys: the keys by id of whoever delegates to the role.
        keyids: the keys that the role has.
    """
    allowed = set(keyids)
    for keyid, signature in metadata.signatures.items():
        if keyid not in allowed:
            return f"signed by the key {keyid[:16]}, which the role does not have"
        try:
            keys[keyid].verify_signature(signature, metadata.signed_bytes)
        except Exception:  # noqa: BLE001  of the library: whatever it is, the signature is not confirmed
            return f"the signature by the key {keyid[:16]} is not valid"
        if signature.signature != signature.signature.lower():
            return f"the signature by the key {keyid[:16]} is not in the canonical form"
    return ""
