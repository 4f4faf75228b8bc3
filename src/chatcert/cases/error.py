"""Plan the cases of error answers: a request for each documented status that a client can cause."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Case
from chatcert.cases.documented_errors import refused_requests
from chatcert.cases.planning_context import PlanningContext
from chatcert.cases.two_faults import cases_with_two_faults
from chatcert.requirements.check import AnswerGroup, Answers, Rule
from chatcert.requirements.requirement import Requirement


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield a request that is answered with the status that one requirement is about."""
    check = requirement.check
    assert isinstance(check, Answers)
    if check.rule is Rule.TWO_FAULTS:
        yield from cases_with_two_faults(context, requirement)
        return
    status = AnswerGroup.INVALID if check.rule is Rule.REFUSAL else check.status
    statuses = (AnswerGroup.INVALID, AnswerGroup.UNAUTHENTICATED) if status == AnswerGroup.ANY else (status,)
    for one in statuses:
        yield from refused_requests(context, one)
