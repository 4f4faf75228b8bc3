"""Defects of the answer to a created chat, common to the vendors."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    ALL,
    ID,
    OK,
    Call,
    Defect,
    on_body,
    on_reply,
    setting,
    setting_body,
    setting_header,
    valid,
    wire,
    wrong_key,
)
from .model import Reply, Request, Service, Turn

Apply = Callable[[Service], None]


def put(**fields: Any) -> Apply:
    """Set fields of the success body."""
    return on_body(lambda turn, body: {**body, **fields})


def without(*names: str) -> Apply:
    """Leave fields out of the success body."""
    return on_body(lambda turn, body: {k: v for k, v in body.items() if k not in names})


def renamed(old: str, new: str) -> Apply:
    """Rename a field of the success body, in its place."""
    return on_body(lambda turn, body: {new if k == old else k: v for k, v in body.items()})


def computed(name: str, compute: Callable[[Any], Any]) -> Apply:
    """Derive a field of the success body from itself."""
    return on_body(lambda turn, body: {**body, name: compute(body[name])})


def hashed(service: Service) -> None:
    """Derive the id from the payload."""
    service.make_id = lambda turn: hashlib.sha256(turn.text.encode("utf-8", "replace")).hexdigest()


def modulo(service: Service) -> None:
    """Count ids, and start over after seven."""
    count = 0

    def make(turn: Turn) -> str:
        nonlocal count
        count += 1
        return f"chat-{count % 7:04d}"

    service.make_id = make


def one_in_ten_again(service: Service) -> None:
    """Give each tenth chat the id of the one before."""
    fresh, seen, last = service.make_id, 0, ""

    def make(turn: Turn) -> str:
        nonlocal seen, last
        seen += 1
        if seen % 10:
            last = fresh(turn)
        return last

    service.make_id = make


def racing(service: Service) -> None:
    """Draw the next id only once a reply has left."""
    fresh, current = service.make_id, ""

    def make(turn: Turn) -> str:
        nonlocal current
        current = current or fresh(turn)
        return current

    def late(request: Request, reply: Reply) -> Reply:
        def finish() -> None:
            nonlocal current
            current = ""

        if reply.good:
            reply.delay, reply.finish = 0.02, finish
        return reply

    service.make_id = make
    service.after.append(late)


def per_second(service: Service) -> None:
    """Make the id of the second it was created in."""
    service.make_id = lambda turn: f"c{int(service.clock())}"


def ids() -> Iterator[Defect]:
    """Yield wrong ids."""
    for vendor in ALL:
        name, once = ID[vendor], (valid(vendor),)
        twice = (valid(vendor).repeat(2),)
        start = {"agencii": "", "polyai": "CONV-", "sigmamind": "chat_", "openwebui": ""}[vendor]
        rows: list[tuple[str, str, Apply, tuple[Call, ...], str, str]] = [
            ("missing", "is left out", without(name), once, "required", "must"),
            ("empty", "is empty", setting(make_id=lambda t: ""), once, "minLength", "must"),
            ("blank", "is blank", setting(make_id=lambda t: "   "), once, "minLength", "should"),
            ("null", "is null", setting(make_id=lambda t: None), once, "type", "must"),
            ("number", "is a number", counted_id, once, "type", "must"),
            (
                "object",
                "is an object",
                setting(make_id=lambda t: {"$oid": "65f"}),
                once,
                "type",
                "must",
            ),
            (
                "constant",
                "is always the same",
                setting(make_id=lambda t, s=start: s + "FVfA971B3fnBH4S1OKlo"),
                twice,
                "unique",
                "must",
            ),
            ("hashed", "repeats for the same payload", hashed, twice, "unique", "must"),
            (
                "modulo",
                "comes from a counter that wraps",
                modulo,
                (valid(vendor).repeat(9),),
                "unique",
                "must",
            ),
            (
                "again",
                "repeats in one chat of ten",
                one_in_ten_again,
                (valid(vendor).repeat(11),),
                "unique",
                "must",
            ),
            (
                "racing",
                "repeats when two chats are created at once",
                racing,
                (valid(vendor).repeat(6, parallel=True),),
                "unique",
                "must",
            ),
            (
                "per-second",
                "repeats within a second",
                per_second,
                (valid(vendor).repeat(9),),
                "unique",
                "must",
            ),
            ("renamed", "has another name", renamed(name, "chat_id"), once, "required", "must"),
            (
                "miscased",
                "has its name in another case",
                renamed(name, name.upper()),
                once,
                "required",
                "must",
            ),
        ]
        for flaw, description, apply, calls, clause, severity in rows:
            yield Defect(
                f"id-{flaw}",
                vendor,
                f"{name} {description}",
                apply,
                calls,
                breaks=f"response/{OK[vendor]}/{name}/{clause}",
                severity=severity,
            )


def counted_id(service: Service) -> None:
    """Number the chats."""
    count = 100

    def make(turn: Turn) -> int:
        nonlocal count
        count += 1
        return count

    service.make_id = make


def dressed(change: Callable[[bytes], bytes]) -> Apply:
    """Change the bytes of a success body."""

    def apply(_: Request, reply: Reply) -> None:
        reply.body = change(reply.body)

    return on_reply(apply, "")


def status(code: int) -> Apply:
    """Answer a success with another status."""
    return setting(success=code)


def emptied(code: int) -> Apply:
    """Answer a success with a status and no body."""

    def change(_: Request, reply: Reply) -> None:
        reply.status, reply.body = code, b""
        reply.set("content-type", None)

    return on_reply(change, "")


def opened(member: bytes) -> Callable[[bytes], bytes]:
    """Put a member in front of the others, as written."""
    return lambda data: data.replace(b"{", b"{" + member, 1)


def as_text(data: bytes) -> bytes:
    """Encode a JSON document as a JSON string."""
    return json.dumps(data.decode()).encode()


def documents() -> Iterator[Defect]:
    """Yield wrong statuses, media types and documents."""
    for vendor in ALL:
        ok = OK[vendor]
        first = ID[vendor].encode()
        rows: list[tuple[str, str, Apply, str, bool, str]] = [
            *[
                (f"status-{code}", f"answered {code}", status(code), "status", False, "must")
                for code in (200, 201, 202, 203)
                if code != ok
            ],
            ("status-204", "answered 204 without a body", emptied(204), "status", False, "must"),
            (
                "type-text",
                "labelled text/plain",
                setting_header("content-type", "text/plain", ""),
                "content-type",
                False,
                "must",
            ),
            (
                "type-html",
                "labelled text/html",
                setting_header("content-type", "text/html", ""),
                "content-type",
                False,
                "must",
            ),
            (
                "type-missing",
                "not labelled",
                setting_header("content-type", None, ""),
                "content-type",
                False,
                "must",
            ),
            (
                "type-octets",
                "labelled application/octet-stream",
                setting_header("content-type", "application/octet-stream", ""),
                "content-type",
                False,
                "must",
            ),
            (
                "data-envelope",
                "wrapped in data",
                on_body(lambda t, b: {"data": b}),
                "schema",
                False,
                "must",
            ),
            (
                "array-envelope",
                "wrapped in an array",
                on_body(lambda t, b: [b]),
                "schema",
                False,
                "must",
            ),
            (
                "empty-object",
                "answered with an empty object",
                on_body(lambda t, b: {}),
                "schema",
                False,
                "must",
            ),
            ("null", "answered with null", on_body(lambda t, b: None), "schema", False, "must"),
            (
                "no-body",
                "answered with no body",
                setting_body(b"", None, ""),
                "schema",
                False,
                "must",
            ),
            (
                "error-inside",
                "answered as a success that carries an error",
                setting_body(b'{"error":"agent unavailable"}', None, ""),
                "schema",
                False,
                "must",
            ),
            (
                "html",
                "answered with a page",
                setting_body(b"<h1>Created</h1>", None, ""),
                "json",
                False,
                "must",
            ),
            (
                "trailing",
                "followed by more bytes",
                dressed(lambda b: b + b"\nOK"),
                "json",
                False,
                "must",
            ),
            (
                "guarded",
                "preceded by a guard against hijacking",
                dressed(lambda b: b")]}',\n" + b),
                "json",
                False,
                "must",
            ),
            (
                "single-quotes",
                "written with single quotes",
                dressed(lambda b: b.replace(b'"', b"'")),
                "json",
                False,
                "must",
            ),
            ("double-encoded", "encoded twice", dressed(as_text), "json", False, "must"),
            ("bad-utf8", "not UTF-8", dressed(opened(b'"note":"caf\xe9",')), "json", False, "must"),
            (
                "utf16",
                "encoded in UTF-16",
                dressed(lambda b: b.decode().encode("utf-16")),
                "json",
                False,
                "must",
            ),
            ("nan", "carries NaN", dressed(opened(b'"score":NaN,')), "json", False, "must"),
            (
                "duplicate-key",
                "carries a key twice",
                dressed(opened(b'"' + first + b'":"x",')),
                "json",
                False,
                "should",
            ),
            (
                "half",
                "cut in the middle, length and all",
                dressed(lambda b: b[: len(b) // 2]),
                "json",
                False,
                "must",
            ),
            (
                "cut",
                "cut in the middle of the connection",
                wire("cut", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            (
                "short",
                "shorter than its Content-Length",
                wire("short", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            (
                "long",
                "longer than its Content-Length",
                wire("long", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            (
                "bad-chunk",
                "badly chunked",
                wire("bad-chunk", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            (
                "two-lengths",
                "given two lengths",
                wire("two-lengths", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            (
                "false-gzip",
                "labelled gzip though it is not",
                setting_header("content-encoding", "gzip", ""),
                "framing",
                False,
                "must",
            ),
            (
                "stalls",
                "never finished",
                wire("stall", lambda r: True, ""),
                "framing",
                True,
                "must",
            ),
            ("dropped", "dropped", wire("drop", lambda r: True, ""), "answers", True, "must"),
        ]
        for flaw, description, apply, clause, raw, severity in rows:
            yield Defect(
                f"success-{flaw}",
                vendor,
                f"a created chat is {description}",
                apply,
                (valid(vendor),),
                raw=raw,
                breaks=f"response/{ok}/{clause}",
                severity=severity,
            )
        yield Defect(
            "error-type-html",
            vendor,
            "errors are labelled text/html",
            setting_header("content-type", "text/html", "auth|schema|syntax|resource"),
            (wrong_key(vendor),),
            breaks="response/4xx/content-type",
            severity="should" if vendor == "openwebui" else "must",
        )


DEFECTS: list[Defect] = [*ids(), *documents()]
