"""Defects of documents: each kind in a document that has no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.openapi.defects import find_defects

Changed = Callable[[dict[str, Any]], dict[str, Any]]

PATH = "/teams/{team}/chats"
ITEM = "/paths/~1teams~1{team}~1chats"
OPERATION = f"{ITEM}/post"
REQUEST = "/components/schemas/ChatRequest"
TEXT = f"{REQUEST}/properties/text"
TAGS = f"{REQUEST}/properties/tags"
CONTENT = f"{OPERATION}/requestBody/content/application~1json"
CHAT = "/components/schemas/Chat"
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "Such as `Bearer sk-live-1a2b`."}
HEADERS = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in ("X-Key", "x-pin")
]
TEAM = {"name": "team", "in": "path", "required": True, "schema": {"type": "string"}}
PIN = {"type": "apiKey", "in": "header", "name": "X-Pin"}

# what is wrong: (what is changed, where the defect is, part of what it says)
KINDS: dict[str, tuple[dict[str, Any], str, str]] = {
    "schema-example": (
        {f"{TEXT}/example": 5},
        f"{TEXT}/example",
        "The example breaks its own schema: it is an integer, not a string.",
    ),
    "example-too-long": ({f"{TEXT}/example": "x" * 21}, f"{TEXT}/example", "it is too long"),
    "example-of-object": ({f"{CHAT}/example": {}}, f"{CHAT}/example", "id is missing"),
    "example-of-null": ({f"{CHAT}/example": {"id": None}}, f"{CHAT}/example", "id is null, not a string"),
    "example-as-text": ({f"{CHAT}/example": '{"id": "a"}'}, f"{CHAT}/example", "it is a string, not an object"),
    "media-type-example": (
        {f"{CONTENT}/example": {"text": ["a"]}},
        f"{CONTENT}/example",
        "text is an array, not a string",
    ),
    "several-breaches": (
        {f"{CONTENT}/example": {"text": 1, "weight": 2}},
        f"{CONTENT}/example",
        "text is an integer, not a string, weight is too large",
    ),
    "named-example": ({f"{CONTENT}/examples": {"a": {"value": {}}}}, f"{CONTENT}/examples/a/value", "text is missing"),
    "shared-example": (
        {
            f"{CONTENT}/examples": {"a": {"$ref": "#/components/examples/A"}},
            "/components/examples": {"A": {"value": {}}},
        },
        "/components/examples/A/value",
        "text is missing",
    ),
    "answer-example": (
        {f"{OPERATION}/responses/201/content/application~1json/example": {}},
        f"{OPERATION}/responses/201/content/application~1json/example",
        "id is missing",
    ),
    "parameter-example": (
        {f"{OPERATION}/parameters/0/example": 7},
        f"{OPERATION}/parameters/0/example",
        "it is an integer, not a string",
    ),
    "examples-list": ({"/openapi": "3.1.0", f"{TEXT}/examples": ["a", 1]}, f"{TEXT}/examples/1", "it is an integer"),
    "format-of-example": (
        {f"{TEXT}": {"type": "string", "format": "uuid", "example": "abc"}},
        f"{TEXT}/format",
        "The format uuid contradicts",
    ),
    "format-of-lengths": (
        {f"{TEXT}": {"type": "string", "format": "uuid", "maxLength": 24}},
        f"{TEXT}/format",
        "The format uuid contradicts",
    ),
    "format-of-one-example": (
        {"/openapi": "3.1.0", f"{TEXT}": {"type": "string", "format": "date", "examples": ["a", "2026-01-02"]}},
        f"{TEXT}/examples/0",
        "not written in its format",
    ),
    "default": (
        {f"{REQUEST}/properties/tone/default": "rude"},
        f"{REQUEST}/properties/tone/default",
        "The default breaks its own schema: it is none of the listed values.",
    ),
    "enum-value": (
        {f"{REQUEST}/properties/tone/enum": ["plain", 5]},
        f"{REQUEST}/properties/tone/enum/1",
        "The enum value breaks its own type: it is an integer, not a string.",
    ),
    "array-without-items": ({f"{TAGS}/items": None}, TAGS, "An array has to say what its `items` are"),
    "lengths": (
        {f"{TEXT}": {"minLength": 21, "maxLength": 20}},
        f"{TEXT}/minLength",
        "No value can be within minLength 21 and maxLength 20.",
    ),
    "bounds": (
        {f"{REQUEST}/properties/weight/minimum": 1.5},
        f"{REQUEST}/properties/weight/minimum",
        "within minimum 1.5 and maximum 1",
    ),
    "touching-bounds": (
        {f"{REQUEST}/properties/weight": {"minimum": 1, "maximum": 1, "exclusiveMinimum": True}},
        f"{REQUEST}/properties/weight/exclusiveMinimum",
        "within exclusiveMinimum 1 and maximum 1",
    ),
    "items-counts": (
        {f"{TAGS}/minItems": 2, f"{TAGS}/maxItems": 1},
        f"{TAGS}/minItems",
        "within minItems 2 and maxItems 1",
    ),
    "unknown-required": (
        {f"{REQUEST}/required": ["text", "txt"]},
        f"{REQUEST}/required",
        "`required` names txt, which `properties` does not define.",
    ),
    "unknown-type": ({f"{TEXT}": {"type": "text"}}, f"{TEXT}/type", "type cannot be text."),
    "odd-keyword": ({f"{TEXT}/maxLength": "20"}, f"{TEXT}/maxLength", 'maxLength cannot be the text "20".'),
    "odd-reference": ({f"{TEXT}": {"$ref": 5}}, f"{TEXT}/$ref", "$ref cannot be 5."),
    "required-as-flag": ({f"{TEXT}/required": True}, f"{TEXT}/required", "required cannot be true."),
    "no-schema": (
        {f"{REQUEST}/properties/more": "string"},
        f"{REQUEST}/properties/more",
        "A schema is due here, and this is none.",
    ),
    "loose-success": (
        {f"{CHAT}/required": None},
        CHAT,
        "An empty object passes for a success answer: none of its properties (id) is required.",
    ),
    "loose-errors": (
        {"/components/schemas/Error/required": None},
        "/components/schemas/Error",
        "for the error answers 400, 401: none of its properties (message) is required.",
    ),
    "no-success": ({f"{OPERATION}/responses/201": None}, f"{OPERATION}/responses", "No success answer is documented."),
    "no-errors": (
        {f"{OPERATION}/responses/400": None, f"{OPERATION}/responses/401": None},
        f"{OPERATION}/responses",
        "No error answer is documented.",
    ),
    "no-refusal": (
        {f"{OPERATION}/responses/400": None},
        f"{OPERATION}/responses",
        "No answer to an invalid request (400 or 422) is documented.",
    ),
    "no-unauthorized": (
        {f"{OPERATION}/responses/401": None},
        f"{OPERATION}/responses",
        "no answer to bad ones (401 or 403) is documented",
    ),
    "alternatives": (
        {
            "/components/securitySchemes/Pin": PIN,
            "/security": [{"Key": []}, {"Pin": []}],
            f"{OPERATION}/parameters": [TEAM, *HEADERS],
        },
        "/security",
        "By `security`, Key or Pin is enough, while `parameters` require X-Key and X-Pin.",
    ),
    "anonymous": (
        {f"{OPERATION}/security": [{}, {"Key": []}], f"{ITEM}/parameters": HEADERS[:1]},
        f"{OPERATION}/security",
        "By `security`, no credential or Key is enough, while `parameters` require X-Key.",
    ),
    "unknown-scheme": (
        {"/security": [{"Key": [], "Other": []}]},
        "/security",
        "`security` names Other, which no security scheme declares.",
    ),
    "token": (
        {"/components/securitySchemes/Key": BEARER},
        "/components/securitySchemes/Key/bearerFormat",
        "bearerFormat says JWT, yet the token shown begins with sk-live-1a2b, which is none.",
    ),
    "unresolved-schema": (
        {f"{TEXT}": {"$ref": "#/components/schemas/Text"}},
        f"{TEXT}/$ref",
        "The reference #/components/schemas/Text points nowhere.",
    ),
    "unresolved-part": (
        {f"{CHAT}/properties/more": {"anyOf": [{"$ref": "b.yaml"}, {}]}},
        f"{CHAT}/properties/more/anyOf/0/$ref",
        "The reference b.yaml points outside the document.",
    ),
    "unresolved-answer": (
        {f"{OPERATION}/responses/404": {"$ref": "#/x"}},
        f"{OPERATION}/responses/404/$ref",
        "The reference #/x points nowhere.",
    ),
    "mapped-to-nothing": (
        {f"{TEXT}/discriminator": {"propertyName": "kind", "mapping": {"t": "#/components/schemas/No"}}},
        f"{TEXT}/discriminator/mapping/t",
        "The discriminator maps t to #/components/schemas/No, which does not exist.",
    ),
    "mapped-to-an-unknown-name": (
        {f"{CHAT}/discriminator": {"propertyName": "id", "mapping": {"a/b": "No", "c": "Chat"}}},
        f"{CHAT}/discriminator/mapping/a~1b",
        "The discriminator maps a/b to No, which does not exist.",
    ),
    "version": ({"/openapi": "3.9.0"}, "/openapi", "3.9.0 is no version of OpenAPI that is known."),
    "version-of-two-lines": ({"/openapi": "3\n1"}, "/openapi", '"3\\n1" is no version of OpenAPI that is known.'),
    "operation-id": (
        {"/paths/~1other": {"get": {"operationId": "createChat"}}},
        f"{OPERATION}/operationId",
        "The operationId createChat also names GET /other.",
    ),
    "no-path-parameter": (
        {f"{OPERATION}/parameters": []},
        ITEM,
        "The path has {team}, which no path parameter declares.",
    ),
    "stray-parameter": (
        {f"{OPERATION}/parameters": [TEAM, {**TEAM, "name": "room"}]},
        f"{OPERATION}/parameters/1",
        "The path parameter room does not occur in the path.",
    ),
    "placeholder": (
        {"/servers": [{"url": "https://flawless.dev"}, {"url": "https://api.example.com/v1"}]},
        "/servers/1/url",
        "The server address api.example.com is a placeholder: nobody can be reached there.",
    ),
    "placeholder-domain": (
        {"/servers/0/url": "http://your-domain.com:8080"},
        "/servers/0/url",
        "your-domain.com is a placeholder",
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_found_alone(changed: Changed, kind: str) -> None:
    """One change to a flawless document gives one defect, at its pointer, in one sentence."""
    changes, pointer, problem = KINDS[kind]
    found = list(find_defects(changed(changes), PATH, "post"))

    assert [pointer] == [defect.pointer for defect in found]
    assert problem in found[0].problem
    assert found[0].problem.endswith(".")
    assert "\n" not in found[0].problem


def test_a_shared_flaw_is_reported_once(changed: Changed) -> None:
    """A schema that request and answers share has one defect, however often it is reached."""
    document = changed(
        {
            f"{CHAT}/example": {},
            f"{REQUEST}/properties/chat": {"$ref": "#/components/schemas/Chat"},
            f"{CHAT}/properties/parent": {"$ref": "#/components/schemas/Chat"},
            f"{OPERATION}/responses/200/content": {
                name: {"schema": {"$ref": "#/components/schemas/Chat"}} for name in ("application/json", "text/json")
            },
        }
    )

    assert [f"{CHAT}/example"] == [defect.pointer for defect in find_defects(document, PATH, "post")]


def test_several_defects_are_all_found_in_the_same_order(changed: Changed) -> None:
    """None hides another, and the document alone decides which comes first."""
    kinds = ("enum-value", "lengths", "placeholder", "loose-success")
    document = changed({pointer: value for kind in kinds for pointer, value in KINDS[kind][0].items()})
    first = [defect.pointer for defect in find_defects(document, PATH, "post")]

    assert {KINDS[kind][1] for kind in kinds} == set(first)
    assert first == [defect.pointer for defect in find_defects(document, PATH, "post")]


def test_swagger_is_looked_at_too() -> None:
    """Host, parameters, answers and their examples by media type."""
    document = {
        "swagger": "2.0",
        "host": "example.org",
        "paths": {
            "/x": {
                "post": {
                    "parameters": [
                        {"name": "q", "in": "query", "type": "array", "required": True},
                        {"name": "body", "in": "body", "schema": {"$ref": "#/definitions/A"}},
                    ],
                    "responses": {
                        "200": {
                            "schema": {"$ref": "#/definitions/A"},
                            "examples": {"application/json": {"a": 1}, "text/plain": 5},
                        },
                        "400": {"description": "d"},
                    },
                }
            }
        },
        "definitions": {
            "A": {"type": "object", "properties": {"a": {"type": "string", "minLength": 2, "maxLength": 1}}}
        },
    }

    assert [
        "/host",
        "/definitions/A",
        "/paths/~1x/post/parameters/0",
        "/definitions/A/properties/a/minLength",
        "/paths/~1x/post/responses/200/examples/application~1json",
    ] == [defect.pointer for defect in find_defects(document, "/x", "post")]
