"""Incidents of authentication: who is served without the right credentials."""

from __future__ import annotations

import base64
import binascii
import json
import re

from . import reference as ref
from .incidents import Apply, Incident, early, late, together, unauthenticated
from .model import Refusal, Reply, Request, Service


def routed(pattern: str) -> Apply:
    """Serve more spellings of the path."""

    def apply(service: Service) -> None:
        service.route = re.compile(pattern, re.DOTALL)

    return apply


POLYAI = r"/(?P<version>[^/]+)/(?P<account_id>[^/]+)/(?P<project_id>[^/]+)/chat/create"


def unlike(path: str, then: str) -> Apply:
    """Route a spelling, and guard only the documented path."""
    return together(routed(then), unauthenticated(lambda q: not re.fullmatch(path, q.path)))


def spelled_raw(path: str) -> Apply:
    """Guard only the path as it was written on the wire."""
    return unauthenticated(lambda q: q.target.partition("?")[0] != path)


def overridden(service: Service, request: Request) -> Reply | None:
    """Take the method from a header, after the guard that lets GET pass."""
    if request.method == "GET" and (request.header("x-http-method-override") or "").upper() == "POST":
        service.steps = [s for s in service.steps if getattr(s, "__name__", "") != "authenticate"]
        try:
            request.method = "POST"
            return service.handle(request)
        except Refusal as refusal:
            return service.refuse(request, refusal)
        finally:
            service.steps.insert(0, service.authenticate)
    return None


def unsigned(request: Request) -> bool:
    """Trust a token whose header says that it has no signature."""
    token = (request.header("authorization") or "").partition(" ")[2]
    try:
        head = json.loads(base64.urlsafe_b64decode(token.partition(".")[0] + "=="))
    except (ValueError, binascii.Error):
        return False
    return isinstance(head, dict) and str(head.get("alg")).lower() == "none"


def in_set(request: Request) -> bool:
    """Look for any known secret in each of two headers."""
    known = {ref.POLYAI_KEY, ref.POLYAI_TOKEN}
    return {request.header("x-api-key"), request.header("x-token")} <= known


def queried(request: Request) -> bool:
    """Read both credentials from the query."""
    return {ref.POLYAI_KEY, ref.POLYAI_TOKEN} <= set(request.query_values())


def crashing(name: str, when: object) -> Apply:
    """Fail on some credentials."""

    def answer(service: Service, request: Request) -> Reply | None:
        value = request.header(name)
        if value is not None and when(value):  # type: ignore[operator]
            return service.refuse(request, Refusal("crash", "Unexpected server error"))
        return None

    return early(answer)


def challenged(service: Service, request: Request, reply: Reply) -> None:
    """Repeat the token that was refused, and the one that is right."""
    if reply.kind == "auth" and request.header("authorization"):
        reply.body = json.dumps({"detail": f"Token mismatch, expected {ref.AGENCII_TOKEN}"}).encode()


def traced(service: Service, request: Request, reply: Reply) -> None:
    """Return the headers of the request for debugging."""
    if not reply.kind:
        reply.set("x-upstream-auth", request.header("x-token"))


ROWS: list[Incident] = [
    Incident(
        "agencii",
        "format-suffix-open",
        "auth/unusual/suffix",
        "the guard knows the exact path, the router takes .json too",
        unlike(r"/create_new_chat", r"/create_new_chat(\.json)?"),
    ),
    Incident(
        "polyai",
        "matrix-parameter-open",
        "auth/unusual/path-parameter",
        "path parameters after a semicolon pass the guard",
        together(routed(POLYAI + r"(;.*)?"), unauthenticated(lambda q: ";" in q.path)),
    ),
    Incident(
        "sigmamind",
        "original-url-trusted",
        "auth/unusual/proxy-headers",
        "the guard judges X-Original-URL instead of the path",
        unauthenticated(lambda q: (q.header("x-original-url") or "/v1/chats") != "/v1/chats"),
    ),
    Incident(
        "openwebui",
        "forwarded-for-trusted",
        "auth/unusual/proxy-headers",
        "callers from 127.0.0.1 need no key, says X-Forwarded-For",
        unauthenticated(lambda q: (q.header("x-forwarded-for") or "").startswith("127.0.0.1")),
    ),
    Incident(
        "agencii",
        "method-override-open",
        "auth/unusual/method-override",
        "GET needs no token, and a header makes it a POST",
        early(overridden),
    ),
    Incident(
        "openwebui",
        "large-body-open",
        "auth/unusual/large-body",
        "the firewall looks at the first 64 KiB and waves the rest through",
        unauthenticated(lambda q: len(q.body) > 65536),
    ),
    Incident(
        "polyai",
        "no-body-open",
        "auth/unusual/no-body",
        "requests without a body are taken for health checks",
        unauthenticated(lambda q: not q.body),
    ),
    Incident(
        "sigmamind",
        "undefined-key",
        "auth/X-API-Key/undefined",
        "a client bug made 'undefined' a key of the test account",
        unauthenticated(lambda q: q.header("x-api-key") in ("undefined", "null")),
    ),
    Incident(
        "polyai",
        "credentials-in-query",
        "auth/all/query",
        "both credentials are read from the query too",
        unauthenticated(queried),
    ),
    Incident(
        "polyai",
        "credentials-as-a-set",
        "auth/all/swapped",
        "each header may hold any of the secrets",
        unauthenticated(in_set),
    ),
    Incident(
        "agencii",
        "unsigned-token",
        "auth/Authorization/jwt-shaped",
        "a token of algorithm none is believed",
        unauthenticated(unsigned),
    ),
    Incident(
        "openwebui",
        "case-open",
        "auth/unusual/upper-case",
        "the router folds case, the guard does not",
        unlike(r"/api/chats/new", r"(?i:/api/chats/new)"),
    ),
    Incident(
        "sigmamind",
        "double-slash-open",
        "auth/unusual/doubled-slash",
        "slashes are merged behind the guard",
        unlike(r"/v1/chats", r"/+v1/+chats"),
    ),
    Incident(
        "agencii",
        "percent-open",
        "auth/unusual/percent-encoded",
        "the guard compares the path before it is decoded",
        spelled_raw("/create_new_chat"),
    ),
    Incident(
        "sigmamind",
        "long-key-crash",
        "auth/X-API-Key/long",
        "a key that does not fit the column is a failure",
        crashing("x-api-key", lambda v: len(v) > 255),
    ),
    Incident(
        "openwebui",
        "foreign-letters-crash",
        "auth/Authorization/non-ascii",
        "a token beyond ASCII is a failure",
        crashing("authorization", lambda v: any(ord(c) > 127 for c in v)),
    ),
    Incident(
        "agencii",
        "ends-with-the-token",
        "auth/Authorization/preceded",
        "what stands before the token is not looked at",
        unauthenticated(
            lambda q: (
                (q.header("authorization") or "").endswith(ref.AGENCII_TOKEN)
                and (q.header("authorization") or "").lower().startswith("bearer ")
            )
        ),
    ),
    Incident(
        "agencii",
        "expected-token-told",
        "response/any/no-credential",
        "a refusal names the token that would do",
        late(challenged),
    ),
    Incident(
        "polyai",
        "token-in-header",
        "response/any/no-credential",
        "the token comes back in a header of each success",
        late(traced),
    ),
]
