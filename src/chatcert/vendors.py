"""The vendors that have a folder, and how their contracts are opened."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from chatcert.exceptions import UsageError
from chatcert.names import did_you_mean
from chatcert.openapi.contract import Contract
from chatcert.openapi.loading import read_document
from chatcert.openapi.overlay import apply_overlay
from chatcert.openapi.reading import read_contract

SPEC = "openapi.yaml"
OVERLAY = "overlay.yaml"


def specs_folder() -> Path:
    """The folder that holds one folder a vendor: in the checkout, or inside the installed package."""
    here = Path(__file__).resolve().parent
    installed = here / "specs"
    return installed if installed.is_dir() else here.parents[1] / "specs"


def local_folder(near: Path | None = None) -> Path:
    """The folder ``specs`` of the current folder, or of ``near``: vendors that are added are written there."""
    return (near or Path()).absolute() / "specs"


def vendor_folders(near: Path | None = None) -> dict[str, Path]:
    """The folder of each vendor, by name: those of ``specs_folder``, then those of ``local_folder``.

    A name that both have is the former's: no file that happens to lie around changes what a bundled vendor is held to.
    """
    found: dict[str, Path] = {}
    for place in (specs_folder(), local_folder(near)):
        for spec in place.glob(f"*/{SPEC}"):
            if is_vendor_name(spec.parent.name):
                found.setdefault(spec.parent.name, spec.parent)
    return dict(sorted(found.items()))


def bundled_vendors() -> tuple[str, ...]:
    """Names of all vendors that have a folder, sorted."""
    return tuple(vendor_folders())


def check_vendor(name: str, near: Path | None = None) -> str:
    """``name`` if it is a vendor that has a folder.

    Raises:
        UsageError: it is not; the hint names the nearest.
    """
    known = vendor_folders(near)
    if name in known:
        return name
    raise UsageError(f"unknown vendor {name!r}", hint=did_you_mean(name, known))


def open_vendor(name: str, near: Path | None = None) -> Contract:
    """The contract of a vendor that has a folder, its overlay applied.

    Args:
        near: the folder in which a vendor that is not bundled is looked for; the current one where it is ``None``.

    Raises:
        UsageError: no such vendor, or its files are invalid.
    """
    return _open_folder(vendor_folders(near)[check_vendor(name, near)], name)


@lru_cache(maxsize=64)
def _open_folder(folder: Path, name: str) -> Contract:
    return open_documents(folder / SPEC, folder / OVERLAY, vendor=name, place=f"specs/{name}")


def open_documents(spec: Path, overlay: Path, *, vendor: str, place: str, operation: str | None = None) -> Contract:
    """The contract of a document and its overlay, where there is one.

    Args:
        place: the folder's name, for error lines.
        operation: ``POST /path`` or an operationId.

    Raises:
        UsageError: a file is invalid, or the two do not fit each other.
    """
    published = read_document(spec)
    added = read_document(overlay) if overlay.exists() else None
    where = f"{place}/{overlay.name}"
    document = apply_overlay(published, added, where=where) if added is not None else published
    return read_contract(
        document, vendor=vendor, where=f"{place}/{spec.name}", published=published, overlay=added, operation=operation
    )


def open_spec(path: Path, *, name: str | None = None, operation: str | None = None) -> Contract:
    """The contract of any document, without overlay.

    Args:
        name: the vendor's name; from the document's title where it is not given.
        operation: ``POST /path`` or an operationId.
    """
    document = read_document(path)
    info = document.get("info")
    title = str(info.get("title", "")) if isinstance(info, dict) else ""
    vendor = slug(name or title or path.stem) or "vendor"
    return read_contract(document, vendor=vendor, where=str(path), operation=operation)


def is_vendor_name(text: str) -> bool:
    """Whether a text can be a vendor's name as it stands."""
    return bool(text) and slug(text) == text


def slug(text: str) -> str:
    """A name that can stand in ids, folders and variables: lower case, hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
