"""Find a planned request whose answer has a documented error status."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from chatcert.cases.case import Case
from chatcert.cases.planning_context import PlanningContext
from chatcert.openapi.contract import Contract
from chatcert.requirements.requirement import Kind


def refused_requests(context: PlanningContext, status: str) -> Iterator[Case]:
    """Yield one request of another requirement that ``status`` is documented for, if a client can cause the status.

    Args:
        status: as documented (``404``, ``4XX``, ``default``), or ``invalid`` or ``unauthenticated``.
    """
    kinds = _kinds_refused_with(context.contract, status)
    for requirement in context.requirements:
        if requirement.kind in kinds:
            cases = context.plan(requirement).cases
            for case in cases[:1]:
                yield replace(case, id=f"shared/{requirement.id}", shared=True, requirement=requirement.id)
            if cases:
                return


def _kinds_refused_with(contract: Contract, status: str) -> Collection[Kind]:
    """Return the families whose requests ``status`` refuses."""
    if status in ("invalid", *map(str, contract.bad_request_statuses)):
        return (Kind.REFUSAL,)
    if status in ("unauthenticated", *map(str, contract.refusal_statuses)):
        return (Kind.AUTHENTICATION,)
    if status == "404":
        return (Kind.RESOURCE,)
    return (Kind.REFUSAL, Kind.AUTHENTICATION) if status in ("4XX", "default") else ()
