"""Agencii after incidents: one id in, one id out, and what still can go wrong."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from . import reference as ref
from .incidents import Incident, early, failing, late, replace_step, unauthenticated
from .incidents_bodies import taken
from .kit import on_body, sometimes
from .model import Refusal, Reply, Request, Service, Turn, texts

FIELD = "apiIntegrationId"


def bearer(request: Request) -> str:
    """Return what stands behind the scheme."""
    scheme, _, token = (request.header("authorization") or "").partition(" ")
    return token if scheme.lower() == "bearer" else ""


def connection_trusted(service: Service) -> None:
    """Ask for the token once a connection."""
    trusted: set[object] = set()
    strict = service.authenticate

    def authenticate(turn: Turn) -> None:
        if turn.request.client not in trusted:
            strict(turn)
            trusted.add(turn.request.client)

    replace_step(service, "authenticate", authenticate)


def numbers_looked_up(service: Service) -> None:
    """Write numbers and booleans as text, and look for them."""
    taken(FIELD, lambda v: isinstance(v, int | float), str)(service)


def per_second(service: Service) -> None:
    """Make ids from the second."""
    service.make_id = lambda t: hashlib.sha256(str(int(service.clock())).encode()).hexdigest()[:20]


def of_body(service: Service) -> None:
    """Make ids from the request, so that a repeated one finds the same chat."""
    service.make_id = lambda t: hashlib.sha256(t.request.body).hexdigest()[:20]


def long_token_shape(service: Service, request: Request, reply: Reply) -> None:
    """Refuse what does not fit the column in a form of its own."""
    if reply.kind == "auth" and len(bearer(request)) > 128:
        reply.body = b'{"detail": {"code": "token_too_long"}}'


def without_detail(kind: str) -> Any:
    """Refuse without a reason."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        if reply.kind == kind:
            reply.body = b'{"detail": null}'

    return late(change)


def crash_of(when: Any) -> Any:
    """Fail on some requests before they are looked at, if the token is right."""

    def answer(service: Service, request: Request) -> Reply | None:
        if bearer(request) == ref.AGENCII_TOKEN and when(request):
            return service.refuse(request, Refusal("crash", "Unexpected server error"))
        return None

    return early(answer)


def traced(service: Service, request: Request) -> Reply | None:
    """Answer TRACE as servers did that had it on by default."""
    if request.method != "TRACE":
        return None
    lines = [f"TRACE {request.path} HTTP/1.1", *(f"{n}: {v}" for n, v in request.headers)]
    return Reply(200, [("content-type", "message/http")], "\r\n".join(lines).encode("latin-1"), "trace")


def empty_page(service: Service, request: Request, reply: Reply) -> None:
    """Let the framework answer a body that is not there."""
    if reply.kind and not request.body and reply.status == 400:
        reply.set("content-type", "text/html")
        reply.body = b"<h1>Bad Request</h1>"


def old_replica(service: Service, request: Request, reply: Reply) -> None:
    """Answer as the release before did."""
    reply.body = json.dumps({"chat_id": json.loads(reply.body)["chatId"]}).encode()


def looked_up(when: Any) -> Any:
    """Find the integration for more ids."""

    def apply(service: Service) -> None:
        strict = service.find

        def find(turn: Turn) -> None:
            if not when(turn.values[FIELD]):
                strict(turn)

        replace_step(service, "find", find)

    return apply


def from_query(service: Service) -> None:
    """Take the id from the query where the body has none."""
    strict = service.validate

    def validate(turn: Turn) -> None:
        if isinstance(turn.payload, dict) and FIELD not in turn.payload and FIELD in turn.request.query:
            turn.payload = {**turn.payload, FIELD: turn.request.query_values()[0]}
        strict(turn)

    replace_step(service, "validate", validate)


def assigned(turn: Turn, body: Any) -> Any:
    """Let the request say what the answer holds."""
    return {**body, **{k: v for k, v in turn.payload.items() if k in body}}


def holds(test: Any) -> Any:
    """Match requests of which some text has some character."""
    return lambda t: any(test(c) for text in texts(t.payload) for c in text)


def login_page(service: Service, request: Request, reply: Reply) -> None:
    """Show the login page of the gateway for Basic credentials."""
    if reply.kind == "auth" and (request.header("authorization") or "").lower().startswith("basic"):
        reply.set("content-type", "text/html")
        reply.body = b"<h1>401</h1>"


ROWS: list[Incident] = [
    Incident(
        "agencii",
        "connection-trusted",
        "auth/Authorization/missing",
        "a connection that was let in once stays so",
        connection_trusted,
    ),
    Incident("agencii", "trace-echoes", "protocol/method/TRACE", "TRACE is on and repeats the token", early(traced)),
    Incident(
        "agencii",
        "integration-prefix",
        "resource/apiIntegrationId/malformed",
        "the start of an id finds it",
        looked_up(ref.AGENCII_INTEGRATION.startswith),
    ),
    Incident(
        "agencii",
        "chat-id-assigned",
        "response/200/chatId/unique",
        "the request may bring the id of its chat",
        on_body(assigned),
    ),
    Incident(
        "agencii",
        "charset-crash",
        "robustness/headers",
        "an unusual charset is a failure",
        crash_of(
            lambda q: (
                "charset" in (q.header("content-type") or "").lower()
                and "utf-8" not in (q.header("content-type") or "").lower()
            )
        ),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "agencii",
        "id-from-query",
        "request/beside/query",
        "the id is taken from the query where the body has none",
        from_query,
    ),
    Incident(
        "agencii",
        "token-case-folded",
        "auth/Authorization/case",
        "tokens are looked up in a column that folds case",
        unauthenticated(lambda q: bearer(q).lower() == ref.AGENCII_TOKEN.lower()),
    ),
    Incident(
        "agencii",
        "token-followed",
        "auth/Authorization/extended",
        "what stands behind the token is not looked at",
        unauthenticated(lambda q: bearer(q).startswith(ref.AGENCII_TOKEN)),
    ),
    Incident(
        "agencii",
        "integration-in-list",
        "request/body/apiIntegrationId/type",
        "a list of one id is as good as the id",
        taken(FIELD, lambda v: isinstance(v, list) and len(v) == 1 and isinstance(v[0], str), lambda v: v[0]),
    ),
    Incident(
        "agencii",
        "number-as-unknown",
        "response/400/status",
        "a number is looked up instead of being refused",
        numbers_looked_up,
    ),
    Incident(
        "agencii", "id-per-second", "response/200/chatId/unique", "chats of one second share their id", per_second
    ),
    Incident("agencii", "id-of-body", "response/200/chatId/unique", "the same request brings the same chat", of_body),
    Incident(
        "agencii",
        "bom-crash",
        "robustness/payload",
        "a byte order mark is a failure",
        crash_of(lambda q: q.body.startswith(b"\xef\xbb\xbf")),
    ),
    Incident(
        "agencii",
        "gzip-body-crash",
        "robustness/headers",
        "a compressed body is a failure",
        crash_of(lambda q: q.header("content-encoding") is not None),
    ),
    Incident(
        "agencii",
        "nul-crash",
        "robustness/body/apiIntegrationId",
        "the database takes no NUL",
        failing(holds(lambda c: c == "\0")),
    ),
    Incident(
        "agencii",
        "surrogate-crash",
        "robustness/body/apiIntegrationId",
        "half a character is a failure",
        failing(holds(lambda c: 0xD800 <= ord(c) < 0xE000)),
    ),
    Incident("agencii", "empty-body-page", "response/400/content-type", "no body gets a page", late(empty_page)),
    Incident(
        "agencii",
        "syntax-without-detail",
        "response/400/schema",
        "malformed JSON is refused with null",
        without_detail("syntax"),
    ),
    Incident(
        "agencii",
        "replica-of-old",
        "response/200/chatId/promised",
        "each seventh answer comes from the release before",
        sometimes(7, old_replica),
    ),
    Incident(
        "agencii",
        "scheme-error-page",
        "response/401/content-type",
        "Basic credentials get the login page of the gateway",
        late(login_page),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""
