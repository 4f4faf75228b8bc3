"""``chatcert add``: a folder for a new vendor, with its document and a starter overlay."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.files import staging_folder
from chatcert.names import variable_name
from chatcert.onboarding.candidates import RULES, Candidate, find_candidates
from chatcert.onboarding.starter_overlay import starter_overlay
from chatcert.openapi.contract import Contract
from chatcert.openapi.loading import files_of, read_document
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.text import count, one_line
from chatcert.transport.target import resource_names
from chatcert.vendors import (
    OVERLAY,
    SPEC,
    is_vendor_name,
    local_folder,
    open_documents,
    slug,
    vendor_folders,
)

MOCK_URL = "http://127.0.0.1:8765"


def add_vendor(name: str, path: Path, operation: str | None) -> int:
    """Write ``specs/NAME`` in the current folder and tell what to do next; returns the exit status.

    Raises:
        UsageError: no name for a vendor, one that is taken, or a document that cannot be used.
    """
    folder = local_folder() / name
    _check_name(name, folder)
    document = read_document(path)
    contract = read_contract(document, vendor=name, where=str(path), operation=operation)
    candidates = find_candidates(contract)
    with _written(folder) as beside:
        whole = _copy(path, beside, document)
        (beside / OVERLAY).write_text(starter_overlay(contract, candidates), encoding="utf-8")
        added = open_documents(beside / SPEC, beside / OVERLAY, vendor=name, place=f"specs/{name}")
        if added.operation != contract.operation:
            raise UsageError(
                f"{contract.operation} cannot be told from {added.operation} there",
                where=str(path),
                hint="give the operation a path item of its own",
            )
    _tell(added, candidates, folder, whole=whole)
    return 0


def _check_name(name: str, folder: Path) -> None:
    if not is_vendor_name(name):
        near = f": {slug(name)}" if slug(name) else ""
        raise UsageError(
            f"{name!r} cannot be a vendor's name",
            where="VENDOR",
            hint=f"use lower-case letters, digits and single hyphens{near}",
        )
    taken = vendor_folders().get(name, folder if os.path.lexists(folder) else None)
    if taken is not None:
        raise UsageError(
            f"{name} is there already",
            where=str(taken),
            hint=f"nothing is overwritten: choose another name, or see chatcert drift {name}",
        )


@contextmanager
def _written(folder: Path) -> Iterator[Path]:
    """A folder to write to, which becomes ``folder`` once all is written; nothing stays of it otherwise."""
    fresh = not folder.parent.exists()
    try:
        folder.parent.mkdir(exist_ok=True)
        with staging_folder(folder.parent) as staging:
            beside = staging / folder.name
            beside.mkdir()
            yield beside
            beside.rename(folder)
    except BaseException as error:
        if fresh:
            with suppress(OSError):
                folder.parent.rmdir()
        if isinstance(error, OSError):
            raise UsageError(
                error.strerror or "cannot be written",
                where=str(folder),
                hint="give chatcert a folder that it may write to",
            ) from None
        raise


def _copy(path: Path, folder: Path, document: dict[str, Any]) -> bool:
    """Put the document into a folder as it is, with the files that it refers to.

    Where these would be read as something else there, since one refers to another by a name that it does not have any
    more, all of them are written as one document instead; returns whether they could stay as they are.
    """
    root, *parts = files_of(path)
    (folder / SPEC).write_bytes(root.read_bytes())
    for part in parts:
        place = folder / part.relative_to(root.parent)
        place.parent.mkdir(parents=True, exist_ok=True)
        if place.exists() or place.name == OVERLAY:
            break
        place.write_bytes(part.read_bytes())
    else:
        try:
            if read_document(folder / SPEC) == document:
                return True
        except UsageError:
            pass
    for entry in folder.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    (folder / SPEC).write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    return False


def _tell(contract: Contract, candidates: tuple[Candidate, ...], folder: Path, *, whole: bool) -> None:
    name, place = contract.vendor, Path("specs") / contract.vendor
    counted = Counter(candidate.rule for candidate in candidates)
    kinds = ", ".join(f"{counted[rule]} {rule}" for rule in RULES if counted[rule])
    print(f"{place / SPEC}: {one_line(contract.title)}" + ("" if whole else ", its files as one document"))
    print(f"{place / OVERLAY}: {count(len(candidates), 'candidate')}{f' ({kinds})' if kinds else ''}, commented out")
    print(f"operation: {one_line(contract.operation)}, {count(len(derive(contract).requirements), 'requirement')}")
    if contract.defects:
        print(f"the document has {count(len(contract.defects), 'defect')} of its own: a report lists them")
    variables = [variable_name(name, credential.scheme) for credential in contract.credentials]
    variables += [variable_name(name, field) for field, needed in resource_names(contract).items() if needed]
    print(f"""
next, from {shlex.quote(str(folder.parents[1]))}:
  look through {place / OVERLAY}: un-comment what the page states; how: docs/overlays.md
  chatcert requirements {name}
  chatcert certify {name} --profile quick
or, against a server that is started by hand:
  chatcert mock {name} --env-file {name}.env
  . ./{name}.env
  chatcert certify {name} --url {MOCK_URL}/{name}""")
    if variables:
        print("a live server's address goes there instead; its credentials and existing things into")
        print("\n".join(f"  {variable}" for variable in variables))
    else:
        print("a live server's address goes there instead; it needs no variables")
