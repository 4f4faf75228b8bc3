"""Manners of HTTP: headers, codings, connections, latency."""

from __future__ import annotations

import gzip
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace

from chatcert.mock.call import Call, Headers, Reply
from chatcert.mock.manners.manner_draft import MannerDraft
from chatcert.mock.manners.variations import AnswerEdit, Manner

_PARTICULAR = (
    ("chunks-411", "transfer-encoding", "chunked", 411),
    ("expect-417", "expect", "100-continue", 417),
    ("accept-406", "accept", ";q=", 406),
)
"""Refusals that HTTP permits: name, header, a part of its value, and the status."""
LARGE_HEADERS = 4096
"""Bytes of names and values."""
_HTML = (b"content-type", b"text/html; charset=utf-8")
_PAGE = b"<!doctype html><title>Chats</title><p>See the documentation.</p>"
SECONDS = 0.05
PIECES = 5

_COOKIES: Headers = [
    (b"set-cookie", b"session=c2Vzc2lvbg; Path=/; HttpOnly; SameSite=Lax"),
    (b"set-cookie", b"route=7f3a; Expires=Fri, 31 Dec 2100 23:59:59 GMT; Path=/"),
]
_CROSS_ORIGIN: Headers = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-headers", b"*"),
    (b"access-control-max-age", b"600"),
]


def http_form_manners(draft: MannerDraft) -> Iterator[Manner]:
    """Yield the manners that leave status and body as they are."""
    text = (
        "slashes are joined, dots and parameters of a path left out, and X-Original-URL is read; credentials are needed"
    )
    yield draft.make("lenient-paths", text, reroutings=(_read_leniently,))
    text = "each path at which nothing is served gets the page of an application, with status 200"
    yield draft.make("page-elsewhere", text, pages=(Reply(200, _PAGE, [_HTML]),))
    yield draft.make("cookies", "every answer sets two cookies", answers=(_adding(_COOKIES),))
    yield draft.make(
        "extra-headers", "every answer carries headers of gateways and frameworks", answers=(_gateway(draft),)
    )
    yield draft.make("charset", "the media type of answers has a charset parameter", answers=(_with_charset,))
    yield draft.make("media-type-case", "the media type of answers is in capitals", answers=(_in_capitals,))
    yield draft.make("header-case", "header names are in an odd case", spellings=(_odd,))
    yield draft.make("challenge", "answers of status 401 carry one more WWW-Authenticate", answers=(_challenge(draft),))
    yield draft.make("options", "OPTIONS is answered with 204 and Allow", answers=(_options(draft),))
    yield draft.make("gzip", "answers are compressed for whoever accepts it", answers=(_zipped,))
    yield draft.make("chunked", "answers are sent in chunks, without a Content-Length", pieces=(PIECES,))
    yield draft.make("latency", "every answer takes 50 ms", delays=(SECONDS,))
    for name, header, shows, status in _PARTICULAR:
        text = f"a request whose {header} is unusual is refused with {status}"
        yield draft.make(name, text, answers=(_particular(header, shows, status),))
    text = "whoever takes pages alone gets a page about the chat that was created"
    yield draft.make("browsable", text, answers=(_as_page,))
    text = "a media type or a credential that comes twice is refused with 400"
    yield draft.make("repeated-headers-400", text, answers=(_unambiguous(draft),))
    text = f"headers of more than {LARGE_HEADERS} bytes are refused with 431 and a page of the gateway"
    yield draft.make("large-headers-431", text, answers=(_bounded,))
    yield draft.make("errors-close", "every error closes its connection", answers=(_closing,))
    yield draft.make(
        "connection-close", "every answer closes its connection", answers=(_adding([(b"connection", b"close")]),)
    )


def _particular(header: str, shows: str, status: int) -> AnswerEdit:
    """Return an edit that refuses what is framed in another way, as HTTP permits."""
    json = (b"content-type", b"application/json")

    def edit(call: Call, reply: Reply) -> Reply:
        if shows not in (call.header(header) or ""):
            return reply
        return Reply(status, b'{"detail": "not framed like this"}', [json])

    return edit


def _as_page(call: Call, reply: Reply) -> Reply:
    """Answer in the only media type that is taken (RFC 9110 section 12.5.1)."""
    is_page = call.header("accept") == "text/html" and reply.status < 300
    return Reply(reply.status, _PAGE, [_HTML]) if is_page else reply


def _unambiguous(draft: MannerDraft) -> AnswerEdit:
    names = ["content-type", *(credential.name for credential in draft.contract.credentials)]

    def edit(call: Call, reply: Reply) -> Reply:
        if all(len(call.header_values(name)) < 2 for name in names):
            return reply
        return Reply(400, b'{"detail": "a header stands there twice"}', [(b"content-type", b"application/json")])

    return edit


def _bounded(call: Call, reply: Reply) -> Reply:
    size = sum(len(name) + len(value) for name, value in call.headers)
    return Reply(431, _PAGE, [_HTML]) if size > LARGE_HEADERS else reply


def _closing(call: Call, reply: Reply) -> Reply:
    return replace(reply, headers=[*reply.headers, (b"connection", b"close")]) if reply.status >= 400 else reply


def _read_leniently(path: str, headers: Headers) -> str | None:
    original = next((value.decode("latin-1") for name, value in headers if name == b"x-original-url"), path)
    usual = re.sub("/{2,}", "/", re.sub(";[^/]*", "", original).replace("/./", "/")).rstrip("/")
    return usual if usual != path else None


def _adding(headers: Headers) -> AnswerEdit:
    return lambda call, reply: replace(reply, headers=[*reply.headers, *headers])


def _gateway(draft: MannerDraft) -> AnswerEdit:
    headers = [header for answer in draft.contract.answers for header in answer.headers]
    documented = {header.name.lower().encode("latin-1", "replace") for header in headers}

    def edit(call: Call, reply: Reply) -> Reply:
        more = [header for header in _gateway_headers() if header[0] not in documented]
        return replace(reply, headers=[*reply.headers, *more])

    return edit


def _gateway_headers() -> Headers:
    return [
        (b"server-timing", b'app;dur=3.2, db;desc="reads";dur=1.1'),
        (b"x-request-id", str(uuid.uuid4()).encode()),
        (b"x-powered-by", b"Express"),
        (b"x-ratelimit-limit", b"600"),
        (b"x-ratelimit-remaining", b"599"),
        (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
        (b"cache-control", b"no-store"),
        (b"via", b"1.1 gateway"),
        (b"x-empty", b""),
    ]


def _with_charset(call: Call, reply: Reply) -> Reply:
    return _retyped(reply, lambda value: value if b"charset" in value.lower() else value + b"; charset=utf-8")


def _in_capitals(call: Call, reply: Reply) -> Reply:
    def capital(value: bytes) -> bytes:
        media_type, mark, parameters = value.partition(b";")
        return media_type.title().replace(b"Json", b"JSON") + mark + parameters

    return _retyped(reply, capital)


def _retyped(reply: Reply, change: Callable[[bytes], bytes]) -> Reply:
    headers = [(name, change(value) if name == b"content-type" else value) for name, value in reply.headers]
    return replace(reply, headers=headers)


def _odd(name: bytes) -> bytes:
    """``content-type`` as ``cOnTeNt-tYpE``."""
    return bytes(letter ^ 0x20 if index % 2 and chr(letter).isalpha() else letter for index, letter in enumerate(name))


def _challenge(draft: MannerDraft) -> AnswerEdit:
    header = (b"www-authenticate", b'Token realm="' + draft.contract.vendor.encode() + b'"')
    return lambda call, reply: replace(reply, headers=[*reply.headers, header]) if reply.status == 401 else reply


def _options(draft: MannerDraft) -> AnswerEdit:
    allow = (b"allow", draft.contract.method.encode() + b", OPTIONS")
    methods = (b"access-control-allow-methods", draft.contract.method.encode())

    def edit(call: Call, reply: Reply) -> Reply:
        if call.method != "OPTIONS" or reply.status not in (404, 405):
            return reply
        return Reply(204, b"", [allow, methods, *_CROSS_ORIGIN])

    return edit


def _zipped(call: Call, reply: Reply) -> Reply:
    if not reply.body or not _accepts_gzip(call):
        return reply
    headers = [*reply.headers, (b"content-encoding", b"gzip"), (b"vary", b"Accept-Encoding")]
    return replace(reply, body=gzip.compress(reply.body, mtime=0), headers=headers)


def _accepts_gzip(call: Call) -> bool:
    """Return whether a client accepts gzip (RFC 9110 section 12.5.3); without the header, it does not."""
    for part in ",".join(call.header_values("accept-encoding")).lower().split(","):
        coding, _, weight = part.partition(";")
        if coding.strip() in ("gzip", "x-gzip", "*"):
            return weight.strip().replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False
