"""Schemathesis as a second judge: every disagreement with our rulings on an answer has a known reason.

Its response checks run over recorded exchanges, so they send nothing. They know the status, the headers and the body of
an answer and the document; they know neither the credentials of a request nor what our overlay adds to JSON Schema.
The servers are the bundled mock, a fixed selection of its faults, and servers that share no code with either judge.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from types import ModuleType
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from chatcert.cases.case import Expectation
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.exceptions import ChatcertError
from chatcert.judge.absurd_sizes import is_nested_absurdly
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import FAMILIES
from chatcert.mock.backend import Backend
from chatcert.mock.faults import Fault, faults_of
from chatcert.mock.server import create_app, environment
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

pytestmark = pytest.mark.slow

FAULTS = 15
"""Faults of each vendor's mock: two in three of them in answers, which is what the second judge looks at."""
PEERS = 4
"""Defects, and as many manners, of each vendor's independent server."""
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
OF_THE_TRANSFER = {"content-encoding", "content-length", "transfer-encoding"}
"""Headers that describe a body as it was sent; the recorded one is decoded."""
SEEN_BY_BOTH = {Rule.CONTENT_TYPE, Rule.JSON, Rule.SCHEMA, Rule.NO_SERVER_ERROR} | {
    rule for rule in Rule if rule in Draft202012Validator.VALIDATORS
}
"""Rules of ours that a check of Schemathesis covers: a document's schemas, and what needs no request to be seen."""
ON_REQUESTS = {*Kind} - {Kind.RESPONSE, Kind.ERROR, Kind.ROBUSTNESS}


@dataclass(frozen=True)
class Opinions:
    """What the two judges say about one answer.

    Attributes:
        theirs: the kinds of failures that Schemathesis finds.
        ours: the rules, or the kinds of requirements on requests, that it breaks by our rulings.
    """

    exchange: Exchange
    contract: Contract
    theirs: frozenset[str]
    ours: frozenset[str]

    @property
    def differ(self) -> bool:
        """Whether one of them blames the answer and the other one does not."""
        return bool(self.theirs) != bool(self.ours)

    def __str__(self) -> str:
        sent = f"{self.exchange.requirement}, {self.exchange.sent.method} -> {self.exchange.status}"
        return f"{sent}: theirs {sorted(self.theirs)}, ours {sorted(self.ours)}"


def _other_method(found: Opinions) -> bool:
    return found.theirs == {"UndefinedStatusCode"} and found.exchange.expectation == Expectation.METHOD


def _no_error_documented(found: Opinions) -> bool:
    silent = not found.contract.documents_errors and (found.exchange.status or 0) >= 400
    return found.theirs == {"UndefinedStatusCode"} and silent


def _status_of_http(found: Opinions) -> bool:
    return found.theirs == {"UndefinedStatusCode"} and found.exchange.status in {404, 413, 414, 415, 422, 431}


def _before_the_application(found: Opinions) -> bool:
    refused = (found.exchange.status or 0) >= 400 and "ServerError" not in found.theirs
    return bool(found.theirs) and refused and found.exchange.expectation in {Expectation.ANY, Expectation.UNSUPPORTED}


def _odd_success(found: Opinions) -> bool:
    odd = found.exchange.expectation == Expectation.ANY and found.exchange.succeeded
    return found.theirs == {"UndefinedStatusCode"} and odd


def _nested_absurdly(found: Opinions) -> bool:
    return bool(found.theirs) and "ServerError" not in found.theirs and is_nested_absurdly(found.exchange)


def _request_is_at_fault(found: Opinions) -> bool:
    return bool(found.ours) and found.ours <= ON_REQUESTS


def _beyond_its_checks(found: Opinions) -> bool:
    return bool(found.ours - ON_REQUESTS) and not found.ours & SEEN_BY_BOTH


EXPLAINED: dict[str, tuple[Callable[[Opinions], bool], str]] = {
    "another method": (
        _other_method,
        "A document has no statuses for methods that it does not describe: 405 and the like are HTTP's.",
    ),
    "no error documented": (
        _no_error_documented,
        "Where a document has no error at all, any refusal with a JSON body is right.",
    ),
    "a status of HTTP": (
        _status_of_http,
        "404 for an unknown name and 413, 414, 415, 422, 431 for a request that cannot be read are defined by HTTP.",
    ),
    "an odd request served": (
        _odd_success,
        "What a payload of no schema is answered with is not documented; valid requests show the status of a success.",
    ),
    "nested absurdly": (
        _nested_absurdly,
        "An answer to a body of over a hundred levels is judged for robustness alone, and its parser reads no echo.",
    ),
    "before the application": (
        _before_the_application,
        "Odd payloads and media types may be refused by a framework or a gateway, in a form of its own.",
    ),
    "the request decides": (
        _request_is_at_fault,
        "Whether a request should have been served is not seen from its answer.",
    ),
    "beyond its checks": (
        _beyond_its_checks,
        "The rule is from the overlay, from HTTP or from OWASP, or on several answers: no check of theirs is on it.",
    ),
}


class SecondJudge:
    """The response checks of Schemathesis for one contract's operation."""

    def __init__(self, contract: Contract) -> None:
        import schemathesis
        from schemathesis import checks

        checks.load_all_checks()
        operation = schemathesis.openapi.from_dict(dict(contract.document))[contract.path][contract.method]
        names = [parameter.name for parameter in operation.path_parameters]
        self._case = operation.Case(path_parameters=dict.fromkeys(names, "x"))
        self._checks = [checks.CHECKS.get_one(name) for name in CHECKS]

    def failures(self, exchange: Exchange) -> frozenset[str]:
        """Return the kinds of failures of an answer."""
        from schemathesis.core.failures import FailureGroup

        received = exchange.received
        assert received is not None
        headers = [(n.encode(), v.encode()) for n, v in received.headers if n.lower() not in OF_THE_TRANSFER]
        request = httpx.Request(exchange.sent.method, "http://127.0.0.1/")
        response = httpx.Response(received.status, headers=headers, content=received.body, request=request)
        response.elapsed = timedelta(seconds=exchange.seconds)
        try:
            self._case.validate_response(response, checks=self._checks)
        except FailureGroup as group:
            return frozenset(type(failure).__name__ for failure in group.exceptions)
        return frozenset()


def planned(contract: Contract, variables: Mapping[str, str]) -> Planner:
    """Return all plans of runs with these resources, which several servers get."""
    _, resources = from_environment(contract, variables)
    planner = Planner(contract, resources, profile_named("quick"), 1)
    for requirement in derive(contract).requirements.values():
        planner.plan(requirement)
    return planner


def recorded(contract: Contract, url: str, variables: Mapping[str, str], plans: Planner) -> list[Exchange]:
    """Return the exchanges of a run; what was sent before an error of the target counts, too."""
    catalogue = derive(contract)
    target = Target(url, *from_environment(contract, variables), limits=Limits(timeout=3.0))
    run = Execution(catalogue, target, profile_named("quick"), seed=1, plans=plans)
    with suppress(ChatcertError):
        run.preflight()
        run.run_all(list(catalogue.requirements.values()))
    run.close()
    return sorted(run.exchanges, key=lambda exchange: exchange.number)


def our_breaches(evidence: Evidence) -> dict[str, set[str]]:
    """Return what the answers to each case break; a breach is ruled on one attempt, and seen in all alike ones."""
    found: dict[str, set[str]] = {}
    for requirement in evidence.requirements.values():
        rule = requirement.check.rule if isinstance(requirement.check, Answers) else requirement.kind
        for ruling in FAMILIES[requirement.kind](evidence, requirement):
            if ruling.is_breach:
                found.setdefault(ruling.exchange.case, set()).add(rule)
    return found


def opinions(contract: Contract, exchanges: list[Exchange], judge: SecondJudge) -> Iterator[Opinions]:
    """Yield what both judges say about each answer that counts."""
    evidence = Evidence(contract, derive(contract).requirements, exchanges).proven
    breaches = our_breaches(evidence)
    for exchange in evidence.exchanges:
        if exchange.received is None or exchange.role is Role.PROBE or not exchange.final:
            continue
        yield Opinions(exchange, contract, judge.failures(exchange), frozenset(breaches.get(exchange.case, ())))


def _chosen_faults(contract: Contract) -> list[Fault]:
    faults = sorted(faults_of(contract), key=lambda fault: hashlib.sha256(fault.id.encode()).digest())
    on_answers = [fault for fault in faults if "/response/" in fault.id][: FAULTS * 2 // 3]
    return on_answers + [fault for fault in faults if "/response/" not in fault.id][: FAULTS - len(on_answers)]


def runs(vendor: str, switchboard: Any, peers: ModuleType) -> Iterator[tuple[str, list[Exchange]]]:
    """Yield the recorded exchanges of a run on each server, with the server's name."""
    contract = open_vendor(vendor)
    backend = Backend.of(contract, 1)
    variables = environment(contract, backend)
    plans = planned(contract, variables)
    for faults in ([], *([fault] for fault in _chosen_faults(contract))):
        names = [fault.id for fault in faults]
        switchboard.app = create_app([contract], faults=names, backends={vendor: backend})
        yield f"mock {names}", recorded(contract, f"{switchboard.address_of(*faults)}/{vendor}", variables, plans)
    variables = peers.environment(vendor)
    plans = planned(contract, variables)
    manners = [manner.name for manner in peers.MANNERS if manner.vendor == vendor][:PEERS]
    for options in [{"defect": d.name} for d in peers.sample(vendor, PEERS)] + [{"manner": name} for name in manners]:
        with peers.serve(vendor, **options) as url:
            yield f"peer {options}", recorded(contract, url, variables, plans)


def reasons_of(disagreement: Opinions) -> set[str]:
    """Return the rows of the table that explain a disagreement."""
    return {name for name, (applies, _) in EXPLAINED.items() if applies(disagreement)}


def unexplained(contract: Contract, exchanges: list[Exchange], judge: SecondJudge) -> list[Opinions]:
    """Return the disagreements that no row of the table explains."""
    return [found for found in opinions(contract, exchanges, judge) if found.differ and not reasons_of(found)]


@pytest.mark.parametrize("vendor", known_vendors())
def test_every_disagreement_has_a_reason(vendor: str, switchboard: Any, peers: ModuleType) -> None:
    """Neither judge blames an answer alone but for a reason of the table, and both blame some answers together."""
    contract = open_vendor(vendor)
    judge = SecondJudge(contract)
    without_reason: list[str] = []
    seen: set[str] = set()
    agreed = 0
    for server, exchanges in runs(vendor, switchboard, peers):
        for found in opinions(contract, exchanges, judge):
            agreed += bool(found.theirs) and not found.differ
            if found.differ:
                seen |= reasons_of(found)
                without_reason += [] if reasons_of(found) else [f"{server}: {found}"]

    assert [] == without_reason
    assert agreed > 0
    assert seen >= {"another method", "before the application", "the request decides", "beyond its checks"}
    assert ("no error documented" in seen) is not contract.documents_errors


@pytest.mark.parametrize("blind", ["ours", "theirs"])
def test_a_judge_that_sees_nothing_is_found(blind: str, switchboard: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where one judge passes a success of the wrong type, no row of the table explains that the other one does not."""
    vendor = known_vendors()[0]
    contract = open_vendor(vendor)
    fault = next(
        fault.id for fault in faults_of(contract) if "/response/200/" in fault.id and fault.id.endswith("/type")
    )
    backend = Backend.of(contract, 1)
    variables = environment(contract, backend)
    switchboard.app = create_app([contract], faults=[fault], backends={vendor: backend})
    plans = planned(contract, variables)
    exchanges = recorded(contract, f"{switchboard.address}/{vendor}", variables, plans)
    judge = SecondJudge(contract)
    assert [] == unexplained(contract, exchanges, judge)

    if blind == "ours":
        monkeypatch.setitem(FAMILIES, Kind.RESPONSE, lambda evidence, requirement: iter(()))
    else:
        monkeypatch.setattr(judge, "failures", lambda exchange: frozenset())

    assert unexplained(contract, exchanges, judge)
