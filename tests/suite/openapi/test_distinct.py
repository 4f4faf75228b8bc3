"""Which values of a request must be new: those that an overlay marks, and those that the document shows."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.openapi.distinct import distinct_at, distinct_places
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.reading import read_contract
from chatcert.vendors import known_vendors, open_vendor


def contract_with(
    name: str, schema: dict[str, Any], *, path: str = "/sessions", conflict: str = "", required: bool = False
) -> Any:
    """The contract of an operation with one field in its body."""
    body = {"type": "object", "properties": {name: schema}, **({"required": [name]} if required else {})}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": ""}, **({"409": {"description": conflict}} if conflict else {})},
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {path: {"post": operation}}}
    return read_contract(document, vendor="v", where="v.yaml")


def refusal(name: str, schema: dict[str, Any], **more: Any) -> str:
    """How a field is taken: ``no``, ``fresh`` (new, not refused), or the provenance of its refusal."""
    found = distinct_at(contract_with(name, schema, **more), "body", (name,))
    return "no" if found is None else str(found.provenance) if found.refused else "fresh"


TEXT = {"type": "string"}


@pytest.mark.parametrize(
    ("name", "path", "description", "conflict", "right"),
    [
        ("thread_id", "/threads", "", "Conflict Error", "inferred"),
        ("sessionId", "/apps/{app}/sessions", "", "The session already exists.", "stated"),
        ("session_id", "/sessions", "If omitted, one is generated.", "", "fresh"),
        ("session_id", "/sessions", "A unique id.", "", "fresh"),
        ("room_alias_name", "/createRoom", "", "The alias is taken.", "stated"),
        ("handle", "/rooms", "", "In use.", "stated"),
        ("name", "/rooms", "Must be unique within the workspace.", "", "stated"),
        ("name", "/rooms", "An error is returned if the name already exists.", "", "stated"),
        ("name", "/rooms", "", "Conflict", "no"),
        ("name", "/rooms", "It need not be unique.", "Exists", "no"),
        ("agent_id", "/sessions", "The unique id of the agent.", "Exists", "no"),
        ("session_id", "/chats", "The id of the new session, unique in your account.", "In use.", "stated"),
        ("thread_id", "/chats", "The id for your new thread.", "", "no"),
        ("name", "/rooms", "The name of the new room.", "Conflict", "no"),
        ("parent_thread_id", "/threads", "", "Conflict", "no"),
        ("thread_id", "/chats", "The thread to continue.", "Conflict", "no"),
        ("thread_id", "/threads", "Id of an existing thread to copy.", "Conflict", "no"),
        ("chat_id", "/chats", "", "", "no"),
        ("user_id", "/sessions", "It must be unique.", "Exists", "no"),
        ("visitor", "/sessions", "A text that is unique to each visitor; it must be unique per user.", "", "no"),
        ("session_id", "/sessions", "It must be unique per user.", "", "stated"),
        ("serial", "/sessions", "It should be unique.", "", "inferred"),
        ("uniqueName", "/Conversations", "Uniquely identifies the conversation.", "", "fresh"),
        ("idempotency_key", "/chats", "", "", "fresh"),
        ("nonce", "/chats", "A nonce that was used before is rejected.", "", "stated"),
        ("mark", "/chats", "Duplicate marks are refused (409).", "Conflict", "stated"),
        ("mark", "/chats", "Marks may be repeated.", "Conflict", "no"),
        ("session_id", "/sessions", "If a session with this id already exists, it is continued.", "", "no"),
    ],
)
def test_recognition(name: str, path: str, description: str, conflict: str, right: str) -> None:
    """A name of the thing that is created must be new where 409 is documented or the description says so."""
    assert right == refusal(name, {**TEXT, "description": description}, path=path, conflict=conflict)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "enum": ["a", "b"]},
        {"type": "boolean"},
        {"type": "string", "readOnly": True},
        {"type": "string", "x-chatcert-resource": {"unknown": "refused"}},
        {"type": "string", "x-chatcert-distinct": False},
    ],
)
def test_what_is_never_recognised(schema: dict[str, Any]) -> None:
    """Fixed values, names of existing things, and what an overlay excludes need not be new."""
    assert "no" == refusal("session_id", schema, conflict="It already exists.")


def test_of_two_candidates_neither_is_known_to_be_meant_by_409() -> None:
    """Where the description of 409 may mean either, a value in use should be refused: no must follows from it."""
    body = {"type": "object", "properties": {"session_id": TEXT, "alias": TEXT}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": ""}, "409": {"description": "Already exists."}},
    }
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/sessions": {"post": operation}}}
    found = distinct_places(read_contract(document, vendor="v", where="v.yaml"))

    assert [Provenance.INFERRED] * 2 == [place.provenance for place in found]


def test_an_idempotency_key_is_new_and_not_refused() -> None:
    """A parameter of that name gets a new value each time; that the old one is refused, nobody says."""
    operation = {
        "parameters": [{"name": "Idempotency-Key", "in": "header", "schema": TEXT}],
        "responses": {"201": {"description": ""}},
    }
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
    (place,) = distinct_places(read_contract(document, vendor="v", where="v.yaml"))

    assert ("header", ("Idempotency-Key",)) == place.key
    assert not place.refused


@pytest.mark.parametrize("vendor", known_vendors())
def test_the_bundled_vendors_have_none(vendor: str) -> None:
    """None of the four pages has a value that must be new."""
    assert () == distinct_places(open_vendor(vendor))


@pytest.mark.parametrize("schema", [{"anyOf": [TEXT, {"type": "null"}]}, {"type": ["string", "null"]}])
def test_a_text_that_may_be_null(schema: dict[str, Any]) -> None:
    """However a document writes an optional text, its name is recognised."""
    assert "stated" == refusal("session_id", schema, conflict="It already exists.")


@pytest.mark.parametrize(
    ("path", "name", "right"),
    [
        ("/users/{user_id}/sessions/{session_id}", "session_id", "fresh"),
        ("/users/{user_id}/sessions", "user_id", "no"),
        ("/agents/{agent_id}", "agent_id", "no"),
    ],
)
def test_the_end_of_a_path(path: str, name: str, right: str) -> None:
    """The id of what is created, at the end of the path, is chosen by the client."""
    names = [part.strip("{}") for part in path.split("/") if part.startswith("{")]
    parameters = [{"name": one, "in": "path", "required": True, "schema": TEXT} for one in names]
    operation = {"operationId": "createSession", "parameters": parameters, "responses": {"200": {"description": ""}}}
    document = {"openapi": "3.1.0", "info": {}, "paths": {path: {"post": operation}}}
    found = distinct_at(read_contract(document, vendor="v", where="v.yaml"), "path", (name,))

    assert right == ("no" if found is None else "fresh")


def test_an_id_within_the_new_thing() -> None:
    """The id of an object that is the new thing is its id."""
    body = {"type": "object", "properties": {"session": {"type": "object", "properties": {"id": TEXT}}}}
    operation = {
        "requestBody": {"content": {"application/json": {"schema": body}}},
        "responses": {"201": {"description": ""}, "409": {"description": "Already exists."}},
    }
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/sessions": {"post": operation}}}

    assert distinct_at(read_contract(document, vendor="v", where="v.yaml"), "body", ("session", "id")) is not None


@pytest.mark.parametrize("location", ["query", "header"])
@pytest.mark.parametrize(
    ("description", "right"), [("Duplicate references are refused.", True), ("Your reference.", False)]
)
def test_a_parameter_that_must_be_new(location: str, description: str, *, right: bool) -> None:
    """The description of a parameter shows that its values must be new; its name alone does not."""
    operation = {
        "parameters": [{"name": "chat_ref", "in": location, "schema": TEXT, "description": description}],
        "responses": {"201": {"description": ""}, "409": {"description": "In use."}},
    }
    document = {"openapi": "3.1.0", "info": {"title": "T", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    contract = read_contract(document, vendor="v", where="v.yaml")

    found = distinct_at(contract, location, ("chat_ref",))

    assert right is (found is not None and found.refused)
