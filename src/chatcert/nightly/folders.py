"""Where a night keeps what: shards, merged reports, and what the next night remembers of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT: Final = Path("reports") / "nightly"


@dataclass(frozen=True, slots=True)
class Folders:
    """The folders of a night.

    Attributes:
        root: all of them are in it.
    """

    root: Path = DEFAULT

    def shard(self, leg: str, number: int) -> Path:
        """What one shard left: its reports, and how it ended."""
        return self.root / "shards" / leg / str(number)

    def merged(self, leg: str) -> Path:
        """The report of all shards of a leg, and how the leg ended."""
        return self.root / "merged" / leg

    def memory(self, leg: str) -> Path:
        """What the next night is to know of this leg: its last report and its history."""
        return self.root / "memory" / leg
