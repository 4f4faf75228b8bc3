"""Judge a report again from the exchanges and the documents that are kept with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from chatcert import __version__
from chatcert.cases.plan import NOT_MADE
from chatcert.exceptions import UsageError
from chatcert.judge.evidence import Evidence
from chatcert.judge.lifecycle import is_why_left
from chatcert.judge.verdict import NOT_FROM_EXCHANGES, Verdict, VerdictKind
from chatcert.judge.waiver import ALONG
from chatcert.openapi.contract import Contract
from chatcert.openapi.refusal_marks import is_refused
from chatcert.report.builder import NO_REASON, encodable_value, finding_row
from chatcert.report.file_names import CONTRACT_OVERLAY, CONTRACT_SPEC
from chatcert.report.grouping import findings_of
from chatcert.report.model import Report, RequirementRow
from chatcert.report.rare_errors import constancy_of
from chatcert.report.seal.integrity import Remark, problem
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.requirement import Requirement, is_own
from chatcert.run.checking.known_rules import remarks_on_rules, strange_rows
from chatcert.run.safe_judging import fold_all, safely_judged
from chatcert.text import count, encodable, one_line
from chatcert.transport.exchange import Exchange
from chatcert.vendors import known_vendors, open_documents, open_vendor

Row = RequirementRow


def rejudge(report: Report, catalogue: Catalogue, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Check that every verdict follows from the exchanges.

    Not judged again, but remarked on: ``not-run``, ``error``, and ``not-applicable`` where nothing was sent. A waived
    requirement must be one that fails.

    Yields:
        A problem for each verdict that does not follow, then what was judged, and what could not be.
    """
    strange = list(_check_catalogue(report, catalogue))
    yield from strange
    evidence = Evidence(catalogue.contract, catalogue.requirements, sorted(exchanges, key=lambda e: e.number))
    for exchange in exchanges:
        received = exchange.received
        refused = received is not None and is_refused(catalogue.contract, received.status, received.body)
        if refused is not exchange.refused:
            yield problem(f"exchange {exchange.number}: whether it refuses is not what its answer says")
        moved = received is not None and catalogue.contract.redirects_to_chat(received.status)
        if moved is not exchange.moved:
            yield problem(f"exchange {exchange.number}: whether it redirects to a chat is not what its answer says")
    taken: dict[tuple[str, str], list[str]] = {}
    breaches: dict[str, bool] = {}
    fresh: dict[str, Verdict] = {}
    judged = 0
    for row in report["requirements"]:
        requirement = catalogue.requirements.get(row["id"])
        if requirement is None and is_own(row["id"]):
            continue
        if requirement is None:
            taken.setdefault(("unknown", "this version of chatcert derives no such requirement"), []).append(row["id"])
            continue
        verdict = safely_judged(evidence, requirement, "")
        breaches[row["id"]] = verdict.kind is VerdictKind.FAIL
        if _is_taken(row, verdict):
            shown = "; its exchanges show a breach" if verdict.kind is VerdictKind.FAIL else ""
            taken.setdefault((row["verdict"], row["reason"] + shown), []).append(row["id"])
            verdict = safely_judged(evidence, requirement, row["reason"])
            if _is_not_made(row):  # whether none can be made is checked with the plan
                verdict = replace(verdict, kind=VerdictKind.INCONCLUSIVE)
        else:
            if verdict.kind is VerdictKind.NOT_APPLICABLE and is_why_left(evidence, requirement, row["reason"]):
                verdict = safely_judged(evidence, requirement, row["reason"])
            judged += 1
        fresh[row["id"]] = verdict
    yield from _compared(report, catalogue, exchanges, fresh)
    is_new = "run" in report or any(exchange.suite for exchange in exchanges)  # early versions planned otherwise
    if is_new and not strange and is_of_this_version(report):
        from chatcert.run.checking.replanning import check_plan

        yield from check_plan(report, catalogue, exchanges, breaches)
    yield from remarks_on_rules(report, catalogue, exchanges)
    yield Remark(f"{count(judged, 'verdict')} judged again from {count(len(exchanges), 'exchange')}")
    for (word, reason), ids in taken.items():
        several = count(len(ids), "requirement")
        yield Remark(one_line(f"{several} not judged again ({word}: {reason})"), ids=tuple(ids))


def _compared(
    report: Report, catalogue: Catalogue, exchanges: Sequence[Exchange], fresh: Mapping[str, Verdict]
) -> Iterator[Remark]:
    """Yield a problem for each row that is not the verdict that was derived again, waived and folded."""
    rows = {row["id"]: row for row in report["requirements"] if row["id"] in fresh}
    kinds = {name: VerdictKind(row["verdict"]) for name, row in rows.items()}
    is_ours = is_of_this_version(report)
    taken = {
        name: replace(verdict, kind=kinds[name])
        if kinds[name] in NOT_FROM_EXCHANGES or _is_covered(rows[name], verdict)
        else verdict
        for name, verdict in fresh.items()
    }
    folded = fold_all(catalogue, exchanges, taken) if is_ours else taken
    for name, row in rows.items():
        if kinds[name] not in NOT_FROM_EXCHANGES:
            verdict = folded[name] if folded[name] is not taken[name] else fresh[name]
            yield from _differences(row, verdict, report.get("settings"), is_ours=is_ours)


def _is_covered(row: Row, verdict: Verdict) -> bool:
    """Return whether a requirement fails and a waiver names it; what is waived along with another is derived again."""
    is_waived = row["verdict"] == VerdictKind.WAIVED and verdict.kind is VerdictKind.FAIL
    return is_waived and not row["reason"].startswith(ALONG)


def is_of_this_version(report: Report) -> bool:
    """Return whether this version of chatcert wrote a report, so that it derives the same from the same evidence."""
    return report["suite"]["version"] == __version__


def _is_taken(row: Row, verdict: Verdict) -> bool:
    """Return whether a verdict does not come from exchanges, so that it cannot be judged again."""
    without_requests = row["verdict"] == VerdictKind.NOT_APPLICABLE or _is_not_made(row)
    nothing_sent = without_requests and verdict.kind is VerdictKind.NOT_RUN
    return nothing_sent or row["verdict"] in NOT_FROM_EXCHANGES


def _is_not_made(row: Row) -> bool:
    """Return whether a row says that no request could be made for it."""
    is_open = row["verdict"] == VerdictKind.INCONCLUSIVE and not row["cases"]
    return is_open and row["reason"].startswith(NOT_MADE)


def _differences(row: Row, verdict: Verdict, settings: Mapping[str, Any] | None, *, is_ours: bool) -> Iterator[Remark]:
    follows = row["verdict"] == VerdictKind.WAIVED and row["reason"].startswith(ALONG)
    is_waived = row["verdict"] == VerdictKind.WAIVED and not follows
    reported = VerdictKind.FAIL if is_waived else VerdictKind(row["verdict"])
    if reported is not verdict.kind:
        why = verdict.finding.actual if verdict.finding is not None else verdict.reason
        because = f" ({why})" if why else ""
        yield problem(one_line(f"{row['id']}: it says {row['verdict']}, its exchanges say {verdict.kind}{because}"))
        return
    if verdict.kind is VerdictKind.NOT_APPLICABLE and row["reason"] != encodable(verdict.reason):
        yield problem(one_line(f"{row['id']}: its reason is another one than its exchanges show: {verdict.reason}"))
        return
    figures = (row["cases"], row["telling"], row.get("attempts", verdict.attempts), tuple(row["exchanges"]))
    if figures != (verdict.cases, verdict.non_vacuous, verdict.attempts, verdict.exchanges):
        yield problem(one_line(f"{row['id']}: its cases are not those that the exchanges hold"))
    found = row["finding"]
    if found is not None and verdict.finding is not None:
        others = (verdict.finding, *verdict.finding.also)
        shown = [(one["occurrences"], one["observed"], tuple(one["exchanges"])) for one in findings_of(row)]
        if shown != [(one.occurrences, one.observed, one.exchanges) for one in others] or (
            is_ours and found != encodable_value(finding_row(verdict.finding, settings))
        ):
            yield problem(one_line(f"{row['id']}: its finding is not the one that the exchanges show"))
            return
    says_why = follows or row["verdict"] == VerdictKind.INCONCLUSIVE
    if is_ours and says_why and row["reason"] != encodable(verdict.reason or NO_REASON):
        yield problem(one_line(f"{row['id']}: its reason is another one than its exchanges show: {verdict.reason}"))


def _check_catalogue(report: Report, catalogue: Catalogue) -> Iterator[Remark]:
    """Check that its requirements follow from its documents; another version of chatcert may derive others."""
    strange = {row["id"] for row in strange_rows(report, catalogue)}
    rows = {row["id"]: row for row in report["requirements"] if row["id"] not in strange}
    unexpected = [
        name
        for name, requirement in catalogue.requirements.items()
        if name not in rows or _terms(rows[name]) != _terms_of(requirement)
    ]
    unexpected += [name for name in rows if name not in catalogue.requirements]
    if not unexpected and list(rows) == list(catalogue.requirements):
        return
    which, version = ", ".join(unexpected) or "in another order", report["suite"]["version"]
    if is_of_this_version(report):
        yield problem(one_line(f"not the requirements that follow from its documents: {which}"))
    else:
        yield problem(one_line(f"chatcert {version} derived other requirements than {__version__}: {which}"))


def _terms(row: Row) -> tuple[str, ...]:
    clause = row["clause"]
    return (row["kind"], row["level"], row["provenance"], clause["text"], clause["pointer"], clause["source"])


def _terms_of(requirement: Requirement) -> tuple[str, ...]:
    clause = requirement.clause
    return (
        requirement.kind.value,
        requirement.level.value,
        requirement.provenance.value,
        encodable(clause.text),
        encodable(clause.pointer),
        encodable(clause.source),
    )


class ContractMissing(Exception):
    """The documents that a report was judged by are missing."""


def catalogue_of(report: Report, folder: Path) -> Catalogue:
    """Derive a report's catalogue from the vendor's folder if it has the same documents, else from the report's copies.

    Raises:
        ContractMissing: neither has the digests that the report gives.
    """
    wanted = (report["digests"]["spec"], report["digests"]["overlay"])
    why = "the documents that it was judged by are not here"
    for contract, trouble in _candidates(report, folder):
        if contract is None:
            why = trouble
        elif (contract.spec_digest, contract.overlay_digest) == wanted:
            return derive(contract)
        else:
            why = f"{trouble} not the documents that it was judged by"
    raise ContractMissing(why)


def _candidates(report: Report, folder: Path) -> Iterator[tuple[Contract | None, str]]:
    vendor = report["vendor"]
    if vendor in known_vendors():
        contract = open_vendor(vendor)
        if f"{contract.method} {contract.path}" == report["subject"]["operation"]:
            yield contract, f"the documents in specs/{vendor} are"
    spec, overlay = folder / CONTRACT_SPEC, folder / CONTRACT_OVERLAY
    if spec.exists():
        try:
            yield (
                open_documents(
                    spec, overlay, vendor=vendor, place=spec.parent.name, operation=report["subject"]["operation"]
                ),
                f"{spec.parent.name}/ holds",
            )
        except UsageError as error:
            yield None, error.line()


def check_count(report: Report, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Check that there are as many exchanges as the report says."""
    if report["requests"] != len(exchanges):
        yield problem(f"requests: {report['requests']} are counted, {len(exchanges)} exchanges are kept")
    if "constancy" in report and report["constancy"] != constancy_of(exchanges, report["profile"]):
        yield problem("constancy: it is not what the exchanges show")
