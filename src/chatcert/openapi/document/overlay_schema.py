"""The published JSON Schema of an overlay: OpenAPI Overlay 1.1 with the extensions of chatcert, for editors."""

from __future__ import annotations

import json
from typing import Any, Final

from chatcert.openapi.document.extensions import COMMON, MAY_BE_FALSE, MEMBERS, NEEDED, PREFIX

SCHEMA_FILE: Final = "overlay-1.schema.json"
_OTHERS: Final = ("creates", "illustrative")
"""Extensions of any value."""


def schema_text() -> str:
    """Return the schema, as its file has it."""
    known = "|".join([*MEMBERS, *_OTHERS])
    part = {
        "description": "A part of the document, as an action adds it.",
        "properties": {f"{PREFIX}{kind}": _extension(kind) for kind in MEMBERS},
        "patternProperties": {f"^{PREFIX}(?!({known})$)": False},
        "additionalProperties": {"$ref": "#/$defs/part"},
        "items": {"$ref": "#/$defs/part"},
    }
    action = {
        "type": "object",
        "required": ["target"],
        "properties": {
            "target": {"description": "JSONPath (RFC 9535) of the parts that it changes.", "type": "string"},
            "description": {"description": "Where the page states it.", "type": "string"},
            "update": {"$ref": "#/$defs/part"},
            "copy": {"description": "JSONPath of the part that is copied there.", "type": "string"},
            "remove": {"type": "boolean"},
        },
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
    }
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:chatcert:schema:overlay:1",
        "title": "What a vendor's page says outside its schemas",
        "type": "object",
        "required": ["overlay", "info", "actions"],
        "properties": {
            "overlay": {"type": "string", "pattern": "^1\\."},
            "info": {
                "type": "object",
                "required": ["title", "version"],
                "properties": {"title": {"type": "string"}, "version": {"type": "string"}},
            },
            "extends": {"description": "The document that it belongs to.", "type": "string"},
            "actions": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/action"}},
        },
        "patternProperties": {"^x-": True},
        "additionalProperties": False,
        "$defs": {"action": action, "part": part},
    }
    return json.dumps(schema, indent=2) + "\n"


def _extension(kind: str) -> dict[str, Any]:
    """Return the schema of one extension."""
    needed = NEEDED.get(kind, ())
    members = {name: dict(member.schema) for name, member in {**COMMON, **MEMBERS[kind]}.items()}
    own: dict[str, Any] = {
        "type": "object",
        "required": [*needed],
        "properties": members | {name: {} for name in needed if name not in members},
        "additionalProperties": False,
    }
    return {"oneOf": [{"const": False}, own]} if kind in MAY_BE_FALSE else own
