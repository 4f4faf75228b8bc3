"""Requests, replies and small servers for ``bench/features.py``: they share nothing with chatcert.

Parameters are read as the tables of the OpenAPI Specification (3.1, section 4.8.12.2) and RFC 6570 have them.
"""

from __future__ import annotations

import ipaddress
import json
import re
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend

Schema = Mapping[str, Any] | bool


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it came: path and query as they were written, headers with their names in lower case."""

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the value of a header, or ``None``."""
        return next((value for key, value in self.headers if key == name.lower()), None)

    @property
    def media_type(self) -> str:
        """The media type of the body without parameters, in lower case."""
        return (self.header("content-type") or "").partition(";")[0].strip().lower()

    def pairs(self) -> list[tuple[str, str]]:
        """Return names and values of the query, decoded."""
        return parse_qsl(self.query, keep_blank_values=True)

    def raw_pairs(self) -> list[tuple[str, str]]:
        """Return names, decoded, and values of the query, as they are written."""
        parts = (part.partition("=") for part in self.query.split("&") if part)
        return [(unquote(name), value) for name, _, value in parts]

    def cookie(self, name: str) -> str | None:
        """Return the value of a cookie, or ``None``."""
        parts = (part.strip().partition("=") for part in (self.header("cookie") or "").split(";"))
        return next((value for key, _, value in parts if key == name), None)

    def basic(self) -> str | None:
        """Return user and password of a basic credential (RFC 7617), or ``None``."""
        scheme, _, text = (self.header("authorization") or "").partition(" ")
        try:
            return b64decode(text, validate=True).decode() if scheme.lower() == "basic" else None
        except ValueError:
            return None

    def bearer(self) -> str | None:
        """Return a bearer token (RFC 6750), or ``None``."""
        scheme, _, text = (self.header("authorization") or "").partition(" ")
        return text.strip() if scheme.lower() == "bearer" else None


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...] = (("content-type", "application/json"),)


Server = Callable[[Request], Reply]
Reader = Callable[[Request], Any]
"""Returns the value of ``v``.

Raises:
    ValueError: there is none, or it cannot be read.
"""


def reply(value: Any, status: int = 200, media_type: str = "application/json", **headers: str) -> Reply:
    """Return an answer with a JSON text, or with bytes as they are."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    more = tuple((name.replace("_", "-"), text) for name, text in headers.items())
    return Reply(status, body, (("content-type", media_type), *more))


def refused(status: int = 400, **headers: str) -> Reply:
    """Return a refusal."""
    return reply({"detail": "refused"}, status, **headers)


def is_valid(schema: Schema, value: Any) -> bool:
    """Return whether a value matches a schema, formats included."""
    return bool(_Exact(schema, format_checker=_FORMATS).is_valid(value))


def checking(read: Reader, schema: Schema, answer: Callable[[Request], Reply] | None = None) -> Server:
    """Return a server that serves requests whose ``v`` matches a schema.

    Args:
        answer: makes its answer; what was sent is given back where it is ``None``.
    """

    def serve(request: Request) -> Reply:
        try:
            value = read(request)
        except (ValueError, KeyError, RecursionError):
            return refused()
        if not is_valid(schema, value):
            return refused()
        return reply(json_body(request)) if answer is None else answer(request)

    return serve


def json_body(request: Request) -> dict[str, Any]:
    """Return the object in the body.

    Raises:
        ValueError: it is none.
    """
    body = json.loads(request.body)
    if isinstance(body, dict):
        return body
    raise ValueError("no object")


def typed(text: str, schema: Schema) -> Any:
    """Return a text as a number or a truth value, where the schema asks for one and it is one."""
    kind = schema.get("type") if isinstance(schema, Mapping) else None
    if kind == "integer" and re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    return {"true": True, "false": False}.get(text, text) if kind == "boolean" else text


def parts(body: bytes, content_type: str) -> Iterator[tuple[str, str, str]]:
    """Yield name, media type and text of each part of a multipart form (RFC 7578).

    Raises:
        ValueError: it is no such form.
    """
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + body)
    if not message.is_multipart():
        raise ValueError("no multipart form")
    for part in message.iter_parts():
        data = part.get_payload(decode=True)
        text = data.decode() if isinstance(data, bytes) else ""
        yield str(part.get_param("name", header="content-disposition")), part.get_content_type(), text


def _multiple_of(validator: Any, step: float, value: Any, schema: Any) -> Iterator[ValidationError]:
    """Compare decimals as they are written: 19.99 is a multiple of 0.01."""
    if isinstance(value, int | float) and not isinstance(value, bool) and Decimal(str(value)) % Decimal(str(step)):
        yield ValidationError(f"{value} is no multiple of {step}")


_Exact = extend(Draft202012Validator, {"multipleOf": _multiple_of})
_FORMATS = FormatChecker(())
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"


def _is_moment(text: str) -> bool:
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text)
    return found is not None and bool(date.fromisoformat(found[1]))


def _is_time(text: str) -> bool:
    return re.fullmatch(r"\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)", text) is not None and bool(
        datetime.fromisoformat(f"2000-01-01T{text[:8]}")
    )


_CHECKS: Mapping[str, Callable[[str], Any]] = {
    "date": lambda text: re.fullmatch(r"\d{4}-\d\d-\d\d", text) and date.fromisoformat(text),
    "date-time": _is_moment,
    "time": _is_time,
    "duration": lambda text: re.fullmatch(r"P(?!$)(\d+W|(\d+Y)?(\d+M)?(\d+D)?(T(?=\d)(\d+H)?(\d+M)?(\d+S)?)?)", text),
    "email": lambda text: re.fullmatch(rf"[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(\.{_LABEL})*", text),
    "hostname": lambda text: len(text) < 254 and re.fullmatch(rf"{_LABEL}(\.{_LABEL})*", text),
    "ipv4": ipaddress.IPv4Address,
    "ipv6": lambda text: "%" not in text and ipaddress.IPv6Address(text),
    "uri": lambda text: re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*", text),
    "uuid": lambda text: len(text) == 36 and uuid.UUID(text),
}
for _name, _check in _CHECKS.items():

    def _checked(value: Any, check: Callable[[str], Any] = _check) -> bool:
        return not isinstance(value, str) or bool(check(value))

    _FORMATS.checks(_name, raises=ValueError)(_checked)
