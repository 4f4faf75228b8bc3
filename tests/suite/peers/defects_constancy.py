"""Defects of constancy: services that are right most of the time."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    ALL,
    ID,
    OK,
    Call,
    Defect,
    sometimes,
    valid,
)
from .model import Reply, Request, Service

Apply = Callable[[Service], None]


def broken(code: int) -> Callable[[Service, Request, Reply], None]:
    """Fail with a status and the vendor's own error body."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        key = {"sigmamind": "message", "polyai": "error_message"}.get(service.vendor, "detail")
        other = service.reply(code, {key: "Unexpected server error"})
        reply.status, reply.headers, reply.body = code, other.headers, other.body

    return change


def replaced(shape: Callable[[Any], Any]) -> Callable[[Service, Request, Reply], None]:
    """Rewrite the document of a reply."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        reply.body = service.encode(shape(json.loads(reply.body)))

    return change


def dropping(name: str) -> Callable[[Any], Any]:
    """Leave a member out."""
    return lambda value: {k: v for k, v in value.items() if k != name}


def numbering(name: str) -> Callable[[Any], Any]:
    """Put a number for a member."""
    return lambda value: {**value, name: 7}


def other_success(service: Service, request: Request, reply: Reply) -> None:
    """Swap 200 and 201."""
    reply.status = 201 if reply.status == 200 else 200


def served(service: Service, request: Request, reply: Reply) -> None:
    """Let an invalid body pass as a created chat."""
    call = valid(service.vendor)
    example = Request("POST", call.path, "", list(call.headers), call.body or b"")
    good = service(example)
    reply.status, reply.headers, reply.body = good.status, good.headers, good.body


def inconstant() -> Iterator[Defect]:
    """Yield services that are right most of the time."""
    for vendor in ALL:
        name, ok = ID[vendor], OK[vendor]
        many = (valid(vendor).repeat(21),)
        bad = (valid(vendor).raw(b"[]").repeat(21),)
        rows: list[tuple[str, str, Apply, tuple[Call, ...], str, str]] = [
            (
                "tenth-500",
                "each tenth chat is a 500",
                sometimes(10, broken(500)),
                many,
                "robustness/no-5xx",
                "must",
            ),
            (
                "twentieth-500",
                "each twentieth chat is a 500",
                sometimes(20, broken(500)),
                many,
                "robustness/no-5xx",
                "must",
            ),
            (
                "tenth-status",
                "each tenth chat has another status",
                sometimes(10, other_success),
                many,
                f"response/{ok}/status",
                "must",
            ),
            (
                "tenth-401",
                "each tenth chat is refused with good credentials",
                sometimes(10, broken(401)),
                many,
                f"response/{ok}/status",
                "must",
            ),
            (
                "tenth-400",
                "each tenth valid body is refused",
                sometimes(10, broken(400)),
                many,
                f"response/{ok}/status",
                "must",
            ),
            (
                "tenth-schema",
                "each tenth chat lacks its id",
                sometimes(10, replaced(dropping(name))),
                many,
                f"response/{ok}/{name}/required",
                "must",
            ),
            (
                "twentieth-type",
                "each twentieth chat has a number for its id",
                sometimes(20, replaced(numbering(name))),
                many,
                f"response/{ok}/{name}/type",
                "must",
            ),
            (
                "tenth-accepted",
                "each tenth invalid body gets a chat",
                sometimes(10, served, "schema"),
                bad,
                "request/body/type",
                "must",
            ),
        ]
        for flaw, description, apply, calls, clause, severity in rows:
            yield Defect(f"each-{flaw}", vendor, description, apply, calls, breaks=clause, severity=severity)


DEFECTS: list[Defect] = list(inconstant())
