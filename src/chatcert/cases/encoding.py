"""Encode JSON values as bytes of the media type that the document asks for."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

_BOUNDARY = "chatcert-boundary-7f3a"


def json_bytes(value: Any) -> bytes:
    """Return compact JSON in UTF-8; lone surrogates, which UTF-8 cannot encode, are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def encode(value: Any, media_type: str) -> tuple[bytes, str]:
    """Return the bytes of a body and its Content-Type."""
    base = media_type.partition(";")[0].strip().lower()
    if base == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return urlencode(_pairs(value), errors="replace").encode(), media_type
    if base == "multipart/form-data" and isinstance(value, dict):
        parts = "".join(
            f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(key)}"\r\n\r\n{item}\r\n'
            for key, item in _pairs(value)
        )
        return f"{parts}--{_BOUNDARY}--\r\n".encode("utf-8", "replace"), f"{media_type}; boundary={_BOUNDARY}"
    return json_bytes(value), "application/json" if base == "*/*" else media_type


def _pairs(members: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the fields of a form; an array of scalars repeats its field for each item (OpenAPI 3, style ``form``)."""
    pairs: list[tuple[str, str]] = []
    for key, value in members.items():
        plain = isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)
        pairs += [(key, form_text(item)) for item in (value if plain else [value])]
    return pairs


def _quoted(name: str) -> str:
    """Escape a field's name for the header of a part (WHATWG HTML, multipart/form-data encoding)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def form_text(value: Any) -> str:
    """Write a value for a form or a parameter: text as it is, other values as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
