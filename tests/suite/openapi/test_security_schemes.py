"""Credentials that are declared as plain parameters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.security_schemes import security_of
from chatcert.transport.target import missing_credentials

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
    assert (["key"], [("key",)]) == secured(schemes, {"tls": [], "key": []})
    assert ([], []) == secured(schemes, {"tls": []})


def test_client_certificates_are_named_as_not_tested() -> None:
    """A report says that nothing tests whether a request without the certificate is refused."""
    operation = {"security": [{"tls": []}], "responses": {"200": {"description": "ok"}}}
    schemes = {"tls": {"type": "mutualTLS"}}
    document = {"openapi": "3.1.0", "info": {}, "components": {"securitySchemes": schemes}}
    document["paths"] = {"/chats": {"post": operation}}
    problems = [defect.problem for defect in read_contract(document, vendor="a", where="").defects]

    assert any("tls (mutualTLS) is not tested: a connection has it" in problem for problem in problems)


def secured(schemes: dict[str, Any], *security: dict[str, Any]) -> tuple[list[str], list[tuple[str, ...]]]:
    """The credentials of an operation, and which of them are enough."""
    document = {"components": {"securitySchemes": schemes}}
    found = security_of(document, {}, {"security": list(security)}, "/paths/~1chats/post", "/chats")
    return [c.scheme for c in found.credentials], [a.schemes for a in found.alternatives]


BEARER, KEY = {"type": "http", "scheme": "bearer"}, {"type": "apiKey", "in": "header", "name": "X-Key"}


def test_each_alternative_is_known() -> None:
    """All credentials of alternatives that a request can carry are read, and which of them are enough."""
    schemes = {"a": BEARER, "b": KEY, "c": {"type": "http", "scheme": "digest"}}

    assert (["a", "b"], [("a", "b"), ("b",)]) == secured(schemes, {"c": []}, {"a": [], "b": []}, {"b": []})


def test_no_credential_at_all_comes_last() -> None:
    """Where requests without credentials are served, those with some are still tried first."""
    assert (["b"], [("b",), ()]) == secured({"b": KEY}, {}, {"b": []})


def test_a_scheme_that_no_request_can_carry_is_named(read: Read) -> None:
    """It is listed with what it is, and the operation is read without it."""
    schemes = {"components": {"securitySchemes": {"Old": {"type": "http", "scheme": "digest"}}}}
    found = contract(read, security=[{"Old": []}])
    document = {**found.document, **schemes}

    problems = [defect.problem for defect in read(document).defects]
    assert any("Old (http digest) is not tested" in problem for problem in problems)


@pytest.mark.parametrize(
    ("scheme", "is_jwt"),
    [
        ({**BEARER, "bearerFormat": "JWT"}, True),
        ({**BEARER, "bearerFormat": "jwt"}, True),
        ({**BEARER, "description": "A JSON Web Token of our identity provider."}, True),
        ({**BEARER, "bearerFormat": "opaque"}, False),
        (BEARER, False),
        ({**KEY, "description": "No JWT is sent here."}, False),
    ],
)
def test_a_token_that_the_document_calls_one(read: Read, scheme: dict[str, Any], is_jwt: bool) -> None:
    """What is a JSON Web Token follows from the format of a bearer token, or from its description."""
    found = contract(read, security=[{"Only": []}])
    document = {**found.document, "components": {"securitySchemes": {"Only": scheme}}}

    assert [is_jwt] == [credential.is_jwt for credential in read(document).credentials]


@pytest.mark.parametrize(
    ("security", "configured", "missing"),
    [
        ([{"tls": []}, {"key": []}], (), ()),
        ([{"tls": []}, {"key": []}], ("key",), ()),
        ([{"tls": []}, {"key": [], "user": []}], ("user",), ("key",)),
        ([{"tls": [], "key": []}], (), ("key",)),
        ([{"key": []}, {"user": []}], (), ("key",)),
    ],
)
def test_a_client_certificate_alone_is_one_of_the_alternatives(
    read: Read, security: list[dict[str, Any]], configured: tuple[str, ...], missing: tuple[str, ...]
) -> None:
    """No key is asked for where the connection may authenticate, unless another alternative is begun."""
    schemes = {
        "tls": {"type": "mutualTLS"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
        "user": {"type": "http", "scheme": "basic"},
    }
    operation = {"security": security, "responses": {"200": {"description": "d"}}}
    document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
    document["components"] = {"securitySchemes": schemes}

    assert missing == missing_credentials(read(document), configured)


@pytest.mark.parametrize("entry", [True, 1, "key", ["key"], None])
def test_an_alternative_of_another_type_is_none(entry: Any) -> None:
    """What stands in the list and is no object says nothing of credentials."""
    schemes = {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}

    assert (["key"], [("key",)]) == secured(schemes, entry, {"key": []})
