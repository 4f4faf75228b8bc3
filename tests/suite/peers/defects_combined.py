"""Defects that show only where two harmless things come together."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from .defects_chat import chatting, each
from .defects_validation import Apply
from .kit import ALL, PAYLOADS, Call, Defect, valid
from .model import Exact, Refusal, Service, Turn

Test = Callable[[Turn], bool]
BROKEN: dict[str, dict[str, Any]] = {
    "agencii": {"apiIntegrationId": 12},
    "polyai": {"channel": "pigeon"},
    "sigmamind": {"input": ""},
    "openwebui": {"chat": "none"},
}
REQUIRED = {"agencii": "apiIntegrationId", "sigmamind": "input", "openwebui": "chat"}


def trusting(test: Test) -> Apply:
    """Believe every body for which a test holds."""

    def apply(service: Service) -> None:
        held, looked_up = service.validate, service.find

        def validate(turn: Turn) -> None:
            if not isinstance(turn.payload, dict) or not test(turn):
                held(turn)
                return
            given = {name: turn.payload.get(name) for name in service.rules}
            if service.vendor == "openwebui" and not isinstance(given["chat"], dict):
                given["chat"] = {}
            turn.values = given
            turn.params["trusted"] = "yes"

        def find(turn: Turn) -> None:
            if "trusted" not in turn.params:
                looked_up(turn)

        places = [getattr(step, "__name__", "") for step in service.steps]
        service.steps[places.index("validate")] = validate
        service.steps[places.index("find")] = find

    return apply


def picky(test: Test, kind: str = "schema") -> Apply:
    """Refuse every good body for which a test holds."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if isinstance(turn.payload, dict) and test(turn):
                raise Refusal(kind, "Request is not acceptable")

        service.insert(step, before="find")

    return apply


def trusts() -> Iterator[Defect]:
    """Yield servers that validate most of the time."""
    for vendor in ALL:
        wrong = valid(vendor).put(**BROKEN[vendor])
        known = list(PAYLOADS[vendor])
        first = next(iter(BROKEN[vendor]))
        whole = {**PAYLOADS[vendor], **BROKEN[vendor]}
        text = json.dumps({first: whole[first], **whole})
        escaped = text.replace(f'"{first}"', f'"\\u{ord(first[0]):04x}{first[1:]}"', 1)
        rows: list[tuple[str, str, Test, Call]] = [
            (
                "charset",
                "a body with a charset is read by another parser, which checks nothing",
                lambda t: "charset=" in (t.request.header("content-type") or ""),
                wrong.header("Content-Type", "application/json; charset=utf-8"),
            ),
            (
                "stranger",
                "an unknown key switches validation off",
                lambda t, known=known: any(key not in known for key in t.payload),
                wrong.put(x_note=1),
            ),
            (
                "bulk",
                "what is larger than 16 KiB is streamed past the validator",
                lambda t: len(t.request.body) > 16384,
                wrong.put(x_note="n" * 17000),
            ),
            (
                "escapes",
                "the validator looks for keys in the raw text",
                lambda t: any(f'"{key}"' not in t.text for key in t.payload if key.isascii() and key.isalpha()),
                valid(vendor).raw(escaped),
            ),
        ]
        for name, description, test, call in rows:
            yield Defect(
                f"trusts-{name}", vendor, description, trusting(test), (call,), breaks="request/body/combination"
            )
        if vendor in REQUIRED:
            key = REQUIRED[vendor]
            yield Defect(
                "keys-any-case",
                vendor,
                "keys are compared without regard to case",
                any_case(known),
                (valid(vendor).drop(key).put(**{key.upper(): PAYLOADS[vendor][key]}),),
                breaks="request/body/keys",
                severity="should",
            )


def any_case(known: list[str]) -> Apply:
    """Read keys without regard to case."""
    names = {name.lower(): name for name in known}

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if isinstance(turn.payload, dict):
                turn.payload = {names.get(key.lower(), key): value for key, value in turn.payload.items()}

        service.insert(step, before="validate")

    return apply


def meetings() -> Iterator[Defect]:
    """Yield servers that fail where two fields, or many entries, meet."""
    sigma, poly, chat = valid("sigmamind"), valid("polyai"), valid("openwebui")
    many = {f"k{number}": "v" for number in range(120)}
    yield Defect(
        "trusts-earlier-chat",
        "sigmamind",
        "a request that goes on with an earlier chat is not validated",
        trusting(
            lambda t: isinstance(t.payload.get("previousChatId"), str) and len(t.payload["previousChatId"]) <= 128
        ),
        (sigma.put(input=""),),
        breaks="request/body/combination",
    )
    yield Defect(
        "trusts-later-variables",
        "sigmamind",
        "only the first variable is looked at",
        trusting(
            lambda t: (
                isinstance(t.payload.get("dynamicVariables"), dict)
                and next(iter(t.payload["dynamicVariables"].values()), None) is not None
                and all(isinstance(t.payload.get(n), str) and t.payload[n] for n in ("agentId", "input"))
            )
        ),
        (sigma.put(dynamicVariables={"a": "b", "c": None}),),
        breaks="request/body/dynamicVariables/members",
    )
    yield Defect(
        "channel-stripped",
        "polyai",
        "white space around the channel is forgiven",
        lambda service: service.rules["channel"].accepts.append(
            (lambda v: isinstance(v, str) and v.strip() in service.rules["channel"].enum, str.strip)
        ),
        (poly.put(channel="sms\n"),),
        breaks="request/body/channel/enum",
    )
    yield Defect(
        "languages-clash",
        "polyai",
        "two languages without a channel are too much",
        picky(lambda t: {"asr_lang_code", "tts_lang_code"} <= t.payload.keys() and "channel" not in t.payload),
        (poly.drop("channel"),),
        breaks="request/body/combination",
    )
    yield Defect(
        "first-key",
        "polyai",
        "a full request must not begin with the channel",
        picky(lambda t: len(t.payload) >= 5 and next(iter(t.payload)) == "channel"),
        (poly.raw(json.dumps({"channel": "sms", **{k: v for k, v in PAYLOADS["polyai"].items() if k != "channel"}})),),
        breaks="request/body/order",
    )
    for vendor, call, field in (
        ("polyai", poly.put(integration_attributes=many), "integration_attributes"),
        ("sigmamind", sigma.put(dynamicVariables=many), "dynamicVariables"),
        ("openwebui", chat.put(chat={**PAYLOADS["openwebui"]["chat"], **many}), "chat"),
    ):
        yield Defect(
            "many-members",
            vendor,
            f"more than 100 members of {field} are refused",
            picky(lambda t, field=field: isinstance(t.payload.get(field), dict) and len(t.payload[field]) > 100),
            (call,),
            breaks=f"request/body/{field}/members",
        )


def digits(value: Any) -> Any:
    """Keep six decimals of a number."""
    return round(float(value), 6) if isinstance(value, Exact) and "." in value.text else value


def known_keys(chat: Any) -> Any:
    """Keep of every message what the page shows."""
    shown = {"id", "role", "content", "timestamp"}
    history = chat.get("history") if isinstance(chat, dict) else None
    messages = history.get("messages") if isinstance(history, dict) else None
    if not isinstance(messages, dict):
        return chat
    kept = {
        name: {k: v for k, v in one.items() if k in shown} if isinstance(one, dict) else one
        for name, one in messages.items()
    }
    return {**chat, "history": {**history, "messages": kept}}


def listed(change: Callable[[list[Any]], list[Any]]) -> Callable[[Any], Any]:
    """Change every list of a document."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        return change([walk(item) for item in value]) if isinstance(value, list) else value

    return walk


def echoes() -> Iterator[Defect]:
    """Yield what is lost where a chat passes through a schema, a template or a database."""
    chat = PAYLOADS["openwebui"]["chat"]
    message = {"id": "m", "role": "user", "content": "a  b", "timestamp": 1, "parentId": None}
    rows: list[tuple[str, str, Callable[[Any], Any], Any]] = [
        (
            "message-keys",
            "what a message has beyond the page's keys is lost",
            known_keys,
            {"history": {"messages": {"m": message}}},
        ),
        ("six-decimals", "numbers are cut to six decimals", lambda c: each(c, digits), {**chat, "n": 0.1234567891}),
        ("curly", "curly quotes become straight", lambda c: each(c, straight), {**chat, "q": "\u201cx\u201d"}),
        ("day", "a date becomes a time", lambda c: each(c, midnight), {**chat, "d": "2024-02-29"}),
        ("zeros", "leading zeros are lost", lambda c: each(c, bare), {**chat, "z": "007"}),
        (
            "set",
            "lists are kept as sets",
            listed(lambda items: list({json.dumps(i, default=str): i for i in items}.values())),
            {**chat, "l": [1, 1]},
        ),
        ("no-empty-lists", "empty lists become null", listed_empty, {**chat, "l": []}),
        ("one-space", "runs of spaces are one space", lambda c: each(c, narrow), {**chat, "s": "a  b"}),
    ]
    for name, description, change, value in rows:
        yield Defect(
            f"chat-{name}",
            "openwebui",
            description,
            chatting(change),
            (valid("openwebui").put(chat=value),),
            breaks="chat/equals",
        )


def straight(value: Any) -> Any:
    """Use the quotes of a typewriter."""
    return value.translate({0x201C: 34, 0x201D: 34}) if isinstance(value, str) else value


def midnight(value: Any) -> Any:
    """Read dates as times."""
    is_day = isinstance(value, str) and len(value) == 10 and value[4::3] == "--" and value[:4].isdecimal()
    return f"{value}T00:00:00Z" if is_day else value


def bare(value: Any) -> Any:
    """Drop leading zeros of digits."""
    return value.lstrip("0") or "0" if isinstance(value, str) and value.isdecimal() else value


def narrow(value: Any) -> Any:
    """Collapse spaces."""
    while isinstance(value, str) and "  " in value:
        value = value.replace("  ", " ")
    return value


def listed_empty(value: Any) -> Any:
    """Turn empty lists into null."""
    if isinstance(value, dict):
        return {key: listed_empty(item) for key, item in value.items()}
    if isinstance(value, list):
        return [listed_empty(item) for item in value] or None
    return value


DEFECTS: list[Defect] = [*trusts(), *meetings(), *echoes()]
