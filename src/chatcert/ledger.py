"""What the processes of one pytest run tell each other: appended lines, one file a process and vendor."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import Verdict, Word
from chatcert.target.exchange import Exchange


@dataclass
class Ledger:
    """The lines of all processes about one vendor.

    Attributes:
        exchanges: what was sent, numbered anew over all processes in the order of time.
        finished: ids of the requirements that ran to their end.
        selected: ids of the requirements that were asked for.
        blocked: why nothing could be sent, with the exit status that follows.
        started: when the first process began, seconds since the epoch.
    """

    exchanges: list[Exchange] = field(default_factory=list)
    finished: set[str] = field(default_factory=set)
    selected: set[str] = field(default_factory=set)
    reasons: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, Verdict] = field(default_factory=dict)
    blocked: tuple[str, int] | None = None
    started: float | None = None


class LedgerWriter:
    """Appends the lines of one process, each written out at once, so that a killed process loses nothing.

    Raises:
        SuiteError: the disk does not take it.
    """

    def __init__(self, folder: Path, process: str) -> None:
        self._path = folder / f"{process}.jsonl"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file = self._path.open("a", encoding="utf-8", errors="surrogateescape")
        except OSError as error:
            raise _disk(error, self._path) from None

    def write(self, kind: str, **content: Any) -> None:
        """Append one line."""
        try:
            self._file.write(json.dumps({"kind": kind, **content}) + "\n")
            self._file.flush()
        except OSError as error:
            raise _disk(error, self._path) from None

    def exchange(self, exchange: Exchange) -> None:
        """Append one exchange."""
        self.write("exchange", row=exchange.to_dict())

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _disk(error: OSError, path: Path) -> SuiteError:
    return SuiteError(error.strerror or "cannot be written", where=str(path), hint="is the disk full or read-only?")


class LedgerReader:
    """Reads what other processes have appended, each line once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._offsets: dict[Path, int] = {}

    def new_lines(self, without: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
        """Every line that was not read before, as (process, content)."""
        for path in sorted(self._folder.glob("*.jsonl")):
            if path.stem == without:
                continue
            data = path.read_bytes()
            start = self._offsets.get(path, 0)
            end = data.rfind(b"\n") + 1
            self._offsets[path] = max(start, end)
            for line in data[start:end].splitlines():
                yield path.stem, json.loads(line)


def read_ledger(folder: Path) -> Ledger:
    """All lines of all processes, the exchanges in the order in which they were sent."""
    ledger = Ledger()
    sent: list[tuple[str, Exchange]] = []
    for process, line in LedgerReader(folder).new_lines():
        match line["kind"]:
            case "exchange":
                sent.append((process, Exchange.from_dict(line["row"])))
            case "finished":
                ledger.finished.add(line["requirement"])
            case "selected":
                ledger.selected.update(line["requirements"])
                ledger.started = min(ledger.started or line["started"], line["started"])
            case "reason":
                ledger.reasons[line["requirement"]] = line["text"]
            case "unfinished":
                name = line["requirement"]
                ledger.unfinished[name] = Verdict(name, Word(line["word"]), reason=line["text"])
            case "blocked":
                ledger.blocked = (line["line"], line["exit_code"])
    sent.sort(key=lambda pair: (pair[1].started, pair[0], pair[1].number))
    numbers = {(process, e.number): index for index, (process, e) in enumerate(sent, 1)}
    for process, exchange in sent:
        control = numbers.get((process, exchange.control)) if exchange.control is not None else None
        ledger.exchanges.append(replace(exchange, number=numbers[process, exchange.number], control=control))
    return ledger
