"""Seeds of random generators: they follow from what they are for, and are the same in every process."""

from __future__ import annotations

import hashlib


def seed_of(*parts: object) -> int:
    """Return a seed that follows from ``parts`` alone and is the same in every process."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
