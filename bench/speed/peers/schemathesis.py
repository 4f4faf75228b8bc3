"""``st run`` of Schemathesis at its defaults, on one operation of a document."""

from __future__ import annotations

import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from chatcert.exceptions import SuiteError
from speed.bench import Bench
from speed.ours import SEED
from speed.process import finish
from speed.subject import Subject


@dataclass(frozen=True, slots=True)
class Tested:
    """One run of it.

    Attributes:
        seconds: wall-clock time of the whole process.
        status: 0 where it found nothing, 1 where it did.
        said: what it printed about that, in a few words.
    """

    seconds: float
    status: int
    output: str

    @property
    def ended(self) -> str:
        """How it ended, in a few words."""
        return f"exit {self.status}, {self.output[:1].lower()}{self.output[1:]}"


def st_run(bench: Bench, subject: Subject, document: Path, *options: str) -> Tested:
    """Test one vendor's mock, in a folder without a memory of earlier runs.

    Raises:
        SuiteError: it is not installed, or came to no result.
    """
    headers = [part for name, value in subject.headers().items() for part in ("-H", f"{name}: {value}")]
    command = [
        _command(),
        "--no-color",
        "run",
        str(document),
        "--url",
        subject.url,
        "--seed",
        SEED,
        "--include-path",
        subject.contract.path,
        "--include-method",
        subject.contract.method,
        *headers,
        *options,
    ]
    done = finish(command, folder=bench.new_folder("schemathesis"), allowed=(0, 1))
    output = re.findall(r"^=+ (.+) in [\d.]+s =+$", done.out, re.MULTILINE)
    if not output or "error" in output[-1]:
        raise SuiteError(f"came to no result: {' '.join(done.out.split())[-300:]}", where="st run")
    return Tested(done.seconds, done.status, output[-1])


def st_full(bench: Bench, subject: Subject, document: Path) -> Tested:
    """Run ``st_run`` to its end.

    Raises:
        SuiteError: it found a failure, so it stopped before all its requests were sent.
    """
    run = st_run(bench, subject, document)
    if run.status != 0:
        raise SuiteError(f"no full verdict: {run.ended}", where=f"st run, {subject.vendor}")
    return run


def _command() -> str:
    beside = Path(sys.executable).with_name("st")
    found = str(beside) if beside.exists() else shutil.which("st")
    if found is None:
        raise SuiteError("Schemathesis is not installed", where="st", hint="python -m pip install schemathesis")
    return found
