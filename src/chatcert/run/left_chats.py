"""Delete the chats that a run has left, from what the run recorded: its ledger if it was killed, else its report."""

from __future__ import annotations

import hashlib
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from rich.console import Console

from chatcert.exceptions import ConfigurationError, InputFileError, SuiteError
from chatcert.files import read_bounded, write_whole
from chatcert.openapi.contract import Contract
from chatcert.report.builder import created_record
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import CLEAN_UP, CREATED, EVIDENCE
from chatcert.report.model import FoundChats
from chatcert.report.reader import MAX_BYTES, read_report
from chatcert.report.sentences import doubts
from chatcert.run.checking.recorded_address import Where, destination_of
from chatcert.run.checking.rejudging import ContractMissing, catalogue_of
from chatcert.run.clean_up_check import check_clean_up, check_deletable
from chatcert.run.records.ledger import LedgerWriter, read_ledger
from chatcert.run.records.ledger_rows import Removed
from chatcert.run.records.shard_reports import removals_in
from chatcert.run.records.workspace import (
    CLEANED,
    current_report,
    forget,
    kept_runs,
    mark_cleaned,
    removals_beside,
    unfinished_run,
    working_in,
)
from chatcert.run.report_building import contract_of_run
from chatcert.run.results import Taker
from chatcert.text import count, format_time
from chatcert.transport.chats.chat_removal import ChatRemoval
from chatcert.transport.chats.created_chats import Removal, created_chats, rows_of
from chatcert.transport.destination import Destination, resolve
from chatcert.transport.exchange import Exchange
from chatcert.transport.target import Target, check_url

MOCK: Final = "mock"
SHOWN = 20
"""Chats of one reason that are listed."""


@dataclass(frozen=True, slots=True)
class PastRun:
    """What is known of a run that may have left chats.

    Attributes:
        url: where its requests went.
        mode: ``mock``, ``url`` or the name of its target.
        exchanges: everything that it has sent.
        unrecorded: requests of which nothing is recorded but that they were sent.
        in_flight: how many of these had a marker, by marker.
        earlier: the chats that were removed by the run itself, or by a clean-up after it.
        found: how many chats it has removed itself that came in no success; ``None`` if none.
        began: when it began, in seconds since the epoch.
        place: the ledger that was kept beside later runs; ``None`` for the last run.
        ledger: its ledger; ``None`` for a run that has a report instead.
    """

    contract: Contract
    url: str
    mode: str
    exchanges: Sequence[Exchange]
    unrecorded: int = 0
    in_flight: Mapping[str, int] = field(default_factory=dict)
    earlier: tuple[Removal, ...] = ()
    found: FoundChats | None = None
    began: float = 0.0
    place: Path | None = None
    ledger: Path | None = None

    @property
    def gone(self) -> set[int]:
        """Numbers of the exchanges whose chats were removed."""
        return {one.exchange for one in self.earlier if one.exchange is not None}


def remove_chats(
    folder: Path,
    where: Where,
    environment: Mapping[str, str],
    take: Taker | None = None,
) -> int:
    """Delete the chats of the last run in a vendor's folder, and of killed ones before it; print what became of them.

    What became of each is written to ``clean-up.jsonl`` there, and for an earlier run beside its ledger, which is
    removed once nothing is left.

    Args:
        take: takes what became of each, for programs.

    Returns:
        0 if no chat is left that the run knows of, else 1.

    Raises:
        InputFileError: no run has left anything here, or its list of chats does not follow from its evidence.
        ConfigurationError: the run was on another server, on a production server, or no deleting operation is known.
    """
    console = Console(soft_wrap=True, highlight=False)
    with working_in([folder]):
        runs = [(run, _target(run, str(folder), where, environment)) for run in _past_runs(folder)]
        removals = [one for run, target in runs for one in _clean(run, target, console, folder)]
    if take is not None:
        take([one.to_dict() for one in removals])
    return 0 if all(one.removed for one in removals) else 1


def _past_runs(folder: Path) -> Iterator[PastRun]:
    """Yield the unfinished runs whose ledgers were kept, then the last run."""
    kept = kept_runs(folder)
    for place in kept:
        yield replace(_from_ledger(place), place=place)
    last = unfinished_run(folder)
    if last is not None:
        yield _from_ledger(last)
        return
    report = current_report(folder)
    is_live = report.is_file() and read_report(report)["subject"]["mode"] != MOCK
    if not report.is_file() and not kept:
        raise InputFileError(
            "no run has left anything here",
            where=str(folder),
            hint="give the folder of one vendor in a report folder, such as reports/acme",
        )
    if is_live or not kept:
        yield _from_report(report)


def _target(run: PastRun, folder: str, where: Where, environment: Mapping[str, str]) -> Target:
    """Return where the chats of a run are deleted.

    Raises:
        ConfigurationError: the run was on another server, on a production server, or no deleting operation is known.
    """
    check_deletable(run.contract, folder)
    allowed = replace(where, allow_production=True)  # what is checked below names its own flag
    destination = destination_of(run.contract, run.url, run.mode, allowed, environment)
    _check_address(run, destination)
    check_clean_up(destination, run.contract, allow_production=where.allow_production)
    return replace(resolve(destination, run.contract, environment), mode=run.mode)


def _clean(run: PastRun, target: Target, console: Console, folder: Path) -> list[Removal]:
    """Delete the chats of one run, print what became of them, and return that."""
    removal = ChatRemoval(run.contract, target, run.exchanges, in_flight=run.in_flight)
    removals: list[Removal] = []
    written = folder / CLEAN_UP if run.place is None else removals_beside(run.place)
    try:
        removals.extend(removal.run(run.gone))
    finally:
        _write(written, [*run.earlier, *removals])
        if run.ledger is not None:
            _note(run.ledger, removals)
    is_clean = all(one.removed for one in removals)
    heading = [f"the run of {format_time(run.began)}, which was not finished:"] if run.place is not None else []
    _print(console, [*heading, *_lines(run, removals, removal.unlisted)])
    if run.place is not None and is_clean:
        forget(run.place)
    else:
        console.print(str(written), markup=False, style="dim")
    return removals


def _from_ledger(place: Path) -> PastRun:
    ledger = read_ledger(place)
    if ledger.header is None:
        raise InputFileError("the run ended before it recorded its options", where=str(place), hint="nothing was sent")
    contract = contract_of_run(ledger.header, str(place))
    unrecorded = max(0, ledger.sent - len(ledger.exchanges))
    earlier = [Removal(row.id, row.exchange, row.removed, row.reason) for row in ledger.removals.values()]
    return PastRun(
        contract,
        ledger.header.url,
        ledger.header.mode,
        ledger.exchanges,
        unrecorded,
        ledger.in_flight,
        tuple(one for one in earlier if one.removed),
        found=created_record(contract, ledger.exchanges, unrecorded, earlier).get("found"),
        began=ledger.header.started,
        ledger=place,
    )


def _from_report(path: Path) -> PastRun:
    report = read_report(path)
    evidence = _content(path.parent / EVIDENCE)
    exchanges, problems = read_evidence(evidence)
    if problems or report["digests"].get("evidence") != f"sha256:{hashlib.sha256(evidence).hexdigest()}":
        raise InputFileError(
            "not the evidence of its report", where=str(path.parent / EVIDENCE), hint="restore the files of the run"
        )
    try:
        contract = catalogue_of(report, path.parent).contract
    except ContractMissing as why:
        raise InputFileError(str(why), where=str(path), hint="restore the files of the run") from None
    chats = list(created_chats(contract, exchanges))
    if _content(path.parent / CREATED) != rows_of(chats):
        raise InputFileError(
            "not the chats that the evidence of the run shows",
            where=str(path.parent / CREATED),
            hint="restore the files of the run: nothing was deleted",
        )
    created = report.get("created")
    known = created_record(contract, exchanges, 0, None)["unanswered"]
    unrecorded = max(0, created["unanswered"] - known) if created is not None else 0
    subject, found = report["subject"], created.get("found") if created is not None else None
    earlier = tuple(_removed_before(path.parent, {chat.exchange: chat.id for chat in chats}))
    return PastRun(contract, subject["url"], subject["mode"], exchanges, unrecorded, earlier=earlier, found=found)


def _removed_before(folder: Path, chats: Mapping[int, str | None]) -> Iterator[Removal]:
    """Yield the chats of a run that are gone, as its ``clean-up.jsonl`` has it; nothing where that is no such list.

    Args:
        chats: the ids of the chats that came in successes, by the numbers of their exchanges.
    """
    try:
        rows = list(removals_in(folder))
    except InputFileError:
        return
    for row in rows:
        if row.removed and (row.exchange is None or chats.get(row.exchange, row.id) == row.id):
            yield Removal(row.id, row.exchange, row.removed, row.reason)


def _content(path: Path) -> bytes:
    try:
        return read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(reason, where=str(path), hint="give the folder of one vendor in a report folder") from None


def _check_address(run: PastRun, destination: Destination) -> None:
    """Check that a destination is the one of the run.

    Raises:
        ConfigurationError: it is another address.
    """
    if check_url(destination.url) != check_url(run.url):
        raise ConfigurationError(
            f"the run was at {run.url}, not at {destination.url}: nothing was deleted",
            where=destination.where,
            hint="give the address of the run, or leave it out",
        )


def _write(path: Path, removals: Sequence[Removal]) -> None:
    try:
        write_whole(path, rows_of(removals).decode("ascii"))
    except OSError as error:
        raise SuiteError(
            error.strerror or "cannot be written to", where=str(path), hint="is the disk full or read-only?"
        ) from None


def _note(ledger: Path, removals: Sequence[Removal]) -> None:
    """Record in a ledger which chats are gone, so that nobody looks for them again.

    Raises:
        SuiteError: the disk does not take it.
    """
    writer = LedgerWriter(ledger, CLEANED)
    try:
        for one in removals:
            if one.removed:
                writer.write(Removed(one.exchange, one.id, one.removed, one.reason))
        if all(one.removed for one in removals):
            mark_cleaned(ledger)
    finally:
        writer.close()


def _print(console: Console, lines: Iterable[str]) -> None:
    for line in lines:
        console.print(line, markup=False)
    sys.stdout.flush()


def _lines(run: PastRun, removals: Sequence[Removal], unlisted: str) -> Iterator[str]:
    """Yield the summary: how many chats are gone, which are not and why, and what may be left besides.

    Args:
        unlisted: why chats were not looked for in the server's list of them; empty where they were.
    """
    record = created_record(run.contract, run.exchanges, run.unrecorded, removals)
    yield f"{run.contract.vendor}: {count(record['removed'], 'chat')} removed"
    reasons = Counter(one.reason for one in removals if not one.removed)
    for reason, number in reasons.most_common():
        kept = [one for one in removals if one.reason == reason and not one.removed]
        yield f"not removed: {reason} ({count(number, 'chat')})"
        for one in kept[:SHOWN]:
            yield f"  {_source_of(one)}: {ascii(one.id) if one.id is not None else 'no id'}"
        if len(kept) > SHOWN:
            yield f"  and {len(kept) - SHOWN:,} more"
    doubtful = doubts(record, run.found)
    yield from doubtful
    if doubtful and unlisted:
        yield f"no chat was looked for by its marker: {unlisted}"


def _source_of(removal: Removal) -> str:
    return f"exchange {removal.exchange}" if removal.exchange is not None else "a request without an answer"
