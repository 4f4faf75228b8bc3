"""What defects and manners are made of, and the calls that show them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from . import reference as ref
from .model import Headers, Reply, Request, Service, Turn

ALL = ref.VENDORS
OK = {"agencii": 200, "polyai": 200, "sigmamind": 201, "openwebui": 200}
ID = {"agencii": "chatId", "polyai": "conversation_id", "sigmamind": "chatId", "openwebui": "id"}
RESOURCE = {"agencii": "apiIntegrationId", "sigmamind": "agentId", "openwebui": "folder_id"}
FREE_TEXT = {"polyai": "initial_message", "sigmamind": "input"}
OPEN_OBJECT = {
    "polyai": "integration_attributes",
    "sigmamind": "dynamicVariables",
    "openwebui": "chat",
}
PATHS = {
    "agencii": "/create_new_chat",
    "polyai": f"/v1/{ref.POLYAI_ACCOUNT}/{ref.POLYAI_PROJECT}/chat/create",
    "sigmamind": "/v1/chats",
    "openwebui": "/api/chats/new",
}
SECRETS = {
    "agencii": (ref.AGENCII_TOKEN,),
    "polyai": (ref.POLYAI_KEY, ref.POLYAI_TOKEN),
    "sigmamind": (ref.SIGMAMIND_KEY,),
    "openwebui": (ref.OPENWEBUI_TOKEN,),
}
CREDENTIALS: dict[str, dict[str, str]] = {
    "agencii": {"Authorization": f"Bearer {ref.AGENCII_TOKEN}"},
    "polyai": {"X-API-KEY": ref.POLYAI_KEY, "X-TOKEN": ref.POLYAI_TOKEN},
    "sigmamind": {"X-API-Key": ref.SIGMAMIND_KEY},
    "openwebui": {"Authorization": f"Bearer {ref.OPENWEBUI_TOKEN}"},
}
MESSAGE = {"id": "msg-1", "role": "user", "content": "Hello!", "timestamp": 1709164800}
PAYLOADS: dict[str, dict[str, Any]] = {
    "agencii": {"apiIntegrationId": ref.AGENCII_INTEGRATION},
    "polyai": {
        "integration_attributes": {"customer_id": "12345", "source": "mobile_app"},
        "variant_id": "VARIANT-xxxxxxxx",
        "channel": "webchat",
        "asr_lang_code": "en-US",
        "tts_lang_code": "en-US",
        "initial_message": "Hello, I need help",
    },
    "sigmamind": {
        "agentId": ref.SIGMAMIND_AGENT,
        "input": "Where is my order?",
        "dynamicVariables": {"customer_name": "Michael"},
        "previousChatId": "chat_D5D0p7TUs66TTAEAx",
    },
    "openwebui": {
        "chat": {
            "title": "New AI Conversation",
            "history": {"messages": {"msg-1": MESSAGE}, "currentId": "msg-1"},
        },
        "folder_id": None,
    },
}


@dataclass(frozen=True)
class Call:
    """One request, perhaps repeated, that a client makes."""

    vendor: str
    method: str = "POST"
    path: str = ""
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    times: int = 1
    parallel: bool = False
    pause: float = 0.0

    def put(self, **fields: Any) -> Call:
        """Set fields of the JSON body."""
        return self.raw(json.dumps({**json.loads(self.body or b"{}"), **fields}))

    def drop(self, *names: str) -> Call:
        """Remove fields of the JSON body."""
        payload = json.loads(self.body or b"{}")
        return self.raw(json.dumps({k: v for k, v in payload.items() if k not in names}))

    def raw(self, body: bytes | str | None) -> Call:
        """Replace the body as a whole."""
        return replace(self, body=body.encode() if isinstance(body, str) else body)

    def header(self, name: str, *values: str) -> Call:
        """Replace a header by any number of values."""
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept + tuple((name, value) for value in values))

    def verb(self, method: str) -> Call:
        """Change the method; only methods with a body keep it."""
        keeps = method in ("POST", "PUT", "PATCH")
        return replace(self, method=method, body=self.body if keeps else None)

    def at(self, path: str) -> Call:
        """Change the path."""
        return replace(self, path=path)

    def ask(self, query: str) -> Call:
        """Add a query string."""
        return replace(self, query=query)

    def repeat(self, times: int, *, parallel: bool = False, pause: float = 0.0) -> Call:
        """Send it several times."""
        return replace(self, times=times, parallel=parallel, pause=pause)


def valid(vendor: str) -> Call:
    """Return the documented example call."""
    headers = (*CREDENTIALS[vendor].items(), ("Content-Type", "application/json"))
    body = json.dumps(PAYLOADS[vendor]).encode()
    return Call(vendor, path=PATHS[vendor], headers=headers, body=body)


def anonymous(vendor: str) -> Call:
    """Return the example call without any credential."""
    call = valid(vendor)
    for name in CREDENTIALS[vendor]:
        call = call.header(name)
    return call


def wrong_key(vendor: str) -> Call:
    """Return the example call with a credential of the right shape that is not known."""
    name, value = next(iter(CREDENTIALS[vendor].items()))
    return valid(vendor).header(name, value[:-4] + "0000")


def malformed(vendor: str) -> Call:
    """Return a call whose body is not JSON."""
    return valid(vendor).raw(b'{"broken": ')


def invalid(vendor: str) -> Call:
    """Return a call whose body breaks the schema."""
    field = {**RESOURCE, "polyai": "channel"}[vendor]
    return valid(vendor).put(**{field: {"not": "a string"}})


def unknown(vendor: str) -> Call:
    """Return a call that names an unknown resource."""
    if vendor == "polyai":
        return valid(vendor).at(f"/v1/ACCOUNT-00000000/{ref.POLYAI_PROJECT}/chat/create")
    names = {
        "agencii": "aaaaaaaaaaaaaaaaaaaa",
        "sigmamind": "A0A0a0AAa00AAAAAa",
        "openwebui": "folder-0000",
    }
    return valid(vendor).put(**{RESOURCE[vendor]: names[vendor]})


def placed(vendor: str, key: str, value: Any) -> Call:
    """Return a call that carries a value in an open object, or beside the rest."""
    if vendor not in OPEN_OBJECT:
        return valid(vendor).put(**{key: value})
    field = OPEN_OBJECT[vendor]
    return valid(vendor).put(**{field: {**PAYLOADS[vendor][field], key: value}})


def spoken(vendor: str, text: str) -> Call:
    """Return a call that carries a text where a user's words go."""
    if vendor in FREE_TEXT:
        return valid(vendor).put(**{FREE_TEXT[vendor]: text})
    return placed(vendor, "title", text)


@dataclass(frozen=True)
class Oddity:
    """A change to a reference, and the calls that show it."""

    name: str
    vendor: str
    description: str
    apply: Callable[[Service], None]
    calls: tuple[Call, ...]
    raw: bool = False


@dataclass(frozen=True)
class Defect(Oddity):
    """One way in which a service breaks its contract."""

    breaks: str = ""
    severity: str = "must"


@dataclass(frozen=True)
class Manner(Oddity):
    """One honest oddity that breaks nothing."""


Shape = Callable[[Turn, Any], Any]


def on_reply(change: Callable[[Request, Reply], None], kinds: str = "*") -> Callable[[Service], None]:
    """Change replies of some kinds: '*' every one, '' successes, else a list of refusals."""

    def apply(service: Service) -> None:
        def late(request: Request, reply: Reply) -> Reply:
            if kinds == "*" or (reply.kind in kinds.split("|")):
                change(request, reply)
            return reply

        service.after.append(late)

    return apply


def on_body(change: Shape) -> Callable[[Service], None]:
    """Change the body of successes."""
    return lambda service: service.shapes.append(change)


def setting(**values: Any) -> Callable[[Service], None]:
    """Set attributes of the service."""

    def apply(service: Service) -> None:
        for name, value in values.items():
            setattr(service, name, value)

    return apply


def setting_header(name: str, value: str | None, kinds: str = "*") -> Callable[[Service], None]:
    """Set or remove a header of some replies."""
    return on_reply(lambda _, reply: reply.set(name, value), kinds)


def setting_body(body: bytes, content_type: str | None = None, kinds: str = "*") -> Callable[[Service], None]:
    """Replace the body of some replies."""

    def change(_: Request, reply: Reply) -> None:
        reply.body = body
        if content_type is not None:
            reply.set("content-type", content_type or None)

    return on_reply(change, kinds)


def wire(how: str, when: Callable[[Request], bool], kinds: str = "*") -> Callable[[Service], None]:
    """Let some replies misbehave on the wire."""

    def change(request: Request, reply: Reply) -> None:
        if when(request):
            reply.wire = how

    return on_reply(change, kinds)


def nth(every: int, kinds: str = "*") -> Callable[[Reply], bool]:
    """Count replies of some kinds and pick each Nth."""
    seen = 0

    def due(reply: Reply) -> bool:
        nonlocal seen
        if kinds != "*" and reply.kind not in kinds.split("|"):
            return False
        seen += 1
        return seen % every == 0

    return due


def sometimes(
    every: int, change: Callable[[Service, Request, Reply], None], kinds: str = ""
) -> Callable[[Service], None]:
    """Change each Nth reply of some kinds."""

    def apply(service: Service) -> None:
        due = nth(every, kinds)

        def late(request: Request, reply: Reply) -> Reply:
            if due(reply):
                change(service, request, reply)
            return reply

        service.after.append(late)

    return apply


def plain_headers(reply: Reply) -> Headers:
    """Return the headers of a reply in lower case."""
    return [(name.lower(), value) for name, value in reply.headers]
