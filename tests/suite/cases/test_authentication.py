"""Cases of authentication: each credential in each wrong form, while all else is valid."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chatcert.cases.case import COOKIES_OF_CONTROL, Cause, Expectation
from chatcert.cases.plan import NOT_AT_QUICK
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.oddities import Oddity
from chatcert.vendors import open_vendor

from .reading import json_of, outside_the_body


def test_each_credential_is_wrong_in_each_form_while_the_others_stay_valid(planned: Any, vendor: str) -> None:
    """The matrix of credentials: one row each, one column a mistake."""
    plans = planned(vendor)
    wanted = {"missing", "empty", "wrong", "corrupted", "truncated", "extended", "prefix", "case", "query"}
    for credential in plans.contract.credentials:
        forms = set()
        for path in plans.plans:
            if path.startswith(f"auth/{credential.name}/"):
                for case in plans.of(path):
                    assert {credential.scheme} == case.request.credentials.keys()
                    forms.add(case.request.credentials[credential.scheme])
        assert wanted <= forms
        if credential.kind == "bearer":
            assert {"no-scheme", "basic-scheme", "other-scheme"} <= forms
        else:
            assert "other-header" in forms


def test_all_credentials_are_left_out_and_swapped(planned: Any) -> None:
    """Where two credentials are needed, both are missing at once, and each stands in the other's place."""
    plans = planned("polyai")

    (missing,) = plans.of("auth/all/missing")
    (swapped,) = plans.of("auth/all/swapped")

    schemes = {credential.scheme for credential in plans.contract.credentials}
    assert dict.fromkeys(schemes, "missing") == missing.request.credentials
    assert dict.fromkeys(schemes, "swapped") == swapped.request.credentials


def test_a_bad_credential_is_the_single_fault(plans: Any) -> None:
    """A case of bad credentials sends the control's own request, with other credentials."""
    bad = [case for path in plans.plans if path.startswith("auth/") for case in plans.of(path)]
    bad = [case for case in bad if case.expectation is Expectation.UNAUTHENTICATED]

    assert bad
    for case in bad:
        assert case.control is not None
        headers = tuple(pair for pair in case.request.headers if pair != ("Cookie", COOKIES_OF_CONTROL))
        *here, forms = outside_the_body(replace(case.request, headers=headers))
        *there, control_forms = outside_the_body(case.control.request)
        assert there == here
        assert json_of(case.control.request) == json_of(case.request)
        assert {} == control_forms
        assert forms


def test_each_unusual_thing_meets_missing_and_wrong_credentials(planned: Any, vendor: str) -> None:
    """Each oddity is sent twice, with all else valid; what is combined there is split only where it is served."""
    plans = planned(vendor, "standard")
    for oddity in Oddity:
        cases = plans.of(f"auth/unusual/{oddity}")
        sent = [case for case in cases if not case.narrows]
        assert [{"missing"}, {"wrong"}] == [set(case.request.credentials.values()) for case in sent]
        assert {Expectation.UNSERVED} == {case.expectation for case in cases}
        for part in (case for case in cases if case.narrows):
            (whole,) = (case for case in sent if case.id == part.narrows)
            assert whole.request.credentials == part.request.credentials
            assert set(part.request.headers) - set(plans.planner.requests.request().headers) <= {*whole.request.headers}


def test_quick_sends_no_unusual_requests(planned: Any, vendor: str) -> None:
    """The profile quick says that it leaves them out."""
    plans = planned(vendor, "quick")

    assert {NOT_AT_QUICK} == {plans.plans[f"auth/unusual/{oddity}"].reason for oddity in Oddity}


def test_a_documented_header_is_no_header_of_gateways(planned: Any) -> None:
    """Nothing is sent in the place of a documented parameter."""
    contract = planned("polyai").contract
    own = replace(contract.parameters[0], name="x-user-id", location="header", required=False)
    changed = replace(contract, parameters=(*contract.parameters, own))
    planner = Planner(changed, planned("polyai").planner.requests.resources, PROFILES["standard"], 1)
    requirement = derive(changed).requirements["polyai/auth/unusual/proxy-headers"]

    names = {name for case in planner.plan(requirement).cases for name, _ in case.request.headers}
    assert "X-Forwarded-User" in names
    assert "X-User-Id" not in names


def test_a_credential_that_belongs_into_the_query_is_not_wrong_there() -> None:
    """Where the configured alternative has one, it is left out of the query, in which the others are sent."""
    schemes = {
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "token": {"type": "http", "scheme": "bearer"},
        "link": {"type": "apiKey", "in": "query", "name": "sig"},
    }
    security = [{"key": [], "token": []}, {"link": []}, {"link": [], "key": []}]
    operation = {"security": security, "responses": {"201": {"description": "made"}}}
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
    contract = read_contract({**document, "components": {"securitySchemes": schemes}}, vendor="a", where="a.yaml")
    requirement = derive(contract).requirements["a/auth/all/query"]

    def plan(*names: str) -> Any:
        return Planner(contract, {}, PROFILES["quick"], 1, credentials=names).plan(requirement)

    assert Cause.CANNOT_BE_WRITTEN == plan("link").cause
    assert [{"key": "query", "token": "query"}] == [c.request.credentials for c in plan("key", "token").cases]
    both = replace(contract, alternatives=contract.alternatives[2:])
    (case,) = Planner(both, {}, PROFILES["quick"], 1).plan(requirement).cases
    assert {"link": "missing", "key": "query"} == case.request.credentials


def test_cookies_are_no_credentials(planned: Any) -> None:
    """The second request without a credential has the cookies of an earlier answer, and the first has none."""
    cases = planned("agencii", "standard").of("auth/Authorization/missing")
    first, second = (dict(case.request.headers) for case in cases)

    assert (None, COOKIES_OF_CONTROL) == (first.get("Cookie"), second.get("Cookie"))


def test_two_accounts_are_mixed_one_part_at_a_time() -> None:
    """Each name and each credential of the other account is sent alone, but a name that anything may answer to."""
    contract = open_vendor("polyai")
    own = {"account_id": "ACCOUNT-1", "project_id": "PROJECT-1", "variant_id": "VARIANT-1"}
    resources = own | {f"other_{name}": value.replace("1", "2") for name, value in own.items()}
    planner = Planner(contract, resources, PROFILES["standard"], 1)

    cases = planner.plan(derive(contract).requirements["polyai/auth/other-account"]).cases

    alone = [case.edit for case in cases if case.edit.endswith("alone")]
    mixed = [case for case in cases if [*case.request.credentials.values()] == [CredentialForm.OTHER_ACCOUNT]]
    assert ["account_id of the other account alone", "project_id of the other account alone"] == alone
    assert [["ApiKeyAuth"], ["TokenAuth"]] == [[*case.request.credentials] for case in mixed]
    assert 6 == len(cases)


def test_an_unusual_request_has_every_field_or_no_content_type(planned: Any) -> None:
    """A large body has all optional fields; of two requests of another media type, one names none."""
    plans = planned("sigmamind", "standard")
    for case in plans.of("auth/unusual/large-body"):
        assert "dynamicVariables" in case.request.body.value
    types = [dict(case.request.headers).get("Content-Type") for case in plans.of("auth/unusual/content-type")]
    assert ["text/plain", None] == types
