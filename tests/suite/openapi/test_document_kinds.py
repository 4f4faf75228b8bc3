"""Documents that are not OpenAPI documents, and odd ones that are: one true line each."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Contract
from chatcert.vendors import open_spec

Write = Callable[[dict[str, Any]], Path]
CREATE = {"operationId": "createChat", "responses": {"201": {"description": "made"}, "default": {"description": "no"}}}
PAGE = "<!DOCTYPE html>\n<html><body>{}</body></html>"


@pytest.mark.parametrize(
    ("content", "what", "hint"),
    [
        ({"asyncapi": "3.0.0", "info": {}}, "an AsyncAPI document", "OpenAPI"),
        ({"swaggerVersion": "1.2", "apis": []}, "a Swagger 1 document", "convert"),
        ({"info": {"_postman_id": "1"}, "item": []}, "a Postman collection", "export"),
        ({"openapi": "4.0.0", "paths": {}}, "OpenAPI 4.0.0, a version", "3.0 to 3.2"),
        ({"swagger": "1.2", "paths": {}}, "OpenAPI 1.2, a version", "Swagger 2.0"),
        ({"openapi": "3.1.0", "webhooks": {"made": {"post": CREATE}}}, "webhooks alone", "the server"),
        ({"openapi": "3.1.0", "paths": {}, "webhooks": {"made": {"post": CREATE}}}, "webhooks alone", "the server"),
        ({"openapi": "3.1.0", "components": {"schemas": {}}}, "components alone", "the server"),
        ({"openapi": "3.1.0", "paths": {}}, "has no POST operation", "nothing"),
        ({"overlay": "1.0.0", "actions": []}, "an OpenAPI Overlay", "extends"),
        (PAGE.format("hello"), "an HTML page", "JSON or YAML"),
        (
            PAGE.format("<script>SwaggerUIBundle({url: '/v1/openapi.json'})</script>"),
            "a page that shows",
            "/v1/openapi",
        ),
        (PAGE.format('<redoc spec-url="api.yaml"></redoc>'), "a page that shows", "api.yaml"),
        ("<?xml version='1.0'?><application/>", "an XML document", "JSON or YAML"),
    ],
)
def test_what_is_not_a_document_of_operations(write: Write, content: Any, what: str, hint: str) -> None:
    """One line says what it is, and what to give instead."""
    with pytest.raises(UsageError) as caught:
        open_spec(write({"given.json": content}))

    assert what in caught.value.what
    assert hint in caught.value.hint


@pytest.mark.parametrize("version", ["3.0.0", "3.1.1", "3.2.0", 3.1, 3])
def test_known_versions(write: Write, version: Any) -> None:
    """Each version of OpenAPI 3 is read, also where it is written as a number."""
    path = write({"given.json": {"openapi": version, "info": {}, "paths": {"/chats": {"post": CREATE}}}})

    assert "POST /chats" == open_spec(path).operation


def _problems(contract: Contract) -> list[str]:
    return [defect.problem for defect in contract.defects]


def test_a_limit_that_is_a_text(read: Callable[..., Contract], flawless: dict[str, Any]) -> None:
    """It is shown in quotes, since without them nothing would seem to be wrong with it."""
    flawless["components"]["schemas"]["ChatRequest"]["properties"]["text"]["maxLength"] = "20"

    assert 'maxLength cannot be the text "20".' in _problems(read(flawless))


@pytest.mark.parametrize(("version", "is_defect"), [("3.0.3", True), ("3.1.0", False)])
def test_a_list_of_types(
    read: Callable[..., Contract], flawless: dict[str, Any], version: str, is_defect: bool
) -> None:
    """OpenAPI 3.0 has none; it is read all the same."""
    flawless["openapi"] = version
    flawless["components"]["schemas"]["ChatRequest"]["properties"]["text"]["type"] = ["string", "null"]

    assert is_defect == any("`type` is a list" in problem for problem in _problems(read(flawless)))


@pytest.mark.parametrize(
    ("version", "schema", "words"),
    [
        ("3.0.3", {"const": "a"}, "`const` is a keyword"),
        ("3.0.3", {"patternProperties": {"^a": {}}}, "`patternProperties` is a keyword"),
        ("3.0.3", {"type": "integer", "exclusiveMinimum": 3}, "`exclusiveMinimum` is a number"),
        ("3.0.3", {"type": "null"}, "`type` is null"),
        ("3.1.0", {"type": "integer", "minimum": 3, "exclusiveMinimum": True}, "`exclusiveMinimum` is a boolean"),
        ("3.1.0", {"type": "string", "nullable": True}, "`nullable` is true"),
        ("3.1.0", {"type": "array", "items": [{"type": "string"}]}, "`items` is a list"),
        ("3.1.0", {"dependencies": {"a": ["b"]}}, "`dependencies` is a keyword"),
        ("3.1.0", {"type": "file"}, "`type` is file"),
    ],
)
def test_keywords_of_another_version(
    read: Callable[..., Contract], flawless: dict[str, Any], version: str, schema: dict[str, Any], words: str
) -> None:
    """What the version of the document does not have is named, in that version alone."""
    flawless["components"]["schemas"]["ChatRequest"]["properties"]["text"] = schema
    found = {}
    for one in ("3.0.3", "3.1.0"):
        flawless["openapi"] = one
        found[one] = [
            p for p in _problems(read(flawless)) if p.startswith(f"{words}, which OpenAPI {one} does not have")
        ]

    in_both = "dependencies" in schema
    assert [True] == [bool(found[version])]
    assert in_both == any(problems for one, problems in found.items() if one != version)


@pytest.mark.parametrize(("end", "words"), [("?mode=new", "a query"), ("#new", "a fragment"), ("", None)])
def test_a_path_with_a_query(read: Callable[..., Contract], end: str, words: str | None) -> None:
    """It is a defect of the document, and certified all the same."""
    found = read({"openapi": "3.1.0", "info": {}, "paths": {f"/chats{end}": {"post": CREATE}}})

    assert [words] * (words is not None) == [words for p in _problems(found) if p.startswith(f"The path has {words}")]


def test_a_redirect_may_be_the_only_success(read: Callable[..., Contract]) -> None:
    """Where 303 is all that is documented, the defect says how an answer of 303 is taken."""
    found = read(
        {
            "openapi": "3.1.0",
            "info": {},
            "paths": {"/chats": {"post": {**CREATE, "responses": {"303": {"description": "made"}}}}},
        }
    )

    assert any("No success answer is documented but 303" in problem for problem in _problems(found))
    assert ["303"] == [answer.status for answer in found.successes]


def test_a_byte_order_mark(write: Write) -> None:
    """A document of an editor that writes one is read like any other."""
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": CREATE}}}

    assert "POST /chats" == open_spec(write({"given.json": "\ufeff" + json.dumps(document)})).operation
