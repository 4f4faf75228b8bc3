"""What backends are made of that go wrong: overlapping requests, releases side by side, columns that are too short."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from .incidents import Apply, replace_step
from .model import Refusal, Reply, Request, Service, Turn

Change = Callable[[Any], Any]


def rewritten(reply: Reply, change: Change) -> None:
    """Change the JSON body of a reply."""
    reply.body = json.dumps(change(json.loads(reply.body))).encode()


def overlapping(change: Change, seconds: float = 0.015) -> Apply:
    """Change successes that are made while another one is."""

    def apply(service: Service) -> None:
        under_way = 0

        def after(request: Request, reply: Reply) -> None:
            nonlocal under_way
            if reply.kind:
                return
            met, under_way = under_way > 0, under_way + 1
            reply.delay = seconds

            def finish() -> None:
                nonlocal under_way
                under_way -= 1
                if met:
                    rewritten(reply, change)

            reply.finish = finish

        service.after.append(after)

    return apply


def found_if(known: Callable[[Turn], bool]) -> Apply:
    """Find what the request refers to in more cases."""

    def apply(service: Service) -> None:
        strict = service.find

        def find(turn: Turn) -> None:
            if not known(turn):
                strict(turn)

        replace_step(service, "find", find)

    return apply


def missing_as(kind: str, message: str) -> Apply:
    """Refuse what is not found in another way."""

    def apply(service: Service) -> None:
        strict = service.find

        def find(turn: Turn) -> None:
            try:
                strict(turn)
            except Refusal:
                raise Refusal(kind, message) from None

        replace_step(service, "find", find)

    return apply


def guarded_by(test: Callable[[Request], bool]) -> Apply:
    """Ask more of credentials."""

    def apply(service: Service) -> None:
        strict = service.authenticate

        def authenticate(turn: Turn) -> None:
            strict(turn)
            if not test(turn.request):
                raise Refusal("auth", "Missing or invalid credentials")

        replace_step(service, "authenticate", authenticate)

    return apply


def share(request: Request, parts: int) -> bool:
    """Pick one request in so many, by its body."""
    return hashlib.sha256(request.body).digest()[0] % parts == 0
