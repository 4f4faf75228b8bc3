"""Faults that break *protocol*: wire forms that are refused, methods and media types that are taken, redirects."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reason, Reply
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.header_names import names_sent
from chatcert.mock.deviation.lenient_readers import lenient_reader
from chatcert.mock.deviation.refused_requests import members_of, refusing
from chatcert.mock.service import statuses_of
from chatcert.openapi.contract import Contract
from chatcert.requirements.check import (
    Accepts,
    Answers,
    KnowsResource,
    Method,
    Refuses,
    RefusesPayload,
    Rule,
    Variation,
)
from chatcert.requirements.protocol import SAFE_METHODS
from chatcert.requirements.requirement import Kind, Requirement

_WHITE_SPACE = re.compile(rb'\A\s|\s\Z|[\n\t]|"\s+:|[\[{]\s+')


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement on wire forms, media types, methods and redirects."""
    for requirement, accepted in draft.family(Kind.PROTOCOL, Accepts):
        needs = {"needs_header_names": (True,)} if accepted.variation == Variation.HEADER_NAME_CASE else {}
        for text, test in _wire_forms(draft.contract, accepted):
            yield refusing(draft, requirement, accepted, "", text, test, **needs)
    for requirement, payload in draft.family(Kind.PROTOCOL, RefusesPayload):
        if draft.contract.body is not None:
            text, reader = lenient_reader(payload.form, draft.contract.body)
            yield draft.make(requirement, "", text, readers=(reader,))
    for requirement, method in draft.family(Kind.PROTOCOL, Method):
        yield from _methods(draft, requirement, method.method)
    for requirement, rule in draft.family(Kind.PROTOCOL, Answers):
        match rule.rule:
            case Rule.ALLOW:
                yield from _allow(draft, requirement)
            case Rule.NO_REDIRECT:
                yield from _redirects(draft, requirement)
            case Rule.CHALLENGE:
                yield from _challenges(draft, requirement)
            case Rule.HEADER_FORM:
                yield from _forms(draft, requirement)
            case Rule.SINGLE_HEADERS:
                yield from _repeated(draft, requirement)


def _wire_forms(contract: Contract, check: Accepts) -> Iterator[tuple[str, CallTest]]:
    """Yield what the server does that refuses one wire form, and the test of a call that has it."""
    match check.variation:
        case (
            Variation.CONTENT_TYPE_CHARSET
            | Variation.CONTENT_TYPE_CASE
            | Variation.HEADER_NAME_CASE
            | Variation.SCHEME_CASE
        ):
            yield f"a request in the wire form '{check.variation}' is refused", _header_test(contract, check)
        case Variation.JSON_ESCAPES:
            yield "a body with JSON escapes is refused", lambda call, body, backend: b"\\u" in call.body
        case Variation.JSON_WHITESPACE:
            text = "a body with white space between its tokens is refused"
            yield text, lambda call, body, backend: _WHITE_SPACE.search(call.body) is not None
        case Variation.KEY_ORDER:
            yield from _order(contract)


def _header_test(contract: Contract, check: Accepts) -> CallTest:
    def media_type(call: Call) -> str:
        return call.header("content-type") or ""

    match check.variation:
        case Variation.CONTENT_TYPE_CHARSET:
            return lambda call, body, backend: "charset" in media_type(call).lower()
        case Variation.CONTENT_TYPE_CASE:
            return lambda call, body, backend: (
                media_type(call).partition(";")[0] != media_type(call).partition(";")[0].lower()
            )
        case Variation.SCHEME_CASE:
            credential = next(c for c in contract.credentials if c.scheme == check.path[0])
            scheme = credential.kind.capitalize()
            return lambda call, body, backend: not (call.header(credential.name) or scheme).startswith(scheme)
        case _:
            documented = {c.name.lower(): c.name for c in contract.credentials if c.location == "header"}
            documented["content-type"] = "Content-Type"
            return lambda call, body, backend: any(
                name != documented.get(name.lower(), name) for name in names_sent(call)
            )


def _order(contract: Contract) -> Iterator[tuple[str, CallTest]]:
    names = list(members_of(contract))
    if len(names) < 2:
        return

    def is_reordered(call: Call, body: Any, backend: Backend) -> bool:
        seen = [names.index(name) for name in body if name in names] if isinstance(body, dict) else []
        return seen != sorted(seen)

    yield "the members of the body must come in the order of the document", is_reordered


def _methods(draft: FaultDraft, requirement: Requirement, method: str) -> Iterator[Fault]:
    openings = (lambda call: call.method == method,) if method == "DELETE" else ()
    if method != "TRACE":  # which has no body to make a chat of
        yield draft.make(requirement, "creates", f"{method} creates a chat", methods=(method,), openings=openings)
    if method not in SAFE_METHODS:
        yield draft.make(requirement, "served", f"{method} is answered with 204", replies=(_served(method),))


def _allow(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    text = "an answer of status 405 does not name the allowed methods"
    yield draft.make(requirement, "", text, replies=(_without_allow,))
    text = "an answer of status 405 names methods that are not served"
    yield draft.make(requirement, "others", text, replies=(_allowing_others,))


def _challenges(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    text = "an answer of status 401 does not say how to authenticate"
    documented = "response/401/header/WWW-Authenticate/required"
    yield draft.make(requirement, "missing", text, documented, replies=(_with_header(b"www-authenticate"),))
    text = "an answer of status 401 names no authentication scheme"
    yield draft.make(requirement, "blank", text, replies=(_with_header(b"www-authenticate", b'="none"'),))


def _forms(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    for name, value in (
        ("Retry-After", "soon"),
        ("Location", "/the new chat"),
        ("Location", "http://[1/chats"),
        ("ETag", "1"),
        ("Last-Modified", "2026-01-31T12:00:00Z"),
    ):
        edit = _with_header(name.lower().encode(), value.encode(), absent=True)
        variant = "location-host" if "[" in value else name.lower()
        yield draft.make(requirement, variant, f"answers have the header {name}: {value}", replies=(edit,))


def _repeated(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    pairs: dict[str, tuple[bytes, ...]] = {
        "Content-Type": (),
        "Location": (b"/chats/1", b"/chats/2"),
        "Retry-After": (b"1", b"2"),
        "Access-Control-Allow-Origin": (b"*", b"https://chat.invalid"),
    }
    for name, values in pairs.items():
        edit = _twice(name.lower().encode(), values)
        yield draft.make(requirement, name.lower(), f"answers have the header {name} twice", replies=(edit,))


def _with_header(name: bytes, value: bytes = b"", *, absent: bool = False) -> ReplyEdit:
    """Return an edit that gives a header another value, or takes it away; ``absent``: also where it is not there."""

    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        others = [header for header in reply.headers if header[0] != name]
        if not absent and len(others) == len(reply.headers):
            return reply
        return replace(reply, headers=[*others, *([(name, value)] if value else [])])

    return edit


def _twice(name: bytes, values: tuple[bytes, ...]) -> ReplyEdit:
    """Return an edit that sends these values of a header, or the one that is there a second time."""

    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        found = [header for header in reply.headers if header[0] == name]
        more = [(name, value) for value in values[len(found) :]] if values else found
        return replace(reply, headers=[*reply.headers, *more])

    return edit


def _redirects(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    statuses = statuses_of(draft.contract)
    if draft.contract.credentials:
        yield draft.make(
            requirement,
            "login",
            "bad credentials are sent to a login page",
            "response/401/status",
            "response/unauthenticated/status",
            replies=(_redirected(statuses[Reason.CREDENTIALS], b"/login"),),
        )
    yield draft.make(
        requirement,
        "documentation",
        "invalid requests are sent to the documentation",
        *draft.paths(Refuses, RefusesPayload, KnowsResource),
        replies=(_redirected(statuses[Reason.INVALID], b"/documentation"),),
    )


def _served(method: str) -> ReplyEdit:
    return lambda context, reply, backend: Reply(204, b"", []) if context.call.method == method else reply


def _redirected(status: int, location: bytes) -> ReplyEdit:
    return lambda context, reply, backend: (
        Reply(302, b"", [(b"location", location)]) if context.status == status else reply
    )


def _without_allow(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
    return Reply(reply.status, reply.body, [header for header in reply.headers if header[0] != b"allow"])


def _allowing_others(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
    return Reply(reply.status, reply.body, [(n, b"GET, HEAD" if n == b"allow" else v) for n, v in reply.headers])
