"""Workspace of running and unfinished runs: the folders of their ledgers, and a lock for one run at a time.

Below a vendor's report folder, ``.run/<id>/`` holds the ledger of one run, and ``.run/lock`` is locked while a run is
in progress. A run that ends removes both; one that is killed leaves its ledger, and the system releases the lock. The
next run puts that ledger aside, in ``.run/left/<id>/``, if the run may have left chats.
"""

from __future__ import annotations

import shlex
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from chatcert.exceptions import ConfigurationError, InputFileError, SuiteError
from chatcert.files import write_whole
from chatcert.report.file_names import CLEAN_UP, NOT_CURRENT, PARTIAL, REPORT, RUNS
from chatcert.report.reader import read_report
from chatcert.text import format_time

LOCK = "lock"
CLEANED = "clean-up"
"""A file in the folder of a ledger: the chats of its run were deleted."""
KEPT = "left"
"""The folder within ``.run`` with the ledgers of earlier runs that have left chats; a new run does not remove them."""


def ledger_folder(vendor_folder: Path, run_id: str) -> Path:
    """Return the folder in which all processes of one run write about one vendor."""
    return vendor_folder / RUNS / run_id


def unfinished_run(vendor_folder: Path) -> Path | None:
    """Return the ledger folder of the latest unfinished run of one vendor, if there is one."""
    found = _ledgers(vendor_folder)
    return max(found, key=lambda folder: (folder.stat().st_mtime, folder.name), default=None)


def kept_runs(vendor_folder: Path) -> list[Path]:
    """Return the ledger folders of earlier runs that may have left chats, the oldest first."""
    found = [folder for folder in (vendor_folder / RUNS / KEPT).glob("*") if folder.is_dir()]
    return sorted(found, key=lambda folder: (folder.stat().st_mtime, folder.name))


def mark_cleaned(ledger: Path) -> None:
    """Note that the chats of a run were deleted, as far as its ledger knows them by now."""
    (ledger / CLEANED).touch()


def is_cleaned(ledger: Path) -> bool:
    """Return whether the chats of a run were deleted, and nothing was sent since."""
    mark = ledger / CLEANED
    newest = max((path.stat().st_mtime_ns for path in ledger.glob("*.jsonl")), default=0)
    return mark.exists() and mark.stat().st_mtime_ns >= newest


def removals_beside(ledger: Path) -> Path:
    """Return the path of the list of what became of the chats of an earlier run, beside its ledger."""
    return ledger.with_name(f"{ledger.name}-{CLEAN_UP}")


def _ledgers(vendor_folder: Path) -> list[Path]:
    return [folder for folder in (vendor_folder / RUNS).glob("*") if folder.is_dir() and folder.name != KEPT]


def forget_others(vendor_folder: Path, run_id: str, keeps: Callable[[Path], bool] | None = None) -> None:
    """Remove the ledgers of all other runs of one vendor: a new run takes their place.

    Args:
        keeps: says of a ledger that it is put aside instead, since its run may have left chats.
    """
    for folder in _ledgers(vendor_folder):
        if folder.name == run_id:
            continue
        if keeps is not None and keeps(folder):
            aside = vendor_folder / RUNS / KEPT / folder.name
            with suppress(OSError):
                aside.parent.mkdir(exist_ok=True)
                folder.rename(aside)
                continue
        shutil.rmtree(folder, ignore_errors=True)


def take_over(vendor_folder: Path, run_id: str, keeps: Callable[[Path], bool] | None = None) -> None:
    """Begin a new run: replace the ledgers of all others, and mark their report as one that is not current.

    Args:
        keeps: says of a ledger that it is put aside, since its run may have left chats.
    """
    forget_others(vendor_folder, run_id, keeps)
    if (vendor_folder / REPORT).exists():
        mark_not_current(
            vendor_folder,
            f"A later run began at {format_time(time.time())} and has not ended yet, or was killed.\n"
            f"chatcert report {shlex.quote(str(vendor_folder))} builds the report on what it learnt.",
        )


def mark_not_current(vendor_folder: Path, why: str) -> None:
    """Say beside a report that it is older than the last run.

    Raises:
        SuiteError: the disk does not take it.
    """
    try:
        write_whole(vendor_folder / NOT_CURRENT, f"The report in this folder is not on the last run.\n{why}\n")
    except OSError as error:
        raise SuiteError(
            error.strerror or "cannot be written to", where=str(vendor_folder), hint="is the disk full or read-only?"
        ) from None


def mark_current(vendor_folder: Path) -> None:
    """Remove the mark that a report is not current, and the report on a later run that did not finish."""
    (vendor_folder / NOT_CURRENT).unlink(missing_ok=True)
    shutil.rmtree(vendor_folder / PARTIAL, ignore_errors=True)


def place_for(vendor_folder: Path, *, complete: bool) -> Path:
    """Return the folder for a report: an incomplete one never takes the place of a complete one."""
    if complete:
        return vendor_folder
    try:
        there = read_report(vendor_folder / REPORT)
    except InputFileError:
        return vendor_folder
    return vendor_folder / PARTIAL if there.get("complete") else vendor_folder


def current_report(vendor_folder: Path) -> Path:
    """Return the path of the report on the last run that has one."""
    partial = vendor_folder / PARTIAL / REPORT
    return partial if partial.is_file() else vendor_folder / REPORT


def forget(ledger: Path) -> None:
    """Remove the ledger of a run whose report is written, or whose chats were deleted."""
    shutil.rmtree(ledger, ignore_errors=True)
    if ledger.parent.name == KEPT:
        with suppress(OSError):
            removals_beside(ledger).unlink(missing_ok=True)
            ledger.parent.rmdir()


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
