"""Honest oddities: servers that differ from the reference and break nothing."""

from __future__ import annotations

import gzip
import uuid
from collections.abc import Callable
from typing import Any

from .kit import (
    RESOURCE,
    Call,
    on_reply,
    setting,
    sometimes,
)
from .model import (
    Refusal,
    Reply,
    Request,
    Service,
    Turn,
    depth,
    dumps,
    is_json,
    random_id,
    texts,
)

Apply = Callable[[Service], None]
Row = tuple[str, str, Apply, tuple[Call, ...], bool]
ERRORS = "auth|schema|syntax|resource|media|method|path|size|crash"


def always(request: Request) -> bool:
    """Hold for every request."""
    return True


def extra_headers(service: Service) -> None:
    """Send the headers that gateways add."""

    def change(_: Request, reply: Reply) -> None:
        reply.headers += [
            ("x-request-id", str(uuid.uuid4())),
            ("server-timing", "db;dur=3.1, app;dur=7.9"),
            ("strict-transport-security", "max-age=63072000"),
            ("cache-control", "no-store"),
            ("vary", "Origin"),
            ("alt-svc", 'h3=":443"; ma=86400'),
            ("cf-ray", "8f1b2c3d4e5f6a7b-FRA"),
        ]

    on_reply(change)(service)


def cookies(service: Service) -> None:
    """Set two cookies each time."""

    def change(_: Request, reply: Reply) -> None:
        reply.headers += [
            ("set-cookie", f"sid={random_id(16)}; Path=/; HttpOnly; Secure"),
            ("set-cookie", "lb=node-3; Path=/"),
        ]

    on_reply(change)(service)


def header_case(style: Callable[[str], str]) -> Apply:
    """Write header names in another case."""

    def change(_: Request, reply: Reply) -> None:
        reply.headers = [(style(name), value) for name, value in reply.headers]

    return on_reply(change)


def zipped(service: Service) -> None:
    """Compress for whoever accepts it."""

    def change(request: Request, reply: Reply) -> None:
        if "gzip" in (request.header("accept-encoding") or "") and reply.body:
            reply.body = gzip.compress(reply.body)
            reply.set("content-encoding", "gzip")
            reply.set("vary", "Accept-Encoding")

    on_reply(change)(service)


def slow(seconds: float, first_only: bool = False) -> Apply:
    """Take some time."""

    def apply(service: Service) -> None:
        served = 0

        def late(request: Request, reply: Reply) -> Reply:
            nonlocal served
            served += 1
            if served == 1 or not first_only:
                reply.delay = seconds
            return reply

        service.after.append(late)

    return apply


def chunked(service: Service) -> None:
    """Send bodies in small chunks."""

    def change(_: Request, reply: Reply) -> None:
        reply.chunked = reply.status != 204 and bool(reply.body)

    on_reply(change)(service)


def backwards(value: Any) -> Any:
    """Reverse the order of members."""
    if isinstance(value, dict):
        return {key: backwards(value[key]) for key in reversed(value)}
    return list(map(backwards, value)) if isinstance(value, list) else value


def encoded(**options: Any) -> Apply:
    """Write JSON in another style."""

    def write(value: Any) -> bytes:
        try:
            return dumps(value, **options).encode()
        except UnicodeEncodeError:
            return dumps(value, **{**options, "ascii": True}).encode()

    return setting(encode=write)


def escaped_slashes(service: Service) -> None:
    """Escape slashes, some letters, and all that is not ASCII."""

    def write(value: Any) -> bytes:
        text = dumps(value, ascii=True)
        return text.replace("/", "\\/").replace("h", "\\u0068").encode()

    service.encode = write


def padded(service: Service) -> None:
    """Put white space around documents."""
    encode = service.encode
    service.encode = lambda value: b"\r\n  " + encode(value) + b"\n\n"


def reversed_keys(service: Service) -> None:
    """Write members in reverse order."""
    encode = service.encode
    service.encode = lambda value: encode(backwards(value))


def ordered(*names: str) -> Apply:
    """Check things in another order."""
    return lambda service: setattr(service, "steps", [getattr(service, n) for n in names])


def resource_first(service: Service) -> None:
    """Look resources up before anything but syntax and credentials."""
    find = service.find

    def step(turn: Turn) -> None:
        payload = turn.payload if isinstance(turn.payload, dict) else {}
        turn.values.update(payload)
        name = RESOURCE.get(service.vendor)
        if name is None or isinstance(payload.get(name), str):
            find(turn)

    service.steps = [service.authenticate, service.weigh, service.parse, step, service.validate]


def paused(status: int, every: int) -> Apply:
    """Ask to come back later, now and then."""

    def apply(service: Service) -> None:
        seen = 0

        def hook(request: Request) -> Reply | None:
            nonlocal seen
            seen += 1
            if seen % every:
                return None
            reply = service.refuse(request, Refusal("pause", "Try again later"))
            reply.set("retry-after", "1")
            return reply

        service.statuses["pause"] = status
        service.before.append(hook)

    return apply


def cut_off(how: str, every: int) -> Apply:
    """Lose a connection, now and then."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        reply.wire = how

    return sometimes(every, change, "*")


def shaped_errors(change: Callable[[Any], Any], kinds: str = ERRORS) -> Apply:
    """Change what error bodies look like."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        return change(body) if refusal.kind in kinds.split("|") else body

    return lambda service: service.error_shapes.append(shape)


def codes(**kinds: int) -> Apply:
    """Answer kinds of refusals with other statuses."""
    return lambda service: service.statuses.update(kinds)


def early(*methods: str, status: int, body: bytes = b"", headers: Any = ()) -> Apply:
    """Answer some methods on the documented path in another way."""

    def apply(service: Service) -> None:
        def hook(request: Request) -> Reply | None:
            if request.method not in methods:
                return None
            return Reply(status, [("content-type", "application/json"), *headers], body, "method")

        service.before.append(hook)

    return apply


def strict_text(test: Callable[[str], bool]) -> Apply:
    """Refuse strings that databases cannot hold."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if any(map(test, texts(turn.payload))):
                raise Refusal("schema", "Text holds characters that cannot be stored")

        service.insert(step, before="validate")

    return apply


def shallow(service: Service) -> None:
    """Refuse documents nested in more than 32 levels."""

    def step(turn: Turn) -> None:
        if depth(turn.payload) > 32:
            raise Refusal("syntax", "Nested too deeply")

    service.insert(step, before="validate")


def lenient_media(service: Service) -> None:
    """Look into the body when no media type is named."""
    service.media = lambda value: value is None or is_json(value)


def with_bom(service: Service) -> None:
    """Tolerate a byte order mark."""
    service.decode = lambda data: data.decode("utf-8-sig")


def identified(make: Callable[[], Any]) -> Apply:
    """Make ids of another shape."""
    return setting(make_id=lambda turn: make())


def page(_: Request, reply: Reply) -> None:
    """Answer with a page."""
    reply.body = b"<!doctype html><title>404</title>"
    reply.set("content-type", "text/html")
