"""The ledger of a run: what was sent and settled, line by line, written out at once, one file a process.

A ledger lies beside the reports for as long as its run has not come to its end. Whatever ended the run, the report is
built from what is there, and a run of the command line can go on from it.
"""

from __future__ import annotations

import json
import os
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema_rs

from chatcert.exceptions import InputFileError, SuiteError
from chatcert.files import packaged_text
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.judge.waiver import Waiver, Waivers
from chatcert.run.shards import Shards
from chatcert.transport.exchange import Exchange

SUFFIX = ".jsonl"
SYNC_SECONDS = 1.0
"""How often, at most, lines are forced to the disk: a killed process loses nothing, a power cut so many seconds."""
MAX_LINE = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Header:
    """All that must be known of a run to build its report without it, and to go on with it.

    Attributes:
        door: ``certify`` or ``pytest``.
        url: the address that requests go to, masked.
        path: replaces the operation's path; empty for the documented one.
        spec, operation, name: the document, where it is not that of a bundled vendor.
        folder: where the run was begun; a relative ``spec`` is looked for there.
        gentle: whether hostile and malformed requests are left out.
        environment, region, deviations: what the report says of the target.
        resources: digest of the configured names of existing things.
        command: a command line that repeats the run; no credential is in it.
        fail_on_warn: whether a remark gives the exit status of a breach.
        suite_version: version of chatcert.
        started: seconds since the epoch, UTC.
        settings: all that the run was asked to do, without any credential; JSON-ready.
        waivers: those of the vendor.
        shards: which part of a whole it is; ``None`` where it is not split.
    """

    door: str
    vendor: str
    url: str
    mode: str
    path: str
    gentle: bool
    environment: str
    region: str
    deviations: tuple[str, ...]
    profile: str
    seed: int
    spec: str | None
    folder: str
    operation: str | None
    name: str | None
    spec_digest: str
    overlay_digest: str
    catalogue_digest: str
    resources: str
    command: str
    fail_on_warn: bool
    suite_version: str
    started: float
    settings: Mapping[str, Any]
    waivers: Waivers
    shards: Shards | None = None

    @property
    def agreed(self) -> tuple[Waiver, ...]:
        """What is waived, on whatever day."""
        return self.waivers.entries


@dataclass
class Ledger:
    """The lines of all processes about one vendor.

    Attributes:
        header: what the run was; ``None`` where it was killed before it said so.
        exchanges: what was sent; numbered anew in the order of time where several processes took part.
        sent: how many requests went out, those included whose answer nobody wrote down.
        ready: whether the target was found to be there and to know the credentials.
        finished: ids of the requirements that ran to their end.
        selected: ids of the requirements that were asked for; all of them where it is empty.
        reasons: why a requirement has no verdict of its own, by id.
        unfinished: verdicts on requirements that could not be put to the test.
        blocked: why no more could be sent, as (what, the whole line, exit status).
        last: when the last line that tells a time was written, seconds since the epoch.
        torn: names of the files whose last line breaks off.
        open: why a requirement that was asked for is not finished, by id, where more is known than that the run ended.
        lacking, troubles: of several runs that make one, what is missing, and why some of them ended before anything
            was tested; a sentence each.
    """

    header: Header | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    sent: int = 0
    ready: bool = False
    finished: set[str] = field(default_factory=set)
    selected: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, Verdict] = field(default_factory=dict)
    blocked: tuple[str, str, int] | None = None
    last: float = 0.0
    torn: list[str] = field(default_factory=list)
    open: dict[str, str] = field(default_factory=dict)
    lacking: tuple[str, ...] = ()
    troubles: tuple[str, ...] = ()


class Lines(ABC):
    """Takes the lines of one process, wherever they are written."""

    @abstractmethod
    def write(self, kind: str, **content: Any) -> None:
        """Append one line."""

    def header(self, header: Header) -> None:
        """Say what the run is."""
        self.write("header", **asdict(header) | {"waivers": header.waivers.to_dict()})

    def sending(self) -> None:
        """Note that a request is about to go out: it counts, whatever becomes of it."""
        self.write("sending")

    def exchange(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self.write("exchange", row=exchange.to_dict())

    @abstractmethod
    def close(self) -> None:
        """Take no more."""


class LedgerWriter(Lines):
    """Appends the lines of one process, each written out at once, so that a killed process loses nothing.

    Several threads may write. What a killed predecessor left of its last line is cut off first.

    Raises:
        SuiteError: the disk does not take it. The ledger then takes no more, and holds whole lines only.
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
            raise _disk(error, self._path) from None

    def write(self, kind: str, **content: Any) -> None:
        """Append one line."""
        line = (json.dumps({"kind": kind, **content}) + "\n").encode("ascii")
        with self._lock:
            if self._broken is not None:
                raise self._broken
            try:
                self._append(line)
            except OSError as error:
                self._broken = _disk(error, self._path)
                raise self._broken from None

    def _append(self, line: bytes) -> None:
        before = os.fstat(self._file.fileno()).st_size
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError:
            if self._path.is_file():
                self._file.truncate(before)  # giving back needs no room, and leaves whole lines
            raise
        if time.monotonic() - self._synced >= SYNC_SECONDS:
            os.fsync(self._file.fileno())
            self._synced = time.monotonic()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _disk(error: OSError, path: Path) -> SuiteError:
    reason = error.strerror or "cannot be written"
    return SuiteError(
        f"what was sent cannot be written down: {reason}", where=str(path), hint="is the disk full or read-only?"
    )


class LedgerReader:
    """Reads what other processes have appended, each line once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}

    def new_lines(self, without: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Every line that was not read before, as (process, content)."""
        for path in sorted(self._folder.glob(f"*{SUFFIX}")):
            if path.stem == without:
                continue
            data = path.read_bytes()
            start = self._offsets.get(path, 0)
            end = data.rfind(b"\n") + 1
            self._offsets[path] = max(start, end)
            for line in data[start:end].splitlines():
                yield path.stem, json.loads(line)


def read_ledger(folder: Path) -> Ledger:
    """All lines of all processes, the exchanges in the order in which they were sent.

    A last line that breaks off is left out and told of in ``torn``.

    Raises:
        InputFileError: a line before it is no line of a ledger, or a file cannot be read.
    """
    ledger = Ledger()
    sent: list[tuple[str, Exchange]] = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        own: dict[int, Exchange] = {}
        announced = 0
        for line in _lines_of(path, ledger):
            announced += line["kind"] == "sending"
            _enter(ledger, line, own)
        ledger.sent += max(announced, len(own))
        sent += [(path.stem, exchange) for exchange in own.values()]
    ledger.last = max([ledger.last, *(exchange.started + exchange.seconds for _, exchange in sent)])
    ledger.exchanges = in_order(sent)
    return ledger


def _enter(ledger: Ledger, line: dict[str, Any], own: dict[int, Exchange]) -> None:
    """Add what one line says."""
    match line["kind"]:
        case "header":
            said = {name: value for name, value in line.items() if name != "kind"}
            header = Header(**{**said, "deviations": tuple(said["deviations"])})
            ledger.header = ledger.header or header
            ledger.last = max(ledger.last, header.started)
        case "exchange":
            exchange = line["row"]
            own[exchange.number] = exchange
        case "ready":
            ledger.ready = True
        case "finished":
            ledger.finished.add(line["requirement"])
        case "selected":
            ledger.selected.update(line["requirements"])
        case "reason":
            ledger.reasons[line["requirement"]] = line["text"]
        case "unfinished":
            name = line["requirement"]
            ledger.unfinished[name] = Verdict(name, VerdictKind(line["word"]), reason=line["text"])
        case "blocked":
            ledger.blocked = (line["what"], line["line"], line["exit_code"])
        case "resumed":
            for number in line["again"]:
                if number in own:
                    own[number] = replace(own[number], final=False)
                    ledger.finished.discard(own[number].requirement)
            ledger.finished -= ledger.unfinished.keys()
            ledger.unfinished.clear()
            ledger.blocked, ledger.ready = None, False
        case "ended":
            ledger.last = max(ledger.last, line["time"])


def _lines_of(path: Path, ledger: Ledger) -> Iterator[dict[str, Any]]:
    """Every line of one file, checked, its exchange or its waivers made what they are."""
    try:
        with path.open("rb") as file:
            for number, data in enumerate(iter(lambda: file.readline(MAX_LINE), b""), 1):
                if not data.endswith(b"\n"):
                    if file.read(1):
                        raise InputFileError("a line that is far too long", where=f"{path}:{number}")
                    ledger.torn.append(path.name)
                    return
                yield _checked(data, f"{path}:{number}")
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(path)) from None


def _checked(data: bytes, where: str) -> dict[str, Any]:
    hint = "it was changed after it was written: certify again"
    try:
        line: dict[str, Any] = json.loads(data)
        if not _validator().is_valid(line):
            raise InputFileError("no line of a ledger", where=where, hint=hint)
        if line["kind"] == "exchange":
            line["row"] = Exchange.from_dict(line["row"])
        elif line["kind"] == "header":
            line["waivers"] = Waivers.from_dict(line["waivers"])
            line["shards"] = Shards.from_dict(line["shards"]) if line.get("shards") is not None else None
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputFileError("no line of a ledger", where=where, hint=hint) from None
    return line


@lru_cache(maxsize=1)
def _validator() -> Any:
    return jsonschema_rs.validator_for(json.loads(packaged_text("chatcert.run", "ledger.schema.json")))


def in_order(sent: list[tuple[str, Exchange]]) -> list[Exchange]:
    """The exchanges, each with its process, by number; of several processes, numbered anew in the order of time."""
    if len({process for process, _ in sent}) < 2:
        return sorted((exchange for _, exchange in sent), key=lambda exchange: exchange.number)
    sent.sort(key=lambda pair: (pair[1].started, pair[0], pair[1].number))
    numbers = {(process, e.number): index for index, (process, e) in enumerate(sent, 1)}
    ordered = []
    for process, exchange in sent:
        control = numbers.get((process, exchange.control)) if exchange.control is not None else None
        ordered.append(replace(exchange, number=numbers[process, exchange.number], control=control))
    return ordered
