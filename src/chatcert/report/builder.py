"""Build a report from the verdicts, exchanges and facts of a run. Every view is rendered from this data."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, cast
from urllib.parse import urlsplit

from chatcert.exceptions import SuiteError
from chatcert.judge.verdict import NEEDS_REASON, NOT_TESTED, Finding, Verdict, VerdictKind
from chatcert.judge.waiver import Waived
from chatcert.openapi.contract import Contract, SpecDefect
from chatcert.openapi.reading import digest_of
from chatcert.report.comparison import compare
from chatcert.report.curl_certificates import with_certificates
from chatcert.report.evidence_file import evidence_of
from chatcert.report.history import RunRecord
from chatcert.report.model import (
    Created,
    CredentialOrigin,
    DetectionRecord,
    Difference,
    FindingRow,
    FoundChats,
    FurtherFindingRow,
    HeldShards,
    Lock,
    Report,
    RequirementRow,
    SourceLine,
    Stop,
    Subject,
    WaiverUse,
)
from chatcert.report.own_verdicts import contract_rows, rule_row
from chatcert.report.rare_errors import constancy_of
from chatcert.report.reachability import reachability_record, reported_version
from chatcert.report.reader import SCHEMA, check_report
from chatcert.report.selection import is_left_out, outcome_of_rows, rule_of, unselected_sentence
from chatcert.report.source_lines import SourceNode, SpecFile, index_lines
from chatcert.report.validity import strength_of, validity_of
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.text import count, encodable, format_time
from chatcert.transport.chats.created_chats import Removal, answered_with_error, created_chats, unanswered
from chatcert.transport.exchange import Exchange
from chatcert.transport.repetition import learnt_places

NO_VERDICT_REASON = "no verdict was reached: it was deselected, or the run ended before it"
NO_REASON = "no reason was recorded"


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known about a run besides its verdicts.

    Attributes:
        target_url_masked: the address that requests went to, without any credential.
        mode: ``mock``, ``url`` or the name of a target.
        suite_version: version of chatcert.
        started: seconds since the epoch, UTC.
        finished: seconds since the epoch, UTC.
        reachability: why the run ended early, or could not begin, a sentence each; empty if it did neither.
        began: whether anything could be tested.
        retries: how often a request was sent again, by transport error or status (``timeout``, ``503``, ...);
            counted from the exchanges if it is ``None``.
        command: the command line that repeats this run.
        environment, region: what the target is and where it runs, as its owner describes it.
        deviations: how the operation was tested in another way than the document describes, a sentence each.
        missing: what the report lacks because the run did not finish, a sentence each.
        stopped: the error that ended the run early, or kept it from beginning.
        settings: the options of the run, without any credential; JSON-ready.
        lock: digest and number of the installed packages, and Python's version.
        shards: which shards of a split run it holds, as ``of`` and ``held``.
        run: the name of the run; empty where it is unknown.
        unrecorded: requests that were sent and of which no answer is recorded, because the run was killed.
        removals: what became of the chats that the run created; ``None`` where they were not to be deleted.
        origins: where credentials came from that were fetched.
    """

    vendor: str
    target_url_masked: str
    mode: str
    profile: str
    seed: int
    suite_version: str
    started: float
    finished: float
    reachability: tuple[str, ...] = ()
    began: bool = True
    retries: Mapping[str, int] | None = None
    command: str = ""
    environment: str = ""
    region: str = ""
    deviations: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    stopped: Stop | None = None
    settings: Mapping[str, Any] | None = None
    lock: Lock | None = None
    shards: HeldShards | None = None
    run: str = ""
    unrecorded: int = 0
    removals: Sequence[Removal] | None = None
    origins: Sequence[CredentialOrigin] = ()


@dataclass(frozen=True)
class ReportInput:
    """Everything that a report is built from.

    Attributes:
        verdicts: verdict by requirement id; a requirement of the catalogue that is missing here counts as not run.
        exchanges: everything that was sent.
        history: earlier runs of this vendor, oldest first.
        spec: the vendor's document on disk, so that findings can name its lines; ``None`` if it cannot be read.
        waived: what became of the waivers.
        proof: how many of the servers with a known fault this version detects.
        previous: the report that this one replaces.
    """

    contract: Contract
    catalogue: Catalogue
    verdicts: Mapping[str, Verdict]
    exchanges: Sequence[Exchange]
    facts: RunFacts
    history: Sequence[RunRecord] = ()
    spec: SpecFile | None = None
    waived: Waived | None = None
    proof: DetectionRecord | None = None
    previous: Report | None = None

    @cached_property
    def evidence(self) -> bytes:
        """Return the content of evidence.jsonl, of which the report states the digest."""
        return evidence_of(sorted(self.exchanges, key=lambda exchange: exchange.number))


def build_report(source: ReportInput) -> Report:
    """Build the content of ``report.json``: a row for each requirement of the catalogue, valid against its schema.

    Raises:
        SuiteError: a verdict names a requirement that is not in the catalogue, or the result breaks its schema.
    """
    requirements = source.catalogue.requirements
    unknown = [key for key, verdict in source.verdicts.items() if key not in requirements or verdict.requirement != key]
    if unknown:
        raise SuiteError("a verdict on a requirement that is not in the catalogue", where=unknown[0])
    verdicts = {key: Verdict(key, VerdictKind.NOT_RUN, reason=NO_VERDICT_REASON) for key in requirements} | dict(
        source.verdicts
    )
    places = index_lines(source.spec.text) if source.spec is not None else SourceNode(1)
    rows = [
        _row(requirements[key], verdict, source.spec, places, source.facts.settings)
        for key, verdict in verdicts.items()
    ]
    counts = Counter(row["verdict"] for row in contract_rows(rows))
    facts, contract = source.facts, source.contract
    missing = list(facts.missing)
    unselected, rule = unselected_sentence(rows, facts.profile), rule_of(rows)
    not_run = sum(row["verdict"] == VerdictKind.NOT_RUN and not is_left_out(row) for row in rows)
    if not_run and not missing:
        missing = [f"{count(not_run, 'requirement')} did not run."]
    missing += [unselected] if unselected else []
    report: Report = {
        "schema": SCHEMA,
        "vendor": facts.vendor,
        "title": contract.title,
        "outcome": outcome_of_rows(rows, rule).value,
        "outcome_rule": rule,
        "complete": not missing,
        "missing": missing,
        "subject": _subject(source),
        "totals": {"requirements": counts.total(), **{word.value: counts[word] for word in VerdictKind}},
        "requests": len(source.exchanges),
        "constancy": constancy_of(source.exchanges, facts.profile),
        "seconds": round(max(facts.finished - facts.started, 0.0), 3),
        "profile": facts.profile,
        "seed": facts.seed,
        "command": facts.command,
        "suite": {"name": "chatcert", "version": facts.suite_version},
        "manifest": {"digest": source.catalogue.digest, "requirements": len(requirements)},
        "digests": {
            "spec": contract.spec_digest,
            "overlay": contract.overlay_digest,
            "catalogue": source.catalogue.digest,
            "evidence": f"sha256:{hashlib.sha256(source.evidence).hexdigest()}",
        },
        "deviations": list(facts.deviations),
        "reachability": list(facts.reachability),
        "weather": dict(sorted((retries_in(source.exchanges) if facts.retries is None else facts.retries).items())),
        "created": created_record(contract, source.exchanges, facts.unrecorded, facts.removals),
        "contact": reachability_record(source.exchanges, blocked=not facts.began),
        "spec_defects": [
            {"pointer": defect.pointer, "problem": defect.problem, **_line(defect.pointer, source.spec, places)}
            for defect in defects_of(contract, source.exchanges)
        ],
        "not_tested": [{"id": row["id"], "reason": row["reason"]} for row in rows if row["verdict"] in NOT_TESTED],
        "requirements": rows,
    }
    if facts.run:
        report["run"] = facts.run
    if facts.origins:
        report["credentials"] = list(facts.origins)
    if facts.stopped is not None:
        report["stopped"] = facts.stopped
    if source.history:
        report["history"] = [row.to_dict() for row in source.history]
    _add_caveats(report, source)
    report = encodable_value(report)
    problem = check_report(report)
    if problem:
        raise SuiteError(f"the report breaks its own schema: {problem}", where=facts.vendor, hint="please report this")
    return report


def defects_of(contract: Contract, exchanges: Sequence[Exchange]) -> tuple[SpecDefect, ...]:
    """Return the defects of a document: those that it shows, and those that its run has learnt."""
    return (*contract.defects, *_learnt_defects(contract, exchanges))


def _learnt_defects(contract: Contract, exchanges: Sequence[Exchange]) -> Iterator[SpecDefect]:
    """Yield what the document does not say and the run has learnt: values that must be new."""
    for place, status in learnt_places(contract, exchanges).values():
        name = "/".join(place.path)
        yield SpecDefect(
            place.pointer,
            f"A value of {name} that is in use is refused with status {status}, and the document does not say that it "
            "must be new.",
        )


def _add_caveats(report: Report, source: ReportInput) -> None:
    """Add the parts that qualify a report: settings, waivers, strength, validity and difference."""
    facts = source.facts
    if facts.settings is not None:
        report["settings"] = encodable_value(facts.settings)
        report["digests"]["settings"] = digest_of(report["settings"])
    if facts.lock is not None:
        report["suite"]["lock"] = facts.lock
    if source.waived is not None:
        report["waivers"] = cast("WaiverUse", source.waived.to_dict())
    if source.proof is not None:
        report["proof"] = source.proof
    report["strength"] = strength_of(report["totals"], report["requirements"])
    report["validity"] = validity_of(report["subject"]["window"]["end"], report.get("waivers"))
    if source.previous is not None and source.previous["vendor"] == report["vendor"]:
        report["difference"] = _difference(source.previous, encodable_value(report))


def _difference(previous: Report, report: Report) -> Difference:
    changed = compare(previous, report).to_dict()
    return {
        "comparable": changed["comparable"],
        "obstacles": changed["obstacles"],
        "remarks": changed["remarks"],
        "regressed": changed["regressed"],
        "totals": changed["totals"],
        "changes": changed["changes"],
        "previous": {"outcome": previous["outcome"], "finished": previous["subject"]["window"]["end"]},
    }


def _line(pointer: str, spec: SpecFile | None, places: SourceNode) -> SourceLine:
    """Return file and line of a JSON Pointer in the vendor's document, or of the nearest value around it."""
    line = places.line_at(pointer) if pointer else None
    return {"file": spec.uri, "line": line} if spec is not None and line is not None else {}


def _row(
    requirement: Requirement,
    verdict: Verdict,
    spec: SpecFile | None,
    places: SourceNode,
    settings: Mapping[str, Any] | None,
) -> RequirementRow:
    clause = requirement.clause
    row: RequirementRow = {
        "id": requirement.id,
        "kind": requirement.kind.value,
        "level": requirement.level.value,
        "provenance": requirement.provenance.value,
        "clause": {
            "text": clause.text,
            "pointer": clause.pointer,
            "source": clause.source,
            **_line(clause.pointer, spec, places),
        },
        "verdict": verdict.kind.value,
        "reason": verdict.reason or (NO_REASON if verdict.kind in NEEDS_REASON else ""),
        "cases": verdict.cases,
        "telling": verdict.non_vacuous,
        "attempts": verdict.attempts,
        "finding": finding_row(verdict.finding, settings) if verdict.finding is not None else None,
        "exchanges": list(verdict.exchanges),
    }
    if requirement.kind is Kind.OWN:
        row["rule"] = rule_row(requirement)
    return row


def finding_row(finding: Finding, settings: Mapping[str, Any] | None) -> FindingRow:
    """Return a finding as a report states it.

    Args:
        settings: those of the run.
    """
    if not finding.also:
        return cast("FindingRow", _further(finding, settings))
    return {**_further(finding, settings), "also": [_further(other, settings) for other in finding.also]}


def _further(finding: Finding, settings: Mapping[str, Any] | None) -> FurtherFindingRow:
    row: FurtherFindingRow = {
        "title": finding.title,
        "expected": finding.expected,
        "actual": finding.actual,
        "curl": with_certificates(finding.curl, settings),
        "exchanges": list(finding.exchanges),
        "occurrences": finding.occurrences,
        "observed": finding.observed,
        "cause": finding.cause or finding.actual,
    }
    if finding.request_id:
        row["request_id"] = finding.request_id
    return row


def _subject(source: ReportInput) -> Subject:
    facts, contract = source.facts, source.contract
    subject: Subject = {
        "vendor": facts.vendor,
        "mode": facts.mode,
        "host": urlsplit(facts.target_url_masked).netloc.rpartition("@")[2],
        "url": facts.target_url_masked,
        "environment": facts.environment,
        "region": facts.region,
        "operation": f"{contract.method} {contract.path}",
        "version": contract.version,
        "window": {"start": format_time(facts.started), "end": format_time(facts.finished)},
        "reported": reported_version(source.exchanges),
    }
    if facts.shards is not None:
        subject["shards"] = facts.shards
    return subject


def created_record(
    contract: Contract, exchanges: Sequence[Exchange], unrecorded: int, removals: Sequence[Removal] | None
) -> Created:
    """Return what a report states of the chats that its run has created."""
    record: Created = {
        "chats": sum(1 for _ in created_chats(contract, exchanges)),
        "unanswered": unanswered(contract, exchanges) + unrecorded,
        "server_errors": answered_with_error(contract, exchanges),
    }
    if removals is not None:
        reasons = Counter(removal.reason for removal in removals if not removal.removed)
        made = {chat.exchange for chat in created_chats(contract, exchanges)}
        record["removed"] = sum(removal.removed and removal.exchange in made for removal in removals)
        if found := [removal for removal in removals if removal.removed and removal.exchange not in made]:
            record["found"] = _found(contract, exchanges, found)
        record["kept"] = [{"reason": reason, "chats": chats} for reason, chats in reasons.most_common()]
    return record


def _found(contract: Contract, exchanges: Sequence[Exchange], removals: Sequence[Removal]) -> FoundChats:
    """Count removed chats whose ids only the list of chats has, by what came of the requests that created them."""
    numbers = {removal.exchange for removal in removals}
    errors = answered_with_error(contract, (one for one in exchanges if one.number in numbers))
    refused = sum(1 for one in exchanges if one.number in numbers and one.status is not None) - errors
    return {"unanswered": len(removals) - errors - refused, "server_errors": errors, "refused": refused}


def retries_in(exchanges: Sequence[Exchange]) -> Counter[str]:
    """Count the attempts that were repeated, by transport error or status."""
    return Counter(x.error.kind if x.error else str(x.status) for x in exchanges if not x.final)


def encodable_value(value: Any) -> Any:
    """Return a JSON value in which every text can be encoded as UTF-8."""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, Mapping):
        return {encodable(str(key)): encodable_value(item) for key, item in value.items()}
    return [encodable_value(item) for item in value] if isinstance(value, list) else value
