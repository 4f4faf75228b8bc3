"""Write the folder of a new vendor: its document unchanged, and a starter overlay."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.files import staging_folder
from chatcert.onboarding.candidates import Candidate, find_candidates
from chatcert.onboarding.starter_overlay import starter_overlay
from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import files_of, read_document
from chatcert.openapi.reading import read_contract
from chatcert.vendors import (
    OVERLAY,
    SPEC,
    is_vendor_name,
    local_folder,
    open_documents,
    slug,
    vendor_folders,
)


@dataclass(frozen=True, slots=True)
class AddedVendor:
    """A vendor whose folder was written.

    Attributes:
        candidates: the candidates in the starter overlay.
        is_verbatim: whether the document was copied unchanged; else its files were joined into one.
    """

    contract: Contract
    candidates: tuple[Candidate, ...]
    folder: Path
    is_verbatim: bool


def add_vendor(name: str, path: Path, operation: str | None) -> AddedVendor:
    """Write ``specs/NAME`` in the current folder.

    Raises:
        UsageError: the name is invalid or exists already, or the document cannot be used.
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
                f"{contract.operation} cannot be distinguished from {added.operation} there",
                where=str(path),
                hint="give the operation a path item of its own",
            )
    return AddedVendor(added, candidates, folder, whole)


def _check_name(name: str, folder: Path) -> None:
    if not is_vendor_name(name):
        near = f": {slug(name)}" if slug(name) else ""
        raise UsageError(
            f"{name!r} cannot be a vendor's name",
            where="VENDOR",
            hint=f"use lower-case letters, digits and single hyphens{near}",
        )
    existing = vendor_folders().get(name, folder if os.path.lexists(folder) else None)
    if existing is not None:
        raise UsageError(
            f"{name} exists already",
            where=str(existing),
            hint=f"nothing is overwritten: choose another name, or see chatcert drift {name}",
        )


@contextmanager
def _written(folder: Path) -> Iterator[Path]:
    """Yield a staging folder that is renamed to ``folder`` at the end; after an error, nothing of it remains."""
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
    """Copy the document and the files that it refers to into a folder; return whether they could stay unchanged.

    The root file is renamed, so a file that refers to it by name would break: all of them are then written as one
    document instead.
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
