"""Cases of own rules: the requests that a rule plans, each one edit away from a valid one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.requirements.catalogue import derive, with_rules
from chatcert.requirements.own_rule import InstalledRule, OwnRequest, OwnRule, Trial
from chatcert.vendors import open_vendor


def _planned(plan: Callable[[OwnRequest], Iterable[Any]] | None) -> tuple[Case, ...]:
    rule = OwnRule(
        name="one",
        version="1",
        level="must",
        statement="One",
        judge=lambda request, answer: None,
        fault=lambda request, answer: answer,
        plan=plan,
    )
    contract = open_vendor("agencii")
    catalogue = with_rules(derive(contract), [InstalledRule(rule, "sha256:0", "rules.py")])
    planner = Planner(contract, {"apiIntegrationId": "abc"}, profile_named("quick"), 1)
    return planner.plan(catalogue.requirements["agencii/own/one"]).cases


def test_a_valid_request_by_default() -> None:
    """A rule without a plan is judged on one valid request of its own."""
    (case,) = _planned(None)

    assert ("agencii/own/one#1", Expectation.ANY, "a valid request") == (case.id, case.expectation, case.edit)
    assert case.control is not None
    assert case.control.request.body == case.request.body


def test_trials() -> None:
    """Body, headers and query of a trial take the place of those of the valid request, which the plan is shown."""

    def plan(valid: OwnRequest) -> Iterable[Trial]:
        yield Trial("more", {**valid.json(), "extra": 1}, headers={"X-A": "1"}, query={"b": "2"})
        yield Trial("bytes", json.dumps(valid.json()).encode()[:-1])

    more, raw = _planned(plan)

    assert JsonBody({"apiIntegrationId": "abc", "extra": 1}) == more.request.body
    assert ("X-A", "1") in more.request.headers
    assert (("b", "2"),) == more.request.query
    assert RawBody(b'{"apiIntegrationId": "abc"') == raw.request.body


@pytest.mark.parametrize("given", [[5], [Trial(str(number)) for number in range(21)]])
def test_what_is_no_plan(given: list[Any]) -> None:
    """Something else than trials, or more than twenty, is an error of the rule."""
    with pytest.raises(TypeError):
        _planned(lambda _: given)
