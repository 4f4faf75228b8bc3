"""Plan the cases of relations: what answers have to do with requests, with time and with each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, Request, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.documented_errors import refused_requests
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.values.valid_samples import MEMBERS_EASILY_CHANGED
from chatcert.openapi.contract import OF_SUCCESS
from chatcert.openapi.schemas.path_tokens import leads_to_one
from chatcert.openapi.schemas.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.openapi.values.request_markers import free_texts
from chatcert.requirements.check import Accepts, Answers, Rule
from chatcert.requirements.requirement import Requirement

ECHO_LENGTH = 200
"""Characters of a text that the server has to return as it is; a database column often takes no more than 255."""
CONCURRENT = 4
CLOCK_WAITS = (1.1, 2.2)
"""Seconds after the run's first success at which the server's clock is read again. A clock that counts whole seconds
shows another time at the first of them, one that is a second late at the second."""

LINK_WAITS = (2.0, 5.0)
"""Seconds after the run's first success at which a link that could not be followed is followed again."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests over whose answers one relation is judged."""
    check, requests = requirement.check, context.requests
    if isinstance(check, Accepts):
        yield from _link(requests, requirement, check)
        return
    assert isinstance(check, Answers)
    if not check.status.startswith(OF_SUCCESS):
        yield from refused_requests(context, check.status)
        return
    yield requests.control()
    match check.rule:
        case Rule.UNIQUE:
            yield from _repeated(requests, requirement)
        case Rule.CLOCK_MOVES:
            yield from _later(requests, requirement)
        case Rule.EQUALS:
            yield requests.full_control()
            yield from _echoes(requests, requirement, check)
        case Rule.CONSTANT:
            yield requests.full_control()


def _link(requests: RequestBuilder, requirement: Requirement, check: Accepts) -> Iterator[Case]:
    expression = str(check.value)
    if not expression.startswith("$response.body#"):
        raise Unplannable(f"the link's expression {expression} is not about the answer's body", Cause.NOT_SUPPORTED)
    name = check.path[0]
    base = requests.bodies.body()
    if not isinstance(base, dict) or not leads_to_one(check.path):
        raise Unplannable("the link does not lead to a field of the body", Cause.NOT_SUPPORTED)
    bound = {f"/{name}": expression.removeprefix("$response.body#")}
    body = JsonBody({**base, name: ""}, bound)
    edit = f"{name} taken from the answer to an earlier request"
    yield edited(requirement, requests.request(body), Expectation.ACCEPTED, edit, requests.control())
    whole = requests.bodies.full_body()
    if isinstance(whole, dict) and whole.keys() - base.keys() - {name}:
        request = requests.request(JsonBody({**whole, name: ""}, bound))
        beside = f"{edit}, beside every other field"
        yield edited(requirement, request, Expectation.ACCEPTED, beside, requests.control())
    for seconds in LINK_WAITS:
        again = f"{edit}, {seconds:g} s later"
        case = edited(requirement, requests.request(body), Expectation.ACCEPTED, again, requests.control())
        yield replace(case, wait=seconds)


def _repeated(requests: RequestBuilder, requirement: Requirement) -> Iterator[Case]:
    yield edited(requirement, requests.request(), Expectation.ACCEPTED, "again", None)
    for number in range(CONCURRENT):
        request = replace(_request_with_text(requests), turn=max(0, number - 1))
        case = edited(requirement, request, Expectation.ACCEPTED, f"at once {number}", None)
        yield replace(case, group=f"{requirement.id}/at-once")


def _request_with_text(requests: RequestBuilder) -> Request:
    """Return a small valid request with a text that can carry a marker, where there is one."""
    texts = free_texts(requests.contract)
    body = requests.bodies.body_holding(texts[0]) if texts else MISSING
    return requests.request(body)


def _later(requests: RequestBuilder, requirement: Requirement) -> Iterator[Case]:
    for seconds in CLOCK_WAITS:
        case = edited(requirement, requests.request(), Expectation.ACCEPTED, f"{seconds} s later", None)
        yield replace(case, wait=seconds)


def _echoes(requests: RequestBuilder, requirement: Requirement, check: Answers) -> Iterator[Case]:
    """Yield requests with values that come back changed unless the server returns them as they are."""
    expression = str((check.detail or {}).get("expression", ""))
    path = tokens_of(expression.partition("#")[2])
    bodies = requests.bodies
    if not expression.startswith("$request.body#/") or bodies.resource_at(path) is not None:
        return
    base = bodies.body_holding(path[:1])
    current = lookup(base, path)
    labelled: list[tuple[str, Any]] = []
    if isinstance(current, dict):
        labelled = [("values that are easily changed on the way", {**current, **MEMBERS_EASILY_CHANGED})]
    elif isinstance(current, str):
        labelled = [
            ("characters that are easily changed on the way", f"  {current} e\u0301 "),
            (f"a text of {ECHO_LENGTH} characters", f"{current} {'a long title, ' * ECHO_LENGTH}"[:ECHO_LENGTH]),
        ]
    for edit, value in labelled:
        body = replaced(base, path, value)
        if bodies.validator.is_valid(body):
            yield edited(requirement, requests.request(body), Expectation.ACCEPTED, edit, requests.control())
