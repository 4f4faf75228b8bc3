"""How one job of a night ended, written down for the jobs after it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded, write_whole

FILE = "night.json"
SCHEMA = "chatcert-night/1"
MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Status:
    """How a shard, or a whole leg, ended.

    Attributes:
        leg: the leg's name.
        codes: exit statuses: of a shard its own, of a leg those that it is paged for.
        finished: when, as a report writes it.
    """

    leg: str
    vendor: str
    codes: tuple[int, ...]
    finished: str

    def write(self, folder: Path) -> None:
        """Leave it in a folder, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps({"schema": SCHEMA} | asdict(self)) + "\n")

    @classmethod
    def read(cls, folder: Path) -> Status | None:
        """What was left in a folder; ``None`` where nothing was: the job ended before it could say how.

        Raises:
            InputFileError: the file holds something else.
        """
        path = folder / FILE
        try:
            value: Any = json.loads(read_bounded(path, MAX_BYTES))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError):
            value = None
        match value:
            case {
                "schema": "chatcert-night/1",
                "leg": str(leg),
                "vendor": str(vendor),
                "codes": [*codes],
                "finished": str(finished),
            } if codes and all(type(code) is int for code in codes):
                return cls(leg, vendor, tuple(codes), finished)
        raise InputFileError("no status of a night", where=str(path), hint="run the job that wrote it again")
