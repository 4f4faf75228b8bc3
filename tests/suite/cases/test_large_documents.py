"""Large documents: what is described once is tested in full once, and the requests of a profile are enough."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema_rs
import pytest

from chatcert.cases.case import Expectation, JsonBody
from chatcert.cases.plan import TOO_MANY
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES, Profile
from chatcert.cases.sharing.shared_controls import joined
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.faults import refusal
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.branched_fields import branched_fields, is_large
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.catalogue import derive
from chatcert.requirements.check import Refuses
from chatcert.requirements.requirement import Kind
from chatcert.run.plan_preview import plan_of

BRANCHES = 24
ANSWERS = ("201",)
SMALL = Profile("small", examples=0, valid_bodies=0, rounds=1, hostile=1, levels=10, requests=300)


@cache
def contract_of(branches: int = BRANCHES, answers: tuple[str, ...] = ()) -> Contract:
    """A union of branches that have a part in common, which has a part in common with the body itself."""
    words, inner = {"type": "string", "minLength": 2, "maxLength": 9}, {"$ref": "#/components/schemas/Inner"}
    schemas: dict[str, Any] = {
        "Inner": {"type": "object", "required": ["word"], "properties": {"word": words, "next": inner}},
        "Part": {
            "type": "object",
            "properties": {
                "size": {"type": "integer", "format": "int32"},
                "mode": {"enum": ["on", "off"]},
                "inner": inner,
                "extra": {"$ref": "#/components/schemas/Anything"},
            },
        },
        "Anything": {"description": "Any value."},
    }
    for number in range(branches):
        own = {
            "more": {"$ref": "#/components/schemas/Anything"},
            f"count{number}": {"type": "integer", "minimum": number, "maximum": 100},
            f"text{number}": words,
        }
        tag = {"kind": {"const": f"k{number}"}, "part": {"$ref": "#/components/schemas/Part"}}
        schemas[f"B{number}"] = {"type": "object", "required": ["kind"], "properties": {**tag, **own}}
    union = {"oneOf": [{"$ref": f"#/components/schemas/B{number}"} for number in range(branches)]}
    body = {"type": "object", "properties": {"inner": inner, "model": union}}
    responses = {status: {"description": "made"} for status in answers}
    taken = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": responses}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/chats": {"post": taken}},
        "components": {"schemas": schemas},
    }
    return read_contract(document, vendor="v", where="test")


@cache
def contract_of_items() -> Contract:
    """A large body with an array whose items are of many alternatives."""
    kinds = [
        {"properties": {"kind": {"const": f"k{n}"}, **{f"a{n}{m}": {"type": "boolean"} for m in range(8)}}}
        for n in range(40)
    ]
    item = {"oneOf": [{"type": "object", "required": ["kind"], **kind} for kind in kinds]}
    body = {"type": "object", "properties": {"items": {"type": "array", "items": item}}}
    taken = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": "made"}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/chats": {"post": taken}}}
    return read_contract(document, vendor="v", where="test")


def small_planner() -> Planner:
    """A planner that has requests for a part of the document alone."""
    return Planner(contract_of(answers=ANSWERS), {}, SMALL, 1)


def body_schema() -> dict[str, Any]:
    """The schema of the large body."""
    body = contract_of().body
    assert body is not None
    return body.schema


def test_a_document_is_large_by_what_it_describes() -> None:
    """A union of few branches is listed at every place, one of many branches is not."""
    small = contract_of(2).body

    assert small is not None
    assert (False, True) == (is_large(small.schema), is_large(body_schema()))


def test_a_shared_schema_is_listed_once() -> None:
    """Every other place of it is one field that names the first, also where it leads to itself."""
    fields = branched_fields(body_schema(), "")
    parts = [field for field in fields if field.path == ("model", "part")]
    inside = [field for field in fields if field.path == ("model", "part", "mode")]
    again = next(field for field in fields if field.path == ("inner", "next"))

    assert BRANCHES == len(parts)
    assert [field.same_as for field in parts] == [None] + [parts[0]] * (BRANCHES - 1)
    assert 1 == len(inside)
    assert again.same_as is not None
    assert ("inner",) == again.same_as.path


def test_every_other_place_has_a_requirement_with_a_telling_case() -> None:
    """It is broken in one keyword inside the schema, not only in its type, and another validator agrees."""
    contract = contract_of()
    planner = Planner(contract, {}, PROFILES["quick"], 1)
    accepts = jsonschema_rs.Draft202012Validator(body_schema()).is_valid
    shallow = {"type": "object"}
    every = derive(contract).requirements.values()
    rows = [row for row in every if row.path.endswith("/part/schema")]

    assert [] == [row.path for row in every if row.path.endswith("/more/schema")]  # nothing breaks it
    assert BRANCHES - 1 == len(rows)
    for row in rows:
        bodies = [case.request.body for case in planner.plan(row).cases]
        values = [body.value for body in bodies if isinstance(body, JsonBody)]
        assert 1 == len(values)
        assert not accepts(values[0])
        assert jsonschema_rs.Draft202012Validator(shallow).is_valid(values[0]["model"]["part"])


def test_what_no_request_is_left_for_is_named() -> None:
    """The requirements nearest to the root of the body are planned, within the limit of the profile."""
    contract = contract_of()
    planner = Planner(contract, {}, SMALL, 1)
    plans = {r.path: planner.plan(r) for r in derive(contract).requirements.values()}
    reasons = {path for path, plan in plans.items() if plan.reason == TOO_MANY}

    assert reasons == {name.partition("/")[2] for name in planner.left_out}
    assert len({case.id for plan in plans.values() for case in plan.cases}) <= SMALL.requests
    assert "request/body/inner/type" not in reasons
    assert reasons
    assert not Planner(contract, {}, PROFILES["thorough"], 1).left_out


def test_what_repeats_another_refusal_comes_last() -> None:
    """Where requests are few, no keyword is left out for null, or for another place of a shared schema."""
    planner = Planner(contract_of(), {}, SMALL, 1)
    refused = {r.path: r for r in derive(contract_of()).requirements.values() if r.kind is Kind.REFUSAL}
    of_fields = [path for path, r in refused.items() if isinstance(r.check, Refuses) and r.check.place == "body"]
    beside = [case for r in refused.values() if "/beside/" in r.path for case in planner.plan(r).cases]
    leaned_on = {one.requirement for case in beside for one in (case, case.control) if one is not None}
    sent = [path for path in of_fields if refused[path].id not in planner.left_out | leaned_on]
    planned = {path.rpartition("/")[2] for path in sent}
    left = {path.rpartition("/")[2] for path in of_fields if refused[path].id in planner.left_out}

    assert {"null", "schema"} <= left
    assert not {"null", "schema"} & planned


def test_controls_that_can_stand_in_one_body_share_a_request() -> None:
    """Each holds its member of the shared body, and is sent alone where that is not served."""
    planner = small_planner()
    rows = [row for row in derive(contract_of(answers=ANSWERS)).requirements.values() if row.kind is Kind.REFUSAL]
    parts = [c.control for row in rows for c in planner.plan(row).cases if c.control is not None and c.control.is_part]
    accepts = jsonschema_rs.Draft202012Validator(body_schema()).is_valid

    assert parts
    for part in parts:
        whole = part.instead_of
        assert whole is not None
        assert isinstance(part.request.body, JsonBody)
        assert isinstance(whole.request.body, JsonBody)
        assert part.id in [name for name, _, _ in whole.members]
        assert accepts(whole.request.body.value)
        assert joined(whole.request.body.value, part.request.body.value) == whole.request.body.value


def test_no_request_holds_two_alternatives() -> None:
    """A control of one alternative vouches for nothing in another: there are as many requests as alternatives."""
    planner = small_planner()
    bodies = [case.request.body for case in planner.shared.requests.values() if case.instead_of is None]
    kinds = [body.value["model"]["kind"] for body in bodies if isinstance(body, JsonBody)]

    assert len(set(kinds)) == len(kinds)
    assert kinds


def test_what_accepts_the_control_of_a_refusal_is_planned_with_it() -> None:
    """A server that refuses a whole alternative breaks the requirement to accept it, however few requests there are."""
    planner = small_planner()
    every = derive(contract_of(answers=ANSWERS)).requirements
    controls = [c.control for row in every.values() for c in planner.plan(row).cases if c.control is not None]
    owners = {control.requirement for control in controls} & every.keys()

    assert not owners & planner.left_out
    assert "v/accepts/body/model/oneOf/B7" in owners


def test_acceptances_that_share_requests_are_not_left_out() -> None:
    """What is accepted costs a part of a request, so that no refusal is sent in its place."""
    planner = small_planner()
    rows = derive(contract_of(answers=ANSWERS)).requirements.values()
    accepted = [row for row in rows if row.kind is Kind.ACCEPTANCE and "/model/oneOf/" in row.path]
    shared = {name for case in planner.shared.requests.values() for _, name, _ in case.members}
    wholes = [case for case in planner.shared.requests.values() if case.instead_of is None]

    assert len(shared & {row.id for row in accepted}) >= 3 * len(wholes)
    assert len(planner.left_out & {row.id for row in accepted}) < len(accepted) / 2


def test_items_of_several_alternatives_share_a_request() -> None:
    """An array holds one item of each, where no item could be of two."""
    planner = Planner(contract_of_items(), {}, SMALL, 1)
    accepts = jsonschema_rs.Draft202012Validator(contract_of_items().body.schema).is_valid  # type: ignore[union-attr]
    wholes = [case.request.body for case in planner.shared.requests.values() if case.instead_of is None]
    kinds = [[item["kind"] for item in body.value["items"]] for body in wholes if isinstance(body, JsonBody)]

    assert all(accepts(body.value) for body in wholes if isinstance(body, JsonBody))
    assert any(len(set(found)) >= 10 for found in kinds)


def test_what_is_no_json_is_sent_however_few_requests_there_are() -> None:
    """Rules on the body as a whole are few, and come before those on its fields."""
    planner = small_planner()
    rows = derive(contract_of(answers=ANSWERS)).requirements.values()

    assert not {row.id for row in rows if row.path.startswith(("request/json/", "request/beside/"))} & planner.left_out


def test_shared_controls_leave_requests_for_more_refusals() -> None:
    """All that is sent at first keeps within the limit, and more is refused than with one control for each."""
    alone = Planner(contract_of(), {}, SMALL, 1)  # without a rule on answers, nothing is shared
    together = small_planner()
    rows = [*derive(contract_of(answers=ANSWERS)).requirements.values()]
    plan = plan_of(rows, together)

    assert plan.requests + plan.controls <= (SMALL.requests or 0)
    assert len(together.left_out) < len(alone.left_out)


def test_a_large_document_that_fits_shares_no_requests() -> None:
    """Where the profile has requests enough, each control is sent alone."""
    planner = Planner(contract_of(), {}, PROFILES["quick"], 1)

    assert {} == planner.shared.requests


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ({"a": 1}, {"b": [1]}, {"a": 1, "b": [1]}),
        ({"a": {"b": 1}}, {"a": {"c": 2}}, {"a": {"b": 1, "c": 2}}),
        ([{"a": 1}], [{"b": 2}, 3], [{"a": 1, "b": 2}, 3]),
        ({"a": 1}, {"a": True}, MISSING),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, MISSING),
        ([1], [2], [1, 2]),
        ([1, 2], [2], [1, 2]),
        ([{"a": 1}], [{"a": 2}], [{"a": 1}, {"a": 2}]),
        ([{"a": 1}, {"a": 2, "b": 3}], [{"a": 2}], [{"a": 1}, {"a": 2, "b": 3}]),
        ({"a": None}, {"a": {}}, MISSING),
    ],
)
def test_values_are_joined_where_they_do_not_exclude_each_other(one: Any, other: Any, both: Any) -> None:
    """Members and items stand side by side, items that exclude each other one after another; nothing is replaced."""
    assert both == joined(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("variant", ["", "/shallow"])
def test_a_server_that_does_not_look_at_another_place_is_found(variant: str) -> None:
    """The fault accepts the telling case of that place, and of no other."""
    contract = contract_of()
    path = "request/body/model/oneOf/B7/part/schema"
    fault = next(f for f in refusal.derive(FaultDraft.of(contract)) if f.id == f"v/fault/{path}{variant}")
    faulty = jsonschema_rs.Draft202012Validator(fault.deviations.schemas[0](body_schema())).is_valid
    planner = Planner(contract, {}, PROFILES["quick"], 1)
    shown = [
        requirement.path
        for requirement in derive(contract).requirements.values()
        for case in planner.plan(requirement).cases
        if case.expectation is Expectation.REFUSED
        and not requirement.path.endswith("/format")
        and isinstance(case.request.body, JsonBody)
        and faulty(case.request.body.value)
    ]

    assert [path] == shown
