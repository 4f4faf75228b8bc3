"""Verdicts on own rules: the user's function judges what the circumstances allow to be judged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.requirements.catalogue import with_rules
from chatcert.requirements.own_rule import CannotTell, InstalledRule, OwnAnswer, OwnRequest, OwnRule
from chatcert.run.safe_judging import safely_judged
from chatcert.transport.exchange import Exchange

Ruled = Callable[..., Verdict]


@pytest.fixture
def one(bench: Any) -> Any:
    """Makes exchanges with one vendor."""
    return bench("agencii")


@pytest.fixture
def ruled(one: Any) -> Ruled:
    """Has exchanges judged by an own rule with one function."""

    def verdict(function: Any, *exchanges: Exchange, level: str = "must") -> Verdict:
        rule = OwnRule(
            name="one",
            version="1",
            level=level,
            statement="One",
            judge=function,
            fault=lambda request, answer: answer,
        )
        catalogue = with_rules(one.catalogue, [InstalledRule(rule, "sha256:0", "rules.py")])
        evidence = Evidence(catalogue.contract, catalogue.requirements, exchanges)
        return safely_judged(evidence, catalogue.requirements["agencii/own/one"], "")

    return verdict


def _of_rule(one: Any, status: int = 200, **more: Any) -> Exchange:
    found: Exchange = one.exchange("own/one", "any", status, {"chatId": "a"}, **more)
    return found


def test_levels(one: Any, ruled: Ruled) -> None:
    """What a rule says is wrong is a breach of a must and a remark on a should, and None is a pass."""
    exchanges = (one.success(), _of_rule(one), one.success())

    broken = ruled(lambda request, answer: "it is \n wrong", *exchanges)
    assert (VerdictKind.FAIL, "One") == (broken.kind, broken.finding.expected if broken.finding else "")
    assert broken.finding is not None
    assert broken.finding.actual.startswith("it is wrong")
    assert VerdictKind.WARN is ruled(lambda request, answer: "wrong", *exchanges, level="should").kind
    assert VerdictKind.PASS is ruled(lambda request, answer: None, *exchanges).kind


def test_what_a_rule_is_shown(one: Any, ruled: Ruled) -> None:
    """A rule is shown request and answer, the names of headers in lower case."""
    shown: list[tuple[OwnRequest, OwnAnswer]] = []
    ruled(lambda request, answer: shown.append((request, answer)), one.success(), _of_rule(one), one.success())
    (request, answer) = shown[0]

    assert ("POST", "/create_new_chat") == (request.method, request.path)
    assert {"apiIntegrationId"} == set(request.json())
    assert (200, {"chatId": "a"}, "application/json") == (answer.status, answer.json(), answer.headers["content-type"])


@pytest.mark.parametrize("more", [{"unsettled": True}, {"control_accepted": False}, {"error": "reset"}])
def test_circumstances(one: Any, ruled: Ruled, more: dict[str, Any]) -> None:
    """A rule is not asked where no answer came, the target was not well, or the control was refused."""
    asked: list[Any] = []
    exchanges = (one.success(), _of_rule(one, **more), one.success())
    verdict = ruled(lambda request, answer: asked.append(answer), *exchanges)

    assert (VerdictKind.INCONCLUSIVE, []) == (verdict.kind, asked)


def test_a_rule_that_cannot_tell(one: Any, ruled: Ruled) -> None:
    """What a rule cannot tell is inconclusive with its reason; a breach beside it stands."""

    def unsure(request: OwnRequest, answer: OwnAnswer) -> str | None:
        if answer.status == 200:
            raise CannotTell("it depends")
        return "wrong"

    exchanges = (one.success(), _of_rule(one), one.success())
    verdict = ruled(unsure, *exchanges)
    assert (VerdictKind.INCONCLUSIVE, "the rule cannot tell: it depends") == (verdict.kind, verdict.reason)
    assert VerdictKind.FAIL is ruled(unsure, *exchanges, _of_rule(one, 400), one.success()).kind


@pytest.mark.parametrize("function", [lambda request, answer: 1 / 0, lambda request, answer: False, lambda r, a: " "])
def test_a_rule_that_breaks(one: Any, ruled: Ruled, function: Any) -> None:
    """An error of the rule, or an answer that is neither a text nor None, is an error that names the rule."""
    verdict = ruled(function, one.success(), _of_rule(one), one.success())

    assert VerdictKind.ERROR is verdict.kind
    assert verdict.reason.startswith("the own rule one broke at ")


def test_requests_of_rules_are_no_evidence(one: Any) -> None:
    """A server error to the request of a rule says nothing of the contract."""
    requirement = one.catalogue.requirements["agencii/response/any/no-server-error"]
    exchanges = (one.success(), _of_rule(one, 500), one.success())
    evidence = Evidence(one.contract, one.catalogue.requirements, exchanges)

    assert VerdictKind.PASS is judge(evidence, requirement).kind
