"""Servers that the bench starts for itself."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from chatcert.exceptions import SuiteError
from speed.bench import PROGRAMS, PYTHON, Bench
from speed.process import serving
from speed.subject import Subject

START_SECONDS = 60.0


@contextmanager
def counting_mock(bench: Bench, vendor: str) -> Iterator[tuple[Subject, Callable[[], int]]]:
    """The mock of one vendor, and a callable that tells how many requests it has got."""
    log = bench.new_folder("counting") / "log"
    with serving([PYTHON, PROGRAMS / "counting.py", vendor], log=log) as child:
        ready = json.loads(first_line(log, child))
        subject = Subject.of(vendor, ready["url"], ready["environment"])
        yield subject, lambda: int(httpx.get(ready["url"] + "/count", trust_env=False).text)


def first_line(log: Path, child: subprocess.Popen[bytes]) -> str:
    """The first line that a server has printed, once it is whole.

    Raises:
        SuiteError: it ended, or took too long.
    """
    return waited_for(log, child, lambda text: text.partition("\n")[0] if "\n" in text else None)


def waited_for(log: Path, child: subprocess.Popen[bytes], sign: Callable[[str], str | None]) -> str:
    """Wait until what a server prints holds a sign of readiness.

    Args:
        sign: what is looked for in all that it has printed so far; ``None`` while it is missing.

    Raises:
        SuiteError: it ended, or took too long.
    """
    deadline = time.monotonic() + START_SECONDS
    while True:
        text = log.read_text(encoding="utf-8", errors="replace")
        found = sign(text)
        if found is not None:
            return found
        if child.poll() is not None or time.monotonic() > deadline:
            why = f"ended with {child.returncode}" if child.poll() is not None else f"not ready in {START_SECONDS:g} s"
            raise SuiteError(f"{why}: {' '.join(text.split())[-300:] or 'it said nothing'}", where="a server")
        time.sleep(0.02)
