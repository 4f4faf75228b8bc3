"""Defects of refusals: error bodies, resources, methods."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    ALL,
    Call,
    Defect,
    invalid,
    malformed,
    on_reply,
    setting_body,
    unknown,
)
from .model import Refusal, Reply, Request, Service, iso

Apply = Callable[[Service], None]
Row = tuple[str, str, Apply, tuple[Call, ...], str, str]
TEXT = {
    "agencii": "detail",
    "polyai": "error_message",
    "sigmamind": "message",
    "openwebui": "detail",
}
SPARE: dict[str, Any] = {
    "agencii": {"detail": 400},
    "polyai": {"error_message": ["bad"]},
    "sigmamind": {"error": {"code": 400}, "message": None},
    "openwebui": "bad",
}


def statuses(**codes: int) -> Apply:
    """Answer kinds of refusals with other statuses."""
    return lambda service: service.statuses.update(codes)


def status_line(code: int, kinds: str) -> Apply:
    """Change the status of replies, but nothing else."""

    def change(_: Request, reply: Reply) -> None:
        reply.status = code

    return on_reply(change, kinds)


def errors(change: Callable[[Request, Refusal, Any], Any], kinds: str) -> Apply:
    """Change the error body of some refusals."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        return change(request, refusal, body) if refusal.kind in kinds.split("|") else body

    return lambda service: service.error_shapes.append(shape)


def saying(vendor: str, compose: Callable[[Request, Refusal], Any], kinds: str) -> Apply:
    """Change the message of some refusals."""
    name = TEXT[vendor]
    return errors(lambda q, r, body: {**body, name: compose(q, r)}, kinds)


def spare(vendor: str) -> Callable[[Request, Refusal, Any], Any]:
    """Give a body whose types are not the documented ones."""
    return lambda request, refusal, body: SPARE[vendor]


def trace(request: Request, refusal: Refusal) -> str:
    """Write a stack trace."""
    try:
        raise ValueError(refusal.message)  # noqa: TRY301  a real trace is what is wanted
    except ValueError:
        return traceback.format_exc()


JAVA = (
    "org.springframework.http.converter.HttpMessageNotReadableException: JSON parse error\n"
    "\tat com.vendor.chat.ChatController.create(ChatController.java:88)\n"
    "\tat java.base/java.lang.Thread.run(Thread.java:833)"
)
NODE = (
    "SyntaxError: Unexpected end of JSON input\n    at JSON.parse (<anonymous>)\n"
    "    at /srv/app/node_modules/body-parser/lib/types/json.js:92:19"
)
PAGE = b"<html><head><title>400 Bad Request</title></head><body>nginx</body></html>"


def bad_requests() -> Iterator[Defect]:
    """Yield wrong answers to bad bodies."""
    for vendor in ALL:
        soft = "should" if vendor == "openwebui" else "must"
        wrong, broken = (invalid(vendor),), (malformed(vendor),)
        rows: list[Row] = [
            (
                "syntax-500",
                "malformed JSON is a 500",
                statuses(syntax=500),
                broken,
                "status",
                "must",
            ),
            (
                "schema-500",
                "an invalid body is a 500",
                statuses(schema=500),
                wrong,
                "status",
                "must",
            ),
            (
                "schema-200",
                "an invalid body is a 200 with an error body",
                statuses(schema=200),
                wrong,
                "status",
                "must",
            ),
            (
                "syntax-200",
                "malformed JSON is a 200 with an error body",
                statuses(syntax=200),
                broken,
                "status",
                "must",
            ),
            (
                "schema-401",
                "an invalid body is a 401",
                statuses(schema=401),
                wrong,
                "status",
                "must",
            ),
            (
                "schema-404",
                "an invalid body is a 404",
                statuses(schema=404),
                wrong,
                "status",
                "must",
            ),
            (
                "schema-503",
                "an invalid body is a 503",
                statuses(schema=503),
                wrong,
                "status",
                "must",
            ),
            (
                "schema-html",
                "an invalid body is answered with a page",
                setting_body(PAGE, "text/html", "schema"),
                wrong,
                "content-type",
                soft,
            ),
            (
                "schema-unlabelled-page",
                "an invalid body is answered with a page labelled JSON",
                setting_body(PAGE, None, "schema"),
                wrong,
                "json",
                "must",
            ),
            (
                "syntax-html",
                "malformed JSON is answered with a page",
                setting_body(PAGE, "text/html", "syntax"),
                broken,
                "content-type",
                soft,
            ),
            (
                "schema-text",
                "an invalid body is answered in plain text",
                setting_body(b"Bad Request", "text/plain", "schema"),
                wrong,
                "content-type",
                soft,
            ),
            (
                "schema-no-body",
                "an invalid body is answered with no body",
                setting_body(b"", "", "schema"),
                wrong,
                "body",
                soft,
            ),
            (
                "schema-shape",
                "an invalid body is answered with other types",
                errors(spare(vendor), "schema"),
                wrong,
                "schema",
                soft,
            ),
            (
                "syntax-shape",
                "malformed JSON is answered with other types",
                errors(spare(vendor), "syntax"),
                broken,
                "schema",
                soft,
            ),
            (
                "schema-array",
                "an invalid body is answered with an array",
                errors(lambda q, r, b: [b], "schema"),
                wrong,
                "schema",
                soft,
            ),
            (
                "stack-trace",
                "malformed JSON is answered with a stack trace",
                saying(vendor, trace, "syntax"),
                broken,
                "security/stack-trace",
                "must",
            ),
            (
                "java-trace",
                "an invalid body is answered with a stack trace",
                saying(vendor, lambda q, r: JAVA, "schema"),
                wrong,
                "security/stack-trace",
                "must",
            ),
            (
                "node-trace",
                "a field beside the message carries a stack trace",
                errors(lambda q, r, b: {**b, "stack": NODE}, "syntax|schema"),
                broken,
                "security/stack-trace",
                "must",
            ),
            (
                "headers-dumped",
                "the error repeats the request's headers, credentials included",
                errors(lambda q, r, b: {**b, "request": {"headers": dict(q.headers)}}, "schema"),
                wrong,
                "security/credential-echo",
                "must",
            ),
        ]
        if vendor in ("agencii", "polyai", "sigmamind"):
            rows += [
                (
                    "schema-422",
                    "an invalid body is a 422",
                    statuses(schema=422),
                    wrong,
                    "status",
                    "must",
                ),
                (
                    "syntax-422",
                    "malformed JSON is a 422",
                    statuses(syntax=422),
                    broken,
                    "status",
                    "must",
                ),
                (
                    "schema-409",
                    "an invalid body is a 409",
                    statuses(schema=409),
                    wrong,
                    "status",
                    "must",
                ),
            ]
        for flaw, description, apply, calls, clause, severity in rows:
            where = clause if "/" in clause else f"response/400/{clause}"
            yield Defect(f"bad-{flaw}", vendor, description, apply, calls, breaks=where, severity=severity)


def standard_errors() -> Iterator[Defect]:
    """Yield wrong fields of SigmaMind's error body."""
    kinds = "auth|schema|syntax|resource"
    calls = (invalid("sigmamind"), unknown("sigmamind"))

    def put(**fields: Any) -> Apply:
        return errors(lambda q, r, b: {**b, **fields}, kinds)

    rows: list[Row] = [
        ("status-field", "status says 500", put(status=500), calls, "status/equals", "must"),
        (
            "status-string",
            "status is a string",
            errors(lambda q, r, b: {**b, "status": str(b["status"])}, kinds),
            calls,
            "status/type",
            "must",
        ),
        (
            "status-always-400",
            "status says 400 whatever happened",
            put(status=400),
            calls,
            "status/equals",
            "must",
        ),
        ("path-field", "path is another's", put(path="/v1/users"), calls, "path/equals", "should"),
        ("path-null", "path is null", put(path=None), calls, "path/type", "must"),
        ("path-empty", "path is empty", put(path=""), calls, "path/equals", "should"),
        (
            "time-stale",
            "timestamp is the page's",
            put(timestamp="2026-05-05T10:06:43.615Z"),
            calls,
            "timestamp/clock",
            "should",
        ),
        (
            "time-hour",
            "timestamp is an hour ahead",
            errors(lambda q, r, b: {**b, "timestamp": iso(time.time() + 3600)}, kinds),
            calls,
            "timestamp/clock",
            "should",
        ),
        (
            "time-number",
            "timestamp counts seconds",
            put(timestamp=1777975603),
            calls,
            "timestamp/type",
            "must",
        ),
        (
            "time-no-zone",
            "timestamp has no zone",
            errors(lambda q, r, b: {**b, "timestamp": b["timestamp"][:-1]}, kinds),
            calls,
            "timestamp/format",
            "must",
        ),
        (
            "reason-number",
            "error is a number",
            errors(lambda q, r, b: {**b, "error": b["status"]}, kinds),
            calls,
            "error/type",
            "must",
        ),
        ("message-null", "message is null", put(message=None), calls, "message/type", "must"),
        (
            "message-list",
            "message is an array",
            put(message=["wrong"]),
            calls,
            "message/type",
            "must",
        ),
        (
            "details-list",
            "validationErrors is an array",
            errors(lambda q, r, b: {**b, "validationErrors": ["agentId is wrong"]}, kinds),
            calls,
            "validationErrors/type",
            "must",
        ),
        (
            "details-null",
            "validationErrors is null",
            put(validationErrors=None),
            calls,
            "validationErrors/type",
            "must",
        ),
        (
            "details-string",
            "validationErrors is a string",
            put(validationErrors="agentId"),
            calls,
            "validationErrors/type",
            "must",
        ),
        (
            "enveloped",
            "the error is wrapped, its status with it",
            errors(lambda q, r, b: [{"errors": [b]}], kinds),
            calls,
            "schema",
            "must",
        ),
    ]
    for flaw, description, apply, shown, clause, severity in rows:
        yield Defect(
            f"error-{flaw}",
            "sigmamind",
            description,
            apply,
            shown,
            breaks=f"response/4xx/{clause}",
            severity=severity,
        )


DEFECTS: list[Defect] = [*bad_requests(), *standard_errors()]
