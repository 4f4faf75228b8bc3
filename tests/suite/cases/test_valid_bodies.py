"""Typical values: valid, from the document's own examples where it has them, and of what is configured."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.case import Expectation, JsonBody, RawBody
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.vendors import open_vendor


@pytest.mark.parametrize("everything", [True, False])
def test_typical_values_make_valid_bodies(planned: Any, vendor: str, everything: bool) -> None:
    """The smallest body, the fullest, and one with each optional field alone are valid."""
    plans = planned(vendor, everything=everything)
    bodies = plans.planner.requests.bodies

    for names in ((), bodies.optional_names, *((name,) for name in bodies.optional_names)):
        assert plans.validator.is_valid(bodies.body(*names))


def test_configured_names_are_sent() -> None:
    """What is configured for a field that names something is its value wherever the field is valid."""
    bodies = ValidBodies(open_vendor("sigmamind"), {"agentId": "agent-of-ours", "previousChatId": "chat-of-ours"})

    body = bodies.body("previousChatId")

    assert ("agent-of-ours", "chat-of-ours") == (body["agentId"], body["previousChatId"])


def test_what_is_not_configured_is_left_out() -> None:
    """An optional field that names something unknown to us is in no valid body."""
    bodies = ValidBodies(open_vendor("openwebui"), {})

    assert () == bodies.optional_names
    assert {"chat"} == bodies.body().keys()


def test_examples_of_the_document_are_preferred() -> None:
    """A value that the document shows is likelier to please a real server than one of ours."""
    bodies = ValidBodies(open_vendor("sigmamind"), {"agentId": "a"})

    assert "When will my parcel arrive?" == bodies.body()["input"]


def test_a_prose_rule_bounds_what_any_string_means() -> None:
    """A language code is one that the page names, although its schema takes any string."""
    bodies = ValidBodies(open_vendor("polyai"), {})

    assert bodies.body("asr_lang_code")["asr_lang_code"] in ("en-US", "es-ES")


@pytest.mark.parametrize(
    ("schema", "path", "concrete"),
    [
        ({"type": "object", "additionalProperties": {"type": "string"}}, ("map", ANY), ("map", "extra_key")),
        ({"additionalProperties": {"type": "string"}, "example": {"k": "v"}}, ("map", ANY), ("map", "k")),
        ({"type": "array", "items": {"type": "string"}}, ("map", ANY), ("map", "0")),
        (
            {"required": ["a"], "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
            ("map", ANY),
            ("map", "extra_key"),
        ),
    ],
    ids=["a new key", "an existing key", "the first item", "none of the documented keys"],
)
def test_any_item_becomes_a_real_one(planned_for: Any, schema: Any, path: Any, concrete: Any) -> None:
    """The star of a path stands for the first item, an existing key, or a new one."""
    bodies = planned_for({"type": "object", "required": ["map"], "properties": {"map": schema}}).planner.requests.bodies

    assert concrete == bodies.concrete_path(path)


def test_keys_of_requests_distinguish_them(planned: Any) -> None:
    """Two requests share a key only if they are the same: order of members, bytes and credentials all count."""
    builder = planned("sigmamind").planner.requests
    bodies = [{"a": 1, "b": 2}, {"b": 2, "a": 1}, {"a": "1", "b": 2}, None, RawBody(b"{}"), JsonBody({}, {"/a": "/b"})]
    requests = [builder.request(body) for body in bodies]
    requests.append(builder.request())
    requests.append(builder.request(credentials={"apiKeyAuth": "wrong"}))
    requests.append(builder.request(headers={"X-Other": "1"}))

    assert len(requests) == len({request.key for request in requests})
    assert builder.request({"a": 1}).key == builder.request({"a": 1}).key


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_valid_chats_hold_what_the_page_says(planned: Any, profile: str) -> None:
    """The page says that `chat` contains title and history: each valid request has both, and the history is whole."""
    chats = [
        case.request.body.value["chat"]
        for case in planned("openwebui", profile).cases
        if case.expectation is Expectation.ACCEPTED and isinstance(case.request.body, JsonBody)
    ]

    assert len({json.dumps(chat) for chat in chats}) > 12
    for chat in chats:
        assert chat["title"].strip()
        assert chat["history"]["currentId"] in chat["history"]["messages"]


def test_the_fullest_body_has_the_fields_inside_objects_and_items(planned_for: Any) -> None:
    """Every documented field is in it, except a name inside an object for which nothing is configured."""
    text = {"type": "string"}
    line = {"type": "object", "properties": {"note": text, "part": {"type": "object", "properties": {"unit": text}}}}
    settings = {
        "type": "object",
        "properties": {"theme": text, "agent_id": text, "lines": {"type": "array", "items": line}},
    }
    body = {"type": "object", "required": ["settings"], "properties": {"settings": settings}}

    full = planned_for(body).planner.requests.bodies.full_body()["settings"]

    assert {"theme", "lines"} == full.keys()
    assert [{"note", "part"}] == [item.keys() for item in full["lines"]]
    assert {"unit"} == full["lines"][0]["part"].keys()


def test_the_fullest_body_leaves_out_what_excludes_the_rest(planned_for: Any) -> None:
    """Of two fields inside an object that may not be there together, one is."""
    inner = {
        "type": "object",
        "properties": {"one": {}, "other": {}, "third": {}},
        "not": {"required": ["one", "other"]},
    }
    body = {"type": "object", "required": ["inner"], "properties": {"inner": inner}}

    assert {"one", "third"} == planned_for(body).planner.requests.bodies.full_body()["inner"].keys()
