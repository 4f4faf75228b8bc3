"""Incidents in the body: what is let through, what is refused, what comes back changed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

from .incidents import Apply, Incident, deep, failing, lenient, refusing, replace_step
from .kit import on_body
from .model import Refusal, Service, Turn, dumps, loads


def spoken_by(name: str) -> Callable[[Turn], bool]:
    """Match requests that say something in a header."""
    return lambda t: name in (t.request.header("content-type") or "").lower()


def only_known(turn: Turn) -> bool:
    """Match bodies with fields that nobody knows."""
    return isinstance(turn.payload, dict) and not set(turn.payload) <= set(KNOWN)


KNOWN = [
    "integration_attributes",
    "variant_id",
    "channel",
    "asr_lang_code",
    "tts_lang_code",
    "initial_message",
    "agentId",
    "input",
    "dynamicVariables",
    "previousChatId",
    "apiIntegrationId",
    "chat",
    "folder_id",
]


def first_entry_only(service: Service) -> None:
    """Look at the first entry of a map alone."""
    service.rules["dynamicVariables"].members = None
    service.rules["dynamicVariables"].refuses.append(
        lambda v: isinstance(v, dict) and v != {} and next(iter(v.values())) is None
    )


def taken(field: str, test: Callable[[Any], bool], then: Callable[[Any], Any] = lambda v: None) -> Apply:
    """Accept more values of a field."""

    def apply(service: Service) -> None:
        service.rules[field].accepts.append((test, then))

    return apply


def folded_keys(service: Service) -> None:
    """Match keys whatever their case."""
    strict = service.loads

    def loads(text: str) -> Any:
        found = strict(text)
        names = {name.lower(): name for name in service.rules}
        return {names.get(k.lower(), k): v for k, v in found.items()} if isinstance(found, dict) else found

    service.loads = loads


def read_otherwise(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Apply:
    """Change the members of a body that is an object as it is parsed."""

    def apply(service: Service) -> None:
        strict = service.loads

        def loads(text: str) -> Any:
            found = strict(text)
            return change(found) if isinstance(found, dict) else found

        service.loads = loads

    return apply


def in_camel_case(name: str) -> str:
    """Write a name of several words in the style of JavaScript."""
    return re.sub(r"[_-](\w)", lambda found: found[1].upper(), name)


def inherited(body: dict[str, Any]) -> dict[str, Any]:
    """Look up members in the prototype as well."""
    parent = body.get("__proto__")
    return {**parent, **body} if isinstance(parent, dict) else body


def first_ten_only(service: Service) -> None:
    """Look at the first ten entries of a map alone."""
    service.rules["dynamicVariables"].members = None
    service.rules["dynamicVariables"].refuses.append(
        lambda v: isinstance(v, dict) and any(one is None for one in [*v.values()][:10])
    )


def seen_in_text(service: Service) -> None:
    """Look for the required key as it is usually written before the body is parsed."""

    def missing(turn: Turn) -> bool:
        return '"agentId"' not in turn.text

    refusing(missing, "schema", "agentId is required")(service)


def keys(turn: Turn) -> list[str]:
    """Return the fields of a body in their order."""
    return list(turn.payload) if isinstance(turn.payload, dict) else []


def longer_than(field: str, most: int) -> Callable[[Turn], bool]:
    """Match bodies whose map has many entries."""
    return lambda t: isinstance(t.payload.get(field), dict) and len(t.payload[field]) > most


def messages(turn: Turn) -> Any:
    """Return the messages of a chat."""
    history = turn.values["chat"].get("history")
    found = history.get("messages") if isinstance(history, dict) else None
    return found if isinstance(found, dict) else {}


def last_key_unchecked(service: Service) -> None:
    """Validate every key but the last."""
    strict = service.validate

    def validate(turn: Turn) -> None:
        try:
            strict(turn)
        except Refusal as refusal:
            if not refusal.fields or list(refusal.fields) != keys(turn)[-1:]:
                raise

    replace_step(service, "validate", validate)


def echo(change: Callable[[Any], Any]) -> Apply:
    """Change every scalar that the chat brings back."""
    return on_body(lambda t, b: {**b, "chat": deep(b["chat"], change)})


def on_text(change: Callable[[str], str]) -> Callable[[Any], Any]:
    """Change texts alone."""
    return lambda v: change(v) if isinstance(v, str) else v


def redated(text: str) -> str:
    """Write a time in another form."""
    return re.sub(r"^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z$", r"\1+00:00", text)


def known_message_keys(turn: Turn, body: Any) -> Any:
    """Keep what the model of a message knows."""
    known = ("id", "role", "content", "timestamp", "parentId", "childrenIds", "models", "model")
    chat = loads(dumps(body["chat"]))
    history = chat.get("history")
    if isinstance(history, dict) and isinstance(history.get("messages"), dict):
        history["messages"] = {
            k: {n: x for n, x in m.items() if n in known} if isinstance(m, dict) else m
            for k, m in history["messages"].items()
        }
    return {**body, "chat": chat}


def without_repeats(value: Any) -> Any:
    """Drop what a list holds twice."""
    if isinstance(value, dict):
        return {k: without_repeats(v) for k, v in value.items()}
    if isinstance(value, list):
        kept: list[Any] = []
        for item in value:
            if item not in kept:
                kept.append(item)
        return [without_repeats(v) for v in kept]
    return value


def empty_gone(value: Any) -> Any:
    """Drop members without a value."""
    if isinstance(value, dict):
        return {k: empty_gone(v) for k, v in value.items() if v is not None}
    return [empty_gone(v) for v in value] if isinstance(value, list) else value


ROWS: list[Incident] = [
    Incident(
        "sigmamind",
        "charset-lenient",
        "request/beside/charset",
        "a charset parameter picks the old parser, which checks no lengths",
        lenient("input previousChatId agentId", spoken_by("charset")),
    ),
    Incident(
        "polyai",
        "unknown-field-lenient",
        "request/beside/unknown-field",
        "an unknown field makes the schema of the next version apply, without channels",
        lenient("channel", only_known),
    ),
    Incident(
        "sigmamind",
        "first-entry-checked",
        "request/beside/later-entry",
        "only the first entry of the variables is looked at",
        first_entry_only,
    ),
    Incident(
        "sigmamind",
        "first-ten-checked",
        "request/beside/later-entry",
        "only the first ten variables are looked at",
        first_ten_only,
    ),
    Incident(
        "sigmamind",
        "empty-map-refused",
        "response/201/status",
        "no variables at all are refused where the field is there",
        refusing(lambda t: t.values.get("dynamicVariables") == {}),
    ),
    Incident(
        "agencii",
        "keys-of-any-style",
        "request/body/apiIntegrationId/key-case",
        "names with underscores and hyphens are those in camel case",
        read_otherwise(lambda body: {in_camel_case(name): value for name, value in body.items()}),
    ),
    Incident(
        "agencii",
        "inherited-key",
        "request/body/apiIntegrationId/key-case",
        "members of __proto__ are members of the body",
        read_otherwise(inherited),
    ),
    Incident(
        "polyai",
        "falsy-channel",
        "request/body/channel/type",
        "no channel, said in any way, is the default",
        taken("channel", lambda v: not v),
    ),
    Incident(
        "openwebui",
        "falsy-folder",
        "request/body/folder_id/type",
        "0 and false mean no folder",
        taken("folder_id", lambda v: v is False or v == 0),
    ),
    Incident(
        "polyai",
        "channel-trimmed",
        "request/body/channel/enum",
        "channels are trimmed",
        taken(
            "channel",
            lambda v: isinstance(v, str) and v != v.strip() and v.strip() in ("webchat", "whatsapp", "sms", "api"),
        ),
    ),
    Incident(
        "sigmamind",
        "last-key-unchecked",
        "request/body/input/type",
        "the last key of a body is not validated",
        last_key_unchecked,
    ),
    Incident(
        "agencii",
        "key-case-folded",
        "request/body/apiIntegrationId/key-case",
        "keys match whatever their case",
        folded_keys,
    ),
    Incident(
        "sigmamind",
        "key-seen-in-text",
        "accepts/wire/json-escapes",
        "a filter wants the key as it is usually written",
        seen_in_text,
    ),
    Incident(
        "polyai",
        "two-languages-refused",
        "accepts/all-fields",
        "both languages at once are refused",
        refusing(lambda t: {"asr_lang_code", "tts_lang_code"} <= set(keys(t))),
    ),
    Incident(
        "sigmamind",
        "context-with-variables-crash",
        "accepts/link/ContinueChat",
        "an earlier chat and variables together fail",
        failing(lambda t: bool(t.values.get("previousChatId")) and bool(t.values.get("dynamicVariables"))),
    ),
    Incident(
        "openwebui",
        "twenty-messages",
        "response/200/status",
        "a chat with more than 20 messages is refused",
        refusing(lambda t: len(messages(t)) > 20),
    ),
    Incident(
        "polyai",
        "sixteen-attributes",
        "response/200/status",
        "more than 16 attributes are a failure",
        failing(longer_than("integration_attributes", 16)),
    ),
    Incident(
        "sigmamind",
        "input-first-refused",
        "accepts/wire/key-order",
        "the input must not come before the agent",
        refusing(lambda t: keys(t).index("input") < keys(t).index("agentId")),
    ),
    Incident(
        "openwebui",
        "times-rewritten",
        "response/200/chat/equals",
        "texts that look like times are written anew",
        echo(on_text(redated)),
    ),
    Incident(
        "openwebui",
        "addresses-rewritten",
        "response/200/chat/equals",
        "addresses lose their fragment",
        echo(on_text(lambda s: re.sub(r"^(https?://[^#\s]+)#\S*$", r"\1", s))),
    ),
    Incident(
        "openwebui",
        "message-keys-known",
        "response/200/chat/equals",
        "keys that the model of a message lacks are dropped",
        on_body(known_message_keys),
    ),
    Incident(
        "openwebui",
        "composed",
        "response/200/chat/equals",
        "letters are composed (NFC)",
        echo(on_text(lambda s: unicodedata.normalize("NFC", s))),
    ),
    Incident(
        "openwebui",
        "straight-quotes",
        "response/200/chat/equals",
        "typographic quotes are straightened",
        echo(on_text(lambda s: s.translate({0x2018: "'", 0x2019: "'", 0x201C: '"', 0x201D: '"'}))),
    ),
    Incident(
        "openwebui",
        "repeats-dropped",
        "response/200/chat/equals",
        "what a list holds twice comes back once",
        on_body(lambda t, b: {**b, "chat": without_repeats(b["chat"])}),
    ),
    Incident(
        "openwebui",
        "nulls-dropped",
        "response/200/chat/equals",
        "members that are null do not come back",
        on_body(lambda t, b: {**b, "chat": empty_gone(b["chat"])}),
    ),
    Incident(
        "openwebui",
        "leading-zeros",
        "response/200/chat/equals",
        "texts of digits become numbers",
        echo(lambda v: int(v) if isinstance(v, str) and re.fullmatch(r"\d{1,15}", v) else v),
    ),
    Incident(
        "openwebui",
        "line-ends",
        "response/200/chat/equals",
        "line ends become those of Unix",
        echo(on_text(lambda s: s.replace("\r\n", "\n"))),
    ),
    Incident(
        "openwebui",
        "trimmed-long",
        "response/200/chat/equals",
        "texts of more than 1,000 characters are trimmed at their ends",
        echo(on_text(lambda s: s.strip() if len(s) > 1000 else s)),
    ),
    Incident(
        "sigmamind",
        "null-variables",
        "request/body/dynamicVariables/null",
        "null for the variables is none",
        taken("dynamicVariables", lambda v: v is None, lambda v: {}),
    ),
    Incident(
        "sigmamind",
        "zero-previous",
        "request/body/previousChatId/type",
        "0 and false mean no earlier chat",
        taken("previousChatId", lambda v: v is False or (isinstance(v, int) and v == 0)),
    ),
    Incident(
        "polyai",
        "languages-with-text-lenient",
        "request/beside/other-fields",
        "channels are not looked at where a first message is given",
        lenient("channel", lambda t: "initial_message" in t.payload),
    ),
]
