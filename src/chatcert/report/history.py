"""The history file: a line for each vendor and run, appended and never rewritten. Reports draw trends from it.

A line is written in one call, so that several runs can share a file without a lock. A line that a full disk or a crash
cut short is ended by the next run with ``TORN``, and skipped from then on. Any other line that is not a valid record is
an error that names its number.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import jsonschema_rs

from chatcert.exceptions import InputFileError, SuiteError, UsageError
from chatcert.files import FileTooLargeError, read_bounded
from chatcert.judge.verdict import VerdictKind
from chatcert.report.model import Digests, Report, RunRow, Totals
from chatcert.report.reader import schema_of
from chatcert.text import one_line, shorten

SCHEMA: Final = "chatcert-history/1"
TORN: Final = " #torn"
MAX_BYTES: Final = 64 * 1024 * 1024
MAX_RUNS: Final = 60
"""How many of the latest runs a report shows."""

_HINT: Final = "give a file that --history wrote, or a new one"


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A record of one run of one vendor.

    Attributes:
        finished: when it ended, UTC, as in the report's window.
        mode: ``mock``, ``url`` or the name of a target; with ``host`` it identifies the trend.
        totals: how many requirements there were, and how many got each verdict.
        failing: ids of the requirements that failed.
        digests: of spec, overlay and catalogue, as in the report.
        seconds: how long the run took.
        reported: what the server calls itself, by header, as in the report; earlier versions did not record it.
    """

    vendor: str
    finished: str
    outcome: str
    mode: str
    host: str
    profile: str
    suite: str
    totals: Totals
    failing: tuple[str, ...]
    digests: Digests
    requests: int
    seconds: float
    reported: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, report: Report) -> RunRecord:
        """Return the record of a finished run."""
        subject = report["subject"]
        return cls(
            vendor=report["vendor"],
            finished=subject["window"]["end"],
            outcome=report["outcome"],
            mode=subject["mode"],
            host=subject["host"],
            profile=report["profile"],
            suite=report["suite"]["version"],
            totals=dict(report["totals"]),
            digests=report["digests"].copy(),
            requests=report["requests"],
            failing=tuple(row["id"] for row in report["requirements"] if row["verdict"] == VerdictKind.FAIL),
            seconds=report["seconds"],
            reported={name: sorted(values) for name, values in subject.get("reported", {}).items()},
        )

    def to_dict(self) -> RunRow:
        """Return the JSON form: a line of the file, and an element of a report's ``history``."""
        row: RunRow = {
            "schema": SCHEMA,
            "vendor": self.vendor,
            "finished": self.finished,
            "outcome": self.outcome,
            "mode": self.mode,
            "host": self.host,
            "profile": self.profile,
            "suite": self.suite,
            "totals": self.totals,
            "failing": list(self.failing),
            "digests": self.digests,
            "requests": self.requests,
            "seconds": self.seconds,
        }
        if self.reported:
            row["reported"] = {name: list(values) for name, values in self.reported.items()}
        return row

    @classmethod
    def from_dict(cls, row: RunRow) -> RunRecord:
        """Parse what ``to_dict`` returns; the row must be valid against the schema."""
        return cls(
            vendor=row["vendor"],
            finished=row["finished"],
            outcome=row["outcome"],
            mode=row["mode"],
            host=row["host"],
            profile=row["profile"],
            suite=row["suite"],
            totals=row["totals"],
            failing=tuple(row["failing"]),
            digests=row["digests"],
            requests=row["requests"],
            seconds=row["seconds"],
            reported=row.get("reported", {}),
        )


def read_history(path: Path, vendor: str) -> list[RunRecord]:
    """Read the records of one vendor, oldest first; none if there is no file yet.

    Raises:
        InputFileError: the file cannot be read, or a line is not a valid record.
    """
    return [row for row in _rows(path) if row.vendor == vendor]


def check_history(path: Path) -> None:
    """Check before a run that records can be appended to the file, which is created if it does not exist.

    Raises:
        InputFileError: a line of the file is not a valid record.
        UsageError: the file cannot be written to.
    """
    try:
        os.close(_open(path))
    except OSError as error:
        raise UsageError(
            error.strerror or "cannot be written to",
            where=f"--history {path}",
            hint="give a file that you may write to",
        ) from None
    for _ in _rows(path):
        pass


def append_history(path: Path, row: RunRecord) -> None:
    """Append a line for one run, in one write, after ending a line that was cut short.

    Raises:
        SuiteError: the disk does not take it.
    """
    line = json.dumps(row.to_dict(), ensure_ascii=True, allow_nan=False) + "\n"
    hint = "make room on the disk; the next run closes the line that was cut short"
    try:
        descriptor = _open(path)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            data = (f"{TORN}\n{line}" if torn else line).encode("ascii")
            if os.write(descriptor, data) != len(data):
                raise SuiteError("the row of this run was not written whole", where=str(path), hint=hint)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SuiteError(error.strerror or "cannot be written to", where=str(path), hint=hint) from None


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)


def _rows(path: Path) -> Iterator[RunRecord]:
    try:
        lines = read_bounded(path, MAX_BYTES).split(b"\n")
    except FileNotFoundError:
        return
    except FileTooLargeError as error:
        raise InputFileError(error.reason, where=str(path), hint="begin a new file") from None
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(path), hint=_HINT) from None
    lines.pop()  # after the last line break: nothing, or a line that was cut short
    for number, line in enumerate(lines, start=1):
        if not line.endswith(TORN.encode()):
            yield _row(line, f"{path}:{number}")


def _row(line: bytes, where: str) -> RunRecord:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        raise InputFileError("not valid JSON", where=where, hint=_HINT) from None
    for error in _validator().iter_errors(value):
        raise InputFileError(
            f"no row of a history: {shorten(one_line(error.message), 160, keep_end=True)}", where=where, hint=_HINT
        )
    return RunRecord.from_dict(value)


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema_rs.validator_for({"$ref": "#/$defs/run", "$defs": schema_of()["$defs"]})
