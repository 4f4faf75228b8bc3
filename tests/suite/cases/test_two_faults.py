"""Requests with two faults: each of them is wrong in two ways, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Cause, Expectation, JsonBody, RawBody
from chatcert.requirements.check import CredentialForm

_HUGE = {"type": "string", "minLength": 1_000_000_000}
_NUMBER = {"type": "number"}


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


@pytest.mark.parametrize("fields", [{}, {"topic": {"type": "string"}}, {"topic": {"type": "string"}, "huge": _HUGE}])
@pytest.mark.slow
def test_a_document_of_one_fault_has_nothing_to_vary(planned_for: Any, fields: dict[str, Any]) -> None:
    """Where no credentials are needed and at most one field can be wrong, no verdict is missing."""
    plan = planned_for({"type": "object", "properties": fields}).plans["response/any/two-faults"]

    assert ((), Cause.NOTHING_TO_VARY) == (plan.cases, plan.cause)


@pytest.mark.parametrize("others", [{"additionalProperties": _NUMBER}, {"patternProperties": {"^x-": _NUMBER}}])
@pytest.mark.slow
def test_fields_without_a_name_of_their_own(planned_for: Any, others: dict[str, Any]) -> None:
    """The wrong value of a property that the schema describes without naming it is one of the two faults."""
    schema = {"type": "object", "properties": {"topic": {"type": "string"}}, **others}
    made = planned_for(schema)
    (case,) = made.of("response/any/two-faults")

    assert 2 == len(made.planner.requests.bodies.validator.broken_keywords(case.request.body.value))
