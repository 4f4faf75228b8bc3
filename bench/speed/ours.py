"""Run chatcert as a separate process against a running mock."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatcert.cases.plan import TOO_MANY
from chatcert.exceptions import SuiteError
from speed.bench import PYTHON, Bench
from speed.process import Finished, finish
from speed.subject import Subject

SEED = "1"
PROFILES = ("quick", "standard")
"""The profiles that are timed."""


@dataclass(frozen=True, slots=True)
class Certified:
    """One certification that has come to its verdict.

    Attributes:
        report: the content of report.json.
        folder: the vendor's folder with all that was written.
    """

    finished: Finished
    report: dict[str, Any]
    folder: Path

    @property
    def seconds(self) -> float:
        """Of the whole process, by the clock on the wall."""
        return self.finished.seconds

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return int(self.report["requests"])


def certify(bench: Bench, subject: Subject, *options: str) -> Certified:
    """Certify one vendor against its mock, as one would a live server.

    Raises:
        SuiteError: it did not find the mock conformant: what it did is not a measurement.
    """
    folder = bench.new_folder("reports")
    command = [
        PYTHON,
        "-m",
        "chatcert",
        "certify",
        subject.vendor,
        "--url",
        subject.url,
        "--seed",
        SEED,
        "--report-dir",
        str(folder),
        *options,
    ]
    finished = finish(command, env=subject.environment, folder=bench.folder)
    return Certified(finished, read_report(folder / subject.vendor), folder / subject.vendor)


def read_report(folder: Path) -> dict[str, Any]:
    """The report in a folder; requirements of a large document may be left to a larger profile.

    Raises:
        SuiteError: it is missing, incomplete for another reason, or finds the mock wrong.
    """
    try:
        report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SuiteError(f"left no report: {error}", where="chatcert certify") from None
    if report["outcome"] not in ("conformant", "conformant-with-remarks"):
        raise SuiteError(f"found the mock {report['outcome']}", where="chatcert certify")
    missing = [row["id"] for row in report["requirements"] if row["verdict"] == "not-run" and row["reason"] != TOO_MANY]
    if missing:
        raise SuiteError(f"left {len(missing)} requirements out, such as {missing[0]}", where="chatcert certify")
    return report


def chatcert(*arguments: str) -> Sequence[str]:
    """The command line of chatcert with these arguments."""
    return [PYTHON, "-m", "chatcert", *arguments]
