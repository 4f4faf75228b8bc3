"""Plan the cases of authentication: one credential is wrong, all else is valid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatcert.cases.case import COOKIES_OF_CONTROL, Case, Cause, Expectation, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.requests.two_accounts import mixed_requests
from chatcert.cases.requests.unusual_requests import FORMS, unusual_requests
from chatcert.requirements.check import (
    CONFIGURED_FORMS,
    ODD_VALUES,
    Authenticates,
    CredentialForm,
    Guards,
    KnowsResource,
    SeparatesAccounts,
    configured_as,
)
from chatcert.requirements.oddities import Oddity
from chatcert.requirements.requirement import Level, Requirement

REPEATED_FORMS = (CredentialForm.MISSING, CredentialForm.WRONG, CredentialForm.PREFIX, CredentialForm.EMPTY)
"""Forms that are sent several times: a server that checks them only now and then is found out by that."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests in which a credential has the form that one requirement forbids."""
    check, requests = requirement.check, context.requests
    if isinstance(check, Guards):
        yield from _unusual(requests, requirement, check.oddity)
        return
    if isinstance(check, SeparatesAccounts):
        checks = [one.check for one in context.requirements]
        certain = {check.path[-1] for check in checks if isinstance(check, KnowsResource) and not check.open_question}
        yield from mixed_requests(context, requirement, certain)
        return
    assert isinstance(check, Authenticates)
    if check.form in CONFIGURED_FORMS:
        requests.check_configured(configured_as(check.scheme, check.form))
    forms = requests.forms_with(check.scheme) if check.scheme else {}
    altered = _altered(requests, check)
    control = requests.credentials_control(check.scheme) if forms else requests.control()
    is_repeated = check.form in REPEATED_FORMS and requirement.level is Level.MUST
    expectation = Expectation.UNSERVED if check.form in ODD_VALUES else Expectation.UNAUTHENTICATED
    rounds = context.profile.rounds if is_repeated else 1
    for number in range(1, rounds + 1):
        session = number == 2 and check.form is CredentialForm.MISSING and not _has_cookies(requests)
        request = requests.request(credentials=forms | altered)
        edit = f"{' and '.join(altered)} {check.form}" + (f", round {number}" if number > 1 else "")
        if session:
            request = replace(request, headers=(*request.headers, ("Cookie", COOKIES_OF_CONTROL)))
            edit = f"{edit}, with the cookies of an earlier answer"
        yield edited(requirement, request, expectation, edit, control)


def _has_cookies(requests: RequestBuilder) -> bool:
    """Return whether the document describes cookies: what they are for is tested by other requests then."""
    contract = requests.contract
    places = [*(one.location for one in contract.parameters), *(one.location for one in contract.credentials)]
    return "cookie" in places


def _altered(requests: RequestBuilder, check: Authenticates) -> dict[str, CredentialForm]:
    """Return the forms of the credentials that are wrong; those that belong into the query are left out of it.

    Raises:
        Unplannable: all of them belong there, so that the query is no wrong place.
    """
    schemes = [check.scheme] if check.scheme else list(requests.carried.schemes)
    if check.form is not CredentialForm.QUERY:
        return dict.fromkeys(schemes, check.form)
    if any(parameter.is_whole_query for parameter in requests.contract.parameters):
        raise Unplannable("the query is one value as a whole: nothing can stand beside it", Cause.CANNOT_BE_WRITTEN)
    right = [c.scheme for c in requests.contract.credentials if c.location == "query" and c.scheme in schemes]
    if len(right) == len(schemes):
        raise Unplannable("the query is the right place of the configured credentials", Cause.CANNOT_BE_WRITTEN)
    return {name: CredentialForm.MISSING if name in right else check.form for name in schemes}


def _unusual(requests: RequestBuilder, requirement: Requirement, oddity: Oddity) -> Iterator[Case]:
    """Yield requests with missing and with wrong credentials that are unusual in the same way."""
    combined, number = "", 0
    for form in FORMS:
        for edit, request, is_part in unusual_requests(requests, oddity, form):
            number += 1
            text = f"{edit}, with {form} credentials"
            case = edited(requirement, request, Expectation.UNSERVED, text, requests.control())
            combined = combined if is_part else f"{requirement.id}#{number}"
            yield replace(case, narrows=combined) if is_part else case
