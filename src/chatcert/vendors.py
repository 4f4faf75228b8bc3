"""The vendors that are bundled, and how their contracts are opened."""

from __future__ import annotations

import difflib
import json
import re
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from chatcert.contract.loading import read_document
from chatcert.contract.model import Contract
from chatcert.contract.overlay import apply_overlay
from chatcert.contract.reading import digest_of, read_contract
from chatcert.exceptions import UsageError
from chatcert.installed import lock
from chatcert.shelf import Shelf

SPEC = "openapi.yaml"
OVERLAY = "overlay.yaml"


def specs_folder() -> Path:
    """The folder that holds one folder a vendor: in the checkout, or inside the installed package."""
    here = Path(__file__).resolve().parent
    installed = here / "specs"
    return installed if installed.is_dir() else here.parents[1] / "specs"


def bundled_vendors() -> tuple[str, ...]:
    """Names of all vendors that have a folder, sorted."""
    return tuple(sorted(p.parent.name for p in specs_folder().glob(f"*/{SPEC}")))


def check_vendor(name: str) -> str:
    """``name`` if it is a bundled vendor.

    Raises:
        UsageError: it is not; the hint names the nearest.
    """
    known = bundled_vendors()
    if name in known:
        return name
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"
    raise UsageError(f"unknown vendor {name!r}", hint=hint)


@lru_cache(maxsize=64)
def open_vendor(name: str) -> Contract:
    """The contract of a bundled vendor, its overlay applied.

    Raises:
        UsageError: no such vendor, or its files are invalid.
    """
    folder = specs_folder() / check_vendor(name)
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
    document = _overlaid(published, added, where) if added is not None else published
    return read_contract(
        document, vendor=vendor, where=f"{place}/{spec.name}", published=published, overlay=added, operation=operation
    )


def _overlaid(published: dict[str, Any], overlay: dict[str, Any], where: str) -> dict[str, Any]:
    """The document with its overlay applied; from the shelf where the same was done before."""
    shelf, key = Shelf.usual(), digest_of([published, overlay, lock(), "chatcert-overlaid/1"]).removeprefix("sha256:")
    with suppress(ValueError, RecursionError):
        if isinstance(kept := json.loads(shelf.get(key) or ""), dict):
            return kept
    document = apply_overlay(published, overlay, where=where)
    with suppress(ValueError, TypeError, RecursionError):
        if json.loads(text := json.dumps(document)) == document:
            shelf.put(key, text)
    return document


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


def slug(text: str) -> str:
    """A name that can stand in ids, folders and variables: lower case, hyphens between words."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
