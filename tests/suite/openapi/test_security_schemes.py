"""Credentials that are declared as plain parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.security_schemes import credentials_of

Read = Callable[..., Contract]


def contract(read: Read, *parameters: dict[str, Any], **more: Any) -> Contract:
    """The contract of an operation with these parameters."""
    operation = {"parameters": list(parameters), "responses": {"200": {"description": "d"}}, **more}
    return read({"openapi": "3.0.0", "info": {}, "paths": {"/chats": {"post": operation}}})


def header(name: str, **more: Any) -> dict[str, Any]:
    """A required header parameter."""
    return {"name": name, "in": "header", "required": True, "schema": {"type": "string"}, **more}


@pytest.mark.parametrize(
    ("parameter", "kind"),
    [
        (header("Authorization", description="Bearer followed by the key"), "bearer"),
        (header("Authorization", example="Basic dXNlcjpwYXNz"), "basic"),
        (header("authorization"), "apiKey"),
        (header("X-API-Key"), "apiKey"),
        (header("api_access_token"), "apiKey"),
        (header("X-Acme-Secret-Key"), "apiKey"),
        (header("Api-Token"), "apiKey"),
        ({**header("api_key"), "in": "query"}, "apiKey"),
    ],
)
def test_a_parameter_that_is_a_credential_is_one(read: Read, parameter: dict[str, Any], kind: str) -> None:
    """It is requested and tested like one, and reported as a defect of the document."""
    found = contract(read, parameter)

    assert [(kind, parameter["name"], parameter["in"])] == [(c.kind, c.name, c.location) for c in found.credentials]
    assert () == found.parameters
    assert any("carries a credential" in defect.problem for defect in found.defects)


@pytest.mark.parametrize(
    "parameter",
    [
        header("X-API-Key", required=False),
        header("Idempotency-Key"),
        header("X-CSRF-Token"),
        header("X-Request-Id"),
        header("X-Api-Key", schema={"enum": ["a"]}),
        {**header("token"), "in": "query"},
        header("Page-Token-Size"),
    ],
)
def test_other_parameters_are_none(read: Read, parameter: dict[str, Any]) -> None:
    """What may be left out, has a value of the page, or is called otherwise, stays a parameter."""
    found = contract(read, parameter)

    assert () == found.credentials
    assert [parameter["name"]] == [p.name for p in found.parameters]


def test_a_declared_scheme_comes_first(read: Read) -> None:
    """A parameter that a security scheme covers is that scheme's credential, once."""
    schemes = {"components": {"securitySchemes": {"Key": {"type": "apiKey", "in": "header", "name": "x-api-key"}}}}
    operation = {"parameters": [header("X-API-Key")], "security": [{"Key": []}], "responses": {}}
    found = read({"openapi": "3.0.0", "info": {}, "paths": {"/chats": {"post": operation}}, **schemes})

    assert ["Key"] == [c.scheme for c in found.credentials]
    assert not any("carries a credential" in defect.problem for defect in found.defects)


def test_a_key_beside_mutual_tls_is_sent() -> None:
    """A client certificate belongs to the connection: the other schemes of the same alternative are carried."""
    schemes = {
        "tls": {"type": "mutualTLS"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    }
    document = {"components": {"securitySchemes": schemes}}
    details = {"security": [{"tls": [], "key": []}]}
    assert ["key"] == [c.scheme for c in credentials_of(document, {}, details, "/paths/~1chats/post", "/chats")]
    assert [] == list(credentials_of(document, {}, {"security": [{"tls": []}]}, "/paths/~1chats/post", "/chats"))
