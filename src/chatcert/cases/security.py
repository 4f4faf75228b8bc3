"""Plan the cases of security: their rules are judged over every answer of the run, so one valid request is enough."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Case
from chatcert.cases.planning_context import PlanningContext
from chatcert.requirements.requirement import Requirement


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield a valid request, so that there is an answer even where nothing else is sent."""
    yield context.requests.control()
