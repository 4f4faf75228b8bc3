"""Valid bodies in each media type that a document takes, or the reason why there is none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

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
    """Each but the first is a requirement of its own."""
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

    assert ["a/accepts/media-type/text/json", "a/accepts/media-type/application/xml"] == paths
