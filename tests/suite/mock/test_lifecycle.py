"""Chats of the mock: read and deleted by their owner alone; and the faults of the family lifecycle."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.faulty_service import FaultyService
from chatcert.mock.faults import faults_of
from chatcert.mock.service import Service
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_spec

CONTRACT = open_spec(Path(__file__).parents[1] / "documents" / "kept.yaml")
BACKEND = Backend.of(CONTRACT)
FAULTS = {fault.id.rpartition("/")[2]: fault for fault in faults_of(CONTRACT) if fault.family is Kind.LIFECYCLE}


def call(method: str, name: str = "", key: str = "Key", body: Any = None) -> Call:
    """A call about a chat."""
    headers = [(b"content-type", b"application/json")]
    headers += [(b"authorization", f"Bearer {BACKEND.secrets[key]}".encode())] if key else []
    data = json.dumps(body).encode() if body is not None else b""
    return Call(method, f"/v1/chats/{name}", {"id": name}, b"", headers, data)


def created(service: Service) -> str:
    """The id of a new chat."""
    reply = service.answer(call("POST", body={"text": "Hello"}))
    return str(json.loads(reply.body)["id"])


def statuses(service: Service) -> dict[str, int]:
    """What is answered about one chat, in the order of asking."""
    name = created(service)
    asked = {
        "owner": call("GET", name),
        "nobody": call("GET", name, key=""),
        "other": call("GET", name, key="other_Key"),
        "other deletes": call("DELETE", name, key="other_Key"),
        "deletes": call("DELETE", name),
        "after": call("GET", name),
        "unknown": call("GET", "no-such-chat"),
        "method": call("PATCH", name),
    }
    return {who: service.answer_about_chat(one).status for who, one in asked.items()}


RIGHT = {
    "owner": 200,
    "nobody": 401,
    "other": 404,
    "other deletes": 404,
    "deletes": 204,
    "after": 404,
    "unknown": 404,
    "method": 405,
}


def test_a_chat_is_there_for_its_owner_until_it_is_deleted() -> None:
    """Nobody else reads or deletes it."""
    assert RIGHT == statuses(Service(CONTRACT, BACKEND))


def test_a_chat_holds_what_was_said() -> None:
    """What is read has the text of the request and the id of the answer."""
    service = Service(CONTRACT, BACKEND)
    name = created(service)
    found = json.loads(service.answer_about_chat(call("GET", name)).body)

    assert ("Hello", name) == (found["text"], found["id"])


@pytest.mark.parametrize(
    ("variant", "changed"),
    [
        ("lost", {"owner": 404, "deletes": 404}),
        ("altered", {}),
        ("public", {"nobody": 200, "other": 200}),
        ("shared", {"other": 200}),
        ("undeletable", {"deletes": 500, "after": 200}),
        ("undeleted", {"after": 200}),
    ],
)
def test_each_fault_does_what_it_says(variant: str, changed: dict[str, int]) -> None:
    """A fault changes the answers that it is about, and no others."""
    assert {**RIGHT, **changed} == statuses(FaultyService(CONTRACT, BACKEND, FAULTS[variant].deviations))
    assert len(FAULTS) == 6
