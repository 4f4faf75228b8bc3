"""Every rule on answers: where it fails, where it passes, and where it could not have found a breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chatcert.judge.claims import NoSuccess
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.values.request_markers import marker_of
from chatcert.requirements.answer_rules import FIELD_KEYWORDS
from chatcert.requirements.check import Rule
from chatcert.requirements.requirement import Level
from chatcert.transport.exchange import Exchange

Scene = Callable[[Any], list[Exchange]]
JSON = (("Content-Type", "application/json"),)
HTML = (("Content-Type", "text/html"),)
KEYWORD = "a keyword of the schema"


@dataclass(frozen=True)
class RuleExample:
    """One rule put to the test on one requirement.

    Attributes:
        keeps, breaks, vacuous: scenes in which the requirement holds, is broken, and is not touched.
    """

    rule: str
    vendor: str
    path: str
    keeps: Scene
    breaks: Scene
    vacuous: Scene


def later(made: Any, first: float, second: float, seconds: float = 3.0) -> list[Exchange]:
    """Two successes some seconds apart, whose clocks show so many seconds after the start."""
    return [
        made.success(change={"created_at": int(1_800_000_000 + clock)}, after=at)
        for at, clock in ((0.0, first), (seconds, second))
    ]


def marked(name: str) -> dict[str, str]:
    """A body with a marker, another one for each name."""
    return {"agentId": "D5D0p7TUs66TTAEAx", "input": f"Where is it? {marker_of('run', name)}"}


EXAMPLES = [
    RuleExample(
        "status",
        "sigmamind",
        "response/201/status",
        lambda b: [b.success()],
        lambda b: [b.success(status=200)],
        lambda b: [b.refusal()],
    ),
    RuleExample(
        "status",
        "sigmamind",
        "response/400/status",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(status=409)],
        lambda b: [b.refusal(control_accepted=False)],
    ),
    RuleExample(
        "status",
        "sigmamind",
        "response/401/status",
        lambda b: [b.stranger()],
        lambda b: [b.stranger(status=404)],
        lambda b: [b.success()],
    ),
    RuleExample(
        "framing",
        "sigmamind",
        "response/201/framing",
        lambda b: [b.success()],
        lambda b: [b.success(), b.exchange(error="incomplete")],
        lambda b: [b.exchange(error="timeout")],
    ),
    RuleExample(
        "content-type",
        "polyai",
        "response/200/content-type",
        lambda b: [b.success()],
        lambda b: [b.success(headers=HTML)],
        lambda b: [b.success(answer=b"")],
    ),
    RuleExample(
        "content-type",
        "polyai",
        "response/400/content-type",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(headers=())],
        lambda b: [b.stranger()],
    ),
    RuleExample(
        "json",
        "polyai",
        "response/200/json",
        lambda b: [b.success()],
        lambda b: [b.success(answer=b"{'a': 1}")],
        lambda b: [b.refusal()],
    ),
    RuleExample(
        "json-object",
        "openwebui",
        "response/4XX/json",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer=b"Bad Request")],
        lambda b: [b.success()],
    ),
    RuleExample(
        "no-html",
        "openwebui",
        "response/401/no-html",
        lambda b: [b.stranger()],
        lambda b: [b.stranger(answer=b"<!DOCTYPE html><p>no</p>")],
        lambda b: [b.success()],
    ),
    RuleExample(
        "schema",
        "sigmamind",
        "response/400/schema",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"status": "400"})],
        lambda b: [b.success()],
    ),
    RuleExample(
        "promised",
        "sigmamind",
        "response/201/chatId/promised",
        lambda b: [b.success()],
        lambda b: [b.success(without="chatId")],
        lambda b: [b.success(answer=b"no JSON")],
    ),
    RuleExample(
        "informative",
        "polyai",
        "response/400/informative",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"reason": "in another form"})],
        lambda b: [b.success()],
    ),
    RuleExample(
        "no-server-error",
        "agencii",
        "response/any/no-server-error",
        lambda b: [b.success()],
        lambda b: [b.success(), b.exchange("protocol/method/PUT", "method", 500)],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "allow",
        "agencii",
        "protocol/allow",
        lambda b: [b.exchange("protocol/method/PUT", "method", 405, {}, headers=(("Allow", "POST"),))],
        lambda b: [b.exchange("protocol/method/PUT", "method", 405, {}, headers=())],
        lambda b: [b.success()],
    ),
    RuleExample(
        "www-authenticate",
        "agencii",
        "protocol/www-authenticate",
        lambda b: [b.stranger(headers=(*JSON, ("www-authenticate", 'Bearer realm="a"')))],
        lambda b: [b.stranger(headers=JSON)],
        lambda b: [b.refusal()],
    ),
    RuleExample(
        "header-form",
        "agencii",
        "response/any/header-form",
        lambda b: [b.success(headers=(*JSON, ("Location", "/chats/a%20b?c=[1]"), ("Retry-After", "120")))],
        lambda b: [b.success(headers=(*JSON, ("retry-after", "soon")))],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "single-headers",
        "agencii",
        "response/any/single-headers",
        lambda b: [b.success(headers=(*JSON, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")))],
        lambda b: [b.success(headers=(*JSON, ("Location", "/chats/1"), ("location", "/chats/2")))],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "no-stack-trace",
        "agencii",
        "response/any/no-stack-trace",
        lambda b: [b.success()],
        lambda b: [b.refusal(answer=b'Traceback (most recent call last):\n  File "a.py", line 1')],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "no-internal-detail",
        "agencii",
        "response/any/no-internal-detail",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"detail": "SQLSTATE[42S02]: Base table or view not found"})],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "documented-status",
        "sigmamind",
        "response/any/documented-status",
        lambda b: [b.refusal(), b.success(), b.stranger()],
        lambda b: [b.success(), b.refusal("resource/agentId/unknown", 418, expectation="unknown")],
        lambda b: [b.exchange("protocol/method/PUT", "method", 405)],
    ),
    RuleExample(
        "no-other-request",
        "sigmamind",
        "response/any/no-other-request",
        lambda b: [b.success(sent=marked("a")), b.refusal(sent=marked("b"), answer={"message": marked("b")["input"]})],
        lambda b: [b.success(sent=marked("a")), b.refusal(sent=marked("b"), answer={"message": marked("a")["input"]})],
        lambda b: [b.success()],
    ),
    RuleExample(
        "no-other-chat",
        "sigmamind",
        "response/any/no-other-chat",
        lambda b: [b.success(sent=marked(name), change={"status": marked(name)["input"]}) for name in "ab"],
        lambda b: [b.success(sent=marked(name), change={"status": marked("a")["input"]}) for name in "ab"],
        lambda b: [b.success()],
    ),
    RuleExample(
        "names-field",
        "sigmamind",
        "response/400/names-field",
        lambda b: [b.refusal("request/body/input/required", answer={"validationErrors": {"body.Input": "missing"}})],
        lambda b: [b.refusal("request/body/input/required", answer={"validationErrors": {"agentId": "missing"}})],
        lambda b: [b.refusal("request/body/input/required", answer={"validationErrors": {}, "message": "no"})],
    ),
    RuleExample(
        "reply",
        "polyai",
        "response/200/response/reply",
        lambda b: [b.success(sent={"initial_message": f"text {n}"}, change={"response": "text 1"}) for n in range(4)],
        lambda b: [b.success(sent={"initial_message": f"t{n}"}, change={"response": f"t{n} "}) for n in range(3)],
        lambda b: [b.success(change={"response": ""})],
    ),
    RuleExample(
        "no-credential",
        "agencii",
        "response/any/no-credential",
        lambda b: [b.success()],
        lambda b: [b.success(leaks=("BearerAuth",))],
        lambda b: [b.exchange(error="reset")],
    ),
    RuleExample(
        "no-redirect",
        "agencii",
        "response/any/no-redirect",
        lambda b: [b.success()],
        lambda b: [b.success(status=307, headers=(("Location", "/elsewhere"),))],
        lambda b: [b.exchange("protocol/method/GET", "method", 302)],
    ),
    RuleExample(
        "unique",
        "polyai",
        "response/200/conversation_id/unique",
        lambda b: [b.success(), b.success()],
        lambda b: [b.success(change={"conversation_id": "same"}) for _ in range(2)],
        lambda b: [b.success(without="conversation_id")],
    ),
    RuleExample(
        "equals",
        "openwebui",
        "response/200/chat/equals",
        lambda b: [b.success()],
        lambda b: [b.success(change={"chat": {"title": "A chat"}})],
        lambda b: [b.success(without="chat")],
    ),
    RuleExample(
        "equals",
        "sigmamind",
        "response/400/status/equals",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"status": 422})],
        lambda b: [b.refusal(answer={"message": "no"})],
    ),
    RuleExample(
        "equals",
        "sigmamind",
        "response/400/path/equals",
        lambda b: [b.refusal()],
        lambda b: [b.refusal(answer={"path": "/v1/calls"})],
        lambda b: [b.refusal(answer={"message": "no"})],
    ),
    RuleExample(
        "initial",
        "openwebui",
        "response/200/share_id/initial",
        lambda b: [b.success()],
        lambda b: [b.success(change={"share_id": "s-1"})],
        lambda b: [b.success(without="share_id")],
    ),
    RuleExample(
        "constant",
        "openwebui",
        "response/200/user_id/constant",
        lambda b: [b.success(), b.success()],
        lambda b: [b.success(), b.success(change={"user_id": "user-2"})],
        lambda b: [b.success(without="user_id")],
    ),
    RuleExample(
        "not-before",
        "openwebui",
        "response/200/updated_at/not-before",
        lambda b: [b.success()],
        lambda b: [b.success(change={"updated_at": 1_799_999_999})],
        lambda b: [b.success(without="created_at")],
    ),
    RuleExample(
        "clock",
        "openwebui",
        "response/200/created_at/clock",
        lambda b: [b.success()],
        lambda b: [b.success(change={"created_at": 1_800_000_000_000})],
        lambda b: [b.success(change={"created_at": "2027"})],
    ),
    RuleExample(
        "clock",
        "sigmamind",
        "response/201/createdAt/clock",
        lambda b: [b.success()],
        lambda b: [b.success(change={"createdAt": "2021-04-20T10:00:00.000Z"})],
        lambda b: [b.success(without="createdAt")],
    ),
    RuleExample(
        "clock-moves",
        "openwebui",
        "response/200/created_at/clock-moves",
        lambda b: later(b, 0, 3),
        lambda b: later(b, 0, 0),
        lambda b: later(b, 0, 0, seconds=1.0),
    ),
    RuleExample(
        KEYWORD,
        "sigmamind",
        "response/201/status/enum",
        lambda b: [b.success()],
        lambda b: [b.success(change={"status": "begun"})],
        lambda b: [b.success(without="status")],
    ),
    RuleExample(
        KEYWORD,
        "sigmamind",
        "response/201/createdAt/format",
        lambda b: [b.success()],
        lambda b: [b.success(change={"createdAt": "yesterday"})],
        lambda b: [b.success(without="createdAt")],
    ),
    RuleExample(
        KEYWORD,
        "sigmamind",
        "response/201/response/*/role/type",
        lambda b: [b.success()],
        lambda b: [b.success(change={"response": [{"role": 1}]})],
        lambda b: [b.success(change={"response": []})],
    ),
    RuleExample(
        KEYWORD,
        "openwebui",
        "response/200/title/required",
        lambda b: [b.success()],
        lambda b: [b.success(without="title")],
        lambda b: [b.success(answer=b"no JSON")],
    ),
]


def test_every_rule_has_an_example() -> None:
    """No rule of the judge is without an example, but those that no bundled vendor has, or no answer breaks alone."""
    elsewhere = {Rule.REQUIRED, Rule.WRITE_ONLY, Rule.REFUSAL, Rule.TERMINATOR, Rule.STREAM_ERROR, Rule.MEDIA_TYPE}
    elsewhere |= {Rule.BRANCH, Rule.DISCRIMINATOR, Rule.EVERY_TIME, Rule.TWO_FAULTS, Rule.LOCATION}
    assert {*Rule} - {*FIELD_KEYWORDS, *elsewhere} | {KEYWORD} == {example.rule for example in EXAMPLES}


@pytest.fixture(params=EXAMPLES, ids=lambda example: f"{example.vendor}/{example.path}")
def example(request: pytest.FixtureRequest) -> RuleExample:
    """Each example in turn."""
    found: RuleExample = request.param
    return found


def test_a_rule_that_is_kept_passes(example: RuleExample, bench: Any) -> None:
    """Where the rule holds, the verdict is a pass that says how many answers back it."""
    made = bench(example.vendor)

    verdict = made.verdict(example.path, *example.keeps(made))

    assert VerdictKind.PASS == verdict.kind
    assert 1 <= verdict.non_vacuous <= verdict.cases
    assert verdict.finding is None


def test_a_rule_that_is_broken_fails(example: RuleExample, bench: Any) -> None:
    """Where the rule is broken, the verdict says so, as bad as its level, with what was expected and what came."""
    made = bench(example.vendor)
    scene = example.breaks(made)
    level = made.catalogue.requirements[f"{example.vendor}/{example.path}"].level

    verdict = made.verdict(example.path, *scene)

    assert (VerdictKind.FAIL if level is Level.MUST else VerdictKind.WARN) == verdict.kind
    assert verdict.finding is not None
    assert verdict.finding.expected
    assert verdict.finding.actual
    assert set(verdict.finding.exchanges) <= {e.number for e in scene}


def test_one_breach_among_many_is_found(example: RuleExample, bench: Any) -> None:
    """A rule that holds in other answers is broken all the same; only clocks and replies are looked at together."""
    made = bench(example.vendor)

    verdict = made.verdict(example.path, *example.keeps(made), *example.breaks(made), *example.keeps(made))

    assert (verdict.kind in (VerdictKind.FAIL, VerdictKind.WARN)) == (example.rule not in ("clock-moves", "reply"))


def test_a_rule_that_nothing_touches_is_not_a_pass(example: RuleExample, bench: Any) -> None:
    """Where nothing could have shown a breach, there is neither pass nor blame, and a reason."""
    made = bench(example.vendor)

    verdict = made.verdict(example.path, *example.vacuous(made))

    assert verdict.kind in (VerdictKind.NOT_APPLICABLE, VerdictKind.INCONCLUSIVE, VerdictKind.NOT_RUN)
    assert 0 == verdict.non_vacuous
    assert verdict.reason


def test_without_any_exchange_nothing_passes(example: RuleExample, bench: Any) -> None:
    """A run that sent nothing gives no verdict on anything."""
    assert bench(example.vendor).verdict(example.path).kind in (VerdictKind.NOT_RUN, VerdictKind.INCONCLUSIVE)


def test_without_a_success_nothing_is_known_of_successes(bench: Any) -> None:
    """Where no valid request is accepted, rules on its answer are inconclusive, not kept."""
    made = bench("sigmamind")

    verdict = made.verdict("response/201/chatId/promised", made.refusal())

    assert (VerdictKind.INCONCLUSIVE, str(NoSuccess())) == (verdict.kind, verdict.reason)
