"""Incidents in the answers: other people's words, untrue errors, replies that are none."""

from __future__ import annotations

import itertools
import json
from typing import Any

from .defects_leaks import words_of
from .incidents import Apply, Incident, late
from .kit import on_body
from .model import Refusal, Reply, Request, Service, Turn


def changed(reply: Reply, **fields: Any) -> None:
    """Set fields of a JSON answer."""
    reply.body = json.dumps({**json.loads(reply.body), **fields}).encode()


def last_input(service: Service) -> None:
    """Append what the buffer still holds of the request before."""
    memory = [""]

    def after(request: Request, reply: Reply) -> None:
        if reply.kind == "schema":
            changed(reply, message=f"{json.loads(reply.body)['message']} near '{memory[0]}'")
        memory[0] = words_of(request) or memory[0]

    service.after.append(after)


def shared_variable(service: Service) -> None:
    """Keep the text of the current request in one variable for all."""
    held = {"text": ""}

    def after(request: Request, reply: Reply) -> None:
        held["text"] = words_of(request)
        if not reply.kind:
            reply.delay = 0.02
            reply.finish = lambda: changed(reply, response=f"You said: {held['text']}")

    service.after.append(after)


def last_integration(service: Service) -> None:
    """Carry the integration of the request before in a header."""
    memory = [""]

    def after(request: Request, reply: Reply) -> None:
        try:
            found = json.loads(request.body)
        except (ValueError, RecursionError):
            found = {}
        name = found.get("apiIntegrationId") if isinstance(found, dict) else None
        if memory[0]:
            reply.set("x-last-integration", memory[0])
        if isinstance(name, str) and name.isascii() and name.isprintable():
            memory[0] = name[:200]

    service.after.append(after)


def failed(kinds: str, **fields: Any) -> Apply:
    """Change errors of some kinds."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        if reply.kind in kinds.split("|"):
            changed(reply, **fields)

    return late(change)


def wrong_scheme(service: Service, request: Request, reply: Reply) -> None:
    """Use the gateway's own form where the scheme is unknown."""
    value = request.header("authorization")
    if reply.kind == "auth" and value and not value.lower().startswith("bearer "):
        reply.body = json.dumps({"detail": {"code": "unsupported_scheme"}}).encode()


def always_agent(service: Service, request: Request, reply: Reply) -> None:
    """Name the same field whatever is wrong."""
    if reply.kind == "schema":
        changed(reply, message="agentId is invalid", validationErrors={"agentId": "is invalid"})


def listed_when_two(service: Service) -> None:
    """Write an array where more than one thing is wrong."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        if len(refusal.fields) > 1:
            return {**body, "validationErrors": [f"{n}: {m}" for n, m in refusal.fields.items()]}
        return body

    service.error_shapes.append(shape)


def two_faults_page(service: Service, request: Request, reply: Reply) -> None:
    """Fail to write an error about a body that cannot be read either."""
    if reply.kind == "auth":
        try:
            json.loads(request.body)
        except ValueError:
            reply.set("content-type", "text/html")
            reply.body = b"<h1>401 Unauthorized</h1>"


def count_of_errors(service: Service) -> None:
    """Write the number of errors as a text where there are two."""

    def shape(request: Request, refusal: Refusal, body: Any) -> Any:
        return {"detail": [1, 2]} if len(refusal.fields) > 1 else body

    service.error_shapes.append(shape)


def role_of_user(turn: Turn, body: Any) -> Any:
    """Return the message of the user."""
    return {**body, "response": [{**body["response"][0], "role": "user"}]}


def parroted(turn: Turn, body: Any) -> Any:
    """Return what the user has said as the reply."""
    return {**body, "response": turn.values.get("initial_message") or body["response"]}


def quoted_input(turn: Turn, body: Any) -> Any:
    """Return what the user has said as the content of an assistant."""
    return {**body, "response": [{**body["response"][0], "content": [turn.values["input"]]}]}


def alternating_owner(service: Service) -> None:
    """Name another owner every time."""
    ids = itertools.cycle(["user-1", "user-2", "user-3"])
    service.shapes.append(lambda t, b: {**b, "user_id": next(ids)})


ROWS: list[Incident] = [
    Incident(
        "sigmamind",
        "error-near-last-input",
        "response/any/no-other-request",
        "an error quotes the request before",
        last_input,
    ),
    Incident(
        "polyai",
        "shared-variable",
        "response/any/no-other-chat",
        "the text of overlapping requests is kept in one variable",
        shared_variable,
    ),
    Incident(
        "agencii",
        "last-integration-header",
        "response/any/no-other-request",
        "a header names the integration of the request before",
        last_integration,
    ),
    Incident(
        "agencii",
        "scheme-error-shaped",
        "response/401/schema",
        "a wrong scheme is refused in another form",
        late(wrong_scheme),
    ),
    Incident(
        "sigmamind",
        "always-agent",
        "response/400/names-field",
        "errors name the agent whatever is wrong",
        late(always_agent),
    ),
    Incident(
        "polyai",
        "sql-told",
        "response/any/no-internal-detail",
        "an error about an unknown account holds the query",
        failed("resource", error_message="SELECT * FROM accounts WHERE id = $1: no such id"),
    ),
    Incident(
        "openwebui",
        "file-told",
        "response/any/no-internal-detail",
        "an error about the body names a file of the server",
        failed(
            "schema",
            detail="ValidationError in /srv/app/backend/routers/chats.py line 88: 1 validation error for ChatForm",
        ),
    ),
    Incident(
        "polyai",
        "teapot",
        "response/400/status",
        "an unknown channel is refused as unprocessable",
        lambda s: s.statuses.__setitem__("schema", 422),
    ),
    Incident(
        "sigmamind",
        "reply-of-the-user",
        "response/201/response/reply",
        "the reply is a message of the user",
        on_body(role_of_user),
    ),
    Incident(
        "polyai", "parrot", "response/200/response/reply", "the reply is what the user has said", on_body(parroted)
    ),
    Incident(
        "sigmamind",
        "parrot-assistant",
        "response/201/response/reply",
        "the assistant's reply is what the user has said",
        on_body(quoted_input),
    ),
    Incident(
        "openwebui",
        "owners-alternate",
        "response/200/user_id/constant",
        "the owner differs from chat to chat",
        alternating_owner,
    ),
    Incident(
        "sigmamind",
        "account-told",
        "response/any/no-internal-detail",
        "a success names the key of another account",
        on_body(lambda t, b: {**b, "debug": {"pg": "postgres://svc:hunter2@10.2.0.7:5432/chats"}}),
    ),
    Incident(
        "openwebui",
        "old-clock",
        "response/200/created_at/clock",
        "errors aside, creation is told in milliseconds",
        on_body(lambda t, b: {**b, "created_at": b["created_at"] * 1000, "updated_at": b["updated_at"] * 1000}),
    ),
    Incident(
        "sigmamind",
        "ok-instead-of-created",
        "response/201/status",
        "success is 200 instead of 201",
        lambda s: setattr(s, "success", 200),
    ),
    Incident(
        "sigmamind",
        "no-chat-id",
        "response/201/chatId/promised",
        "a success lacks the chat's id",
        on_body(lambda t, b: {k: v for k, v in b.items() if k != "chatId"}),
    ),
    Incident(
        "sigmamind",
        "errors-in-detail",
        "response/400/schema",
        "every error has another form",
        late(
            lambda s, q, r: (
                setattr(r, "body", b'{"detail": [{"loc": ["body"], "msg": "no"}], "status": "bad"}') if r.kind else None
            )
        ),
    ),
    Incident(
        "openwebui",
        "success-as-page",
        "response/200/content-type",
        "successes are called text/html",
        late(lambda s, q, r: None if r.kind else r.set("content-type", "text/html")),
    ),
    Incident(
        "sigmamind", "two-errors-listed", "response/400/schema", "two faults at once come as a list", listed_when_two
    ),
    Incident(
        "agencii",
        "two-faults-page",
        "response/401/content-type",
        "a token and a body that are both wrong get a page",
        late(two_faults_page),
    ),
]
