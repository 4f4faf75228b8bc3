"""The packages that this process runs with."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from chatcert.openapi.reading import digest_of
from chatcert.report.model import Lock

_FOLDER = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(-py[0-9.]+)?\.(dist-info|egg-info)\Z")
"""Names of the folders that installers leave (Python packaging guide, "Recording installed projects")."""


@lru_cache(maxsize=1)
def lock() -> Lock:
    """Return the digest over names and versions of all installed distributions, their number, and Python's version."""
    found = sorted(set(_distributions()))
    return {"digest": digest_of(found), "distributions": len(found), "python": platform.python_version()}


def _distributions() -> Iterator[tuple[str, str]]:
    """Yield name and version of each, from the names of their folders: reading all metadata takes a quarter second."""
    for place in dict.fromkeys(sys.path):
        try:
            names = [entry.name for entry in Path(place or ".").iterdir()]
        except OSError:  # a zip archive, or nothing
            continue
        for name in names:
            if (match := _FOLDER.match(name)) is not None:
                yield re.sub(r"[-_.]+", "_", match["name"]).lower(), match["version"]
