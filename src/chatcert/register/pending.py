"""What parties have signed and nobody has published: may the keys of snapshot and timestamp take it in?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Snapshot, Targets

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded
from chatcert.register.current_records import current_entries
from chatcert.register.register_folder import FILES, MAX_METADATA, METADATA, RegisterFolder
from chatcert.register.role_metadata import ROOT, SNAPSHOT, TARGETS, parse_metadata
from chatcert.register.trusted_view import check_listed

LEAST_DAYS: Final = 300
"""For how many days metadata must be valid when they are published."""


def pending_problems(register: RegisterFolder, at: datetime) -> list[str]:
    """Return why what was signed cannot be published, one line each.

    The roots must follow from each other, the role ``targets`` from the root, and each party's role from that; no role
    may be older than what was published, delegate, or expire soon: readers refuse the whole register with it. Records
    must be there, fit their digests, and be valid.

    Raises:
        InputFileError: metadata are missing or damaged.
    """
    found = [*_roots(register), *_roles(register, at)]
    try:
        current_entries(register)
    except InputFileError as error:
        found.append(error.line())
    return found


def _roots(register: RegisterFolder) -> Iterator[str]:
    newest = register.role(ROOT, Root).signed
    former: Metadata[Root] | None = None
    for version in range(1, newest.version + 1):
        name = f"{METADATA}/{version}.{ROOT}.json"
        try:
            root = parse_metadata(read_bounded(register.path / name, MAX_METADATA), Root)
            for signer in (root, former or root):
                signer.signed.verify_delegate(ROOT, root.signed_bytes, root.signatures)
        except OSError:
            yield f"{name}: missing"
            return
        except (RepositoryError, ValueError) as error:
            yield f"{name}: {error}"
            return
        if root.signed.version != version:
            yield f"{name}: it holds version {root.signed.version}"
        former = root
    top = register.role(TARGETS, Targets)
    try:
        newest.verify_delegate(TARGETS, top.signed_bytes, top.signatures)
    except (RepositoryError, ValueError):
        yield f"{METADATA}/{TARGETS}.json: it is not signed by the keys of {TARGETS}"


def _roles(register: RegisterFolder, at: datetime) -> Iterator[str]:
    top = register.role(TARGETS, Targets).signed
    published = register.role(SNAPSHOT, Snapshot).signed.meta
    for role in (TARGETS, *register.party_roles()):
        name = f"{METADATA}/{role}.json"
        metadata = register.role(role, Targets)
        if role != TARGETS:
            try:
                top.verify_delegate(role, metadata.signed_bytes, metadata.signatures)
            except (RepositoryError, ValueError):
                yield f"{name}: it is not signed by the keys of {role}"
        try:
            check_listed(role, metadata.signed)
        except ValueError as error:
            yield f"{name}: {error}"
            continue
        before = published.get(f"{role}.json")
        is_new = before is None or before.version != metadata.signed.version
        if is_new and metadata.signed.expires < at + timedelta(days=LEAST_DAYS):
            yield f"{name}: it expires on {metadata.signed.expires.date()}, and the whole register with it"
        if before is not None and before.version > metadata.signed.version:
            yield f"{name}: version {metadata.signed.version} is older than {before.version}, which was published"
        for path, listed in metadata.signed.targets.items():
            data = register.record(path)
            try:
                if data is None:
                    yield f"{FILES}/{path}: missing"
                else:
                    listed.verify_length_and_hashes(data)
            except RepositoryError:
                yield f"{FILES}/{path}: changed since it was signed"
