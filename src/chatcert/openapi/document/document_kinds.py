"""Recognise what is not an OpenAPI document, to say what it is and what to give instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_PAGE: Final = re.compile(r"<!doctype\s+html|<html[\s>]|<\?xml|<head[\s>]", re.IGNORECASE)
_SHOWN: Final = re.compile(
    r"""(?:spec-?url\s*=\s*|data-url\s*=\s*|apiDescriptionUrl\s*=\s*|["']?\burl["']?\s*:\s*)["']([^"'\s<>]{1,200})["']""",
    re.IGNORECASE,
)
"""Where Swagger UI, Redoc, Scalar and Stoplight Elements name the document that they show."""
_KEYS: Final = {
    "asyncapi": ("an AsyncAPI document, which describes messages", "give the OpenAPI document of the HTTP API"),
    "swaggerVersion": ("a Swagger 1 document", "convert it to OpenAPI 3 first"),
    "_postman_id": ("a Postman collection", "export the API as OpenAPI instead"),
    "arazzo": ("an Arazzo document, which describes workflows", "give the OpenAPI document that it refers to"),
    "overlay": ("an OpenAPI Overlay", "give the document that it extends"),
    "openrpc": ("an OpenRPC document", "give the OpenAPI document of the HTTP API"),
    "__schema": ("a GraphQL schema", "give the OpenAPI document of the HTTP API"),
    "$schema": ("a JSON Schema", "give the OpenAPI document that uses it"),
}
"""Keys that only other kinds of documents have at their top level, the most specific first."""


def foreign_text(text: str) -> tuple[str, str] | None:
    """Return what a text is that is not JSON or YAML, and a hint; ``None`` if it may be either."""
    if _PAGE.search(text[:2000]) is None:
        return None
    if text.lstrip().startswith("<?xml"):
        return "an XML document", "give the OpenAPI document, as JSON or YAML"
    shown = _SHOWN.search(text)
    if shown is not None:
        return "a page that shows an OpenAPI document", f"give the document itself: {shown[1]}"
    return "an HTML page", "give the OpenAPI document, as JSON or YAML"


def foreign_mapping(document: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what a mapping without ``openapi`` and ``paths`` is, and a hint; ``None`` if it is not known."""
    version = document.get("openapi", document.get("swagger"))
    if version is not None and not re.match(r"3(\.|$)|2(\.0)?$", str(version)):
        return (
            f"OpenAPI {version}, a version that chatcert does not know",
            "it knows Swagger 2.0 and OpenAPI 3.0 to 3.2",
        )
    if version is not None:
        hint = "give the document that describes the server"
        if isinstance(document.get("webhooks"), Mapping) and not document.get("paths"):
            return "a document of webhooks alone, which a client serves", hint
        if isinstance(document.get("components"), Mapping) and "paths" not in document:
            return "a document of components alone, which has no operations", hint
        return None
    info = document.get("info")
    if isinstance(info, Mapping) and ("_postman_id" in info or "getpostman.com" in str(info.get("schema"))):
        return _KEYS["_postman_id"]
    return next((found for key, found in _KEYS.items() if key in document), None)
