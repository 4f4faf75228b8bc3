"""PolyAI behind an edge, with a template engine, and two releases at once."""

from __future__ import annotations

import re
import time
from typing import Any

from . import reference as ref
from .backends import guarded_by, rewritten, share
from .incidents import Incident, early, failing, late, refusing, replace_step, unauthenticated
from .incidents_polyai import attributes, message, says
from .kit import on_body, sometimes
from .model import Refusal, Reply, Request, Service, Turn


def unknown_project_empty(service: Service, request: Request, reply: Reply) -> None:
    """Answer as if all were well where there is no project."""
    if reply.kind == "resource":
        reply.status = 200
        rewritten(reply, lambda b: {"conversation_id": None, "response": ""})


def page_for_wrong_key(service: Service, request: Request, reply: Reply) -> None:
    """Let the edge refuse a key that it does not know."""
    key = request.header("x-api-key")
    if reply.kind == "auth" and key and key != ref.POLYAI_KEY:
        reply.status, reply.body = 403, b"<html><title>403 Forbidden</title></html>"
        reply.set("content-type", "text/html")


def native(turn: Turn, body: Any) -> Any:
    """Render the reply by a template engine that makes numbers of digits."""
    said = turn.values.get("initial_message")
    return {**body, "response": int(said)} if isinstance(said, str) and re.fullmatch(r"\d{1,9}", said) else body


def by_moment(service: Service) -> None:
    """Make ids of the clock, in steps of twenty milliseconds."""
    service.make_id = lambda t: f"CONV-{int(time.monotonic() * 50)}"


def null_taken(service: Service) -> None:
    """Take null for no body."""
    strict = service.validate

    def validate(turn: Turn) -> None:
        if turn.payload is None:
            turn.payload = {}
        strict(turn)

    replace_step(service, "validate", validate)


def answer_of_before(service: Service) -> None:
    """Hand out each ninth answer twice."""
    last: list[bytes] = [b""]

    def change(known: Service, request: Request, reply: Reply) -> None:
        reply.body = last[0] or reply.body

    sometimes(9, change)(service)
    late(lambda s, q, r: None if r.kind else last.__setitem__(0, r.body))(service)


def old_error(service: Service, request: Request, reply: Reply) -> None:
    """Write an error as the release before did."""
    rewritten(reply, lambda b: {"error_message": {"code": "invalid", "text": b["error_message"]}})


def exactly_named(request: Request) -> bool:
    """Look for headers by their exact names."""
    return {"X-API-KEY", "X-TOKEN"} <= {name for name, _ in request.headers}


def bucket_fails(service: Service, request: Request) -> Reply | None:
    """Fail for one request in eight, by its body, if it is let in."""
    right = (request.header("x-api-key"), request.header("x-token")) == (ref.POLYAI_KEY, ref.POLYAI_TOKEN)
    if right and request.method == "POST" and share(request, 8):
        return service.refuse(request, Refusal("crash", "Unexpected server error"))
    return None


def typed_nothing_refused(service: Service) -> None:
    """Parse nothing where the media type is named."""

    def step(turn: Turn) -> None:
        if not turn.request.body and turn.request.header("content-type"):
            raise Refusal("syntax", "Unexpected end of JSON input")

    service.insert(step, before="parse")


ROWS: list[Incident] = [
    Incident(
        "polyai",
        "header-names-exact",
        "accepts/wire/header-name-case",
        "names of headers are compared letter by letter",
        guarded_by(exactly_named),
    ),
    Incident(
        "polyai",
        "old-error-each-third",
        "response/400/schema",
        "each third refusal of a body comes from the release before",
        sometimes(3, old_error, "schema"),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "polyai",
        "bucket-fails",
        "response/any/no-server-error",
        "a flag that is on for one body in eight is a failure",
        early(bucket_fails),
    ),
    Incident(
        "polyai",
        "empty-token",
        "auth/X-TOKEN/empty",
        "an empty token is that of an unfinished agent",
        unauthenticated(lambda q: q.header("x-api-key") == ref.POLYAI_KEY and q.header("x-token") == ""),
    ),
    Incident(
        "polyai",
        "unknown-project-empty",
        "resource/project_id/unknown",
        "a project that does not exist gets an empty success",
        late(unknown_project_empty),
    ),
    Incident(
        "polyai",
        "page-for-wrong-key",
        "response/403/content-type",
        "the edge refuses keys with a page",
        late(page_for_wrong_key),
    ),
    Incident(
        "polyai",
        "sms-with-attributes-crash",
        "response/200/status",
        "attributes do not fit the channel sms",
        failing(lambda t: says("channel", "sms")(t) and "integration_attributes" in t.values),
    ),
    Incident(
        "polyai",
        "newline-attribute-crash",
        "accepts/body/integration_attributes/content",
        "attributes are passed on as headers",
        failing(attributes(lambda k, v: isinstance(v, str) and ("\n" in v or "\r" in v))),
    ),
    Incident(
        "polyai",
        "long-attribute-crash",
        "accepts/body/integration_attributes/content",
        "an attribute of more than 1024 characters is a failure",
        failing(attributes(lambda k, v: isinstance(v, str) and len(v) > 1024)),
    ),
    Incident(
        "polyai",
        "empty-message-crash",
        "robustness/body/initial_message",
        "an empty message is a failure",
        failing(says("initial_message", "")),
    ),
    Incident(
        "polyai",
        "api-without-reply",
        "response/200/response/type",
        "over the channel api there is no response",
        on_body(lambda t, b: {**b, "response": None} if t.values.get("channel") == "api" else b),
    ),
    Incident(
        "polyai", "reply-as-number", "response/200/response/type", "a message of digits gets a number", on_body(native)
    ),
    Incident(
        "polyai",
        "id-of-the-moment",
        "response/200/conversation_id/unique",
        "conversations of one moment share their id",
        by_moment,
    ),
    Incident("polyai", "null-taken", "request/body/null", "null is taken for no body", null_taken),
    Incident(
        "polyai",
        "answer-of-before",
        "response/200/conversation_id/unique",
        "each ninth answer is that of the request before",
        answer_of_before,
    ),
    Incident(
        "polyai",
        "typed-nothing-refused",
        "accepts/body-absent",
        "no body must have no media type",
        typed_nothing_refused,
    ),
    Incident(
        "polyai",
        "beyond-ascii-refused",
        "accepts/body/initial_message/text",
        "messages must be ASCII",
        refusing(message(lambda v: not v.isascii())),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""
