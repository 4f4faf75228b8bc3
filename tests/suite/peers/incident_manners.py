"""Honest servers that look like incidents."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Callable
from typing import Any

from .incidents import Apply, Incident, early, late, together
from .incidents_answers import changed
from .incidents_auth import POLYAI, routed
from .incidents_wire import every, refuse, unavailable
from .kit import on_body
from .model import Refusal, Reply, Request, Service, Turn

PAGE = b"<!doctype html><title>App</title><div id=app></div>"


def page(status: int, *headers: tuple[str, str]) -> Callable[[Service, Request], Reply]:
    """Answer with a page of the gateway."""
    return lambda s, q: Reply(status, [("content-type", "text/html"), *headers], PAGE, "gateway")


def when(test: Callable[[Request], bool], then: Callable[[Service, Request], Reply]) -> Apply:
    """Answer some requests otherwise."""
    return early(lambda s, q: then(s, q) if test(q) else None)


def catch_all(service: Service, request: Request) -> Reply | None:
    """Serve the single page of an application wherever nothing else is."""
    if not service.route.fullmatch(request.path):
        return page(200)(service, request)
    return None


def sized(request: Request) -> int:
    """Return the size of all headers."""
    return sum(len(n) + len(v) + 4 for n, v in request.headers)


def body_first(service: Service) -> None:
    """Look at the body before the credentials."""
    steps = {s.__name__: s for s in service.steps}  # type: ignore[attr-defined]
    service.steps = [steps[n] for n in ("weigh", "parse", "validate", "authenticate", "find")]


def zipped(service: Service, request: Request, reply: Reply) -> None:
    """Compress where that is asked for."""
    if re.search(r"\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))", request.header("accept-encoding") or ""):
        reply.body = gzip.compress(reply.body)
        reply.set("content-encoding", "gzip")
        reply.set("vary", "Accept-Encoding")


def remembering(name: str, field: str) -> Apply:
    """Quote the chat that a request goes on with."""
    said: dict[str, str] = {}

    def shape(turn: Turn, body: Any) -> Any:
        before = said.get(str(turn.values.get("previousChatId")), "")
        said[body["chatId"]] = str(turn.values["input"])
        if before:
            item = body["response"][0]
            return {**body, "response": [{**item, "content": [f"Earlier you asked: {before}", *item["content"]]}]}
        return body

    return on_body(shape)


def once_per_key(service: Service) -> None:
    """Give the same answer to the same Idempotency-Key."""
    kept: dict[str, Reply] = {}

    def before(request: Request) -> Reply | None:
        return kept.get(request.header("idempotency-key") or "")

    def after(request: Request, reply: Reply) -> None:
        if (key := request.header("idempotency-key")) and not reply.kind:
            kept[key] = reply

    service.before.append(before)
    service.after.append(after)


def lower(service: Service, request: Request, reply: Reply) -> None:
    """Write the names of headers in lower case, with those of a gateway."""
    reply.headers = [(n.lower(), v) for n, v in reply.headers] + [
        ("via", "1.1 gw"),
        ("x-request-id", request.header("x-request-id") or "r-1"),
        ("set-cookie", "sid=1; HttpOnly"),
    ]


def limited_connection(most: int) -> Apply:
    """Close a connection after some requests, and say so."""

    def apply(service: Service) -> None:
        seen: dict[object, int] = {}

        def after(request: Request, reply: Reply) -> None:
            seen[request.client] = seen.get(request.client, 0) + 1
            if seen[request.client] >= most:
                reply.set("connection", "close")

        service.after.append(after)

    return apply


def closing_errors(service: Service, request: Request, reply: Reply) -> None:
    """Close the connection after each error."""
    if reply.kind:
        reply.set("connection", "close")


def located(service: Service) -> None:
    """Say what is wrong as FastAPI does, with the input."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        if refusal.kind not in ("schema", "syntax"):
            return body
        try:
            given = json.loads(request.body)
        except (ValueError, RecursionError):
            given = None
        fields = refusal.fields or {"": refusal.message}
        got = given if isinstance(given, dict) else {}
        return {
            "detail": [
                {"type": "value_error", "loc": ["body", n], "msg": m, "input": got.get(n)} for n, m in fields.items()
            ]
        }

    service.error_shapes.append(shape)


def snake(service: Service) -> None:
    """Name the fields in another case."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        if not refusal.fields:
            return body
        named = {re.sub(r"[A-Z]", lambda m: "_" + m[0].lower(), n): m for n, m in refusal.fields.items()}
        return {**body, "message": "Validation failed", "validationErrors": named}

    service.error_shapes.append(shape)


def quoting_own(service: Service) -> None:
    """Quote the value that is not known."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        if refusal.kind != "resource":
            return body
        return {"detail": f"Integration {json.loads(request.body)['apiIntegrationId']!r} does not exist"}

    service.error_shapes.append(shape)


def answered_words(turn: Turn, body: Any) -> Any:
    """Begin the reply with the words of the user."""
    said = turn.values.get("initial_message")
    return {**body, "response": f"You wrote: {said}. Let me see." if said else "Hello!"}


def one_of_each(request: Request) -> bool:
    """Find headers that come twice."""
    return any(len(request.all(n)) > 1 for n in ("content-type", "authorization", "x-api-key", "x-token"))


def short_error(service: Service, request: Request, reply: Reply) -> None:
    """Say as little as possible about who is refused."""
    if reply.kind == "auth":
        changed(reply, error_message="no")


def as_page(service: Service, request: Request, reply: Reply) -> None:
    """Write a page for whoever takes one before JSON."""
    if "text/html" in (request.header("accept") or ""):
        reply.set("content-type", "text/html")
        reply.body = b"<html><body>Created</body></html>"


MANNERS: list[Incident] = [
    Incident("agencii", "one-slash-stripped", "", "a proxy takes one slash off the end", routed(r"/create_new_chat/?")),
    Incident("polyai", "one-slash-stripped", "", "a proxy takes one slash off the end", routed(POLYAI + "/?")),
    Incident("openwebui", "catch-all-page", "", "each unknown path is the page of the application", early(catch_all)),
    Incident("sigmamind", "catch-all-page", "", "each unknown path is the page of the application", early(catch_all)),
    Incident(
        "sigmamind",
        "two-content-types",
        "",
        "a header that comes twice is refused",
        when(one_of_each, lambda s, q: refuse(s, q, "schema", "Ambiguous header")),
    ),
    Incident(
        "polyai",
        "no-expectations",
        "",
        "Expect is refused with 417",
        when(lambda q: q.header("expect") is not None, page(417)),
    ),
    Incident(
        "agencii",
        "length-required",
        "",
        "chunks are refused with 411",
        when(lambda q: q.header("transfer-encoding") is not None, page(411)),
    ),
    Incident("sigmamind", "memory-of-the-chat", "", "the assistant quotes the chat that goes on", remembering("", "")),
    Incident(
        "openwebui",
        "lower-case-headers",
        "",
        "a gateway writes names of headers in lower case and adds its own",
        late(lower),
    ),
    Incident(
        "agencii",
        "gateway-limits",
        "",
        "the gateway answers 414 and 431 with pages of its own",
        together(when(lambda q: len(q.target) > 2048, page(414)), when(lambda q: sized(q) > 4096, page(431))),
    ),
    Incident(
        "openwebui",
        "gateway-size",
        "",
        "the gateway answers 413 with a page and closes",
        when(lambda q: len(q.body) > 1_000_000, page(413, ("connection", "close"))),
    ),
    Incident("polyai", "idempotency-keys", "", "the same Idempotency-Key gets the same answer", once_per_key),
    Incident(
        "sigmamind",
        "not-acceptable",
        "",
        "whoever takes no JSON gets 406",
        when(
            lambda q: (
                bool(q.header("accept")) and not re.search(r"json|\*/\*|application/\*", q.header("accept") or "")
            ),
            page(406),
        ),
    ),
    Incident("openwebui", "case-folded-guarded", "", "paths are folded, and guarded", routed(r"(?i:/api/chats/new)")),
    Incident("sigmamind", "slashes-merged-guarded", "", "slashes are merged, and guarded", routed(r"/+v1/+chats/*")),
    Incident("polyai", "body-first", "", "the body is looked at before the credentials", body_first),
    Incident("sigmamind", "body-first", "", "the body is looked at before the credentials", body_first),
    Incident("agencii", "zipped", "", "answers are compressed where that is asked for", late(zipped)),
    Incident("polyai", "five-requests", "", "a connection lives for five requests", limited_connection(5)),
    Incident("sigmamind", "errors-close", "", "each error closes the connection", late(closing_errors)),
    Incident("openwebui", "located-errors", "", "errors say where and repeat the input", located),
    Incident("sigmamind", "snake-case-names", "", "errors name fields in snake case", snake),
    Incident("agencii", "own-value-quoted", "", "an error quotes the value that is not known", quoting_own),
    Incident("polyai", "own-words-quoted", "", "the reply begins with the user's words", on_body(answered_words)),
    Incident("agencii", "edge-now-and-then", "", "each 40th request is answered by the edge", every(40, unavailable)),
    Incident("agencii", "browsable", "", "whoever takes a page gets one", late(as_page)),
    Incident("sigmamind", "browsable", "", "whoever takes a page gets one", late(as_page)),
    Incident("polyai", "terse-refusals", "", "a refusal says one word", late(short_error)),
]
