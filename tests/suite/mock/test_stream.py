"""Streams of the mock, faults of the family stream, and manners of streams; read by a reader of the tests' own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from chatcert.mock.application import Application
from chatcert.mock.backend import Backend
from chatcert.mock.deviation.deviations import Deviations
from chatcert.mock.faults import faults_of
from chatcert.mock.manners import manners_of
from chatcert.mock.manners.mannered_service import ManneredService
from chatcert.mock.manners.middleware import ManneredApplication
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.requirements.requirement import Kind

from .calling import Caller

EVENTS, LINES, SEQUENCE, JSON = "text/event-stream", "application/x-ndjson", "application/json-seq", "application/json"
TOKEN = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "n": {"type": "integer"}}}
STATED = {"x-chatcert-stream": {"terminator": "[DONE]", "error": {"type": "object", "required": ["error"]}}}
SWITCH = {"type": "object", "properties": {"stream": {"type": "boolean"}}}


def contract(content: dict[str, Any], version: str = "3.1.0") -> Contract:
    """A contract whose success has this content."""
    operation = {
        "requestBody": {"required": True, "content": {JSON: {"schema": SWITCH}}},
        "responses": {
            "200": {"description": "ok", "content": content},
            "400": {"description": "bad", "content": {JSON: {}}},
        },
    }
    document = {"openapi": version, "info": {"title": "v", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    return read_contract(document, vendor="v", where="")


def told(body: bytes) -> Iterator[tuple[str, str]]:
    """The name and the data of each event, read line by line as the HTML standard has it."""
    name, data = "", []
    for line in body.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if field == "event":
            name = value
        if field == "data":
            data.append(value)
        if not line and data:
            yield name, "\n".join(data)
        if not line:
            name, data = "", []


def test_server_sent_events() -> None:
    """Two events at least, each as documented, and the terminator."""
    answer = Caller(contract({EVENTS: {"schema": TOKEN, **STATED}})).post()
    *events, (_, last) = told(answer.content)

    assert EVENTS == answer.headers["content-type"]
    assert "[DONE]" == last
    assert 2 == len([json.loads(data)["text"] for _, data in events])


def test_lines_and_sequences() -> None:
    """A JSON text on each line, or after each record separator."""
    lines = Caller(contract({LINES: {"schema": TOKEN}})).post().text
    sequence = Caller(contract({SEQUENCE: {"itemSchema": TOKEN}}, "3.2.0")).post().text

    assert 2 == len([json.loads(line)["text"] for line in lines.splitlines()])
    assert "" == sequence.split("\x1e")[0]
    assert 2 == len([json.loads(text)["text"] for text in sequence.split("\x1e")[1:] if text.endswith("\n")])


def test_one_event_of_each_alternative() -> None:
    """With the fields that it has, and a JSON text where the document wants one."""
    data = {"type": "string", "contentMediaType": JSON, "contentSchema": TOKEN}
    item = {
        "oneOf": [
            {"required": ["event", "data"], "properties": {"event": {"const": "a"}, "data": {"const": "words"}}},
            {"required": ["event", "data"], "properties": {"event": {"const": "b"}, "data": data}},
        ]
    }
    first, second = told(Caller(contract({EVENTS: {"itemSchema": item}}, "3.2.0")).post().content)

    assert ("a", "words") == first
    assert ("b", True) == (second[0], "text" in json.loads(second[1]))


@pytest.mark.parametrize(
    ("body", "accept", "media_type"),
    [
        ({}, "", JSON),
        ({}, EVENTS, EVENTS),
        ({}, f"{EVENTS}, {JSON}", JSON),
        ({}, "*/*", JSON),
        ({"stream": True}, JSON, LINES),
        ({"stream": True}, EVENTS, EVENTS),
        ({"stream": True}, LINES, LINES),
        ({"stream": False}, EVENTS, JSON),
    ],
)
def test_the_form_that_is_asked_for(body: Any, accept: str, media_type: str) -> None:
    """The field of the request decides, then what is accepted; one body by default."""
    both = contract({JSON: {"schema": TOKEN}, EVENTS: {"schema": TOKEN}, LINES: {"schema": TOKEN}})

    assert media_type == Caller(both).post(body, more={"Accept": accept}).headers["content-type"]


def test_a_refusal_is_no_stream() -> None:
    """An error has its own media type."""
    assert JSON == Caller(contract({EVENTS: {"schema": TOKEN}})).post(raw=b"{").headers["content-type"]


def test_every_rule_on_streams_has_a_fault_that_changes_the_stream() -> None:
    """What is sent differs from what the plain mock sends."""
    made = contract({EVENTS: {"schema": TOKEN, **STATED}})
    plain = Caller(made).post().content
    faults = [fault for fault in faults_of(made) if fault.family is Kind.STREAM]

    assert {
        "framing/page",
        "framing/utf-8",
        "framing/json",
        "framing/unfinished",
        "schema",
        "terminator/missing",
        "terminator/followed",
        "error",
        "text/required",
        "text/type",
        "text/type/null",
        "n/type",
        "n/type/null",
    } == {fault.id.removeprefix("v/fault/response/200/stream/") for fault in faults}
    assert [] == [fault.id for fault in faults if Caller(made, fault).post().content == plain]


def test_faults_of_bodies_leave_streams_alone() -> None:
    """Where both are documented, a fault of bodies does not change streams, nor the other way round."""
    made = contract({JSON: {"schema": TOKEN}, EVENTS: {"schema": TOKEN}})
    for fault in faults_of(made):
        _, _, rule = fault.breaks[0].partition("response/200/")
        if rule in ("status", "framing", "content-type") or not rule or fault.intermittent:
            continue
        caller, spared = Caller(made, fault), EVENTS if fault.family is Kind.RESPONSE else JSON
        if fault.id.split("/")[-2:-1] == ["json"]:  # a text that is not JSON is one of whatever media type
            continue
        assert Caller(made).post(more={"Accept": spared}).content == caller.post(more={"Accept": spared}).content


NAMES = {
    "stream-crlf",
    "stream-cr",
    "stream-comments",
    "stream-fields",
    "stream-unknown-fields",
    "stream-mark",
    "stream-no-space",
    "stream-many-lines",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_manners_say_the_same(name: str) -> None:
    """The bytes differ, the events do not, but for the white space of a JSON text."""
    made = contract({EVENTS: {"schema": TOKEN}})
    plain = Caller(made)
    manner = next(manner for manner in manners_of(made) if manner.name == name)
    service = ManneredService(made, Backend.of(made), Deviations(), manner.variations)
    odd = Caller(made)
    odd.app = ManneredApplication(Application({"v": service}), {"v": manner.variations})  # type: ignore[assignment]
    one, other = plain.post().content, odd.post().content

    assert one != other
    assert [json.loads(data) for _, data in told(one)] == [json.loads(data) for _, data in told(other)]


def test_documents_without_streams_have_no_such_manners() -> None:
    """They make no difference there."""
    assert not [manner.name for manner in manners_of(contract({JSON: {"schema": TOKEN}})) if "stream" in manner.name]
