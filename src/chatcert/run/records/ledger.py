"""The ledger of a run: an append-only log of what was sent and decided, one file for each process.

A ledger is kept beside the reports until its run comes to its end. Whatever ended the run, the report is built from
its ledger, and a run of ``chatcert certify`` can be resumed from it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from heapq import merge
from pathlib import Path

from chatcert.exceptions import InputFileError, SuiteError
from chatcert.judge.verdict import Verdict, worst_exit
from chatcert.run.records.ledger_rows import (
    Blocked,
    Ended,
    Event,
    Exchanged,
    FetchedCredential,
    Finished,
    Header,
    Ready,
    Reason,
    Removed,
    Resumed,
    Row,
    Selected,
    Sending,
    SentAgain,
    Unfinished,
    decode_row,
    encode_row,
)
from chatcert.transport.chats.ownership import marks_in
from chatcert.transport.credentials.live_credentials import FetchReason
from chatcert.transport.exchange import Exchange, renumbered

SUFFIX = ".jsonl"
SYNC_SECONDS = 1.0
"""Seconds between two calls of ``fsync``: a killed process loses nothing, a power cut at most this much."""
MAX_LINE = 64 * 1024 * 1024


@dataclass
class Ledger:
    """The rows of all processes of a run on one vendor.

    Attributes:
        header: ``None`` if the run was killed before it wrote one.
        exchanges: renumbered in the order of time if several processes took part.
        sent: how many requests were sent, including those without a recorded answer.
        in_flight: how many requests with a marker were sent of which no exchange is recorded.
        ready: whether the preflight passed.
        finished: ids of the requirements that were tested completely.
        selected: ids of the requirements that the run tests; empty for all of them.
        reasons: why a requirement has no verdict of its own, by id.
        unfinished: verdicts on requirements that could not be tested.
        blocked: the error that ended the run; the worst one if several processes had one.
        removals: what became of the chats that the run created, by the number of the exchange and the id.
        fetched: why credentials were fetched, by name, each time.
        last: the latest time in the ledger, seconds since the epoch.
        torn: names of the files whose last line is incomplete.
        open: why a selected requirement is not finished, by id, where more is known than that the run ended.
        lacking, troubles: of several runs that make one, what is missing, and why some of them ended before anything
            was tested; a sentence each.
    """

    header: Header | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    sent: int = 0
    in_flight: Counter[str] = field(default_factory=Counter)
    ready: bool = False
    finished: set[str] = field(default_factory=set)
    selected: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, Verdict] = field(default_factory=dict)
    blocked: Blocked | None = None
    removals: dict[tuple[int | None, str | None], Removed] = field(default_factory=dict)
    fetched: dict[str, list[FetchReason]] = field(default_factory=dict)
    last: float = 0.0
    torn: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


class LedgerWriter:
    """Appends the rows of one process, each written at once, so that a killed process loses nothing.

    Several threads may write. An incomplete last line, which a killed process may leave, is cut off first.

    Raises:
        SuiteError: the file cannot be written. All later writes fail as well, and the file holds whole lines only.
    """

    def __init__(self, folder: Path, process: str) -> None:
        self._path = folder / f"{process}{SUFFIX}"
        self._lock = threading.Lock()
        self._broken: SuiteError | None = None
        self._synced = time.monotonic()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a+b", buffering=0)
            if self._path.is_file():
                self._file.truncate(self._path.read_bytes().rfind(b"\n") + 1)
        except OSError as error:
            raise _disk_error(error, self._path) from None

    def write(self, row: Row) -> None:
        """Append one row."""
        line = encode_row(row)
        with self._lock:
            if self._broken is not None:
                raise self._broken
            try:
                self._append(line)
            except OSError as error:
                self._broken = _disk_error(error, self._path)
                raise self._broken from None

    def _append(self, line: bytes) -> None:
        before = os.fstat(self._file.fileno()).st_size
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            if self._path.is_file():
                self._file.truncate(before)  # truncating needs no space, and leaves whole lines
            raise
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def sending(self, body: bytes = b"") -> None:
        """Record that a request with such a body is about to be sent."""
        self.write(Sending(tuple(sorted(marks_in(body)))))

    def exchange(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self.write(Exchanged(exchange))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _disk_error(error: OSError, path: Path) -> SuiteError:
    reason = error.strerror or "cannot be written"
    return SuiteError(
        f"what was sent cannot be written down: {reason}", where=str(path), hint="is the disk full or read-only?"
    )


class LedgerReader:
    """Reads the exchanges that other processes of the same run append, each once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}

    def new_exchanges(self, without: str = "") -> Iterator[tuple[str, Exchange]]:
        """Yield every exchange that was not read before, with the name of the process that sent it.

        Args:
            without: the process whose own file is not read.
        """
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path.stem == without:
                continue
            data = path.read_bytes()
            start = self._offsets.get(path, 0)
            end = data.rfind(b"\n") + 1
            self._offsets[path] = max(start, end)
            for line in data[start:end].splitlines():
                content = json.loads(line)
                if content["kind"] == Event.EXCHANGE:
                    yield path.stem, Exchange.from_dict(content["row"])


def read_ledger(folder: Path) -> Ledger:
    """Read the rows of all processes, with the exchanges in the order in which they were sent.

    An incomplete last line is left out; ``torn`` names its file.

    Raises:
        InputFileError: another line is invalid, or a file cannot be read.
    """
    ledger = Ledger()
    sent: list[tuple[str, Exchange]] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        by_number: dict[int, Exchange] = {}
        announced = 0
        for row in _rows_of(path, ledger):
            if isinstance(row, Sending):
                announced += 1
                ledger.in_flight.update(row.markers)
            _add_row(ledger, row, by_number)
        ledger.sent += max(announced, len(by_number))
        for exchange in by_number.values():
            ledger.in_flight.subtract(marks_in(exchange.sent.body or b""))
        sent += [(path.stem, exchange) for exchange in by_number.values()]
    ledger.last = max([ledger.last, *(exchange.started + exchange.seconds for _, exchange in sent)])
    ledger.exchanges = in_order(sent)
    ledger.in_flight = +ledger.in_flight
    return ledger


def _add_row(ledger: Ledger, row: Row, by_number: dict[int, Exchange]) -> None:
    """Add one row to a ledger; ``by_number`` are the exchanges of the process that wrote it."""
    match row:
        case Header():
            ledger.header = ledger.header or row
            ledger.last = max(ledger.last, row.started)
        case Exchanged(exchange):
            by_number[exchange.number] = exchange
        case Ready():
            ledger.ready = True
        case Finished(requirement):
            ledger.finished.add(requirement)
        case Selected(requirements):
            ledger.selected.update(requirements)
        case Reason(requirement, text):
            ledger.reasons[requirement] = text
        case Unfinished(requirement):
            ledger.unfinished[requirement] = row.verdict
        case Blocked():
            known = ledger.blocked
            is_worse = known is None or worst_exit([known.exit_code, row.exit_code]) != known.exit_code
            ledger.blocked = row if is_worse else known
        case FetchedCredential(credential, reason):
            ledger.fetched.setdefault(credential, []).append(reason)
        case SentAgain(again):
            for number in again:
                if number in by_number:
                    by_number[number] = replace(by_number[number], final=False)
        case Resumed(again):
            for number in again:
                if number in by_number:
                    by_number[number] = replace(by_number[number], final=False)
                    ledger.finished.discard(by_number[number].requirement)
                    ledger.finished -= {requirement for _, requirement, _ in by_number[number].members}
            ledger.finished -= ledger.unfinished.keys()
            ledger.unfinished.clear()
            ledger.blocked, ledger.ready = None, False
        case Removed(exchange, identity):
            ledger.removals[exchange, identity] = row
        case Ended(time):
            ledger.last = max(ledger.last, time)


def _rows_of(path: Path, ledger: Ledger) -> Iterator[Row]:
    """Yield every row of one file."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
                if not line.endswith(b"\n"):
                    if file.read(1):
                        raise InputFileError("a line that is far too long", where=f"{path}:{number}")
                    ledger.torn.append(path.name)
                    return
                yield _decoded(line, f"{path}:{number}")
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(path)) from None


def _decoded(line: bytes, where: str) -> Row:
    try:
        return decode_row(line)
    except (ValueError, TypeError, KeyError, RecursionError):
        hint = "it was changed after it was written: certify again"
        raise InputFileError("no line of a ledger", where=where, hint=hint) from None


def in_order(sent: list[tuple[str, Exchange]]) -> list[Exchange]:
    """Return the exchanges in the order of sending; those of several processes are renumbered in the order of time.

    Those of one process keep their order.
    """
    numbers = numbers_in_order(sent)
    ordered = sorted(sent, key=lambda pair: numbers[pair[0], pair[1].number])
    if len({process for process, _ in sent}) < 2:
        return [exchange for _, exchange in ordered]

    def number_in(process: str) -> Callable[[int], int]:
        return lambda number: numbers[process, number]

    return [renumbered(exchange, number_in(process)) for process, exchange in ordered]


def numbers_in_order(sent: Iterable[tuple[str, Exchange]]) -> dict[tuple[str, int], int]:
    """Return the number of each exchange in the order of all, by its process and its number there."""
    by_process: dict[str, list[tuple[str, Exchange]]] = {}
    for process, exchange in sorted(sent, key=lambda pair: pair[1].number):
        by_process.setdefault(process, []).append((process, exchange))
    if len(by_process) < 2:
        return {(process, exchange.number): exchange.number for one in by_process.values() for process, exchange in one}
    merged = merge(*by_process.values(), key=lambda pair: (pair[1].started, pair[0]))
    return {(process, exchange.number): index for index, (process, exchange) in enumerate(merged, 1)}
