"""Read the fields of forms as they were sent, and the value that they stand for."""

from __future__ import annotations

from collections.abc import Mapping
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any, NamedTuple, cast
from urllib.parse import parse_qsl

from chatcert.cases.requests.form_fields import FieldStyle, style_of
from chatcert.cases.requests.text_forms import read_text, types_of
from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.openapi.contract import Body, Schema
from chatcert.openapi.multipart import is_multipart
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import is_json_type
from chatcert.transport.exchange import Exchange

_URL_ENCODED = "application/x-www-form-urlencoded"


class Part(NamedTuple):
    """A field of a form as it was sent; the media type is empty where it states none."""

    name: str
    text: str
    media_type: str = ""


def content_type(exchange: Exchange) -> str:
    """Return the Content-Type of a request; empty where it has none."""
    return next((value for key, value in exchange.sent.headers if key.lower() == "content-type"), "")


def is_form(exchange: Exchange) -> bool:
    """Return whether the body of a request is a form by its Content-Type."""
    stated = content_type(exchange)
    return is_multipart(stated) or stated.partition(";")[0].strip().lower() == _URL_ENCODED


def sent_parts(exchange: Exchange) -> list[Part]:
    """Return the fields of a form."""
    stated, body = content_type(exchange), exchange.sent.body or b""
    if not is_multipart(stated):
        return [Part(*pair) for pair in parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)]
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {stated}\r\n\r\n".encode() + body)
    found = []
    for part in message.iter_parts() if message.is_multipart() else ():
        media_type = part.get_content_type() if part["Content-Type"] is not None else ""
        data = cast(bytes, part.get_payload(decode=True) or b"")
        name = part.get_param("name", header="content-disposition")
        found.append(Part(str(name), data.decode("utf-8", "replace"), media_type))
    return found


def form_value(exchange: Exchange, body: Body) -> dict[str, Any]:
    """Return the object that a form stands for, its texts read as the types of the documented fields."""
    base = content_type(exchange).partition(";")[0].strip().lower()
    media_type = next((name for name in body.content if name.partition(";")[0].strip().lower() == base), "")
    schema, encoding = body.content.get(media_type, body.schema), body.encodings.get(media_type, {})
    properties = flattened(schema, schema).get("properties") or {}
    parts = sent_parts(exchange)
    found = {name: _value(parts, name, properties, schema, encoding) for name in properties}
    found |= {part.name: part.text for part in parts if part.name not in properties and "[" not in part.name}
    return {name: value for name, value in found.items() if value is not MISSING}


def _value(
    parts: list[Part], name: str, properties: Mapping[str, Any], root: Schema, encoding: Mapping[str, Any]
) -> Any:
    flat, style = flattened(properties[name], root), style_of(encoding, name)
    if style is not None and "object" in types_of(flat):
        return _members(parts, name, style, flat, root)
    texts = [_plain(part) for part in parts if part.name == name]
    if not texts:
        return MISSING
    if "array" not in types_of(flat):
        return read_text(texts[-1], flat) if isinstance(texts[-1], str) else texts[-1]
    if len(texts) == 1 and isinstance(texts[0], list):
        return texts[0]
    if style is not None and style.delimiter and len(texts) == 1 and isinstance(texts[0], str):
        texts = texts[0].split(style.delimiter)
    items = flattened(flat.get("items", True), root)
    return [read_text(text, items) if isinstance(text, str) else text for text in texts]


def _plain(part: Part) -> Any:
    """Return the text of a field, or the value of one that is JSON."""
    if not is_json_type(part.media_type):
        return part.text
    try:
        return read_json(part.text.encode("utf-8", "replace"))
    except NotJson:
        return part.text


def _members(parts: list[Part], name: str, style: FieldStyle, flat: Schema, root: Schema) -> Any:
    inner = flat.get("properties") or {}
    if style.style == "deepObject":
        pairs = {part.name[len(name) + 1 : -1]: part.text for part in parts if part.name.startswith(f"{name}[")}
    elif style.explode:
        pairs = {part.name: part.text for part in parts if part.name in inner}
    else:
        items = [item for part in parts if part.name == name for item in part.text.split(style.delimiter)]
        pairs = dict(zip(items[::2], items[1::2], strict=False))
    found = {key: read_text(text, flattened(inner.get(key, True), root)) for key, text in pairs.items()}
    return found or MISSING
