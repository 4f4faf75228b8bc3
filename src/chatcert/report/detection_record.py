"""Proof that the checks can fail: how many servers with a known fault this version of the checks detects.

``bench/detection.py --proof`` measures the figures, and the package carries them. A report shows them only if it was
made with the code and the catalogue that they were measured with.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

from chatcert.files import packaged_text
from chatcert.report.model import DetectionRecord

SCHEMA: Final = "chatcert-proof/1"
FILE: Final = "detection_record.json"
ROOMS: Final = ("cases", "judge", "openapi", "requirements")
"""The packages whose code decides what is detected."""

NOT_MEASURED: Final = "not measured for this version"


def detection_record_of(catalogue: str, suite: str) -> DetectionRecord:
    """Return the figures for one catalogue, as a report shows them.

    Args:
        catalogue: its digest.
        suite: version of chatcert.

    Returns:
        The figures; or a reason, if they were measured with other code, or not at all.
    """
    known: dict[str, Any] = json.loads(packaged_text("chatcert.report", FILE))
    figures = known["catalogues"].get(catalogue)
    if (known["schema"], known["suite"], known["sources"]) != (SCHEMA, suite, sources_digest()) or figures is None:
        return {"measured": False, "reason": NOT_MEASURED}
    return {
        "measured": True,
        "profile": known["profile"],
        "sources": known["sources"],
        "faults": figures["faults"],
        "found": figures["found"],
        "owned": figures["owned"],
        "missed": figures["missed"],
        "manners": figures["manners"],
        "blamed": figures["blamed"],
    }


@lru_cache(maxsize=1)
def sources_digest() -> str:
    """Return the SHA-256 over the names and the content of all modules of ``ROOMS``."""
    found = hashlib.sha256()
    for room in ROOMS:
        for name, data in _modules(files("chatcert").joinpath(room), room):
            found.update(f"{name}\0{len(data)}\0".encode() + data)
    return f"sha256:{found.hexdigest()}"


def _modules(folder: Traversable, name: str) -> Iterator[tuple[str, bytes]]:
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        if entry.is_file() and entry.name.endswith(".py"):
            yield f"{name}/{entry.name}", entry.read_bytes().replace(b"\r\n", b"\n")
        elif entry.is_dir() and entry.name != "__pycache__":
            yield from _modules(entry, f"{name}/{entry.name}")
