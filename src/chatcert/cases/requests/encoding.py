"""Encode JSON values as bytes of the media type that the document asks for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.cases.requests.form_fields import encoded, style_of
from chatcert.cases.requests.part_types import file_of, part_schema, usual_type
from chatcert.openapi.body_types import holds_any_bytes
from chatcert.openapi.contract import Schema
from chatcert.openapi.streams import is_json_type

_BOUNDARY = "chatcert-boundary-7f3a"


def json_bytes(value: Any) -> bytes:
    """Return compact JSON in UTF-8; lone surrogates, which UTF-8 cannot encode, are written as escapes."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode("ascii")


def with_escaped_keys(value: dict[str, Any]) -> bytes:
    """Return a JSON text of an object in which the first character of each of its keys is written as an escape."""
    names = {key: b'"' + _escaped(key[:1]) + json_bytes(key[1:])[1:] for key in value}
    return b"{%s}" % b",".join(b"%s:%s" % (names[key], json_bytes(value[key])) for key in value)


def _escaped(text: str) -> bytes:
    """Return a text as JSON escapes: a character beyond the BMP is two of them (RFC 8259 section 7)."""
    units = text.encode("utf-16-be", "surrogatepass")
    return b"".join(b"\\u%02x%02x" % (units[at], units[at + 1]) for at in range(0, len(units), 2))


def encode(
    value: Any,
    media_type: str,
    encoding: Mapping[str, Any] | None = None,
    schema: Schema | None = None,
    part_types: Mapping[str, str] | None = None,
) -> tuple[bytes, str]:
    """Return the bytes of a body and its Content-Type.

    Args:
        encoding: how the fields of a form are written (OpenAPI 3.1, section 4.8.15).
        schema: the schema of the form, whose fields may name a media type themselves.
        part_types: the media types of parts of a multipart form that are not sent in their usual one.
    """
    base = media_type.partition(";")[0].strip().lower()
    if base == "application/x-www-form-urlencoded" and isinstance(value, dict):
        return "&".join(_pairs(value, encoding)).encode(), media_type
    if base == "multipart/form-data" and isinstance(value, dict):
        parts = b"".join(_part(*part) for part in _parts(value, encoding, schema or {}, part_types or {}))
        return parts + f"--{_BOUNDARY}--\r\n".encode(), f"{media_type}; boundary={_BOUNDARY}"
    if base.startswith("text/") or (holds_any_bytes(base) and isinstance(value, str)):
        return form_text(value).encode("utf-8", "replace"), media_type
    return json_bytes(value), "application/json" if base == "*/*" else media_type


def _parts(
    members: dict[str, Any],
    encoding: Mapping[str, Any] | None,
    schema: Schema,
    part_types: Mapping[str, str],
) -> Iterator[tuple[str, bytes, str]]:
    """Yield name, bytes and media type of each part; the media type is empty for plain text."""
    for key, value in members.items():
        part_type = part_types.get(key) or usual_type(encoding, key, schema)
        style = style_of(encoding, key)
        if style is not None and style.delimiter and _is_plain(value) and value:
            yield key, _utf8(style.delimiter.join(map(form_text, value))), part_type
            continue
        is_json, described = is_json_type(part_type), part_schema(schema, key)
        for item in value if _is_plain(value) and not is_json else [value]:
            if is_json or isinstance(item, dict | list):
                yield key, json_bytes(item), part_type or "application/json"
                continue
            found = file_of(item, part_type, described) if isinstance(item, str) else None
            yield key, _utf8(form_text(item)) if found is None else found, part_type


def _utf8(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _part(name: str, data: bytes, media_type: str) -> bytes:
    """Return one part of a multipart form (RFC 7578 section 4); one that is not a text or JSON has a file name."""
    is_file = media_type and not media_type.startswith("text/") and "json" not in media_type
    file_name = f'; filename="{_quoted(name)}"' if is_file else ""
    kind = f"\r\nContent-Type: {media_type}" if media_type else ""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{_quoted(name)}"{file_name}{kind}\r\n\r\n'
    return b"%s%s\r\n" % (_utf8(head), data)


def _pairs(members: dict[str, Any], encoding: Mapping[str, Any] | None) -> Iterator[str]:
    """Yield the encoded fields of a form; an array of scalars repeats its field for each item, if it has no style."""
    for key, value in members.items():
        style = style_of(encoding, key)
        if style is not None and isinstance(value, dict):
            yield from style.pairs(key, value, {str(name): form_text(member) for name, member in value.items()})
        elif style is not None and style.delimiter and _is_plain(value) and value:
            yield from style.pairs(key, value, list(map(form_text, value)))
        else:
            yield from (
                f"{encoded(key)}={encoded(form_text(item))}" for item in (value if _is_plain(value) else [value])
            )


def _is_plain(value: Any) -> bool:
    """Return whether a value is an array of scalars."""
    return isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)


def _quoted(name: str) -> str:
    """Escape a field's name for the header of a part (WHATWG HTML, multipart/form-data encoding)."""
    return name.replace("\r", "%0D").replace("\n", "%0A").replace('"', "%22")


def form_text(value: Any) -> str:
    """Write a value for a form or a parameter: text as it is, other values as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
