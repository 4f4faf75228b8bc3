"""Folders of a night: shards, merged reports, and the reports that the next night is compared with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT: Final = Path("reports") / "nightly"


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a night.

    Attributes:
        root: the folder that contains all others.
    """

    root: Path = DEFAULT

    def shard(self, leg: str, number: int) -> Path:
        """Return the folder of one shard's reports and status."""
        return self.root / "shards" / leg / str(number)

    def merged(self, leg: str) -> Path:
        """Return the folder of a leg's merged report and status."""
        return self.root / "merged" / leg

    def memory(self, leg: str) -> Path:
        """Return the folder that is kept for the next night: the leg's last report and its history."""
        return self.root / "memory" / leg
