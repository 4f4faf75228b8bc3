"""From a JSON Pointer to the JSONPath by which an overlay names the same place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.pointer import MISSING, locate, lookup, tokens_of

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_RESERVED = {"where", "wherenot", "null", "true", "false"}


def target_of(document: Mapping[str, Any], pointer: str) -> str:
    """The JSONPath (RFC 9535) of an object; empty where there is none, or no path that names it alone.

    A pointer may lead through references: the path is that of what they lead to. A parameter is named by its name
    instead of its number, which would not survive a new one before it.
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
        if not path or inner is MISSING or token == "*":  # noqa: S105  no password: jsonpath-ng takes it for all
            return ""
        path += _numbered(value, token) if isinstance(value, list) else _named(token)
        value = inner
    return path if isinstance(value, Mapping) else ""


def _named(name: str) -> str:
    return f".{name}" if _PLAIN.fullmatch(name) and name not in _RESERVED else f"[{quoted(name)}]"


def _numbered(items: list[Any], token: str) -> str:
    item = items[int(token)]
    name = item.get("name") if isinstance(item, Mapping) else None
    alike = [other for other in items if isinstance(other, Mapping) and other.get("name") == name]
    return f"[?@.name == {quoted(name)}]" if isinstance(name, str) and len(alike) == 1 else f"[{token}]"


def quoted(name: str) -> str:
    """A name as a string of a JSONPath."""
    escaped = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
