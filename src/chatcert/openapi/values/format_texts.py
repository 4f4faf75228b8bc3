"""Texts that have a format and also keep to a length or a pattern, or break one of them and keep the format."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from chatcert.openapi.schemas.formats import CHECKED, matches_format

MOST_TRIED = 12
"""Lengths that are tried from a limit on: some formats have no text of some lengths."""
LONGEST_LABEL, LONGEST_HOST, LONGEST_USER = 63, 253, 64
"""Characters of one label of a host name, of a host name, and of the user in an address (RFC 1123, RFC 5321)."""
_HOST = "a.invalid"
_TIME = "03:04:05"
_ADDRESSES = (
    "::1",
    "2001:db8::1",
    "2001:db8:0:0:0:0:0:1",
    "2001:0db8:0000:0000:0000:0000:0000:0001",
    "2001:0db8:0000:0000:0000:0000:192.168.100.228",
)


def texts_of_length(name: str, least: int, most: int | None, *, usual: bool = True) -> Iterator[str]:
    """Yield texts of a format as long as the limits ask for, those nearest to a limit first.

    Args:
        name: the format; one of which no text of a length is known yields nothing.
        usual: whether they are no longer than what any reader of the format takes.
    """
    write = _WRITERS.get(name)
    if write is None:
        return
    longest = _LONGEST.get(_SAME.get(name, name)) if usual else None
    if longest is not None and (most is None or most > longest):
        most = longest
    lengths = [
        *range(least, least + MOST_TRIED),
        *(range(most, max(most - MOST_TRIED, least - 1, -1), -1) if most is not None else ()),
    ]
    for length in lengths:
        text = write(length) if most is None or length <= most else None
        if text is not None and len(text) == length:
            yield text


def is_surely(name: str, value: Any) -> bool:
    """Return whether even a strict reader finds that a text has a format; true for other values and other formats.

    ``matches_format`` is the lenient reading, which is used to blame.
    """
    if not isinstance(value, str) or not matches_format(name, value):
        return not isinstance(value, str) or name not in CHECKED
    pattern = _STRICT.get(_SAME.get(name, name))
    return pattern is None or pattern.fullmatch(value) is not None


def variants_of(name: str) -> tuple[str, ...]:
    """Return different texts of a format, of which a pattern may allow some and not others."""
    return _VARIANTS.get(_SAME.get(name, name), ())


def completed(name: str, part: str) -> Iterator[str]:
    """Yield what a text that a pattern describes may become to be of a format as well: patterns need not say all."""
    for before, after in _FRAMES.get(_SAME.get(name, name), ()):
        yield f"{before}{part}{after}"


def spoilt(text: str) -> Iterator[str]:
    """Yield texts that are hardly of a format any more, though much like one that is."""
    yield f"{text[:1]} {text[1:]}"
    yield f"a@{text}"
    yield f"{text}<"
    yield f"<{text}"
    yield f"{text[:-1]}<"


def _host(length: int) -> str | None:
    """Return a host name with a top-level domain that does not exist."""
    if 0 < length <= len(".invalid"):
        return "a" * length
    left = length - len(".invalid")
    if left < 1 or length > LONGEST_HOST:
        return None
    labels = []
    while left > LONGEST_LABEL:
        size = min(LONGEST_LABEL, left - 2)
        labels.append("a" * size)
        left -= size + 1
    return ".".join([*labels, "a" * left]) + ".invalid"


def _email(length: int) -> str | None:
    """Return an address with a short user where a host can be as long as it has to be."""
    if length < len(f"a@{_HOST}"):
        return f"{'a' * (length - 5)}@b.co" if length > 5 else None
    user = "a" * max(1, length - 1 - LONGEST_HOST)
    host = _host(length - len(user) - 1)
    return f"{user}@{host}" if host is not None and len(user) <= LONGEST_USER else None


def _fraction(before: str, length: int) -> str | None:
    """Return a time with as many digits of a fraction as the length asks for."""
    digits = length - len(f"{before}Z")
    if digits == 0:
        return f"{before}Z"
    return f"{before}.{'1' * (digits - 1)}Z" if digits > 1 else None


def _after(prefix: str) -> Callable[[int], str | None]:
    return lambda length: prefix + "a" * (length - len(prefix)) if length >= len(prefix) else None


_WRITERS: Mapping[str, Callable[[int], str | None]] = {
    "byte": lambda length: "YWFh" * (length // 4) if length % 4 == 0 else None,
    "base64url": lambda length: "A" * length if length % 4 != 1 else None,
    "date-time": lambda length: _fraction(f"2026-01-02T{_TIME}", length),
    "time": lambda length: _fraction(_TIME, length),
    "duration": lambda length: f"PT{'1' * (length - 3)}S" if length > 3 else None,
    "email": _email,
    "idn-email": _email,
    "hostname": _host,
    "ipv4": {7: "0.0.0.1", 9: "192.0.2.1", 11: "192.0.2.100", 15: "240.100.100.100"}.get,
    "ipv6": lambda length: next((text for text in _ADDRESSES if len(text) == length), None),
    **dict.fromkeys(("uri", "iri"), lambda length: _after("urn:a:" if length > len("urn:a:") else "a:")(length)),
    **dict.fromkeys(("uri-reference", "iri-reference", "json-pointer", "uri-template"), _after("/")),
    "relative-json-pointer": _after("0/"),
}
_LONGEST = {"email": 254, "hostname": 253, "date-time": 30, "time": 19, "duration": 12}
"""Characters of the longest texts that any reader takes: an address of RFC 5321, nine digits of a fraction."""
_SAME = {"idn-email": "email", "iri": "uri", "url": "uri"}
_VARIANTS: Mapping[str, tuple[str, ...]] = {
    "date": ("2026-01-02", "1999-12-31", "2000-02-29", "2031-06-15", "0999-01-01"),
    "date-time": (
        "2026-01-02T03:04:05Z",
        "1999-12-31T23:59:59Z",
        "2026-01-02T03:04:05.678Z",
        "2026-01-02T03:04:05+01:00",
        "2031-06-15T13:14:15.123456-05:00",
    ),
    "time": ("03:04:05Z", "23:59:59.678Z", "13:14:15+01:00"),
    "duration": ("PT1S", "P1D", "P3Y6M4DT12H30M5S", "P2W"),
    "email": (
        "user@example.org",
        "other.user+tag@mail.invalid",
        "0@a.invalid",
        "USER@EXAMPLE.ORG",
        "o'brien@example.org",
    ),
    "uuid": (
        "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f",
        "3f2b8c1e-5a4d-1c6b-9e7f-0a1b2c3d4e5f",
        "01926e5c-3d2f-7c4b-8a1e-2f3a4b5c6d7e",
        "3F2B8C1E-5A4D-4C6B-9E7F-0A1B2C3D4E5F",
        "00000000-0000-0000-0000-000000000000",
    ),
    "uri": (
        "https://a.invalid/",
        "http://a.invalid/",
        "https://b.invalid/chats?id=1",
        "wss://a.invalid/",
        "ftp://a.invalid/a.txt",
        "urn:example:chat",
        "mailto:user@example.org",
    ),
    "hostname": ("a.invalid", "chat.example.org", "b"),
    "ipv4": ("192.0.2.1", "198.51.100.1", "240.100.100.100"),
    "ipv6": _ADDRESSES,
    "byte": ("aGVsbG8=", "YWFh", "AAAAAA=="),
    "uri-reference": ("/", "chats/1", "https://a.invalid/", "?a=b"),
    "json-pointer": ("/", "/chats/0", ""),
}
"""Texts of a format that differ in what patterns tell apart: years, zones, versions, schemes, hosts, cases."""

LEAST_SURE: Mapping[str, int] = {"email": 6, "uri": 3}
"""Characters of the shortest text of a format that any reader takes, where shorter ones are disputed."""
_STRICT: Mapping[str, re.Pattern[str]] = {
    "byte": re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?"),
    "base64url": re.compile(r"(?:[A-Za-z0-9_-]{4})*(?:[A-Za-z0-9_-][AQgw]|[A-Za-z0-9_-]{2}[AEIMQUYcgkosw048])?"),
    "email": re.compile(
        r"(?!\.)(?!.*\.\.)(?!.*\.@)[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}"
        r"@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
    ),
    "hostname": re.compile(
        r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    ),
    "date-time": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:[0-5]\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)", re.ASCII),
    "time": re.compile(r"\d\d:\d\d:[0-5]\d(?:\.\d+)?(?:Z|[-+]\d\d:\d\d)", re.ASCII),
    "uri": re.compile(
        r"[A-Za-z][A-Za-z0-9+.-]*:(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|\[[0-9A-Fa-f:.]+\]|%[0-9A-Fa-f]{2})+"
    ),
    "uri-reference": re.compile(r"(?:[A-Za-z0-9._~:/?#@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"),
}
"""What any reader takes (RFC 3339, RFC 3986, RFC 4648, RFC 5321): no rare form, and no bits that are lost."""

_FRAMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "email": (
        ("user", ""),
        ("", "user@a.invalid"),
        ("", "@a.invalid"),
        ("user@", ""),
        ("user@a", ""),
        ("", "a.invalid"),
    ),
    "uri": (
        ("https://", ""),
        ("", "a.invalid/"),
        ("https://a", ""),
        ("https://a.invalid", ""),
        ("https://a.invalid/", ""),
    ),
    "date": (("", "-01-02"), ("2026-", ""), ("", "-02"), ("2026-01-", ""), ("", "01-02"), ("", "02")),
    "date-time": (
        ("", f"T{_TIME}Z"),
        ("", f"-01-02T{_TIME}Z"),
        ("", f"01-02T{_TIME}Z"),
        ("2026-01-02T", ""),
        (f"2026-01-02T{_TIME}", ""),
        ("2026-01-02T03:04:", ""),
        ("", "Z"),
    ),
    "hostname": (("a", ""), ("a.", ""), ("", ".invalid"), ("", "invalid"), ("chat", "")),
    "uri-reference": (("/", ""), ("", "/")),
}
"""What may stand before and after the part of a format that a pattern describes."""
