"""Honest oddities: servers that differ from the reference and break nothing."""

from __future__ import annotations

import gzip
import json
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    PATHS,
    RESOURCE,
    Call,
    anonymous,
    invalid,
    on_body,
    on_reply,
    placed,
    setting,
    setting_header,
    sometimes,
    spoken,
    unknown,
    valid,
    wire,
    wrong_key,
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


def common(vendor: str) -> Iterator[Row]:
    """Yield what any vendor's server may do."""
    good, bad = valid(vendor), invalid(vendor)
    both = (good, bad)
    text = {"sigmamind": "message", "polyai": "error_message"}.get(vendor, "detail")
    huge = spoken(vendor, "a" * 1_500_000) if vendor != "sigmamind" else placed(
        vendor, "note", "a" * 1_500_000)
    listing = json.dumps({"items": [], "total": 0}).encode()
    yield ("extra-fields", "answers carry fields that the page does not list",
           on_body(lambda t, b: {**b, "object": "chat", "links": {"self": "/x"}, "version": 2,
                                 "debug": None}), (good,), False)
    yield "extra-headers", "a gateway adds headers", extra_headers, both, False
    yield "cookies", "cookies are set", cookies, both, False
    yield ("charset", "the charset is named",
           setting_header("content-type", "application/json; charset=utf-8"), both, False)
    yield ("charset-loud", "the media type comes in capitals, its charset in quotes",
           setting_header("content-type", 'Application/JSON;Charset="UTF-8"'), both, False)
    yield "header-capitals", "header names come in capitals", header_case(str.upper), both, True
    yield "header-titles", "header names come in title case", header_case(str.title), both, True
    yield "chunked", "bodies come in chunks", chunked, both, False
    yield "trailers", "chunked bodies end in trailers", wire("trailers", always), both, True
    yield "dribble", "replies come a few bytes at a time", wire("dribble", always), both, True
    yield "gzip", "bodies are compressed when accepted", zipped, both, False
    yield "latency", "every reply takes 50 ms", slow(0.05), both, False
    yield "cold-start", "the first reply takes a second", slow(1.0, True), both, False
    yield ("connection-close", "every connection is closed",
           setting_header("connection", "close"), both, False)
    yield ("close-delimited", "HTTP/1.0 replies end with the connection",
           wire("close-delimited", always), both, True)
    yield ("early-hints", "an interim reply comes first", wire("early-hints", always), both, True)
    if vendor != "agencii":
        yield "reversed-keys", "members come in reverse order", reversed_keys, both, False
    yield "pretty", "documents are indented", encoded(indent=2), both, False
    yield "escapes", "documents are written in ASCII, slashes escaped", escaped_slashes, (
        spoken(vendor, "caf\u00e9/\U0001f600"), bad), False
    yield "padded", "white space surrounds documents", padded, both, False
    yield ("body-first", "the body is checked before the credentials",
           ordered("weigh", "parse", "validate", "authenticate", "find"),
           (bad.header(wrong_key(vendor).headers[-1][0]), anonymous(vendor).raw(b"[]")), False)
    yield ("all-first", "everything is checked before the credentials",
           ordered("weigh", "parse", "validate", "find", "authenticate"),
           (anonymous(vendor).raw(b"[]"),), False)
    yield ("media-first", "the media type is checked before the credentials",
           ordered("weigh", "authenticate", "parse", "validate", "find"),
           (anonymous(vendor).header("Content-Type", "text/plain"),), False)
    mixed = unknown(vendor).raw(b"[]") if vendor == "polyai" else unknown(vendor).put(
        **{"sigmamind": {"input": 5}, "openwebui": {"chat": 5}}.get(vendor, {"x": 1}))
    if vendor != "agencii":
        yield ("resource-first", "resources are looked up before the fields are checked",
               resource_first, (mixed,), False)
    yield "pause-429", "each 15th request is asked to wait", paused(429, 15), (
        good.repeat(16),), False
    yield "pause-503", "each 25th request meets a restart", paused(503, 25), (
        good.repeat(26),), False
    yield "reset-20th", "each 20th connection is reset", cut_off("reset", 20), (
        good.repeat(21),), True
    yield "drop-30th", "each 30th connection is closed early", cut_off("drop", 30), (
        good.repeat(31),), True
    yield "id-uuid", "ids are upper-case UUIDs", identified(
        lambda: str(uuid.uuid4()).upper()), (good,), False
    yield "id-digits", "ids are strings of digits", identified(
        lambda: str(time.time_ns())), (good,), False
    yield "id-long", "ids have 300 characters", identified(lambda: random_id(300)), (good,), False
    yield "id-odd", "ids have punctuation and letters beyond ASCII", identified(
        lambda: f"ch\u00e4t:{random_id(10)}/~=+"), (good,), False
    yield "method-404", "other methods are not found", codes(method=404), (
        good.verb("GET"), good.verb("PUT")), False
    yield "method-list", "GET lists chats", early("GET", status=200, body=listing), (
        good.verb("GET"),), False
    yield "method-array", "GET answers an empty array", early("GET", status=200, body=b"[]"), (
        good.verb("GET"),), False
    yield ("method-options", "HEAD and OPTIONS are handled",
           early("HEAD", "OPTIONS", status=200, headers=[("allow", "GET, HEAD, POST, OPTIONS")]),
           (good.verb("OPTIONS"), good.verb("HEAD")), False)
    yield ("method-cors", "OPTIONS answers a preflight", early(
        "OPTIONS", status=204, headers=[("access-control-allow-origin", "*"),
                                        ("allow", "POST, OPTIONS")]),
           (good.verb("OPTIONS"),), False)
    yield ("allow-more", "Allow lists several methods", setting(allow="POST, OPTIONS, HEAD"), (
        good.verb("GET"),), False)
    yield "media-400", "a wrong media type is a bad request", codes(
        media=422 if vendor == "openwebui" else 400), (
        good.header("Content-Type", "text/plain"),), False
    yield "media-unnamed", "a body without a media type is taken for JSON", lenient_media, (
        good.header("Content-Type"),), False
    yield "bom-tolerated", "a byte order mark is tolerated", with_bom, (
        good.raw(b"\xef\xbb\xbf" + (good.body or b"")),), False
    yield "small-limit", "bodies of more than a megabyte are too large", setting(
        largest=1_000_000), (huge,), False
    yield "shallow", "documents of more than 32 levels are refused", shallow, (
        placed(vendor, "deep", json.loads("[" * 40 + "]" * 40)),), False
    yield "no-surrogates", "lone surrogates are refused", strict_text(
        lambda s: any("\ud800" <= c <= "\udfff" for c in s)), (
        spoken(vendor, "a\ud800"),), False
    yield "no-nul", "U+0000 is refused", strict_text(lambda s: "\0" in s), (
        spoken(vendor, "a\0"),), False
    yield "error-extra", "errors carry more fields", shaped_errors(
        lambda b: {**b, "code": "E-17", "requestId": random_id(8), "docs": None}), (bad,), False
    yield "error-empty", "errors are empty objects", shaped_errors(lambda b: {}), (
        bad, wrong_key(vendor)), False
    yield "error-foreign", "messages are written in another language", shaped_errors(
        lambda b: {**b, text: "Ung\u00fcltige Anfrage \u2013 bitte pr\u00fcfen"}), (bad,), False
    yield "error-blank", "messages are empty", shaped_errors(lambda b: {**b, text: ""}), (
        bad,), False
    yield ("challenge", "a 401 carries a longer challenge",
           setting(challenge='Bearer realm="api", error="invalid_token", scope="chat"'),
           (wrong_key(vendor),), False)
    yield "path-html", "other paths are answered with a page", on_reply(page, "path"), (
        good.at(PATHS[vendor] + "x"),), False


def page(_: Request, reply: Reply) -> None:
    """Answer with a page."""
    reply.body = b"<!doctype html><title>404</title>"
    reply.set("content-type", "text/html")
