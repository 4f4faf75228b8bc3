"""The mock of documents that are unlike the bundled ones."""

from __future__ import annotations

import base64
from typing import Any

import jsonschema
import pytest

from chatcert.exceptions import UsageError
from chatcert.mock.application import Application
from chatcert.mock.server import create_app
from chatcert.openapi.contract import Contract
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.path_tokens import ANY

from .calling import Caller


def contract(operation: dict[str, Any], *, path: str = "/chats", **more: Any) -> Contract:
    """The contract of a document with one operation."""
    post = {"responses": {"200": {"description": "d"}}, **operation}
    info = {"title": "T", "version": "1"}
    document = {"openapi": "3.1.0", "info": info, "paths": {path: {"post": post}}, **more}
    return read_contract(document, vendor="odd", where="odd.yaml")


def content(schema: Any, media_type: str = "application/json") -> dict[str, Any]:
    """The content of a body or of an answer."""
    return {"description": "d", "content": {media_type: {"schema": schema}}}


def test_no_body_either_way() -> None:
    """An operation without bodies is answered without one."""
    caller = Caller(contract({"responses": {"204": {"description": "d"}}}))

    response = caller.post(raw=b"", content_type=None)

    assert 204 == response.status_code
    assert b"" == response.content
    assert "content-length" not in response.headers


def test_parameters_are_typed_and_checked() -> None:
    """Parameters are read as their schemas ask and refused where they break them."""
    parameters = [
        {"name": "limit", "in": "query", "required": True, "schema": {"type": "integer", "maximum": 10}},
        {"name": "tags", "in": "query", "schema": {"type": "array", "items": {"enum": ["a", "b"]}}},
        {"name": "X-Flag", "in": "header", "schema": {"type": "boolean"}},
        {"name": "lang", "in": "cookie", "schema": {"type": "string", "minLength": 2}},
        {"name": "id", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}},
    ]
    caller = Caller(contract({"parameters": parameters}, path="/chats/{id}.json"))
    good = "/odd/chats/3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f.json"

    def status(path: str, **headers: str) -> int:
        return caller.post(raw=b"", path=path, more=headers, content_type=None).status_code

    assert 200 == status(f"{good}?limit=10&tags=a&tags=b", **{"X-Flag": "true", "Cookie": "x=1; lang=en"})
    assert 200 == status(f"{good}?limit=-3&tags=a")
    assert 400 == status(f"{good}?limit=-3&tags=a,b")  # one text: an array is exploded unless the document says no
    for query in ("", "?limit=11", "?limit=ten", "?limit=1.5", "?limit=", "?limit=1&tags=c"):
        assert 400 == status(good + query)
    assert 400 == status(f"{good}?limit=1", **{"X-Flag": "yes"})
    assert 400 == status(f"{good}?limit=1", Cookie="lang=e")
    assert 400 == status("/odd/chats/1.json?limit=1")
    assert 404 == status("/odd/chats/3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f.xml?limit=1")


SCHEMES = {
    "in-query": {"type": "apiKey", "in": "query", "name": "key"},
    "in-cookie": {"type": "apiKey", "in": "cookie", "name": "session"},
    "user": {"type": "http", "scheme": "basic"},
}


@pytest.mark.parametrize("scheme", SCHEMES)
def test_other_credentials(scheme: str) -> None:
    """Keys in the query or in a cookie and basic credentials are asked for by their exact value."""
    odd = contract({"security": [{scheme: []}]}, components={"securitySchemes": SCHEMES})
    caller = Caller(odd)
    secret = caller.backend.secrets[scheme]
    rights: dict[str, dict[str, Any]] = {
        "in-query": {"path": f"/odd/chats?key={secret}"},
        "in-cookie": {"more": {"Cookie": f"a=b; session={secret}"}},
        "user": {"more": {"Authorization": f"basic {base64.b64encode(secret.encode()).decode()}"}},
    }
    right = rights[scheme]
    wrong: dict[str, Any] = {"path": "/odd/chats?key=x", "more": {"Cookie": "session=x", "Authorization": "Basic eDp5"}}

    assert 200 == caller.post(raw=b"", headers={}, **right).status_code
    assert 401 == caller.post(raw=b"", headers={}, **wrong).status_code
    assert 401 == caller.post(raw=b"", headers={}).status_code


FORM = {
    "type": "object",
    "required": ["input"],
    "properties": {"input": {"type": "string"}, "count": {"type": "integer"}, "tags": {"type": "array"}},
}


def test_forms() -> None:
    """Forms are read with their fields typed, and refused like any other body."""
    caller = Caller(contract({"requestBody": {"required": True, **content(FORM, "application/x-www-form-urlencoded")}}))
    form = "application/x-www-form-urlencoded"

    assert 200 == caller.post(raw=b"input=hi&count=3&tags=a&tags=b", content_type=form).status_code
    assert 400 == caller.post(raw=b"input=hi&count=three", content_type=form).status_code
    assert 400 == caller.post(raw=b"count=3", content_type=form).status_code
    assert 415 == caller.post(raw=b"{}").status_code


def test_multipart_forms() -> None:
    """Multipart forms are read, and refused where they are none."""
    caller = Caller(contract({"requestBody": {"required": True, **content(FORM, "multipart/form-data")}}))
    part = '--b\r\nContent-Disposition: form-data; name="{}"\r\n\r\n{}\r\n'
    raw = (part.format("input", "hi") + part.format("count", "3") + "--b--\r\n").encode()
    form = "multipart/form-data; boundary=b"

    assert 200 == caller.post(raw=raw, content_type=form).status_code
    assert 400 == caller.post(raw=raw.replace(b'"count"\r\n\r\n3', b'"count"\r\n\r\nx'), content_type=form).status_code
    assert 400 == caller.post(raw=b"nothing", content_type="multipart/form-data").status_code


def test_an_error_whose_members_may_all_be_left_out_says_something() -> None:
    """What is wrong stands in the list that the page describes, though no error has to hold it."""
    error = {"type": "object", "required": ["message"], "properties": {"message": {"type": "string"}}}
    errors = {"type": "object", "properties": {"errors": {"type": "array", "items": error}}}
    body = {"required": True, **content({"type": "object", "required": ["title"]})}
    caller = Caller(contract({"requestBody": body, "responses": {"200": {"description": "d"}, "400": content(errors)}}))

    (reported,) = caller.post({}).json()["errors"]

    assert "title" in reported["message"]


def test_a_list_of_problems_says_where_each_is() -> None:
    """As FastAPI documents it: the place is a list of names, and no error has to hold the list."""
    place = {"type": "array", "items": {"anyOf": [{"type": "string"}, {"type": "integer"}]}}
    text = {"type": "string"}
    problem = {"type": "object", "required": ["loc", "msg"], "properties": {"loc": place, "msg": text}}
    errors = {"type": "object", "properties": {"detail": {"type": "array", "items": problem}}}
    sent = {"type": "object", "required": ["title"], "properties": {"title": {"type": "string"}}}
    body = {"required": True, **content(sent)}
    caller = Caller(contract({"requestBody": body, "responses": {"200": {"description": "d"}, "422": content(errors)}}))

    (missing,) = caller.post({}).json()["detail"]
    (whole,) = caller.post([]).json()["detail"]

    assert ["body", "title"] == missing["loc"]
    assert "title" in missing["msg"]
    assert ["body"] == whole["loc"]


def test_several_media_types() -> None:
    """Each documented media type is read, by its own schema."""
    body = {
        "content": {
            "application/json": {"schema": {"type": "object"}},
            "application/x-www-form-urlencoded": {"schema": FORM},
        }
    }
    caller = Caller(contract({"requestBody": body}))

    assert 200 == caller.post({}).status_code
    assert 400 == caller.post(raw=b"count=1", content_type="application/x-www-form-urlencoded").status_code
    assert 415 == caller.post(raw=b"<a/>", content_type="application/xml").status_code


def test_text_answers() -> None:
    """An answer that is not JSON is sent as what it is."""
    caller = Caller(contract({"responses": {"200": content({"type": "string", "example": "héllo"}, "text/plain")}}))

    response = caller.post(raw=b"", content_type=None)

    assert "text/plain" == response.headers["content-type"]
    assert "héllo".encode() == response.content


def test_rich_answers_match() -> None:
    """Answers with combined, nested and recursive schemas match them."""
    node: dict[str, Any] = {
        "type": "object",
        "required": ["id", "kind"],
        "properties": {
            "id": {"type": "string", "format": "uuid", "x-chatcert-unique": {}},
            "kind": {"const": "node"},
            "children": {"type": "array", "items": {"$ref": "#/components/schemas/Node"}},
            "at": {"type": "integer", "x-chatcert-clock": {"unit": "milliseconds"}},
            "number": {"type": "integer", "x-chatcert-unique": {}},
            "either": {"oneOf": [{"type": "integer", "minimum": 5}, {"type": "object"}]},
            "code": {"type": "string", "pattern": "^[A-Z]{3}[0-9]{2}$"},
        },
    }
    schema = {"allOf": [{"$ref": "#/components/schemas/Node"}, {"required": ["more"], "properties": {"more": {}}}]}
    odd = contract({"responses": {"2XX": content(schema)}}, components={"schemas": {"Node": node}})
    caller = Caller(odd)

    first, second = (caller.post(raw=b"", content_type=None) for _ in range(2))

    assert 200 == first.status_code
    jsonschema.Draft202012Validator(odd.successes[0].schema or {}).validate(first.json())
    assert {"id", "kind", "at", "number", "either", "code", "more"} <= set(first.json())
    assert first.json()["id"] != second.json()["id"]
    assert first.json()["number"] != second.json()["number"]


def test_errors_by_range_and_default() -> None:
    """Errors follow the schema of their range or of the default answer where there is one."""
    error = {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": {"type": "integer", "example": 400},
                    "message": {"type": "string", "maxLength": 20},
                    "details": {"type": "array", "items": {"type": "string"}},
                },
            }
        },
    }
    answers = {"200": {"description": "d"}, "default": content(error, "application/problem+json")}
    odd = contract({"requestBody": {"required": True, **content({"type": "object"})}, "responses": answers})

    response = Caller(odd).post([])

    assert 400 == response.status_code
    assert "application/problem+json" == response.headers["content-type"]
    jsonschema.Draft202012Validator(error).validate(response.json())
    assert 400 == response.json()["error"]["code"]
    assert ["code", "message"] == list(response.json()["error"])


def test_nested_resources() -> None:
    """Resources are found at any depth, in arrays too, and null names nothing."""
    thing = {"type": ["string", "null"], "x-chatcert-resource": {"unknown": "refused"}}
    schema = {
        "type": "object",
        "properties": {"all": {"type": "array", "items": {"type": "object", "properties": {"thing": thing}}}},
    }
    caller = Caller(contract({"requestBody": content(schema)}))
    known = caller.backend.resources["body", ("all", ANY, "thing")]

    assert 200 == caller.post({"all": [{"thing": known}, {"thing": None}, {}]}).status_code
    assert 404 == caller.post({"all": [{"thing": known}, {"thing": "stranger"}]}).status_code


def test_two_contracts_of_one_name() -> None:
    """Two contracts cannot share a vendor's name."""
    odd = contract({})

    with pytest.raises(UsageError, match="two contracts"):
        create_app([odd, odd])


@pytest.mark.parametrize(
    "odd",
    [
        {"pattern": "("},
        {"patternProperties": {"(": False}, "additionalProperties": False},
        {"required": ["a", "a"]},
        {"type": ["object", "object"]},
        {"description": None},
        {"examples": {"a": 1}},
        {"$id": "a b"},
        {"definitions": 1},
    ],
)
def test_schemas_that_a_validator_would_refuse(odd: dict[str, Any]) -> None:
    """What is wrong in a schema holds nothing against a value; the rest of it counts."""
    schema = {"type": "object", "properties": {"a": {"type": "string", "pattern": "["}}, **odd}
    caller = Caller(contract({"requestBody": content(schema)}))

    assert 200 == caller.post({"a": "b"}).status_code
    assert 400 == caller.post({"a": 1}).status_code


def test_lifespan_is_answered() -> None:
    """Start-up and shutdown of an ASGI server get their answers."""
    import asyncio

    app: Application = create_app([contract({})])
    heard = iter(["lifespan.startup", "lifespan.shutdown"])
    output: list[str] = []

    async def receive() -> dict[str, Any]:
        return {"type": next(heard)}

    async def send(message: Any) -> None:
        output.append(message["type"])

    asyncio.run(app({"type": "lifespan"}, receive, send))

    assert ["lifespan.startup.complete", "lifespan.shutdown.complete"] == output
