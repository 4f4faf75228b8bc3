"""What answers hold, as ``bench/features.py`` tries it: headers, media types, streams, links."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from feature import ALL, JSON, NEWEST, OBJECT, THREE, Feature, operation_document
from feature_server import Reply, Request, Server, json_body, refused, reply

_ID: Mapping[str, Any] = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string", "maxLength": 9}},
}


def _answering(answer: Reply | Callable[[Request], Reply], status: int = 400, refusal: Reply | None = None) -> Server:
    """Return a server that gives one answer to each object, or one refusal to all else."""

    def serve(request: Request) -> Reply:
        if request.method != "POST":
            return refused(405, Allow="POST")
        try:
            json_body(request)
        except ValueError:
            return refused(status) if refusal is None else refusal
        return answer(request) if callable(answer) else answer

    return serve


def _feature(
    name: str,
    document: Callable[[str], Mapping[str, Any]],
    honest: Server,
    wrong: Sequence[Server],
    answers: str,
    dialects: frozenset[str] = ALL,
) -> Feature:
    """Return how an answer is tried: rows of success need a valid request, and rows of errors one that is none."""
    return Feature(
        name,
        document,
        honest,
        wrong=wrong,
        accepts=("accepts/required-only", "request/json/garbage", "protocol/method/PUT"),
        answers=(answers,),
        dialects=dialects,
    )


def _header(dialect: str, schema: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    return {**schema, **members} if dialect == "2.0" else {"schema": schema, **members}


def _headed(
    name: str,
    schema: Mapping[str, Any],
    right: str,
    wrong: Sequence[str],
    end: str,
    dialects: frozenset[str] = ALL,
    **members: Any,
) -> Feature:
    """Return how the header ``X-V`` of a success is tried: a right value, and wrong ones."""

    def document(dialect: str) -> dict[str, Any]:
        headers = {"X-V": _header(dialect, schema, **members)}
        return operation_document(dialect, answer={"headers": headers, "content": {JSON: {"schema": OBJECT}}})

    servers = [_answering(reply({}, X_V=text)) for text in wrong] or [_answering(reply({}))]
    return _feature(
        name, document, _answering(reply({}, X_V=right)), servers, f"response/200/header/X-V/{end}", dialects
    )


_LIST = {"type": "array", "items": {"type": "integer", "maximum": 9}, "maxItems": 2}
_RECORD = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer", "maximum": 9}}}


def _headed_refusal(dialect: str) -> dict[str, Any]:
    headers = {"X-V": _header(dialect, {"type": "integer", "maximum": 9})}
    return operation_document(dialect, refusals={"400": {"description": "no", "headers": headers}})


def _with_json_header(dialect: str) -> dict[str, Any]:
    headers = {"X-V": {"content": {JSON: {"schema": _RECORD}}}}
    return operation_document(dialect, answer={"headers": headers, "content": {JSON: {"schema": OBJECT}}})


def _plain(dialect: str) -> dict[str, Any]:
    return operation_document(dialect)


def _without_allow(request: Request) -> Reply:
    return refused(405) if request.method != "POST" else _answering(reply({}))(request)


HEADERS = (
    _headed("response header, required", {"type": "string"}, "x", (), "required", THREE, required=True),
    _headed("response header, type", {"type": "integer"}, "5", ("five", "5.5"), "type"),
    _headed("response header, maximum", {"type": "integer", "maximum": 9}, "9", ("10",), "maximum"),
    _headed("response header, enum", {"type": "string", "enum": ["a", "b"]}, "b", ("c", "A"), "enum"),
    _headed("response header, pattern", {"type": "string", "pattern": "^[a-c]+$"}, "abc", ("abd",), "pattern"),
    _headed(
        "response header, format",
        {"type": "string", "format": "uuid"},
        "0b1ac8a6-6b44-4d2f-8b19-7b2b2c7c2e11",
        ("7",),
        "format",
    ),
    _headed("response header, array", _LIST, "1,9", ("1,2,3",), "maxItems"),
    _headed("response header, items of an array", _LIST, "1, 9", ("1,10",), r"\*/maximum"),
    _headed("response header, object", _RECORD, "a,9", ("a,10",), "a/maximum", THREE),
    _headed("response header, object, explode", _RECORD, "a=9", ("a=10",), "a/maximum", THREE, explode=True),
    _feature(
        "response header, content of JSON",
        _with_json_header,
        _answering(reply({}, X_V='{"a": 9}')),
        (_answering(reply({}, X_V='{"a": 10}')), _answering(reply({}, X_V="a"))),
        "response/200/header/X-V/.*",
        THREE,
    ),
    _feature(
        "response header of an error",
        _headed_refusal,
        _answering(reply({}), refusal=refused(400, X_V="9")),
        (_answering(reply({}), refusal=refused(400, X_V="10")),),
        "response/400/header/X-V/maximum",
    ),
    _feature(
        "Location",
        _plain,
        _answering(reply({}, Location="/chats/1")),
        (_answering(reply({}, Location="<here>")), _answering(reply({}, Location="a b"))),
        "response/any/header-form",
    ),
    _feature(
        "Retry-After",
        _plain,
        _answering(reply({}, Retry_After="120")),
        (_answering(reply({}, Retry_After="soon")), _answering(reply({}, Retry_After="-1"))),
        "response/any/header-form",
    ),
    _feature("Allow", _plain, _answering(reply({})), (_without_allow,), "protocol/allow"),
)


def _body(
    name: str, right: Reply, wrong: Sequence[Reply], answer: Mapping[str, Any], answers: str, **more: Any
) -> Feature:
    """Return how the body of a success is tried."""

    def document(dialect: str) -> dict[str, Any]:
        return operation_document(dialect, answer=answer)

    servers = [_answering(one) for one in wrong]
    return _feature(name, document, _answering(right), servers, answers, more.get("dialects", ALL))


_CHAT = {"id": "c1"}
_LONG = {"id": "c123456789"}
_TEXT = {"type": "string", "maxLength": 9}
_BOTH = {"content": {JSON: {"schema": _ID}, "text/plain": {"schema": _TEXT}}}
_PROBLEM = {"description": "no", "content": {"application/problem+json": {"schema": _ID}}}


def _error_document(status: str) -> Callable[[str], dict[str, Any]]:
    """Return the document of an error that is described under a range of statuses, or under all."""

    def document(dialect: str) -> dict[str, Any]:
        entry = {"description": "no", "content": {JSON: {"schema": _ID}}}
        made = operation_document(dialect, refusals={status: entry})
        operation = made["paths"]["/chats"]["post"]
        if dialect == "2.0":
            operation["responses"][status] = {"description": "no", "schema": _ID}
        del operation["responses"]["400"]
        return made

    return document


def _problem_document(dialect: str) -> dict[str, Any]:
    return operation_document(dialect, refusals={"400": _PROBLEM})


def _ranged(dialect: str) -> dict[str, Any]:
    made = operation_document(dialect, answer={"content": {JSON: {"schema": _ID}}})
    responses = made["paths"]["/chats"]["post"]["responses"]
    responses["2XX"] = responses.pop("200")
    return made


def _error(name: str, status: str, dialects: frozenset[str]) -> Feature:
    refusals = [_answering(reply({}), refusal=reply(value, 400)) for value in (_CHAT, _LONG, {})]
    return _feature(name, _error_document(status), refusals[0], refusals[1:], f"response/{status}/.*", dialects)


BODIES = (
    _body("answer: documented status", reply({}), (reply({}, 202),), {}, "response/200/status"),
    _feature(
        "answer: status range",
        _ranged,
        _answering(reply(_CHAT, 201)),
        (_answering(reply(_LONG, 201)), _answering(reply({}, 202))),
        "response/2XX/.*",
        THREE,
    ),
    _body(
        "answer: media type",
        reply(_CHAT),
        (reply(b"<p>made</p>", media_type="text/html"), reply(b"{", media_type=JSON)),
        {"content": {JSON: {"schema": _ID}}},
        "response/200/(content-type|json)",
    ),
    _body(
        "answer: text",
        reply(b"made", media_type="text/plain"),
        (reply(b"made at last", media_type="text/plain"),),
        {"content": {"text/plain": {"schema": _TEXT}}},
        "response/200/.*",
        dialects=THREE,
    ),
    _body(
        "answer: several media types",
        reply(b"made", media_type="text/plain"),
        (reply(b"made at last", media_type="text/plain"), reply(_LONG)),
        _BOTH,
        "response/200/.*",
        dialects=THREE,
    ),
    _feature(
        "error of +json",
        _problem_document,
        _answering(reply({}), refusal=reply(_CHAT, 400, "application/problem+json")),
        [_answering(reply({}), refusal=reply(value, 400, "application/problem+json")) for value in (_LONG, {})],
        "response/400/.*",
        THREE,
    ),
    _error("error: status range", "4XX", THREE),
    _error("error: default", "default", ALL),
)

_EVENTS, _LINES, _SEQUENCE, _JSON_LINES = (
    "text/event-stream",
    "application/x-ndjson",
    "application/json-seq",
    "application/jsonl",
)
_PIECE: Mapping[str, Any] = {
    "type": "object",
    "required": ["t"],
    "properties": {"t": {"type": "string", "maxLength": 5}},
}
_EVENT: Mapping[str, Any] = {
    "type": "object",
    "required": ["data"],
    "properties": {
        "event": {"enum": ["token"]},
        "data": {"type": "string", "contentMediaType": JSON, "contentSchema": _PIECE},
    },
}
_RIGHT, _WRONG = [{"t": "Hello"}, {"t": "you"}], [{"t": "Hello"}, {"t": "stranger"}]


def _events(pieces: Sequence[Any], name: str = "token") -> bytes:
    """Return server-sent events (HTML Living Standard, section 9.2)."""
    return b"".join(f"event: {name}\ndata: {json.dumps(piece)}\n\n".encode() for piece in pieces)


def _lines(pieces: Sequence[Any]) -> bytes:
    return b"".join(json.dumps(piece).encode() + b"\n" for piece in pieces)


def _sequence(pieces: Sequence[Any]) -> bytes:
    """Return a sequence of JSON texts (RFC 7464)."""
    return b"".join(b"\x1e" + json.dumps(piece).encode() + b"\n" for piece in pieces)


def _stream(
    name: str,
    media_type: str,
    right: bytes,
    wrong: Sequence[bytes],
    media: Mapping[str, Any],
    dialects: frozenset[str] = THREE,
) -> Feature:
    """Return how a stream is tried: a right one, and wrong ones."""
    replies = [reply(text, media_type=media_type) for text in wrong]
    answer = {"content": {media_type: media}}
    return _body(name, reply(right, media_type=media_type), replies, answer, "response/200/.*", dialects=dialects)


_PAGE = b"<p>made</p>"
STREAMS = (
    _stream(
        "event-stream, framing", _EVENTS, _events(_RIGHT), (_PAGE, _events(_RIGHT)[:-2]), {"schema": {"type": "string"}}
    ),
    _stream("event-stream, schema", _EVENTS, _events(_RIGHT), (_events(_WRONG), _events([{}])), {"schema": _PIECE}),
    _stream(
        "event-stream, itemSchema",
        _EVENTS,
        _events(_RIGHT),
        (_events(_WRONG), _events([{}]), _events(_RIGHT, "other")),
        {"itemSchema": _EVENT},
        NEWEST,
    ),
    _stream("NDJSON, framing", _LINES, _lines(_RIGHT), (_PAGE, _lines(_RIGHT)[:-3]), {"schema": {}}),
    _stream("NDJSON, schema", _LINES, _lines(_RIGHT), (_lines(_WRONG), _lines([{}])), {"schema": _PIECE}),
    _stream(
        "NDJSON, itemSchema", _LINES, _lines(_RIGHT), (_lines(_WRONG), _lines([{}])), {"itemSchema": _PIECE}, NEWEST
    ),
    _stream("JSON Lines, itemSchema", _JSON_LINES, _lines(_RIGHT), (_lines(_WRONG),), {"itemSchema": _PIECE}, NEWEST),
    _stream(
        "JSON sequence, itemSchema",
        _SEQUENCE,
        _sequence(_RIGHT),
        (_sequence(_WRONG), _lines(_RIGHT)),
        {"itemSchema": _PIECE},
        NEWEST,
    ),
)


def _family(*, knows: bool) -> Server:
    """Return a server whose chats may name a parent: an earlier chat, if the server knows those."""
    issued: list[str] = []

    def serve(request: Request) -> Reply:
        try:
            parent = json_body(request).get("parent")
        except ValueError:
            return refused()
        if parent is not None and (not knows or parent not in issued):
            return refused(400)
        issued.append(f"chat{len(issued)}")
        return reply({"id": issued[-1]})

    return serve


def _linked(dialect: str) -> dict[str, Any]:
    body = {
        "type": "object",
        "properties": {"parent": {"type": "string", "x-chatcert-resource": {"unknown": "either"}}},
    }
    link = {"operationId": "createChat", "requestBody": {"parent": "$response.body#/id"}}
    answer = {"content": {JSON: {"schema": _ID}}, "links": {"child": link}}
    return operation_document(dialect, content={JSON: {"schema": body}}, answer=answer)


LINKS = (
    Feature(
        "links",
        _linked,
        _family(knows=True),
        stricter=(_family(knows=False),),
        accepts=("accepts/link/.*", "accepts/required-only"),
        dialects=THREE,
    ),
)


def _called_back(dialect: str) -> dict[str, Any]:
    call = {"post": {"responses": {"200": {"description": "heard"}}}}
    return operation_document(dialect, callbacks={"heard": {"{$request.body#/url}": call}})


def _hooked(dialect: str) -> dict[str, Any]:
    call = {"post": {"responses": {"200": {"description": "heard"}}}}
    return {**operation_document(dialect), "webhooks": {"heard": call}}


UNTESTED_ANSWERS = (
    Feature("callbacks", _called_back, _answering(reply({})), dialects=THREE, untested="callback"),
    Feature("webhooks", _hooked, _answering(reply({})), dialects=frozenset(("3.1", "3.2")), untested="webhook"),
    Feature(
        "answer of XML",
        lambda dialect: operation_document(dialect, answer={"content": {"application/xml": {"schema": _ID}}}),
        _answering(reply(b"<chat/>", media_type="application/xml")),
        accepts=("accepts/required-only",),
        answers=("response/200/.*",),
        dialects=THREE,
        untested="application/xml",
    ),
)
