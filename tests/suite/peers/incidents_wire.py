"""Incidents on the wire and over time: framing, what a request leaves behind, what fails now and then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from .incidents import Apply, Incident, early, late
from .kit import sometimes
from .model import Refusal, Reply, Request, Service


def crash(service: Service, request: Request) -> Reply:
    """Answer with a failure."""
    return service.refuse(request, Refusal("crash", "Unexpected server error"))


def refuse(service: Service, request: Request, kind: str, message: str) -> Reply:
    """Answer with a refusal."""
    return service.refuse(request, Refusal(kind, message))


def answered(when: Callable[[Request], bool], then: Callable[[Service, Request], Reply]) -> Apply:
    """Answer some requests otherwise."""
    return early(lambda s, q: then(s, q) if when(q) else None)


def truncated(service: Service, request: Request, reply: Reply) -> None:
    """Send no body where the connection is to be closed."""
    if "close" in (request.header("connection") or "").lower():
        reply.body = b""


def called_gzip(service: Service, request: Request, reply: Reply) -> None:
    """Say that a body is compressed where it is not."""
    if "gzip" in (request.header("accept-encoding") or "") and "br" not in (request.header("accept-encoding") or ""):
        reply.set("content-encoding", "gzip")


def after_refusal(kind: str, then: Callable[[Service, Request], Reply], turns: int = 1, same: bool = False) -> Apply:
    """Answer the requests after some refusal otherwise."""

    def apply(service: Service) -> None:
        left: Counter[object] = Counter()

        def before(request: Request) -> Reply | None:
            key = request.client if same else None
            if left[key] > 0 and service.credentials[0].presented(request) == service.credentials[0].value:
                left[key] -= 1
                reply = then(service, request)
                reply.kind = "state"
                return reply
            return None

        def after(request: Request, reply: Reply) -> None:
            if reply.kind == kind:
                left[request.client if same else None] = turns

        service.before.append(before)
        service.after.append(after)

    return apply


def every(count: int, then: Callable[[Service, Request], Reply]) -> Apply:
    """Answer each N-th request otherwise."""

    def apply(service: Service) -> None:
        seen = 0

        def before(request: Request) -> Reply | None:
            nonlocal seen
            seen += 1
            return then(service, request) if seen % count == 0 else None

        service.before.append(before)

    return apply


def from_the(count: int, then: Callable[[Service, Request], Reply]) -> Apply:
    """Answer one request, the N-th, otherwise."""

    def apply(service: Service) -> None:
        seen = 0

        def before(request: Request) -> Reply | None:
            nonlocal seen
            seen += 1
            return then(service, request) if seen > count and seen % 3 == 0 else None

        service.before.append(before)

    return apply


def unavailable(service: Service, request: Request) -> Reply:
    """Answer as an edge does that has no worker left."""
    return Reply(503, [("content-type", "text/html"), ("retry-after", "0")], b"<h1>503</h1>", "edge")


ROWS: list[Incident] = [
    Incident(
        "sigmamind",
        "chunks-empty",
        "framing/chunked",
        "a body in chunks is taken for none",
        answered(
            lambda q: q.header("transfer-encoding") is not None, lambda s, q: refuse(s, q, "schema", "Body is missing")
        ),
    ),
    Incident(
        "polyai",
        "expect-crash",
        "framing/expect-continue",
        "Expect: 100-continue is a failure",
        answered(lambda q: q.header("expect") is not None, crash),
    ),
    Incident(
        "agencii",
        "no-accept-crash",
        "framing/accept/absent",
        "a request without Accept is a failure",
        answered(lambda q: q.header("accept") is None, crash),
    ),
    Incident("openwebui", "called-gzip", "response/200/framing", "gzip is announced but not done", late(called_gzip)),
    Incident(
        "agencii", "close-empty", "framing/connection-close", "Connection: close empties the body", late(truncated)
    ),
    Incident(
        "sigmamind",
        "http10-accept-star-refused",
        "framing/accept/any",
        "Accept: */* alone is refused as invalid",
        answered(
            lambda q: q.header("accept") == "*/*",
            lambda s, q: refuse(s, q, "schema", "Accept must be application/json"),
        ),
    ),
    Incident(
        "agencii",
        "locked-after-refusal",
        "state/after-refused-login",
        "the request after a refused login is refused too",
        after_refusal("auth", lambda s, q: refuse(s, q, "auth", "Try again")),
    ),
    Incident(
        "sigmamind",
        "breaker-after-refusal",
        "state/after-refused-login",
        "a refused login opens the circuit breaker for a request",
        after_refusal("auth", crash),
    ),
    Incident(
        "polyai",
        "bad-after-bad",
        "state/after-invalid-body",
        "after a bad request the same connection gets a bad answer",
        after_refusal("schema", lambda s, q: refuse(s, q, "schema", "Unexpected character at 0"), same=True),
    ),
    Incident(
        "openwebui",
        "worker-dies-of-size",
        "state/after-oversized-body",
        "a huge body kills the worker, whose next request fails",
        lambda s: (setattr(s, "largest", 1_000_000), after_refusal("size", crash)(s))[0],
    ),
    Incident("openwebui", "twentieth-fails", "state/every-time", "each 20th request fails", every(20, crash)),
    Incident(
        "agencii",
        "fifteenth-empty-id",
        "response/200/chatId/promised",
        "each 15th chat has no id",
        sometimes(15, lambda s, q, r: setattr(r, "body", b'{"chatId": ""}')),
    ),
    Incident(
        "polyai",
        "leak-after-sixty",
        "state/every-time",
        "from the 60th request on, each third fails",
        from_the(60, crash),
    ),
]
