"""Defects of the fields that one vendor promises."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from typing import Any

from .defects_response import computed, put, renamed, without
from .kit import Call, Defect, on_body, setting, valid
from .model import Service

Apply = Callable[[Service], None]
Row = tuple[str, str, Apply, str, str]


def agencii() -> Iterator[Row]:
    """Yield what Agencii's answer can get wrong beyond the common."""
    yield (
        "id-in-detail",
        "the id comes as a text around it",
        on_body(lambda t, b: {"detail": f"Created {b['chatId']}"}),
        "chatId/required",
        "must",
    )
    yield (
        "id-list",
        "chatId is an array",
        on_body(lambda t, b: {"chatId": [b["chatId"]]}),
        "chatId/type",
        "must",
    )
    yield (
        "id-nested",
        "chatId comes within chat",
        on_body(lambda t, b: {"chat": b}),
        "chatId/required",
        "must",
    )
    yield ("id-boolean", "chatId is a boolean", put(chatId=True), "chatId/type", "must")
    yield (
        "id-integration",
        "chatId is the integration's id",
        on_body(lambda t, b: {"chatId": t.values["apiIntegrationId"]}),
        "chatId/unique",
        "must",
    )


def polyai() -> Iterator[Row]:
    """Yield what PolyAI's answer can get wrong beyond the common."""
    name = "response"
    yield ("reply-missing", "response is left out", without(name), f"{name}/required", "must")
    kinds = {"null": None, "number": 7, "array": ["Hi"], "object": {"text": "Hi"}, "boolean": True}
    for flaw, value in kinds.items():
        yield (
            f"reply-{flaw}",
            f"response is a {flaw}",
            put(response=value),
            f"{name}/type",
            "must",
        )
    yield (
        "reply-renamed",
        "response is called message",
        renamed(name, "message"),
        f"{name}/required",
        "must",
    )
    yield (
        "reply-miscased",
        "response is called Response",
        renamed(name, "Response"),
        f"{name}/required",
        "must",
    )
    yield (
        "camel-case",
        "conversation_id is called conversationId",
        renamed("conversation_id", "conversationId"),
        "conversation_id/required",
        "must",
    )
    yield (
        "reply-missing-without-message",
        "response is left out without an initial message",
        on_body(lambda t, b: b if "initial_message" in t.payload else {"conversation_id": b["conversation_id"]}),
        f"{name}/required",
        "must",
    )
    yield (
        "reply-null-for-sms",
        "response is null on the sms channel",
        on_body(lambda t, b: {**b, name: None} if t.payload.get("channel") == "sms" else b),
        f"{name}/type",
        "must",
    )
    yield (
        "id-account",
        "the conversation is named after the project",
        on_body(lambda t, b: {**b, "conversation_id": "CONV-" + t.params["project_id"]}),
        "conversation_id/unique",
        "must",
    )


def message(**fields: Any) -> Apply:
    """Change fields of SigmaMind's first message."""
    return computed("response", lambda items: [{**items[0], **fields}])


def agent(**fields: Any) -> Apply:
    """Change fields of SigmaMind's agent."""
    return computed("agent", lambda value: {**value, **fields})


def written(pattern: str) -> Callable[[float], Any]:
    """Write a time in some way, in UTC."""
    return lambda seconds: time.strftime(pattern, time.gmtime(seconds))


def sigmamind() -> Iterator[Row]:
    """Yield what SigmaMind's answer can get wrong beyond the common."""
    when = "createdAt"
    stamps: list[tuple[str, str, Callable[[float], Any]]] = [
        ("no-zone", "has no zone", written("%Y-%m-%dT%H:%M:%S")),
        ("date-only", "is a date alone", written("%Y-%m-%d")),
        ("seconds", "counts seconds", int),
        ("digits", "counts seconds in a string", lambda s: str(int(s))),
        ("http-date", "is an HTTP date", lambda s: formatdate(s, usegmt=True)),
        ("us-date", "is an American date", written("%m/%d/%Y %H:%M:%S")),
        ("short-offset", "has an offset without a colon", written("%Y-%m-%dT%H:%M:%S+0000")),
        ("null", "is null", lambda s: None),
        ("empty", "is empty", lambda s: ""),
        ("month-13", "is in the thirteenth month", written("%Y-13-%dT%H:%M:%SZ")),
    ]
    for flaw, description, stamp in stamps:
        yield (
            f"created-{flaw}",
            f"{when} {description}",
            setting(stamp=stamp),
            f"{when}/format",
            "must",
        )
    clocks: list[tuple[str, str, Callable[[], float]]] = [
        ("hour-ahead", "is an hour ahead", lambda: time.time() + 3600),
        ("hour-behind", "is an hour behind", lambda: time.time() - 3600),
        ("day-behind", "is a day behind", lambda: time.time() - 86400),
        ("example", "is the one of the page", lambda: 1618912800.0),
    ]
    for flaw, description, clock in clocks:
        yield (
            f"clock-{flaw}",
            f"{when} {description}",
            setting(clock=clock),
            f"{when}/clock",
            "must",
        )
    others = {"unknown": "active", "capitals": "IN_PROGRESS", "hyphen": "in-progress", "empty": ""}
    for flaw, value in others.items():
        yield (
            f"status-field-{flaw}",
            f"status is {value!r}",
            put(status=value),
            "status/enum",
            "must",
        )
    yield ("status-field-null", "status is null", put(status=None), "status/type", "must")
    yield ("status-field-number", "status is a number", put(status=201), "status/type", "must")
    replies = {"string": "Hello", "object": {"role": "agent"}, "null": None, "strings": ["Hello"]}
    for flaw, reply in replies.items():
        yield (f"reply-{flaw}", f"response is {flaw}", put(response=reply), "response/type", "must")
    yield (
        "reply-missing",
        "response is left out",
        without("response"),
        "response/required",
        "should",
    )
    yield (
        "reply-content-string",
        "content is a string",
        message(content="Hello"),
        "response/content/type",
        "must",
    )
    yield (
        "reply-content-objects",
        "content holds objects",
        message(content=[{"type": "text", "text": "Hello"}]),
        "response/content/items",
        "must",
    )
    yield ("reply-role-agent", "role is agent", message(role="agent"), "response/role/enum", "must")
    yield (
        "reply-role-capital",
        "role is Assistant",
        message(role="Assistant"),
        "response/role/enum",
        "must",
    )
    yield ("reply-type-text", "type is text", message(type="text"), "response/type/enum", "must")
    yield (
        "reply-id-number",
        "a message's id is a number",
        message(id=1),
        "response/id/type",
        "must",
    )
    yield ("agent-string", "agent is a string", put(agent="Grace"), "agent/type", "must")
    yield ("agent-null", "agent is null", put(agent=None), "agent/type", "must")
    yield (
        "agent-list",
        "agent is an array",
        computed("agent", lambda v: [v]),
        "agent/type",
        "must",
    )
    yield (
        "agent-status-lower",
        "agent.status is live",
        agent(status="live"),
        "agent/status/enum",
        "must",
    )
    yield (
        "agent-status-unknown",
        "agent.status is Published",
        agent(status="Published"),
        "agent/status/enum",
        "must",
    )
    yield ("agent-name-null", "agent.name is null", agent(name=None), "agent/name/type", "must")
    yield (
        "agent-id-number",
        "agent.agentId is a number",
        agent(agentId=17),
        "agent/agentId/type",
        "must",
    )
    yield (
        "agent-other",
        "the chat is with another agent",
        agent(agentId="Zz9Zz9Zz9Zz9Zz9Zz"),
        "agent/agentId/equals",
        "should",
    )


ROWS: dict[str, tuple[int, Callable[[], Iterator[Row]]]] = {
    "agencii": (200, agencii),
    "polyai": (200, polyai),
    "sigmamind": (201, sigmamind),
}


def rows() -> Iterator[Defect]:
    """Yield every vendor's own rows."""
    for vendor, (ok, source) in ROWS.items():
        for flaw, description, apply, clause, severity in source():
            calls: tuple[Call, ...] = (valid(vendor),)
            if flaw == "reply-missing-without-message":
                calls = (valid(vendor).drop("initial_message"),)
            elif flaw == "reply-null-for-sms":
                calls = (valid(vendor).put(channel="sms"),)
            elif flaw == "user_id-random" or clause.endswith("unique"):
                calls = (valid(vendor).repeat(2),)
            yield Defect(
                f"field-{flaw}",
                vendor,
                description,
                apply,
                calls,
                breaks=f"response/{ok}/{clause}",
                severity=severity,
            )


DEFECTS: list[Defect] = list(rows())
