"""What a reader may believe of a register: its files as the client of python-tuf verifies them.

The client does everything that TUF prescribes: the chain of roots, thresholds of signatures, expiry, and, with the
state of an earlier visit, that nothing was rolled back or taken out. It reads the folder through a fetcher, and checks
expiry at any time that a reader asks about.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from tuf.api.exceptions import DownloadError, DownloadHTTPError, RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, TargetFile, Targets
from tuf.ngclient import FetcherInterface, Updater, UpdaterConfig

from chatcert.files import read_bounded
from chatcert.register.register_folder import FILES, MAX_METADATA, METADATA, POLICY
from chatcert.register.role_metadata import ROOT, SNAPSHOT, TARGETS, TIMESTAMP

_BASE: Final = "register:///"
_CONFIGURATION: Final = UpdaterConfig(
    snapshot_max_length=MAX_METADATA, targets_max_length=MAX_METADATA, prefix_targets_with_hash=False
)


class UntrustedError(Exception):
    """The register cannot be believed; the text says why."""


@dataclass(frozen=True, slots=True)
class TrustedView:
    """What the roles list, once all their signatures, versions and dates are verified.

    Attributes:
        root: the newest root.
        roles: the metadata of the role ``targets`` and of each party that has signed something.
        files: what is listed, by path below ``targets/``.
        lost: paths that an earlier visit had seen listed, and that are not, or have another content.
    """

    root: Root
    roles: Mapping[str, Targets]
    files: Mapping[str, TargetFile]
    lost: tuple[str, ...]


class FolderFetcher(FetcherInterface):
    """Serves the files of a folder to the client of python-tuf."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        name = url.removeprefix(_BASE)
        path = self._folder / name
        if ".." in name.split("/") or not path.is_file():
            raise DownloadHTTPError(f"{path.name} is missing", 404)
        return iter([read_bounded(path, MAX_METADATA)])


def trusted_view(folder: Path, root: bytes, at: datetime, state: Path) -> TrustedView:
    """Verify the metadata of a register.

    Args:
        folder: the register.
        root: the root metadata that the reader trusts.
        at: the time at which metadata must not have expired.
        state: a folder that keeps what was verified, for the next visit; it may be empty.

    Raises:
        UntrustedError: they cannot be believed.
    """
    before = _listed(state)
    try:
        updater = Updater(
            str(state),
            f"{_BASE}{METADATA}/",
            target_base_url=f"{_BASE}{FILES}/",
            fetcher=FolderFetcher(folder),
            config=_CONFIGURATION,
            bootstrap=root,
        )
        # The client has no parameter for the time; its own tests set this attribute of the set of trusted metadata.
        updater._trusted_set.reference_time = at  # noqa: SLF001
        updater.refresh()
        snapshot = Metadata[Snapshot].from_bytes(read_bounded(state / "snapshot.json", MAX_METADATA)).signed
        _check_digests(snapshot)
        parties = sorted(name.removesuffix(".json") for name in snapshot.meta if name != f"{TARGETS}.json")
        top = _role(state, TARGETS)
        delegated = dict(top.delegations.roles or {}) if top.delegations is not None else {}
        if strange := [name for name in parties if name not in delegated]:
            raise UntrustedError(f"the snapshot lists {strange[0]}, which nobody has enrolled")
        for party in parties:  # looking for any of its files makes the client verify its role
            updater.get_targetinfo(f"{party}/-")
        roles = {TARGETS: top, **{party: _role(state, party) for party in parties}}
        for role, listed in roles.items():
            check_listed(role, listed)
        for role in (TIMESTAMP, SNAPSHOT, *roles):
            _check_copy(folder, state, role)
    except (DownloadError, RepositoryError, OSError, ValueError) as error:
        raise UntrustedError(f"{type(error).__name__}: {' '.join(str(error).split())}") from None
    newest = Metadata[Root].from_bytes(read_bounded(state / f"{ROOT}.json", MAX_METADATA)).signed
    files = {path: file for role in roles.values() for path, file in role.targets.items()}
    lost = sorted(path for path, digest in before.items() if path != POLICY and _digest(files.get(path)) != digest)
    return TrustedView(newest, roles, files, tuple(lost))


def _check_digests(snapshot: Snapshot) -> None:
    """Check that a snapshot pins the bytes of each role, not its version alone, which is all that TUF demands.

    Raises:
        ValueError: it does not.
    """
    for name, meta in snapshot.meta.items():
        if meta.length is None or set(meta.hashes or {}) != {"sha256"}:
            raise ValueError(f"the snapshot does not have length and digest of {name}")


def _check_copy(folder: Path, state: Path, role: str) -> None:
    """Check that the register holds what was verified: of what it has seen before, the client reads its own copy.

    Raises:
        ValueError: it holds something else.
        OSError: the file is missing.
    """
    name = f"{role}.json"
    if read_bounded(folder / METADATA / name, MAX_METADATA) != read_bounded(state / name, MAX_METADATA):
        raise ValueError(f"{METADATA}/{name} is not what was verified before under the same version")


def check_listed(role: str, listed: Targets) -> None:
    """Check that a role lists files below its own folder alone, and that no party delegates.

    The client only ignores all other files, and follows delegations.

    Raises:
        ValueError: it does not.
    """
    if role != TARGETS and listed.delegations is not None:
        raise ValueError(f"{role} delegates, which no party may")
    for path in listed.targets:
        if not (path == POLICY if role == TARGETS else path.startswith(f"{role}/") and path.count("/") == 1):
            raise ValueError(f"{role} lists {path[:120]}, which is not in its folder")


def _role(state: Path, role: str) -> Targets:
    return Metadata[Targets].from_bytes(read_bounded(state / f"{role}.json", MAX_METADATA)).signed


def _listed(state: Path) -> dict[str, str]:
    """Return the digests of all files that the state of an earlier visit lists, by path."""
    found = {}
    for path in state.glob("*.json"):
        try:
            value = json.loads(path.read_bytes())
            rows = value["signed"].get("targets", {})
            found.update({name: str(row["hashes"]["sha256"]) for name, row in rows.items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _digest(file: TargetFile | None) -> str:
    return file.hashes.get("sha256", "") if file is not None else ""
