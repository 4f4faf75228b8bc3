"""Defects of the answer to bad credentials: statuses, bodies, memory, disclosure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .defects_auth import crash_if, every_tenth_open, remembering
from .kit import (
    ALL,
    CREDENTIALS,
    Call,
    Defect,
    anonymous,
    on_reply,
    setting_body,
    setting_header,
    valid,
    wrong_key,
)
from .model import Reply, Request, Service


def status(code: int, headers: dict[str, str] | None = None) -> Callable[[Service], None]:
    """Refuse credentials with another status."""

    def change(_: Request, reply: Reply) -> None:
        reply.status = code
        reply.set("www-authenticate", None)
        for name, value in (headers or {}).items():
            reply.set(name, value)

    return on_reply(change, "auth")


BAD_SHAPES = {
    "agencii": b'{"detail":[{"loc":["header"],"msg":"Not authenticated"}]}',
    "polyai": b'{"error_message":{"code":"unauthorized"}}',
    "sigmamind": b'{"status":"401","error":401,"message":["unauthorized"],"path":null}',
    "openwebui": b'"Unauthorized"',
}
LOGIN = b"<!doctype html><title>Sign in</title><h1>401 Unauthorized</h1>"


def answers() -> Iterator[Defect]:
    """Yield wrong answers to bad credentials."""
    for vendor in ALL:
        call = (wrong_key(vendor),)
        soft = "should" if vendor == "openwebui" else "must"
        rows: list[tuple[str, str, Callable[[Service], None], str]] = [
            ("status-400", "answered 400", status(400), soft),
            ("status-404", "answered 404", status(404), soft),
            ("status-500", "answered 500", status(500), "must"),
            (
                "redirect",
                "answered by a redirect to a login page",
                status(302, {"location": "/login"}),
                soft,
            ),
            ("status-200", "answered 200 with an error body", status(200), "must"),
            ("body-html", "answered with a page", setting_body(LOGIN, "text/html", "auth"), soft),
            ("body-empty", "answered with no body", setting_body(b"", "", "auth"), soft),
            (
                "body-text",
                "answered with plain text",
                setting_body(b"Unauthorized", "text/plain", "auth"),
                soft,
            ),
            (
                "body-shape",
                "answered with a body of other types",
                setting_body(BAD_SHAPES[vendor], None, "auth"),
                soft,
            ),
            (
                "no-challenge",
                "answered without WWW-Authenticate",
                setting_header("www-authenticate", None, "auth"),
                "should",
            ),
        ]
        if vendor == "agencii":
            rows.append(("status-403", "answered 403, not documented", status(403), "must"))
        for flaw, description, apply, severity in rows:
            yield Defect(
                f"auth-{flaw}",
                vendor,
                f"bad credentials are {description}",
                apply,
                call,
                breaks="response/401",
                severity=severity,
            )


def leak(service: Service) -> None:
    """Say in the error which credential was expected or presented."""

    def shape(request: Request, refusal: Any, body: Any) -> Any:
        if refusal.kind == "auth":
            values = [v for c in service.credentials for v in request.all(c.header)]
            key = next(k for k in ("message", "detail", "error_message") if k in body)
            body[key] = f"Invalid credentials: {', '.join(values)}"
        return body

    service.error_shapes.append(shape)


def leak_headers(service: Service) -> None:
    """Return what was presented in a response header."""

    def late(request: Request, reply: Reply) -> Reply:
        shown = next((v for c in service.credentials for v in request.all(c.header)), "")
        if shown:
            reply.set("x-debug-credential", shown.encode("ascii", "replace").decode())
        return reply

    service.after.append(late)


def leak_expected(service: Service) -> None:
    """Disclose the expected credential to whoever presents a wrong one."""

    def shape(request: Request, refusal: Any, body: Any) -> Any:
        if refusal.kind == "auth":
            key = next(k for k in ("message", "detail", "error_message") if k in body)
            body[key] = f"Expected {service.credentials[0].value}"
        return body

    service.error_shapes.append(shape)


def lacking(header: str) -> Callable[[Request], bool]:
    """Test for a request without a header."""
    return lambda request: not request.all(header)


def common() -> Iterator[Defect]:
    """Yield defects of state and of disclosure."""
    for vendor in ALL:
        header = next(iter(CREDENTIALS[vendor]))
        rows: list[tuple[str, str, Callable[[Service], None], tuple[Call, ...], str, str]] = [
            (
                "remembers-address",
                "an address that succeeded once needs no credentials",
                remembering(lambda r: r.client[0]),
                (valid(vendor), anonymous(vendor)),
                "auth/*/missing",
                "must",
            ),
            (
                "remembers-connection",
                "a connection that succeeded once needs no credentials",
                remembering(lambda r: r.client),
                (valid(vendor), anonymous(vendor)),
                "auth/*/missing",
                "must",
            ),
            (
                "each-tenth-open",
                "each tenth request is not checked",
                every_tenth_open,
                (anonymous(vendor).repeat(21),),
                "auth/*/missing",
                "must",
            ),
            (
                "echo-in-error",
                "the presented credential is quoted in the error",
                leak,
                (wrong_key(vendor),),
                "security/credential-echo",
                "must",
            ),
            (
                "echo-in-header",
                "the credential comes back in a response header",
                leak_headers,
                (valid(vendor),),
                "security/credential-echo",
                "must",
            ),
            (
                "expected-disclosed",
                "the error tells the expected credential",
                leak_expected,
                (wrong_key(vendor),),
                "security/credential-echo",
                "must",
            ),
            (
                "crash-on-missing",
                "a request without credentials is a 500",
                crash_if(lacking(header)),
                (anonymous(vendor),),
                "auth/*/missing",
                "must",
            ),
        ]
        for flaw, description, apply, calls, clause, severity in rows:
            yield Defect(f"auth-{flaw}", vendor, description, apply, calls, breaks=clause, severity=severity)


DEFECTS: list[Defect] = [*answers(), *common()]
