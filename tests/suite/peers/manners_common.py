"""Honest oddities that any vendor may have."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

from .kit import (
    PATHS,
    anonymous,
    invalid,
    on_body,
    on_reply,
    placed,
    setting,
    setting_header,
    spoken,
    unknown,
    valid,
    wire,
    wrong_key,
)
from .manners import (
    Row,
    always,
    chunked,
    codes,
    cookies,
    cut_off,
    early,
    encoded,
    escaped_slashes,
    extra_headers,
    header_case,
    identified,
    lenient_media,
    ordered,
    padded,
    page,
    paused,
    resource_first,
    reversed_keys,
    shallow,
    shaped_errors,
    slow,
    strict_text,
    with_bom,
    zipped,
)
from .model import (
    random_id,
)


def common(vendor: str) -> Iterator[Row]:
    """Yield what any vendor's server may do."""
    good, bad = valid(vendor), invalid(vendor)
    both = (good, bad)
    text = {"sigmamind": "message", "polyai": "error_message"}.get(vendor, "detail")
    huge = spoken(vendor, "a" * 1_500_000) if vendor != "sigmamind" else placed(vendor, "note", "a" * 1_500_000)
    listing = json.dumps({"items": [], "total": 0}).encode()
    yield (
        "extra-fields",
        "answers carry fields that the page does not list",
        on_body(
            lambda t, b: {
                **b,
                "object": "chat",
                "links": {"self": "/x"},
                "version": 2,
                "debug": None,
            }
        ),
        (good,),
        False,
    )
    yield "extra-headers", "a gateway adds headers", extra_headers, both, False
    yield "cookies", "cookies are set", cookies, both, False
    yield (
        "charset",
        "the charset is named",
        setting_header("content-type", "application/json; charset=utf-8"),
        both,
        False,
    )
    yield (
        "charset-loud",
        "the media type comes in capitals, its charset in quotes",
        setting_header("content-type", 'Application/JSON;Charset="UTF-8"'),
        both,
        False,
    )
    yield "header-capitals", "header names come in capitals", header_case(str.upper), both, True
    yield "header-titles", "header names come in title case", header_case(str.title), both, True
    yield "chunked", "bodies come in chunks", chunked, both, False
    yield "trailers", "chunked bodies end in trailers", wire("trailers", always), both, True
    yield "dribble", "replies come a few bytes at a time", wire("dribble", always), both, True
    yield "gzip", "bodies are compressed when accepted", zipped, both, False
    yield "latency", "every reply takes 50 ms", slow(0.05), both, False
    yield "cold-start", "the first reply takes a second", slow(1.0, True), both, False
    yield (
        "connection-close",
        "every connection is closed",
        setting_header("connection", "close"),
        both,
        False,
    )
    yield (
        "close-delimited",
        "HTTP/1.0 replies end with the connection",
        wire("close-delimited", always),
        both,
        True,
    )
    yield ("early-hints", "an interim reply comes first", wire("early-hints", always), both, True)
    if vendor != "agencii":
        yield "reversed-keys", "members come in reverse order", reversed_keys, both, False
    yield "pretty", "documents are indented", encoded(indent=2), both, False
    yield (
        "escapes",
        "documents are written in ASCII, slashes escaped",
        escaped_slashes,
        (spoken(vendor, "caf\u00e9/\U0001f600"), bad),
        False,
    )
    yield "padded", "white space surrounds documents", padded, both, False
    yield (
        "body-first",
        "the body is checked before the credentials",
        ordered("weigh", "parse", "validate", "authenticate", "find"),
        (bad.header(wrong_key(vendor).headers[-1][0]), anonymous(vendor).raw(b"[]")),
        False,
    )
    yield (
        "all-first",
        "everything is checked before the credentials",
        ordered("weigh", "parse", "validate", "find", "authenticate"),
        (anonymous(vendor).raw(b"[]"),),
        False,
    )
    yield (
        "media-first",
        "the media type is checked before the credentials",
        ordered("weigh", "authenticate", "parse", "validate", "find"),
        (anonymous(vendor).header("Content-Type", "text/plain"),),
        False,
    )
    mixed = (
        unknown(vendor).raw(b"[]")
        if vendor == "polyai"
        else unknown(vendor).put(**{"sigmamind": {"input": 5}, "openwebui": {"chat": 5}}.get(vendor, {"x": 1}))
    )
    if vendor != "agencii":
        yield (
            "resource-first",
            "resources are looked up before the fields are checked",
            resource_first,
            (mixed,),
            False,
        )
    yield (
        "pause-429",
        "each 15th request is asked to wait",
        paused(429, 15),
        (good.repeat(16),),
        False,
    )
    yield (
        "pause-503",
        "each 25th request meets a restart",
        paused(503, 25),
        (good.repeat(26),),
        False,
    )
    yield (
        "reset-20th",
        "each 20th connection is reset",
        cut_off("reset", 20),
        (good.repeat(21),),
        True,
    )
    yield (
        "drop-30th",
        "each 30th connection is closed early",
        cut_off("drop", 30),
        (good.repeat(31),),
        True,
    )
    yield (
        "id-uuid",
        "ids are upper-case UUIDs",
        identified(lambda: str(uuid.uuid4()).upper()),
        (good,),
        False,
    )
    yield (
        "id-digits",
        "ids are strings of digits",
        identified(lambda: str(time.time_ns())),
        (good,),
        False,
    )
    yield "id-long", "ids have 300 characters", identified(lambda: random_id(300)), (good,), False
    yield (
        "id-odd",
        "ids have punctuation and letters beyond ASCII",
        identified(lambda: f"ch\u00e4t:{random_id(10)}/~=+"),
        (good,),
        False,
    )
    yield (
        "method-404",
        "other methods are not found",
        codes(method=404),
        (good.verb("GET"), good.verb("PUT")),
        False,
    )
    yield (
        "method-list",
        "GET lists chats",
        early("GET", status=200, body=listing),
        (good.verb("GET"),),
        False,
    )
    yield (
        "method-array",
        "GET answers an empty array",
        early("GET", status=200, body=b"[]"),
        (good.verb("GET"),),
        False,
    )
    yield (
        "method-options",
        "HEAD and OPTIONS are handled",
        early("HEAD", "OPTIONS", status=200, headers=[("allow", "GET, HEAD, POST, OPTIONS")]),
        (good.verb("OPTIONS"), good.verb("HEAD")),
        False,
    )
    yield (
        "method-cors",
        "OPTIONS answers a preflight",
        early(
            "OPTIONS",
            status=204,
            headers=[("access-control-allow-origin", "*"), ("allow", "POST, OPTIONS")],
        ),
        (good.verb("OPTIONS"),),
        False,
    )
    yield (
        "allow-more",
        "Allow lists several methods",
        setting(allow="POST, OPTIONS, HEAD"),
        (good.verb("GET"),),
        False,
    )
    yield (
        "media-400",
        "a wrong media type is a bad request",
        codes(media=422 if vendor == "openwebui" else 400),
        (good.header("Content-Type", "text/plain"),),
        False,
    )
    yield (
        "media-unnamed",
        "a body without a media type is taken for JSON",
        lenient_media,
        (good.header("Content-Type"),),
        False,
    )
    yield (
        "bom-tolerated",
        "a byte order mark is tolerated",
        with_bom,
        (good.raw(b"\xef\xbb\xbf" + (good.body or b"")),),
        False,
    )
    yield (
        "small-limit",
        "bodies of more than a megabyte are too large",
        setting(largest=1_000_000),
        (huge,),
        False,
    )
    yield (
        "shallow",
        "documents of more than 32 levels are refused",
        shallow,
        (placed(vendor, "deep", json.loads("[" * 40 + "]" * 40)),),
        False,
    )
    yield (
        "no-surrogates",
        "lone surrogates are refused",
        strict_text(lambda s: any("\ud800" <= c <= "\udfff" for c in s)),
        (spoken(vendor, "a\ud800"),),
        False,
    )
    yield (
        "no-nul",
        "U+0000 is refused",
        strict_text(lambda s: "\0" in s),
        (spoken(vendor, "a\0"),),
        False,
    )
    yield (
        "error-extra",
        "errors carry more fields",
        shaped_errors(lambda b: {**b, "code": "E-17", "requestId": random_id(8), "docs": None}),
        (bad,),
        False,
    )
    yield (
        "error-empty",
        "errors are empty objects",
        shaped_errors(lambda b: {}),
        (bad, wrong_key(vendor)),
        False,
    )
    yield (
        "error-foreign",
        "messages are written in another language",
        shaped_errors(lambda b: {**b, text: "Ung\u00fcltige Anfrage \u2013 bitte pr\u00fcfen"}),
        (bad,),
        False,
    )
    yield (
        "error-blank",
        "messages are empty",
        shaped_errors(lambda b: {**b, text: ""}),
        (bad,),
        False,
    )
    yield (
        "challenge",
        "a 401 carries a longer challenge",
        setting(challenge='Bearer realm="api", error="invalid_token", scope="chat"'),
        (wrong_key(vendor),),
        False,
    )
    yield (
        "path-html",
        "other paths are answered with a page",
        on_reply(page, "path"),
        (good.at(PATHS[vendor] + "x"),),
        False,
    )
