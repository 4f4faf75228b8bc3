"""Defects of strictness: good requests that are refused."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from .defects_validation import Apply, refusing, ruling
from .kit import (
    ALL,
    PAYLOADS,
    Call,
    Defect,
    placed,
    setting,
    spoken,
    valid,
)
from .model import Refusal, Request, Service, Turn, is_number, texts
from .reference import OPENWEBUI_FOLDER


def when(test: Callable[[Request, Turn], bool], kind: str = "schema") -> Apply:
    """Refuse a good request when a test holds."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if test(turn.request, turn):
                raise Refusal(kind, "Request is not acceptable")

        service.insert(step, before="validate")

    return apply


def says(test: Callable[[str], bool]) -> Callable[[Request, Turn], bool]:
    """Test every string of the body."""
    return lambda request, turn: any(map(test, texts(turn.payload)))


def keyless(service: Service) -> None:
    """Refuse fields that the page does not list."""

    def step(turn: Turn) -> None:
        if isinstance(turn.payload, dict) and set(turn.payload) - set(service.rules):
            raise Refusal("schema", "Unknown fields")

    service.insert(step, before="validate")


def overly_strict() -> Iterator[Defect]:
    """Yield good requests that are refused, at every vendor."""
    for vendor in ALL:
        base = valid(vendor)
        media = base.header("Content-Type", "application/json; charset=utf-8")
        shout = base.header("Content-Type", "Application/JSON")
        rows: list[tuple[str, str, Apply, Call, str, str]] = [
            (
                "charset",
                "a charset parameter is refused",
                setting(media=lambda v: (v or "").strip().lower() == "application/json"),
                media,
                "protocol/media-type",
                "should",
            ),
            (
                "media-case",
                "a media type in capitals is refused",
                setting(media=lambda v: (v or "").startswith("application/json")),
                shout,
                "protocol/media-type",
                "should",
            ),
            (
                "unknown-field",
                "a field that the page does not list is refused",
                keyless,
                base.put(x_note="hello"),
                "request/body/additionalProperties",
                "should",
            ),
            (
                "pretty",
                "line breaks between tokens are refused",
                when(lambda r, t: b"\n" in r.body.strip(), "syntax"),
                base.raw(json.dumps(PAYLOADS[vendor], indent=2)),
                "protocol/json",
                "must",
            ),
            (
                "escapes",
                "escaped characters in JSON are refused",
                when(lambda r, t: b"\\u" in r.body, "syntax"),
                spoken(vendor, "caf\u00e9"),
                "protocol/json",
                "must",
            ),
            (
                "outer-blanks",
                "blanks before the JSON document are refused",
                when(lambda r, t: r.body[:1] in (b" ", b"\n", b"\t", b"\r"), "syntax"),
                base.raw(b"\n " + (base.body or b"")),
                "protocol/json",
                "must",
            ),
            (
                "query",
                "any query parameter is refused",
                when(lambda r, t: bool(r.query)),
                base.ask("trace=1"),
                "protocol/query",
                "should",
            ),
        ]
        if vendor != "agencii":
            rows += [
                (
                    "emoji",
                    "characters beyond the BMP are refused",
                    when(says(lambda s: any(c > "\uffff" for c in s))),
                    spoken(vendor, "thanks \U0001f600"),
                    "request/body/charset",
                    "must",
                ),
                (
                    "non-ascii",
                    "characters beyond ASCII are refused",
                    when(says(lambda s: not s.isascii())),
                    spoken(vendor, "caf\u00e9"),
                    "request/body/charset",
                    "must",
                ),
                (
                    "line-break",
                    "a line break in a text is refused",
                    when(says(lambda s: "\n" in s)),
                    spoken(vendor, "a\nb"),
                    "request/body/charset",
                    "must",
                ),
                (
                    "quote",
                    "an apostrophe in a text is refused",
                    when(says(lambda s: "'" in s)),
                    spoken(vendor, "where's it"),
                    "request/body/charset",
                    "must",
                ),
                (
                    "markup",
                    "angle brackets in a text are refused by a filter",
                    when(says(lambda s: bool(re.search(r"<\w+", s)))),
                    spoken(vendor, "<b>hi</b>"),
                    "request/body/charset",
                    "must",
                ),
                (
                    "long",
                    "a text of more than a thousand characters is refused",
                    when(says(lambda s: len(s) > 1000)),
                    spoken(vendor, "a " * 600),
                    "request/body/length",
                    "must",
                ),
                (
                    "nested",
                    "an object within the open object is refused",
                    when(deeper(4 if vendor == "openwebui" else 1)),
                    placed(vendor, "deep", {"a": {"b": {"c": {"d": [1]}}}}),
                    "request/body/type",
                    "must",
                ),
            ]
        for flaw, description, apply, call, clause, severity in rows:
            yield Defect(
                f"refuses-{flaw}",
                vendor,
                description,
                apply,
                (call,),
                breaks=clause,
                severity=severity,
            )


def deeper(levels: int) -> Callable[[Request, Turn], bool]:
    """Test for nesting below the fields of the body."""

    def too_deep(value: Any, left: int) -> bool:
        if not isinstance(value, dict):
            return False
        return left < 0 or any(too_deep(item, left - 1) for item in value.values())

    return lambda request, turn: too_deep(turn.payload, levels)


def options() -> Iterator[Defect]:
    """Yield optional fields that are refused, demanded, or refused when empty."""
    fields = {
        "polyai": (
            "integration_attributes",
            "variant_id",
            "channel",
            "asr_lang_code",
            "tts_lang_code",
            "initial_message",
        ),
        "sigmamind": ("dynamicVariables", "previousChatId"),
        "openwebui": ("folder_id",),
    }
    for vendor, names in fields.items():
        base = valid(vendor)
        for field in names:
            yield Defect(
                f"demands-{field}",
                vendor,
                f"{field} may not be left out",
                ruling(field, required=True),
                (base.drop(field),),
                breaks=f"request/body/{field}/optional",
            )
            if vendor != "openwebui":
                yield Defect(
                    f"refuses-{field}",
                    vendor,
                    f"{field} is refused when given",
                    refusing(field, lambda v: True),
                    (base,),
                    breaks=f"request/body/{field}/optional",
                )
    base = valid("openwebui")
    yield Defect(
        "refuses-folder_id-null",
        "openwebui",
        "a folder_id of null is refused",
        ruling("folder_id", nullable=False),
        (base,),
        breaks="request/body/folder_id/nullable",
    )
    yield Defect(
        "refuses-folder_id",
        "openwebui",
        "a folder_id is refused when given",
        refusing("folder_id", lambda v: v is not None),
        (base.put(folder_id=OPENWEBUI_FOLDER),),
        breaks="request/body/folder_id/optional",
    )
    poly = valid("polyai")
    rows: list[tuple[str, str, Apply, Call, str]] = [
        (
            "no-body",
            "a request without a body is refused",
            setting(optional_body=False),
            poly.raw(None).header("Content-Type"),
            "request/body/optional",
        ),
        (
            "empty-object",
            "an empty object is refused",
            when(lambda r, t: t.payload == {} and bool(r.body)),
            poly.raw(b"{}"),
            "request/body/optional",
        ),
        (
            "empty-attributes",
            "an empty integration_attributes is refused",
            refusing("integration_attributes", lambda v: not v),
            poly.put(integration_attributes={}),
            "request/body/integration_attributes/type",
        ),
        (
            "number-attribute",
            "a number among the attributes is refused",
            refusing("integration_attributes", lambda v: any(map(is_number, v.values()))),
            poly.put(integration_attributes={"age": 41}),
            "request/body/integration_attributes/type",
        ),
        (
            "spanish",
            "any language but English is refused",
            refusing("asr_lang_code", lambda v: not v.startswith("en-")),
            poly.put(asr_lang_code="es-ES"),
            "request/body/asr_lang_code/type",
        ),
        (
            "unlike-languages",
            "two different languages are refused",
            when(lambda r, t: t.payload.get("asr_lang_code") != t.payload.get("tts_lang_code")),
            poly.put(asr_lang_code="es-ES"),
            "request/body/tts_lang_code/type",
        ),
    ]
    for flaw, description, apply, call, clause in rows:
        yield Defect(f"refuses-{flaw}", "polyai", description, apply, (call,), breaks=clause)


def chats() -> Iterator[Defect]:
    """Yield good chats that Open WebUI refuses."""
    base, chat = valid("openwebui"), PAYLOADS["openwebui"]["chat"]
    rows: list[tuple[str, str, Callable[[Any], bool], dict[str, Any]]] = [
        (
            "empty-history",
            "a chat without messages is refused",
            lambda v: not v.get("history", {}).get("messages", 1),
            {**chat, "history": {"messages": {}, "currentId": None}},
        ),
        (
            "models",
            "a chat that lists models is refused",
            lambda v: "models" in v,
            {**chat, "models": ["llama3.2:1b"]},
        ),
        ("tags", "a chat with tags is refused", lambda v: "tags" in v, {**chat, "tags": ["a"]}),
    ]
    for flaw, description, test, value in rows:
        yield Defect(
            f"refuses-{flaw}",
            "openwebui",
            description,
            refusing("chat", test),
            (base.put(chat=value),),
            breaks="request/body/chat/type",
            severity="should",
        )


DEFECTS: list[Defect] = [*overly_strict(), *options(), *chats()]
