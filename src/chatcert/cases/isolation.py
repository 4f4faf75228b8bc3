"""Plan the cases of isolation: what a run sends anyway carries markers, so two valid requests are enough."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Case
from chatcert.cases.planning_context import PlanningContext
from chatcert.requirements.requirement import Requirement


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the smallest valid request and the one with every field, which other requirements send as well."""
    yield context.requests.control()
    yield context.requests.full_control()
