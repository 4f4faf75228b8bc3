"""Find the folders of vendors and open their contracts."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.document.overlay import apply_overlay
from chatcert.openapi.reading import read_contract
from chatcert.text import one_line, shorten

SPEC = "openapi.yaml"
OVERLAY = "overlay.yaml"
MAX_NAME = 64
"""Characters of a vendor's name, which is part of the names of folders, files and environment variables."""


def specs_folder() -> Path:
    """Return the folder of the bundled vendors: in the checkout, or inside the installed package."""
    here = Path(__file__).resolve().parent
    installed = here / "specs"
    return installed if installed.is_dir() else here.parents[1] / "specs"


def local_folder(near: Path | None = None) -> Path:
    """Return the folder ``specs`` of the current folder, or of ``near``: ``chatcert add`` writes vendors there."""
    return (near or Path()).absolute() / "specs"


def vendor_folders(near: Path | None = None) -> dict[str, Path]:
    """Return the folder of each vendor by name: those in ``specs_folder``, then those in ``local_folder``.

    If both have a vendor of the same name, the bundled one counts: no local file changes its contract.
    """
    found: dict[str, Path] = {}
    for place in (specs_folder(), local_folder(near)):
        for spec in place.glob(f"*/{SPEC}"):
            if is_vendor_name(spec.parent.name):
                found.setdefault(spec.parent.name, spec.parent)
    return dict(sorted(found.items()))


def known_vendors() -> tuple[str, ...]:
    """Return the names of all vendors that have a folder, bundled or in the current folder, sorted."""
    return tuple(vendor_folders())


def check_vendor(name: str, near: Path | None = None) -> str:
    """Return ``name`` if it is a vendor that has a folder.

    Raises:
        UsageError: there is no such vendor; the hint names the most similar one.
    """
    known = vendor_folders(near)
    if name in known:
        return name
    if "://" in name:
        raise UsageError(f"{name} is no vendor but an address", hint="write --url before it, or --spec for a document")
    if name.lower().endswith((".yaml", ".yml", ".json")):
        raise UsageError(f"{name} is no vendor but a file", hint="write --spec before it")
    raise UsageError(f"unknown vendor {name!r}", hint=did_you_mean(name, known))


def open_vendor(name: str, near: Path | None = None, *, overlay: Path | None = None) -> Contract:
    """Return the contract of a vendor that has a folder, with its overlay applied.

    Args:
        near: the folder whose ``specs`` has the vendors that are not bundled; the current one by default.
        overlay: a further overlay, whose actions are applied after those of the vendor's own.

    Raises:
        UsageError: no such vendor, or its files are invalid.
    """
    folder = vendor_folders(near)[check_vendor(name, near)]
    if overlay is not None:
        return open_documents(folder / SPEC, folder / OVERLAY, vendor=name, place=f"specs/{name}", further=overlay)
    return _open_folder(folder, name)


@lru_cache(maxsize=64)
def _open_folder(folder: Path, name: str) -> Contract:
    return open_documents(folder / SPEC, folder / OVERLAY, vendor=name, place=f"specs/{name}")


def open_documents(
    spec: Path,
    overlay: Path,
    *,
    vendor: str,
    place: str,
    operation: str | None = None,
    further: Path | None = None,
) -> Contract:
    """Return the contract of a document with its overlay applied, if the overlay exists.

    Args:
        place: the name of the folder, for error lines.
        operation: ``POST /path`` or an operationId.
        further: a further overlay, whose actions are applied after those of the first.

    Raises:
        UsageError: a file is invalid, or the two do not fit each other.
    """
    published = read_document(spec)
    added = read_document(overlay) if overlay.exists() else None
    where = f"{place}/{overlay.name}"
    document = apply_overlay(published, added, where=where) if added is not None else published
    if further is not None:
        more = read_document(further)
        document = apply_overlay(document, more, where=str(further))
        added = _joined(added, more)
    return read_contract(
        document, vendor=vendor, where=f"{place}/{spec.name}", published=published, overlay=added, operation=operation
    )


def _joined(overlay: dict[str, Any] | None, further: dict[str, Any]) -> dict[str, Any]:
    """Return one overlay with the actions of both; reports keep this one."""
    return further if overlay is None else {**overlay, "actions": [*overlay["actions"], *further["actions"]]}


def open_spec(
    path: Path, *, name: str | None = None, operation: str | None = None, overlay: Path | None = None
) -> Contract:
    """Return the contract of any document.

    Args:
        name: the vendor's name; the title of the document, shortened, by default.
        operation: ``POST /path`` or an operationId.
        overlay: the overlay to apply; none by default.

    Raises:
        UsageError: the file is invalid, or the name is too long.
    """
    if name is not None and len(name) > MAX_NAME:
        raise UsageError(
            f"{shorten(one_line(name), MAX_NAME)!r} is longer than {MAX_NAME} characters",
            where="--name",
            hint="give a shorter name",
        )
    document = read_document(path)
    info = document.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    vendor = slug(name or title or path.stem) or "vendor"
    added = read_document(overlay) if overlay is not None else None
    whole = apply_overlay(document, added, where=str(overlay)) if added is not None else document
    return read_contract(whole, vendor=vendor, where=str(path), operation=operation, published=document, overlay=added)


def is_vendor_name(text: str) -> bool:
    """Return whether a text is a valid vendor name."""
    return bool(text) and slug(text) == text


def slug(text: str) -> str:
    """Return a text as a name for ids, folders and variables: lower case, hyphens between words, not too long."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:MAX_NAME].rstrip("-")
