"""Plan the cases of authentication: one credential is wrong, all else is valid."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Case, Expectation
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.requirements.check import Authenticates, CredentialForm
from chatcert.requirements.requirement import Level, Requirement

REPEATED_FORMS = (CredentialForm.MISSING, CredentialForm.WRONG, CredentialForm.PREFIX, CredentialForm.EMPTY)
"""Forms that are sent several times: a server that checks them only now and then is found out by that."""


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the requests in which a credential has the form that one requirement forbids."""
    check, requests = requirement.check, context.requests
    assert isinstance(check, Authenticates)
    schemes = [check.scheme] if check.scheme else [c.scheme for c in context.contract.credentials]
    is_repeated = check.form in REPEATED_FORMS and requirement.level is Level.MUST
    rounds = context.profile.rounds if is_repeated else 1
    for number in range(1, rounds + 1):
        request = requests.request(credentials=dict.fromkeys(schemes, check.form))
        edit = f"{' and '.join(schemes)} {check.form}" + (f", round {number}" if number > 1 else "")
        yield edited(requirement, request, Expectation.UNAUTHENTICATED, edit, requests.control())
