"""Formats of JSON Schema 2020-12 (section 7.3) and OpenAPI, checked by their RFCs and never more strictly.

A format that is not listed here is an annotation (JSON Schema 2020-12, section 7.2.1).
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([zZ]|[-+]([01]\d|2[0-3]):[0-5]\d)")
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_EMAIL = re.compile(r"""(?:[^@\s]+|"(?:[^"\\]|\\.)*")@[^@\s]+""")
_REFERENCE = re.compile(r"[^\s<>\"{}|\\^`\x00-\x1f\x7f]*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_LABEL = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]*={0,2}")
_NUMBER = r"\d+(?:[.,]\d+)?"
_DURATION = re.compile(
    rf"P(?=[\dT])(?:{_NUMBER}W|(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=\d)(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")
_RELATIVE_POINTER = re.compile(r"(?:0|[1-9]\d*)(?:[+-][1-9]\d*)?(?:#|(?:/(?:[^~/]|~[01])*)*)")
_TEMPLATE = re.compile(r"(?:[^{}]|\{[^{}]+\})*")
INTEGERS: Final[Mapping[str, tuple[int, int]]] = {
    **{f"int{bits}": (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f"uint{bits}": (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
}
"""Least and greatest number of each format of integers (OpenAPI Format Registry)."""


def is_date(text: str) -> bool:
    """Return whether a text is a full-date that the calendar has (RFC 3339 section 5.6)."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        datetime.date.fromisoformat(text if not text.startswith("0000") else f"2000{text[4:]}")
    except ValueError:
        return False
    return True


def is_date_time(text: str) -> bool:
    """Return whether a text is a date-time; a space and lower case are allowed (RFC 3339 section 5.6)."""
    return text[10:11] in ("T", "t", " ") and is_date(text[:10]) and _matches(_TIME)(text[11:])


def is_base64(text: str) -> bool:
    """Return whether a text is Base64 in either alphabet, with line breaks or padding or without (RFC 4648)."""
    compact = "".join(text.split())
    return _BASE64.fullmatch(compact) is not None and len(compact.rstrip("=")) % 4 != 1


def is_hostname(text: str) -> bool:
    """Return whether a text is a host name (RFC 1123 section 2.1); underscores are allowed, since DNS has them."""
    labels = text.removesuffix(".").split(".")
    return len(text) <= 254 and all(_LABEL.fullmatch(label) for label in labels)


def _is_ipv4(text: str) -> bool:
    return _parses(ipaddress.IPv4Address, text)


def _is_ipv6(text: str) -> bool:
    return "%" not in text and _parses(ipaddress.IPv6Address, text)


def _parses(parser: Callable[[str], object], text: str) -> bool:
    try:
        parser(text)
    except ValueError:
        return False
    return True


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: text.isascii() and pattern.fullmatch(text) is not None


def _is_uri(text: str) -> bool:
    return _SCHEME.match(text) is not None and _REFERENCE.fullmatch(text) is not None


_TEXTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "date-time": is_date_time,
    "date": is_date,
    "time": _matches(_TIME),
    "duration": _matches(_DURATION),
    "uuid": _matches(_UUID),
    "email": lambda text: _EMAIL.fullmatch(text) is not None,
    "idn-email": lambda text: _EMAIL.fullmatch(text) is not None,
    "hostname": is_hostname,
    "ipv4": _is_ipv4,
    "ipv6": _is_ipv6,
    "uri": _is_uri,
    "iri": _is_uri,
    "uri-reference": lambda text: _REFERENCE.fullmatch(text) is not None,
    "iri-reference": lambda text: _REFERENCE.fullmatch(text) is not None,
    "uri-template": lambda text: _TEMPLATE.fullmatch(text) is not None,
    "json-pointer": lambda text: _POINTER.fullmatch(text) is not None,
    "relative-json-pointer": lambda text: _RELATIVE_POINTER.fullmatch(text) is not None,
    "byte": is_base64,
    "base64url": is_base64,
}

CHECKED: Final = (*_TEXTS, *INTEGERS)
"""Names of the formats that are checked."""


def matches_format(name: str, value: Any) -> bool:
    """Return whether a value has a format; true for formats that are not checked and for values of other types."""
    if name in INTEGERS:
        least, most = INTEGERS[name]
        whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        return not whole or least <= value <= most
    check = _TEXTS.get(name)
    return check is None or not isinstance(value, str) or check(value)
