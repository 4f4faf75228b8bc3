"""Operations beside the create operation are suggested for the overlay, as comments, and never taken."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest

from chatcert.onboarding.candidates import find_candidates
from chatcert.onboarding.starter_overlay import starter_overlay
from chatcert.openapi.contract import Contract

DESCRIBED = {"responses": {"200": {"description": "Done."}}}


@pytest.fixture
def contract(chat_store: ModuleType, read: Callable[..., Contract]) -> Callable[..., Contract]:
    """The contract of the store with further paths."""

    def making(**paths: Any) -> Contract:
        document = chat_store.document()
        document["paths"] |= {path.replace("_", "/"): item for path, item in paths.items()}
        return read(document)

    return making


def suggested(contract: Contract) -> dict[str, str]:
    """The operations that are suggested, by rule."""
    found = (one for one in find_candidates(contract) if one.rule in ("read", "list", "delete"))
    return {one.rule: str(one.content["operation"]) for one in found}


def test_the_operations_of_one_chat_are_suggested(contract: Any) -> None:
    """A GET and a DELETE of the chats with one parameter more; the overlay has both as comments."""
    made = contract(**{"_v1_chats_{chat}": {"get": DESCRIBED, "delete": DESCRIBED}})
    overlay = starter_overlay(made, find_candidates(made))

    assert {"read": "GET /v1/chats/{chat}", "delete": "DELETE /v1/chats/{chat}"} == suggested(made)
    assert (None, None) == (made.read, made.delete)
    assert all(line.startswith("  #") for line in overlay.splitlines() if "/v1/chats/{chat}" in line)


@pytest.mark.parametrize("path", ["_v1_chats", "_v1_chats_all", "_v1_chats_{chat}_messages", "_v2_rooms_{room}"])
def test_other_operations_are_not_suggested(contract: Any, path: str) -> None:
    """What may be about more than one chat, or about something else, is not."""
    item = {"get": DESCRIBED, "delete": DESCRIBED}
    own = {"_v1_chats": {**contract().document["paths"]["/v1/chats"], **item}}

    assert {} == suggested(contract(**own if path == "_v1_chats" else {path: item}))


CHAT = {"type": "object", "properties": {"id": {"type": "string"}, "text": {"type": "string"}}}
CHATS = {"type": "array", "items": CHAT}


def listing(schema: Any, *parameters: Any) -> dict[str, Any]:
    """An operation that answers with a schema."""
    content = {"application/json": {"schema": schema}}
    return {
        "get": {"parameters": [*parameters], "responses": {"200": {"description": "Chats.", "content": content}}},
    }


def query(name: str, schema: Any, *, required: bool = False) -> dict[str, Any]:
    """A parameter of the query."""
    return {"name": name, "in": "query", "required": required, "schema": schema}


@pytest.mark.parametrize(
    ("path", "item", "members"),
    [
        ("_v1_chats", listing(CHATS), {"id": "/id"}),
        ("_v1_chats_", listing(CHATS), {"id": "/id"}),
        ("_v1_chats_list", listing(CHATS, query("page", {"type": "integer"})), {"id": "/id", "page": "page"}),
        ("_v1_chats_all", listing(CHATS, query("page", {"type": "integer", "default": 0})), {"id": "/id"}),
        (
            "_v1_chats",
            listing({"type": "object", "properties": {"chats": CHATS, "tags": {"type": "array"}}}),
            {"items": "$response.body#/chats", "id": "/id"},
        ),
        (
            "_v1_chats",
            listing({"type": "array", "items": {"type": "object", "properties": {"chat": CHAT}}}),
            {"id": "/chat/id"},
        ),
    ],
)
def test_a_list_of_chats_is_suggested(contract: Any, path: str, item: Any, members: dict[str, str]) -> None:
    """A GET of the chats whose answer holds a list of things with an id; where the overlay has it, it is taken."""
    own = contract().document["paths"]["/v1/chats"] if path == "_v1_chats" else {}
    made = contract(**{path: {**own, **item}})
    (found,) = (one for one in find_candidates(made) if one.rule == "list")

    operation = f"GET {path.replace('_', '/')}"
    assert {"operation": operation, **members, "source": f"The operation {operation}."} == found.content
    assert f"{operation} looks as if it lists chats" in starter_overlay(made, [found])
    assert made.listing is None


@pytest.mark.parametrize(
    ("path", "item"),
    [
        ("_v1_chats_all", {"get": DESCRIBED}),
        ("_v1_chats_all", listing(CHAT)),
        ("_v1_chats_all", listing({"type": "array", "items": {"type": "string"}})),
        ("_v1_chats_all", listing({"type": "object", "additionalProperties": CHAT})),
        ("_v1_chats_all", listing({"type": "object", "properties": {"open": CHATS, "closed": CHATS}})),
        ("_v1_chats_all", listing(CHATS, query("team", {"type": "string"}, required=True))),
        ("_v1_chats_archived", listing(CHATS)),
        ("_v1_rooms", listing(CHATS)),
        ("_v1_chats_{chat}_messages", listing(CHATS)),
    ],
)
def test_other_lists_are_not_suggested(contract: Any, path: str, item: Any) -> None:
    """What may hold other things, or a part of the chats, or needs more than is known, is not."""
    assert {} == suggested(contract(**{path: item}))
