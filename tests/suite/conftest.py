"""Fixtures for the tests of the contract: a document without a flaw, changes to it, and the bundled contracts."""

from __future__ import annotations

import copy
import json
import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.document.loading import read_document
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.pointer import MISSING, replaced, tokens_of
from chatcert.vendors import known_vendors, open_vendor, specs_folder


def _json(reference: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{reference}"}}}


def _object(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


FLAWLESS: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {"title": "Flawless", "version": "1"},
    "servers": [{"url": "https://api.flawless.dev"}],
    "security": [{"Key": []}],
    "paths": {
        "/teams/{team}/chats": {
            "post": {
                "operationId": "createChat",
                "parameters": [{"name": "team", "in": "path", "required": True, "schema": {"type": "string"}}],
                "requestBody": {"required": True, "content": _json("ChatRequest")},
                "responses": {
                    "201": {"description": "The chat.", "content": _json("Chat")},
                    "400": {"description": "A wrong request.", "content": _json("Error")},
                    "401": {"description": "A wrong key.", "content": _json("Error")},
                },
            }
        }
    },
    "components": {
        "schemas": {
            "ChatRequest": _object(
                ["text"],
                text={"type": "string", "minLength": 1, "maxLength": 20, "example": "Hello"},
                tone={"type": "string", "enum": ["kind", "plain"], "default": "plain"},
                weight={"type": "number", "minimum": 0, "maximum": 1},
                tags={"type": "array", "items": {"type": "string"}},
            ),
            "Chat": _object(["id"], id={"type": "string"}),
            "Error": _object(["message"], message={"type": "string"}),
        },
        "securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "X-Key"}},
    },
}


@pytest.fixture
def flawless() -> dict[str, Any]:
    """An OpenAPI 3.0 document whose one operation has no defect."""
    return copy.deepcopy(FLAWLESS)


@pytest.fixture
def changed(flawless: dict[str, Any]) -> Callable[..., dict[str, Any]]:
    """The flawless document with other values at some pointers; a value of ``None`` there takes the place away."""

    def change(changes: dict[str, Any]) -> dict[str, Any]:
        document = flawless
        for pointer, value in changes.items():
            document = replaced(document, tokens_of(pointer), MISSING if value is None else value)
        return document

    return change


@pytest.fixture
def read() -> Callable[..., Contract]:
    """The contract of a document that was made for one test."""

    def reading(document: dict[str, Any], **options: Any) -> Contract:
        return read_contract(document, vendor="sample", where="sample.yaml", **options)

    return reading


@pytest.fixture
def write(tmp_path: Path) -> Callable[[dict[str, Any]], Path]:
    """Write files, text or bytes or a value as JSON, by relative path; the first one's path is given back."""

    def writing(files: dict[str, Any]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = content if isinstance(content, str | bytes) else json.dumps(content)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return tmp_path / next(iter(files))

    return writing


@pytest.fixture(params=known_vendors())
def vendor(request: pytest.FixtureRequest) -> str:
    """Each bundled vendor in turn."""
    return str(request.param)


@pytest.fixture
def contract(vendor: str) -> Contract:
    """The contract of each bundled vendor in turn."""
    return open_vendor(vendor)


@pytest.fixture
def published(vendor: str) -> dict[str, Any]:
    """The document of each bundled vendor in turn, without its overlay."""
    return read_document(specs_folder() / vendor / "openapi.yaml")


@pytest.fixture(scope="session")
def strategies() -> ModuleType:
    """The Hypothesis strategies beside this file."""
    spec = spec_from_file_location("contract_strategies", Path(__file__).with_name("strategies.py"))
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def chat_store() -> ModuleType:
    """The server that keeps chats, and its documents."""
    name = "chat_store"
    spec = spec_from_file_location(name, Path(__file__).parent / "peers" / "chat_store.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
