"""Plan the cases of streams: the requests that ask for one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chatcert.cases.case import Case, Expectation
from chatcert.cases.planning_context import PlanningContext
from chatcert.cases.requests.request_builder import STREAM_SWITCH, RequestBuilder
from chatcert.openapi.contract import JSON_MEDIA_TYPE, Answer
from chatcert.openapi.schemas.fields import Choice
from chatcert.openapi.schemas.pointer import MISSING, replaced
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Requirement

SWITCH = (STREAM_SWITCH,)


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the valid requests over whose answers one rule on streams is judged.

    Where a success is documented both as a stream and as one body, one request asks for each.
    """
    check, requests = requirement.check, context.requests
    assert isinstance(check, Answers)
    answer = next(one for one in context.contract.answers if one.status == check.status)
    yield requests.control()
    if not has_choice(answer):
        if check.rule is Rule.SCHEMA:
            yield requests.full_control()
        return
    switched = list(_switched(requests, check.stream))
    yield from switched or [_negotiated(requests, requirement, check.stream)]


def has_choice(answer: Answer) -> bool:
    """Return whether a success is documented in several media types, one of which is a stream."""
    return len(answer.content) > 1


def _switched(requests: RequestBuilder, media_type: str) -> Iterator[Case]:
    """Yield a request whose field asks for a stream, and one whose field asks for none."""
    for value, accepted in ((True, f"{media_type}, {JSON_MEDIA_TYPE}"), (False, JSON_MEDIA_TYPE)):
        choices, body = _body_with(requests, value)
        if body is not MISSING:
            request = requests.request(body, headers={"Accept": accepted})
            field = requests.bodies.fields.get(SWITCH)
            if choices or field is None or field.required:
                yield requests.control(request)
            else:
                yield replace(requests.control(request, "body/stream/present"), control=requests.control())


def _body_with(requests: RequestBuilder, value: object) -> tuple[tuple[Choice, ...], Any]:
    """Return a valid body in which the field has a value, and the alternatives that it is of."""
    for choices in ((), *requests.contexts):
        bodies = requests.bodies_of(choices)
        if SWITCH in bodies.fields and isinstance(bodies.body(), dict):
            body = replaced(bodies.body(), SWITCH, value)
            if bodies.validator.is_valid(body):
                return choices, body
    return (), MISSING


def _negotiated(requests: RequestBuilder, requirement: Requirement, media_type: str) -> Case:
    """Return a request that prefers a stream: a server may answer it with any documented media type, or refuse it."""
    request = requests.request(headers={"Accept": media_type})
    return Case(
        id=f"shared/stream/{request.key}",
        requirement=requirement.id,
        request=request,
        expectation=Expectation.ANY,
        edit=f"Accept: {media_type}",
        shared=True,
    )
