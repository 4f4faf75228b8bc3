"""SigmaMind with a template engine, a framework's handlers, and columns that are read too closely."""

from __future__ import annotations

import json
import re
import time
from typing import Any

from .backends import overlapping
from .incidents import Incident, early, failing, late, refusing
from .incidents_answers import changed
from .incidents_bodies import taken
from .incidents_sigmamind import variables, words
from .kit import on_body, sometimes
from .model import Refusal, Reply, Request, Service, Turn, is_json


def trimmed(service: Service) -> None:
    """Measure the input without the spaces at its ends."""
    service.rules["input"].measure = lambda v: max(len(v.strip()), min(len(v), 1))


def json_text(value: Any) -> bool:
    """Find a map that is written as a text."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def named(test: Any) -> Any:
    """Match requests of which some variable's name passes a test."""

    def when(turn: Turn) -> bool:
        found = turn.values.get("dynamicVariables")
        return isinstance(found, dict) and any(test(k) for k in found)

    return when


def holds_null(value: Any) -> bool:
    """Find null below the first level."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(v is None or holds_null(v) for v in inner)


def same_chat(service: Service) -> None:
    """Go on with the earlier chat instead of making one."""
    known: set[str] = set()

    def shape(turn: Turn, body: Any) -> Any:
        earlier = turn.values.get("previousChatId")
        found = {**body, "chatId": earlier} if earlier in known else body
        known.add(found["chatId"])
        return found

    service.shapes.append(shape)


def month_for_minutes(service: Service) -> None:
    """Write the month where the minutes go."""
    service.stamp = lambda s: time.strftime("%Y-%m-%dT%H:%m:%S.000Z", time.gmtime(s))


def with_query(service: Service, request: Request, reply: Reply) -> None:
    """Repeat the query with the path."""
    if reply.kind and request.query:
        changed(reply, path=f"{request.path}?{request.query}")


def media_crash(service: Service, request: Request) -> Reply | None:
    """Let the last handler answer for a media type that nobody reads."""
    if request.body and not is_json(request.header("content-type")) and request.method == "POST":
        return service.refuse(request, Refusal("crash", "Content type not supported"))
    return None


def method_crash(service: Service, request: Request) -> Reply | None:
    """Let the last handler answer for a method that nobody serves."""
    if request.method not in ("POST", "OPTIONS", "HEAD") and service.route.fullmatch(request.path):
        return service.refuse(request, Refusal("crash", f"Request method '{request.method}' is not supported"))
    return None


def continued_status(turn: Turn, body: Any) -> Any:
    """Write the status of the agent as the table has it, where a chat goes on."""
    if not turn.values.get("previousChatId"):
        return body
    return {**body, "agent": {**body["agent"], "status": "LIVE"}}


def flat_content(turn: Turn, body: Any) -> Any:
    """Write the content as one text where the input has lines."""
    if "\n" not in turn.values["input"]:
        return body
    return {**body, "response": [{**i, "content": i["content"][0]} for i in body["response"]]}


ROWS: list[Incident] = [
    Incident(
        "sigmamind",
        "overlapping-no-reply",
        "response/201/response/promised",
        "chats that are made at once have no reply",
        overlapping(lambda b: {k: v for k, v in b.items() if k != "response"}),
    ),
    Incident(
        "sigmamind",
        "keyword-variable-crash",
        "robustness/body/dynamicVariables",
        "a variable called like an argument is a failure",
        failing(named(lambda k: k in ("input", "agentId", "previousChatId", "self"))),
    ),
    Incident(
        "sigmamind",
        "trimmed-then-measured",
        "request/body/input/maxLength",
        "the input is measured without the spaces at its ends",
        trimmed,
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "sigmamind",
        "variables-as-text",
        "request/body/dynamicVariables/type",
        "variables that are encoded twice are read",
        taken("dynamicVariables", json_text, json.loads),
    ),
    Incident(
        "sigmamind",
        "inner-null-refused",
        "accepts/body/dynamicVariables/*/type/array",
        "null inside a variable is refused",
        refusing(variables(holds_null)),
    ),
    Incident(
        "sigmamind",
        "empty-list-variable-crash",
        "accepts/body/dynamicVariables/*/type/array",
        "a variable that is an empty list is a failure",
        failing(variables(lambda v: v == [] and isinstance(v, list))),
    ),
    Incident(
        "sigmamind",
        "dashed-name-crash",
        "response/201/status",
        "a variable's name must be an identifier",
        failing(named(lambda k: not re.fullmatch(r"\w+", k, re.ASCII))),
    ),
    Incident(
        "sigmamind",
        "same-chat",
        "response/201/chatId/unique",
        "a chat that follows an earlier one has its id",
        same_chat,
    ),
    Incident(
        "sigmamind",
        "unknown-previous-crash",
        "resource/previousChatId/malformed",
        "an earlier chat that does not exist is a failure",
        failing(
            lambda t: (
                len(t.values.get("previousChatId") or "") > 0
                and not re.fullmatch(r"chat_\w{16,17}", t.values["previousChatId"])
            )
        ),
    ),
    Incident(
        "sigmamind",
        "empty-previous-crash",
        "accepts/body/previousChatId/minLength",
        "an earlier chat without a name is a failure",
        failing(lambda t: t.values.get("previousChatId") == ""),
    ),
    Incident(
        "sigmamind",
        "month-for-minutes",
        "response/201/createdAt/clock",
        "the time of creation has the month for its minutes",
        month_for_minutes,
    ),
    Incident(
        "sigmamind",
        "path-with-query",
        "response/any/no-credential",
        "the path of an error has the query",
        late(with_query),
    ),
    Incident(
        "sigmamind",
        "media-crash",
        "robustness/payload",
        "a media type that nobody reads is a failure",
        early(media_crash),
    ),
    Incident(
        "sigmamind",
        "method-crash",
        "response/any/no-server-error",
        "a method that nobody serves is a failure",
        early(method_crash),
    ),
    Incident(
        "sigmamind",
        "each-sixth-ok",
        "response/201/status",
        "each sixth answer comes from a release that says 200",
        sometimes(6, lambda s, q, r: setattr(r, "status", 200)),
    ),
    Incident(
        "sigmamind",
        "continued-agent-status",
        "response/201/agent/status/enum",
        "the agent of a chat that goes on has another status",
        on_body(continued_status),
    ),
    Incident(
        "sigmamind",
        "flat-content",
        "response/201/response/*/content/type",
        "the content is one text where the input has lines",
        on_body(flat_content),
    ),
    Incident(
        "sigmamind",
        "long-word-crash",
        "accepts/body/input/maxLength",
        "a word of more than 255 characters is a failure",
        failing(words(lambda v: any(len(w) > 255 for w in v.split()))),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""
