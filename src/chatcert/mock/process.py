"""The mock in a process of its own, for as long as a ``with`` block lasts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from chatcert.exceptions import SuiteError

START_SECONDS = 60.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningMock:
    """A mock that answers.

    Attributes:
        url: its address, to which ``/<vendor>`` is appended.
        environment: the variables with its credentials and resources.
        vendors: whom it serves.
        pid: its process id.
    """

    url: str
    environment: Mapping[str, str] = field(repr=False)
    vendors: tuple[str, ...]
    pid: int


@contextmanager
def running_mock(
    vendors: Sequence[str] = (),
    spec: Path | None = None,
    operation: str | None = None,
    name: str | None = None,
    faults: Sequence[str] = (),
    manners: Sequence[str] = (),
    latency_ms: float = 0,
) -> Iterator[RunningMock]:
    """Start a mock on a free port, and end it when the block is left or this process dies.

    Args:
        vendors: bundled vendors; all of them where neither these nor ``spec`` are given.
        spec: an OpenAPI document to serve, with ``operation`` and ``name`` as on the command line.
        faults: ids of the faults that it shall have.
        manners: ids of the manners that it shall have.
        latency_ms: milliseconds to wait before each answer.

    Raises:
        SuiteError: it does not come up; the message holds what it said.
    """
    command = [sys.executable, "-m", "chatcert.mock", "--port", "0", "--stdin-watch", "--latency", str(latency_ms)]
    for option, values in (("--vendor", vendors), ("--fault", faults), ("--manner", manners)):
        for value in values:
            command += [option, value]
    for option, given in (("--spec", spec), ("--operation", operation), ("--name", name)):
        if given is not None:
            command += [option, str(given)]
    with tempfile.TemporaryFile() as errors:
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors)
        try:
            ready = _ready(child, errors)
            yield RunningMock(ready["url"], ready["environment"], tuple(ready["vendors"]), child.pid)
        finally:
            _end(child)


def _ready(child: subprocess.Popen[bytes], errors: IO[bytes]) -> dict[str, Any]:
    """What the child says once it answers."""
    lines: list[bytes] = []
    assert child.stdout is not None
    reader = threading.Thread(target=lambda stream: lines.append(stream.readline()), args=(child.stdout,), daemon=True)
    reader.start()
    reader.join(START_SECONDS)
    try:
        ready: dict[str, Any] = json.loads(lines[0])
        return ready
    except (IndexError, ValueError):
        reason = f"said nothing for {START_SECONDS:g} s" if child.poll() is None else f"ended with {child.returncode}"
        _end(child)
        errors.seek(0)
        said = errors.read().decode("utf-8", "replace").strip()
        raise SuiteError(f"the mock did not start: it {reason}: {said or 'no message'}",
                         hint="run `python -m chatcert.mock` by hand") from None  # fmt: skip


def _end(child: subprocess.Popen[bytes]) -> None:
    """End the child by closing its standard input, and by force if it stays."""
    if child.stdin is not None and not child.stdin.closed:
        child.stdin.close()
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
    if child.stdout is not None:
        child.stdout.close()
