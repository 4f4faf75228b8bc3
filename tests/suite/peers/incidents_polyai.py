"""PolyAI after incidents: a channel lost, a map that is read too closely, names in the path."""

from __future__ import annotations

import json
from typing import Any

from . import reference as ref
from .incidents import Incident, early, failing, late, refusing, replace_step
from .incidents_bodies import taken
from .kit import on_body
from .model import Refusal, Reply, Request, Service, Turn, is_number

CHANNELS = "webchat,whatsapp,sms,api"
PROTOTYPE = ("constructor", "toString", "valueOf", "hasOwnProperty", "__proto__")


def says(field: str, value: Any) -> Any:
    """Match requests with a value."""
    return lambda t: t.values.get(field) == value


def attributes(test: Any) -> Any:
    """Match requests of which some attribute passes a test of key and value."""

    def when(turn: Turn) -> bool:
        found = turn.values.get("integration_attributes")
        return isinstance(found, dict) and any(test(k, v) for k, v in found.items())

    return when


def message(test: Any) -> Any:
    """Match requests of which the first message passes a test."""
    return lambda t: isinstance(t.values.get("initial_message"), str) and test(t.values["initial_message"])


def of_kind(kind: str, body: bytes, media: str = "application/json", status: int | None = None) -> Any:
    """Answer one kind of refusal with a fixed body."""

    def change(service: Service, request: Request, reply: Reply) -> None:
        if reply.kind == kind:
            reply.body = body
            reply.set("content-type", media)
            reply.status = status or reply.status

    return late(change)


def without_reply(turn: Turn, body: Any) -> Any:
    """Answer later, where there is something to answer."""
    return {"conversation_id": body["conversation_id"]} if turn.values.get("initial_message") else body


def nobody_refused(service: Service) -> None:
    """Ask for a media type even where there is nothing of it."""

    def step(turn: Turn) -> None:
        if not turn.request.body and not turn.request.header("content-type"):
            raise Refusal("schema", "Content-Type is missing")

    service.insert(step, before="weigh")


def path_crash(when: Any) -> Any:
    """Fail on some names in the path."""

    def apply(service: Service) -> None:
        strict = service.find

        def find(turn: Turn) -> None:
            if any(when(v) for v in turn.params.values()):
                raise Refusal("crash", "Unexpected server error")
            strict(turn)

        replace_step(service, "find", find)

    return apply


def folded_account(service: Service) -> None:
    """Compare accounts and projects without their case."""
    strict = service.find

    def find(turn: Turn) -> None:
        turn.params = {
            n: service.place[n] if v.lower() == service.place[n].lower() else v  # type: ignore[attr-defined]
            for n, v in turn.params.items()
        }
        strict(turn)

    replace_step(service, "find", find)


def project_unchecked(service: Service) -> None:
    """Take any project of the account."""
    del service.place["project_id"]  # type: ignore[attr-defined]


def cached_without_key(service: Service) -> None:
    """Keep successes by path and body, in front of the guard."""
    kept: dict[tuple[str, bytes], Reply] = {}

    def before(request: Request) -> Reply | None:
        right = (request.header("x-api-key"), request.header("x-token")) == (ref.POLYAI_KEY, ref.POLYAI_TOKEN)
        return None if right else kept.get((request.path, request.body))

    def after(request: Request, reply: Reply) -> None:
        if not reply.kind:
            kept[request.path, request.body] = reply

    service.before.append(before)
    service.after.append(after)


def debug_on_error(service: Service, request: Request) -> Reply | None:
    """Hand out the settings to whoever asks for a debug page."""
    if "debug" in request.query:
        body = json.dumps({"error_message": "debug", "env": {"X_TOKEN": ref.POLYAI_TOKEN}}).encode()
        return Reply(400, [("content-type", "application/json")], body, "debug")
    return None


ROWS: list[Incident] = [
    Incident(
        "polyai",
        "proto-attribute-crash",
        "robustness/body/integration_attributes",
        "the key __proto__ is a failure",
        failing(attributes(lambda k, v: k == "__proto__")),
    ),
    Incident(
        "polyai",
        "emoji-crash",
        "accepts/body/initial_message/text",
        "the column takes three bytes a character",
        failing(message(lambda v: any(ord(c) > 0xFFFF for c in v))),
    ),
    Incident(
        "polyai",
        "reply-later",
        "response/200/response/required",
        "with a message there is no response yet",
        on_body(without_reply),
    ),
    Incident(
        "polyai",
        "odd-account-crash",
        "robustness/path/version",
        "an account beyond ASCII is a failure",
        path_crash(lambda v: not v.isascii()),
    ),
    Incident(
        "polyai",
        "cached-without-key",
        "auth/all/missing",
        "answers are kept by path and body alone",
        cached_without_key,
    ),
    Incident(
        "polyai",
        "channel-prototype",
        "request/body/channel/enum",
        "channels are looked up in an object with inherited keys",
        taken("channel", lambda v: v in PROTOTYPE),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "polyai",
        "debug-in-query",
        "response/any/no-credential",
        "who asks for a debug page gets the settings",
        early(debug_on_error),
    ),
    Incident(
        "polyai",
        "api-channel-lost",
        "accepts/body/channel/enum/api",
        "the channel api was lost in a deploy",
        refusing(says("channel", "api")),
    ),
    Incident(
        "polyai",
        "sms-crash",
        "accepts/body/channel/enum/sms",
        "the channel sms has no handler",
        failing(says("channel", "sms")),
    ),
    Incident(
        "polyai",
        "project-unchecked",
        "resource/project_id/unknown",
        "any project of the account will do",
        project_unchecked,
    ),
    Incident(
        "polyai",
        "null-attribute-crash",
        "accepts/body/integration_attributes/content",
        "an attribute without a value is a failure",
        failing(attributes(lambda k, v: v is None)),
    ),
    Incident(
        "polyai",
        "list-attribute-refused",
        "accepts/body/integration_attributes/content",
        "attributes may not be lists",
        refusing(attributes(lambda k, v: isinstance(v, list))),
    ),
    Incident(
        "polyai",
        "number-attribute-refused",
        "accepts/body/integration_attributes/content",
        "attributes may not be numbers",
        refusing(attributes(lambda k, v: is_number(v))),
    ),
    Incident(
        "polyai",
        "dotted-attribute-crash",
        "robustness/body/integration_attributes",
        "the database takes no dots or dollars in keys",
        failing(attributes(lambda k, v: "." in k or k.startswith("$"))),
    ),
    Incident(
        "polyai",
        "empty-key-crash",
        "robustness/body/integration_attributes",
        "an empty key is a failure",
        failing(attributes(lambda k, v: k == "")),
    ),
    Incident(
        "polyai",
        "spanish-voice-lost",
        "accepts/body/tts_lang_code/example/es-ES",
        "the voice es-ES was lost in a deploy",
        refusing(says("tts_lang_code", "es-ES")),
    ),
    Incident(
        "polyai",
        "long-message-crash",
        "robustness/body/initial_message",
        "a message of more than 5000 characters is a failure",
        failing(message(lambda v: len(v) > 5000)),
    ),
    Incident("polyai", "typeless-nothing-refused", "accepts/body-absent", "no body needs a media type", nobody_refused),
    Incident(
        "polyai",
        "unknown-account-shape",
        "response/403/schema",
        "an unknown account is refused in another form",
        of_kind("resource", b'{"error_message": {"code": 7}}', status=403),
    ),
    Incident(
        "polyai",
        "unknown-account-page",
        "response/404/content-type",
        "an unknown account gets a page",
        of_kind("resource", b"<h1>Not found</h1>", "text/html"),
    ),
    Incident(
        "polyai",
        "long-account-crash",
        "robustness/path/version",
        "a long account is a failure",
        path_crash(lambda v: len(v) > 128),
    ),
    Incident(
        "polyai",
        "channel-substring",
        "request/body/channel/enum",
        "channels are looked for in a text",
        taken("channel", lambda v: isinstance(v, str) and v in CHANNELS),
    ),
    Incident(
        "polyai",
        "empty-list-attributes",
        "request/body/integration_attributes/type",
        "an empty list is taken for an empty object",
        taken("integration_attributes", lambda v: v == [], lambda v: {}),
    ),
    Incident(
        "polyai",
        "second-page-of-keys",
        "auth/X-TOKEN/truncated",
        "keys that begin like the right one are let in",
        lambda s: s.credentials[1].extra.append(
            lambda q: len(q.header("x-token") or "") >= 4 and ref.POLYAI_TOKEN.startswith(q.header("x-token") or "")
        ),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""


ALIKE: list[Incident] = [
    Incident(
        "polyai", "account-case-folded", "", "accounts and projects are looked up without their case", folded_account
    ),
]
"""What looks like an incident, and is permitted."""
