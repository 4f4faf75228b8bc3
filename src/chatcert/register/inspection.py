"""Verify a register: its metadata, the one form of every file, every record, and what records say of each other."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets, Timestamp

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded, write_whole
from chatcert.register.entries import Entry
from chatcert.register.record_book import RecordBook
from chatcert.register.record_rows import PolicyRow
from chatcert.register.records import MAX_BYTES, digest_of_bytes, read_policy
from chatcert.register.register_folder import FILES, MAX_METADATA, METADATA, POLICY, RegisterFolder
from chatcert.register.role_metadata import (
    ROOT,
    SNAPSHOT,
    TARGETS,
    TIMESTAMP,
    TOP_ROLES,
    parse_metadata,
    stray_signature,
)
from chatcert.register.trusted_view import TrustedView, UntrustedError, trusted_view
from chatcert.report.seal.integrity import Remark, problem
from chatcert.text import count, one_line

UNPINNED: Final = "whose register it is was not checked: give --root with the root metadata that you trust"
DUE_DAYS: Final = 60
"""How many days before root and targets expire readers get a warning."""
UNPUBLISHED: Final = "not published: register refresh takes in what its party has signed"
KINDS: Final[dict[str, Any]] = {ROOT: Root, TARGETS: Targets, SNAPSHOT: Snapshot, TIMESTAMP: Timestamp}


@dataclass(frozen=True, slots=True)
class Inspection:
    """What a reader should know of a register, and what it holds.

    Attributes:
        entries: by id; empty if something is wrong.
        void: records that do not count because their key is revoked, one line each.
    """

    remarks: tuple[Remark, ...]
    policy: PolicyRow | None
    entries: Mapping[str, Entry]
    void: tuple[str, ...] = ()

    @property
    def problems(self) -> list[str]:
        """Return what is wrong, one line each."""
        return [remark.text for remark in self.remarks if remark.problem]


def inspect(folder: Path, at: datetime, *, root: Path | None = None, state: Path | None = None) -> Inspection:
    """Verify a register.

    Args:
        folder: the register.
        at: the time at which its metadata must not have expired.
        root: a file with the root metadata that the reader trusts; the first one of the register by default.
        state: the folder with the state of an earlier visit, against which nothing may be older; it is updated.

    Raises:
        InputFileError: there is no register, or a file cannot be read.
    """
    RegisterFolder.existing(folder)
    anchor = root if root is not None else folder / METADATA / f"1.{ROOT}.json"
    try:
        trusted = read_bounded(anchor, MAX_METADATA)
        with tempfile.TemporaryDirectory(prefix="chatcert-register-") as name:
            place = Path(name) / "state"
            if state is not None and state.exists():
                shutil.copytree(state, place, symlinks=True)
            place.mkdir(exist_ok=True)
            inspection = _inspected(folder, trusted, at, place, is_pinned=root is not None)
            if state is not None and not inspection.problems:
                _keep(place, state)
            return inspection
    except OSError as error:
        raise InputFileError(
            error.strerror or "cannot be read", where=str(error.filename or anchor), hint="make it readable"
        ) from None


def _keep(found: Path, state: Path) -> None:
    """Copy what was verified into the reader's folder, for the next visit."""
    for path in (path for path in found.rglob("*.json") if path.is_file()):
        kept = state / path.relative_to(found)
        kept.parent.mkdir(parents=True, exist_ok=True)
        write_whole(kept, path.read_bytes())


def _inspected(folder: Path, root: bytes, at: datetime, state: Path, *, is_pinned: bool) -> Inspection:
    remarks = [problem(text) for text in _forms(folder)]
    try:
        view = trusted_view(folder, root, at, state)
    except UntrustedError as error:
        waiting = [problem(text) for text in _unpublished(folder)]
        return Inspection((*remarks, *waiting, problem(one_line(str(error)))), None, {})
    remarks += [problem(f"{path}: an earlier visit saw it, and it is gone or changed") for path in view.lost]
    remarks += [problem(text) for text in _signatures(folder, view)]
    files: dict[str, bytes] = {}
    for path, listed in view.files.items():
        try:
            data = read_bounded(folder / FILES / path, MAX_BYTES)
            listed.verify_length_and_hashes(data)
            files[path] = data
        except OSError:
            remarks.append(problem(f"{one_line(path)}: missing"))
        except RepositoryError:
            remarks.append(problem(f"{one_line(path)}: changed since it was signed"))
    remarks += [problem(text) for text in _strangers(folder, view)]
    try:
        data = files.pop(POLICY, b"")
        policy = read_policy(data)
        book = RecordBook(files, policy)
    except ValueError as error:
        return Inspection((*remarks, problem(f"{POLICY}: {error}")), None, {})
    remarks += [problem(f"{POLICY}: {text}") for text in _rewritten(state / POLICY, policy)]
    write_whole(state / POLICY, data)
    remarks += [problem(one_line(text)) for text in book.problems]
    remarks += [Remark(one_line(text)) for text in book.void]
    remarks += [Remark(text) for text in _due(view, at)]
    if not is_pinned:
        remarks.append(Remark(UNPINNED))
    remarks.append(Remark(f"{count(len(book.entries), 'entry', 'entries')}, {count(len(files) + 1, 'file')} verified"))
    is_sound = not any(remark.problem for remark in remarks)
    remarks.append(Remark(_state_digest(state)))
    return Inspection(tuple(remarks), policy, book.entries if is_sound else {}, tuple(map(one_line, book.void)))


def _state_digest(state: Path) -> str:
    """Say how readers find out that a register is shown to each of them in another form."""
    data = read_bounded(state / f"{SNAPSHOT}.json", MAX_METADATA)
    version = Metadata[Snapshot].from_bytes(data).signed.version
    return f"snapshot {version}, {digest_of_bytes(data)}: readers of the same register see the same"


def _rewritten(seen: Path, policy: PolicyRow) -> Iterator[str]:
    """Name what an earlier visit saw in the policy and what nobody may take back: a key and its revocation."""
    try:
        before = read_policy(read_bounded(seen, MAX_BYTES))
    except (OSError, ValueError):
        return
    now = {(row["publicKey"], row["role"], row["name"]): row for row in policy["keys"]}
    for row in before["keys"]:
        title = f"{row['role']} {row['name']}"
        kept = now.get((row["publicKey"], row["role"], row["name"]))
        if kept is None:
            yield f"a key of {title}, which an earlier visit saw, is gone"
        elif row["revoked"] is not None and (kept["revoked"] is None or kept["revoked"] > row["revoked"]):
            yield f"the revocation of a key of {title} was taken back"
    if before["rehearsal"] is not policy["rehearsal"] or before["created"] != policy["created"]:
        yield "an earlier visit saw another register there"


def _due(view: TrustedView, at: datetime) -> Iterator[str]:
    """Say which roles that people sign with offline keys expire soon."""
    steps = {ROOT: f"register rotate {ROOT} signs it again", TARGETS: f"register rotate {TARGETS} signs it again"}
    ends = {ROOT: view.root.expires, **{role: listed.expires for role, listed in view.roles.items()}}
    for role, expires in ends.items():
        if expires - at < timedelta(days=DUE_DAYS):
            yield f"{role} expires on {expires.date()}: {steps.get(role, 'its next record signs it again')}"


def _unpublished(folder: Path) -> Iterator[str]:
    """Name the roles that are newer than the snapshot: the client only says that their length is another one."""
    try:
        listed = (
            Metadata[Snapshot].from_bytes(read_bounded(folder / METADATA / f"{SNAPSHOT}.json", MAX_METADATA)).signed
        )
        for name, meta in listed.meta.items():
            data = read_bounded(folder / METADATA / name, MAX_METADATA)
            if Metadata[Targets].from_bytes(data).signed.version > meta.version:
                yield f"{METADATA}/{name}: {UNPUBLISHED}"
    except (OSError, RepositoryError):
        return


def _forms(folder: Path) -> Iterator[str]:
    """Name the metadata that are not in the one form in which a register holds them."""
    for path in sorted((folder / METADATA).glob("*")):
        role = ROOT if path.name.endswith(f".{ROOT}.json") else path.name.removesuffix(".json")
        if not path.is_file() or not path.name.endswith(".json"):
            yield f"{METADATA}/{one_line(path.name)}: not a file of a register"
            continue
        try:
            parse_metadata(read_bounded(path, MAX_METADATA), KINDS.get(role, Targets))
        except ValueError as error:
            yield f"{METADATA}/{one_line(path.name)}: {error}"


def _signatures(folder: Path, view: TrustedView) -> Iterator[str]:
    """Name the metadata with a signature that is not valid or not by a key of the role: TUF only counts the others."""
    keys: dict[str, Any] = dict(view.root.keys)
    for role in (TARGETS, SNAPSHOT, TIMESTAMP):
        yield from _stray(folder / METADATA / f"{role}.json", keys, view.root.roles[role].keyids)
    delegations = view.roles[TARGETS].delegations
    for party in view.roles:
        if party != TARGETS and delegations is not None and delegations.roles is not None:
            path = folder / METADATA / f"{party}.json"
            yield from _stray(path, delegations.keys, delegations.roles[party].keyids)
    former: Root | None = None
    for version in range(1, view.root.version + 1):
        path = folder / METADATA / f"{version}.{ROOT}.json"
        try:
            root: Root = Metadata[Root].from_bytes(read_bounded(path, MAX_METADATA)).signed
        except (OSError, RepositoryError):
            former = None
            continue
        older = former if former is not None else root
        yield from _stray(path, {**older.keys, **root.keys}, {*older.roles[ROOT].keyids, *root.roles[ROOT].keyids})
        former = root


def _stray(path: Path, keys: dict[str, Any], keyids: Any) -> Iterator[str]:
    try:
        what = stray_signature(Metadata.from_bytes(read_bounded(path, MAX_METADATA)), keys, keyids)
    except RepositoryError:
        return  # the form says so
    if what:
        yield f"{METADATA}/{path.name}: {what}"


def _strangers(folder: Path, view: TrustedView) -> Iterator[str]:
    """Name the files that nobody has signed."""
    known = {f"{role}.json" for role in (*TOP_ROLES[1:], *view.roles)}
    known |= {f"{version}.{ROOT}.json" for version in range(1, view.root.version + 1)}
    delegations = view.roles[TARGETS].delegations
    parties = set(delegations.roles or {}) if delegations is not None else set()
    for path in sorted((folder / METADATA).glob("*")):
        if path.name not in known:
            role = path.name.removesuffix(".json")
            why = UNPUBLISHED if role in parties else "not signed by anybody whom the register knows"
            yield f"{METADATA}/{one_line(path.name)}: {why}"
    for path in sorted((folder / FILES).rglob("*")):
        name = path.relative_to(folder / FILES).as_posix()
        if not path.is_dir() and name not in view.files:
            why = UNPUBLISHED if name.partition("/")[0] in parties else "not signed by anybody whom the register knows"
            yield f"{FILES}/{one_line(name)}: {why}"
