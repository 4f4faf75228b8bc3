"""Sending: transient failures are retried, faults are distinguished from them, attempts are recorded, limits hold."""

from __future__ import annotations

import email.utils
import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pyrate_limiter
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatcert.cases.case import Case, Expectation, JsonBody
from chatcert.requirements.check import Authenticates
from chatcert.transport.budget import BudgetSpent
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.preparation import ControlUnusable, prepare
from chatcert.transport.resilience.retry import RetryPolicy, retry_after

POLICY = RetryPolicy()
LONGEST_WAIT = POLICY.max_retry_after
MAX_ATTEMPTS = POLICY.attempts

OK = b'{"chatId": "chat_1", "response": [{"role": "assistant"}]}'


def with_words(talk: Any, words: str) -> Case:
    """A case of its own whose body holds words that a fake can look for."""
    (first, *_) = talk.plan("robustness/body/input")
    body = JsonBody({**talk.planner.requests.bodies.body(), "input": words})
    return replace(first, request=talk.planner.requests.request(body), edit=words)


def attempts(talk: Any, role: str = "case") -> list[tuple[int | str | None, int, bool]]:
    """Status or kind of error, attempt and finality of what was recorded."""
    found = [e for e in talk.exchanges if role == e.role]
    return [(e.status if e.error is None else e.error.kind, e.attempt, e.final) for e in found]


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_transient_failures_are_retried(fake: Any, behaviours: Any, talk: Any, status: int) -> None:
    """A status that passes by itself is tried again; both attempts are recorded, the last one counts."""
    server = fake(behaviours.answers(behaviours.message(status, b"busy"), behaviours.message(201, OK)))
    talk = talk(server.url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert 201 == exchange.status
    assert not exchange.unsettled
    assert [(status, 1, False), (201, 2, True)] == attempts(talk, "control")
    assert 2 == len(server.requests)


def test_a_reset_is_tried_again(fake: Any, behaviours: Any, talk: Any) -> None:
    """A kept connection that dies under a request is not a fault of the contract."""
    server = fake(behaviours.drops_used_connections)
    talk = talk(server.url)

    first = talk.session.send(with_words(talk, "one"))
    second = talk.session.send(with_words(talk, "two"))

    assert (201, 201) == (first.status, second.status)
    assert not first.unsettled
    assert not second.unsettled
    assert any(e.error is not None and e.error.kind == "reset" and not e.final for e in talk.exchanges)


@pytest.mark.parametrize(("header", "wait"), [("3", 3.0), (" 0 ", 0.0), ("5", 5.0)])
def test_retry_after_is_obeyed(fake: Any, behaviours: Any, talk: Any, header: str, wait: float) -> None:
    """A target that says how long to wait is waited for exactly so long."""
    busy = behaviours.message(429, b"", ("Retry-After", header))
    talk = talk(fake(behaviours.answers(busy, behaviours.message(201, OK))).url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert 201 == exchange.status
    assert [wait] == talk.sleeps


def test_a_long_retry_after_ends_the_attempt(fake: Any, behaviours: Any, talk: Any) -> None:
    """Nobody is kept waiting for an hour: the answer stands, and nothing is concluded from it."""
    server = fake(behaviours.answers(behaviours.message(429, b"", ("Retry-After", "3600"))))
    talk = talk(server.url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert 429 == exchange.status
    assert exchange.unsettled
    assert [] == [wait for wait in talk.sleeps if wait > LONGEST_WAIT]
    assert 1 == len(server.requests)


def test_attempts_are_bounded(fake: Any, behaviours: Any, talk: Any) -> None:
    """RetryBudget that does not pass is given up, and nothing is concluded."""
    server = fake(behaviours.answers(behaviours.message(503, b"")))
    talk = talk(server.url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert exchange.unsettled
    assert [*range(1, MAX_ATTEMPTS)] == [attempt for _, attempt, _ in attempts(talk, "control")]
    assert len(server.requests) <= MAX_ATTEMPTS + 2
    assert sum(talk.sleeps) <= LONGEST_WAIT * MAX_ATTEMPTS


@pytest.mark.parametrize("fault", ["resets", "drops", "cuts_short", "speaks_another_protocol"])
def test_a_payload_that_kills_the_connection_is_a_settled_error(
    fake: Any, behaviours: Any, talk: Any, fault: str
) -> None:
    """The same payload fails every time, between two valid requests that are served: that is not transient."""
    talk = talk(fake(behaviours.when(b"deadly", getattr(behaviours, fault), behaviours.healthy)).url)

    exchange = talk.session.send(with_words(talk, "deadly"))

    assert exchange.error is not None
    assert not exchange.unsettled
    on_reused = 1 if fault in ("resets", "drops") else 0  # the first one may be due to the connection
    assert MAX_ATTEMPTS + on_reused == exchange.attempt
    assert [201, 201] == [e.status for e in talk.exchanges if e.role == "probe"]


def test_a_target_that_died_settles_nothing(fake: Any, behaviours: Any, talk: Any) -> None:
    """Where the probe fails as well, nothing is concluded from the payload."""
    talk = talk(fake(behaviours.resets).url)
    case = replace(with_words(talk, "any"), control=None)

    exchange = talk.session.send(case)

    assert exchange.error is not None
    assert exchange.unsettled
    assert [e.error.kind for e in talk.exchanges if e.role == "probe"]


def test_a_hang_is_tried_twice_only(fake: Any, behaviours: Any, talk: Any) -> None:
    """A time-out costs its whole time, so it is confirmed once."""
    server = fake(behaviours.when(b"slow", behaviours.hangs, behaviours.healthy))
    talk = talk(server.url, timeout=0.15)

    exchange = talk.session.send(with_words(talk, "slow"))

    assert exchange.error is not None
    assert "timeout" == exchange.error.kind
    assert not exchange.unsettled
    assert 2 == exchange.attempt


def test_a_plainly_wrong_answer_is_asked_for_again(fake: Any, behaviours: Any, talk: Any) -> None:
    """A fault that does not repeat is distinguished from a constant one: all attempts are kept."""
    made, broken = behaviours.message(201, OK), behaviours.message(500, b"")
    server = fake(behaviours.answers(made, broken, made))
    talk = talk(server.url)

    exchange = talk.session.send(with_words(talk, "once"))

    assert 201 == exchange.status
    assert [(500, 1, False), (201, 2, True)] == attempts(talk)


def test_a_right_answer_is_not_asked_for_again(fake: Any, behaviours: Any, talk: Any) -> None:
    """What is as it should be is sent once."""
    server = fake(behaviours.answers(behaviours.message(201, OK), behaviours.message(400, b"{}")))
    talk = talk(server.url)

    talk.session.send(talk.plan("request/body/agentId/null")[0])

    assert 2 == len(server.requests)


def test_a_control_is_sent_once_for_all(fake: Any, behaviours: Any, talk: Any) -> None:
    """However many cases share a control, and however many ask at once, it is one request."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, jobs=8)
    cases = [
        case
        for path in ("request/json/garbage", "request/body/agentId/type", "robustness/body/input")
        for case in talk.plan(path)
    ]
    control = talk.planner.requests.control().id

    with ThreadPoolExecutor(8) as pool:
        exchanges = list(pool.map(talk.session.send, cases))

    (number,) = [e.number for e in talk.exchanges if e.case == control and e.role == "control"]
    assert {number} == {e.control for e in exchanges}
    assert all(e.control_accepted for e in exchanges)


def test_numbers_are_unique_however_many_jobs_there_are(fake: Any, behaviours: Any, talk: Any) -> None:
    """Every exchange, retries and probes included, has a number of its own, without a gap."""
    talk = talk(fake(behaviours.when(b"deadly", behaviours.resets, behaviours.healthy)).url, jobs=8)
    cases = [with_words(talk, "deadly" if number % 9 == 4 else f"words {number}") for number in range(30)]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(talk.session.send, cases))

    assert [*range(1, len(talk.exchanges) + 1)] == sorted(e.number for e in talk.exchanges)


def test_cases_of_a_group_are_sent_at_once(fake: Any, behaviours: Any, talk: Any) -> None:
    """Requests that are meant to overlap each have a connection, and are marked."""
    server = fake(behaviours.healthy)
    talk = talk(server.url)
    cases = [case for case in talk.plan("response/201/chatId/unique") if case.group]

    exchanges = talk.session.send_together(cases)

    assert len(cases) == len(exchanges) == len(server.requests)
    assert all(e.overlapping for e in exchanges)


@pytest.mark.parametrize("limit", [1, 3, 7])
def test_the_budget_is_never_passed(fake: Any, behaviours: Any, talk: Any, limit: int) -> None:
    """Not one request more than is allowed is sent, retries and probes included; then it is said so."""
    server = fake(behaviours.when(b"deadly", behaviours.drops, behaviours.healthy))
    talk = talk(server.url, max_requests=limit)

    cases = [with_words(talk, "deadly" if number % 2 else f"words {number}") for number in range(limit + 1)]

    with pytest.raises(BudgetSpent, match=str(limit)):
        list(map(talk.session.send, cases))

    assert limit == len(server.requests) == len(talk.exchanges)


def test_the_budget_is_never_passed_by_many_jobs(fake: Any, behaviours: Any, talk: Any) -> None:
    """The limit holds for requests that are sent at the same time as well."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, max_requests=3, jobs=8)
    cases = [replace(with_words(talk, f"words {number}"), control=None) for number in range(8)]

    with pytest.raises(BudgetSpent):
        talk.session.send_together(cases)

    assert 3 == len(server.requests)


@pytest.mark.parametrize("rate", [0.2, 0.5, 1.0, 1.5, 2.4, 10.0])
def test_the_rate_is_never_passed(
    fake: Any, behaviours: Any, talk: Any, monkeypatch: pytest.MonkeyPatch, rate: float
) -> None:
    """No limiter that allows more than the rate asked for is ever made."""
    asked: list[tuple[int, int]] = []
    real = pyrate_limiter.Rate

    def noted(limit: int, interval: int) -> Any:
        asked.append((limit, int(interval)))
        return real(limit, interval)

    monkeypatch.setattr(pyrate_limiter, "Rate", noted)
    talk(fake(behaviours.healthy).url, rate=rate)

    assert asked
    assert all(limit / (interval / 1000) <= rate for limit, interval in asked)


def test_a_link_takes_its_value_from_the_earlier_answer(fake: Any, behaviours: Any, talk: Any) -> None:
    """The id of one chat is sent as the earlier chat of the next."""
    server = fake(behaviours.healthy)
    talk = talk(server.url)

    talk.session.send(talk.plan("accepts/link/ContinueChat")[0])

    assert "chat_1" == json.loads(server.requests[-1].body)["previousChatId"]


@pytest.mark.parametrize("answer", [b"{}", b"no JSON", b""])
def test_a_link_without_its_value_is_not_sent(fake: Any, behaviours: Any, talk: Any, answer: bytes) -> None:
    """Where the earlier answer does not hold what is needed, the case cannot be made, and says so."""
    server = fake(behaviours.answers(behaviours.message(201, answer)))
    talk = talk(server.url)

    with pytest.raises(ControlUnusable, match="/chatId"):
        talk.session.send(talk.plan("accepts/link/ContinueChat")[0])

    assert 1 == len(server.requests)


def test_a_link_that_the_document_does_not_allow_is_not_sent(fake: Any, behaviours: Any, talk: Any) -> None:
    """An id that is longer than the next request may hold makes no valid request: to refuse it would be right."""
    server = fake(behaviours.answers(behaviours.message(201, json.dumps({"chatId": "c" * 129}).encode())))
    talk = talk(server.url)

    with pytest.raises(ControlUnusable, match="maxLength of previousChatId"):
        talk.session.send(talk.plan("accepts/link/ContinueChat")[0])

    assert 1 == len(server.requests)


def test_a_case_waits_for_its_time(fake: Any, behaviours: Any, talk: Any) -> None:
    """A case that is to come later than the first success comes later."""
    talk = talk(fake(behaviours.healthy).url, vendor="openwebui")
    *_, later = talk.plan("response/200/created_at/clock-moves")
    talk.session.send(talk.planner.requests.control())

    talk.session.send(later)

    assert later.wait - 1 < max(talk.sleeps) <= later.wait


def test_an_inexpressible_form_is_not_sent(fake: Any, behaviours: Any, talk: Any) -> None:
    """A credential without letters has no other case: only the control is sent."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, secrets={"apiKeyAuth": "1234567890"})

    with pytest.raises(Inexpressible):
        talk.session.send(talk.plan("auth/X-API-Key/case")[0])

    assert ["control"] == [e.role for e in talk.exchanges]
    assert 1 == len(server.requests)


def test_a_prefix_stays_before_the_path(fake: Any, behaviours: Any, talk: Any) -> None:
    """The path of the base address stands before that of the operation, or of the one given in its place."""
    server = fake(behaviours.healthy)
    first, second = talk(f"{server.url}/any/prefix"), talk(f"{server.url}/any", path="/chats/new")

    first.session.send(first.planner.requests.control())
    second.session.send(second.planner.requests.control())

    assert ["/any/prefix/v1/chats", "/any/chats/new"] == [seen.target for seen in server.requests]
    assert ["/any/prefix/v1/chats", "/any/chats/new"] == [e.sent.path for e in (*first.exchanges, *second.exchanges)]


def test_path_parameters_are_quoted(fake: Any, behaviours: Any, talk: Any) -> None:
    """A value in the path can neither leave its segment nor begin a query."""
    server = fake(behaviours.healthy)
    talk = talk(server.url, vendor="polyai")
    request = talk.planner.requests.request(path={"account_id": "../a/b?c#d e%"})

    talk.session.send(replace(talk.planner.requests.control(request), id="quoted"))

    assert ["", "v1", "..%2Fa%2Fb%3Fc%23d%20e%25"] == server.requests[0].target.split("/")[:3]


@pytest.mark.parametrize("vendor", ["agencii", "polyai"])
@pytest.mark.parametrize("value", ["sk-9fQ2vX7L mT4bR8wZ", 'pk+/="&%?#9fQ2', "plain-9fQ2vX7LmT4b"])
def test_nothing_that_is_recorded_holds_a_credential(
    fake: Any, behaviours: Any, talk: Any, recorded: Callable[..., str], vendor: str, value: str
) -> None:
    """A target that repeats everything it gets leaves no credential in the record, in no form of any case."""
    secrets = {"BearerAuth": value, "ApiKeyAuth": value, "TokenAuth": f"tok-{value[::-1]}"}
    talk = talk(fake(behaviours.echoes).url, vendor=vendor, secrets=secrets)
    for requirement in talk.catalogue.requirements.values():
        if isinstance(requirement.check, Authenticates):
            for case in talk.planner.plan(requirement).cases:
                with suppress(Inexpressible):  # no such value is a JSON Web Token
                    talk.session.send(case)

    text = recorded(talk.exchanges)
    for secret in secrets.values():
        assert secret not in text
        assert json.dumps(secret)[1:-1] not in text
    leaking = [e for e in talk.exchanges if e.leaks]
    assert len(leaking) > len(talk.exchanges) / 2


def test_a_prepared_request_shows_masks(fake: Any, behaviours: Any, talk: Any) -> None:
    """What is about to be sent can be printed, by a traceback with locals for one."""
    talk = talk(fake(behaviours.healthy).url)

    for path in ("accepts/required-only", "auth/X-API-Key/truncated", "auth/X-API-Key/query"):
        assert "9fQ2vX7LmT4b" not in repr(
            prepare(talk.plan(path)[0].request, None, talk.session.contract, talk.session.target)
        )


def test_an_honest_answer_leaks_nothing(fake: Any, behaviours: Any, talk: Any) -> None:
    """An answer that does not repeat a credential is not a breach."""
    talk = talk(fake(behaviours.healthy).url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert () == exchange.leaks
    assert OK == exchange.received.body


def test_bytes_that_are_no_text_stay_as_they_are(fake: Any, behaviours: Any, talk: Any) -> None:
    """Masking changes nothing but credentials, in bytes that are not UTF-8 as well."""
    answer = b"\xff\xfe sm_test_9fQ2vX7LmT4bR8wZ \x80"
    talk = talk(fake(behaviours.answers(behaviours.message(400, answer))).url)

    exchange = talk.session.send(talk.planner.requests.control())

    assert "\xab".encode() in exchange.received.body
    assert exchange.received.body.startswith(b"\xff\xfe ")
    assert exchange.received.body.endswith(b" \x80")
    assert ("apiKeyAuth",) == exchange.leaks


def test_every_exchange_says_whose_it_is(fake: Any, behaviours: Any, talk: Any) -> None:
    """Role, expectation, control and edit are written down with each exchange."""
    talk = talk(fake(behaviours.answers(behaviours.message(201, OK), behaviours.message(400, b"{}"))).url)
    (case, *_) = talk.plan("request/body/agentId/null")

    exchange = talk.session.send(case)

    control = talk.exchanges[0]
    assert ("control", "accepted", None) == (control.role, control.expectation, control.control)
    assert ("case", Expectation.REFUSED, control.number) == (exchange.role, exchange.expectation, exchange.control)
    assert (case.id, case.requirement, case.edit) == (exchange.case, exchange.requirement, exchange.edit)
    assert exchange.control_accepted is True
    assert exchange.started <= exchange.started + exchange.seconds


NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        (None, None),
        ("", None),
        ("0", 0.0),
        ("7", 7.0),
        (" 120 ", 120.0),
        ("-1", None),
        ("1.5", None),
        ("soon", None),
        (email.utils.formatdate(NOW + 30, usegmt=True), 30.0),
        (email.utils.formatdate(NOW - 30, usegmt=True), 0.0),
        ("Fri, 99 Foo 2027 00:00:00 GMT", None),
        ("Mon, 01 Jan 99999 00:00:00 GMT", None),
    ],
)
def test_retry_after_in_seconds_and_as_a_date(value: str | None, seconds: float | None) -> None:
    """Both forms of RFC 9110 are parsed, a time in the past is now, anything else is none."""
    assert seconds == retry_after(value, NOW)


# "²" is a digit to str.isdigit and no number to float; a date of the year 1 has no timestamp here.
@given(st.text(st.characters(max_codepoint=0xFF), max_size=20))
@example("\xb2")
@example("Mon, 01 Jan 0001 00:00:00 -0000")
def test_no_retry_after_is_an_error_of_ours(value: str) -> None:
    """Whatever a target writes into the header, it is a number of seconds or nothing."""
    seconds = retry_after(value, NOW)

    assert seconds is None or seconds >= 0


@given(st.integers(0, 10**12))
def test_seconds_are_read_as_they_are(seconds: int) -> None:
    """Any whole number is a wait, an absurd one a long wait."""
    found = retry_after(str(seconds), NOW)

    assert found is not None
    assert found == seconds or found > LONGEST_WAIT


@pytest.mark.slow
def test_a_payload_that_hangs_costs_three_time_outs(fake: Any, behaviours: Any, talk: Any) -> None:
    """Two settle the first case, one the second; from then on less time is waited, and nothing is concluded."""
    server = fake(behaviours.when(b"slow", behaviours.hangs, behaviours.healthy))
    talk = talk(server.url, timeout=1.3)

    exchanges = [talk.session.send(with_words(talk, f"slow {number}")) for number in range(4)]

    late = [e for e in talk.exchanges if e.error is not None and e.seconds >= 1.3]
    assert 3 == len(late)
    assert [False, False, True, True] == [e.unsettled for e in exchanges]
    assert [2, 1, 1, 1] == [e.attempt for e in exchanges]
    assert exchanges[3].error is not None
    assert "the limit after many time-outs" in exchanges[3].error.message


@pytest.mark.slow
def test_a_payload_that_hangs_is_found_after_another_failure(fake: Any, behaviours: Any, talk: Any) -> None:
    """One failure that passed leaves two time-outs in doubt, so that a third one settles it."""
    fails_once = behaviours.answers(behaviours.message(503), behaviours.message(201, OK))
    others = behaviours.when(b"early", fails_once, behaviours.healthy)
    talk = talk(fake(behaviours.when(b"slow", behaviours.hangs, others)).url, timeout=1.3)
    first = talk.session.send(with_words(talk, "early"))
    for number in range(120):
        talk.session.send(with_words(talk, f"any {number}"))

    exchange = talk.session.send(with_words(talk, "slow"))

    assert (201, 2) == (first.status, first.attempt)
    assert (3, False) == (exchange.attempt, exchange.unsettled)


@pytest.mark.slow
def test_an_answer_later_than_the_limit_is_not_a_breach(fake: Any, behaviours: Any, talk: Any) -> None:
    """Where the control is late as well, it is sent with more patience, and the run ends with its time."""

    def late(server: Any, connection: Any, seen: Any) -> bool:
        server.stopped.wait(0.5 if len(server.requests) > 1 else 0)
        return bool(behaviours.healthy(server, connection, seen))

    talk = talk(fake(late).url, timeout=0.25)
    talk.session.send(talk.planner.requests.control())

    exchange = talk.session.send(with_words(talk, "any"))

    assert exchange.unsettled
    assert talk.session.ended_by is not None
    assert 75 == talk.session.ended_by.exit_code
    line = talk.session.ended_by.line()
    assert "one took 0.5 s, more than the time limit of 0.25 s" in line
    assert "valid requests were served until" in line
    assert ["1", str(talk.exchanges[-2].number)] == re.findall(r"\(exchange (\d+)\)", line)
    assert "--timeout" in talk.session.ended_by.line()


def test_a_connection_that_closes_after_each_answer_costs_few_requests(fake: Any, behaviours: Any, talk: Any) -> None:
    """Each request gets a connection of its own from the first such close on, and at most three are repeated."""
    server = fake(behaviours.drops_used_connections)
    talk = talk(server.url)

    exchanges = [talk.session.send(with_words(talk, f"words {number}")) for number in range(12)]

    assert {201} == {e.status for e in exchanges}
    assert 1 <= len([e for e in talk.exchanges if e.error is not None]) <= 3
