"""Servers as processes on loopback: started, waited for, and stopped by their process id whatever happens."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from chatcert.exceptions import ReachabilityError, SuiteError

READY_SECONDS = 60.0
STOP_SECONDS = 10.0
LOG_LINES = 12


@contextmanager
def running(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path,
    log: Path,
    port: int,
    *,
    is_ready: Callable[[int], bool] | None = None,
    seconds: float = READY_SECONDS,
) -> Iterator[None]:
    """Run a server in a session of its own, so that Ctrl-C does not reach it first, and wait until it is ready.

    Args:
        folder: where it is started.
        log: the file for what it prints.
        is_ready: tells, by the port, whether the server is ready; by default it is when it accepts connections.
        seconds: how long to wait for it.

    Raises:
        SuiteError: it cannot be started, or it ended.
        ReachabilityError: it is not ready in time.
    """
    with log.open("wb") as out:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        except OSError as error:
            raise SuiteError(str(error), where=command[0]) from None
        try:
            _wait(process, log, port, is_ready or _listens, seconds)
            yield
        finally:
            _stop(process)


def _wait(
    process: subprocess.Popen[bytes], log: Path, port: int, is_ready: Callable[[int], bool], seconds: float
) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise SuiteError(f"the server ended with {process.returncode}: {_tail(log)}", where=str(log))
        if is_ready(port):
            return
        time.sleep(0.1)
    raise ReachabilityError(
        f"the server is not ready after {seconds:g} s: {_tail(log)}", where=f"http://127.0.0.1:{port}"
    )


def _listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and the workers of its session."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def _tail(log: Path) -> str:
    return " / ".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LOG_LINES:])


def free_port() -> int:
    """Return a port of loopback at which nothing listens."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
