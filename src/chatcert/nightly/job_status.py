"""Status file of a job: how it ended, for the jobs that run after it."""

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
class JobStatus:
    """How a shard, or a whole leg, ended.

    Attributes:
        leg: the leg's name.
        codes: exit statuses; of a leg, those that somebody is paged for.
        finished: the time in UTC, as a report writes it.
    """

    leg: str
    vendor: str
    codes: tuple[int, ...]
    finished: str

    def write(self, folder: Path) -> None:
        """Write the status file into a folder, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, json.dumps({"schema": SCHEMA} | asdict(self)) + "\n")

    @classmethod
    def read(cls, folder: Path) -> JobStatus | None:
        """Read the status file of a folder; return ``None`` if there is none, since the job died before it wrote one.

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
