"""Plan the cases of state: something that may leave a trace, and right after it a valid request."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, RawBody, Request, Unplannable
from chatcert.cases.framing import invalid_body
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.encoding import json_bytes
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.requirements.check import Answers, CredentialForm, KnowsResource, ResourceForm, ServesAfter, Trigger
from chatcert.requirements.requirement import Requirement

OVERSIZED: Final = 1_500_000
"""Bytes of a body that is too large. It is no JSON text either, so that no chat is created from it."""
ROUNDS: Final = 2
"""How often a request is tried right after the same thing: the second time only where it was not served at once."""
_WORDS: Final = {
    Trigger.REFUSED_LOGIN: "wrong credentials",
    Trigger.REFUSAL: "a body that is not JSON",
    Trigger.INVALID_BODY: "a body with a wrong field",
    Trigger.UNKNOWN_NAME: "an unknown name",
    Trigger.OVERSIZED_BODY: f"a body of {OVERSIZED:,} bytes",
    Trigger.ABORTED_UPLOAD: "an upload that is broken off",
}


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield what may leave a trace and a valid request, one after another; and both once more, to confirm it."""
    check, requests = requirement.check, context.requests
    if isinstance(check, Answers):
        yield requests.control()
        return
    assert isinstance(check, ServesAfter)
    request, expectation = _trigger(context, check.trigger)
    before: Case | None = None
    for number in range(1, ROUNDS + 1):
        words = _WORDS[check.trigger] + (f", round {number}" if number > 1 else "")
        first = edited(requirement, request, expectation, words, requests.control())
        then = edited(requirement, requests.request(), Expectation.ACCEPTED, f"right after {words}", requests.control())
        group = f"{requirement.id}/round-{number}"
        first, then = (replace(one, group=group, in_turn=True, instead_of=before) for one in (first, then))
        yield first
        yield then
        before = replace(then, id=f"{requirement.id}#{2 * number}")


def _trigger(context: PlanningContext, trigger: Trigger) -> tuple[Request, Expectation]:
    found = {Trigger.INVALID_BODY: invalid_body, Trigger.UNKNOWN_NAME: _unknown_name}.get(trigger)
    if found is None:
        return _own_trigger(context.requests, trigger)
    case = found(context)
    if case is None:
        raise Unplannable(f"there is not {_WORDS[trigger]} that every server refuses", Cause.NOTHING_TO_VARY)
    return case.request, case.expectation


def _unknown_name(context: PlanningContext) -> Case | None:
    checks = [(one, one.check) for one in context.requirements if isinstance(one.check, KnowsResource)]
    refused = [one for one, check in checks if check.form is ResourceForm.UNKNOWN and not check.open_question]
    return next((case for one in refused for case in context.plan(one).cases[:1]), None)


def _own_trigger(requests: RequestBuilder, trigger: Trigger) -> tuple[Request, Expectation]:
    described = {"Content-Type": requests.media_type.replace("*/*", "application/json")} if requests.media_type else {}
    match trigger:
        case Trigger.REFUSED_LOGIN:
            forms = dict.fromkeys(requests.carried.schemes, CredentialForm.WRONG)
            return requests.request(credentials=forms), Expectation.UNAUTHENTICATED
        case Trigger.REFUSAL:
            return requests.request(RawBody(b'{"'), headers=described), Expectation.REFUSED
        case Trigger.OVERSIZED_BODY:
            data = b'{"chatcert": "'.ljust(OVERSIZED, b"a")
            return requests.request(RawBody(data), headers=described), Expectation.ANY
        case _:  # an upload that is broken off
            plain = requests.request()
            data = json_bytes(plain.body.value) if isinstance(plain.body, JsonBody) else b"{}"
            sent = data[: len(data) // 2]
            announced = {"Content-Length": str(len(data))}
            return requests.request(RawBody(sent), headers=described | announced), Expectation.ANY
