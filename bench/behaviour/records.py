"""Records on disk: compressed JSON lines, one for each subject of each section, sorted.

The same record gives the same bytes.
"""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FORMAT = "chatcert-behaviour/1"


def write(path: Path, sections: Mapping[str, Mapping[str, Any]]) -> None:
    """Write a record; ``zcat FILE | grep WORD`` reads it."""
    lines = [json.dumps({"format": FORMAT})]
    lines += [
        json.dumps([section, subject, sections[section][subject]], sort_keys=True, separators=(",", ":"))
        for section in sorted(sections)
        for subject in sorted(sections[section])
    ]
    path.write_bytes(gzip.compress("\n".join([*lines, ""]).encode("ascii"), 9, mtime=0))


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read a record.

    Raises:
        ValueError: the file is not a record.
        OSError: it cannot be read.
    """
    head, *lines = gzip.decompress(path.read_bytes()).decode("ascii").splitlines()
    if json.loads(head) != {"format": FORMAT}:
        raise ValueError(f"{path}: not a record of format {FORMAT}")
    found: dict[str, dict[str, Any]] = defaultdict(dict)
    for line in lines:
        section, subject, value = json.loads(line)
        found[section][subject] = value
    return dict(found)
