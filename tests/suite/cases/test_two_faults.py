"""Requests with two faults: each of them is wrong in two ways, and nothing else."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Cause, Expectation, JsonBody, RawBody
from chatcert.requirements.check import CredentialForm


def test_the_pairs(planned: Any, vendor: str) -> None:
    """Two fields where there are two, and bad credentials with bodies that are wrong."""
    made = planned(vendor, "standard")
    *fields, missing, wrong = made.of("response/any/two-faults")

    assert (vendor == "agencii") is (fields == [])
    assert isinstance(missing.request.body, RawBody)
    assert {CredentialForm.MISSING} == set(missing.request.credentials.values())
    assert isinstance(wrong.request.body, JsonBody)
    assert {CredentialForm.WRONG} == set(wrong.request.credentials.values())
    assert {Expectation.UNAUTHENTICATED} == {missing.expectation, wrong.expectation}
    for case in fields:
        assert Expectation.REFUSED is case.expectation
        valid = made.planner.requests.bodies.validator
        assert 2 == len({path for path, _ in valid.broken_keywords(case.request.body.value)})


def test_quick_sends_none(planned: Any, vendor: str) -> None:
    """The profile quick does not grow."""
    plan = planned(vendor, "quick").plans["response/any/two-faults"]

    assert ((), Cause.NOT_IN_PROFILE) == (plan.cases, plan.cause)
