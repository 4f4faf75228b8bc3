"""Valid bodies in each media type that a document takes, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from chatcert.cases.case import Case, JsonBody
from chatcert.cases.plan import Plan
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.transport.preparation import _content
from chatcert.vendors import open_spec

DOCUMENT = Path(__file__).parents[1] / "documents" / "languages.yaml"


def planned(media_type: str) -> tuple[Plan, Any]:
    """The plan of the requirement on a media type, and the contract."""
    contract = open_spec(DOCUMENT)
    requirement = derive(contract).requirements[f"{contract.vendor}/accepts/media-type/{media_type}"]
    return Planner(contract, {}, profile_named("quick"), 1).plan(requirement), contract


@pytest.mark.parametrize(
    ("media_type", "parts"),
    [
        ("application/vnd.chat+json", (b'"topic":', b'"turns":')),
        ("application/x-www-form-urlencoded", (b"topic=", b"&turns=")),
        ("multipart/form-data", (b'name="title"', b'name="meta"', b"application/json", b"{")),
        ("text/plain", ()),
    ],
)
def test_one_valid_body_is_written(media_type: str, parts: tuple[bytes, ...]) -> None:
    """It is the smallest one by the schema of that media type, with its own encoding."""
    plan, contract = planned(media_type)
    data, headers = _content(plan.cases[0].request, None, contract)

    assert 1 == len(plan.cases)
    assert data
    assert [] == [part for part in parts if part not in data]
    assert [True] == [value.startswith(media_type) for name, value in headers if name == "Content-Type"]


@pytest.mark.parametrize(("media_type", "word"), [("application/xml", "XML"), ("application/*", "range")])
def test_what_is_not_written_is_named(media_type: str, word: str) -> None:
    """There is no case, and the reason says why."""
    plan, _ = planned(media_type)

    assert () == plan.cases
    assert word in plan.reason


def test_swagger_lists_media_types_in_consumes() -> None:
    """Each but the first is a requirement of its own, and one on its refusals where it is written."""
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}
    operation = {
        "consumes": ["application/xml", "application/json", "text/json"],
        "parameters": [{"name": "body", "in": "body", "required": True, "schema": schema}],
        "responses": {"200": {"description": "d"}},
    }
    info = {"title": "T", "version": "1"}
    document = {"swagger": "2.0", "info": info, "paths": {"/chats": {"post": operation}}}
    found = derive(read_contract(document, vendor="a", where="a.yaml")).requirements
    paths = [name for name in found if "/media-type/" in name]

    accepted = ["a/accepts/media-type/text/json", "a/accepts/media-type/application/xml"]
    assert [*accepted, "a/request/media-type/text/json"] == paths


@pytest.mark.parametrize(
    ("media_type", "keywords"),
    [
        ("application/vnd.chat+json", {"type", "required", "minLength", "minimum"}),
        ("application/x-www-form-urlencoded", {"type", "required", "minLength", "minimum"}),
        ("multipart/form-data", {"required"}),
        ("text/plain", {"minLength"}),
    ],
)
def test_invalid_bodies_are_written(media_type: str, keywords: set[str]) -> None:
    """An independent validator of the schema of that media type finds what is broken, and nothing in the control."""
    contract = open_spec(DOCUMENT)
    assert contract.body is not None
    validator = Draft202012Validator(contract.body.content[media_type])
    requirement = derive(contract).requirements[f"{contract.vendor}/request/media-type/{media_type}"]
    cases = Planner(contract, {}, profile_named("quick"), 1).plan(requirement).cases
    found = [{str(error.validator) for error in validator.iter_errors(_value(case))} for case in cases]

    assert keywords <= set().union(*found)
    assert all(found)
    for case in cases:
        assert case.control is not None
        assert validator.is_valid(_value(case.control))
        assert requirement.vendor + f"/accepts/media-type/{media_type}" == case.control.requirement
        assert {media_type} == {dict(one.request.headers)["Content-Type"] for one in (case, case.control)}


def test_an_invalid_body_of_what_is_not_written_is_no_requirement() -> None:
    """That the media type is accepted has a row, which says why it is not tested."""
    found = [path for path in derive(open_spec(DOCUMENT)).requirements if "/request/media-type/" in path]

    assert [] == [path for path in found if "xml" in path or "*" in path]


def _value(case: Case) -> Any:
    assert isinstance(case.request.body, JsonBody)
    return case.request.body.value
