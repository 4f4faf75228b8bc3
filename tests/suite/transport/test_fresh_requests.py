"""Requests get new values when they are sent, and stay the same requests to everybody who identifies them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.case import Case, JsonBody, RawBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.openapi.distinct import distinct_places
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.openapi.values.request_markers import MARKER
from chatcert.requirements.catalogue import derive
from chatcert.transport.exchange import Sent
from chatcert.transport.fresh_requests import FreshRequests, value_sent
from chatcert.vendors import open_spec, open_vendor

DOCUMENT = Path(__file__).parents[1] / "documents" / "chosen.yaml"
CONTRACT = open_spec(DOCUMENT, name="chosen")
CATALOGUE = derive(CONTRACT)


@pytest.fixture(scope="module")
def planner() -> Planner:
    """The plan of one run."""
    return Planner(CONTRACT, {}, profile_named("quick"), 1)


def renewing(planner: Planner, run: str = "one") -> FreshRequests:
    """What renews the requests of one session."""
    return FreshRequests(CONTRACT, planner.requests.value_at, run)


def chosen(request: Any) -> str:
    """The id that a request chooses, whatever its body is."""
    data = request.body.data if isinstance(request.body, RawBody) else json.dumps(request.body.value).encode()
    return str(json.loads(data)["session_id"])


def value_of(request: Any) -> Any:
    """The id in a body that is an object, if it has one."""
    body = json.loads(request.body.data) if isinstance(request.body, RawBody) else request.body.value
    return lookup(body, ("session_id",))


def test_each_attempt_has_values_of_its_own(planner: Planner) -> None:
    """The same case has another id and another idempotency key each time; its key stays."""
    control, session = planner.requests.control(), renewing(planner)
    key = control.request.key
    made = [session.renewed(control) for _ in range(20)]

    assert 20 == len({chosen(request) for request in made})
    assert 20 == len({dict(request.headers)["Idempotency-Key"] for request in made})
    assert key == control.request.key == planner.requests.request().key


def test_sessions_do_not_share_values(planner: Planner) -> None:
    """Two runs, or two processes of one run, send other values; the same session name gives the same ones."""
    control = planner.requests.control()

    assert chosen(renewing(planner, "a").renewed(control)) != chosen(renewing(planner, "b").renewed(control))
    assert chosen(renewing(planner, "a").renewed(control)) == chosen(renewing(planner, "a").renewed(control))


def test_a_repeated_value_is_that_of_the_control(planner: Planner) -> None:
    """The case of the requirement repeats one value of its control as it was sent; the others are new."""
    for path, name in (("body/session_id", "session_id"), ("query/alias", "alias")):
        (case,) = planner.plan(CATALOGUE.requirements[f"chosen/request/{path}/distinct"]).cases
        assert case.control is not None
        session = renewing(planner)
        first = session.renewed(case.control)
        assert isinstance(first.body, JsonBody)
        query = "&".join(f"{key}={value}" for key, value in first.query)
        sent = Sent(
            "POST", f"http://h/sessions?{query}", "/sessions", first.headers, json.dumps(first.body.value).encode()
        )
        again = session.renewed(case, sent)

        assert (chosen(first) == chosen(again)) == (name == "session_id")
        assert (dict(first.query) == dict(again.query)) == (name == "alias" or not first.query)
        assert dict(first.headers)["Idempotency-Key"] != dict(again.headers)["Idempotency-Key"]


@pytest.mark.parametrize("path", ["accepts/wire/json-escapes", "accepts/wire/json-whitespace", "request/json/comment"])
def test_bytes_are_renewed_too(planner: Planner, path: str) -> None:
    """A body that is sent as bytes has a new value as well, in the spelling that is tested."""
    case = planner.plan(CATALOGUE.requirements[f"chosen/{path}"]).cases[0]
    session = renewing(planner)
    bodies = []
    for request in (case.request, session.renewed(case), session.renewed(case)):
        assert isinstance(request.body, RawBody)
        bodies.append(request.body.data)

    assert 3 == len({*bodies})
    if path.startswith("accepts"):
        assert 3 == len({str(json.loads(body)["session_id"]) for body in bodies})
        assert (b"\\u" in bodies[0]) == (b"\\u" in bodies[1])


@pytest.mark.parametrize("key", [r"\u0073ession_id", r"session\u005Fid", r"\u0073\u0065ssion_i\u0064", "session_id"])
def test_a_name_that_is_written_in_escapes_is_found(planner: Planner, key: str) -> None:
    """A body whose keys are escaped gets a new value too: it would repeat one that is in use otherwise."""
    case, session = planner.plan(CATALOGUE.requirements["chosen/accepts/wire/json-escapes"]).cases[0], renewing(planner)
    value = json.dumps(planner.requests.value_at("body", ("session_id",)))
    data = f'{{"{key}" : {value}, "other_id": {value}}}'.encode()
    sent = [session.renewed(replace(case, request=replace(case.request, body=RawBody(data)))) for _ in range(2)]

    assert 3 == len({json.loads(value), *map(chosen, sent)})
    for request in sent:
        assert isinstance(request.body, RawBody)
        assert request.body.data.startswith(f'{{"{key}" : '.encode())
        assert json.loads(value) == json.loads(request.body.data)["other_id"]


@pytest.mark.parametrize("circumstance", ["escaped-keys", "key-order", "unknown-field", "charset"])
def test_a_fault_beside_something_else_comes_with_new_values(planner: Planner, circumstance: str) -> None:
    """A value that is in use would be a second fault."""
    thorough = Planner(CONTRACT, {}, profile_named("standard"), 1)
    session = FreshRequests(CONTRACT, thorough.requests.value_at, "one")
    cases = thorough.plan(CATALOGUE.requirements[f"chosen/request/beside/{circumstance}"]).cases
    usual = planner.requests.value_at("body", ("session_id",))
    held = [case for case in cases if usual == value_of(case.request)]

    assert held
    for case in held:
        assert usual not in (value_of(session.renewed(case)), MISSING)


def test_invalid_values_stay_invalid(planner: Planner) -> None:
    """What breaks a rule of the field breaks it after the replacement too."""
    body = CONTRACT.body
    assert body is not None
    for keyword in ("type", "pattern", "null"):
        for case in planner.plan(CATALOGUE.requirements[f"chosen/request/body/session_id/{keyword}"]).cases:
            request = renewing(planner).renewed(case)
            assert isinstance(request.body, JsonBody)
            assert not planner.requests.bodies.validator.is_valid(request.body.value), case.edit


def test_hostile_texts_are_sent_as_they_are(planner: Planner) -> None:
    """No letter of a hostile text is replaced."""
    for case in planner.plan(CATALOGUE.requirements["chosen/robustness/body/session_id"]).cases:
        request = renewing(planner).renewed(case)
        assert isinstance(request.body, JsonBody)
        assert isinstance(case.request.body, JsonBody)
        assert case.request.body.value["session_id"] == request.body.value["session_id"]


def test_a_value_is_read_back_from_a_path() -> None:
    """The value of a path parameter is the part of the sent path in its place."""
    document = {
        "openapi": "3.1.0",
        "info": {},
        "paths": {
            "/users/{user}/sessions/{session_id}": {
                "post": {
                    "parameters": [
                        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
                        for name in ("user", "session_id")
                    ],
                    "responses": {"201": {"description": ""}, "409": {"description": "Exists."}},
                }
            }
        },
    }
    from chatcert.openapi.reading import read_contract

    contract = read_contract(document, vendor="v", where="v.yaml")
    (place,) = distinct_places(contract)

    sent = Sent("POST", "http://h/x/users/u1/sessions/s%2F1", "/x/users/u1/sessions/s%2F1", (), None)
    assert "s/1" == value_sent(contract, sent, place)


SIGMAMIND = open_vendor("sigmamind")
PLANS = Planner(SIGMAMIND, {}, profile_named("quick"), 1)


def marked_text(case: Case, run: str = "one") -> str:
    """The text of a request as a session sends it."""
    request = FreshRequests(SIGMAMIND, PLANS.requests.value_at, run).renewed(case)
    assert isinstance(request.body, JsonBody)
    return str(request.body.value["input"])


def test_a_free_text_carries_a_marker_at_its_end() -> None:
    """Each request has its own, the same one each time; keys and plans know nothing of it."""
    small, full = PLANS.requests.control(), PLANS.requests.full_control()
    key, texts = small.request.key, {marked_text(small), marked_text(small), marked_text(full)}

    assert 2 == len(texts)
    assert marked_text(small) != marked_text(small, "another run")
    assert all(text.startswith(PLANS.requests.value_at("body", ("input",))) and MARKER.search(text) for text in texts)
    assert key == small.request.key


def test_turns_tell_equal_requests_apart() -> None:
    """Requests that are sent together differ in their markers alone."""
    small = PLANS.requests.control()
    turns = [replace(small, request=replace(small.request, turn=turn)) for turn in (0, 1, 2)]

    assert 3 == len({marked_text(case) for case in turns})


def test_what_a_case_is_about_is_sent_as_it_is() -> None:
    """Boundary lengths, other types and hostile values get no marker; neither do texts that would be too long."""
    catalogue = derive(SIGMAMIND)
    about = [
        case
        for path in ("accepts/body/input/maxLength", "request/body/input/maxLength", "robustness/body/input")
        for case in PLANS.plan(catalogue.requirements[f"sigmamind/{path}"]).cases
        if isinstance(case.request.body, JsonBody)
    ]

    assert len(about) > 5
    for case in about:
        assert isinstance(case.request.body, JsonBody)
        value = case.request.body.value["input"]
        assert marked_text(case) == str(value)
