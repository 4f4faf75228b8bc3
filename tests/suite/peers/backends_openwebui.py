"""Open WebUI on other columns, parsers and clocks."""

from __future__ import annotations

import gzip
from typing import Any

from .backends import found_if, guarded_by, overlapping
from .incidents import Incident, failing, late
from .incidents_bodies import echo, keys, messages, on_text
from .incidents_openwebui import keyed, whole
from .kit import on_body
from .model import Exact, Refusal, Reply, Request, Service, Turn


def deeper(value: Any, left: int) -> Any:
    """Drop what is below some level."""
    if left == 0 and isinstance(value, dict | list):
        return None
    if isinstance(value, dict):
        return {k: deeper(v, left - 1) for k, v in value.items()}
    return [deeper(v, left - 1) for v in value] if isinstance(value, list) else value


def current_mended(turn: Turn, body: Any) -> Any:
    """Point to a message that there is."""
    found, history = list(messages(turn)), body["chat"].get("history")
    if not found or not isinstance(history, dict) or history.get("currentId") in found:
        return body
    return {**body, "chat": {**body["chat"], "history": {**history, "currentId": found[-1]}}}


def clock_at_start(service: Service) -> None:
    """Take the default of a column once."""
    began = service.clock()
    service.clock = lambda: began


def unknown_folder_dropped(service: Service) -> None:
    """Put a chat into no folder where the folder does not exist."""
    strict = service.find

    def known(turn: Turn) -> bool:
        try:
            strict(turn)
        except Refusal:
            turn.values["folder_id"] = None
        return True

    found_if(known)(service)


def always_zipped(service: Service, request: Request, reply: Reply) -> None:
    """Compress whatever the client takes."""
    if reply.body:
        reply.body = gzip.compress(reply.body)
        reply.set("content-encoding", "gzip")


def as_infinity(value: Any) -> Any:
    """Write numbers beyond a double as a library does that knows infinities."""
    if isinstance(value, float) and abs(value) == float("inf"):
        return Exact("Infinity" if value > 0 else "-Infinity")
    return value


def nodes(value: Any) -> list[Any]:
    """Return all nodes of a document."""
    found, pending = [], [value]
    while pending:
        node = pending.pop()
        found.append(node)
        pending += node.values() if isinstance(node, dict) else node if isinstance(node, list) else []
    return found


def some_key(test: Any) -> Any:
    """Match chats of which some key passes a test."""
    return lambda t: any(test(k) for node in nodes(t.values["chat"]) if isinstance(node, dict) for k in node)


def exact_media(service: Service) -> None:
    """Compare the media type letter by letter."""
    service.media = lambda value: value == "application/json"


def without_prototype(value: Any) -> Any:
    """Drop the key that JavaScript keeps for itself."""
    return {k: v for k, v in value.items() if k != "__proto__"} if isinstance(value, dict) else value


def ages(service: Service) -> None:
    """Write the last update in local time."""
    service.shapes.append(lambda t, b: {**b, "updated_at": b["updated_at"] + 7200})


ROWS: list[Incident] = [
    Incident(
        "openwebui",
        "clock-at-start",
        "response/200/created_at/clock-moves",
        "the time of creation is that of the start of the process",
        clock_at_start,
    ),
    Incident(
        "openwebui",
        "always-zipped",
        "framing/accept-encoding/identity",
        "answers are compressed whatever the client takes",
        late(always_zipped),
    ),
    Incident(
        "openwebui",
        "overlapping-owner",
        "response/200/user_id/constant",
        "chats that are made at once belong to somebody else",
        overlapping(lambda b: {**b, "user_id": "user-of-the-moment"}),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "openwebui",
        "emoji-as-marks",
        "response/200/chat/equals",
        "characters of four bytes come back as question marks",
        echo(on_text(lambda v: "".join("?" if ord(c) > 0xFFFF else c for c in v))),
    ),
    Incident(
        "openwebui",
        "lists-cut",
        "response/200/chat/equals",
        "lists are cut after 50 entries",
        whole(lambda v: v[:50] if isinstance(v, list) else v),
    ),
    Incident(
        "openwebui",
        "depth-cut",
        "response/200/chat/equals",
        "what is deeper than 12 levels is null",
        on_body(lambda t, b: {**b, "chat": deeper(b["chat"], 12)}),
    ),
    Incident(
        "openwebui",
        "current-mended",
        "response/200/chat/equals",
        "a current message that is not there becomes the last one",
        on_body(current_mended),
    ),
    Incident(
        "openwebui", "updated-in-local-time", "response/200/updated_at/clock", "the last update is in local time", ages
    ),
    Incident(
        "openwebui",
        "unknown-folder-dropped",
        "resource/folder_id/unknown",
        "a folder that does not exist is none",
        unknown_folder_dropped,
    ),
    Incident(
        "openwebui", "infinity", "response/200/json", "numbers beyond a double are written Infinity", whole(as_infinity)
    ),
    Incident(
        "openwebui",
        "long-title-crash",
        "robustness/body/chat",
        "the title does not fit its column",
        failing(lambda t: isinstance(t.values["chat"].get("title"), str) and len(t.values["chat"]["title"]) > 255),
    ),
    Incident(
        "openwebui",
        "prototype-key-lost",
        "response/200/chat/equals",
        "the key __proto__ is dropped",
        whole(without_prototype),
    ),
    Incident(
        "openwebui",
        "dollar-key-crash",
        "robustness/body/chat",
        "the database takes no dollar at the start of a key",
        failing(some_key(lambda k: k.startswith("$"))),
    ),
    Incident(
        "openwebui",
        "media-type-exact",
        "accepts/wire/content-type-charset",
        "media types are compared letter by letter",
        exact_media,
    ),
    Incident(
        "openwebui",
        "scheme-case",
        "accepts/wire/Authorization-scheme-case",
        "the scheme is compared letter by letter",
        guarded_by(lambda q: (q.header("authorization") or "").startswith("Bearer ")),
    ),
    Incident(
        "openwebui",
        "folder-first-refused",
        "accepts/wire/key-order",
        "the folder must not come before the chat",
        failing(lambda t: keys(t)[:1] == ["folder_id"]),
    ),
    Incident(
        "openwebui",
        "keys-without-spaces",
        "response/200/chat/equals",
        "spaces at the ends of keys are dropped",
        keyed(str.strip),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""
