"""Defects of robustness: payloads that crash, hang or drop."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from .defects_validation import crashing
from .kit import (
    ALL,
    FREE_TEXT,
    OPEN_OBJECT,
    PAYLOADS,
    Call,
    Defect,
    placed,
    spoken,
    valid,
    wire,
)
from .model import Request, Service, Turn, loads, texts

Apply = Callable[[Service], None]


def bad_syntax(turn: Turn) -> bool:
    """Test for malformed JSON."""
    try:
        loads(turn.request.body.decode("utf-8", "replace"))
    except (ValueError, RecursionError):
        return bool(turn.request.body)
    return False


def bad_utf8(turn: Turn) -> bool:
    """Test for bytes that are not UTF-8."""
    try:
        turn.request.body.decode()
    except ValueError:
        return True
    return False


def says(test: Callable[[str], bool]) -> Callable[[Turn], bool]:
    """Test every string of the body, keys included."""
    return lambda turn: any(map(test, texts(turn.payload)))


def early(test: Callable[[Turn], bool]) -> Apply:
    """Fail before parsing when a test holds."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if test(turn):
                raise RuntimeError("unexpected")

        service.insert(step, before="weigh")

    return apply


def nest(levels: int) -> str:
    """Write arrays within arrays."""
    return "[" * levels + "]" * levels


def crashes() -> Iterator[Defect]:
    """Yield payloads that are answered 500."""
    for vendor in ALL:
        base = valid(vendor)
        text = FREE_TEXT.get(vendor, "title")
        rows: list[tuple[str, str, Apply, Call]] = [
            ("malformed", "malformed JSON", early(bad_syntax), base.raw(b'{"broken": ')),
            ("bad-utf8", "bytes that are not UTF-8", early(bad_utf8), base.raw(b'{"a": "\xff"}')),
            (
                "no-media-type",
                "a missing Content-Type",
                early(lambda t: t.request.header("content-type") is None),
                base.header("Content-Type"),
            ),
            (
                "array-body",
                "a body that is an array",
                crashing(lambda t: isinstance(t.payload, list)),
                base.raw(b"[]"),
            ),
            (
                "scalar-body",
                "a body that is a scalar",
                crashing(lambda t: not isinstance(t.payload, list | dict)),
                base.raw(b"null"),
            ),
            (
                "deep",
                "a body nested in 100 levels",
                early(lambda t: t.request.body.count(b"[") > 90),
                base.raw(json.dumps({**PAYLOADS[vendor], "x": 0}).replace('"x": 0', f'"x": {nest(100)}')),
            ),
            (
                "very-deep",
                "a body nested in 100000 levels",
                early(lambda t: t.request.body.count(b"[") > 50_000),
                base.raw(nest(100_000)),
            ),
            (
                "surrogate",
                "an escaped lone surrogate",
                crashing(says(lambda s: any("\ud800" <= c <= "\udfff" for c in s))),
                spoken(vendor, "a\ud800b"),
            ),
            ("nul", "an escaped NUL", crashing(says(lambda s: "\0" in s)), spoken(vendor, "a\0b")),
            (
                "long",
                "a string of more than 20000 characters",
                crashing(says(lambda s: len(s) > 20_000)),
                spoken(vendor, "a" * 20_400),
            ),
            (
                "unknown-field",
                "a field that the page does not list",
                unknown_field,
                base.put(x_note="hello"),
            ),
            (
                "null",
                "a field that is null",
                crashing(null_field(vendor)),
                base.put(**{next(iter(PAYLOADS[vendor])): None}),
            ),
            (
                "list-for-text",
                "a field that is an array",
                crashing(
                    lambda t: isinstance(t.payload, dict) and any(isinstance(v, list) for v in t.payload.values())
                ),
                base.put(**{next(iter(PAYLOADS[vendor])): []}),
            ),
            (
                "huge-number",
                "a number beyond 64 bits",
                crashing(lambda t: bool(re.search(rb"[:\s]\d{20,}", t.request.body))),
                placed(vendor, "n", 10**30),
            ),
            (
                "odd-key",
                "a key named __proto__",
                crashing(says(lambda s: s == "__proto__")),
                placed(vendor, "__proto__", {"a": 1}),
            ),
            ("empty-key", "an empty key", crashing(says(lambda s: s == "")), placed(vendor, "", 1)),
        ]
        if vendor != "openwebui":
            rows.append(
                (
                    "number-for-text",
                    "a field that is a number",
                    crashing(
                        lambda t: (
                            isinstance(t.payload, dict)
                            and any(isinstance(v, int | float) and not isinstance(v, bool) for v in t.payload.values())
                        )
                    ),
                    base.put(
                        **{
                            "polyai": {"channel": 7},
                            "agencii": {"apiIntegrationId": 7},
                            "sigmamind": {"input": 7},
                        }[vendor]
                    ),
                )
            )
        if vendor != "polyai":
            rows.append(("empty-body", "an empty body", early(lambda t: not t.request.body), base.raw(b"")))
        if vendor != "agencii":
            rows += [
                (
                    "emoji",
                    "characters beyond the BMP",
                    crashing(says(lambda s: any(c > "\uffff" for c in s))),
                    spoken(vendor, "thanks \U0001f600"),
                ),
                (
                    "apostrophe",
                    f"an apostrophe in {text}",
                    crashing(says(lambda s: "'" in s)),
                    spoken(vendor, "where's it"),
                ),
                (
                    "braces",
                    f"template braces in {text}",
                    crashing(says(lambda s: "{{" in s)),
                    spoken(vendor, "{{ 7 * 7 }}"),
                ),
                (
                    "percent",
                    f"a percent sign in {text}",
                    crashing(says(lambda s: "%s" in s)),
                    spoken(vendor, "100 %s"),
                ),
            ]
        if vendor in OPEN_OBJECT:
            rows.append(
                (
                    "dotted-key",
                    "a key with a dot or a dollar sign",
                    crashing(says(lambda s: bool(re.fullmatch(r"\$?\w+[.]?\w*", s)) and ("." in s or "$" in s))),
                    placed(vendor, "$where", "1"),
                )
            )
        for flaw, description, apply, call in rows:
            yield Defect(
                f"crash-{flaw}",
                vendor,
                f"500 on {description}",
                apply,
                (call,),
                breaks="robustness/no-5xx",
            )


def unknown_field(service: Service) -> None:
    """Fail on a field that the page does not list."""

    def step(turn: Turn) -> None:
        if isinstance(turn.payload, dict) and set(turn.payload) - set(service.rules):
            raise RuntimeError("unexpected")

    service.insert(step, before="validate")


def null_field(vendor: str) -> Callable[[Turn], bool]:
    """Test for a null where the page does not show one."""

    def test(turn: Turn) -> bool:
        fields = turn.payload.items() if isinstance(turn.payload, dict) else ()
        return any(value is None and name != "folder_id" for name, value in fields)

    return test


def deep_body(request: Request) -> bool:
    """Test for a body with many brackets."""
    return request.body.count(b"[") > 90


def not_json(request: Request) -> bool:
    """Test for a body that does not parse."""
    return bad_syntax(Turn(request, {}))


def long_body(request: Request) -> bool:
    """Test for a body of more than 15000 bytes."""
    return len(request.body) > 15_000


def emoji_body(request: Request) -> bool:
    """Test for a body with characters beyond the BMP."""
    return bool(re.search(rb"\\u[dD]83|\xf0", request.body))


def no_media(request: Request) -> bool:
    """Test for a request without a media type."""
    return request.header("content-type") is None


def severed() -> Iterator[Defect]:
    """Yield payloads on which the connection hangs or drops."""
    for vendor in ALL:
        base = valid(vendor)
        deep = base.raw(json.dumps({**PAYLOADS[vendor], "x": 0}).replace('"x": 0', f'"x": {nest(100)}'))
        emoji = spoken(vendor, "thanks \U0001f600")
        rows: list[tuple[str, str, Apply, Call]] = [
            (
                "drop-malformed",
                "the connection drops on malformed JSON",
                wire("drop", not_json),
                base.raw(b'{"broken": '),
            ),
            (
                "drop-long",
                "the connection drops on a long body",
                wire("drop", long_body),
                spoken(vendor, "a" * 20_000),
            ),
            ("hang-deep", "a deeply nested body is never answered", wire("hang", deep_body), deep),
            (
                "reset-no-media-type",
                "the connection is reset without a Content-Type",
                wire("reset", no_media),
                base.header("Content-Type"),
            ),
        ]
        if vendor != "agencii":
            rows.append(
                (
                    "hang-emoji",
                    "characters beyond the BMP are never answered",
                    wire("hang", emoji_body),
                    emoji,
                )
            )
        for flaw, description, apply, call in rows:
            yield Defect(flaw, vendor, description, apply, (call,), raw=True, breaks="robustness/answers")


DEFECTS: list[Defect] = [*crashes(), *severed()]
