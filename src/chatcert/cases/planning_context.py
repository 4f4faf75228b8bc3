"""What a family needs to plan the cases of a requirement."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from chatcert.cases.allotment import MAX_CASES
from chatcert.cases.case import Case, Expectation, Request
from chatcert.cases.plan import Plan
from chatcert.cases.profile import Profile
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.values.invalid_values import InvalidValues
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Requirement


@dataclass(frozen=True, slots=True)
class PlanningContext:
    """One contract and the means to plan its cases.

    Attributes:
        seed: the run's seed.
        requests: builds the requests of the contract.
        invalid_values: generated values for cases of refusal.
        plan: plans another requirement of the same contract.
        status_header: the request header with which the target answers with a documented error status; empty where it
            has none, as every target but the bundled mock.
        most_cases: cases of one requirement at most.
    """

    contract: Contract
    profile: Profile
    seed: int
    requests: RequestBuilder
    invalid_values: InvalidValues
    plan: Callable[[Requirement], Plan]
    status_header: str = ""
    most_cases: int = MAX_CASES

    @property
    def requirements(self) -> tuple[Requirement, ...]:
        """Every requirement of the contract, in the order of the catalogue."""
        return tuple(derive(self.contract).requirements.values())


def edited(
    requirement: Requirement, request: Request, expectation: Expectation, edit: str, control: Case | None
) -> Case:
    """Return a case that is one edit away from ``control``; the planner gives it its id."""
    return Case("", requirement.id, request, expectation, edit, control)
