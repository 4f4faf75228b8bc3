"""Serialise values of parameters: ``style``, ``explode``, ``allowReserved``, ``content`` (OpenAPI 3.1, section 4.8.12).

Swagger's ``collectionFormat`` has become a style when the document was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from chatcert.cases.case import Encoded
from chatcert.cases.requests.encoding import form_text, json_bytes
from chatcert.cases.requests.text_forms import read_text
from chatcert.openapi.contract import Parameter, Schema
from chatcert.openapi.schemas.fields import flattened

_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "|", "tabDelimited": "%09"}
_SEPARATORS = {style: unquote(delimiter) for style, delimiter in _DELIMITERS.items()}
"""The delimiters as they stand in a header or, before it is encoded, in a path."""
_RESERVED = ":/?[]@!$'()*,;"
"""Reserved characters that may stand as they are in a query; ``&``, ``=``, ``#`` and ``+`` would change its meaning."""


def path_text(parameter: Parameter, value: Any) -> str:
    """Return the text of the parameter in the path; with delimiters or a prefix, it is encoded already."""
    is_plain = parameter.media_type or parameter.style not in ("label", "matrix")
    if is_plain and (parameter.media_type or not isinstance(value, list | Mapping)):
        return _scalar(parameter, value)
    if is_plain:  # the delimiters stand as they are (RFC 6570, section 3.2.2): encoded, they would be part of an item
        separator = quote(_SEPARATORS.get(parameter.style, ","), safe=",")
        return Encoded(separator.join(_members(value, parameter, "=" if parameter.explode else ",")))
    name = quote(parameter.name, safe="")
    if parameter.style == "label":
        separator = "." if parameter.explode else ","
        return Encoded("." + separator.join(_members(value, parameter, "=" if parameter.explode else ",")))
    if isinstance(value, Mapping) and parameter.explode:
        return Encoded("".join(f";{member}" for member in _members(value, parameter, "=")))
    if isinstance(value, list) and parameter.explode:
        return Encoded("".join(f";{name}={member}" for member in _members(value, parameter, ",")))
    return Encoded(f";{name}={','.join(_members(value, parameter, ','))}")


def query_pairs(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the pairs that carry the parameter in a query or, unencoded, in cookies; none for an empty array.

    A value that is the whole query has an empty name.
    """
    name = parameter.name
    if parameter.is_whole_query:
        yield "", Encoded(quote(_scalar(parameter, value), safe=""))
    elif parameter.media_type or not isinstance(value, list | Mapping):
        yield name, _scalar(parameter, value)
    elif isinstance(value, Mapping) and parameter.style == "deepObject":
        for key, member in value.items():
            yield f"{name}[{key}]", form_text(member)
    elif parameter.explode and isinstance(value, Mapping):
        for key, member in value.items():
            yield str(key), form_text(member)
    elif parameter.explode:
        for item in value:
            yield name, form_text(item)
    elif value:
        delimiter = _DELIMITERS.get(parameter.style, ",")
        yield name, Encoded(delimiter.join(_members(value, parameter, delimiter)))


def header_text(parameter: Parameter, value: Any) -> str:
    """Return the value of the header (style ``simple``)."""
    return _joined(parameter, value)


def as_read(parameter: Parameter, value: Any) -> Any:
    """Return the value that a server reads back from the text with the types of the schema."""
    if parameter.media_type:
        return value
    flat = schema_of(parameter)
    if isinstance(value, Mapping):
        properties = flat.get("properties") or {}
        rest = flat.get("additionalProperties", True)
        return {
            key: read_text(form_text(member), flattened(properties.get(key, rest), parameter.schema))
            for key, member in value.items()
        }
    if isinstance(value, list) or "array" in _types(parameter):
        items = flattened(flat.get("items", True), parameter.schema)
        return [read_text(form_text(item), items) for item in (value if isinstance(value, list) else [value])]
    return read_text(form_text(value), flat)


PLAIN_WORD = "chat"
"""The text of parameters whose schema says nothing of texts: it has no character that delimits items."""


def arrives(parameter: Parameter, value: Any) -> bool:
    """Return whether a value arrives unchanged: it has no delimiter or control character in it."""
    if isinstance(value, list | Mapping) and not value and not parameter.media_type:
        return False  # an empty array or object is not a parameter at all
    parts = list(value.values()) if isinstance(value, Mapping) else value if isinstance(value, list) else [value]
    if parameter.media_type:
        text = json_bytes(value).decode("utf-8", "replace")
        return parameter.location == "query" or _fits(text, parameter.location)
    if isinstance(value, list | Mapping) and ("array" if isinstance(value, list) else "object") not in _types(
        parameter
    ):
        return False  # without its type, a server reads it as one text or as the first of several
    parts += [str(key) for key in value] if isinstance(value, Mapping) else []
    texts = [form_text(part) for part in parts]
    if isinstance(value, list | Mapping) and any(
        isinstance(part, list | Mapping) or set(text) & set(",|; .&=[]") or not text
        for part, text in zip(parts, texts, strict=True)
    ):
        return False
    return all(_fits(text, parameter.location) for text in texts)


def needs_text(parameter: Parameter) -> bool:
    """Return whether an empty text at the parameter's place is no value, or may be dropped on the way."""
    return parameter.location != "query" or parameter.is_whole_query


def _fits(text: str, location: str) -> bool:
    if location == "query":
        return True
    if not text.strip() or "/" in text or not text.isascii():
        return False
    in_header = location in ("header", "cookie")
    return not in_header or (text == text.strip() and text.isprintable() and ";" not in text)


def _scalar(parameter: Parameter, value: Any) -> str:
    text = json_bytes(value).decode("utf-8") if parameter.media_type else form_text(value)
    return Encoded(quote(text, safe=_RESERVED)) if parameter.allow_reserved else text


def _joined(parameter: Parameter, value: Any) -> str:
    """Return one text in the style ``simple``, or with the separator of Swagger's ``collectionFormat``, not encoded."""
    if parameter.media_type or not isinstance(value, list | Mapping):
        return _scalar(parameter, value)
    return _SEPARATORS.get(parameter.style, ",").join(
        _members(value, parameter, "=" if parameter.explode else ",", plain=True)
    )


def _members(value: Any, parameter: Parameter, between: str, *, plain: bool = False) -> Iterator[str]:
    """Yield items, or names and values with ``between`` between them."""

    def written(part: Any) -> str:
        text = form_text(part)
        return text if plain else quote(text, safe=_RESERVED.replace(",", "") if parameter.allow_reserved else "")

    if isinstance(value, Mapping):
        for key, member in value.items():
            yield f"{written(str(key))}{between}{written(member)}"
    elif isinstance(value, list):
        yield from map(written, value)
    else:
        yield written(value)


def _types(parameter: Parameter) -> tuple[str, ...]:
    """Return the types that the schema of a parameter names."""
    declared = schema_of(parameter).get("type")
    return (declared,) if isinstance(declared, str) else tuple(declared or ())


def schema_of(parameter: Parameter) -> Schema:
    """Return the flattened schema of a parameter."""
    return flattened(parameter.schema, parameter.schema)
