"""Cases of framing: few requests for many ways of framing, and one by one only where these are refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from chatcert.cases.case import Cause, Expectation, RawBody
from chatcert.cases.framing import AS_WELL, BUNDLES
from chatcert.cases.order import Route
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import CredentialForm
from chatcert.requirements.framing import framings_of
from chatcert.requirements.framing_forms import Framing
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_spec

SKETCH = Path(__file__).parents[1] / "documents" / "sketch.yaml"
ALL_FRAMINGS = {framing for bundle in BUNDLES for framing in bundle}


def test_every_way_of_framing_is_sent(planned: Any, vendor: str) -> None:
    """Four valid requests carry all ways of framing, and each has one of its own, in place of a refused one."""
    made = planned(vendor, "standard")
    valid = [c for c in made.cases if c.requirement.startswith(f"{vendor}/framing/") and c.is_valid]
    shared = [case for case in valid if case.shared]
    alone = [case for case in valid if not case.shared]

    assert set(Framing) == ALL_FRAMINGS
    assert [frozenset(bundle) for bundle in BUNDLES] == [framings_of(case.request.headers) for case in shared]
    assert [{framing} for framing in Framing] == [framings_of(case.request.headers) for case in alone]
    assert all(case.instead_of in shared and case.control == made.planner.requests.control() for case in alone)


def test_a_request_comes_after_the_one_that_may_replace_it(planned: Any, vendor: str) -> None:
    """Whether a request is needed is known when its turn comes."""
    made = planned(vendor, "standard")
    family = [one for one in made.catalogue.requirements.values() if one.kind is Kind.FRAMING]
    steps = {step.key: step for step in Route(family, made.planner.plan)}

    for step in steps.values():
        (case,) = step.cases
        if case.instead_of is not None:
            assert case.instead_of.id == step.control
            assert [*steps].index(step.control) < [*steps].index(step.key)


def test_an_invalid_body_in_chunks(planned: Any, vendor: str) -> None:
    """It is the invalid request of another requirement, so that its plain form is sent, too."""
    made = planned(vendor, "standard")
    (case,) = made.of("framing/chunked/invalid")
    plain = next(c for c in made.cases if c.edit == case.edit.removesuffix(AS_WELL[Framing.CHUNKED]) and c.request.body)

    assert (Expectation.REFUSED, Expectation.REFUSED) == (case.expectation, plain.expectation)
    assert plain.request.body == case.request.body
    assert ("Transfer-Encoding", "chunked") in case.request.headers


def test_no_credential_in_chunks(planned: Any, vendor: str) -> None:
    """Every credential is missing, and the body is valid."""
    made = planned(vendor, "standard")
    (case,) = made.of("framing/chunked/unauthenticated")

    assert Expectation.UNAUTHENTICATED == case.expectation
    assert {CredentialForm.MISSING} == set(case.request.credentials.values())
    assert case.request.body == made.planner.requests.control().request.body


def test_quick_sends_none(planned: Any, vendor: str) -> None:
    """The profile quick does not grow."""
    plans = [plan for path, plan in planned(vendor, "quick").plans.items() if path.startswith("framing/")]

    assert plans
    assert {((), Cause.NOT_IN_PROFILE)} == {(plan.cases, plan.cause) for plan in plans}


def test_malformed_json_in_chunks_where_no_value_is_invalid() -> None:
    """A document that says nothing of values still has an invalid body that can be sent in chunks."""
    catalogue = derive(open_spec(SKETCH))
    planner = Planner(catalogue.contract, {}, profile_named("standard"), 1)
    (name,) = [name for name in catalogue.requirements if name.endswith("framing/chunked/invalid")]
    (case,) = planner.plan(catalogue.requirements[name]).cases

    assert isinstance(case.request.body, RawBody)
    assert case.request.body.data
    assert ("Transfer-Encoding", "chunked") in case.request.headers


def test_an_invalid_body_in_chunks_is_an_edit_of_the_smallest_request(tmp_path: Path) -> None:
    """A member that is required in an optional object is not left out: whether the object is accepted is open."""
    inner = {"type": "object", "required": ["name"], "properties": {"name": {"type": "string"}}}
    body = {"type": "object", "properties": {"folder": inner}}
    taken = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {"200": {}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/chats": {"post": taken}}}
    (tmp_path / "document.json").write_text(json.dumps(document), encoding="utf-8")
    catalogue = derive(open_spec(tmp_path / "document.json"))
    planner = Planner(catalogue.contract, {}, profile_named("standard"), 1)
    (name,) = [name for name in catalogue.requirements if name.endswith("framing/chunked/invalid")]
    (case,) = planner.plan(catalogue.requirements[name]).cases

    assert planner.requests.control() == case.control
    assert "folder/name left out, in chunks" != case.edit


def test_where_every_body_is_valid_none_is_refused_in_chunks() -> None:
    """Any bytes are a body of octets, and any characters a plain text: there is nothing to refuse."""
    for media_type in ("application/octet-stream", "text/plain"):
        content = {media_type: {"schema": {"type": "string"}}}
        operation = {
            "requestBody": {"required": True, "content": content},
            "responses": {"201": {"description": "made"}},
        }
        document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
        contract = read_contract(document, vendor="a", where="a.yaml")
        catalogue = derive(contract)
        planner = Planner(contract, {}, profile_named("standard"), 1)

        plan = planner.plan(catalogue.requirements["a/framing/chunked/invalid"])
        assert ((), Cause.NOTHING_TO_VARY) == (plan.cases, plan.cause)
        assert "no body that every server refuses" in plan.reason
