"""A session renews its credentials, proves or repeats what was sent with the old ones, and writes none of them down."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.exceptions import ConfigurationError
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.transport.credentials import credential_expiry, live_credentials, token_endpoint
from chatcert.transport.credentials.live_credentials import FetchNote
from chatcert.transport.credentials.renewal import SentAgain
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.circumstances import set_aside
from chatcert.transport.resilience.stop_errors import CircumstancesEnded
from chatcert.transport.sending import Session
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor


@cache
def planned(vendor: str) -> tuple[Planner, Catalogue, dict[str, Any]]:
    """The plans of a bundled vendor, made once, its catalogue, and the names in them."""
    contract = open_vendor(vendor)
    resources: dict[str, Any] = dict.fromkeys(resource_names(contract), "existing_7Fq2x9")
    return Planner(contract, resources, PROFILES["quick"], 1), derive(contract), resources


@pytest.fixture
def guarded(fake: Any, behaviours: Any) -> Callable[..., Any]:
    """Starts a server that accepts the tokens of an issuer while they are valid, and repeats the whole request."""
    refusal = behaviours.message(401, b'{"error": "who are you?"}', ("Content-Type", "application/json"))

    def start(issuer: Any, before: Callable[[], None] = lambda: None) -> Any:
        def answer(one: Any, connection: Any, seen: Any) -> bool:
            before()
            value = (seen.header("X-API-Key") or "").strip()
            is_valid = any(
                value == token.value and not (token.is_expired() or token.revoked) for token in issuer.tokens
            )
            if not is_valid:
                connection.sendall(refusal)
                return True
            body = json.dumps({"chatId": f"chat_{len(one.requests)}", "response": [{"role": "assistant", "at": value}]})
            connection.sendall(behaviours.message(201, body.encode(), ("Content-Type", "application/json")))
            return True

        return fake(answer)

    return start


@pytest.fixture
def begun(live: Callable[..., Any], source: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Begins sessions whose credential an issuer gives."""
    sessions: list[Session] = []

    def begin(url: str, issuer: Any, jobs: int = 1, **more: Any) -> Any:
        contract = open_vendor("sigmamind")
        planner, catalogue, resources = planned("sigmamind")
        credentials = live(source(f"{issuer.url}/token", **more))
        target = Target(url=url, credentials=credentials, resources=resources, limits=Limits(timeout=5.0))
        exchanges: list[Exchange] = []
        notes: list[Any] = []
        session = Session(
            contract,
            target,
            exchanges.append,
            baseline=planner.requests.control(),
            jobs=jobs,
            sleep=lambda _: None,
            note=notes.append,
        )
        sessions.append(session)

        def plan(path: str) -> Any:
            return planner.plan(catalogue.requirements[f"sigmamind/{path}"]).cases

        return SimpleNamespace(
            session=session, exchanges=exchanges, notes=notes, plan=plan, contract=contract, live=credentials
        )

    yield begin
    for session in sessions:
        session.close()


@dataclass
class Clock:
    """A clock that stands still until it is set forward.

    Attributes:
        now: seconds.
    """

    now: float = 1000.0

    def monotonic(self) -> float:
        """Stand for ``time.monotonic``."""
        return self.now

    def put_forward(self, delays: list[float]) -> None:
        """Set the clock forward by the next delay, if there is one."""
        self.now += delays.pop(0) if delays else 0.0


@pytest.fixture
def clock(issuers: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock by which the issuer and the session tell how old a token is."""
    clock = Clock()
    monkeypatch.setattr(issuers, "time", clock)
    for module in (credential_expiry, live_credentials, token_endpoint):
        monkeypatch.setattr(module, "time", clock)
    return clock


def aside(run: Any) -> set[int]:
    """Numbers of the exchanges that do not count in the report."""
    again = {number for note in run.notes if isinstance(note, SentAgain) for number in note.numbers}
    return {*set_aside(run.exchanges, run.contract)} | again


def test_a_token_is_renewed_between_requests(issuer: Any, guarded: Any, begun: Any, clock: Clock) -> None:
    """Before a token expires, a valid request proves what was sent with it; no request is refused, and all count."""
    run = begun(guarded(issuer).url, issuer)
    for number in range(8):
        for case in run.plan("request/body/input/type")[:2]:
            run.session.send(replace(case, id=f"{case.id}-{number}"))
        clock.now += issuer.seconds / 4
    run.session.finish()

    assert {201} == {exchange.status for exchange in run.exchanges}
    assert set() == aside(run)
    assert {"main", "main.2", "main.3"} == {exchange.chain for exchange in run.exchanges}
    assert ["start", "expiry", "expiry"] == [note.reason for note in run.notes if isinstance(note, FetchNote)]


def test_a_token_that_ends_unannounced_is_renewed_once(issuer: Any, guarded: Any, begun: Any) -> None:
    """Where a valid request is refused, the token is renewed, and what was sent since the last proof is sent again."""
    server = guarded(issuer)
    run = begun(server.url, issuer)
    first, *others = [case for case in run.plan("request/body/input/type") if case.control is not None]
    run.session.send(first)
    issuer.revoke()
    answers = [run.session.send(case) for case in others]
    run.session.finish()

    refused = [exchange for exchange in run.exchanges if exchange.status == 401]
    assert 2 == len(issuer.tokens)
    assert [others[0].id] * 3 == [
        one.case for one in refused if one.role is Role.CASE
    ]  # asked again, as it should be 400
    assert [Role.CASE] * 3 + [Role.PROBE] == [one.role for one in refused]
    assert [Role.PROBE] == [one.role for one in refused if one.since is not None]
    assert {201} == {answer.status for answer in answers}
    counting = {one.case for one in run.exchanges if one.final and one.number not in aside(run)}
    assert {case.id for case in (first, *others)} <= counting
    assert {one.number for one in refused} <= aside(run)


def test_a_token_that_is_refused_at_once_is_not_renewed_for_ever(issuer: Any, guarded: Any, begun: Any) -> None:
    """If the new token is refused as well, the control that ends the run decides."""
    run = begun(guarded(issuer).url, issuer)
    run.session.send(run.plan("accepts/required-only")[0])
    issuer.revoke()
    issuer.is_stillborn = True

    with pytest.raises(CircumstancesEnded, match="answered with status 401"):
        run.session.send(run.plan("request/body/input/type")[0])

    assert 2 == len(issuer.tokens)


@pytest.mark.parametrize("slow", [1, 5, 9])
def test_a_token_that_ends_before_its_answer_comes_is_renewed_again(
    issuer: Any, guarded: Any, begun: Any, clock: Clock, slow: int
) -> None:
    """On a busy machine a short token may be over before its first request is answered: that refusal shows nothing."""
    delays: list[float] = []
    run = begun(guarded(issuer, before=lambda: clock.put_forward(delays)).url, issuer)
    run.session.send(run.plan("accepts/required-only")[0])
    delays += [issuer.seconds + 1.0] * slow
    answer = run.session.send(run.plan("accepts/body/previousChatId/present")[0])

    assert 201 == answer.status
    assert 1 + slow == len(issuer.tokens)
    assert run.session.ended_by is None


def test_tokens_that_always_end_too_early_end_the_run(issuer: Any, guarded: Any, begun: Any, clock: Clock) -> None:
    """Where no token lives as long as a request takes, renewing comes to an end."""
    delays: list[float] = []
    run = begun(guarded(issuer, before=lambda: clock.put_forward(delays)).url, issuer)
    run.session.send(run.plan("accepts/required-only")[0])
    delays += [issuer.seconds + 1.0] * 1000

    with pytest.raises(CircumstancesEnded, match="answered with status 401"):
        run.session.send(run.plan("request/body/input/type")[0])

    assert 30 > len(issuer.tokens)


def test_an_issuer_that_refuses_to_renew_ends_the_run(issuer: Any, guarded: Any, begun: Any) -> None:
    """A run whose token cannot be renewed ends with the line on the token endpoint, exit status 78."""
    run = begun(guarded(issuer).url, issuer)
    run.session.send(run.plan("accepts/required-only")[0])
    issuer.revoke()
    issuer.secret = "another one"

    with pytest.raises(CircumstancesEnded) as ended:
        run.session.send(run.plan("accepts/body/previousChatId/present")[0])

    assert isinstance(ended.value.error, ConfigurationError)
    assert f"no token: {issuer.url}/token answers with status 401 (invalid_client)" in ended.value.error.line()
    assert ended.value.error is run.session.ended_by
    assert 401 == run.exchanges[-1].status


def test_a_short_outage_of_the_issuer_is_no_end(
    issuers: ModuleType, guarded: Any, begun: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the old token is valid, an issuer that is out of order is asked again later."""
    monkeypatch.setattr("chatcert.transport.credentials.token_endpoint.DELAYS", (0.0, 0.0))
    monkeypatch.setattr("chatcert.transport.credentials.live_credentials.PAUSE", 0.0)
    with issuers.Issuer(3600) as issuer:
        run = begun(guarded(issuer).url, issuer)
        monkeypatch.setattr("chatcert.transport.credentials.credential_expiry.LONGEST_MARGIN", 3600.0)
        monkeypatch.setattr("chatcert.transport.credentials.credential_expiry.MARGIN", 1.0)
        issuer.outage = 3
        for case in run.plan("request/body/input/type")[:3]:
            assert 201 == run.session.send(case).status

    assert 0 == issuer.outage
    assert 1 < len(issuer.tokens)
    assert run.session.ended_by is None


def test_damaged_tokens_are_made_from_the_one_in_force(issuer: Any, guarded: Any, begun: Any) -> None:
    """Cases about credentials carry damaged forms of the current token, and never cause a renewal."""
    server = guarded(issuer)
    run = begun(server.url, issuer)
    run.session.send(run.plan("accepts/required-only")[0])
    run.live.renew_refused()
    for case in run.plan("auth/X-API-Key/truncated"):
        run.session.send(case)

    assert 2 == len(issuer.tokens)
    assert issuer.tokens[1].value[:-1] == (server.requests[-1].header("X-API-Key") or "")


def test_nothing_that_is_written_holds_a_token(
    issuer: Any, guarded: Any, begun: Any, recorded: Any, clock: Clock
) -> None:
    """Neither the token in force nor an older one, nor the client's secret, is in a recorded exchange."""
    run = begun(guarded(issuer).url, issuer, jobs=2)
    run.session.probe(run.plan("accepts/required-only")[0])
    clock.now += issuer.seconds - 1
    run.session.probe(run.plan("accepts/required-only")[0])
    for case in run.plan("auth/X-API-Key/truncated"):
        run.session.send(case)
    text = recorded(run.exchanges)

    assert 2 == len(issuer.tokens)
    assert "«apiKeyAuth»" in text
    assert [] == [value for value in issuer.values if value in text]
