"""Variations share a request; where it is refused, the one that is the cause is found, or their combination is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.cli.main import main
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.process import running_mock
from chatcert.mock.server import create_app, environment
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.check import Accepts
from chatcert.run.checking.replanning import Replanning
from chatcert.run.execution import Execution
from chatcert.run.plan_preview import plan_of
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

Refuses = Callable[[Any], bool]
MOST_CHATS = 40
MOST_PLANNED = 25


class Picky:
    """A right server, but for bodies that it refuses."""

    def __init__(self, app: Any, refuses: Refuses) -> None:
        self.app = app
        self.refuses = refuses

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        data = b""
        more = scope["type"] == "http"
        while more:
            message = await receive()
            data += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            is_refused = self.refuses(json.loads(data))
        except (ValueError, AttributeError, TypeError, RecursionError):
            is_refused = False
        if is_refused:
            headers = [(b"content-type", b"application/json")]
            await send({"type": "http.response.start", "status": 400, "headers": headers})
            await send({"type": "http.response.body", "body": b'{"error_code": "bad_request", "error_message": "no"}'})
            return
        parts = [{"type": "http.request", "body": data, "more_body": False}]
        await self.app(scope, lambda: _next(parts, receive), send)


async def _next(parts: list[Any], receive: Any) -> Any:
    return parts.pop() if parts else await receive()


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    """What polyai promises."""
    return derive(open_vendor("polyai"))


@pytest.fixture
def run(switchboard: Any, catalogue: Catalogue) -> Callable[[Refuses], Execution]:
    """Sends what is planned for acceptance and for the status of successes to a server that refuses some bodies."""
    backend = Backend.of(catalogue.contract)
    credentials, resources = from_environment(catalogue.contract, environment(catalogue.contract, backend))

    def certified(refuses: Refuses) -> Execution:
        switchboard.app = Picky(create_app([catalogue.contract], backends={"polyai": backend}), refuses)
        target = Target(f"{switchboard.address}/polyai", credentials, resources)
        execution = Execution(catalogue, target, profile_named("quick"), seed=1)
        wanted = [one for one in catalogue.requirements.values() if isinstance(one.check, Accepts)]
        wanted.append(catalogue.requirements["polyai/response/200/status"])
        try:
            execution.preflight()
            execution.run_all(wanted)
        finally:
            execution.close()
        return execution

    return certified


def failing(catalogue: Catalogue, execution: Execution) -> list[str]:
    """The requirements that fail."""
    verdicts = judge_all(catalogue, execution.exchanges, execution.reasons, execution.unfinished)
    return [verdict.requirement for verdict in verdicts.values() if verdict.kind is VerdictKind.FAIL]


def shared(execution: Execution) -> list[Exchange]:
    """The exchanges of requests that several cases share."""
    return [exchange for exchange in execution.exchanges if exchange.members]


def test_a_right_server_creates_few_chats(run: Any, catalogue: Catalogue) -> None:
    """Every shared request is served, so that none is split, and each of its cases counts."""
    execution = run(lambda body: False)
    verdicts = judge_all(catalogue, execution.exchanges, execution.reasons, execution.unfinished)

    assert [] == failing(catalogue, execution)
    assert all(exchange.succeeded for exchange in shared(execution) if exchange.expectation is Expectation.ACCEPTED)
    assert VerdictKind.PASS is verdicts["polyai/accepts/body/channel/enum/sms"].kind
    assert MOST_CHATS > sum(exchange.succeeded for exchange in execution.exchanges)


@pytest.mark.parametrize("vendor", known_vendors())
def test_a_plan_counts_the_chats_of_a_right_server(vendor: str) -> None:
    """What waits for another verdict, and an unknown name at the limit of its length, create no chat there."""
    requirements = [*derive(open_vendor(vendor)).requirements.values()]
    names = {name: f"known-{name}" for name in resource_names(open_vendor(vendor))}
    planner = Planner(open_vendor(vendor), names, profile_named("quick"), 1)
    plan = plan_of(requirements, planner)

    assert MOST_PLANNED >= plan.chats


@pytest.mark.parametrize(
    ("refuses", "blamed"),
    [
        (lambda body: body.get("channel") == "sms", ["polyai/accepts/body/channel/enum/sms"]),
        (lambda body: "😀" in str(body.get("initial_message")), ["polyai/accepts/body/initial_message/text"]),
        (
            lambda body: body.get("channel") == "sms" or body.get("tts_lang_code") == "es-ES",
            ["polyai/accepts/body/channel/enum/sms", "polyai/accepts/body/tts_lang_code/example/es-ES"],
        ),
        (lambda body: "undocumented_property" in body, []),
    ],
    ids=["a member of an enum", "a text", "two values", "what may be refused"],
)
def test_what_is_refused_is_found_among_what_shares_its_request(
    run: Any, catalogue: Catalogue, refuses: Refuses, blamed: list[str]
) -> None:
    """A refused request is split until the variation is known that is refused alone; nothing else is blamed."""
    execution = run(refuses)

    assert blamed == failing(catalogue, execution)
    assert any(not exchange.succeeded for exchange in shared(execution))


def test_no_refusal_of_a_valid_request_is_passed_over(run: Any, catalogue: Catalogue) -> None:
    """A value that is refused but beside another one is blamed wherever a request met that, alone or with others."""
    execution = run(lambda body: body.get("channel") == "sms" and "integration_attributes" not in body)
    valid = [exchange for exchange in execution.exchanges if exchange.expectation is Expectation.ACCEPTED]
    owners = {"polyai/accepts/body/channel/enum/sms", "polyai/response/200/status"}
    blamed = {*failing(catalogue, execution)}

    assert any(not exchange.succeeded for exchange in valid) == bool(blamed)
    assert blamed <= owners


def test_a_combination_is_blamed_where_each_of_its_parts_is_served(run: Any, catalogue: Catalogue) -> None:
    """Where no single variation is refused, the request with all of them is what breaks, on the status of successes."""
    execution = run(lambda body: body.get("channel") == "sms" and body.get("asr_lang_code") == "es-ES")
    refused = [exchange for exchange in shared(execution) if not exchange.succeeded and exchange.status == 400]

    assert (["polyai/response/200/status"] if refused else []) == failing(catalogue, execution)


@pytest.fixture
def problems(run: Any, catalogue: Catalogue) -> Callable[[Callable[[Exchange], Exchange]], list[str]]:
    """What a check of the plan says when each shared exchange of a report was changed in a way."""
    execution = run(lambda body: False)
    report: Any = {
        "profile": "quick",
        "seed": 1,
        "subject": {"mode": "live"},
        "requirements": [],
        "complete": True,
        "reachability": None,
    }

    def check(change: Callable[[Exchange], Exchange]) -> list[str]:
        changed = [change(exchange) if exchange.members else exchange for exchange in execution.exchanges]
        return [remark.text for remark in Replanning(report, catalogue, changed).remarks({})]

    return check


def test_what_shared_a_request_is_derived_again(problems: Any) -> None:
    """A shared exchange of a true report is the planned one; a case more, or another body, is named."""
    more = ("polyai/accepts/body/channel/enum/sms#9", "polyai/accepts/body/channel/enum/sms", Expectation.ACCEPTED)

    assert [] == problems(lambda exchange: exchange)
    assert problems(lambda exchange: replace(exchange, members=(*exchange.members, more)))
    assert problems(lambda exchange: replace(exchange, sent=replace(exchange.sent, body=b'{"channel": "webchat"}')))


@pytest.mark.slow
def test_a_report_with_probes_of_shared_requests_is_genuine(certify: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """A refused shared request that was sent again with new values is still the one that the seed makes."""
    with running_mock(vendors=["polyai"], faults=["polyai/fault/accepts/all-fields"]) as server:
        run = certify("polyai", "--url", f"{server.url}/polyai", variables=dict(server.environment))

    assert 1 == run.status
    assert 0 == main(["verify", str(run.folder)]), capfd.readouterr().out
