"""Send the exchanges of a finding again, and say whether it is still there."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Final

from chatcert.cases.case import Case
from chatcert.cases.plan import Plan
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.exceptions import ChatcertError, InputFileError, NothingSelectedError
from chatcert.files import read_bounded
from chatcert.judge.blame.by_members import other_members
from chatcert.judge.evidence import Evidence
from chatcert.judge.findings import repetitions_in
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.names import did_you_mean
from chatcert.openapi.values.request_markers import MARKER
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import EVIDENCE, REPORT
from chatcert.report.grouping import cause_of, findings_of
from chatcert.report.model import Report, RequirementRow
from chatcert.report.reader import MAX_BYTES, read_report
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.requirement import Requirement, is_own
from chatcert.run.checking.known_rules import check_known, with_known_rules
from chatcert.run.checking.recorded_address import Where, destination_of
from chatcert.run.checking.rejudging import ContractMissing, catalogue_of
from chatcert.run.execution import Execution
from chatcert.run.minimising import Minimal, Minimiser
from chatcert.run.safe_judging import safely_judged
from chatcert.text import count
from chatcert.transport.budget import Budget
from chatcert.transport.destination import resolve
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.sending import Session
from chatcert.transport.target import Target

BREACHES = (VerdictKind.FAIL, VerdictKind.WARN)


SEVERAL: Final = "it rests on several requests, or on one without a JSON body"
"""Why no body is made smaller."""
_NEW_EACH_TIME: Final = re.compile(
    r"^.*(?=, as in exchange \d)|\bexchanges? \d+|\d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d:\d\d)?|\d{6,}(?:\.\d+)?"
    r"|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    re.IGNORECASE,
)
"""Parts of a cause that differ from run to run."""


class Result(StrEnum):
    """What became of a finding."""

    CONFIRMED = "confirmed"
    CHANGED = "changed"
    GONE = "gone"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Replayed:
    """The result of sending the exchanges of a finding again.

    Attributes:
        was, now: what the finding said, and what the verdict says now.
        answers: the result of each request then and now, by the number of the old exchange.
        curl: the command lines that repeat it, where it is still there.
        chats: how many chats were created by that.
        minimal: the smallest body that shows it, if one was asked for and found.
        not_minimised: why there is none, though one was asked for.
        times: how often each case was sent, since the breach came and went.
    """

    requirement: str
    result: Result
    was: str
    now: str
    answers: Mapping[int, tuple[str, str]]
    curl: str
    chats: int
    minimal: Minimal | None = None
    not_minimised: str = ""
    times: int = 1

    @property
    def exit_code(self) -> int:
        """0 if the finding is gone, 1 if it is there, 75 if nothing can be said."""
        return {Result.GONE: 0, Result.UNDECIDED: 75}.get(self.result, 1)


def replay(place: Path, name: str, where: Where, environment: Mapping[str, str], minimise: int = 0) -> Replayed:
    """Send the exchanges of a finding again.

    A breach that came and went is gone only if as many requests do not show it as its command repeats.

    Args:
        place: a report.json, or the folder that holds it.
        name: the id of the requirement, with its vendor or without.
        minimise: how many more requests may be sent to make the body of a failing one smaller.

    Raises:
        InputFileError: there is no report, or its evidence or documents are missing.
        NothingSelectedError: the report has no such requirement, or no finding on it.
        ChatcertError: the target cannot be tested.
    """
    path = place / REPORT if place.is_dir() else place
    report = read_report(path)
    row = _row(report, name)
    try:
        catalogue = with_known_rules(report, catalogue_of(report, path.parent), where.options.rules)
    except ContractMissing as why:
        raise InputFileError(str(why), where=str(path), hint="restore the files of the run") from None
    if is_own(row["id"]):
        check_known({**report, "requirements": [row]}, catalogue, str(path))
    exchanges = _evidence(path.parent / EVIDENCE)
    own = {number for finding in findings_of(row) for number in finding["exchanges"]} or set(row["exchanges"])
    old = {exchange.case: exchange for exchange in exchanges if exchange.number in own and exchange.role != Role.PROBE}
    subject, documented = report["subject"], catalogue.contract.path
    used = str(report.get("settings", {}).get("path") or documented)
    destination = destination_of(
        catalogue.contract,
        subject["url"],
        subject["mode"],
        where,
        environment,
        path=used if used != documented else "",
    )
    target = resolve(destination, catalogue.contract, environment)
    requirement = catalogue.requirements[row["id"]]
    planner = _Replanned(
        catalogue.contract,
        target.resources,
        profile_named(report["profile"]),
        report["seed"],
        credentials=target.credentials,
    )
    planner.wanted = frozenset(old)
    needed = max((repetitions_in(finding["curl"]) for finding in findings_of(row)), default=1)
    verdict, new = _tested(report, catalogue, target, requirement, old, planner)
    replayed = _compared(row, _by_old_cases(catalogue, requirement, new, old) or verdict, old, new)
    if replayed.result is Result.GONE and len(replayed.answers) < needed:
        planner.times = math.ceil(needed / max(len(replayed.answers), 1))
        verdict, more = _tested(report, catalogue, target, requirement, old, planner)
        new = [*new, *more]
        replayed = replace(_compared(row, verdict, old, new), times=planner.times)
    if minimise and verdict.finding is not None and replayed.result in (Result.CONFIRMED, Result.CHANGED):
        minimal = _minimal(catalogue, target, requirement, planner, verdict, [*new, *exchanges], minimise)
        return replace(replayed, minimal=minimal, not_minimised="" if minimal is not None else SEVERAL)
    return replayed


def _row(report: Report, name: str) -> RequirementRow:
    rows = {row["id"]: row for row in report["requirements"]}
    found = rows.get(name) or rows.get(f"{report['vendor']}/{name}")
    if found is None:
        with_finding = [known for known, row in rows.items() if row["finding"] is not None]
        raise NothingSelectedError(f"no requirement {name!r}", where="ID", hint=did_you_mean(name, with_finding))
    if found["finding"] is None:
        raise NothingSelectedError(
            f"no finding on {found['id']}: {found['verdict']}", where="ID", hint="see the report"
        )
    return found


def _evidence(path: Path) -> Sequence[Exchange]:
    try:
        exchanges, problems = read_evidence(read_bounded(path, MAX_BYTES))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise InputFileError(reason, where=str(path), hint="restore the files of the run") from None
    if problems:
        raise InputFileError(problems[0], where=str(path), hint="restore the files of the run")
    return exchanges


class _Replanned(Planner):
    """Plans the cases of a finding alone, each as often as it is to be sent."""

    wanted: frozenset[str] = frozenset()
    times = 1

    def plan(self, requirement: Requirement) -> Plan:
        """Return the plan of a requirement without the cases that the finding does not rest on."""
        plan = super().plan(requirement)
        kept = [case for case in plan.cases if self._is_wanted(case, plan.cases)]
        kept += [_copy(case, number) for number in range(2, self.times + 1) for case in kept if not case.is_conditional]
        return replace(plan, cases=tuple(kept)) if kept else plan

    def _is_wanted(self, case: Case, others: Sequence[Case]) -> bool:
        group = {other.id for other in others if case.group and other.group == case.group}
        narrowed = {other.narrows for other in others if other.id in self.wanted}
        return bool({case.id, *group} & self.wanted) or case.id in narrowed


def _copy(case: Case, number: int) -> Case:
    again = f"/again/{number}"
    return replace(case, id=case.id + again, group=case.group and case.group + again)


def _tested(
    report: Report,
    catalogue: Catalogue,
    target: Target,
    requirement: Requirement,
    old: Mapping[str, Exchange],
    planner: Planner,
) -> tuple[Verdict, Sequence[Exchange]]:
    """Send the cases again that a finding rests on; return the verdict on them, and everything that was sent."""
    profile = profile_named(report["profile"])
    owners = {exchange.requirement for exchange in old.values()} & catalogue.requirements.keys()
    if any(exchange.control_accepted is False for exchange in old.values()):  # another one was served in its place
        served = {row["id"] for row in report["requirements"] if row["verdict"] == VerdictKind.PASS}
        owners |= {*[name for name in other_members(catalogue.requirements, requirement) if name in served][:1]}
    execution = Execution(catalogue, target, profile, report["seed"], plans=planner)
    try:
        execution.preflight()
        execution.run_all([catalogue.requirements[name] for name in dict.fromkeys([requirement.id, *sorted(owners)])])
        if execution.session.ended_by is not None:
            raise execution.session.ended_by
        return execution.judge(requirement, provisional=False), execution.exchanges
    finally:
        with suppress(ChatcertError):
            execution.close()


def _by_old_cases(
    catalogue: Catalogue, requirement: Requirement, exchanges: Sequence[Exchange], old: Mapping[str, Exchange]
) -> Verdict | None:
    """Return the verdict on the requests of the finding alone; ``None`` where they do not break the requirement.

    Other requests may be more readable, and break it in another way.
    """
    wanted = {exchange.control for exchange in exchanges if exchange.case in old}
    kept = [one for one in exchanges if one.case in old or one.role == Role.PROBE or one.number in wanted]
    verdict = safely_judged(Evidence(catalogue.contract, catalogue.requirements, kept), requirement, "")
    return verdict if verdict.kind in BREACHES else None


def _minimal(
    catalogue: Catalogue,
    target: Target,
    requirement: Requirement,
    planner: Planner,
    verdict: Verdict,
    exchanges: Sequence[Exchange],
    most: int,
) -> Minimal | None:
    """Return the smallest body that breaks a requirement; ``None`` if the breach does not rest on one body."""
    breaking = (
        [exchange for exchange in exchanges if exchange.number in verdict.finding.exchanges] if verdict.finding else []
    )
    cases = {case.id: case for one in breaking for case in planner.plan(catalogue.requirements[one.requirement]).cases}
    failing = next((exchange for exchange in breaking if exchange.case in cases), None)
    if failing is None:
        return None
    once = RetryPolicy(attempts=1, max_attempts=1, busy_attempts=1, timeout_attempts=1, confirmations=0, max_retries=0)
    session = Session(
        catalogue.contract,
        target,
        lambda exchange: None,
        baseline=planner.requests.control(),
        budget=Budget(max_requests=most, rate=target.limits.rate),
        policy=once,
        typical=planner.requests.value_at,
    )
    try:
        existing = frozenset(target.resources.values())
        return Minimiser(catalogue, requirement, cases[failing.case], session.send, existing).run(failing, exchanges)
    finally:
        session.close()


def _compared(row: RequirementRow, verdict: Verdict, old: Mapping[str, Exchange], new: Sequence[Exchange]) -> Replayed:
    finals = {exchange.case: exchange for exchange in new if exchange.final and exchange.role != Role.PROBE}
    answers = {one.number: (_came(one), _came(finals[case])) for case, one in sorted(old.items()) if case in finals}
    was, now, curl = row["finding"]["actual"] if row["finding"] is not None else "", verdict.reason, ""
    result = Result.GONE if verdict.kind is VerdictKind.PASS else Result.UNDECIDED
    if verdict.kind in BREACHES and verdict.finding is not None:
        now, curl = verdict.finding.actual, verdict.finding.curl
        causes = {_lasting(cause_of(finding)) for finding in findings_of(row)}
        is_same = _lasting(verdict.finding.cause or now.partition(" (")[0]) in causes
        result = Result.CONFIRMED if is_same else Result.CHANGED
    chats = sum(exchange.succeeded for exchange in new)
    return Replayed(row["id"], result, was, now, dict(sorted(answers.items())), curl, chats)


def _lasting(cause: str) -> str:
    """Return a cause without what is new each time: markers, ids, times and numbers of exchanges."""
    return " ".join(_NEW_EACH_TIME.sub("...", MARKER.sub("...", cause)).split())


def _came(exchange: Exchange) -> str:
    return str(exchange.status) if exchange.status is not None else str(exchange.error.kind if exchange.error else "")


def lines_of(replayed: Replayed) -> Iterator[str]:
    """Yield what a person should know of a finding that was replayed."""
    match replayed.result:
        case Result.GONE:
            yield f"{replayed.requirement}: gone; it was: {replayed.was}"
        case Result.CONFIRMED:
            yield f"{replayed.requirement}: confirmed: {replayed.now}"
        case Result.CHANGED:
            yield f"{replayed.requirement}: changed: it was {replayed.was}, it is {replayed.now}"
        case _:
            yield f"{replayed.requirement}: undecided: {replayed.now}"
    for number, (then, now) in replayed.answers.items():
        yield f"  exchange {number}: {then} then, {now} now"
    yield from (f"  {line}" for line in replayed.curl.splitlines())
    if replayed.times > 1:
        yield f"  each sent {replayed.times} times, since it came now and then"
    if replayed.chats:
        yield f"  {count(replayed.chats, 'chat')} created, which nothing deletes"
    if replayed.not_minimised:
        yield f"  not minimised: {replayed.not_minimised}"
    if replayed.minimal is not None:
        spent = count(replayed.minimal.requests, "request")
        what = (
            "nothing can be taken away from"
            if replayed.minimal.is_minimal
            else "the requests did not suffice for less than"
        )
        yield f"  after {spent}, {what} this body: {json.dumps(replayed.minimal.body, ensure_ascii=False)}"
