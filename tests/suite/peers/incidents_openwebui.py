"""Open WebUI after incidents: chats that come back changed, and owners that come from a header."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from . import reference as ref
from .incidents import Apply, Incident, failing, late, unauthenticated
from .incidents_bodies import echo, on_text, taken
from .kit import on_body
from .model import Exact, Reply, Request, Service, Turn, encode, is_number, loads

YAML = {"yes": True, "no": False, "on": True, "off": False, "null": None, "~": None, "true": True, "false": False}


def whole(change: Callable[[Any], Any]) -> Apply:
    """Change each node of the chat that comes back, from the leaves up."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return change({k: walk(v) for k, v in value.items()})
        return change([walk(v) for v in value] if isinstance(value, list) else value)

    return on_body(lambda t, b: {**b, "chat": walk(b["chat"])})


def keyed(change: Callable[[str], str]) -> Apply:
    """Change each key of the chat that comes back."""
    return whole(lambda v: {change(k): x for k, x in v.items()} if isinstance(v, dict) else v)


def nested(value: Any) -> Any:
    """Take dots in keys for paths."""
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, item in value.items():
        *path, last = key.split(".") if re.fullmatch(r"\w+(\.\w+)+", key) else [key]
        place = found
        for step in path:
            place = place.setdefault(step, {})
        place[last] = item
    return found


def scripts(value: Any) -> Any:
    """Sort lists of scalars."""
    return sorted(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value


def double(value: Any) -> Any:
    """Read whole numbers as doubles."""
    return int(float(value)) if is_number(value) and not isinstance(value, float) and abs(value) < 1e300 else value


def titled(turn: Turn, body: Any) -> Any:
    """Keep as much of the title as the column takes."""
    return {**body, "title": body["title"][:100]}


def filed(change: dict[str, Any]) -> Apply:
    """Change the answer where a folder is named."""
    return on_body(lambda t, b: {**b, **change} if t.values.get("folder_id") else b)


def assigned(turn: Turn, body: Any) -> Any:
    """Let the request say what the answer holds."""
    known = ("id", "user_id", "archived", "pinned", "share_id", "meta")
    return {**body, **{k: v for k, v in turn.payload.items() if k in known}}


def assigned_by_chat(turn: Turn, body: Any) -> Any:
    """Take the id from the chat, if it has one."""
    chat = turn.values["chat"]
    return {**body, "id": chat["id"]} if isinstance(chat.get("id"), str) and chat["id"] else body


def cut(service: Service, request: Request, reply: Reply) -> None:
    """Count the length in characters."""
    reply.body = reply.body[: len(reply.body.decode("utf-8", "replace"))]


def messages(turn: Turn) -> list[Any]:
    """Return the messages of a chat."""
    history = turn.values["chat"].get("history")
    found = history.get("messages") if isinstance(history, dict) else None
    return list(found.values()) if isinstance(found, dict) else []


def without_messages(turn: Turn) -> bool:
    """Match a history without messages."""
    history = turn.values["chat"].get("history")
    return isinstance(history, dict) and history.get("messages") == {}


def race(service: Service) -> None:
    """Keep the chat of the moment where all requests find it."""
    current: dict[str, Any] = {}

    def after(request: Request, reply: Reply) -> None:
        if reply.kind:
            return
        body = loads(reply.body.decode())
        current.update(chat=body["chat"], title=body["title"])
        reply.delay = 0.01

        def finish() -> None:
            reply.body = encode({**body, **current})

        reply.finish = finish

    service.after.append(after)


def string_of_json(value: Any) -> bool:
    """Find an object that was encoded twice."""
    try:
        return isinstance(value, str) and isinstance(json.loads(value), dict)
    except ValueError:
        return False


def exponents(value: Any) -> Any:
    """Round numbers with a fraction as a single does."""
    return Exact(f"{float(value):.7g}") if isinstance(value, float) and abs(value) < 1e30 else value


ROWS: list[Incident] = [
    Incident(
        "openwebui",
        "mass-assigned",
        "response/200/user_id/constant",
        "the request may set what the answer holds",
        on_body(assigned),
    ),
    Incident(
        "openwebui", "id-of-the-chat", "response/200/id/unique", "the id comes from the chat", on_body(assigned_by_chat)
    ),
    Incident(
        "openwebui",
        "no-messages-crash",
        "robustness/body/chat",
        "a history without messages is a failure",
        failing(without_messages),
    ),
]

FURTHER: list[Incident] = [
    Incident(
        "openwebui", "title-cut", "response/200/title/equals", "the title is cut after 100 characters", on_body(titled)
    ),
    Incident(
        "openwebui",
        "content-cut",
        "response/200/chat/equals",
        "texts are cut after 4000 characters",
        echo(on_text(lambda v: v[:4000])),
    ),
    Incident(
        "openwebui",
        "keys-composed",
        "response/200/chat/equals",
        "keys are composed",
        keyed(lambda k: unicodedata.normalize("NFC", k)),
    ),
    Incident(
        "openwebui",
        "compatible",
        "response/200/chat/equals",
        "texts are brought to their compatible form",
        echo(on_text(lambda v: unicodedata.normalize("NFKC", v))),
    ),
    Incident(
        "openwebui",
        "no-break-lost",
        "response/200/chat/equals",
        "no-break spaces become spaces",
        echo(on_text(lambda v: v.replace("\u00a0", " "))),
    ),
    Incident(
        "openwebui",
        "joiners-lost",
        "response/200/chat/equals",
        "joiners of emoji are dropped",
        echo(on_text(lambda v: re.sub("[\u200b-\u200d\ufeff]", "", v))),
    ),
    Incident(
        "openwebui",
        "bidi-lost",
        "response/200/chat/equals",
        "marks of direction are dropped",
        echo(on_text(lambda v: re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", v))),
    ),
    Incident(
        "openwebui",
        "tags-stripped",
        "response/200/chat/equals",
        "markup is dropped",
        echo(on_text(lambda v: re.sub(r"<[a-zA-Z/][^>]*>", "", v))),
    ),
    Incident(
        "openwebui",
        "entities-read",
        "response/200/chat/equals",
        "entities are decoded",
        echo(on_text(lambda v: v.replace("&amp;", "&").replace("&lt;", "<"))),
    ),
    Incident("openwebui", "singles", "response/200/chat/equals", "fractions keep seven digits", whole(exponents)),
    Incident("openwebui", "keys-as-paths", "response/200/chat/equals", "dots in keys make objects", whole(nested)),
    Incident(
        "openwebui",
        "empty-key-lost",
        "response/200/chat/equals",
        "an empty key is dropped",
        whole(lambda v: {k: x for k, x in v.items() if k} if isinstance(v, dict) else v),
    ),
    Incident(
        "openwebui",
        "empty-object-as-list",
        "response/200/chat/equals",
        "an empty object comes back as a list",
        whole(lambda v: [] if v == {} and isinstance(v, dict) else v),
    ),
    Incident(
        "openwebui",
        "empty-list-lost",
        "response/200/chat/equals",
        "an empty list comes back as null",
        whole(lambda v: None if v == [] and isinstance(v, list) else v),
    ),
    Incident(
        "openwebui", "lists-sorted", "response/200/chat/equals", "lists of texts come back sorted", whole(scripts)
    ),
    Incident(
        "openwebui",
        "yaml-words",
        "response/200/chat/equals",
        "texts go through YAML",
        echo(on_text(lambda v: YAML.get(v.lower(), v))),
    ),  # type: ignore[arg-type, return-value]
    Incident(
        "openwebui",
        "booleans-as-numbers",
        "response/200/chat/equals",
        "booleans come back as numbers",
        whole(lambda v: int(v) if isinstance(v, bool) else v),
    ),
    Incident("openwebui", "keys-lowered", "response/200/chat/equals", "keys come back in lower case", keyed(str.lower)),
    Incident(
        "openwebui",
        "meta-null-when-filed",
        "response/200/meta/type",
        "a chat in a folder has no meta",
        filed({"meta": None}),
    ),
    Incident(
        "openwebui",
        "pinned-when-filed",
        "response/200/pinned/initial",
        "a chat in a folder is pinned",
        filed({"pinned": True}),
    ),
    Incident(
        "openwebui",
        "trusted-user-header",
        "auth/unusual/proxy-headers",
        "who says who he is in a header needs no token",
        unauthenticated(lambda q: any(q.header(n) for n in ("x-forwarded-user", "remote-user", "x-remote-user"))),
    ),
    Incident(
        "openwebui", "length-in-characters", "response/200/json", "the body is cut where it is not ASCII", late(cut)
    ),
    Incident("openwebui", "race", "response/200/chat/equals", "overlapping requests share their chat", race),
    Incident(
        "openwebui",
        "chat-as-text",
        "request/body/chat/type",
        "a chat that is encoded twice is read",
        taken("chat", string_of_json, json.loads),
    ),
    Incident(
        "openwebui",
        "other-user-when-forwarded",
        "response/200/user_id/constant",
        "a header names the owner",
        late(
            lambda s, q, r: (
                None
                if r.kind or not q.header("x-forwarded-for")
                else setattr(r, "body", r.body.replace(ref.OPENWEBUI_USER.encode(), b"user-other"))
            )
        ),
    ),
]
"""Incidents of kinds that other servers show as well: they are tried by bench/detection.py alone."""


ALIKE: list[Incident] = [
    Incident("openwebui", "doubles", "", "whole numbers become doubles", whole(double)),
]
"""What looks like an incident, and is permitted."""
