"""Find or build a request whose answer has a documented error status."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from chatcert.cases.case import Case, Expectation
from chatcert.cases.planning_context import PlanningContext
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import AnswerGroup
from chatcert.requirements.requirement import Kind


def refused_requests(context: PlanningContext, status: str) -> Iterator[Case]:
    """Yield a request that ``status`` is documented for, if a client can cause the status.

    It is a request of another requirement. Where that may be refused with another status, or where there is none, and
    the target can be asked for a status, the request that asks for it follows.

    Args:
        status: as documented (``404``, ``4XX``, ``default``), or ``invalid`` or ``unauthenticated``.
    """
    kinds = _kinds_refused_with(context.contract, status)
    owners = (one for one in context.requirements if one.kind in kinds and _is_owner(context.plan(one).cases, status))
    owner = next(owners, None)
    if owner is not None:
        case = context.plan(owner).cases[0]
        yield replace(case, id=f"shared/{owner.id}", shared=True, requirement=owner.id)
    number = status.replace("XX", "00")
    is_usual = owner is not None and number in _usual_statuses(context.contract)
    if context.status_header and number.isdecimal() and not is_usual:
        yield _requested(context, status, number)


def _is_owner(cases: Collection[Case], status: str) -> bool:
    """Return whether the cases of a requirement are refused with ``status``, as their family may be.

    A value that is in use is a conflict, and no other request is one.
    """
    first = next(iter(cases), None)
    return first is not None and (first.expectation is Expectation.IN_USE) == (status == "409")


def _requested(context: PlanningContext, status: str, number: str) -> Case:
    """Return the valid request that asks the target for a documented error status."""
    control = context.requests.control()
    return Case(
        id=f"shared/requested-status/{number}",
        requirement=next(one.id for one in context.requirements if one.path.startswith(f"response/{status}/")),
        request=replace(control.request, headers=(*control.request.headers, (context.status_header, number))),
        expectation=Expectation.REQUESTED_ERROR,
        edit=f"the mock is asked for status {number}",
        control=control,
        shared=True,
    )


def _usual_statuses(contract: Contract) -> Collection[str]:
    """Return the statuses with which the mock refuses invalid requests, bad credentials and unknown resources."""
    return [*map(str, (*contract.bad_request_statuses[:1], *contract.refusal_statuses[:1])), "400", "404", "409"]


def _kinds_refused_with(contract: Contract, status: str) -> Collection[Kind]:
    """Return the families whose requests ``status`` refuses."""
    if status in (AnswerGroup.INVALID, "409", *map(str, contract.bad_request_statuses)):
        return (Kind.REFUSAL,)
    if status in (AnswerGroup.UNAUTHENTICATED, *map(str, contract.refusal_statuses)):
        return (Kind.AUTHENTICATION,)
    if status == "404":
        return (Kind.RESOURCE,)
    return (Kind.REFUSAL, Kind.AUTHENTICATION) if status in ("4XX", "default") else ()
