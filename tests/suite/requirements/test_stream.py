"""Stream: what is derived of successes that are streams of events."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.requirements.requirement import Kind, Level, Requirement

Derived = Callable[..., dict[str, Requirement]]
CONTENT = "/paths/~1teams~1{team}~1chats/post/responses/201/content"
EVENTS, LINES = "text/event-stream", "application/x-ndjson"
TOKEN = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string", "maxLength": 9}, "tags": {"type": "array", "items": {"type": "string"}}},
}


def streams(found: dict[str, Requirement]) -> dict[str, Requirement]:
    """The requirements of the family, by path below the status."""
    return {path.removeprefix("response/201/"): r for path, r in found.items() if r.kind is Kind.STREAM}


def test_a_body_has_none(derived: Derived) -> None:
    """A success that is one JSON text has no rule on streams."""
    assert {} == streams(derived())


def test_a_stream_of_described_events(derived: Derived) -> None:
    """Its form, and what every event has to be; each costs no request of its own."""
    found = streams(derived({CONTENT: {EVENTS: {"schema": TOKEN}}}))

    assert {
        "stream/framing",
        "stream/schema",
        "stream/text/required",
        "stream/text/type",
        "stream/text/maxLength",
        "stream/tags/type",
        "stream/tags/*/type",
    } == set(found)
    assert {(Level.MUST, True, 0)} == {(r.level, r.run_wide, r.cost.requests) for r in found.values()}
    assert Provenance.HTTP is found["stream/framing"].provenance


def test_what_the_overlay_states(derived: Derived) -> None:
    """A terminator is as binding as its source; that no error comes is our inference."""
    extension = {"terminator": "[DONE]", "error": {"required": ["error"]}, "source": "a sentence"}
    found = streams(derived({CONTENT: {EVENTS: {"x-chatcert-stream": extension}}}))

    assert {"stream/framing", "stream/terminator", "stream/error"} == set(found)
    assert (Level.MUST, "a sentence") == (found["stream/terminator"].level, found["stream/terminator"].clause.source)
    assert Level.SHOULD is found["stream/error"].level


def test_fields_have_no_rules_where_the_document_can_be_read_in_two_ways(derived: Derived) -> None:
    """Only that one of the readings is kept."""
    fields = {"type": "object", "required": ["event"], "properties": {"event": {"type": "string"}}}

    assert {"stream/framing", "stream/schema"} == set(streams(derived({CONTENT: {EVENTS: {"schema": fields}}})))


def test_no_rule_that_every_stream_keeps(derived: Derived) -> None:
    """The types of the fields of an event follow from how a stream is read, and what has no data is not an event."""
    item = {
        "type": "object",
        "required": ["data", "event"],
        "properties": {
            "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": TOKEN},
            "event": {"type": "string", "enum": ["token"]},
            "retry": {"type": "integer", "minimum": 1},
        },
    }
    found = streams(derived({CONTENT: {EVENTS: {"itemSchema": item}}, "/openapi": "3.2.0"}))

    assert {
        "stream/framing",
        "stream/schema",
        "stream/event/required",
        "stream/event/enum",
        "stream/retry/minimum",
        "stream/data-json/type",
        "stream/data-json/text/required",
        "stream/data-json/text/type",
        "stream/data-json/text/maxLength",
        "stream/data-json/tags/type",
        "stream/data-json/tags/*/type",
    } == set(found)


def test_clauses_stand_in_the_document(derived: Derived, changed: Callable[..., dict[str, Any]]) -> None:
    """Also those on the JSON text in the data of an event."""
    item = {"properties": {"data": {"type": "string", "contentMediaType": "application/json", "contentSchema": TOKEN}}}
    changes = {CONTENT: {EVENTS: {"itemSchema": item}, LINES: {"schema": TOKEN}}, "/openapi": "3.2.0"}
    found, document = streams(derived(changes)), changed(changes)

    assert len(found) > 10
    assert [] == [r.id for r in found.values() if lookup(document, tokens_of(r.clause.pointer)) is MISSING]


def test_several_streams_and_a_body_with_a_member_of_that_name(derived: Derived) -> None:
    """Each has its own ids."""
    body = {"type": "object", "properties": {"stream": {"type": "object", "properties": {"text": {"type": "string"}}}}}
    content = {"application/json": {"schema": body}, EVENTS: {"schema": TOKEN}, LINES: {"schema": TOKEN}}
    found = derived({CONTENT: content})

    assert Kind.RESPONSE is found["response/201/stream/text/type"].kind
    assert Kind.STREAM is found["response/201/event-stream/text/type"].kind
    others = [path for path, r in found.items() if r.kind is Kind.STREAM and "~1" in path]
    assert len(streams(found)) == 2 * len(others)
