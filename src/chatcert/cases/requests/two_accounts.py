"""Requests that mix the credentials of one account with the names of another account's existing things."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.cases.case import Case, Cause, Expectation, Request, Unplannable
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.names import variable_name
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.schemas.pointer import replaced
from chatcert.requirements.check import CredentialForm, of_other_account
from chatcert.requirements.requirement import Requirement

OTHER_WITH_OWN, OTHER_CREDENTIALS = "the other account, with its own names", "credentials of the other account"
"""What the requests are that carry the credentials of the other account."""
ONE_CREDENTIAL = "of the other account's credentials, only"
"""What a request is, before the name of the scheme, that has one credential of each account."""


def mixed_requests(context: PlanningContext, requirement: Requirement, certain: set[str]) -> Iterator[Case]:
    """Yield each account's request with the credentials of the other one, whole and one part at a time.

    All have the other account's own request as their control.

    Args:
        certain: names of which unknown ones have to be refused.

    Raises:
        Unplannable: no second account is configured, or it has the same names.
    """
    own, contract = context.requests, context.contract
    own.check_configured(*(of_other_account(scheme) for scheme in own.carried.schemes))
    wanted = [name for name in resource_names(contract) if name in own.resources]
    given = {name: own.resources[of_other_account(name)] for name in wanted if of_other_account(name) in own.resources}
    if not given:
        names = " or ".join(variable_name(contract.vendor, of_other_account(name)) for name in wanted)
        raise Unplannable(f"no value for {names or 'an existing thing'} is configured", Cause.NOT_CONFIGURED)
    given = {name: value for name, value in given.items() if value != own.resources[name]}
    if not given:
        raise Unplannable("both accounts have the same names", Cause.NOTHING_TO_VARY)
    other = RequestBuilder(contract, {**own.resources, **given})
    other.carried = own.carried
    forms = dict.fromkeys(own.carried.schemes, CredentialForm.OTHER_ACCOUNT)
    control = Case(
        id=f"shared/{requirement.id}",
        requirement=requirement.id,
        request=_naming(other, given, forms),
        expectation=Expectation.LIMIT,
        edit=OTHER_WITH_OWN,
        shared=True,
    )
    yield edited(requirement, _naming(other, given, {}), Expectation.UNKNOWN, "names of the other account", control)
    yield edited(requirement, _naming(own, given, forms), Expectation.UNKNOWN, OTHER_CREDENTIALS, control)
    for name in sorted(given.keys() & certain) if len(given) > 1 else ():
        mixed = RequestBuilder(contract, {**own.resources, name: given[name]})
        mixed.carried = own.carried
        edit = f"{name} of the other account alone"
        yield edited(requirement, _naming(mixed, given, {}), Expectation.UNKNOWN, edit, control)
    for scheme in forms if len(forms) > 1 else ():
        one = {scheme: CredentialForm.OTHER_ACCOUNT}
        yield edited(requirement, _naming(own, given, one), Expectation.UNKNOWN, f"{ONE_CREDENTIAL} {scheme}", control)


def _naming(requests: RequestBuilder, names: dict[str, Any], forms: dict[str, CredentialForm]) -> Request:
    """Return a valid request that holds all these names, optional fields included."""
    bodies = requests.bodies
    body = bodies.body() if requests.contract.body is not None else None
    for path in bodies.fields:
        if len(path) == 1 and path[0] in names and isinstance(body, dict) and path[0] not in body:
            holding = replaced(body, path, bodies.typical_value(path))
            body = holding if bodies.validator.is_valid(holding) else body
    parameters: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
    for parameter in requests.contract.parameters:
        if parameter.name in names:
            parameters[parameter.location][parameter.name] = requests.parameter_value(
                parameter.name, parameter.location
            )
    located = {"path": parameters["path"], "query": parameters["query"], "headers": parameters["header"]}
    if body is None:
        return requests.request(credentials=forms, **located)
    return requests.request(body, credentials=forms, **located)
