"""Run the mock in a process of its own, for as long as a ``with`` block lasts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatcert.exceptions import SuiteError

START_SECONDS = 60.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class RunningMock:
    """A mock that is ready.

    Attributes:
        url: its address, to which ``/<vendor>`` is appended.
        environment: the variables with its credentials and resources.
        vendors: the vendors that it serves.
        pid: its process id.
    """

    url: str
    environment: Mapping[str, str] = field(repr=False)
    vendors: tuple[str, ...]
    pid: int


class MockProcess:
    """A mock that is starting: it loads while its parent does something else.

    Args:
        vendors: bundled vendors; all of them where neither these nor ``spec`` are given.
        spec: an OpenAPI document to serve, with ``operation`` and ``name`` as on the command line.
        faults: ids of its faults.
        manners: ids of its manners.
        latency_ms: milliseconds to wait before each answer.
        seed: the same seed gives the same resources, though not the same credentials.
        overlay: an overlay that adds to the document.
        own_rules: whether it keeps the user's own rules.
        rules: a file of further own rules.
    """

    def __init__(
        self,
        vendors: Sequence[str] = (),
        spec: Path | None = None,
        operation: str | None = None,
        name: str | None = None,
        faults: Sequence[str] = (),
        manners: Sequence[str] = (),
        latency_ms: float = 0,
        seed: int | None = None,
        overlay: Path | None = None,
        *,
        own_rules: bool = False,
        rules: Path | None = None,
    ) -> None:
        command = [sys.executable, "-m", "chatcert.mock", "--port", "0", "--stdin-watch", "--latency", str(latency_ms)]
        command += ["--own-rules"] if own_rules else []
        for option, values in (("--vendor", vendors), ("--fault", faults), ("--manner", manners)):
            for value in values:
                command += [option, value]
        single = {
            "--spec": spec,
            "--operation": operation,
            "--name": name,
            "--seed": seed,
            "--overlay": overlay,
            "--rules": rules,
        }
        for option, given in single.items():
            if given is not None:
                command += [option, str(given)]
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed with the child
        self._child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors)
        self._running: RunningMock | None = None

    def ready(self) -> RunningMock:
        """Wait until the mock is ready, and return it.

        Raises:
            SuiteError: it does not start; the message has its output.
        """
        if self._running is None:
            ready = self._announcement()
            self._running = RunningMock(ready["url"], ready["environment"], tuple(ready["vendors"]), self._child.pid)
        return self._running

    def _announcement(self) -> dict[str, Any]:
        """Return the line of JSON that the child prints once it is ready."""
        child = self._child
        lines: list[bytes] = []
        assert child.stdout is not None
        reader = threading.Thread(target=lambda file: lines.append(file.readline()), args=(child.stdout,), daemon=True)
        reader.start()
        reader.join(START_SECONDS)
        try:
            ready: dict[str, Any] = json.loads(lines[0])
            return ready
        except (IndexError, ValueError):
            with suppress(subprocess.TimeoutExpired):
                child.wait(0 if reader.is_alive() else STOP_SECONDS)
            code = child.poll()
            reason = f"printed nothing for {START_SECONDS:g} s" if code is None else f"ended with {code}"
            self._errors.seek(0)
            output = self._errors.read().decode("utf-8", "replace").strip()
            raise SuiteError(
                f"the mock did not start: it {reason}: {output or 'no message'}",
                hint="run `python -m chatcert.mock` by hand",
            ) from None

    def end(self) -> None:
        """Kill the child; it has no state worth saving."""
        self._child.kill()
        self._child.wait()
        for file in (self._child.stdin, self._child.stdout, self._errors):
            if file is not None:
                file.close()


@contextmanager
def begun_mock(*given: Any, **options: Any) -> Iterator[MockProcess]:
    """Start a mock, which loads meanwhile and ends with the block or this process; arguments of ``MockProcess``."""
    mock = MockProcess(*given, **options)
    try:
        yield mock
    finally:
        mock.end()


@contextmanager
def running_mock(*given: Any, **options: Any) -> Iterator[RunningMock]:
    """Run a mock on a free port until the block or this process ends; arguments of ``MockProcess``.

    Raises:
        SuiteError: it does not start; the message has its output.
    """
    with begun_mock(*given, **options) as mock:
        yield mock.ready()
