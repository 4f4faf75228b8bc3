"""What looks like a defect of a document and is none."""

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
CHAT = "/components/schemas/Chat"
KEY = "/components/securitySchemes/Key"
BEARER = {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}
HEADERS = [
    {"name": name, "in": "header", "required": True, "schema": {"type": "string"}} for name in ("X-Key", "x-pin")
]
TEAM = {"name": "team", "in": "path", "required": True, "schema": {"type": "string"}}
PIN = {"type": "apiKey", "in": "header", "name": "X-Pin"}

# what looks like a defect and is none
HARMLESS: dict[str, dict[str, Any]] = {
    "nullable-example": {f"{TEXT}": {"type": "string", "nullable": True, "example": None, "enum": ["a"]}},
    "read-only-example": {f"{CHAT}/properties/id/readOnly": True, f"{CHAT}/example": {}},
    "mapped-by-name-and-elsewhere": {
        f"{CHAT}/discriminator": {
            "propertyName": "id",
            "mapping": {
                "a": "Chat",
                "b": "#/components/schemas/Chat",
                "c": f"#{OPERATION}/responses/201/content/application~1json/schema".replace("{", "%7B"),
                "d": "chat.yaml#/Chat",
                "e": "chat.yaml",
                "f": "https://flawless.dev/chat",
                "g": "#chat",
            },
        }
    },
    "array-without-items-in-3.1": {"/openapi": "3.1.0", f"{TAGS}": {"type": "array"}},
    "example-in-another-notation": {
        f"{OPERATION}/requestBody/content/text~1plain": {"schema": {"type": "object"}, "example": "a=1"}
    },
    "lines-of-json": {
        f"{OPERATION}/responses/201/content/application~1x-ndjson": {"schema": {"type": "object"}, "example": "{}{}"}
    },
    "required-from-a-part": {
        f"{REQUEST}/allOf": [{"properties": {"extra": {}}}],
        f"{REQUEST}/required": ["text", "extra"],
    },
    "required-in-an-alternative": {
        f"{REQUEST}/anyOf": [{"required": ["tone"]}, {"required": ["tags"], "properties": {"x": {}}}]
    },
    "required-among-free-keys": {
        f"{CHAT}/additionalProperties": {"type": "string"},
        f"{CHAT}/required": ["id", "name"],
    },
    "default-answer": {f"{OPERATION}/responses": {"201": {"description": "d"}, "default": {"description": "d"}}},
    "ranges": {f"{OPERATION}/responses": {"2XX": {"description": "d"}, "4XX": {"description": "d"}}},
    "no-credentials": {"/security": [], f"{OPERATION}/responses/401": None},
    "voluntary-credentials": {"/security": [{}, {"Key": []}], f"{OPERATION}/responses/401": None},
    "all-needed": {
        "/components/securitySchemes/Pin": PIN,
        "/security": [{"Key": [], "Pin": []}],
        f"{OPERATION}/parameters": [TEAM, *HEADERS],
    },
    "repeated-security": {f"{OPERATION}/security": [{"Key": []}]},
    "real-token": {KEY: {**BEARER, "description": "Such as `Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2s`."}},
    "words-that-look-like-tokens": {KEY: {**BEARER, "description": "Ask the risk-team or the desk-clerk."}},
    "opaque-token": {KEY: {**BEARER, "bearerFormat": "opaque", "description": "Such as `sk-live-1a2b`."}},
    "host-with-variables": {
        "/servers/0": {"url": "https://{domain}/v1", "variables": {"domain": {"default": "your-domain.com"}}}
    },
    "host-of-a-vendor": {"/servers/0/url": "https://api.mysitebuilder.dev"},
    "host-like-a-placeholder": {"/servers/0/url": "https://examples.flawless.dev/your-domain"},
    "relative-server": {"/servers/0/url": "/v1"},
    "odd-server": {"/servers/0/url": "http://[::1"},
    "path-parameter-of-the-path": {f"{ITEM}/parameters": [TEAM], f"{OPERATION}/parameters": []},
    "broken-elsewhere": {
        "/components/schemas/Unused": {"type": "text", "example": 5},
        "/paths/~1other": {"get": {"responses": {}}},
    },
    "recursion": {
        f"{CHAT}/properties/next": {"$ref": "#/components/schemas/Chat"},
        f"{CHAT}/example": {"id": "a", "next": {"id": "b"}},
    },
    "default-of-an-alternative": {
        f"{REQUEST}/properties/tone": {"anyOf": [{"type": "object", "default": None}, {"nullable": True}]}
    },
    "exclusive-limits": {f"{REQUEST}/properties/weight": {"minimum": 0, "maximum": 1, "exclusiveMinimum": True}},
    "loose-array": {f"{CHAT}": {"type": "array", "items": {"type": "string"}}},
    "empty-answer": {f"{CHAT}": {"type": "object"}},
}


@pytest.mark.parametrize("case", [None, *HARMLESS])
def test_what_is_no_defect_is_not_reported(changed: Changed, case: str | None) -> None:
    """Neither the flawless document nor one that only looks odd has a defect."""
    assert [] == list(find_defects(changed(HARMLESS[case] if case else {}), PATH, "post"))
