"""Other programs: run to their end and measured, or kept running for as long as a block lasts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from chatcert.exceptions import SuiteError

STOP_SECONDS = 10.0
TIMEOUT_SECONDS = 900.0
MEASURE = Path(__file__).resolve().parent / "programs" / "measure.py"


@dataclass(frozen=True, slots=True)
class Finished:
    """A program that has ended.

    Attributes:
        seconds: by the clock on the wall, from before its start to after its end.
        processor_seconds: of it and of those of its children that it has waited for.
        peak_bytes: the most memory that it, or the largest of those children, has had at once.
        status: its exit status; negative where a signal ended it.
    """

    seconds: float
    processor_seconds: float
    peak_bytes: int
    status: int
    out: str
    err: str


def finish(
    command: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    folder: Path | None = None,
    timeout: float = TIMEOUT_SECONDS,
    allowed: Sequence[int] = (0,),
) -> Finished:
    """Run a program and measure it as the system accounts for it.

    Args:
        env: variables, beside those of this process.
        folder: where it is run.
        timeout: seconds after which it is ended.
        allowed: exit statuses that are a result.

    Raises:
        SuiteError: it cannot be started, took too long, or ended otherwise: what it did is not a measurement.
    """
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as reported:
        small = [sys.executable, "-I", "-S", MEASURE, str(reported.fileno()), *command]
        started = time.perf_counter()
        with _child(small, env, folder, out.fileno(), err.fileno(), grace=0, more=(reported.fileno(),)) as child:
            overdue = threading.Timer(timeout, _end_group, (child.pid, signal.SIGKILL))
            overdue.daemon = True  # an interruption here must not make us wait for the process
            overdue.start()
            try:
                child.wait()
            finally:
                overdue.cancel()
        seconds = time.perf_counter() - started
        texts = [_text(file) for file in (out, err)]
        measured = json.loads(_text(reported) or "{}")
    if "error" in measured:
        raise SuiteError(f"cannot be started: {measured['error']}", where=_name(command))
    status = measured.get("status", child.returncode)
    if status not in allowed or not measured:
        output = " ".join((texts[1] or texts[0]).split())[-400:] or "it said nothing"
        late = f" after {timeout:g} s" if seconds >= timeout else ""
        raise SuiteError(f"ended with {status}{late}: {output}", where=_name(command))
    return Finished(measured["seconds"], measured["processor_seconds"], measured["peak_bytes"], status, *texts)


@contextlib.contextmanager
def serving(
    command: Sequence[str | Path], *, env: Mapping[str, str] | None = None, log: Path, folder: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a server running; it and what it has started are ended when the block is left, however that happens.

    Args:
        log: the file that takes what it prints.

    Raises:
        SuiteError: it cannot be started.
    """
    with log.open("wb") as file, _child(command, env, folder, file.fileno(), file.fileno(), STOP_SECONDS) as child:
        yield child


@contextlib.contextmanager
def _child(
    command: Sequence[str | Path],
    env: Mapping[str, str] | None,
    folder: Path | None,
    out: int,
    err: int,
    grace: float,
    more: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """Start a program in a process group of its own, and end the group when the block is left before it has ended.

    Args:
        grace: seconds that it may take to end after it was asked to.
        more: further open files that it inherits.
    """
    child: subprocess.Popen[bytes] | None = None
    try:
        with _undisturbed():
            child = subprocess.Popen(
                [str(part) for part in command],
                env={**os.environ, **(env or {})},
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
                pass_fds=more,
            )
        yield child
    except OSError as error:
        if child is not None:
            raise
        raise SuiteError(f"cannot be started: {error.strerror or error}", where=_name(command)) from None
    finally:
        if child is not None and child.returncode is None:
            _end(child, grace)


def _end(child: subprocess.Popen[bytes], grace: float) -> None:
    """Ask a program and what it has started to end, and end what is left."""
    try:
        if grace:
            _end_group(child.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(grace)
    finally:
        _end_group(child.pid, signal.SIGKILL)
        child.wait()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Put off Ctrl-C until the block is left: a program that was started just then would be lost sight of."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    late: list[tuple[int, object]] = []
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in handlers:
        signal.signal(number, lambda *what: late.append(what))
    try:
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if late:
            signal.raise_signal(late[0][0])


def _end_group(leader: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def _name(command: Sequence[str | Path]) -> str:
    """What the program is called, without the folders that it lies in."""
    return " ".join(Path(part).name if os.sep in str(part) else str(part) for part in command[:4])


def _text(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode("utf-8", "replace")
