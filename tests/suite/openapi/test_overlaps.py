"""Proofs that alternatives overlap: each of them is right about small schemas, and none is given where it is not."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.plan import CANNOT_EXIST
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

TEXT = {"type": "string"}


def thing(*required: str, **properties: Any) -> dict[str, Any]:
    """An object that is open, as most documents have them."""
    return {"type": "object", "required": [*required], "properties": properties}


SYSTEM, USER = thing("role", role=TEXT), thing("role", "end", role=TEXT, end={"type": "number"})
PLAN = thing("by", by={"enum": ["a", "b"]})
WAITING = thing("by", by={"enum": ["a", "b"]}, wait=TEXT)
SERVED = thing("by", by={"enum": ["a", "b"]}, server={"type": "object"})
ANY_HOOK = thing("on", "do", on=TEXT, do={"type": "array", "items": {"oneOf": [SYSTEM, {"type": "integer"}]}})
ENDING = thing("on", "do", on={"enum": ["end"]}, do={"type": "array", "items": SYSTEM}, limit={"type": "integer"})
SOUND = {"oneOf": [{"type": "string", "enum": ["off"]}, {"type": "string", "format": "uri"}]}
ONE = thing("tag", tag=TEXT)


def reason(schema: Any, row: str) -> str:
    """Why there is no request for a requirement on `v`; empty if there is one."""
    body = {"type": "object", "required": ["t"], "properties": {"t": TEXT, "v": schema}}
    operation = {
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {"200": {"description": "ok"}, "400": {"description": "no"}},
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {"/chats": {"post": operation}},
    }
    contract = read_contract(document, vendor="a", where="")
    planned = Planner(contract, {}, profile_named("quick"), 1).plan(derive(contract).requirements[f"a/{row}"])
    return planned.reason


@pytest.mark.parametrize(
    ("schema", "row", "words"),
    [
        ({"oneOf": [SYSTEM, USER]}, "request/body/v/oneOf/role+end/end/required", "role+end names is role, too"),
        ({"oneOf": [PLAN, WAITING, SERVED]}, "accepts/body/v/present", "one of 1, 2, 3 names is another"),
        ({"oneOf": [PLAN, WAITING, SERVED]}, "request/body/v/oneOf", "one of 1, 2, 3 names is another"),
        ({"oneOf": [ANY_HOOK, ENDING]}, "request/body/v/oneOf/2/on/required", "2 names is 1, too"),
        ({"oneOf": [ONE], "allOf": [ONE]}, "request/body/v/oneOf", "the rest of the schema allows is an alternative"),
        (SOUND, "request/body/v/oneOf/1/enum", "is another alternative, unless formats are checked"),
    ],
)
def test_what_overlaps_cannot_be_sent(schema: Any, row: str, words: str) -> None:
    """The reason is a proof, and says which alternatives overlap."""
    found = reason(schema, row)

    assert found.startswith(CANNOT_EXIST)
    assert words in found


@pytest.mark.parametrize(
    ("schema", "row"),
    [
        ({"oneOf": [SYSTEM, thing("end", end=TEXT)]}, "request/body/v/oneOf/role/role/required"),
        ({"oneOf": [ONE, thing("name", name=TEXT)], "allOf": [thing(x=TEXT)]}, "request/body/v/oneOf"),
        ({"oneOf": [SOUND["oneOf"][0], {"type": "string", "maxLength": 2}]}, "request/body/v/oneOf/1/enum"),
        ({"oneOf": [{**SYSTEM, "additionalProperties": False}, USER]}, "request/body/v/oneOf/role+end/end/required"),
    ],
)
def test_what_does_not_overlap_is_never_said_to(schema: Any, row: str) -> None:
    """A request is made, or the report says that we could not make one."""
    assert not reason(schema, row).startswith(CANNOT_EXIST)
