"""The JSONPath by which an overlay names the place that a JSON Pointer leads to."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.schemas.pointer import MISSING, locate, lookup, tokens_of

_SHORTHAND = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def target_of(document: Mapping[str, Any], pointer: str) -> str:
    """Return the JSONPath (RFC 9535) of an object; empty if the pointer does not lead to an object.

    If the pointer leads through references, the path is that of the referenced object. A parameter is selected by its
    name, not by its index, which changes when a parameter is added before it.
    """
    path = "$"
    value: Any = document
    for token in tokens_of(pointer):
        inner = lookup(value, (token,))
        if inner is MISSING and isinstance(value, Mapping) and isinstance(value.get("$ref"), str):
            try:
                place, value = locate(document, value["$ref"])
            except UsageError:
                return ""
            path, inner = target_of(document, place), lookup(value, (token,))
        if not path or inner is MISSING:
            return ""
        path += _element(value, token) if isinstance(value, list) else _member(token)
        value = inner
    return path if isinstance(value, Mapping) else ""


def _member(name: str) -> str:
    return f".{name}" if _SHORTHAND.fullmatch(name) else f"[{quoted(name)}]"


def _element(items: list[Any], token: str) -> str:
    item = items[int(token)]
    name = item.get("name") if isinstance(item, Mapping) else None
    alike = [other for other in items if isinstance(other, Mapping) and other.get("name") == name]
    return f"[?@.name == {quoted(name)}]" if isinstance(name, str) and len(alike) == 1 else f"[{token}]"


def quoted(name: str) -> str:
    """Return a name as a string literal of a JSONPath (RFC 9535, section 2.3.1.1)."""
    escaped = json.dumps(name, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("'", "\\'")
    return f"'{escaped}'"
