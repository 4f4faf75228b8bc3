"""Workspace of running and unfinished runs: the folders of their ledgers, and a lock for one run at a time.

Below a vendor's report folder, ``.run/<id>/`` holds the ledger of one run, and ``.run/lock`` is locked while a run is
in progress. A run that ends removes both; one that is killed leaves its ledger, and the system releases the lock.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from chatcert.exceptions import ConfigurationError, SuiteError

RUNS = ".run"
LOCK = "lock"


def ledger_folder(vendor_folder: Path, run_id: str) -> Path:
    """Return the folder in which all processes of one run write about one vendor."""
    return vendor_folder / RUNS / run_id


def unfinished_run(vendor_folder: Path) -> Path | None:
    """Return the ledger folder of the latest unfinished run of one vendor, if there is one."""
    found = [folder for folder in (vendor_folder / RUNS).glob("*") if folder.is_dir()]
    return max(found, key=lambda folder: (folder.stat().st_mtime, folder.name), default=None)


def forget_others(vendor_folder: Path, run_id: str) -> None:
    """Remove the ledgers of all other runs of one vendor: a new run takes their place."""
    for folder in (vendor_folder / RUNS).glob("*"):
        if folder.is_dir() and folder.name != run_id:
            shutil.rmtree(folder, ignore_errors=True)


def forget(ledger: Path) -> None:
    """Remove the ledger of a run whose report is written."""
    shutil.rmtree(ledger, ignore_errors=True)


@contextmanager
def working_in(vendor_folders: Iterable[Path]) -> Iterator[None]:
    """Lock these vendors' report folders for as long as the block lasts, or this process lives.

    Raises:
        ConfigurationError: another run has locked one of them.
        SuiteError: the lock cannot be written.
    """
    with ExitStack() as stack:
        for folder in vendor_folders:
            stack.enter_context(_working_in(folder))
        yield


@contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    runs = folder / RUNS
    lock = FileLock(runs / LOCK, timeout=0)
    try:
        runs.mkdir(parents=True, exist_ok=True)
        lock.acquire()
    except Timeout:
        raise ConfigurationError(
            "another run is at work here",
            where=str(folder),
            hint="wait until it has ended, or give another --report-dir",
        ) from None
    except OSError as error:
        raise SuiteError(
            error.strerror or "cannot be written to", where=str(runs), hint="is the disk full or read-only?"
        ) from None
    try:
        yield
    finally:
        with suppress(OSError):  # while it is held, so that nobody can hold another file of this name
            if not any(entry.name != LOCK for entry in runs.iterdir()):
                (runs / LOCK).unlink()
        lock.release()
        with suppress(OSError):
            runs.rmdir()
        with suppress(OSError):
            folder.rmdir()  # where nothing was written
