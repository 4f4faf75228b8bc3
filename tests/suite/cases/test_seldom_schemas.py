"""Schemas that published documents have and that are easily planned wrongly."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest

from chatcert.cases.case import Cause, Expectation, JsonBody
from chatcert.cases.plan import NOT_MADE, Plan
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Level

HOST = {
    "type": "object",
    "required": ["id_server"],
    "properties": {"id_server": {"type": "string", "description": "Host of an identity server."}},
}


def contract_of(
    schemas: dict[str, Any] | None = None, parameters: list[dict[str, Any]] | None = None, **properties: Any
) -> Contract:
    """A contract whose body has these properties, none of them required."""
    return contract_with({"type": "object", "properties": properties}, schemas, parameters)


def contract_with(
    schema: dict[str, Any], schemas: dict[str, Any] | None = None, parameters: list[dict[str, Any]] | None = None
) -> Contract:
    """A contract whose body has this schema."""
    body = {"application/json": {"schema": schema}}
    answers = {"200": {"description": "ok"}, "422": {"description": "no"}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/chats": {
                "post": {
                    "parameters": parameters or [],
                    "requestBody": {"required": True, "content": body},
                    "responses": answers,
                }
            }
        },
        "components": {"schemas": schemas or {}},
    }
    return read_contract(document, vendor="a", where="")


def plan(contract: Contract, path: str, **resources: str) -> Plan:
    """The plan of one requirement."""
    return Planner(contract, resources, profile_named("quick"), 1).plan(derive(contract).requirements[f"a/{path}"])


def bodies(made: Plan) -> list[Any]:
    """The bodies of its cases."""
    return [case.request.body.value for case in made.cases]


def test_an_item_is_repeated_in_a_list_that_is_empty_by_default() -> None:
    """Two equal items are made where the usual value of the list has none."""
    kinds = {"type": "array", "uniqueItems": True, "default": [], "items": {"type": "string", "enum": ["ssn", "pin"]}}

    assert [{"v": ["ssn", "ssn"]}] == bodies(plan(contract_of(v=kinds), "request/body/v/uniqueItems"))


@pytest.mark.parametrize(("name", "beyond"), [("uint16", [65_536, -1]), ("int8", [128, -129]), ("uint64", [2**64, -1])])
def test_numbers_of_a_size_are_known(name: str, beyond: list[int]) -> None:
    """The registry of OpenAPI lists integers of eight sizes, each with a least and a greatest one."""
    made = bodies(plan(contract_of(v={"type": "integer", "format": name}), "request/body/v/format"))

    assert beyond == [body["v"] for body in made]


@pytest.mark.parametrize("keyword", ["type", "enum", "null"])
def test_items_of_a_list_that_cannot_exist_cannot_exist(keyword: str) -> None:
    """Some generators put the members of the items beside the list: no list is one of these texts."""
    listed = {"type": "array", "enum": ["a", "b"], "items": {"type": "string", "enum": ["a", "b"]}}

    assert Cause.CANNOT_EXIST == plan(contract_of(v=listed), f"request/body/v/*/{keyword}").cause


def test_a_host_that_nobody_can_look_up_may_be_refused() -> None:
    """Requests with all fields do without it, unless one that exists is configured."""
    contract = contract_of(invite=HOST, note={"type": "string"})
    alone, known = "accepts/body/invite/present", {"id_server": "127.0.0.1"}

    assert ["note"] == [*bodies(plan(contract, "accepts/all-fields"))[0]]
    assert [Expectation.LIMIT] == [case.expectation for case in plan(contract, alone).cases]
    assert {"id_server": "127.0.0.1"} == bodies(plan(contract, "accepts/all-fields", **known))[0]["invite"]
    assert [Expectation.ACCEPTED] == [case.expectation for case in plan(contract, alone, **known).cases]


def test_a_pattern_of_names_is_no_name() -> None:
    """Nothing that is sent has a key that is a pattern, whatever else the schema takes."""
    short = {"type": "string", "maxLength": 8}
    body = {
        "type": "object",
        "required": ["title"],
        "properties": {"title": {"type": "string"}, "inner": {"type": "object", "patternProperties": {"^y-": short}}},
        "patternProperties": {"^x-": short},
    }
    contract = contract_with(body)
    planner = Planner(contract, {}, profile_named("quick"), 1)
    sent = [repr(case.request) for row in derive(contract).requirements.values() for case in planner.plan(row).cases]

    assert any("'x-" in request for request in sent)
    assert [] == [request for request in sent if "*^" in request]


def test_alternatives_of_a_parameter_are_broken_at_their_limits() -> None:
    """A parameter has no requirements inside its alternatives, so that each is broken by what is just beyond it."""
    choice = {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 9}, {"type": "string", "enum": ["all"]}]}
    parameter = {"in": "query", "name": "x", "required": True, "schema": choice}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/chats": {"post": {"parameters": [parameter], "responses": {"200": {"description": "ok"}}}}},
    }
    made = plan(read_contract(document, vendor="a", where=""), "request/query/x/anyOf")
    sent = {text for case in made.cases for _, text in case.request.query}

    assert {"0", "10"} <= set(map(str, sent))


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"format": "byte", "maxLength": 16}, "maxLength"),
        ({"format": "date-time", "maxLength": 20}, "maxLength"),
        ({"format": "date-time", "minLength": 24}, "minLength"),
        ({"format": "email", "maxLength": 30}, "maxLength"),
        ({"format": "email", "pattern": "@example\\.com$"}, "pattern"),
        ({"format": "date", "pattern": "^202\\d-"}, "pattern"),
        ({"format": "date", "const": "2026-01-01"}, "const"),
    ],
)
def test_a_limit_beside_a_format_is_broken_alone(schema: dict[str, Any], keyword: str) -> None:
    """A server that looks at the format alone serves each value that breaks another keyword beside it."""
    made = bodies(plan(contract_of(v={"type": "string", **schema}), f"request/body/v/{keyword}"))
    checker = jsonschema_rs.Draft202012Validator({"format": schema["format"]}, validate_formats=True)

    assert made
    assert all(checker.is_valid(body["v"]) for body in made)


def test_the_longest_text_of_a_format_may_be_shorter_than_its_limit() -> None:
    """Base64 has no text of 10 characters, and an honest server refuses one."""
    made = bodies(
        plan(contract_of(v={"type": "string", "format": "byte", "maxLength": 10}), "accepts/body/v/maxLength")
    )

    assert [8] == [len(body["v"]) for body in made]


@pytest.mark.parametrize(
    ("schema", "keyword"),
    [
        ({"format": "uuid", "pattern": "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"}, "format"),
        ({"format": "date", "pattern": r"^\d{4}-\d{2}-\d{2}$"}, "pattern"),
        ({"format": "email", "maxLength": 320}, "maxLength"),
        ({"format": "email", "minLength": 5}, "minLength"),
    ],
)
def test_what_a_format_implies_cannot_be_broken_beside_it(schema: dict[str, Any], keyword: str) -> None:
    """The plan says so with a proof."""
    assert Cause.CANNOT_EXIST == plan(contract_of(v={"type": "string", **schema}), f"request/body/v/{keyword}").cause


MODE = {"oneOf": [{"type": "integer", "minimum": 1, "maximum": 5}, {"type": "string", "enum": ["auto", "off"]}]}


@pytest.mark.parametrize(
    ("schema", "path", "texts"),
    [
        (MODE, "accepts/query/v/oneOf/integer", ["1", "5"]),
        (MODE, "accepts/query/v/oneOf/string", ["auto", "off"]),
        ({"type": "boolean"}, "accepts/query/v/boolean/true", ["true"]),
        ({"type": "boolean"}, "accepts/query/v/boolean/false", ["false"]),
        ({"type": ["integer", "boolean"]}, "accepts/query/v/type/boolean", ["true", "false"]),
        ({"anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]}, "accepts/query/v/anyOf/1", ["a", "b"]),
    ],
)
def test_each_alternative_of_a_parameter_is_accepted_whole(schema: Any, path: str, texts: list[str]) -> None:
    """Its members and its limits are sent; null is none, since a parameter cannot say it."""
    made = plan(contract_of(parameters=[{"name": "v", "in": "query", "schema": schema}]), path)

    assert texts == [str(dict(case.request.query)["v"]) for case in made.cases]


def test_a_parameter_of_several_types_takes_no_other_text() -> None:
    """A word is neither a number nor a truth value."""
    kinds = {"name": "v", "in": "query", "schema": {"type": ["integer", "boolean"]}}
    made = plan(contract_of(parameters=[kinds]), "request/query/v/type")

    assert "chat" in [dict(case.request.query)["v"] for case in made.cases]


def test_alternatives_that_only_a_format_tells_apart_are_no_must() -> None:
    """A server need not check formats, so that it may take any text for the alternative with one."""
    either = {"oneOf": [{"type": "string", "format": "uuid"}, {"type": "string", "enum": ["main"]}]}
    contract = contract_of(v=either)

    assert Level.SHOULD == derive(contract).requirements["a/request/body/v/oneOf"].level
    assert plan(contract, "request/body/v/oneOf").cases


def test_a_constant_that_is_null_is_asked_for() -> None:
    """Anything else is refused."""
    assert plan(contract_of(v={"const": None}), "request/body/v/const").cases


MESSAGES = {
    "type": "array",
    "minItems": 1,
    "maxItems": 3,
    "uniqueItems": True,
    "items": {
        "type": "object",
        "required": ["role"],
        "properties": {"role": {"enum": ["user", "bot"]}, "text": {"type": "string", "maxLength": 10}},
        "additionalProperties": False,
    },
}


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_everything_that_a_body_which_is_an_array_says_is_asked_for(planned_for: Any, profile: str) -> None:
    """Nothing is left open where the body is an array of different objects: its limits, members and nesting too."""
    plans = planned_for(MESSAGES, profile=profile).plans
    assert [] == [path for path, plan in plans.items() if plan.reason.startswith(NOT_MADE)]
    (case,) = plans["request/body/maxItems"].cases[:1]
    assert isinstance(case.request.body, JsonBody)
    items = case.request.body.value
    assert 4 == len(items) == len({json.dumps(item, sort_keys=True) for item in items})
    assert all("text" in case.request.body.value[0] for case in plans["accepts/body/*/text/present"].cases)


@pytest.mark.parametrize("schema", [MESSAGES, {"type": "string"}])
def test_bodies_that_are_no_objects_are_nested(planned_for: Any, schema: Any) -> None:
    """Nested arrays are sent as an item of a body that is an array, and in place of one that has no inside."""
    (case, *_) = planned_for(schema, profile="quick").of("robustness/nesting/20")
    assert b"[" * 20 + b"]" * 20 in case.request.body.data
    assert isinstance(json.loads(case.request.body.data), list)
