"""Rules on streams of events: their form, their events, their end, and errors within them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import Verdict
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.transport.exchange import Exchange, Received, Role, Sent

EVENTS, LINES, JSON = "text/event-stream", "application/x-ndjson", "application/json"
TOKEN = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}, "n": {"type": "integer"}}}
ENDED = {"x-chatcert-stream": {"terminator": "[DONE]"}}
WITH_ERRORS = {"x-chatcert-stream": {"error": {"type": "object", "required": ["error"]}}}


def catalogue(content: dict[str, Any], version: str = "3.1.0") -> Catalogue:
    """The requirements of a document whose success has this content."""
    document = {
        "openapi": version,
        "info": {"title": "v", "version": "1"},
        "paths": {"/chats": {"post": {"responses": {"200": {"description": "ok", "content": content}}}}},
    }
    return derive(read_contract(document, vendor="v", where=""))


def exchange(number: int, body: bytes, media_type: str, *, cut: bool = False, wanted: str = "accepted") -> Exchange:
    """A success with this body."""
    return Exchange(
        number=number,
        case=f"case {number}",
        requirement="v/accepts/required-only",
        expectation=Expectation(wanted),
        role=Role.CASE,
        sent=Sent("POST", "http://h/chats", "/chats", (), None),
        started=1.0,
        seconds=0.1,
        received=Received(200, (("Content-Type", media_type),), body, truncated=cut),
    )


def verdict(made: Catalogue, path: str, *exchanges: Exchange) -> Verdict:
    """The verdict on one rule."""
    evidence = Evidence(made.contract, made.requirements, exchanges, provisional=True)
    return judge(evidence, made.requirements[f"v/response/200/{path}"])


def words(content: dict[str, Any], *bodies: bytes, media_type: str = "", version: str = "3.1.0") -> dict[str, str]:
    """The verdicts on streams, by rule, after successes with these bodies."""
    made = catalogue(content, version)
    kind = media_type or next(iter(content))
    exchanges = [exchange(number, body, kind) for number, body in enumerate(bodies, 1)]
    prefix = "v/response/200/stream/"
    rules = [name.removeprefix("v/response/200/") for name in made.requirements if name.startswith(prefix)]
    return {rule.removeprefix("stream/"): verdict(made, rule, *exchanges).kind.value for rule in rules}


def sse(*datas: Any, event: str = "") -> bytes:
    """A stream of events, written by hand."""
    named = f"event: {event}\n" if event else ""
    return "".join(f"{named}data: {d if isinstance(d, str) else json.dumps(d)}\n\n" for d in datas).encode()


GOOD = sse({"text": "a"}, {"text": "b", "n": 2})
PLAIN = {EVENTS: {"schema": TOKEN}}


def test_a_stream_that_is_what_is_documented() -> None:
    """Each rule passes, and could have failed."""
    assert {"pass"} == {*words(PLAIN, GOOD).values()}
    assert {"framing", "schema", "text/required", "text/type", "n/type"} == {*words(PLAIN, GOOD)}


def test_the_usual_terminator_is_no_event_of_the_schema() -> None:
    """At the end, and there alone, `[DONE]` may stand where the document does not name it."""
    assert {"pass"} == {*words(PLAIN, GOOD + sse("[DONE]")).values()}
    assert "fail" == words(PLAIN, sse("[DONE]") + GOOD)["schema"]


BROKEN: dict[str, tuple[bytes, dict[str, str]]] = {
    "garbage": (b"<html>oops</html>\n", {"framing": "fail"}),
    "another charset": (b"data: caf\xe9\n\n", {"framing": "fail"}),
    "the last event not ended": (GOOD.rstrip(), {"framing": "warn"}),
    "the only event not ended": (sse({"text": "a"}).rstrip(), {"framing": "fail"}),
    "a word": (sse("hello"), {"schema": "fail"}),
    "a list": (sse([1]), {"schema": "fail"}),
    "a missing field": (GOOD + sse({"n": 1}), {"text/required": "fail"}),
    "another type": (GOOD + sse({"text": 1}), {"text/type": "fail"}),
}


@pytest.mark.parametrize(("body", "expected"), [*BROKEN.values()], ids=[*BROKEN])
def test_a_breach_is_named(body: bytes, expected: dict[str, str]) -> None:
    """What is wrong breaks its own rule and no other."""
    found = words(PLAIN, body)

    assert expected == {rule: word for rule, word in found.items() if word in ("fail", "warn")}


def test_a_finding_says_which_event() -> None:
    """The number of the event, and what is wrong with it."""
    found = verdict(catalogue(PLAIN), "stream/text/type", exchange(1, GOOD + sse({"text": 5}), EVENTS)).finding

    assert found is not None
    assert "event 3: 5 is not of type 'string'" == found.actual


TERMINATED = {EVENTS: {"schema": TOKEN, **ENDED}}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (GOOD + sse("[DONE]"), "pass"),
        (GOOD + sse("[DONE]") + b": bye\n\n", "pass"),
        (sse("[DONE]"), "pass"),
        (GOOD, "fail"),
        (b"", "fail"),
        (GOOD + sse("[DONE]") + GOOD, "fail"),
        (GOOD + sse("[DONE]", "[DONE]"), "fail"),
        (GOOD + sse("[done]"), "fail"),
        (b"<html>", "not-applicable"),
    ],
)
def test_the_terminator(body: bytes, word: str) -> None:
    """It comes last; nothing but comments comes after it."""
    assert word == words(TERMINATED, body)["terminator"]


def test_a_stream_that_is_cut_is_judged_as_far_as_it_was_read() -> None:
    """Its events are judged; its end is not known."""
    made = catalogue(TERMINATED)
    cut = exchange(1, GOOD + b'data: {"te', EVENTS, cut=True)

    assert "pass" == verdict(made, "stream/framing", cut).kind.value
    assert "pass" == verdict(made, "stream/schema", cut).kind.value
    assert "inconclusive" == verdict(made, "stream/terminator", cut).kind.value
    assert "longer than what is read" in verdict(made, "stream/terminator", cut).reason


def test_an_error_in_mid_stream() -> None:
    """An event of the documented error form is not judged by the schema; an error to a valid request is a remark."""
    content = {EVENTS: {"schema": TOKEN, **WITH_ERRORS}}
    failed = GOOD + sse({"error": "overloaded"}, event="error")

    assert {"framing": "pass", "schema": "pass", "text/required": "pass"}.items() <= words(content, failed).items()
    assert "warn" == words(content, failed)["error"]
    assert "pass" == words(content, GOOD)["error"]
    assert "fail" == words(PLAIN, failed)["text/required"]


def test_a_stream_that_ends_with_an_error_needs_no_terminator() -> None:
    """It breaks off, as documented; events after an error have to end as ever."""
    content = {
        EVENTS: {"schema": TOKEN, "x-chatcert-stream": {"terminator": "[DONE]", "error": {"required": ["error"]}}}
    }
    error = sse({"error": "overloaded"})

    assert "not-applicable" == words(content, GOOD + error)["terminator"]
    assert "fail" == words(content, error + GOOD)["terminator"]


def test_an_error_to_a_request_of_another_kind_says_nothing() -> None:
    """Only a valid request has a right to be served."""
    made = catalogue({EVENTS: {"schema": TOKEN, **WITH_ERRORS}})

    assert "not-applicable" == verdict(made, "stream/error", exchange(1, sse({"error": 1}), EVENTS, wanted="any")).kind


NAMED = {
    EVENTS: {
        "itemSchema": {
            "type": "object",
            "required": ["data"],
            "properties": {"data": {"type": "string"}, "event": {"type": "string"}},
            "oneOf": [
                {"required": ["event"], "properties": {"event": {"const": "note"}}},
                {
                    "required": ["event"],
                    "properties": {
                        "event": {"const": "token"},
                        "data": {"contentMediaType": "application/json", "contentSchema": TOKEN},
                    },
                },
            ],
        }
    }
}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (sse("any text", event="note") + sse({"text": "a"}, event="token"), "pass"),
        (sse("no json", event="token"), "fail"),
        (sse({"text": 1}, event="token"), "fail"),
        (sse("any text", event="other"), "fail"),
        (sse({"text": "a"}), "fail"),
    ],
)
def test_item_schema_is_about_the_fields_of_an_event(body: bytes, word: str) -> None:
    """OpenAPI 3.2: `data` is a text, whose JSON value is what `contentSchema` says."""
    assert word == words(NAMED, body, version="3.2.0")["schema"]


CLOSED = {
    EVENTS: {
        "itemSchema": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"data": {"type": "string", "contentMediaType": "application/json", "contentSchema": TOKEN}},
        }
    }
}


def test_what_data_says_has_rules_of_its_own() -> None:
    """They are found under `data-json`; an event with a field that is not described breaks the schema."""
    assert {"pass"} == {*words(CLOSED, GOOD, version="3.2.0").values()}
    assert "fail" == words(CLOSED, sse({"n": 1}), version="3.2.0")["data-json/text/required"]
    assert "fail" == words(CLOSED, sse({"text": "a"}, event="x"), version="3.2.0")["schema"]


OPEN = {
    "type": "object",
    "required": ["event", "data"],
    "properties": {"event": {"type": "string"}, "data": {"type": "object", "required": ["text"]}},
}


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (sse({"text": "a"}, event="token"), "pass"),
        (sse({"event": "token", "data": {"text": "a"}}), "pass"),
        (sse({"text": "a"}), "fail"),
        (sse("words", event="token"), "fail"),
        (sse({"event": "token", "data": {}}), "fail"),
    ],
)
def test_a_schema_that_can_be_read_in_two_ways_is_kept_in_either(body: bytes, word: str) -> None:
    """Documents before OpenAPI 3.2 do not say whether they describe an event or what its data says."""
    assert word == words({EVENTS: {"schema": OPEN}}, body, version="3.0.3")["schema"]


def test_a_text_alone_says_nothing_of_the_events() -> None:
    """Their form alone is judged."""
    assert {"framing": "pass"} == words({EVENTS: {"schema": {"type": "string"}}}, sse("any", {"a": 1}))


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"text": "a"}\n\n{"text": "b"}', set()),
        (b'[{"text": "a"},\n {"text": "b"}]\n', {"framing"}),
        (b'{"text": "a"}\n{"n": 1}\n', {"text/required"}),
        (b'{"text": "a"}\n["b"]\n', {"schema"}),
    ],
)
def test_lines_of_json(body: bytes, expected: set[str]) -> None:
    """Each line is an event."""
    found = words({LINES: {"schema": TOKEN}}, body)

    assert expected == {rule for rule, word in found.items() if word == "fail"}


BOTH = {JSON: {"schema": TOKEN}, EVENTS: {"schema": TOKEN}}


def test_an_answer_is_judged_by_its_own_media_type() -> None:
    """Where both are documented, a stream is not judged as JSON, nor one body as a stream."""
    made = catalogue(BOTH)
    stream, body = exchange(1, GOOD, f"{EVENTS}; charset=utf-8"), exchange(2, b'{"text": "a"}', JSON)

    assert "pass" == verdict(made, "stream/framing", stream, body).kind.value
    assert 1 == verdict(made, "stream/framing", stream, body).non_vacuous
    assert "pass" == verdict(made, "json", stream, body).kind.value
    assert "pass" == verdict(made, "content-type", stream, body).kind.value


def test_a_form_that_never_came_is_not_applicable() -> None:
    """With a reason that is true."""
    made = catalogue(BOTH)
    stream, body = exchange(1, GOOD, EVENTS), exchange(2, b'{"text": "a"}', JSON)

    found = verdict(made, "stream/schema", body)
    assert ("not-applicable", f"no answer of status 200 was of type {EVENTS}") == (found.kind.value, found.reason)
    assert all(claim.holds([body]) and not claim.holds([body, stream]) for claim in found.claims)
    for rule in ("json", "schema", "text/required"):
        assert "not-applicable" == verdict(made, rule, stream).kind.value


def test_lines_of_json_are_no_json_text() -> None:
    """The rules on one JSON text are not derived for them."""
    assert not [name for name in catalogue({LINES: {"schema": TOKEN}}).requirements if name.endswith("200/json")]


def test_a_stream_of_comments_says_nothing() -> None:
    """It is neither right nor wrong."""
    assert {"not-applicable"} == {*words(PLAIN, b": ping\n\n: ping\n\n").values()}


@pytest.mark.parametrize(
    ("event", "word"),
    [
        ({"type": "chunk", "text": "Hi"}, "pass"),
        ({"type": "end", "text": "Hi"}, "pass"),
        ({"type": "chunk", "text": 5}, "fail"),
        ({"type": "other"}, "fail"),
        ({}, "fail"),
    ],
)
def test_an_event_that_names_its_alternative_may_be_like_others(event: Any, word: str) -> None:
    """Where nothing but the discriminator tells the alternatives of events apart, a client reads the name."""
    text = {"type": "string"}
    chunk = {"type": "object", "properties": {"type": text, "text": text}}
    end = {"type": "object", "properties": {"type": text, "reason": text}}
    place = "#/components/schemas"
    mapping = {"chunk": f"{place}/Chunk", "end": f"{place}/End"}
    union = {
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    answers = {"200": {"description": "ok", "content": {EVENTS: {"schema": union}}}}
    document = {
        "openapi": "3.1.0",
        "info": {"title": "v", "version": "1"},
        "paths": {"/chats": {"post": {"responses": answers}}},
        "components": {"schemas": {"Chunk": chunk, "End": end}},
    }
    made = derive(read_contract(document, vendor="v", where=""))
    sent = exchange(1, f"data: {json.dumps(event)}\n\n".encode(), EVENTS)

    assert word == verdict(made, "stream/schema", sent).kind
