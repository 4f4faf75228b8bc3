"""Every claim of a verdict and of a report is true of the exchanges of faulty runs."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import Finding, Verdict, VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import faults_of
from chatcert.mock.server import create_app, environment
from chatcert.report.builder import ReportInput, RunFacts, build_report
from chatcert.report.outcome_sentence import outcome_sentence
from chatcert.report.views.html import render_html
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_vendor

pytestmark = pytest.mark.slow

Certify = Callable[..., tuple[Catalogue, dict[str, Verdict], list[Exchange]]]
VENDORS = ("agencii", "sigmamind", "openwebui")
TROUBLES = ("every-seventh-503", "hang-and-crash", "every-ninth-500")


def sample(vendor: str) -> list[str]:
    """One fault of each family, an intermittent one, and those that the sentences are hardest for."""
    faults = faults_of(open_vendor(vendor))
    first = {kind: next((f.id for f in faults if f.family is kind), "") for kind in Kind}
    wanted = ("any-crash", "constant", "per-body", "frozen", "intermittent", "tenth")
    further = {
        word: next((f.id for f in faults if word in f.id or (word == "tenth" and f.intermittent)), "")
        for word in wanted
    }
    return [name for name in dict.fromkeys([*first.values(), *further.values()]) if name]


class Troubled:
    """An ASGI application before another one, which it serves badly at times."""

    def __init__(self, app: Any, trouble: str) -> None:
        self.app = app
        self.trouble = trouble
        self.requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer in place of the application, or not at all, where the trouble says so."""
        self.requests += 1
        status = 0
        match self.trouble:
            case "every-seventh-503" if self.requests % 7 == 0:
                status = 503
            case "every-ninth-500" if self.requests % 9 == 0:
                status = 500
            case "hang-and-crash":
                message = await receive()
                body = message.get("body", b"")
                if b"';" in body:
                    await asyncio.sleep(4)
                    return
                status = 500 if b"u0000" in body else 0

                async def again() -> Any:
                    return message

                receive = again
        if not status:
            await self.app(scope, receive, send)
            return
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"application/json")]}
        )
        await send({"type": "http.response.body", "body": b"{}"})


class Vendor:
    """What the servers of one vendor share: their secrets and resources, and so the plan."""

    def __init__(self, name: str) -> None:
        self.catalogue = derive(open_vendor(name))
        contract = self.catalogue.contract
        self.faults = faults_of(contract)
        self.backend = Backend.of(contract)
        self.credentials, self.resources = from_environment(contract, environment(contract, self.backend))
        self.plans: Planner | None = None


@cache
def vendor_named(name: str) -> Vendor:
    return Vendor(name)


@pytest.fixture(scope="module")
def certified(switchboard: Any) -> Certify:
    """Certify a faulty mock in this process, and return the verdicts and the exchanges."""

    @lru_cache(maxsize=len(VENDORS) * len(TROUBLES))
    def certify(name: str, fault: str = "", trouble: str = "") -> tuple[Catalogue, dict[str, Verdict], list[Exchange]]:
        vendor = vendor_named(name)
        catalogue = vendor.catalogue
        backends = {name: vendor.backend}
        faults = [one for one in vendor.faults if one.id == fault]
        switchboard.app = create_app([catalogue.contract], faults=[one.id for one in faults], backends=backends)
        if trouble:
            switchboard.app = Troubled(switchboard.app, trouble)
        url = f"{switchboard.address_of(*faults)}/{name}"
        target = Target(url, vendor.credentials, vendor.resources, limits=Limits(timeout=1.0))
        run = Execution(catalogue, target, profile_named("quick"), seed=1, plans=vendor.plans)
        vendor.plans = run.planner
        try:
            run.preflight()
            run.run_all(catalogue.requirements.values())
        finally:
            run.close()
        return catalogue, judge_all(catalogue, run.exchanges, run.reasons, run.unfinished), run.exchanges

    return certify


def findings_of(verdict: Verdict) -> tuple[Finding, ...]:
    """The findings on one requirement."""
    return (verdict.finding, *verdict.finding.also) if verdict.finding is not None else ()


def untrue(verdicts: dict[str, Verdict], exchanges: Sequence[Exchange]) -> Iterator[str]:
    """What is said and is not so, by typed claims and, apart from these, by the words of the sentences."""
    by_number = {exchange.number: exchange for exchange in exchanges}
    statuses = {exchange.status for exchange in exchanges}
    for name, verdict in verdicts.items():
        yield from (f"{name}: {claim}" for claim in verdict.claims if not claim.holds(exchanges))
        if (reported := re.search(r"no answer of status (\d+) came$", verdict.reason)) and int(reported[1]) in statuses:
            yield f"{name}: {verdict.reason}"
        for finding in findings_of(verdict):
            yield from (f"{name}: {claim!r}" for claim in finding.claims if not claim.holds(exchanges))
            shown = by_number[finding.exchanges[0]]
            reported = re.match(r"status (\d+)", finding.actual)
            if reported and int(reported[1]) != shown.status:
                yield f"{name}: {finding.actual}, but exchange {shown.number} has {shown.status}"
            for number in re.findall(r"exchange (\d+)", finding.actual + finding.expected):
                if int(number) not in finding.exchanges:
                    yield f"{name}: {finding.actual}, but the finding does not list it"
    errors = [
        exchange.number
        for exchange in exchanges
        if exchange.final and (exchange.status or 0) >= 500 and exchange.status != 501
        if exchange.role != "probe" and exchange.expectation != Expectation.REQUESTED_ERROR
    ]
    name = next(name for name in verdicts if name.endswith("/no-server-error"))
    if errors and verdicts[name].kind is VerdictKind.PASS:
        yield f"{name}: passes, with server errors in {errors}"


def check(made: tuple[Catalogue, dict[str, Verdict], list[Exchange]]) -> None:
    """Hold the verdicts and the report on them against the exchanges."""
    catalogue, verdicts, exchanges = made
    assert [] == list(untrue(verdicts, exchanges))
    facts = RunFacts(catalogue.contract.vendor, "http://h", "url", "quick", 1, "0", 0.0, 1.0)
    report = build_report(ReportInput(catalogue.contract, catalogue, verdicts, exchanges, facts))
    rows = report["requirements"]
    assert all(claim.holds(rows) for claim in outcome_sentence(report).claims)
    page = render_html(report, exchanges)
    for row in rows:
        if row["finding"] is not None:
            for number in re.findall(r"as in exchange (\d+)", row["finding"]["actual"]):
                assert f'id="x{number}"' in page
    assert json.dumps(report)


@pytest.mark.parametrize(("vendor", "fault"), [(vendor, fault) for vendor in VENDORS for fault in sample(vendor)])
def test_sentences_on_faulty_servers(certified: Certify, vendor: str, fault: str) -> None:
    """One defect: each status, count and number is one of the exchanges."""
    check(certified(vendor, fault))


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("trouble", TROUBLES)
def test_sentences_in_trouble(certified: Certify, vendor: str, trouble: str) -> None:
    """The same where a server is overloaded, fails at times, or hangs on one sort of text and fails on another."""
    check(certified(vendor, trouble=trouble))


def test_a_hang_is_a_finding_of_its_own(certified: Certify) -> None:
    """Where one requirement saw a hang and a 500, neither counts for the other."""
    _, verdicts, exchanges = certified("sigmamind", trouble="hang-and-crash")

    findings = findings_of(verdicts["sigmamind/robustness/body/input"])

    assert {"status 500", "no answer"} == {finding.cause.partition(":")[0] for finding in findings}
    for finding in findings:
        results = {exchange.status for exchange in exchanges if exchange.number in finding.exchanges}
        assert 1 == len(results)
        assert finding.occurrences == len(finding.exchanges)


def test_a_false_claim_is_seen(certified: Certify) -> None:
    """The check can fail: with another answer in its place, a sentence is untrue."""
    _, verdicts, exchanges = certified("agencii", sample("agencii")[0])
    broken = next(verdict for verdict in verdicts.values() if verdict.finding is not None)
    assert broken.finding is not None
    number = broken.finding.exchanges[0]
    altered = [
        replace(e, received=replace(e.received, status=299)) if e.number == number and e.received else e
        for e in exchanges
    ]

    assert list(untrue(verdicts, altered))
