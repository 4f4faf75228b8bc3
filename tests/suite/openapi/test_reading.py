"""Reading contracts: which operation, and what it takes and gives, in every version of OpenAPI."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Contract

Read = Callable[..., Contract]
Changed = Callable[[dict[str, Any]], dict[str, Any]]
OPERATION = "/paths/~1teams~1{team}~1chats/post"


def _operations(**posts: dict[str, Any]) -> dict[str, Any]:
    """A document with one POST for each name, at ``/<name>``."""
    paths = {f"/{name}": {"post": {"responses": {"200": {"description": "d"}}, **more}} for name, more in posts.items()}
    return {"openapi": "3.0.3", "info": {"title": "T", "version": "1"}, "paths": paths}


@pytest.mark.parametrize(
    "posts",
    [
        {"only": {}},
        {"messages": {}, "only": {"operationId": "createChat"}},
        {"messages": {"operationId": "createMessage"}, "only": {"operationId": "chats_create"}},
        {"completions": {"summary": "Create chat completion"}, "only": {"summary": "Create a new conversation"}},
        {"search": {"operationId": "searchChats"}, "only": {"operationId": "start-thread"}},
        {"first": {"operationId": "createChat"}, "only": {"operationId": "createChat2", "x-chatcert-creates": "chat"}},
    ],
    ids=["one", "by-id", "snake-case", "by-summary", "by-verb", "marked"],
)
def test_the_operation_that_creates_a_chat_is_found(read: Read, posts: dict[str, Any]) -> None:
    """The only POST, the one that an overlay marks, or the one whose name says so."""
    assert ("POST", "/only") == ((contract := read(_operations(**posts))).method, contract.path)


@pytest.mark.parametrize("wanted", ["POST /two", "second id"])
def test_an_operation_can_be_named(read: Read, wanted: str) -> None:
    """By method and path, or by operationId, spaces and all; the name outweighs every guess."""
    document = _operations(one={"operationId": "createChat"}, two={"operationId": "second id"})

    assert "/two" == read(document, operation=wanted).path


@pytest.mark.parametrize(
    ("document", "options", "expected"),
    [
        (
            _operations(one={}, two={}),
            {},
            'has 2 POST operations (pick one with --operation: "POST /one", "POST /two")',
        ),
        (_operations(**{f"p{n}": {} for n in range(30)}), {}, "and 18 more"),
        (_operations(one={"operationId": "createChat"}, two={"operationId": "newThread"}), {}, "has 2 POST operations"),
        (_operations(one={}), {"operation": "POST /two"}, "no operation 'POST /two' (choose from: \"POST /one\")"),
        ({"openapi": "3.0.3", "paths": {"/x": {"get": {}}}}, {}, 'has no POST operation (it offers: "GET /x")'),
        ({"openapi": "3.0.3", "paths": {}}, {}, "has no POST operation (it offers: nothing)"),
        ({"openapi": "3.0.3", "paths": {"/x": {"$ref": "#/nowhere"}}}, {}, "has no POST operation"),
        ({"paths": {}}, {}, "not an OpenAPI document"),
        ({"openapi": "3.0.3"}, {}, "not an OpenAPI document"),
        ({"openapi": "3.0.3", "paths": []}, {}, "not an OpenAPI document"),
        (_operations(one={"requestBody": {"$ref": "#/nowhere"}}), {}, "$ref '#/nowhere' points nowhere"),
    ],
    ids=[
        "several",
        "many",
        "two-telling",
        "no-such",
        "no-post",
        "no-path",
        "path-nowhere",
        "no-version",
        "no-paths",
        "odd-paths",
        "body-nowhere",
    ],
)
def test_a_document_that_leaves_it_open_is_refused(
    read: Read, document: dict[str, Any], options: dict[str, str], expected: str
) -> None:
    """One line names the document, the trouble and the candidates."""
    with pytest.raises(UsageError) as caught:
        read(document, **options)

    assert caught.value.line().startswith("sample.yaml: ")
    assert expected in caught.value.line()
    assert 1 == len(caught.value.line().splitlines())


def test_parameters_of_path_and_operation_are_joined(read: Read, changed: Changed) -> None:
    """The operation's own outweigh the path's; credentials and the three headers that OpenAPI ignores are left out."""
    own = {"name": "lang", "in": "query", "required": True, "schema": {"type": "string"}, "example": "en"}
    contract = read(
        changed(
            {
                "/components/parameters": {
                    "Trace": {
                        "name": "X-Trace",
                        "in": "header",
                        "content": {"text/plain": {"schema": {"maxLength": 3}}},
                    }
                },
                f"{OPERATION[:-5]}/parameters": [
                    {"name": "lang", "in": "query", "schema": {"type": "integer"}},
                    {"$ref": "#/components/parameters/Trace"},
                    {"name": "team", "in": "path", "schema": {"type": "string"}, "examples": {"a": {"value": "blue"}}},
                    {"name": "Accept", "in": "header"},
                    {"name": "x-key", "in": "header", "required": True},
                    "odd",
                    {"in": "odd"},
                ],
                f"{OPERATION}/parameters": [own, {"name": "session", "in": "cookie", "schema": True}],
            }
        )
    )
    found = {p.name: (p.location, p.required, p.schema, p.example, p.pointer) for p in contract.parameters}

    assert {
        "lang": ("query", True, {"type": "string"}, "en", f"{OPERATION}/parameters/0"),
        "X-Trace": ("header", False, {"maxLength": 3}, None, "/components/parameters/Trace"),
        "team": ("path", True, {"type": "string"}, "blue", f"{OPERATION[:-5]}/parameters/2"),
        "session": ("cookie", False, {}, None, f"{OPERATION}/parameters/1"),
    } == found
    assert ["Key"] == [credential.scheme for credential in contract.credentials]


def test_json_is_preferred_among_media_types(read: Read, changed: Changed) -> None:
    """Requests are sent in JSON where it is offered, then in what is like it, then in forms."""
    names = [
        "text/plain",
        "multipart/form-data",
        "application/vnd.a+json",
        "application/json; charset=utf-8",
        "application/xml",
    ]
    contract = read(changed({f"{OPERATION}/requestBody/content": {name: {"schema": {}} for name in names}}))

    assert contract.body is not None
    assert "application/json; charset=utf-8" == contract.body.media_type
    assert ["application/vnd.a+json", "multipart/form-data"] == list(contract.body.content)[1:3]


def test_answers_keep_their_order_and_ranges(read: Read, changed: Changed) -> None:
    """Exact statuses come before ranges, and ranges before ``default``; extensions are not statuses."""
    shared = {
        "description": "shared",
        "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
    }
    contract = read(
        changed(
            {
                "/components/responses": {"Shared": shared},
                f"{OPERATION}/responses": {
                    "default": {"$ref": "#/components/responses/Shared"},
                    "2XX": {"description": "d"},
                    "4xx": {"description": "d"},
                    "404": {"description": "d"},
                    "x-note": {},
                    "500": None,
                },
            }
        )
    )
    answers = {status: contract.answer_for(status) for status in (200, 404, 409, 503)}

    assert ["default", "2XX", "4xx", "404", "500"] == [answer.status for answer in contract.answers]
    assert ["2XX", "404", "4xx", "default"] == [answer.status for answer in answers.values() if answer]
    assert ["2XX"] == [answer.status for answer in contract.successes]
    assert ("/components/responses/Shared", "/components/schemas/Error") == (
        contract.answers[0].pointer,
        contract.answers[0].schema_pointer,
    )


SCHEMES = {
    "Key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "Pin": {"type": "apiKey", "in": "query", "name": "pin"},
    "Jar": {"type": "apiKey", "in": "cookie", "name": "jar"},
    "Bearer": {"type": "http", "scheme": "Bearer"},
    "Basic": {"type": "http", "scheme": "basic"},
    "Flow": {"type": "oauth2"},
    "Open": {"type": "openIdConnect"},
    "Mutual": {"type": "mutualTLS"},
    "Odd": 5,
    "Moved": {"$ref": "#/components/securitySchemes/Key"},
}


@pytest.mark.parametrize(
    ("security", "expected"),
    [
        ([{"Key": []}], ["Key apiKey header X-Key"]),
        ([{"Pin": []}], ["Pin apiKey query pin"]),
        ([{"Jar": []}], ["Jar apiKey cookie jar"]),
        ([{"Bearer": []}], ["Bearer bearer header Authorization"]),
        ([{"Basic": []}], ["Basic basic header Authorization"]),
        ([{"Flow": ["read"]}], ["Flow bearer header Authorization"]),
        ([{"Open": []}], ["Open bearer header Authorization"]),
        ([{"Moved": []}], ["Moved apiKey header X-Key"]),
        ([{"Key": [], "Pin": []}], ["Key apiKey header X-Key", "Pin apiKey query pin"]),
        ([{"Bearer": []}, {"Key": []}], ["Bearer bearer header Authorization", "Key apiKey header X-Key"]),
        ([{"Mutual": []}, {"Key": []}], ["Key apiKey header X-Key"]),
        ([{"Unknown": []}, {"Pin": []}], ["Pin apiKey query pin"]),
        ([{"Odd": []}], []),
        ([{}, {"Key": []}], ["Key apiKey header X-Key"]),
        ([], []),
        (None, []),
        ("odd", []),
    ],
)
def test_credentials_follow_from_security(read: Read, changed: Changed, security: Any, expected: list[str]) -> None:
    """All schemes of the alternatives that can be met."""
    contract = read(changed({"/components/securitySchemes": SCHEMES, "/security": security}))

    assert expected == [f"{c.scheme} {c.kind} {c.location} {c.name}" for c in contract.credentials]


@pytest.mark.parametrize("holder", [OPERATION, OPERATION[:-5]], ids=["operation", "path"])
def test_alternatives_whose_parameters_are_all_required_are_all_needed(
    read: Read, changed: Changed, holder: str
) -> None:
    """A header or query parameter that is required is needed whatever alternative is taken."""
    required = [
        {"name": n, "in": i, "required": True, "schema": {}} for n, i in (("x-key", "header"), ("pin", "query"))
    ]
    contract = read(
        changed(
            {
                "/components/securitySchemes": SCHEMES,
                "/security": [{"Key": []}, {"Pin": []}, {"Jar": []}],
                f"{holder}/parameters": [{"name": "team", "in": "path", "required": True, "schema": {}}, *required],
            }
        )
    )

    assert ["Key", "Pin"] == [credential.scheme for credential in contract.credentials]
    assert ["team"] == [parameter.name for parameter in contract.parameters]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("", ["https://api.flawless.dev"]),
        (OPERATION[:-5], ["https://eu.dev/v1", "http://localhost"]),
        (OPERATION, ["https://eu.dev/v1", "http://localhost"]),
    ],
)
def test_the_nearest_servers_count(read: Read, changed: Changed, place: str, expected: list[str]) -> None:
    """Those of the operation, then of the path, then of the document; variables take their default."""
    servers = [
        {"url": "https://{region}.dev/v1/", "variables": {"region": {"default": "eu"}}},
        {"url": "http://localhost"},
    ]

    assert expected == list(read(changed({f"{place}/servers": servers} if place else {})).servers)


def test_a_parameter_for_the_whole_query(read: Read, flawless: dict[str, Any]) -> None:
    """A form of named fields is the same as one query parameter for each of them (OpenAPI 3.2)."""
    flawless["openapi"] = "3.2.0"
    fields = {"tone": {"type": "string", "maxLength": 5}, "tags": {"type": "array", "items": {"type": "string"}}}
    schema = {"type": "object", "required": ["tone"], "properties": fields}
    content = {"application/x-www-form-urlencoded": {"schema": schema, "example": {"tone": "kind"}}}
    operation = flawless["paths"]["/teams/{team}/chats"]["post"]
    operation["parameters"].append({"name": "all", "in": "querystring", "required": True, "content": content})
    contract = read(flawless)

    tone, tags = (p for p in contract.parameters if p.location == "query")
    assert ("tone", True, "kind", "form", True) == (tone.name, tone.required, tone.example, tone.style, tone.explode)
    assert ("tags", False) == (tags.name, tags.required)
    assert not any("the whole query" in defect.problem for defect in contract.defects)


@pytest.mark.parametrize(("media_type", "kind"), [("application/json", "object"), ("text/plain", "string")])
def test_a_whole_query_is_one_value(read: Read, flawless: dict[str, Any], media_type: str, kind: str) -> None:
    """JSON or a plain text is a parameter of the query without a name."""
    content = {media_type: {"schema": {"type": kind}, "example": "shown"}}
    operation = flawless["paths"]["/teams/{team}/chats"]["post"]
    operation["parameters"].append({"name": "all", "in": "querystring", "content": content})
    contract = read(flawless)

    (whole,) = (p for p in contract.parameters if p.location == "query")
    assert ("all", True, "shown") == (whole.name, whole.is_whole_query, whole.example)
    assert (kind == "object") is bool(whole.media_type)
    assert not any("the whole query" in defect.problem for defect in contract.defects)


def test_a_whole_query_that_cannot_be_written_is_named(read: Read, flawless: dict[str, Any]) -> None:
    """Nothing is sent for it, and the report says so; JSON and plain texts are written."""
    content = {"application/xml": {"schema": {"type": "object"}}}
    operation = flawless["paths"]["/teams/{team}/chats"]["post"]
    operation["parameters"].append({"name": "all", "in": "querystring", "content": content})

    assert any("all is the whole query" in defect.problem for defect in read(flawless).defects)


def test_requests_that_the_server_sends_are_named_as_not_tested(read: Read) -> None:
    """Callbacks of the operation and webhooks of the document are listed, each with its place; extensions are not."""
    document = _operations(chats={"callbacks": {"done": {"{$request.body#/url}": {}}, "x-note": {}}})
    contract = read({**document, "webhooks": {"heard": {}}})

    named = {defect.pointer: defect.problem for defect in contract.defects if "receives no requests" in defect.problem}
    assert ["/paths/~1chats/post/callbacks/done", "/webhooks/heard"] == list(named)
    assert named["/webhooks/heard"].startswith("The webhook heard is not tested")


@pytest.mark.parametrize(
    ("media_types", "named"),
    [
        (["application/xml"], True),
        (["text/xml; charset=utf-8"], True),
        (["application/soap+xml"], True),
        (["application/x-ndjson"], True),
        (["image/png"], True),
        (["application/octet-stream"], False),
        (["application/xml", "text/plain"], False),
        (["application/xml", "application/json"], False),
        (["application/json"], False),
    ],
)
def test_bodies_that_are_not_written_are_named(read: Read, media_types: list[str], named: bool) -> None:
    """A body of XML, a sequence or an image alone is not written, and the report says that its tests mean nothing."""
    content = {name: {"schema": {"type": "object"}} for name in media_types}
    contract = read(_operations(chats={"requestBody": {"content": content}}))

    assert named == any("is not written" in defect.problem for defect in contract.defects)
