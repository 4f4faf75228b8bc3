"""Streams of a document: their media types, and in which ways the schema of an event can be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import DATA_AS_JSON, StreamForm, stream_form

EVENTS, LINES = "text/event-stream", "application/x-ndjson"
CONTENT = "/paths/~1teams~1{team}~1chats/post/responses/201/content"
TOKEN = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
Changed = Callable[..., dict[str, Any]]


@pytest.mark.parametrize(
    ("media_type", "form"),
    [
        ("Text/Event-Stream; charset=utf-8", StreamForm.EVENTS),
        ("application/x-ndjson", StreamForm.LINES),
        ("application/jsonl", StreamForm.LINES),
        ("application/x-jsonlines", StreamForm.LINES),
        ("application/json-seq", StreamForm.SEQUENCE),
        ("application/geo+json-seq", StreamForm.SEQUENCE),
        ("application/json", None),
        ("application/vnd.chat+json", None),
        ("text/plain", None),
        ("", None),
    ],
)
def test_media_types_of_streams(media_type: str, form: StreamForm | None) -> None:
    """Parameters and case aside."""
    assert form == stream_form(media_type)


def read(changed: Changed, content: dict[str, Any], version: str = "3.0.3") -> Contract:
    return read_contract(changed({CONTENT: content, "/openapi": version}), vendor="v", where="")


FIELDS = {"type": "object", "properties": {"event": {"type": "string"}, "data": {"type": "string"}}}
WITH_OBJECT = {"type": "object", "properties": {"event": {"type": "string"}, "data": TOKEN}}
LIST = {"type": "array", "items": TOKEN}

READINGS: dict[str, tuple[str, str, dict[str, Any], list[str]]] = {
    "3.2, an event": ("3.2.0", EVENTS, {"itemSchema": FIELDS}, ["event"]),
    "3.2, its data in place of an event": ("3.2.0", EVENTS, {"itemSchema": TOKEN}, ["data"]),
    "3.2, data that is not a text": ("3.2.0", EVENTS, {"itemSchema": WITH_OBJECT}, ["event", "decoded", "data"]),
    "3.2, a list of events": ("3.2.0", EVENTS, {"schema": LIST}, ["data"]),
    "3.0, data": ("3.0.3", EVENTS, {"schema": TOKEN}, ["data"]),
    "3.0, fields of an event": ("3.0.3", EVENTS, {"schema": FIELDS}, ["event", "data"]),
    "3.0, fields with an object": ("3.0.3", EVENTS, {"schema": WITH_OBJECT}, ["event", "decoded", "data"]),
    "3.0, in an alternative": ("3.0.3", EVENTS, {"schema": {"oneOf": [FIELDS, TOKEN]}}, ["event", "data"]),
    "3.1, a list": ("3.1.0", EVENTS, {"schema": LIST}, ["data", "data"]),
    "a text": ("3.1.0", EVENTS, {"schema": {"type": "string"}}, []),
    "nothing": ("3.1.0", EVENTS, {}, []),
    "anything": ("3.1.0", EVENTS, {"schema": {}}, []),
    "a broken reference": ("3.1.0", EVENTS, {"schema": {"$ref": "#/components/schemas/None"}}, []),
    "lines": ("3.0.3", LINES, {"schema": TOKEN}, ["data"]),
    "lines of an item": ("3.2.0", LINES, {"itemSchema": FIELDS}, ["data"]),
    "lines, a list": ("3.1.0", LINES, {"schema": LIST}, ["data", "data"]),
    "3.2, lines, a list": ("3.2.0", LINES, {"schema": LIST}, ["data"]),
    "lines, a text": ("3.1.0", LINES, {"schema": {"type": "string"}}, []),
}


@pytest.mark.parametrize(("version", "media_type", "entry", "readings"), [*READINGS.values()], ids=[*READINGS])
def test_readings(changed: Changed, version: str, media_type: str, entry: dict[str, Any], readings: list[str]) -> None:
    """What the document leaves open is read in each way, and is a defect of the document."""
    contract = read(changed, {media_type: entry}, version)
    (stream,) = contract.answers[0].streams

    assert readings == [schema.reading for schema in stream.schemas]
    assert (len(readings) > 1) == any("It is open what the schema of a stream" in d.problem for d in contract.defects)


def test_a_stream_has_no_schema_of_a_body(changed: Changed) -> None:
    """A list of media types has the schema of its first one that is not a stream."""
    both = read(changed, {EVENTS: {"schema": TOKEN}, "application/json": {"schema": FIELDS}})
    alone = read(changed, {LINES: {"schema": TOKEN}})

    assert (FIELDS, True) == (both.answers[0].schema, both.answers[0].is_json)
    assert (None, False) == (alone.answers[0].schema, alone.answers[0].is_json)


def test_the_json_text_in_data(changed: Changed) -> None:
    """`contentSchema` is asserted on the value of the text, its references followed, in the alternative that has it."""
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": {"$ref": "#/components/schemas/Chat"},
    }
    item = {
        "oneOf": [
            {"properties": {"event": {"const": "chat"}, "data": data}, "required": ["event"]},
            {"not": {"required": ["event"]}},
        ]
    }
    (stream,) = read(changed, {EVENTS: {"itemSchema": item}}, "3.2.0").answers[0].streams
    (schema,) = stream.schemas
    valid = validator_for(schema.schema).is_valid

    assert schema.has_json
    assert valid({"event": "chat", "data": "…", DATA_AS_JSON: {"id": "c"}})
    assert not valid({"event": "chat", "data": "…", DATA_AS_JSON: {}})
    assert not valid({"event": "chat", "data": "no JSON"})
    assert valid({"data": "no JSON"})


def test_the_extension(changed: Changed) -> None:
    """It names the last event, and the form of errors."""
    extension = {"terminator": "[DONE]", "error": {"$ref": "#/components/schemas/Error"}, "source": "a sentence"}
    (stream,) = read(changed, {EVENTS: {"x-chatcert-stream": extension}}).answers[0].streams

    assert "[DONE]" == stream.terminator
    assert not validator_for(stream.error or {}).is_valid({})


@pytest.mark.parametrize("extension", [True, {"terminator": ""}, {"terminator": 1}, {"error": "oops"}])
def test_a_malformed_extension(changed: Changed, extension: Any) -> None:
    """It is an error that says where it is and what is allowed."""
    with pytest.raises(UsageError, match=r"x-chatcert-stream"):
        read(changed, {EVENTS: {"x-chatcert-stream": extension}})


def test_swagger(changed: Changed) -> None:
    """A media type that `produces` names has the schema of the response."""
    document = {
        "swagger": "2.0",
        "info": {"title": "v", "version": "1"},
        "produces": [EVENTS],
        "paths": {"/chats": {"post": {"responses": {"200": {"description": "ok", "schema": TOKEN}}}}},
    }
    (stream,) = read_contract(document, vendor="v", where="").answers[0].streams

    assert ("data", TOKEN) == (stream.schemas[0].reading, stream.schemas[0].schema)
