"""Agencii on a document store, behind a cache, with two releases at once."""

from __future__ import annotations

import itertools
import time
from typing import Any

from . import reference as ref
from .backends import found_if, missing_as, overlapping, rewritten
from .incidents import Incident, early, failing, late, replace_step, unauthenticated
from .incidents_agencii import FIELD, bearer
from .kit import sometimes
from .model import Refusal, Reply, Request, Service, Turn


def clicked_twice(service: Service) -> None:
    """Take the same request within a second for a second click."""
    last: dict[bytes, tuple[float, str]] = {}
    fresh = service.make_id

    def make_id(turn: Turn) -> Any:
        now, (then, known) = time.monotonic(), last.get(turn.request.body, (-9.0, ""))
        found = known if now - then < 1 else str(fresh(turn))
        last[turn.request.body] = (now, found)
        return found

    service.make_id = make_id


def wrong_token_crash(service: Service, request: Request) -> Reply | None:
    """Fail where no user has the token."""
    token = bearer(request)
    if token.startswith("sk-agencii-") and token != ref.AGENCII_TOKEN:
        return service.refuse(request, Refusal("crash", "'NoneType' object has no attribute 'uid'"))
    return None


def wraps(service: Service) -> None:
    """Number chats in too small a column."""
    numbers = itertools.cycle(range(40))
    service.make_id = lambda t: f"chat{next(numbers):04d}"


def batch_of_one(service: Service) -> None:
    """Take a list of one request for the request."""
    strict = service.validate

    def validate(turn: Turn) -> None:
        if isinstance(turn.payload, list) and len(turn.payload) == 1:
            turn.payload = turn.payload[0]
        strict(turn)

    replace_step(service, "validate", validate)


def got_or_created(service: Service) -> None:
    """Make what is looked up in vain, and find it the next time."""
    made: set[str] = set()

    def known(turn: Turn) -> bool:
        name = turn.values[FIELD]
        found = name in made
        made.add(name)
        return found

    found_if(known)(service)


def untranslated(service: Service, request: Request, reply: Reply) -> None:
    """Lack the texts of errors in other languages than English."""
    language = request.header("accept-language")
    if reply.kind and language and not language.lower().startswith(("en", "*")):
        rewritten(reply, lambda b: {"detail": None})


def with_session(service: Service) -> None:
    """Begin a session with each chat, and ask no token of whoever has one."""
    unauthenticated(lambda q: "sid=7f3c9a" in (q.header("cookie") or ""))(service)
    late(lambda s, q, r: None if r.kind else r.set("set-cookie", "sid=7f3c9a; Path=/; HttpOnly"))(service)


def unknown_token(service: Service, request: Request, reply: Reply) -> None:
    """Find no user for a token that is well formed."""
    if reply.kind == "auth" and bearer(request).startswith("sk-agencii-"):
        reply.status = 404


def value(test: Any) -> Any:
    """Match requests by their id."""
    return lambda t: test(t.values[FIELD])


ROWS: list[Incident] = [
    Incident(
        "agencii",
        "session-cookie",
        "auth/Authorization/missing",
        "the cookie of a success lets in without a token",
        with_session,
    ),
    Incident(
        "agencii",
        "got-or-created",
        "resource/apiIntegrationId/unknown",
        "an integration that was looked up in vain is there the next time",
        got_or_created,
    ),
    Incident(
        "agencii",
        "overlapping-same-id",
        "response/200/chatId/unique",
        "chats that are made at once share their id",
        overlapping(lambda b: {"chatId": "chat-of-the-moment"}),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "agencii",
        "clicked-twice",
        "response/200/chatId/unique",
        "the same request within a second is a second click",
        clicked_twice,
    ),
    Incident(
        "agencii",
        "empty-bearer",
        "auth/Authorization/empty",
        "an account without a token is found by an empty one",
        unauthenticated(lambda q: (q.header("authorization") or "x").strip().lower() == "bearer"),
    ),
    Incident(
        "agencii",
        "wrong-token-crash",
        "response/401/status",
        "a token that no user has is a failure",
        early(wrong_token_crash),
    ),
    Incident(
        "agencii",
        "unknown-integration-crash",
        "resource/apiIntegrationId/unknown",
        "an integration that does not exist is a failure",
        missing_as("crash", "An unexpected error occurred"),
    ),
    Incident(
        "agencii",
        "slash-in-id-crash",
        "robustness/body/apiIntegrationId",
        "the document store takes no slash in an id",
        failing(value(lambda v: "/" in v)),
    ),
    Incident(
        "agencii",
        "dots-as-id-crash",
        "resource/apiIntegrationId/malformed",
        "the document store takes no dots as an id",
        failing(value(lambda v: v in (".", ".."))),
    ),
    Incident(
        "agencii",
        "each-eighth-created",
        "response/200/status",
        "each eighth answer comes from a release that says 201",
        sometimes(8, lambda s, q, r: setattr(r, "status", 201)),
    ),
    Incident("agencii", "ids-wrap", "response/200/chatId/unique", "after 40 chats ids come again", wraps),
    Incident("agencii", "batch-of-one", "request/body/type", "a list of one request is as good", batch_of_one),
    Incident(
        "agencii",
        "percent-crash",
        "resource/apiIntegrationId/malformed",
        "the log formats what it is given",
        failing(value(lambda v: "%" in v)),
    ),
    Incident(
        "agencii",
        "token-column-cut",
        "auth/Authorization/truncated",
        "the column keeps 24 characters of a token",
        unauthenticated(lambda q: bearer(q)[:24] == ref.AGENCII_TOKEN[:24]),
    ),
    Incident(
        "agencii",
        "untranslated",
        "response/400/schema",
        "errors have no text in other languages than English",
        late(untranslated),
    ),
    Incident(
        "agencii",
        "token-not-found",
        "response/401/status",
        "a token that no user has is not found",
        late(unknown_token),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""
