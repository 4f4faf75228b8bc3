"""Defects of reading JSON: syntax that passes, and payloads that crash or hang."""

from __future__ import annotations

import json
import re
import urllib.parse
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    ALL,
    PAYLOADS,
    Call,
    Defect,
    placed,
    setting,
    spoken,
    valid,
)
from .model import Exact, Service, is_json, loads

Apply = Callable[[Service], None]
EXTENSIONS = (
    "trailing-comma",
    "single-quotes",
    "comments",
    "nan",
    "control",
    "bad-utf8",
    "real-form",
)


def trailing(text: str) -> Any:
    """Read the first document and ignore what follows."""
    return json.JSONDecoder(parse_float=Exact).raw_decode(text.lstrip())[0]


def repaired(text: str) -> Any:
    """Close what a truncated document left open."""
    for closers in ("", "}", '"}', "}}", '"}}', "}}}", "]}", "}}}}", "}}}}}"):
        try:
            return loads(text + closers)
        except ValueError:
            continue
    raise ValueError("not JSON")


def relaxed(text: str) -> Any:
    """Allow commas before closing brackets."""
    return loads(re.sub(r",\s*([}\]])", r"\1", text))


def single_quoted(text: str) -> Any:
    """Allow single quotes when there are no double ones."""
    return loads(text if '"' in text else text.replace("'", '"'))


def commented(text: str) -> Any:
    """Allow comments between tokens."""
    return loads(re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))


def with_constants(text: str) -> Any:
    """Allow NaN and Infinity."""
    return loads(text, parse_constant=lambda name: 0)


def with_control(text: str) -> Any:
    """Allow raw control characters within strings."""
    return loads(text, strict=False)


def twice(text: str) -> Any:
    """Parse a string that holds JSON once more."""
    value = loads(text)
    return loads(value) if isinstance(value, str) else value


def unwrapped(text: str) -> Any:
    """Take the first item of an array."""
    value = loads(text)
    return value[0] if isinstance(value, list) and value else value


def replacing(vendor: str, test: Callable[[Any], bool]) -> Callable[[str], Any]:
    """Read some documents as if they were the example."""

    def read(text: str) -> Any:
        value = loads(text)
        return json.loads(json.dumps(PAYLOADS[vendor])) if test(value) else value

    return read


def ignoring(vendor: str) -> Callable[[str], Any]:
    """Read what is not JSON as if it were the example."""

    def read(text: str) -> Any:
        try:
            return loads(text)
        except ValueError:
            return json.loads(json.dumps(PAYLOADS[vendor]))

    return read


def forms(service: Service) -> None:
    """Take real forms, field by field."""
    read = service.loads

    def either(text: str) -> Any:
        if text.lstrip()[:1] in ("{", "[", '"', ""):
            return read(text)
        return dict(urllib.parse.parse_qsl(text))

    service.loads = either
    service.media = lambda value: is_json(value) or "form-urlencoded" in (value or "")


def lenient() -> Iterator[Defect]:
    """Yield malformed documents that pass."""
    for vendor in ALL:
        base = valid(vendor)
        body = base.body or b""
        quoted = body.replace(b'"', b"'").replace(b"null", b"''")
        number = placed(vendor, "score", 314159).body or b""
        control = spoken(vendor, "a\x01b").body or b""
        control = control.replace(b"\\u0001", b"\x01")
        rows: list[tuple[str, str, Apply, Call]] = [
            (
                "trailing",
                "bytes after the document are ignored",
                setting(loads=trailing),
                base.raw(body + b" trailing"),
            ),
            (
                "truncated",
                "a truncated document is repaired",
                setting(loads=repaired),
                base.raw(body[:-1]),
            ),
            (
                "trailing-comma",
                "a comma before a closing bracket passes",
                setting(loads=relaxed),
                base.raw(body[:-1] + b",}"),
            ),
            ("single-quotes", "single quotes pass", setting(loads=single_quoted), base.raw(quoted)),
            ("comments", "comments pass", setting(loads=commented), base.raw(b"/* hi */" + body)),
            (
                "nan",
                "NaN passes",
                setting(loads=with_constants),
                base.raw(number.replace(b"314159", b"NaN")),
            ),
            (
                "control",
                "raw control characters pass",
                setting(loads=with_control),
                base.raw(control),
            ),
            (
                "bad-utf8",
                "bytes that are not UTF-8 pass",
                setting(decode=lambda raw: raw.decode("utf-8", "replace")),
                base.raw((spoken(vendor, "latin Q").body or b"").replace(b" Q", b" \xe9")),
            ),
            (
                "double-encoded",
                "JSON within a JSON string passes",
                setting(loads=twice),
                base.raw(json.dumps(body.decode())),
            ),
            (
                "array-body",
                "an object within an array passes",
                setting(loads=unwrapped),
                base.raw(b"[" + body + b"]"),
            ),
            (
                "empty-array-body",
                "an empty array passes",
                setting(loads=replacing(vendor, lambda v: v == [])),
                base.raw(b"[]"),
            ),
            (
                "null-body",
                "null passes",
                setting(loads=replacing(vendor, lambda v: v is None)),
                base.raw(b"null"),
            ),
            (
                "string-body",
                "a string passes",
                setting(loads=replacing(vendor, lambda v: isinstance(v, str))),
                base.raw(b'"hi"'),
            ),
            (
                "number-body",
                "a number passes",
                setting(loads=replacing(vendor, lambda v: isinstance(v, int | float))),
                base.raw(b"42"),
            ),
            (
                "malformed",
                "what is not JSON passes",
                setting(loads=ignoring(vendor)),
                base.raw(b'{"broken": '),
            ),
        ]
        if vendor in ("agencii", "polyai"):
            form = urllib.parse.urlencode({k: v for k, v in PAYLOADS[vendor].items() if isinstance(v, str)})
            rows.append(
                (
                    "real-form",
                    "a form passes",
                    forms,
                    base.raw(form).header("Content-Type", "application/x-www-form-urlencoded"),
                )
            )
        for flaw, description, apply, call in rows:
            soft = flaw in EXTENSIONS
            yield Defect(
                f"parses-{flaw}",
                vendor,
                description,
                apply,
                (call,),
                breaks="request/body/json",
                severity="should" if soft else "must",
            )


def media() -> Iterator[Defect]:
    """Yield media types that are taken though they are not JSON's."""
    for vendor in ALL:
        base = valid(vendor)
        rows: list[tuple[str, str, Callable[[str | None], bool], str]] = [
            (
                "text-plain",
                "text/plain is taken for JSON",
                lambda v: is_json(v) or (v or "").startswith("text/plain"),
                "text/plain",
            ),
            (
                "form",
                "a form's media type is taken for JSON",
                lambda v: is_json(v) or "x-www-form-urlencoded" in (v or ""),
                "application/x-www-form-urlencoded",
            ),
            (
                "any-media",
                "any media type that is named is taken for JSON",
                bool,
                "application/xml",
            ),
        ]
        for flaw, description, test, shown in rows:
            yield Defect(
                f"accepts-{flaw}",
                vendor,
                description,
                setting(media=test),
                (base.header("Content-Type", shown),),
                breaks="protocol/media-type",
                severity="should",
            )


DEFECTS: list[Defect] = [*lenient(), *media()]
