"""Reading the headers that a document describes for its answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chatcert.openapi.contract import Contract

Read = Callable[..., Contract]


def _document(version: dict[str, Any], headers: dict[str, Any], **more: Any) -> dict[str, Any]:
    operation = {"responses": {"200": {"description": "d", "headers": headers}}}
    info = {"title": "T", "version": "1"}
    return {**version, "info": info, "paths": {"/chats": {"post": operation}}, **more}


def test_headers_are_read_with_their_references(read: Read) -> None:
    """`Content-Type` is ignored, a name counts once in any case, and a broken reference is not a header."""
    headers = {
        "Content-Type": {"schema": {"type": "integer"}},
        "X-Left": {"$ref": "#/components/headers/Left"},
        "x-left": {"schema": {"type": "boolean"}},
        "X-Lost": {"$ref": "#/components/headers/Lost"},
        "X-Meta": {"content": {"application/json": {"schema": {"type": "object"}}}},
    }
    left = {"required": True, "schema": {"type": "integer"}}
    contract = read(_document({"openapi": "3.1.0"}, headers, components={"headers": {"Left": left}}))
    found = contract.answers[0].headers

    assert ["X-Left", "X-Meta"] == [header.name for header in found]
    assert [True, False] == [header.required for header in found]
    assert ["", "application/json"] == [header.media_type for header in found]
    assert "/components/headers/Left/schema" == found[0].schema_pointer
    assert found[0] is contract.answers[0].header("x-LEFT")


def test_swagger_describes_a_header_by_itself(read: Read) -> None:
    """The Header Object of Swagger 2.0 is a schema, and never requires the header."""
    headers = {"X-Left": {"type": "array", "items": {"type": "integer"}, "collectionFormat": "pipes", "required": True}}
    header = read(_document({"swagger": "2.0"}, headers)).answers[0].headers[0]

    assert (False, "|") == (header.required, header.separator)
    assert {"type": "array", "items": {"type": "integer"}} == header.schema
