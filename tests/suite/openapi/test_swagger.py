"""Reading Swagger 2.0: bodies, forms, media types, hosts and definitions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.validator import Validator

Read = Callable[..., Contract]
POINTER = "/paths/~1chats/post"


def _swagger(*parameters: Any, **more: Any) -> dict[str, Any]:
    operation = {
        "parameters": list(parameters),
        "responses": {
            "200": {"description": "d", "schema": {"$ref": "#/definitions/Chat"}},
            "400": {"description": "d"},
        },
    }
    return {
        "swagger": "2.0",
        "info": {"title": "T", "version": "1"},
        "host": "api.flawless.dev",
        "basePath": "/v2/",
        "paths": {"/chats": {"post": operation}},
        "definitions": {"Chat": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}},
        **more,
    }


def test_a_body_parameter_is_the_body(read: Read) -> None:
    """A body is sent in a media type that the operation consumes, JSON first, and is not a parameter."""
    body = {"name": "body", "in": "body", "required": True, "schema": {"$ref": "#/definitions/Chat"}}
    contract = read(
        _swagger(
            {"name": "q", "in": "query", "type": "integer", "maximum": 5},
            body,
            consumes=["application/xml", "application/json"],
        )
    )

    assert contract.body is not None
    assert (True, ["application/json", "application/xml"]) == (contract.body.required, list(contract.body.content))
    assert (f"{POINTER}/parameters/1", "/definitions/Chat") == (contract.body.pointer, contract.body.schema_pointer)
    assert [True, False] == [Validator(contract.body.schema).is_valid(value) for value in ({"id": "a"}, {})]
    assert [("q", True, False)] == [
        (p.name, Validator(p.schema).is_valid(5), Validator(p.schema).is_valid(6)) for p in contract.parameters
    ]


def test_form_parameters_make_one_body(read: Read) -> None:
    """Each is a property, files are text, and the required ones are required."""
    contract = read(
        _swagger(
            {"name": "text", "in": "formData", "type": "string", "required": True, "maxLength": 3},
            {"name": "picture", "in": "formData", "type": "file"},
            consumes=["application/json", "multipart/form-data"],
        )
    )

    assert contract.body is not None
    assert ["multipart/form-data"] == list(contract.body.content)
    assert {"text": {"type": "string", "maxLength": 3}, "picture": {"type": "string"}} == contract.body.schema[
        "properties"
    ]
    assert (True, ["text"]) == (contract.body.required, contract.body.schema["required"])
    assert () == contract.parameters


@pytest.mark.parametrize(
    ("consumes", "expected"),
    [
        (None, "application/x-www-form-urlencoded"),
        (["application/json"], "application/x-www-form-urlencoded"),
        (5, "application/x-www-form-urlencoded"),
        (["application/x-www-form-urlencoded"], "application/x-www-form-urlencoded"),
        ([None, "multipart/form-data"], "multipart/form-data"),
    ],
)
def test_a_form_is_sent_as_a_form(read: Read, consumes: Any, expected: str) -> None:
    """Whatever else the document says that it consumes."""
    contract = read(_swagger({"name": "a", "in": "formData", "type": "string"}, consumes=consumes))

    assert contract.body is not None
    assert expected == contract.body.media_type
    assert not contract.body.required


def test_answers_come_in_what_is_produced(read: Read) -> None:
    """The schema holds for every media type; an answer without schema has no body."""
    contract = read(_swagger(produces=["text/html", "application/json"]))

    assert [["application/json", "text/html"], []] == [list(answer.content) for answer in contract.answers]
    assert "/definitions/Chat" == contract.answers[0].schema_pointer
    assert contract.body is None


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, ["https://api.flawless.dev/v2"]),
        ({"basePath": "/"}, ["https://api.flawless.dev"]),
        ({"host": None}, []),
        ({"schemes": ["http", "https"]}, ["http://api.flawless.dev/v2", "https://api.flawless.dev/v2"]),
    ],
)
def test_the_host_is_the_server(read: Read, more: dict[str, Any], expected: list[str]) -> None:
    """Once for each scheme, with the base path and no slash at the end."""
    assert expected == list(read(_swagger(**more)).servers)


def test_security_definitions_are_credentials(read: Read) -> None:
    """API keys and basic credentials, as in OpenAPI 3."""
    schemes = {"Key": {"type": "apiKey", "in": "query", "name": "key"}, "User": {"type": "basic"}}
    contract = read(_swagger(securityDefinitions=schemes, security=[{"User": [], "Key": []}]))

    assert [("User", "basic", "/securityDefinitions/User"), ("Key", "apiKey", "/securityDefinitions/Key")] == [
        (credential.scheme, credential.kind, credential.pointer) for credential in contract.credentials
    ]
