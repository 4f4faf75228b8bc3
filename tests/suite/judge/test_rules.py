"""Every rule on answers: where it fails, where it passes, and where it could not have told anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.requests import NO_SUCCESS
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Rule
from chatcert.requirements.requirement import Level
from chatcert.requirements.response import FIELD_KEYWORDS
from chatcert.transport.exchange import Exchange

Scene = Callable[[Any], list[Exchange]]
HTML = (("Content-Type", "text/html"),)
KEYWORD = "a keyword of the schema"


@dataclass(frozen=True)
class Trial:
    """One rule put to the test on one requirement.

    Attributes:
        keeps, breaks, tells_nothing: scenes in which the requirement holds, is broken, and is not touched.
    """

    rule: str
    vendor: str
    path: str
    keeps: Scene
    breaks: Scene
    tells_nothing: Scene


def later(made: Any, first: float, second: float, seconds: float = 3.0) -> list[Exchange]:
    """Two successes some seconds apart, whose clocks show so many seconds after the start."""
    return [
        made.success(change={"created_at": int(1_800_000_000 + clock)}, after=at)
        for at, clock in ((0.0, first), (seconds, second))
    ]


TRIALS = [
    Trial(
        "status",
        "sigmamind",
        "response/201/status",
        lambda b: [b.success()],
        lambda b: [b.success(status=200)],
        lambda b: [b.refusal()],
    ),
    Trial(
        "status",
        "sigmamind",
        "response/400/status",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(status=409)],
        lambda b: [b.refusal(control_accepted=False)],
    ),
    Trial(
        "status",
        "sigmamind",
        "response/401/status",
        lambda b: [b.stranger()],
        lambda b: [b.stranger(status=404)],
        lambda b: [b.success()],
    ),
    Trial(
        "framing",
        "sigmamind",
        "response/201/framing",
        lambda b: [b.success()],
        lambda b: [b.success(), b.exchange(error="incomplete")],
        lambda b: [b.exchange(error="timeout")],
    ),
    Trial(
        "content-type",
        "polyai",
        "response/200/content-type",
        lambda b: [b.success()],
        lambda b: [b.success(headers=HTML)],
        lambda b: [b.success(answer=b"")],
    ),
    Trial(
        "content-type",
        "polyai",
        "response/400/content-type",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(headers=())],
        lambda b: [b.stranger()],
    ),
    Trial(
        "json",
        "polyai",
        "response/200/json",
        lambda b: [b.success()],
        lambda b: [b.success(answer=b"{'a': 1}")],
        lambda b: [b.refusal()],
    ),
    Trial(
        "json-object",
        "openwebui",
        "response/4XX/json",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer=b"Bad Request")],
        lambda b: [b.success()],
    ),
    Trial(
        "no-html",
        "openwebui",
        "response/401/no-html",
        lambda b: [b.stranger()],
        lambda b: [b.stranger(answer=b"<!DOCTYPE html><p>no</p>")],
        lambda b: [b.success()],
    ),
    Trial(
        "schema",
        "sigmamind",
        "response/400/schema",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"status": "400"})],
        lambda b: [b.success()],
    ),
    Trial(
        "promised",
        "sigmamind",
        "response/201/chatId/promised",
        lambda b: [b.success()],
        lambda b: [b.success(without="chatId")],
        lambda b: [b.success(answer=b"no JSON")],
    ),
    Trial(
        "informative",
        "polyai",
        "response/400/informative",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"reason": "in another form"})],
        lambda b: [b.success()],
    ),
    Trial(
        "no-server-error",
        "agencii",
        "response/any/no-server-error",
        lambda b: [b.success()],
        lambda b: [b.success(), b.exchange("protocol/method/PUT", "method", 500)],
        lambda b: [b.exchange(error="reset")],
    ),
    Trial(
        "no-stack-trace",
        "agencii",
        "response/any/no-stack-trace",
        lambda b: [b.success()],
        lambda b: [b.refusal(answer=b'Traceback (most recent call last):\n  File "a.py", line 1')],
        lambda b: [b.exchange(error="reset")],
    ),
    Trial(
        "no-credential",
        "agencii",
        "response/any/no-credential",
        lambda b: [b.success()],
        lambda b: [b.success(leaks=("BearerAuth",))],
        lambda b: [b.exchange(error="reset")],
    ),
    Trial(
        "no-redirect",
        "agencii",
        "response/any/no-redirect",
        lambda b: [b.success()],
        lambda b: [b.success(status=307, headers=(("Location", "/elsewhere"),))],
        lambda b: [b.exchange("protocol/method/GET", "method", 302)],
    ),
    Trial(
        "unique",
        "polyai",
        "response/200/conversation_id/unique",
        lambda b: [b.success(), b.success()],
        lambda b: [b.success(change={"conversation_id": "same"}) for _ in range(2)],
        lambda b: [b.success(without="conversation_id")],
    ),
    Trial(
        "equals",
        "openwebui",
        "response/200/chat/equals",
        lambda b: [b.success()],
        lambda b: [b.success(change={"chat": {"title": "A chat"}})],
        lambda b: [b.success(without="chat")],
    ),
    Trial(
        "equals",
        "sigmamind",
        "response/400/status/equals",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"status": 422})],
        lambda b: [b.refusal(answer={"message": "no"})],
    ),
    Trial(
        "equals",
        "sigmamind",
        "response/400/path/equals",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"path": "/v1/calls"})],
        lambda b: [b.refusal(answer={"message": "no"})],
    ),
    Trial(
        "initial",
        "openwebui",
        "response/200/share_id/initial",
        lambda b: [b.success()],
        lambda b: [b.success(change={"share_id": "s-1"})],
        lambda b: [b.success(without="share_id")],
    ),
    Trial(
        "constant",
        "openwebui",
        "response/200/user_id/constant",
        lambda b: [b.success(), b.success()],
        lambda b: [b.success(), b.success(change={"user_id": "user-2"})],
        lambda b: [b.success(without="user_id")],
    ),
    Trial(
        "not-before",
        "openwebui",
        "response/200/updated_at/not-before",
        lambda b: [b.success()],
        lambda b: [b.success(change={"updated_at": 1_799_999_999})],
        lambda b: [b.success(without="created_at")],
    ),
    Trial(
        "clock",
        "openwebui",
        "response/200/created_at/clock",
        lambda b: [b.success()],
        lambda b: [b.success(change={"created_at": 1_800_000_000_000})],
        lambda b: [b.success(change={"created_at": "2027"})],
    ),
    Trial(
        "clock",
        "sigmamind",
        "response/201/createdAt/clock",
        lambda b: [b.success()],
        lambda b: [b.success(change={"createdAt": "2021-04-20T10:00:00.000Z"})],
        lambda b: [b.success(without="createdAt")],
    ),
    Trial(
        "clock-moves",
        "openwebui",
        "response/200/created_at/clock-moves",
        lambda b: later(b, 0, 3),
        lambda b: later(b, 0, 0),
        lambda b: later(b, 0, 0, seconds=1.0),
    ),
    Trial(
        KEYWORD,
        "sigmamind",
        "response/201/status/enum",
        lambda b: [b.success()],
        lambda b: [b.success(change={"status": "begun"})],
        lambda b: [b.success(without="status")],
    ),
    Trial(
        KEYWORD,
        "sigmamind",
        "response/201/createdAt/format",
        lambda b: [b.success()],
        lambda b: [b.success(change={"createdAt": "yesterday"})],
        lambda b: [b.success(without="createdAt")],
    ),
    Trial(
        KEYWORD,
        "sigmamind",
        "response/201/response/*/role/type",
        lambda b: [b.success()],
        lambda b: [b.success(change={"response": [{"role": 1}]})],
        lambda b: [b.success(change={"response": []})],
    ),
    Trial(
        KEYWORD,
        "openwebui",
        "response/200/title/required",
        lambda b: [b.success()],
        lambda b: [b.success(without="title")],
        lambda b: [b.success(answer=b"no JSON")],
    ),
]


def test_every_rule_is_tried() -> None:
    """No rule of the judge is without a trial below."""
    assert {*Rule} - {*FIELD_KEYWORDS, Rule.REQUIRED} | {KEYWORD} == {trial.rule for trial in TRIALS}


@pytest.fixture(params=TRIALS, ids=lambda trial: f"{trial.vendor}/{trial.path}")
def trial(request: pytest.FixtureRequest) -> Trial:
    """Each trial in turn."""
    found: Trial = request.param
    return found


def test_a_rule_that_is_kept_passes(trial: Trial, bench: Any) -> None:
    """Where the rule holds, the verdict is a pass that says how many answers back it."""
    made = bench(trial.vendor)

    verdict = made.verdict(trial.path, *trial.keeps(made))

    assert VerdictKind.PASS == verdict.kind
    assert 1 <= verdict.non_vacuous <= verdict.cases
    assert verdict.finding is None


def test_a_rule_that_is_broken_fails(trial: Trial, bench: Any) -> None:
    """Where the rule is broken, the verdict says so, as bad as its level, with what was expected and what came."""
    made = bench(trial.vendor)
    scene = trial.breaks(made)
    level = made.catalogue.requirements[f"{trial.vendor}/{trial.path}"].level

    verdict = made.verdict(trial.path, *scene)

    assert (VerdictKind.FAIL if level is Level.MUST else VerdictKind.WARN) == verdict.kind
    assert verdict.finding is not None
    assert verdict.finding.expected
    assert verdict.finding.actual
    assert set(verdict.finding.exchanges) <= {e.number for e in scene}


def test_one_breach_among_many_is_found(trial: Trial, bench: Any) -> None:
    """A rule that holds in other answers is broken all the same; only of a clock are the first and last looked at."""
    made = bench(trial.vendor)

    verdict = made.verdict(trial.path, *trial.keeps(made), *trial.breaks(made), *trial.keeps(made))

    assert (verdict.kind in (VerdictKind.FAIL, VerdictKind.WARN)) == (trial.rule != "clock-moves")


def test_a_rule_that_nothing_touches_is_no_pass(trial: Trial, bench: Any) -> None:
    """Where nothing could have shown a breach, there is neither pass nor blame, and a reason."""
    made = bench(trial.vendor)

    verdict = made.verdict(trial.path, *trial.tells_nothing(made))

    assert verdict.kind in (VerdictKind.NOT_APPLICABLE, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN)
    assert 0 == verdict.non_vacuous
    assert verdict.reason


def test_without_any_exchange_nothing_passes(trial: Trial, bench: Any) -> None:
    """A run that sent nothing gives no verdict on anything."""
    assert bench(trial.vendor).verdict(trial.path).kind in (VerdictKind.NOT_RUN, VerdictKind.INCONCLUSIVE)


def test_without_a_success_nothing_is_known_of_successes(bench: Any) -> None:
    """Where no valid request is accepted, rules on its answer are inconclusive, not kept."""
    made = bench("sigmamind")

    verdict = made.verdict("response/201/chatId/promised", made.refusal())

    assert (VerdictKind.INCONCLUSIVE, NO_SUCCESS) == (verdict.kind, verdict.reason)


def test_a_status_that_comes_and_goes_is_a_breach(bench: Any) -> None:
    """A valid request that is refused once and served the next time is not always served."""
    made = bench("sigmamind")
    refused = made.success(status=400, case="flaky", final=False)
    served = made.success(case="flaky", attempt=2)

    assert VerdictKind.FAIL == made.verdict("response/201/status", refused, served).kind
    assert (
        VerdictKind.PASS == made.verdict("response/201/status", replace(refused, received=served.received), served).kind
    )


def test_a_server_error_that_comes_and_goes_is_a_breach(bench: Any) -> None:
    """A 500 that does not repeat was still an answer of 500."""
    made = bench("agencii")
    failed = made.refusal(status=500, case="flaky", final=False)
    refused = made.refusal(case="flaky", attempt=2)

    assert VerdictKind.FAIL == made.verdict("response/any/no-server-error", failed, refused).kind


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_weather_that_passed_is_no_breach(bench: Any, status: int) -> None:
    """What an edge answers on a bad day, and not the next moment, is held against nobody."""
    made = bench("agencii")
    scene = [made.success(status=status, case="weather", final=False), made.success(case="weather", attempt=2)]

    words = made.words(scene)

    assert "pass" == words["response/200/status"]
    assert not {"fail", "warn"} & set(words.values())


@pytest.mark.parametrize(
    "trace",
    [
        'Traceback (most recent call last):\n  File "/app/main.py", line 3, in f',
        '{"detail": "Traceback (most recent call last):\\n  File \\"x.py\\", line 9"}',
        "java.lang.NullPointerException\n\tat com.example.Chat.create(Chat.java:42)",
        "TypeError: x is undefined\n    at create (/srv/app/chat.js:10:15)",
        "TypeError: x\n    at async file:///srv/app/chat.mjs:10:15",
        "goroutine 1 [running]:\nmain.main()",
        "panic: runtime error",
        "Fatal error: uncaught in /var/www/chat.php:12",
        "#0 /var/www/index.php(12): create()",
        "app/chat.rb:5: /srv/app/chat.rb:5:in `create'",
        "   at Chat.Api.Create(String id) in C:\\src\\Chat.cs:line 12",
        "stack backtrace:\n   0: rust_begin_unwind",
        "org.springframework.web.bind.MissingServletRequestParameterException: no",
    ],
)
def test_stack_traces_of_many_languages(bench: Any, trace: str) -> None:
    """A trace is known by its form, in plain text and inside JSON."""
    made = bench("agencii")

    assert VerdictKind.WARN == made.verdict("response/any/no-stack-trace", made.refusal(answer=trace.encode())).kind


@pytest.mark.parametrize(
    "text",
    [
        "Expected ',' at line 3, column 7.",
        "The file chat.py was not found.",
        "Meet me at Oslo (Norway:12) at 10:15.",
        "An error occurred at 2026-01-01T10:00:00Z (id 12:34)",
        "Invalid value at $.chat.title: expected string",
        "Please panic: no.",
        "At least one message (see docs: section 4) is needed",
    ],
)
def test_plain_words_are_no_stack_trace(bench: Any, text: str) -> None:
    """A helpful message is not taken for a trace."""
    made = bench("agencii")

    assert VerdictKind.PASS == made.verdict("response/any/no-stack-trace", made.refusal(answer={"detail": text})).kind


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"{}{}",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xef\xbb\xbf{}",
        b'{"a": "\xff"}',
        b'{"a": 1,}',
        b'{"a": "\n"}',
        b"null x",
        b"[" * 100_000,
        "{}".encode("utf-16"),
    ],
    ids=lambda body: ascii(body)[:20],
)
def test_what_is_no_json(bench: Any, body: bytes) -> None:
    """No text that a strict parser refuses is taken for JSON."""
    made = bench("agencii")
    success = made.answered(made.success(), body[:200_000])

    assert VerdictKind.FAIL == made.verdict("response/200/json", success).kind


@pytest.mark.parametrize("body", [b"null", b"0", b' {"a": [1e400]} ', b'"\\ud800"', b"[]", '{"é": "😀"}'.encode()])
def test_what_is_json(bench: Any, body: bytes) -> None:
    """Any JSON value at the top, white space, escapes and large numbers are JSON."""
    made = bench("agencii")

    assert VerdictKind.PASS == made.verdict("response/200/json", made.answered(made.success(), body)).kind


def test_a_name_that_stands_twice_is_a_remark(bench: Any) -> None:
    """RFC 8259 says that names should be unique, so that two of them are no more than a remark."""
    made = bench("agencii")
    twice = made.answered(made.success(), b'{"chatId": "a", "chatId": "b"}')

    assert VerdictKind.WARN == made.verdict("response/200/json", twice).kind


# An answer of 4 MB holds 400,000 names.
def test_an_answer_of_many_names_is_judged_at_once(bench: Any) -> None:
    """The time that an answer takes to judge grows with its size, not with the square of it."""
    import time

    made = bench("agencii")
    many = made.answered(made.success(), {f"key_{number}": number for number in range(30_000)})

    begun = time.process_time()
    made.verdict("response/200/json", many)

    assert time.process_time() - begun < 3


def test_an_answer_that_was_cut_off_is_in_doubt(bench: Any) -> None:
    """Of an answer that is larger than what is read of it, nothing is concluded."""
    made = bench("agencii")
    success = made.success()
    cut = replace(success, received=replace(success.received, truncated=True, body=b'{"chatId": "a'))

    assert VerdictKind.INCONCLUSIVE == made.verdict("response/200/json", cut).kind


@pytest.mark.parametrize("value", ["", " ", [], {}])
def test_an_empty_value_is_none(bench: Any, value: Any) -> None:
    """A promised field without anything in it is not there."""
    made = bench("sigmamind")

    assert (
        VerdictKind.FAIL
        == made.verdict("response/201/response/promised", made.success(change={"response": value})).kind
    )


@pytest.mark.parametrize("value", [0, False, "x", [0]])
def test_a_value_is_one_however_false(bench: Any, value: Any) -> None:
    """A promised field may hold zero or false: whether that is of the right type is another question."""
    made = bench("sigmamind")

    assert (
        VerdictKind.PASS
        == made.verdict("response/201/response/promised", made.success(change={"response": value})).kind
    )


@pytest.mark.parametrize("answer", [{}, {"error_message": ""}, {"error_message": None}, [], "text"])
def test_an_error_that_says_nothing_is_a_remark(bench: Any, answer: Any) -> None:
    """An empty error breaks no schema; an object of other fields only has another form than the documented one."""
    made = bench("polyai")

    assert VerdictKind.WARN == made.verdict("response/400/informative", made.refusal(answer=answer)).kind


def test_a_code_that_the_page_has_for_something_else_belongs_elsewhere(bench: Any) -> None:
    """An invalid request that is answered 404 is judged with its own requirement, not with the status of all."""
    made = bench("sigmamind")

    verdict = made.verdict("response/400/status", made.refusal(), made.refusal(status=404))

    assert VerdictKind.PASS == verdict.kind


def test_a_chat_out_of_its_status_is_held_to_the_contract(bench: Any) -> None:
    """A success of an undocumented status is wrong in its status alone: its body is judged as the documented one."""
    made = bench("sigmamind")

    words = made.words([made.success(status=200)])

    assert "fail" == words["response/201/status"]
    assert "pass" == words["response/201/chatId/promised"]


# No requirement of its own judges the refusal of a generated body.
def test_a_generated_valid_body_that_is_refused_is_a_breach(bench: Any) -> None:
    """Every valid request is answered with the documented success, the generated ones included."""
    made = bench("sigmamind")
    refused = made.exchange("response/201/status", "accepted", 400, made.problem(400), edit="generated body 7")

    verdict = made.verdict("response/201/status", made.success(), refused)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding is not None
    assert (refused.number,) == verdict.finding.exchanges


@pytest.mark.parametrize(
    ("told", "right"),
    [
        ("/v1/chats", True),
        ("/prefix/v1/chats", True),
        ("/v1/chats?x=1", True),
        ("/chats", True),
        ("/", False),
        ("", False),
        ("v1/chats", False),
        ("/v1/chat", False),
        ("/v1/chats/1", False),
    ],
)
def test_a_path_may_be_told_as_a_gateway_sees_it(bench: Any, told: str, right: bool) -> None:
    """The path of the request, with or without what stands before it."""
    made = bench("sigmamind")

    verdict = made.verdict("response/400/path/equals", made.refusal(answer={**made.problem(400), "path": told}))

    assert (VerdictKind.PASS if right else VerdictKind.FAIL) == verdict.kind


@pytest.mark.parametrize(("sent", "told"), [("A1", "agent_A1"), ("agent_A1", "A1"), ("A1", "A1")])
def test_an_id_with_or_without_its_prefix(bench: Any, sent: str, told: str) -> None:
    """The page's own examples differ by a prefix: both are the same agent."""
    made = bench("sigmamind")
    success = made.success(sent={"agentId": sent, "input": "x"}, change={"agent": {"agentId": told}})

    assert VerdictKind.PASS == made.verdict("response/201/agent/agentId/equals", success).kind


@pytest.mark.parametrize(
    ("sent", "told", "right"), [(None, None, True), ("f-1", "f-1", True), ("f-1", None, False), (None, "f-1", False)]
)
def test_an_echo_with_a_default(bench: Any, sent: str | None, told: str | None, right: bool) -> None:
    """What was not sent comes back as its default."""
    made = bench("openwebui")
    body = {"chat": {"title": "A"}} | ({} if sent is None else {"folder_id": sent})

    verdict = made.verdict("response/200/folder_id/equals", made.success(sent=body, change={"folder_id": told}))

    assert (VerdictKind.PASS if right else VerdictKind.FAIL) == verdict.kind


@pytest.mark.parametrize(
    ("sent", "back"),
    [
        ({"a": 1}, {"a": "1"}),
        ({"a": 1}, {"a": True}),
        ({"a": None}, {}),
        ({}, {"a": None}),
        ({"a": {}}, {"a": []}),
        ({"a": [1, 2]}, {"a": [2, 1]}),
        ({"a": "é"}, {"a": "e\u0301"}),
        ({"a": "x "}, {"a": "x"}),
        ({"a": 0}, {"a": False}),
        ({"a": "😀"}, {"a": "?"}),
    ],
)
def test_an_echo_that_differs_is_found(bench: Any, sent: Any, back: Any) -> None:
    """An echo is compared value by value: type, null, order of a list, code points."""
    made = bench("openwebui")
    success = made.success(sent={"chat": {"title": "t", **sent}}, change={"chat": {"title": "t", **back}})

    verdict = made.verdict("response/200/chat/equals", success)

    assert VerdictKind.FAIL == verdict.kind
    assert verdict.finding is not None
    assert "/a" in verdict.finding.actual


@pytest.mark.parametrize(
    "told", [1_800_000_000 * 10**9, 10**400, -(10**400), 1e300], ids=["nanoseconds", "400 digits", "minus 400", "1e300"]
)
def test_a_clock_in_no_unit_is_wrong(bench: Any, told: Any) -> None:
    """However great a number is: it is no time of the answer, and it does not go unseen."""
    made = bench("openwebui")

    assert (
        VerdictKind.FAIL
        == made.verdict("response/200/created_at/clock", made.success(change={"created_at": told})).kind
    )


@pytest.mark.parametrize(
    ("told", "word"),
    [
        (1_800_000_000_123, VerdictKind.PASS),
        (1_800_000_090_000, VerdictKind.PASS),
        (1_800_000_000, VerdictKind.FAIL),
        (1_800_086_400_000, VerdictKind.FAIL),
        ("2027-01-15T08:00:00Z", VerdictKind.NOT_APPLICABLE),
    ],
)
def test_a_clock_in_milliseconds(bench: Any, told: Any, word: VerdictKind) -> None:
    """Where the contract says milliseconds, they are read as such; seconds are a thousand times too few."""
    made = bench("openwebui")
    requirement = made.catalogue.requirements["openwebui/response/200/created_at/clock"]
    requirement = replace(requirement, check=replace(requirement.check, detail={"unit": "milliseconds"}))
    success = made.success(change={"created_at": told})

    verdict = judge(Evidence(made.contract, made.catalogue.requirements, (success,)), requirement)

    assert word == verdict.kind


NESTED = {
    "type": "object",
    "properties": {
        "thread": {"type": ["object", "null"], "required": ["owner"], "properties": {"owner": {"type": "string"}}},
        "replies": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["text"],
                "properties": {"text": {"type": ["string", "null"], "minLength": 1}},
            },
        },
    },
}


@pytest.mark.parametrize(
    ("path", "answer", "word"),
    [
        ("thread/owner/required", {}, VerdictKind.NOT_APPLICABLE),
        ("thread/owner/required", {"thread": None}, VerdictKind.NOT_APPLICABLE),
        ("thread/owner/required", {"thread": {"owner": "a"}}, VerdictKind.PASS),
        ("thread/owner/required", {"thread": {}}, VerdictKind.FAIL),
        ("replies/*/text/required", {"replies": []}, VerdictKind.NOT_APPLICABLE),
        ("replies/*/text/required", {"replies": [{"text": None}]}, VerdictKind.PASS),
        ("replies/*/text/required", {"replies": [{"text": "a"}, {}]}, VerdictKind.FAIL),
        ("replies/*/text/minLength", {"replies": [{"text": None}]}, VerdictKind.NOT_APPLICABLE),
        ("replies/*/text/minLength", {"replies": [{"text": None}, {"text": "a"}]}, VerdictKind.PASS),
        ("replies/*/text/minLength", {"replies": [{"text": None}, {"text": ""}]}, VerdictKind.FAIL),
        ("replies/*/text/type", {"replies": [{"text": None}]}, VerdictKind.PASS),
        ("thread/type", {"thread": None}, VerdictKind.PASS),
    ],
)
def test_what_no_answer_held_was_not_looked_at(
    bench: Any, path: str, answer: dict[str, Any], word: VerdictKind
) -> None:
    """A member of an object that never came, and the length of a text that is null, are no pass."""
    made = bench("openwebui")
    content = {"application/json": {"schema": NESTED}}
    made.catalogue = derive(
        read_contract(
            {
                "openapi": "3.1.0",
                "info": {"title": "Made for a test", "version": "1"},
                "paths": {"/chats": {"post": {"responses": {"200": {"description": "made", "content": content}}}}},
            },
            vendor=made.vendor,
            where="made.yaml",
        )
    )
    made.contract = made.catalogue.contract

    verdict = made.verdict(f"response/200/{path}", made.success(answer))

    assert word == verdict.kind
    assert (word is VerdictKind.NOT_APPLICABLE) == ("no answer held" in verdict.reason)
