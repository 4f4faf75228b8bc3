"""Plan the cases of error answers: a request for each documented status that a client can cause."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, JsonBody, RawBody, Unplannable
from chatcert.cases.framing import invalid_body
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.documented_errors import refused_requests
from chatcert.requirements.check import AnswerGroup, Answers, CredentialForm, Refuses, Rule
from chatcert.requirements.requirement import Level, Requirement

_UNREADABLE = RawBody(b'{"')
_ONE_FAULT = "the document describes no two faults that one request can have: no credentials, and no two typed fields"


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield a request that is answered with the status that one requirement is about."""
    check = requirement.check
    assert isinstance(check, Answers)
    if check.rule is Rule.TWO_FAULTS:
        cases = [*_with_two_faults(context, requirement)]
        if not cases and all(context.plan(one).cause is not Cause.NOT_MADE for one in _typed_fields(context).values()):
            raise Unplannable(_ONE_FAULT, Cause.NOTHING_TO_VARY)
        yield from cases
        return
    status = AnswerGroup.INVALID if check.rule is Rule.REFUSAL else check.status
    statuses = (AnswerGroup.INVALID, AnswerGroup.UNAUTHENTICATED) if status == AnswerGroup.ANY else (status,)
    for one in statuses:
        yield from refused_requests(context, one)


def _with_two_faults(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield two wrong fields in one body, and bad credentials with a body that is no JSON and with a wrong one."""
    requests = context.requests
    control = requests.control()
    wrong = _two_wrong_fields(context)
    if wrong is not None:
        edit = f"{' and '.join(wrong[1])}: values of another type"
        yield edited(requirement, requests.request(JsonBody(wrong[0]).value), Expectation.REFUSED, edit, control)
    schemes = [one.scheme for one in context.contract.credentials]
    if not schemes or context.contract.serves_anonymous:
        return
    missing = dict.fromkeys(schemes, CredentialForm.MISSING)
    bad = dict.fromkeys(requests.carried.schemes, CredentialForm.WRONG)
    if requests.media_type and "json" in requests.media_type:
        described = {"Content-Type": requests.media_type.replace("*/*", "application/json")}
        request = requests.request(_UNREADABLE, headers=described, credentials=missing)
        yield edited(
            requirement, request, Expectation.UNAUTHENTICATED, "no credentials, and a body that is not JSON", control
        )
    invalid = invalid_body(context)
    if invalid is not None and isinstance(invalid.request.body, JsonBody):
        request = requests.request(invalid.request.body.value, credentials=bad)
        edit = f"wrong credentials, and {invalid.edit}"
        yield edited(requirement, request, Expectation.UNAUTHENTICATED, edit, control)


def _two_wrong_fields(context: PlanningContext) -> tuple[dict[str, Any], list[str]] | None:
    """Return a valid body with the wrong values of two of its fields, and their names; ``None`` if there are no two."""
    found: dict[str, Any] = {}
    valid: dict[str, Any] = {}
    for field, one in _typed_fields(context).items():
        case = next(iter(context.plan(one).cases), None)
        if case is None or not isinstance(case.request.body, JsonBody) or not isinstance(case.request.body.value, dict):
            continue
        name = context.requests.bodies.concrete_path((field,))[0]
        if name not in case.request.body.value:
            continue
        valid = {**case.request.body.value, **valid}
        found[name] = case.request.body.value[name]
        if len(found) == 2:
            return {**valid, **found}, list(found)
    return None


def _typed_fields(context: PlanningContext) -> Mapping[str, Requirement]:
    """Return the top-level fields of the body, whatever it chooses, that must not have a value of another type."""
    return {
        one.check.path[0]: one
        for one in context.requirements
        if isinstance(one.check, Refuses) and one.level is Level.MUST and one.check.keyword == "type"
        if one.check.place == "body" and len(one.check.path) == 1 and not one.check.choices
    }
