"""Write the documented headers of the mock's answers, in the style ``simple`` (OpenAPI 3.1, section 4.8.17)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from chatcert.mock.call import Headers
from chatcert.mock.examples import instance
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Answer, AnswerHeader
from chatcert.openapi.schemas.pointer import MISSING

OF_THE_SERVER = (
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "keep-alive",
    "trailer",
    "transfer-encoding",
    "upgrade",
)
"""Headers that the HTTP server sets: their values follow from the message."""


def documented_headers(answer: Answer, path: str) -> Headers:
    """Return all documented headers of an answer for which there is a valid value.

    Args:
        path: the path of the operation, for ``Location``.
    """
    headers: Headers = []
    for header in answer.headers:
        if header.name.lower() in OF_THE_SERVER:
            continue
        value = header_value(header, path)
        if value is not MISSING:
            headers.append((header_name(header), header_text(header, value)))
    return headers


def header_name(header: AnswerHeader) -> bytes:
    """Return the name of a header as the mock sends it."""
    return header.name.lower().encode("latin-1", "replace")


def header_value(header: AnswerHeader, path: str = "/") -> Any:
    """Return a valid value of a header, ``MISSING`` where there is none that a header can carry."""
    fits = predicate(header.schema, header.schema)
    usual: Mapping[str, tuple[Any, ...]] = {
        "location": (f"{path.replace('{', '').replace('}', '')}/1", f"http://chat.invalid{path.partition('{')[0]}"),
        "retry-after": (1, "1"),
        "allow": ("POST",),
        "www-authenticate": ('Bearer realm="chat"',),
    }
    for value in usual.get(header.name.lower(), ()):
        if fits(value):
            return value
    value = instance(header.schema, header.schema, everything=True)
    if value is MISSING:
        value = instance(header.schema, header.schema)
    return value if value is not MISSING and header_text(header, value).isascii() else MISSING


def header_text(header: AnswerHeader, value: Any) -> bytes:
    """Return the text of a value: JSON where ``content`` says so, else items and members with commas between them."""
    return _written(header, value).encode("latin-1", "replace").replace(b"\r", b" ").replace(b"\n", b" ")


def _written(header: AnswerHeader, value: Any) -> str:
    if "json" in header.media_type:
        return json.dumps(value)
    if isinstance(value, Mapping):
        between = "=" if header.explode else ","
        return ",".join(f"{name}{between}{_plain(member)}" for name, member in value.items())
    if isinstance(value, list):
        return header.separator.join(map(_plain, value))
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value)
