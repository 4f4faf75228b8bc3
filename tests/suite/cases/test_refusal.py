"""Cases of refusal: each limit, type, member and required field is broken, one at a time."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest

from chatcert.cases.case import Expectation, JsonBody, RawBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

from .reading import (
    TYPES,
    differences,
    is_combined,
    is_framed_otherwise,
    is_json,
    json_of,
    outside_the_body,
    properties,
    type_of,
)


def test_what_is_near_an_enum_member_is_refused(plans: Any) -> None:
    """Another case, white space, a beginning and a stranger are tried in place of a member."""
    for name, schema, _ in properties(plans):
        members = schema.get("enum", [])
        sent = plans.values(f"request/body/{name}/enum", name) if members else []
        assert not set(members) & set(sent)
        if members:
            assert any(value.lower() in members for value in sent)
            assert any(value.strip() in members for value in sent)
            assert any(value and members[0].startswith(value) for value in sent)
            assert "" in sent


@pytest.mark.parametrize(("keyword", "step"), [("minLength", -1), ("maxLength", 1)])
def test_lengths_one_beyond_their_limit_are_refused(plans: Any, keyword: str, step: int) -> None:
    """One code point beyond each limit is tried; all that is sent lies beyond it."""
    for name, schema, _ in properties(plans):
        limit = schema.get(keyword)
        if limit is None or limit + step < 0:
            continue
        lengths = [len(value) for value in plans.values(f"request/body/{name}/{keyword}", name)]
        assert limit + step in lengths
        assert all(length * step > limit * step for length in lengths)


def test_a_normalising_counter_is_caught(planned: Any) -> None:
    """One code point too many is sent in a text that composing its marks would make short enough."""
    plans = planned("sigmamind")

    sent = plans.values("request/body/input/maxLength", "input")

    assert any(len(unicodedata.normalize("NFC", value)) <= 20480 for value in sent)
    assert any(len(value.strip()) <= 20480 for value in sent)


def test_each_required_field_is_left_out_alone(plans: Any) -> None:
    """For each required field there is one request that lacks it and nothing else."""
    for name, _, required in properties(plans):
        assert required == (f"request/body/{name}/required" in plans.plans)
        if required:
            (case,) = plans.of(f"request/body/{name}/required")
            control = case.control.request.body.value
            assert {key: value for key, value in control.items() if key != name} == case.request.body.value
            assert name in control


def test_each_wrong_type_is_tried(plans: Any) -> None:
    """A value of each other JSON type stands in for each field, null under a requirement of its own."""
    for name, schema, _ in properties(plans):
        declared = schema.get("type", "object")
        allowed = {declared} if isinstance(declared, str) else set(declared)
        sent = {type_of(value) for value in plans.values(f"request/body/{name}/type", name)}
        assert set(TYPES) - allowed == sent
        if "null" in allowed:
            assert [None] == plans.values(f"accepts/body/{name}/null", name)
        else:
            assert [None] == plans.values(f"request/body/{name}/null", name)


def test_what_careless_parsing_takes_for_the_right_type_is_tried(plans: Any) -> None:
    """The valid value in an array, and the valid object written as text, are among the wrong types."""
    for name, schema, _ in properties(plans):
        sent = plans.values(f"request/body/{name}/type", name)
        assert any(isinstance(value, list) and len(value) == 1 for value in sent)
        if schema.get("type") == "object":
            assert any(isinstance(value, str) and value.startswith("{") for value in sent)


def test_invalid_bodies_do_not_validate(plans: Any) -> None:
    """What is to be refused as invalid breaks the request schema, is not JSON, or is a body that is not there."""
    invalid = [case for case in plans.cases if case.expectation is Expectation.REFUSED]

    wrong = [
        case.id
        for case in invalid
        if (
            not plans.contract.body.required
            if case.request.body is None
            else is_json(case.request) and plans.validator.is_valid(json_of(case.request))
        )
    ]

    assert len(invalid) >= 15
    assert [] == wrong


def test_an_invalid_body_has_a_single_fault(plans: Any) -> None:
    """A refused JSON body differs from the body of its control in one place, and all else is the same."""
    invalid = [
        case
        for case in plans.cases
        if case.expectation is Expectation.REFUSED and isinstance(case.request.body, JsonBody)
        if not (is_combined(case) or is_framed_otherwise(case) or case.requirement.endswith("/key-case"))
    ]

    assert invalid
    for case in invalid:
        assert case.control is not None
        places = list(differences(json_of(case.control.request), json_of(case.request)))
        assert 1 == len(places), f"{case.id} ({case.edit}) differs from its control at {places}"
        assert outside_the_body(case.control.request) == outside_the_body(case.request)


def test_an_invalid_body_is_wrong_in_one_place(plans: Any) -> None:
    """Every breach that an independent validator finds in a refused body lies in the field that it is named for."""
    invalid = [
        case
        for case in plans.cases
        if case.expectation is Expectation.REFUSED and isinstance(case.request.body, JsonBody)
        if not (
            is_combined(case)
            or is_framed_otherwise(case)
            or "/state/" in case.requirement
            or case.requirement.endswith("/key-case")
        )
    ]

    for case in invalid:
        (place,) = differences(json_of(case.control.request), json_of(case.request))
        found = [
            "/".join(["", *map(str, error.instance_path)]).rstrip("/")
            for error in plans.validator.iter_errors(json_of(case.request))
        ]
        if case.requirement.endswith("/required"):
            found = [f"{where}/{place.rpartition('/')[2]}" for where in found]
        assert found, case.id
        assert {place} == set(found), f"{case.id} ({case.edit})"


def test_a_wire_fault_is_in_the_payload_alone(plans: Any) -> None:
    """A payload that is not JSON goes to the same place with the same credentials as its control."""
    raw = [
        case
        for case in plans.cases
        if isinstance(case.request.body, RawBody) and case.expectation in (Expectation.REFUSED, Expectation.UNSUPPORTED)
    ]

    assert raw
    for case in raw:
        assert case.control is not None
        *here, headers, credentials = outside_the_body(case.request)
        *there, control_headers, control_credentials = outside_the_body(case.control.request)
        assert there == here
        assert control_credentials == credentials
        assert {n for n, _ in control_headers} == {n for n, _ in headers}
        if case.expectation is Expectation.REFUSED:
            assert control_headers == headers


def test_a_flag_that_may_be_null_is_broken_by_its_text_too() -> None:
    """Lenient parsers read "true" as a flag: that it is refused is tried beside the values of all other types."""
    flag = {"anyOf": [{"type": "boolean"}, {"type": "null"}]}
    body = {"type": "object", "properties": {"flag": flag}}
    taken = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/chats": {"post": taken}}}
    contract = read_contract(document, vendor="v", where="test")
    planner = Planner(contract, {}, PROFILES["quick"], 1)
    plan = planner.plan(derive(contract).requirements["v/request/body/flag/anyOf"])
    values = [json_of(case.request)["flag"] for case in plan.cases]

    assert {type_of(value) for value in values} == {"string", "integer", "number", "object", "array"}
    assert "true" in values or "false" in values
