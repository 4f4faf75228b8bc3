"""Plan the cases of authentication: one credential is wrong, all else is valid."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Case, Expectation
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.requirements.check import CONFIGURED_FORMS, Authenticates, CredentialForm, configured_as
from chatcert.requirements.requirement import Level, Requirement

REPEATED_FORMS = (CredentialForm.MISSING, CredentialForm.WRONG, CredentialForm.PREFIX, CredentialForm.EMPTY)
"""Forms that are sent several times: a server that checks them only now and then is found out by that."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests in which a credential has the form that one requirement forbids."""
    check, requests = requirement.check, context.requests
    assert isinstance(check, Authenticates)
    if check.form in CONFIGURED_FORMS:
        requests.check_configured(configured_as(check.scheme, check.form))
    forms = requests.forms_with(check.scheme) if check.scheme else {}
    schemes = [check.scheme] if check.scheme else list(requests.carried.schemes)
    control = requests.credentials_control(check.scheme) if forms else requests.control()
    is_repeated = check.form in REPEATED_FORMS and requirement.level is Level.MUST
    rounds = context.profile.rounds if is_repeated else 1
    for number in range(1, rounds + 1):
        request = requests.request(credentials=forms | dict.fromkeys(schemes, check.form))
        edit = f"{' and '.join(schemes)} {check.form}" + (f", round {number}" if number > 1 else "")
        yield edited(requirement, request, Expectation.UNAUTHENTICATED, edit, control)
