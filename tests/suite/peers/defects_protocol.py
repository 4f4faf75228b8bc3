"""Defects of unknown resources, other methods, paths and media types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from .defects_errors import (
    Apply,
    Row,
    errors,
    saying,
    spare,
    status_line,
    statuses,
    trace,
)
from .kit import (
    ALL,
    PATHS,
    RESOURCE,
    Call,
    Defect,
    setting_body,
    setting_header,
    unknown,
    valid,
    wire,
)
from .model import Reply, Request, Service, Turn
from .reference import (
    AGENCII_INTEGRATION,
    POLYAI_ACCOUNT,
    POLYAI_PROJECT,
    SIGMAMIND_AGENT,
)


def unfound(names: str, known: Any) -> Apply:
    """Take an unknown resource for a known one."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            for name in names.split():
                if name in turn.params:
                    turn.params[name] = known[name]
                else:
                    turn.values[name] = known[name]

        service.insert(step, before="find")

    return apply


def folded(vendor: str) -> Apply:
    """Look a resource up without regard to case or blanks."""
    name = RESOURCE[vendor]
    known = {"agencii": AGENCII_INTEGRATION, "sigmamind": SIGMAMIND_AGENT}[vendor]

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if str(turn.values[name]).strip().lower() == known.lower():
                turn.values[name] = known

        service.insert(step, before="find")

    return apply


def resources() -> Iterator[Defect]:
    """Yield wrong answers to unknown resources."""
    known = {
        "apiIntegrationId": AGENCII_INTEGRATION,
        "account_id": POLYAI_ACCOUNT,
        "project_id": POLYAI_PROJECT,
        "agentId": SIGMAMIND_AGENT,
        "folder_id": None,
    }
    names = {
        "agencii": "apiIntegrationId",
        "polyai": "account_id project_id",
        "sigmamind": "agentId",
        "openwebui": "folder_id",
    }
    for vendor in ALL:
        calls = (unknown(vendor),)
        rows: list[Row] = [
            ("accepted", "gets a chat", unfound(names[vendor], known), calls, "accepted", "should"),
            ("500", "is a 500", statuses(resource=500), calls, "no-5xx", "must"),
            ("200", "is a 200 with an error body", statuses(resource=200), calls, "status", "must"),
            ("503", "is a 503", statuses(resource=503), calls, "no-5xx", "must"),
            (
                "html",
                "is answered with a page",
                setting_body(b"<h1>Not Found</h1>", "text/html", "resource"),
                calls,
                "content-type",
                "should" if vendor in ("agencii", "openwebui") else "must",
            ),
            (
                "trace",
                "is answered with a stack trace",
                saying(vendor, trace, "resource"),
                calls,
                "stack-trace",
                "must",
            ),
            (
                "dropped",
                "drops the connection",
                wire("drop", lambda r: True, "resource"),
                calls,
                "answers",
                "must",
            ),
        ]
        if vendor in ("polyai", "sigmamind"):
            rows += [
                (
                    "400",
                    "is a 400 where 404 is documented",
                    statuses(resource=400),
                    calls,
                    "status",
                    "must",
                ),
                ("401", "is a 401", statuses(resource=401), calls, "status", "must"),
                ("422", "is a 422", statuses(resource=422), calls, "status", "must"),
                ("204", "is a 204", status_line(204, "resource"), calls, "status", "must"),
                (
                    "shape",
                    "is answered with other types",
                    errors(spare(vendor), "resource"),
                    calls,
                    "schema",
                    "must",
                ),
                (
                    "no-body",
                    "is answered with no body",
                    setting_body(b"", "", "resource"),
                    calls,
                    "body",
                    "must",
                ),
            ]
        if vendor in ("agencii", "sigmamind"):
            name = RESOURCE[vendor]
            shown = valid(vendor).put(**{name: str(known[name]).lower()})
            rows.append(("any-case", "is found in any case", folded(vendor), (shown,), "exact", "should"))
        if vendor == "polyai":
            rows += [
                (
                    "account-unchecked",
                    "is not noticed if it is the account",
                    unfound("account_id", known),
                    calls,
                    "account_id",
                    "should",
                ),
                (
                    "project-unchecked",
                    "is not noticed if it is the project",
                    unfound("project_id", known),
                    (valid(vendor).at(f"/v1/{POLYAI_ACCOUNT}/PROJECT-00000000/chat/create"),),
                    "project_id",
                    "should",
                ),
            ]
        for flaw, description, apply, shown_by, clause, severity in rows:
            yield Defect(
                f"resource-{flaw}",
                vendor,
                f"an unknown resource {description}",
                apply,
                shown_by,
                raw=flaw == "dropped",
                breaks=f"resource/{clause}",
                severity=severity,
            )


def creating(*methods: str) -> Apply:
    """Serve other methods as if they were POST, with the example for a body."""

    def apply(service: Service) -> None:
        def hook(request: Request) -> Reply | None:
            if request.method not in methods:
                return None
            example = valid(service.vendor)
            request.method = "POST"
            if not request.body:
                request.body = example.body or b""
                request.headers.append(("content-type", "application/json"))
            return None

        service.before.append(hook)

    return apply


def early(method: str, make: Callable[[Request], Reply]) -> Apply:
    """Answer one method before anything else."""

    def hook(request: Request) -> Reply | None:
        return make(request) if request.method == method else None

    return lambda service: service.before.append(hook)


def echoed(request: Request) -> Reply:
    """Answer TRACE with the request itself."""
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers)
    body = f"TRACE {request.path} HTTP/1.1\r\n{head}\r\n".encode("latin-1")
    return Reply(200, [("content-type", "message/http")], body, "method")


def failed(request: Request) -> Reply:
    """Answer with a bare 500."""
    return Reply(500, [("content-type", "text/plain")], b"Internal Server Error", "crash")


def methods() -> Iterator[Defect]:
    """Yield wrong answers to other methods."""
    for vendor in ALL:
        base = valid(vendor)
        rows: list[tuple[str, str, Apply, Call, str, str]] = [
            ("get-creates", "GET creates a chat", creating("GET"), base.verb("GET"), "GET", "must"),
            (
                "put-creates",
                "PUT creates a chat",
                creating("PUT"),
                base.verb("PUT"),
                "PUT",
                "should",
            ),
            (
                "patch-creates",
                "PATCH creates a chat",
                creating("PATCH"),
                base.verb("PATCH"),
                "PATCH",
                "should",
            ),
            (
                "delete-succeeds",
                "DELETE answers 204",
                early("DELETE", lambda r: Reply(204, kind="method")),
                base.verb("DELETE"),
                "DELETE",
                "should",
            ),
            (
                "no-allow",
                "a 405 comes without Allow",
                setting_header("allow", None, "method"),
                base.verb("GET"),
                "Allow",
                "should",
            ),
            (
                "allow-get",
                "a 405 lists GET, which it just refused",
                setting_header("allow", "GET", "method"),
                base.verb("GET"),
                "Allow",
                "should",
            ),
            ("get-500", "GET is a 500", early("GET", failed), base.verb("GET"), "GET", "must"),
            ("head-500", "HEAD is a 500", early("HEAD", failed), base.verb("HEAD"), "HEAD", "must"),
            (
                "options-500",
                "OPTIONS is a 500",
                early("OPTIONS", failed),
                base.verb("OPTIONS"),
                "OPTIONS",
                "must",
            ),
            (
                "delete-500",
                "DELETE is a 500",
                early("DELETE", failed),
                base.verb("DELETE"),
                "DELETE",
                "must",
            ),
            (
                "trace-echoes",
                "TRACE gives the credentials back",
                early("TRACE", echoed),
                base.verb("TRACE"),
                "TRACE",
                "should",
            ),
            (
                "get-body",
                "a 405 is a 200 with an error body",
                statuses(method=200),
                base.verb("GET"),
                "GET",
                "should",
            ),
        ]
        for flaw, description, apply, call, clause, severity in rows:
            yield Defect(
                f"method-{flaw}",
                vendor,
                description,
                apply,
                (call,),
                breaks=f"protocol/method/{clause}",
                severity=severity,
            )
        yield Defect(
            "path-500",
            vendor,
            "a path beside the documented one is a 500",
            statuses(path=500),
            (base.at(PATHS[vendor] + "x"),),
            breaks="robustness/no-5xx",
            severity="should",
        )
        yield Defect(
            "media-500",
            vendor,
            "a wrong media type is a 500",
            statuses(media=500),
            (base.header("Content-Type", "text/plain"),),
            breaks="robustness/no-5xx",
        )
        yield Defect(
            "media-200",
            vendor,
            "a wrong media type is a 200 with an error body",
            statuses(media=200),
            (base.header("Content-Type", "text/plain"),),
            breaks="protocol/media-type",
            severity="should",
        )


DEFECTS: list[Defect] = [*resources(), *methods()]
