"""Write the report of a vendor from the ledger of its run, whether the run came to its end or not."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from chatcert.cases.plan import INTRUSIVE, TOO_MANY
from chatcert.cases.profile import profile_named
from chatcert.exceptions import InputFileError
from chatcert.files import portable, read_bounded
from chatcert.judge.evidence import Evidence
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.judge.waiver import waive
from chatcert.openapi.document.loading import MAX_BYTES
from chatcert.report.builder import ReportInput, RunFacts, build_report
from chatcert.report.detection_record import detection_record_of
from chatcert.report.file_names import PARTIAL, REPORT
from chatcert.report.history import MAX_RUNS, RunRecord
from chatcert.report.model import CredentialOrigin, Lock, Report
from chatcert.report.reader import read_report
from chatcert.report.source_lines import SpecFile
from chatcert.report.writer import write_report
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.run.packages import lock
from chatcert.run.records.ledger import Ledger
from chatcert.run.records.ledger_rows import Header
from chatcert.run.records.workspace import mark_current, mark_not_current, place_for
from chatcert.run.safe_judging import fold_all, judge_all, safely_judged
from chatcert.run.shards import ELSEWHERE, Shards, split
from chatcert.text import count, format_time, join_numbers
from chatcert.transport.budget import LOGINS_OPTION
from chatcert.transport.chats.created_chats import Removal
from chatcert.transport.credentials.live_credentials import FetchReason
from chatcert.vendors import SPEC, specs_folder, vendor_folders

if TYPE_CHECKING:
    from chatcert.report.seal.keys import SigningKey

ENDED = "the run ended before it was finished"


def write_vendor_report(
    folder: Path,
    catalogue: Catalogue,
    ledger: Ledger,
    *,
    history: Sequence[RunRecord] = (),
    signer: SigningKey | None = None,
    packages: Callable[[], Lock | None] = lock,
) -> tuple[Path, Report]:
    """Judge all requirements over all exchanges of a ledger, write the report, and read it back.

    A requirement that was not finished is ``not-run``, unless its exchanges show a breach; so is a rule on all answers
    that nothing could break yet. An incomplete report does
    not take the place of a complete one in ``folder``, but is written into a folder beside it.

    Args:
        history: earlier runs of the vendor, oldest first.
        signer: the key by which the report is signed.
        packages: gives the packages that the run used, or ``None`` where that is unknown; by default those of this
            process.

    Returns:
        The folder of the report, and the report.

    Raises:
        InputFileError: the ledger has no header.
        SuiteError: the report cannot be written.
    """
    header = ledger.header
    if header is None:
        raise InputFileError(
            "the run ended before it began: there is nothing to report", where=str(folder), hint="certify again"
        )
    selected = ledger.selected or set(catalogue.requirements)
    elsewhere = _elsewhere(header, catalogue, selected)
    waiting = [
        name
        for name in catalogue.requirements
        if name in selected and name not in ledger.finished and name not in ledger.unfinished
    ]
    unfinished = {**ledger.unfinished, **_verdicts_on(waiting, catalogue, ledger), **elsewhere}
    judged = judge_all(catalogue, ledger.exchanges, ledger.reasons, unfinished, selected | elsewhere.keys())
    judged |= _untold(ledger, catalogue, waiting, judged)
    broken, waived = waive(judged, header.waivers)
    verdicts = fold_all(catalogue, ledger.exchanges, broken)
    waived = waived.with_followers(verdicts.values())
    blocked = ledger.blocked
    facts = RunFacts(
        vendor=header.vendor,
        target_url_masked=header.url,
        mode=header.mode,
        environment=header.environment,
        region=header.region,
        deviations=header.deviations,
        profile=header.profile,
        seed=header.seed,
        suite_version=header.suite_version,
        started=header.started,
        finished=max(ledger.last, header.started),
        command=header.command,
        reachability=tuple(dict.fromkeys([*([blocked.line] if blocked is not None else ()), *ledger.troubles])),
        began=ledger.ready or (ledger.blocked is None and not ledger.troubles),
        missing=(
            *_selection(header, len(catalogue.requirements), len(selected)),
            *_part(header.shards, len(elsewhere)),
            *_missing(ledger, len(waiting), len(selected)),
        ),
        stopped={"exit_code": blocked.exit_code, "what": blocked.what} if blocked is not None else None,
        settings=header.settings,
        lock=packages(),
        shards=header.shards.to_dict() if header.shards is not None else None,
        run=header.run,
        unrecorded=max(0, ledger.sent - len(ledger.exchanges)),
        removals=removals_of(ledger),
        origins=tuple(_origins(header, ledger)),
    )
    source = ReportInput(
        catalogue.contract,
        catalogue,
        verdicts,
        ledger.exchanges,
        facts,
        history=tuple(history)[-MAX_RUNS:],
        spec=spec_file(header),
        waived=waived,
        proof=detection_record_of(derive(catalogue.contract).digest, header.suite_version),
        previous=_previous_report(folder, header),
    )
    report = build_report(source)
    place = place_for(folder, complete=bool(report.get("complete")))
    write_report(place, report, source)
    if signer is not None:
        from chatcert.report.seal.envelope import seal_report

        seal_report(place, signer)
    if place == folder:
        mark_current(folder)
    else:
        began = report["subject"]["window"]["start"]
        mark_not_current(folder, f"The report on the run of {began}, which is incomplete, is in {PARTIAL}/.")
    return place, read_report(place / REPORT)


def removals_of(ledger: Ledger) -> list[Removal] | None:
    """Return what became of the chats of a run, by exchange; ``None`` if nothing was to be deleted."""
    if not ledger.removals and (ledger.header is None or not ledger.header.settings.get("clean_up")):
        return None
    rows = sorted(ledger.removals.values(), key=lambda row: row.exchange or 0)
    return [Removal(row.id, row.exchange, row.removed, row.reason) for row in rows]


def _origins(header: Header, ledger: Ledger) -> Iterator[CredentialOrigin]:
    """Yield where each fetched credential came from, and how often it was fetched."""
    sources = header.settings.get("credential_sources") or {}
    for name, source in sources.items():
        reasons = ledger.fetched.get(name, [])
        refused = sum(reason is FetchReason.REFUSAL for reason in reasons)
        yield CredentialOrigin(
            name=name, kind=source["kind"], address=source["address"], fetched=len(reasons), refused=refused
        )


def _previous_report(folder: Path, header: Header) -> Report | None:
    """Return the report that will be replaced; ``None`` if there is none, or only one of the same run."""
    try:
        found = read_report(folder / REPORT)
    except InputFileError:
        return None
    return found if found["subject"]["window"]["start"] != format_time(header.started) else None


def _untold(
    ledger: Ledger, catalogue: Catalogue, waiting: Collection[str], judged: Mapping[str, Verdict]
) -> dict[str, Verdict]:
    """Return ``not-run`` for rules on all answers that nothing could break in what a run sent until it ended early."""
    ended = [verdict.reason for verdict in ledger.unfinished.values() if verdict.kind is VerdictKind.NOT_RUN]
    why = ledger.blocked.what if ledger.blocked is not None else ENDED
    ended += [ledger.open.get(name, why) for name in waiting]
    early = [reason for reason in ended if reason not in (INTRUSIVE, TOO_MANY) and LOGINS_OPTION not in reason]
    return {
        name: replace(verdict, kind=VerdictKind.NOT_RUN, reason=early[0])
        for name, verdict in judged.items()
        if early and verdict.kind is VerdictKind.NOT_APPLICABLE and name not in ledger.reasons
        if catalogue.requirements[name].run_wide
    }


def _verdicts_on(waiting: list[str], catalogue: Catalogue, ledger: Ledger) -> dict[str, Verdict]:
    """Return ``not-run`` for requirements that were not finished, except those whose breach was seen."""
    why = ledger.blocked.what if ledger.blocked is not None else ENDED
    verdicts = {name: Verdict(name, VerdictKind.NOT_RUN, reason=ledger.open.get(name, why)) for name in waiting}
    if not ledger.ready:  # if preflight failed, the credentials may be wrong: give no verdict
        return verdicts
    evidence = Evidence(catalogue.contract, catalogue.requirements, ledger.exchanges)
    judged = {name: safely_judged(evidence, catalogue.requirements[name], "") for name in waiting}
    return {name: verdict for name, verdict in verdicts.items() if judged[name].kind is not VerdictKind.FAIL}


def _elsewhere(header: Header, catalogue: Catalogue, selected: set[str]) -> dict[str, Verdict]:
    """Return ``not-run`` for the requirements of other shards."""
    if header.shards is None:
        return {}
    numbers = split(catalogue.requirements.values(), profile_named(header.profile), header.shards.of)
    return {
        name: Verdict(name, VerdictKind.NOT_RUN, reason=ELSEWHERE)
        for name, number in numbers.items()
        if number not in header.shards.held and name not in selected
    }


def _selection(header: Header, known: int, selected: int) -> tuple[str, ...]:
    """Return the sentence on what is missing from the report of a partial run."""
    if not header.settings.get("only") or header.shards is not None:
        return ()
    return (f"This is a partial run of {selected} of {count(known, 'requirement')}, and no certificate.",)


def _part(shards: Shards | None, elsewhere: int) -> tuple[str, ...]:
    """Return the sentence on what is missing from the report of a shard."""
    if shards is None or not elsewhere:
        return ()
    left = count(elsewhere, "requirement is", "requirements are")
    return (f"This is shard {join_numbers(shards.held)} of {shards.of}: {left} left to the others.",)


def _missing(ledger: Ledger, waiting: int, selected: int) -> tuple[str, ...]:
    """Return what is missing from the report of a run that ended early, one sentence each."""
    blocked = ledger.blocked if ledger.ready else None
    stopped = [f"The run ended early, with exit status {blocked.exit_code}: {blocked.sentences}"] if blocked else []
    if ledger.lacking or not waiting:
        return (*stopped, *ledger.lacking)
    torn = [f"The last line of {name} breaks off and was left out." for name in ledger.torn]
    why = f": {ledger.blocked.sentences}" if ledger.blocked is not None and not stopped else "."
    if waiting == selected and not ledger.ready:
        return (f"Nothing was tested{why}", *torn)
    return (*stopped, f"The run ended before {waiting} of {count(selected, 'requirement')} were finished{why}", *torn)


def spec_file(header: Header) -> SpecFile | None:
    """Return the document that findings point into; ``None`` if it can no longer be read."""
    given = Path(header.spec) if header.spec is not None else None
    folder = Path(header.folder)
    bundled = vendor_folders(folder).get(header.vendor, specs_folder() / header.vendor)
    path = folder / given if given is not None else bundled / SPEC
    uri = quote(portable(given) if given is not None else f"specs/{header.vendor}/{SPEC}")
    try:
        return SpecFile(uri, read_bounded(path, MAX_BYTES).decode("utf-8-sig"))
    except (OSError, ValueError):
        return None
