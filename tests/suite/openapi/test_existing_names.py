"""Names of things that have to exist, recognised from the document where no overlay marks them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import configurable_names, is_placeholder, resource_names

Read = Callable[..., Contract]
TEXT = {"type": "string"}


def contract(
    read: Read, *parameters: dict[str, Any], body: dict[str, Any] | None = None, path: str = "/chats", **more: Any
) -> Contract:
    """The contract of an operation with these parameters and this body."""
    operation: dict[str, Any] = {"parameters": list(parameters), "responses": {"200": {"description": "d"}}}
    if body is not None:
        operation["requestBody"] = {"content": {"application/json": {"schema": body, **more}}}
    return read({"openapi": "3.1.0", "info": {}, "paths": {path: {"post": operation}}})


def parameter(name: str, place: str = "query", **more: Any) -> dict[str, Any]:
    """An optional parameter."""
    return {"name": name, "in": place, "schema": TEXT, **more}


@pytest.mark.parametrize(
    ("value", "stands_for_another"),
    [
        ("VARIANT-xxxxxxxx", True),
        ("<user>", True),
        ("<your user>", True),
        ("<b>Hello</b> world", False),
        ("{tenant}", True),
        ("YOUR_AGENT_ID", True),
        ("sk-...", True),
        ("usr_00000000", True),
        ("00000000-0000-0000-0000-000000000000", True),
        ("1000000", False),
        ("D5D0p7TUs66TTAEAx", False),
        ("Good morning, I have a question...", False),
        ("mailbox", False),
        ("string", False),
        (12, False),
    ],
)
def test_placeholders(value: Any, stands_for_another: bool) -> None:
    """What stands for a value in the page is told from a value."""
    assert stands_for_another is is_placeholder(value)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (parameter("database"), True),
        (parameter("user_id"), True),
        (parameter("X-Tenant", "header"), True),
        (parameter("kind", example="KIND-xxxxxxxx"), True),
        (parameter("Idempotency-Key", "header"), False),
        (parameter("X-Request-Id", "header"), False),
        (parameter("language"), False),
        (parameter("api_version"), False),
        (parameter("limit", schema={"type": "integer"}), False),
        (parameter("database", schema={"type": "string", "enum": ["a", "b"]}), False),
        (parameter("database", schema={"type": "string", "default": "main"}), False),
        (parameter("database", schema={"type": "string", "default": "<database>"}), True),
        (parameter("collections", schema={"type": "array", "items": TEXT}), True),
        (parameter("sources", schema={"type": "array", "items": {**TEXT, "example": "SRC-xxxxxxxx"}}), True),
        (parameter("sources", schema={"type": "array", "items": TEXT}, description="IDs of documents."), True),
        (parameter("sources", schema={"type": "array", "items": TEXT}), False),
    ],
)
def test_optional_parameters(read: Read, given: dict[str, Any], named: bool) -> None:
    """Names of databases, users and the like are recognised; no run needs a value of an optional one."""
    assert ({given["name"]: False} if named else {}) == resource_names(contract(read, given))


@pytest.mark.parametrize(
    ("given", "needed"),
    [
        (parameter("database", required=True), {"database": True}),
        (parameter("database", required=True, example="main"), {"database": False}),
        (parameter("database", required=True, example="<database>"), {"database": True}),
        (parameter("mode", required=True), {}),
        (parameter("project", "path", required=True, example="PROJECT-xxxxxxxx"), {"project": True}),
        (parameter("project", "path", required=True, example="p7"), {"project": False}),
        (parameter("version", "path", required=True, example="v1"), {}),
    ],
)
def test_required_parameters(read: Read, given: dict[str, Any], needed: dict[str, bool]) -> None:
    """A run needs a value of a required name of which the document shows none."""
    path = f"/{{{given['name']}}}/chats" if given["in"] == "path" else "/chats"

    assert needed == resource_names(contract(read, given, path=path))


@pytest.mark.parametrize(
    ("schema", "names"),
    [
        ({"agent_id": TEXT, "text": TEXT}, ["agent_id"]),
        ({"variant": {"type": "string", "example": "VARIANT-xxxxxxxx"}}, ["variant"]),
        ({"user_ids": {"type": "array", "items": TEXT}}, ["user_ids"]),
        ({"member": {"type": "object", "properties": {"id": TEXT}}}, ["id"]),
        ({"agent_id": {"type": "string", "enum": ["a"]}}, []),
        ({"external_id": TEXT, "trace_id": TEXT}, []),
        ({"ids": TEXT, "id": TEXT}, []),
        ({"invite": {"type": "array", "description": "A list of user IDs to invite", "items": TEXT}}, ["invite"]),
        ({"parent": {"type": "string", "description": "ID of an existing chat."}}, ["parent"]),
        ({"tags": {"type": "array", "description": "A list of new unique IDs", "items": TEXT}}, []),
        ({"people": {"type": "array", "description": "Ids of users who take part.", "items": TEXT}}, ["people"]),
        ({"people": {"type": "array", "description": "Ids of new people.", "items": TEXT}}, []),
        ({"people": {"type": "array", "items": {**TEXT, "examples": ["usr_00000000"]}}}, ["people"]),
        ({"people": {"type": "array", "example": ["<user>"], "items": TEXT}}, ["people"]),
        ({"people": {"type": "array", "items": {**TEXT, "example": "Ada"}}}, []),
        ({"voice": {"type": "string", "default": "<your voice>"}}, ["voice"]),
        ({"voice_id": {"type": "string", "default": "alto"}}, []),
        ({"note": {"type": "string", "description": "Shown beside the ID of the chat"}}, []),
    ],
)
def test_fields(read: Read, schema: dict[str, Any], names: list[str]) -> None:
    """Ids of other things are recognised, and so is what the document shows a placeholder of."""
    assert names == list(resource_names(contract(read, body={"type": "object", "properties": schema})))


def test_everything_may_be_configured(read: Read) -> None:
    """Every parameter and field has a name for its variable; the items of an array share that of the array."""
    schema = {"type": "object", "properties": {"user_ids": {"type": "array", "items": TEXT}, "text": TEXT}}

    assert ("database", "user_ids", "text") == configurable_names(contract(read, parameter("database"), body=schema))
