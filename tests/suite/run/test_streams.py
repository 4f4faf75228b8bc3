"""Servers whose answers are streams: honest oddities are not blamed, and what is broken is found at its own clause."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
import stream_server as peer

from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.backend import Backend
from chatcert.mock.faults import faults_of
from chatcert.mock.server import create_app
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.requirement import Kind
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target

pytestmark = pytest.mark.slow

Words = dict[str, list[str]]
JSON = "application/json"
PIECE = {
    "type": "object",
    "required": ["text"],
    "properties": {"text": {"type": "string"}, "tokens": {"type": "integer", "minimum": 0}},
}
ITEM = {
    "type": "object",
    "required": ["data", "event"],
    "properties": {
        "event": {"type": "string", "enum": ["token"]},
        "data": {"type": "string", "contentMediaType": JSON, "contentSchema": PIECE},
    },
}
ERROR = {"type": "object", "required": ["event"], "properties": {"event": {"const": "error"}}}
STATED = {"terminator": "[DONE]", "error": ERROR, "source": "Response 200, description"}
CHAT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


def catalogue(content: dict[str, Any], version: str = "3.2.0", **fields: Any) -> Catalogue:
    """The requirements of a document with this content of its success."""
    topic = {"topic": {"type": "string", "minLength": 1, "maxLength": 40}}
    body = {"type": "object", "required": ["topic"], "properties": {**topic, **fields}}
    operation = {
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": {
            "200": {"description": "ok", "content": content},
            "400": {"description": "bad", "content": {JSON: {"schema": {"type": "object"}}}},
        },
    }
    paths = {"/chats": {"post": operation}}
    document = {"openapi": version, "info": {"title": "a", "version": "1"}, "paths": paths}
    return derive(read_contract(document, vendor="a", where=""))


CONTENTS: dict[str, tuple[str, dict[str, Any]]] = {
    "events": ("3.2.0", {peer.EVENT_STREAM: {"itemSchema": ITEM, "x-chatcert-stream": STATED}}),
    "events of data": ("3.0.3", {peer.EVENT_STREAM: {"schema": PIECE}}),
    "events or a body": ("3.1.0", {JSON: {"schema": CHAT}, peer.EVENT_STREAM: {"schema": PIECE}}),
    "lines": ("3.1.0", {peer.LINES: {"schema": PIECE, "x-chatcert-stream": {"terminator": "[DONE]"}}}),
    "a sequence": ("3.2.0", {peer.SEQUENCE: {"itemSchema": PIECE}}),
}
EVENTS = catalogue({peer.EVENT_STREAM: {"itemSchema": ITEM, "x-chatcert-stream": STATED}})
LINES = catalogue({peer.LINES: {"schema": PIECE}}, "3.0.3")


def certified(made: Catalogue, server: AbstractContextManager[str], timeout: float = 10.0) -> Words:
    """What rests on successes, by verdict, after a few requests."""
    with server as address:
        run = Execution(
            made, Target(address, {}, limits=Limits(timeout=timeout)), profile_named("quick"), seed=1, jobs=1
        )
        try:
            run.preflight()
            run.run_all([r for r in made.requirements.values() if r.kind is Kind.STREAM])
        finally:
            run.close()
    return rows_of(made, run)


def rows_of(made: Catalogue, run: Execution) -> Words:
    """The rules on successes by verdict, over what a run has sent."""
    verdicts = judge_all(made, run.exchanges, run.reasons, run.unfinished).values()
    rows = [v for v in verdicts if v.requirement.startswith("a/response/200/")]
    return {
        kind.value: [v.requirement[len("a/response/200/") :] for v in rows if v.kind is kind] for kind in VerdictKind
    }


def broken(words: Words) -> list[str]:
    """What fails or is remarked on."""
    return [*words["fail"], *words["warn"], *words["error"], *words["inconclusive"]]


@pytest.mark.parametrize("name", peer.HONEST)
def test_an_honest_stream(name: str) -> None:
    """However it is written, every rule that can be seen passes."""
    words = certified(EVENTS, peer.stream_server(peer.HONEST[name]))

    assert [] == broken(words)
    assert {"stream/framing", "stream/schema", "stream/terminator", "stream/data-json/text/required"} <= {
        *words["pass"]
    }


@pytest.mark.parametrize("name", peer.BROKEN)
def test_a_broken_stream(name: str) -> None:
    """Its own clause is named, and nothing else is blamed but what cannot hold beside it."""
    clause, chunks = peer.BROKEN[name]
    words = certified(EVENTS, peer.stream_server(chunks))

    assert [f"stream/{clause}"] == broken(words)


@pytest.mark.parametrize("name", peer.HONEST_LINES)
def test_honest_lines(name: str) -> None:
    """Empty lines, chunks and the end of the last line say nothing."""
    words = certified(LINES, peer.stream_server(peer.HONEST_LINES[name], peer.LINES))

    assert [] == broken(words)
    assert {"stream/framing", "stream/schema", "stream/text/required"} <= {*words["pass"]}


@pytest.mark.parametrize("name", peer.BROKEN_LINES)
def test_broken_lines(name: str) -> None:
    """The clause is named."""
    clause, chunks = peer.BROKEN_LINES[name]

    assert [f"stream/{clause}"] == broken(certified(LINES, peer.stream_server(chunks, peer.LINES)))


def test_another_media_type() -> None:
    """A stream that is called something else breaks the rule on the media type, and is not judged as a stream."""
    words = certified(EVENTS, peer.stream_server(peer.HONEST["in one chunk"], "text/plain"))

    assert ["content-type"] == broken(words)
    assert "stream/framing" in words["not-applicable"]


def test_a_connection_that_is_cut_in_mid_stream() -> None:
    """Each time, while requests that are not valid are answered: the answer does not arrive whole."""
    words = certified(EVENTS, peer.stream_server(peer.CUT))

    assert "framing" in words["fail"]
    assert "stream/framing" not in words["pass"]


def test_a_stream_without_end() -> None:
    """It is judged as far as it was read: what breaks its schema is found, and whether it ends is not known."""
    words = certified(EVENTS, peer.stream_server(peer.TOKENS, endless=peer.event({"tokens": 1})), timeout=0.4)

    assert ["stream/data-json/text/required"] == words["fail"]
    assert ["stream/terminator"] == words["inconclusive"]
    assert "stream/framing" in words["pass"]


def test_a_body_and_a_stream_by_a_field_of_the_request() -> None:
    """Each form is asked for, and each answer judged as what it is."""
    content = {JSON: {"schema": CHAT}, peer.EVENT_STREAM: {"itemSchema": ITEM, "x-chatcert-stream": STATED}}
    words = certified(catalogue(content, stream={"type": "boolean"}), peer.stream_server(peer.HONEST["in one chunk"]))

    assert [] == broken(words)
    assert {"json", "schema", "id/required", "stream/framing", "stream/terminator"} <= {*words["pass"]}


def test_a_stream_that_never_came() -> None:
    """Where both forms are documented and one never comes, its rules are not applicable."""
    content = {JSON: {"schema": CHAT}, peer.EVENT_STREAM: {"itemSchema": ITEM}}
    words = certified(catalogue(content), peer.stream_server(peer.whole(b'{"id": "c1"}'), JSON))

    assert [] == broken(words)
    assert {"stream/framing", "stream/schema"} <= {*words["not-applicable"]}
    assert "json" in words["pass"]


def test_a_document_that_can_be_read_in_two_ways() -> None:
    """A server that keeps to one of them is right; one that keeps to neither is not."""
    schema = {
        "type": "object",
        "required": ["event", "data"],
        "properties": {"event": {"type": "string"}, "data": PIECE},
    }
    made = catalogue({peer.EVENT_STREAM: {"schema": schema}}, "3.0.3")
    inside = b"".join(f"data: {peer.json.dumps({'event': 'token', 'data': p})}\n\n".encode() for p in peer.PIECES)

    for body in (b"".join(peer.TOKENS), peer.WHOLE, inside):
        assert [] == broken(certified(made, peer.stream_server(peer.whole(body))))
    assert ["stream/schema"] == broken(certified(made, peer.stream_server(peer.whole(peer.event({"tokens": 1})))))


@pytest.mark.parametrize("name", CONTENTS)
def test_each_fault_of_the_mock_is_found(switchboard: Any, name: str) -> None:
    """A mock that breaks one rule on streams breaks this one, and one without a fault breaks none."""
    version, content = CONTENTS[name]
    made = catalogue(content, version)
    backend = Backend.of(made.contract)
    rules = [r for r in made.requirements.values() if r.kind is Kind.STREAM]
    faults = [fault for fault in faults_of(made.contract) if fault.family is Kind.STREAM]
    missed = []
    for fault in (None, *faults):
        switchboard.app = create_app([made.contract], faults=[fault.id] if fault else [], backends={"a": backend})
        server = nullcontext(f"{switchboard.address}/a")
        words = certified(made, server)
        owner = fault.breaks[0].removeprefix("a/response/200/") if fault else ""
        if (owner not in broken(words)) if fault else broken(words):
            missed.append(fault.id if fault else "no fault")

    assert [] == missed
    assert {rule.id for rule in rules} == {fault.breaks[0] for fault in faults}
