"""Faults that break *framing*: requests that are framed in another way are read, answered or guarded differently."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call, Reply
from chatcert.mock.deviation.deviations import CallTest, ReplyEdit
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.faulty_service import valid_body
from chatcert.mock.json_writer import encoded
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Framed
from chatcert.requirements.framing_forms import Content, Framing
from chatcert.requirements.requirement import Kind, Requirement

Shown = Callable[[Call], bool]

_SHOWN: dict[Framing, Shown] = {
    Framing.CHUNKED: lambda call: call.header("transfer-encoding") == "chunked",
    Framing.EXPECT_CONTINUE: lambda call: (call.header("expect") or "").lower() == "100-continue",
    Framing.CONNECTION_CLOSE: lambda call: call.header("connection") == "close",
    Framing.ACCEPT_ABSENT: lambda call: call.header("accept") is None,
    Framing.ACCEPT_ANY: lambda call: call.header("accept") == "*/*",
    Framing.ACCEPT_WEIGHTED: lambda call: ";q=" in (call.header("accept") or ""),
    Framing.ACCEPT_LIST: lambda call: "text/plain" in (call.header("accept") or ""),
    Framing.CODING_ABSENT: lambda call: call.header("accept-encoding") is None,
    Framing.CODING_GZIP: lambda call: call.header("accept-encoding") == "gzip",
    Framing.CODING_IDENTITY: lambda call: call.header("accept-encoding") == "identity",
    Framing.CODING_REFUSED: lambda call: ";q=0" in (call.header("accept-encoding") or ""),
    Framing.LANGUAGE: lambda call: call.header("accept-language") is not None,
}
_WORDS = {
    Framing.CHUNKED: "a body in chunks",
    Framing.EXPECT_CONTINUE: "Expect: 100-continue",
    Framing.CONNECTION_CLOSE: "Connection: close",
    Framing.ACCEPT_ABSENT: "no Accept",
    Framing.ACCEPT_ANY: "Accept: */*",
    Framing.ACCEPT_WEIGHTED: "weights in Accept",
    Framing.ACCEPT_LIST: "a list in Accept",
    Framing.CODING_ABSENT: "no Accept-Encoding",
    Framing.CODING_GZIP: "Accept-Encoding: gzip",
    Framing.CODING_IDENTITY: "Accept-Encoding: identity",
    Framing.CODING_REFUSED: "a weight of 0 in Accept-Encoding",
    Framing.LANGUAGE: "Accept-Language",
}
_CODINGS = (Framing.CODING_IDENTITY, Framing.CODING_REFUSED)
_TYPES = (Framing.ACCEPT_ABSENT, Framing.ACCEPT_ANY, Framing.ACCEPT_LIST)


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement on framing."""
    for requirement, check in draft.family(Kind.FRAMING, Framed):
        shown, words = _SHOWN[check.framing], _WORDS[check.framing]
        match check.content:
            case Content.VALID:
                yield from _valid(draft, requirement, check.framing, shown, words)
            case Content.INVALID:
                text = f"{words} is not validated"
                yield draft.make(requirement, "", text, calls=(_validated(draft.contract, shown),))
            case Content.UNAUTHENTICATED:
                yield draft.make(requirement, "", f"{words} needs no credentials", openings=(shown,))


def _valid(draft: FaultDraft, requirement: Requirement, framing: Framing, shown: Shown, words: str) -> Iterator[Fault]:
    yield draft.make(requirement, "refused", f"a request with {words} is refused", refusals=(_test(shown),))
    yield draft.make(requirement, "crash", f"a server error on a request with {words}", crashes=(_test(shown),))
    if framing is Framing.CHUNKED and draft.contract.body is not None and draft.contract.body.required:
        yield draft.make(requirement, "empty", f"{words} is read as none", calls=(_emptied(shown),))
    if framing in _CODINGS:
        coding = "gzip" if framing is Framing.CODING_IDENTITY else "br"
        text = f"the answer to a request with {words} has the Content-Encoding {coding}, whatever it takes"
        yield draft.make(requirement, "packed", text, replies=(_packed(shown, coding),))
    if framing in _TYPES:
        also = [f"response/{answer.status}/content-type" for answer in draft.contract.successes]
        also += [f"response/{answer.status}/json" for answer in draft.contract.successes]
        also += ["response/any/no-html"]
        also += [f"response/{answer.status}/no-html" for answer in draft.contract.answers]
        text = f"a request with {words} gets a page"
        yield draft.make(requirement, "page", text, *also, replies=(_page(shown),))
    if framing is Framing.CONNECTION_CLOSE:
        also = [f"response/{answer.status}/framing" for answer in draft.contract.successes]
        text = f"the answer to a request with {words} breaks off"
        yield draft.make(requirement, "cut-off", text, *also, replies=(_cut_off(shown),))


def _test(shown: Shown) -> CallTest:
    return lambda call, body, backend: shown(call)


def _emptied(shown: Shown) -> Callable[[Call, Backend], Call]:
    return lambda call, backend: replace(call, body=b"") if shown(call) else call


def _validated(contract: Contract, shown: Shown) -> Callable[[Call, Backend], Call]:
    """Return an edit that puts a valid body in the place of any other."""

    def edit(call: Call, backend: Backend) -> Call:
        body: Any = valid_body(contract, backend)
        return replace(call, body=encoded(body)) if shown(call) and body is not MISSING else call

    return edit


def _packed(shown: Shown, coding: str) -> ReplyEdit:
    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if context.message or not shown(context.call):
            return reply
        body = gzip.compress(reply.body, mtime=0) if coding == "gzip" else reply.body
        return replace(reply, body=body, headers=[*reply.headers, (b"content-encoding", coding.encode())])

    return edit


def _page(shown: Shown) -> ReplyEdit:
    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if context.message or not shown(context.call):
            return reply
        headers = [pair for pair in reply.headers if pair[0] != b"content-type"]
        return Reply(reply.status, b"<html><body>Created</body></html>", [*headers, (b"content-type", b"text/html")])

    return edit


def _cut_off(shown: Shown) -> ReplyEdit:
    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        if context.message or not shown(context.call):
            return reply
        return replace(reply, announced=len(reply.body) + 10)

    return edit
