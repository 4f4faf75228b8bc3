"""Parse request bodies: strict JSON and forms."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from email.message import MIMEPart
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, cast
from urllib.parse import parse_qsl

from chatcert.mock.schema_parts import types_of
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import flattened

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 500

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")


class Malformed(ValueError):
    """The bytes are not a body of their media type."""


def read_json(raw: bytes) -> Any:
    """Parse one JSON text in UTF-8 (RFC 8259) strictly: no NaN, nothing after it, no lone surrogates.

    Raises:
        Malformed: the bytes are no such text; the message says why.
    """
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Malformed("the body is not UTF-8") from None
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _is_deep(raw):
        raise Malformed(f"the body is nested more than {MAX_DEPTH} levels deep")
    try:
        value = _DECODER.decode(text)
    except Malformed:
        raise
    except (ValueError, RecursionError) as error:
        reason = error.msg if isinstance(error, json.JSONDecodeError) else "not a JSON text"
        raise Malformed(f"the body is not well-formed JSON: {reason}") from None
    if _SURROGATE.search(raw):
        _check_texts(value)
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"JSON has no {name}")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise Malformed("a number is too large")
    return number


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=_finite)
"""Built once, since building one takes as long as parsing a small body."""


def _is_deep(raw: bytes) -> bool:
    """Return whether it is nested deeper than ``MAX_DEPTH``, strings skipped; stops as soon as that is known."""
    depth = 0
    for piece in re.finditer(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', raw, re.DOTALL):
        mark = piece[0]
        if mark in b"[{":
            depth += 1
            if depth > MAX_DEPTH:
                return True
        elif mark in b"]}":
            depth -= 1
    return False


def _check_texts(value: Any) -> None:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str) and not item.isascii():
            try:
                item.encode("utf-8")
            except UnicodeEncodeError:
                raise Malformed("the body holds half of a surrogate pair") from None
        elif isinstance(item, dict):
            pending += item.keys()
            pending += item.values()
        elif isinstance(item, list):
            pending += item


def read_form(
    raw: bytes, content_type: str, schema: Schema, encoding: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Parse the fields of a URL-encoded or multipart form, converted to the types of the schema where possible.

    Args:
        encoding: how arrays and objects are written (OpenAPI 3.1, section 4.8.15).

    Raises:
        Malformed: the bytes are no such form.
    """
    if content_type.lower().startswith("multipart/"):
        pairs = _multipart(raw, content_type)
    else:
        try:
            pairs = parse_qsl(raw.decode("utf-8"), keep_blank_values=True)
        except ValueError:
            raise Malformed("the form is not UTF-8") from None
    properties: Mapping[str, Any] = flattened(schema, schema).get("properties") or {}
    form: dict[str, Any] = {}
    for name, stated in (encoding or {}).items():
        if isinstance(stated, Mapping) and name in properties and {"style", "explode"} & stated.keys():
            pairs = _restyled(pairs, name, stated, flattened(properties[name], schema), form)
    for name, text in pairs:
        expected = flattened(properties.get(name, True), schema)
        if "array" in types_of(expected):
            form.setdefault(name, []).append(typed(text, flattened(expected.get("items", True), schema)))
        else:
            form[name] = typed(text, expected)
    return form


def _restyled(
    pairs: list[tuple[str, str]], name: str, stated: Mapping[str, Any], flat: Schema, form: dict[str, Any]
) -> list[tuple[str, str]]:
    """Return the pairs with each item of an array in one of its own; the members of an object are put into the form."""
    style = str(stated.get("style", "form"))
    explode = bool(stated.get("explode", style == "form"))
    if "object" in types_of(flat):
        inner = flat.get("properties") or {}
        if style == "deepObject":
            own = [pair for pair in pairs if pair[0].startswith(f"{name}[") and pair[0][-1] == "]"]
            found = {key[len(name) + 1 : -1]: text for key, text in own}
            rest = [pair for pair in pairs if pair not in own]
        elif explode:
            found = {key: text for key, text in pairs if key in inner}
            rest = [pair for pair in pairs if pair[0] not in inner]
        else:
            parts = [part for key, text in pairs if key == name for part in text.split(",")]
            found = dict(zip(parts[::2], parts[1::2], strict=False))
            rest = [pair for pair in pairs if pair[0] != name]
        if found:
            form[name] = {key: typed(text, flattened(inner.get(key, True), flat)) for key, text in found.items()}
        return rest
    if explode:
        return pairs
    mark = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}.get(style, ",")
    return [(key, part) for key, text in pairs for part in (text.split(mark) if key == name else [text])]


def _multipart(raw: bytes, content_type: str) -> list[tuple[str, str]]:
    parts = (
        (name, cast(bytes, part.get_payload(decode=True) or b"")) for name, part in _named_parts(raw, content_type)
    )
    return [(name, _text_of(data)) for name, data in parts]


def _text_of(data: bytes) -> str:
    """Return the text of a part; of a file, a character for each byte, since they are what its length is."""
    try:
        return data.decode()
    except UnicodeDecodeError:
        return data.decode("latin-1")


def part_types(raw: bytes, content_type: str, name: str) -> list[str]:
    """Return the media types that the parts of a name state in a multipart form, in small letters."""
    try:
        parts = [*_named_parts(raw, content_type)]
    except Malformed:
        return []
    return [part.get_content_type() for key, part in parts if key == name and part["Content-Type"] is not None]


def _named_parts(raw: bytes, content_type: str) -> Iterator[tuple[str, MIMEPart]]:
    head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(head + raw)
    if not message.is_multipart():
        raise Malformed("the body is not a multipart form")
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            yield name, part


def _alternatives(schema: Schema) -> list[str]:
    """Return the types of the alternatives of a schema without a type of its own, string last: any text is a string."""
    branches = [branch for key in ("oneOf", "anyOf") for branch in schema.get(key) or () if isinstance(branch, dict)]
    return sorted({kind for branch in branches for kind in types_of(branch)}, key=lambda kind: (kind == "string", kind))


def typed(text: str, schema: Schema) -> Any:
    """Convert text to the type of its schema; return the text itself where it is not a value of that type."""
    for kind in types_of(schema) or _alternatives(schema):
        if kind == "string":
            return text
        if kind == "boolean" and text in ("true", "false"):
            return text == "true"
        if kind in ("integer", "number") and re.fullmatch(r"-?[0-9]{1,300}", text):
            return int(text)
        if kind == "number" and re.fullmatch(r"-?[0-9]{1,300}(\.[0-9]+)?([eE][+-]?[0-9]{1,2})?", text):
            return float(text)
        if kind in ("object", "array") and text[:1] in ("{", "["):
            try:
                return read_json(text.encode())
            except Malformed:
                return text
    return text
