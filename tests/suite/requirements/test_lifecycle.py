"""Lifecycle: what is derived where an operation is known that reads a chat."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.chat_operations import DELETE, READ
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind, Level
from chatcert.vendors import known_vendors, open_vendor

POST = "/paths/~1teams~1{team}~1chats/post"
ID = "$response.body#/id"
NAMED = {
    f"{POST}/{READ}": {"operation": "GET /chats/{chat}", "id": ID},
    f"{POST}/{DELETE}": {"operation": "DELETE /chats/{chat}", "id": ID},
}
GET = {"operationId": "getChat", "parameters": [{"name": "chat", "in": "path", "required": True}], "responses": {}}
LINKED = {
    f"{POST}/responses/201/links": {"Read": {"operationId": "getChat", "parameters": {"chat": ID}}},
    "/paths/~1chats~1{chat}": {"get": GET},
}


def levels(contract: Contract) -> dict[str, Level]:
    """The levels of the requirements on the life of a chat, by the last segment of their ids."""
    found = (r for r in derive(contract).requirements.values() if r.kind is Kind.LIFECYCLE)
    return {r.path.removeprefix("lifecycle/"): r.level for r in found}


@pytest.mark.parametrize("vendor", known_vendors())
def test_nothing_without_an_operation_that_reads(vendor: str) -> None:
    """The pages of the bundled vendors name none, so that nothing is derived and nothing is sent."""
    assert {} == levels(open_vendor(vendor))


def test_what_the_overlay_states_is_a_must(changed: Callable[..., Any], read: Callable[..., Contract]) -> None:
    """With both operations there are four requirements."""
    expected = dict.fromkeys(("created", "without-credentials", "other-account", "deleted"), Level.MUST)

    assert expected == levels(read(changed(NAMED)))


def test_a_link_does_not_promise_when_a_chat_can_be_read(
    changed: Callable[..., Any], read: Callable[..., Contract]
) -> None:
    """That the chat is there is a should; that nobody else reads it is a must; nothing is deleted."""
    found = levels(read(changed(LINKED)))

    assert {"created": Level.SHOULD, "without-credentials": Level.MUST, "other-account": Level.MUST} == found


def test_chats_that_everybody_may_read(changed: Callable[..., Any], read: Callable[..., Contract]) -> None:
    """Where the document needs no credentials for reading, nobody is kept from it."""
    public = {**LINKED, "/paths/~1chats~1{chat}": {"get": {**GET, "security": []}}}

    assert {"created"} == set(levels(read(changed(public))))


def test_an_archive_is_no_deletion(changed: Callable[..., Any], read: Callable[..., Contract]) -> None:
    """What is archived may be read as before."""
    archived = {**NAMED, f"{POST}/{DELETE}": {"operation": "POST /chats/{chat}/archive", "id": ID}}

    assert "deleted" not in levels(read(changed(archived)))
