"""Every rule on answers: where it fails, where it passes, and where it could not have told anything."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from chatcert.judge.requests import NO_SUCCESS
from chatcert.judge.verdict import VerdictKind
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
