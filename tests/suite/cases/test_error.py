"""Requests for documented error answers: wrong requests cause some, and the bundled mock is asked for the others."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Case, Expectation
from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.names import MOCK_STATUS_HEADER
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.vendors import open_vendor


def all_cases(contract: Contract, **options: Any) -> dict[str, Case]:
    """The cases of every requirement of a contract, by id."""
    planner = Planner(contract, {}, PROFILES["quick"], 1, **options)
    plans = [planner.plan(requirement) for requirement in derive(contract).requirements.values()]
    return {case.id: case for plan in plans for case in plan.cases}


@pytest.mark.parametrize(
    ("name", "statuses"),
    [("agencii", {"500"}), ("polyai", {"403", "500"}), ("sigmamind", {"403", "500"}), ("openwebui", set())],
)
def test_statuses_that_the_mock_is_asked_for(name: str, statuses: set[str]) -> None:
    """Each documented status that no wrong request causes is asked for with a valid request, once."""
    cases = all_cases(open_vendor(name), status_header=MOCK_STATUS_HEADER)
    requested = [case for case in cases.values() if case.expectation is Expectation.REQUESTED_ERROR]

    assert sorted(statuses) == sorted(dict(case.request.headers)[MOCK_STATUS_HEADER] for case in requested)
    for case in requested:
        assert case.control is not None
        assert Expectation.ACCEPTED is case.control.expectation
        assert set(case.request.headers) - set(case.control.request.headers) == {
            (MOCK_STATUS_HEADER, case.id.rpartition("/")[2])
        }


@pytest.mark.parametrize("name", ["agencii", "polyai", "sigmamind", "openwebui"])
def test_nothing_is_asked_of_other_targets(name: str) -> None:
    """Without the header of the mock, no request asks for a status."""
    for case in all_cases(open_vendor(name)).values():
        assert Expectation.REQUESTED_ERROR is not case.expectation
        assert MOCK_STATUS_HEADER not in dict(case.request.headers)


def test_every_documented_client_error_is_brought_about(planned: Any, vendor: str) -> None:
    """Each documented refusal has a request that is meant for it; only what a client cannot cause has none."""
    plans = planned(vendor)

    empty = {p.split("/")[1] for p, plan in plans.plans.items() if not plan.cases and plan.reason != NOT_AT_QUICK}

    assert empty <= {"500"}
    assert all(plan.cases or plan.reason for plan in plans.plans.values())
