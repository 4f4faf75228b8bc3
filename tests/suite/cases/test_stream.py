"""Cases of streams: the requests that ask for one."""

from __future__ import annotations

from typing import Any

from chatcert.cases.case import Case, Expectation, JsonBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

EVENTS, JSON = "text/event-stream", "application/json"
ANSWER = {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}}
TOPIC = {"topic": {"type": "string"}}


def cases(body: Any, *media_types: str, path: str = "framing") -> tuple[Case, ...]:
    """The cases of one rule on streams, for a request body and the media types of a success."""
    content = {name: {"schema": ANSWER} for name in media_types}
    operation = {
        "requestBody": {"required": True, "content": {JSON: {"schema": body}}},
        "responses": {"200": {"description": "ok", "content": content}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "v", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    contract = read_contract(document, vendor="v", where="")
    requirement = derive(contract).requirements[f"v/response/200/stream/{path}"]
    return Planner(contract, {}, profile_named("quick"), 1).plan(requirement).cases


def asked(case: Case) -> tuple[Any, str]:
    """What a case says in its body, and which media type it accepts."""
    value = case.request.body.value if isinstance(case.request.body, JsonBody) else None
    return value.get("stream"), dict(case.request.headers).get("Accept", "")


def test_where_all_is_a_stream_every_request_accepts_it() -> None:
    """No request is sent for it alone."""
    body = {"type": "object", "properties": TOPIC}

    assert [(None, f"{EVENTS}, {JSON}")] == [asked(case) for case in cases(body, EVENTS)]
    assert all(case.shared for case in cases(body, EVENTS, path="schema"))


def test_a_success_that_is_not_plain_json_is_asked_for() -> None:
    """Some servers refuse to answer in a media type that a request does not accept."""
    body = {"type": "object", "properties": TOPIC}
    for names, accepted in (
        (("application/vnd.chat+json", EVENTS), f"application/vnd.chat+json, {EVENTS}, {JSON}"),
        ((JSON, EVENTS), ""),
        (("*/*", EVENTS), ""),
    ):
        assert (None, accepted) == asked(cases(body, *names)[0])


def test_a_switch_in_the_body_is_set_both_ways() -> None:
    """Each with the media type that it asks for; a refusal is blamed on the field."""
    body = {"type": "object", "properties": {**TOPIC, "stream": {"type": "boolean"}}}
    _, on, off = cases(body, JSON, EVENTS)

    assert [(True, f"{EVENTS}, {JSON}"), (False, JSON)] == [asked(on), asked(off)]
    assert {"v/accepts/body/stream/present"} == {on.requirement, off.requirement}
    assert {Expectation.ACCEPTED} == {on.expectation, off.expectation}


def test_every_request_that_asks_for_a_stream_accepts_one() -> None:
    """Also where the field is sent for another reason: a server may refuse what contradicts itself."""
    body = {"type": "object", "required": ["stream"], "properties": {"stream": {"const": True}}}
    control = cases(body, JSON, EVENTS)[0]

    assert (True, f"{EVENTS}, {JSON}") == asked(control)


def test_all_rules_share_these_requests() -> None:
    """They are sent once for all of them."""
    body = {"type": "object", "properties": {**TOPIC, "stream": {"type": "boolean"}}}
    rules = [cases(body, JSON, EVENTS, path=path) for path in ("framing", "schema", "text/required")]

    assert 1 == len({tuple(case.id for case in found) for found in rules})
    assert all(case.shared for found in rules for case in found)


def test_a_switch_in_alternatives() -> None:
    """The alternative that has the value is chosen."""
    base = {"type": "object", "required": ["topic", "stream"]}
    body = {"oneOf": [{**base, "properties": {**TOPIC, "stream": {"const": value}}} for value in (False, True)]}

    assert [(True, f"{EVENTS}, {JSON}"), (False, JSON)] == [asked(case) for case in cases(body, JSON, EVENTS)[1:]]


def test_without_a_switch_the_media_type_is_asked_for() -> None:
    """A server may choose another documented one, or refuse: its answer alone is judged."""
    (_, case) = cases({"type": "object", "properties": TOPIC}, JSON, EVENTS)

    assert (None, EVENTS) == asked(case)
    assert (Expectation.ANY, True) == (case.expectation, case.shared)


def test_a_field_of_that_name_that_is_no_switch() -> None:
    """A text called `stream` is left alone."""
    (_, case) = cases({"type": "object", "properties": {"stream": {"type": "string"}}}, JSON, EVENTS)

    assert (None, EVENTS) == asked(case)
