"""Honest backends that look as if something had gone wrong."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from typing import Any

from .backends import guarded_by, missing_as, rewritten
from .incident_lookalikes import field
from .incidents import Apply, Incident, early, late, together
from .incidents_openwebui import whole
from .kit import on_body, setting
from .model import Exact, Refusal, Reply, Request, Service, Turn, dumps


def cold(count: int) -> Apply:
    """Answer the first requests as an edge does that starts a worker."""
    left = itertools.count()

    def answer(service: Service, request: Request) -> Reply | None:
        if next(left) >= count:
            return None
        return Reply(503, [("content-type", "text/html"), ("retry-after", "0")], b"<h1>503</h1>", "edge")

    return early(answer)


def translated(service: Service, request: Request, reply: Reply) -> None:
    """Write errors in the language that is asked for."""
    if reply.kind and (request.header("accept-language") or "").startswith("de"):
        rewritten(reply, lambda b: {**b, "detail": "Ungültige Anfrage"})


def ordered_ids(service: Service) -> None:
    """Make ids that begin with the time."""
    service.make_id = lambda t: f"{int(time.time() * 1000):012x}{uuid.uuid4().hex[:8]}"


def as_javascript(value: Any) -> Any:
    """Bring keys that look like numbers before the others."""
    if not isinstance(value, dict):
        return value
    whole_numbers = sorted((k for k in value if k.isascii() and k.isdigit() and str(int(k)) == k), key=int)
    return {k: value[k] for k in [*whole_numbers, *(k for k in value if k not in whole_numbers)]}


def with_fraction(value: Any) -> Any:
    """Write whole numbers with a fraction of nothing."""
    small = isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53
    return Exact(f"{value}.0") if small else value


def forbidden(service: Service) -> None:
    """Answer 403 for what belongs to nobody that the caller is."""
    service.statuses["resource"] = 403


def found_first(service: Service) -> None:
    """Look for the place before the credentials."""
    known = {step.__name__: step for step in service.steps}  # type: ignore[attr-defined]
    service.steps = [known[n] for n in ("find", "authenticate", "weigh", "parse", "validate")]


def numbered_reply(service: Service) -> None:
    """Say something else every time."""
    numbers = itertools.count(1)
    service.shapes.append(lambda t, b: {**b, "response": f"Hello, you are caller number {next(numbers)}."})


def spring_names(service: Service) -> None:
    """Name fields by the method and its argument."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        if not refusal.fields:
            return body
        found = {f"createChat.request.{n}": m for n, m in refusal.fields.items()}
        return {**body, "message": "Validation failed", "validationErrors": found}

    service.error_shapes.append(shape)


def nanoseconds(service: Service) -> None:
    """Write nine digits of a second."""
    service.stamp = lambda s: time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(s)) + f".{int(s % 1 * 1e9):09d}Z"


def closed(service: Service, request: Request, reply: Reply) -> None:
    """Close the connection after each answer."""
    reply.set("connection", "close")


def with_variables(turn: Turn, body: Any) -> Any:
    """Greet with what is known of the customer."""
    known = turn.values.get("dynamicVariables") or {}
    item = body["response"][0]
    said = [*item["content"], f"I have noted {dumps(known)}."] if known else item["content"]
    return {**body, "response": [{**item, "content": said}]}


def ascii_only(service: Service) -> None:
    """Escape what is not ASCII."""
    service.encode = lambda value: dumps(value, ascii=True).encode()


def indented(service: Service) -> None:
    """Write bodies for people."""
    service.encode = lambda value: dumps(value, ascii=True, indent=2).encode() + b"\n"


def once_each(*names: str) -> Callable[[Request], bool]:
    """Ask for headers that come once."""
    return lambda q: all(len(q.all(n)) == 1 for n in names)


def cookie(service: Service, request: Request, reply: Reply) -> None:
    """Begin a session for statistics."""
    reply.set("set-cookie", f"_ga={uuid.uuid4().hex}; Path=/")


def more(turn: Turn, body: Any) -> Any:
    """Answer with more than the page names."""
    return {**body, "createdAt": int(time.time()), "integration": {"id": turn.values["apiIntegrationId"]}}


MANNERS: list[Incident] = [
    Incident("agencii", "cookie", "", "each answer sets a cookie that opens nothing", late(cookie)),
    Incident("openwebui", "keys-as-javascript", "", "keys that look like numbers come first", whole(as_javascript)),
    Incident("polyai", "found-first", "", "the place is looked for before the credentials", found_first),
    Incident("sigmamind", "always-closes", "", "each answer closes the connection", late(closed)),
]

FURTHER: list[Incident] = [
    Incident(
        "agencii",
        "unknown-is-bad",
        "",
        "an unknown integration is a bad request",
        missing_as("schema", "No such integration"),
    ),
    Incident("agencii", "cold", "", "the first two requests start a worker", cold(2)),
    Incident("agencii", "ordered-ids", "", "ids begin with the time", ordered_ids),
    Incident("agencii", "more", "", "a success has more fields", on_body(more)),
    Incident("agencii", "translated", "", "errors come in the language that is asked for", late(translated)),
    Incident(
        "openwebui",
        "with-fraction",
        "",
        "whole numbers come back with .0",
        on_body(lambda t, b: {**b, "chat": json_walk(b["chat"])}),
    ),
    Incident("openwebui", "ascii-only", "", "what is not ASCII is escaped", ascii_only),
    Incident("openwebui", "indented", "", "bodies are written for people", indented),
    Incident(
        "openwebui",
        "updated-later",
        "",
        "a chat is updated a second after it was made",
        on_body(lambda t, b: {**b, "updated_at": b["updated_at"] + 1}),
    ),
    Incident("openwebui", "folder-forbidden", "", "an unknown folder is forbidden", forbidden),
    Incident("polyai", "header-once", "", "credentials must come once", guarded_by(once_each("x-api-key", "x-token"))),
    Incident(
        "polyai",
        "two-languages",
        "",
        "there are two languages",
        together(
            field("asr_lang_code", lambda v: v not in ("en-US", "es-ES")),
            field("tts_lang_code", lambda v: v not in ("en-US", "es-ES")),
        ),
    ),
    Incident("polyai", "quarter-megabyte", "", "bodies have a limit of 256 kB", setting(largest=262_144)),
    Incident("polyai", "numbered-reply", "", "the reply differs every time", numbered_reply),
    Incident("polyai", "place-forbidden", "", "an unknown place is forbidden", forbidden),
    Incident("sigmamind", "spring-names", "", "errors name fields by method and argument", spring_names),
    Incident("sigmamind", "nanoseconds", "", "times have nine digits of a second", nanoseconds),
    Incident(
        "sigmamind",
        "ended-at-once",
        "",
        "a chat has ended when it begins",
        on_body(lambda t, b: {**b, "status": "ended", "agent": {**b["agent"], "status": "Testing"}}),
    ),
    Incident("sigmamind", "with-variables", "", "the reply quotes the variables", on_body(with_variables)),
    Incident("sigmamind", "agent-forbidden", "", "an unknown agent is forbidden", forbidden),
]
"""Look-alikes that are tried by bench/detection.py alone."""


def json_walk(value: Any) -> Any:
    """Write the whole numbers of a chat with a fraction."""
    if isinstance(value, dict):
        return {k: json_walk(v) for k, v in value.items()}
    return [json_walk(v) for v in value] if isinstance(value, list) else with_fraction(value)
