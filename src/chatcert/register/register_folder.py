"""A register as a folder: ``metadata/`` with the TUF roles, ``targets/`` with the policy and all records.

What is to be written is collected first, then signed, then put in place from the inside out: records, the roles that
list them, the snapshot, the timestamp. A reader therefore never meets metadata whose files are not there yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, TargetFile, Targets, Timestamp

from chatcert.exceptions import InputFileError, UsageError
from chatcert.files import read_bounded, write_whole
from chatcert.register.parties import Party
from chatcert.register.record_rows import PolicyRow
from chatcert.register.records import MAX_BYTES, read_policy
from chatcert.register.role_metadata import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TOP_ROLES,
    T,
    expiry,
    parse_metadata,
    signed_bytes,
)
from chatcert.report.seal.keys import PublicKey, SigningKey

METADATA: Final = "metadata"
FILES: Final = "targets"
POLICY: Final = "register.json"
MAX_METADATA: Final = 32 * 1024 * 1024


class RegisterFolder:
    """Read and write the files of a register. Nothing of it is verified here: ``trusted_view`` does that.

    Args:
        path: the folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._staged: dict[str, bytes] = {}

    @classmethod
    def existing(cls, path: Path) -> Self:
        """Return the register at a path.

        Raises:
            InputFileError: there is none.
        """
        if not (path / METADATA / f"{TIMESTAMP}.json").is_file() and not (path / METADATA / "1.root.json").is_file():
            raise InputFileError("no register there", where=str(path), hint="give a folder that register init made")
        return cls(path)

    @property
    def policy(self) -> PolicyRow:
        """Return what the register is, and whose keys it knows.

        Raises:
            InputFileError: the file is missing or damaged.
        """
        try:
            return read_policy(self._staged.get(POLICY) or read_bounded(self.path / FILES / POLICY, MAX_BYTES))
        except (OSError, ValueError) as error:
            raise self._damaged(self.path / FILES / POLICY, error) from None

    def role_path(self, role: str) -> Path:
        """Return the file of a role; of the root that of its newest version."""
        if role != ROOT:
            return self.path / METADATA / f"{role}.json"
        versions = [int(path.name.partition(".")[0]) for path in (self.path / METADATA).glob("[1-9]*.root.json")]
        return self.path / METADATA / f"{max(versions, default=1)}.root.json"

    def role(self, role: str, kind: type[T]) -> Metadata[T]:
        """Return the metadata of a role.

        Raises:
            InputFileError: the file is missing or damaged.
        """
        path = self.role_path(role)
        try:
            return parse_metadata(read_bounded(path, MAX_METADATA), kind)
        except (OSError, ValueError) as error:
            raise self._damaged(path, error) from None

    def party_roles(self) -> list[str]:
        """Return the roles of parties that have signed something."""
        names = {path.name.removesuffix(".json") for path in (self.path / METADATA).glob("*.json")}
        return sorted(name for name in names if name not in TOP_ROLES and not name.endswith(f".{ROOT}"))

    def record(self, path: str) -> bytes | None:
        """Return a file below ``targets/``, staged or written; ``None`` if there is none."""
        if path in self._staged:
            return self._staged[path]
        try:
            return read_bounded(self.path / FILES / path, MAX_BYTES)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._damaged(self.path / FILES / path, error) from None

    def is_signed_by(self, role: str, key: PublicKey) -> bool:
        """Return whether the list of a party's records has a signature by a key; not if it has signed nothing."""
        from chatcert.register.role_signers import tuf_key

        return self.role_path(role).is_file() and tuf_key(key).keyid in self.role(role, Targets).signatures

    def records(self, party: Party) -> list[str]:
        """Return the paths of all records of a party, sorted."""
        if not self.role_path(party.folder).is_file():
            return []
        return sorted(self.role(party.folder, Targets).signed.targets)

    def stage(self, path: str, data: bytes) -> None:
        """Keep a file for ``commit``.

        Raises:
            UsageError: another file has that path already.
        """
        if path != POLICY and self.record(path) not in (None, data):
            raise UsageError(
                "the register has a record of that name already",
                where=path,
                hint="a record is never changed: make another one",
            )
        self._staged[path] = data

    def commit(self, keys: Sequence[SigningKey], now: datetime) -> list[str]:
        """Sign and write what was staged; return the roles of the register itself whose keys were not given.

        Without the keys of snapshot and timestamp the new records are pending: ``refresh`` takes them in.

        Raises:
            ConfigurationError: the keys of a party whose records were staged are missing.
        """
        written: dict[str, bytes] = {}
        top = self.role(TARGETS, Targets)
        if POLICY in self._staged:
            top.signed.targets[POLICY] = TargetFile.from_data(POLICY, self._staged[POLICY], ["sha256"])
            written[TARGETS] = self.sign_targets(top, keys, now)
        for folder in sorted({path.partition("/")[0] for path in self._staged if "/" in path}):
            written[folder] = self._sign_party(folder, top.signed, keys, now)
        for path, data in self._staged.items():
            self.write(self.path / FILES / path, data)
        for role, data in written.items():
            self.write(self.role_path(role), data)
        self._staged.clear()
        return self.publish(keys, now)

    def sign_targets(self, top: Metadata[Targets], keys: Sequence[SigningKey], now: datetime) -> bytes:
        """Sign the next version of the role that lists the policy and all parties."""
        if self.role_path(TARGETS).is_file():
            top.signed.version += 1
        top.signed.expires = expiry(TARGETS, now)
        role = self.role(ROOT, Root).signed.roles[TARGETS]
        return signed_bytes(top, TARGETS, role.keyids, role.threshold, keys)

    def _sign_party(self, folder: str, top: Targets, keys: Sequence[SigningKey], now: datetime) -> bytes:
        delegations = top.delegations
        role = delegations.roles.get(folder) if delegations is not None and delegations.roles is not None else None
        if role is None:
            raise UsageError(f"the register does not know {folder}", where="--key", hint="register enrol adds a party")
        metadata = self._next(folder, Targets)
        for path, data in self._staged.items():
            if path.startswith(f"{folder}/"):
                metadata.signed.targets[path] = TargetFile.from_data(path, data, ["sha256"])
        metadata.signed.expires = expiry(folder, now)
        return signed_bytes(metadata, folder, role.keyids, role.threshold, keys)

    def publish(self, keys: Sequence[SigningKey], now: datetime) -> list[str]:
        """Sign snapshot and timestamp over the files of all roles; return which of the two lack their keys."""
        from chatcert.register.role_signers import signers_for

        root = self.role(ROOT, Root).signed
        missing = [
            name
            for name in (SNAPSHOT, TIMESTAMP)
            if len(signers_for(root.roles[name].keyids, keys)) < root.roles[name].threshold
        ]
        if missing:
            return missing
        snapshot = self._next(SNAPSHOT, Snapshot)
        snapshot.signed.meta = {f"{role}.json": self._meta_file(role) for role in (TARGETS, *self.party_roles())}
        snapshot.signed.expires = expiry(SNAPSHOT, now)
        data = signed_bytes(snapshot, SNAPSHOT, root.roles[SNAPSHOT].keyids, root.roles[SNAPSHOT].threshold, keys)
        timestamp = self._next(TIMESTAMP, Timestamp)
        timestamp.signed.snapshot_meta = MetaFile.from_data(snapshot.signed.version, data, ["sha256"])
        timestamp.signed.expires = expiry(TIMESTAMP, now)
        role = root.roles[TIMESTAMP]
        stamp = signed_bytes(timestamp, TIMESTAMP, role.keyids, role.threshold, keys)
        self.write(self.role_path(SNAPSHOT), data)
        self.write(self.role_path(TIMESTAMP), stamp)
        return []

    def _next(self, role: str, kind: type[T]) -> Metadata[T]:
        """Return the next version of the metadata of a role; the first one if it has signed nothing yet."""
        if not self.role_path(role).is_file():
            return Metadata(kind())
        metadata = self.role(role, kind)
        metadata.signed.version += 1
        return metadata

    def _meta_file(self, role: str) -> MetaFile:
        data = read_bounded(self.role_path(role), MAX_METADATA)
        return MetaFile.from_data(parse_metadata(data, Targets).signed.version, data, ["sha256"])

    @staticmethod
    def write(path: Path, data: bytes) -> None:
        """Write a file of the register, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, data)

    @staticmethod
    def _damaged(path: Path, error: Exception) -> InputFileError:
        reason = getattr(error, "strerror", None) or str(error)
        return InputFileError(reason, where=str(path), hint="register verify says what else is wrong")
