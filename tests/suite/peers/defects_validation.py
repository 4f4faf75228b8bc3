"""Defects of validation: what should be refused and is not, and the reverse."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from .kit import (
    PAYLOADS,
    Defect,
    valid,
)
from .model import Service, Turn, is_number

Apply = Callable[[Service], None]
Convert = Callable[[Any], Any]


def accepting(name: str, test: Callable[[Any], bool], convert: Convert) -> Apply:
    """Let a field through unchecked when a test holds."""
    return lambda service: service.rules[name].accepts.append((test, convert))


def refusing(name: str, test: Callable[[Any], bool]) -> Apply:
    """Refuse a good value of a field when a test holds."""
    return lambda service: service.rules[name].refuses.append(test)


def ruling(name: str, **values: Any) -> Apply:
    """Change attributes of one rule."""

    def apply(service: Service) -> None:
        for key, value in values.items():
            setattr(service.rules[name], key, value)

    return apply


def usable(vendor: str, name: str) -> Any:
    """Return a value that the service can work with."""
    return PAYLOADS[vendor][name]


def is_a(kind: type) -> Callable[[Any], bool]:
    """Test for a JSON type."""
    return is_number if kind is float else lambda value: isinstance(value, kind)


def as_text(value: Any) -> str:
    """Coerce as a lenient deserializer does."""
    return json.dumps(value) if not isinstance(value, str) else value


def first(value: Any) -> Any:
    """Unwrap the first item of an array."""
    return value[0] if value and isinstance(value[0], str) else ""


def nothing(value: Any) -> Any:
    """Treat a value as absent."""
    return None


def parsed(value: str) -> dict[str, Any]:
    """Parse an object that came as a string."""
    try:
        document = json.loads(value)
    except ValueError:
        document = {}
    return document if isinstance(document, dict) else {}


# vendor: {field: type flaws that its service has, one at a time}
TYPE_FLAWS = {
    "agencii": {"apiIntegrationId": "number boolean array object null fallback"},
    "polyai": {
        "integration_attributes": "string list null count",
        "variant_id": "number null",
        "channel": "array null",
        "asr_lang_code": "number boolean",
        "tts_lang_code": "object null",
        "initial_message": "number boolean array null",
    },
    "sigmamind": {
        "agentId": "number array null",
        "input": "number boolean array object null",
        "dynamicVariables": "string list null count",
        "previousChatId": "number boolean null",
    },
    "openwebui": {
        "chat": "string list null count flag",
        "folder_id": "number boolean array object",
    },
}


def type_flaw(vendor: str, field: str, flaw: str) -> tuple[str, Apply, Any]:
    """Describe one lenient type: what it says, how it is done, a value that shows it."""
    good = usable(vendor, field)
    table: dict[str, tuple[str, type, Convert, Any]] = {
        "number": ("a number is turned into a string", float, as_text, 12345),
        "boolean": ("a boolean is turned into a string", bool, as_text, True),
        "array": ("an array is unwrapped", list, first, [good]),
        "object": ("an object is taken", dict, lambda _: good, {"value": "x"}),
        "null": ("null is taken", type(None), lambda _: good or None, None),
        "fallback": ("a number falls back to a default", float, lambda _: good, 7),
        "string": ("a string is parsed", str, parsed, json.dumps(good)),
        "list": ("an array is taken", list, lambda _: {}, []),
        "count": ("a number is taken", float, lambda _: {}, 1),
        "flag": ("a boolean is taken", bool, lambda _: {}, True),
    }
    says, kind, convert, value = table[flaw]
    if field == "folder_id":
        convert = nothing
    return says, accepting(field, is_a(kind), convert), value


def types() -> Iterator[Defect]:
    """Yield the lenient types."""
    for vendor, fields in TYPE_FLAWS.items():
        for field, flaws in fields.items():
            for flaw in flaws.split():
                says, apply, value = type_flaw(vendor, field, flaw)
                clause = "nullable" if flaw == "null" else "type"
                yield Defect(
                    f"accepts-{field}-{flaw}",
                    vendor,
                    f"{field}: {says}",
                    apply,
                    (valid(vendor).put(**{field: value}),),
                    breaks=f"request/body/{field}/{clause}",
                )


def missing() -> Iterator[Defect]:
    """Yield required fields that are not required."""
    required = {
        "agencii": ["apiIntegrationId"],
        "sigmamind": ["agentId", "input"],
        "openwebui": ["chat"],
    }
    for vendor, fields in required.items():
        for field in fields:
            yield Defect(
                f"accepts-{field}-missing",
                vendor,
                f"{field} may be left out",
                ruling(field, required=False, fallback=usable(vendor, field)),
                (valid(vendor).drop(field),),
                breaks=f"request/body/{field}/required",
            )
            yield Defect(
                f"crash-{field}-missing",
                vendor,
                f"leaving out {field} is a 500",
                crashing(lacking(field)),
                (valid(vendor).drop(field),),
                breaks=f"request/body/{field}/required",
            )


def lacking(field: str) -> Callable[[Turn], bool]:
    """Test for an object without a field."""
    return lambda turn: isinstance(turn.payload, dict) and field not in turn.payload


def crashing(test: Callable[[Turn], bool]) -> Apply:
    """Fail after parsing when a test holds."""

    def apply(service: Service) -> None:
        def step(turn: Turn) -> None:
            if test(turn):
                raise RuntimeError("unexpected")

        service.insert(step, before="validate")

    return apply


def utf16(text: str) -> int:
    """Count UTF-16 units."""
    return len(text) + sum(character > "\uffff" for character in text)


def utf8(text: str) -> int:
    """Count UTF-8 bytes."""
    return len(text.encode("utf-8", "surrogatepass"))


def graphemes(text: str) -> int:
    """Count base characters only."""
    return sum(not unicodedata.combining(character) for character in text)


def trimmed(text: str) -> int:
    """Count what is left after trimming."""
    return len(text.strip())


def lengths() -> Iterator[Defect]:
    """Yield miscounted lengths of SigmaMind's fields."""
    vendor, base = "sigmamind", valid("sigmamind")
    limits = {"agentId": 64, "input": 20480, "previousChatId": 128}
    for field, high in limits.items():
        rows: list[tuple[str, str, Apply, str]] = [
            ("max-unchecked", "has no upper limit", ruling(field, high=None), "a" * (high + 1)),
            (
                "max-plus-one",
                "may be one character too long",
                ruling(field, high=high + 1),
                "a" * (high + 1),
            ),
            (
                "max-minus-one",
                "is refused at its very limit",
                ruling(field, high=high - 1),
                "a" * high,
            ),
            (
                "max-in-bytes",
                "is measured in UTF-8 bytes",
                ruling(field, measure=utf8),
                "\u00e9" * high,
            ),
            (
                "max-in-utf16",
                "is measured in UTF-16 units",
                ruling(field, measure=utf16),
                "\U0001f600" * high,
            ),
            (
                "max-in-graphemes",
                "is measured without combining marks",
                ruling(field, measure=graphemes),
                "e\u0301" * high,
            ),
            ("max-doubled", "has twice its limit", ruling(field, high=2 * high), "a" * (high + 1)),
        ]
        if field != "agentId":
            rows.append(
                (
                    "max-after-trimming",
                    "is measured after trimming",
                    ruling(field, measure=trimmed, low=0),
                    "a" * high + " ",
                )
            )
        for flaw, says, apply, value in rows:
            yield Defect(
                f"{field}-{flaw}",
                vendor,
                f"{field} {says}",
                apply,
                (base.put(**{field: value}),),
                breaks=f"request/body/{field}/maxLength",
            )
    yield Defect(
        "agentId-min-unchecked",
        vendor,
        "an empty agentId is looked up",
        ruling("agentId", low=0),
        (base.put(agentId=""),),
        breaks="request/body/agentId/minLength",
    )
    yield Defect(
        "input-min-unchecked",
        vendor,
        "an empty input is taken",
        ruling("input", low=0),
        (base.put(input=""),),
        breaks="request/body/input/minLength",
    )
    yield Defect(
        "input-min-two",
        vendor,
        "an input of one character is refused",
        ruling("input", low=2),
        (base.put(input="a"),),
        breaks="request/body/input/minLength",
    )
    yield Defect(
        "input-blank-refused",
        vendor,
        "an input of one space is refused",
        refusing("input", lambda v: not v.strip()),
        (base.put(input=" "),),
        breaks="request/body/input/minLength",
        severity="should",
    )
    yield Defect(
        "previousChatId-empty-refused",
        vendor,
        "an empty previousChatId is refused",
        ruling("previousChatId", low=1),
        (base.put(previousChatId=""),),
        breaks="request/body/previousChatId/minLength",
    )


def having(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Test every value of an object."""
    return lambda value: any(map(test, value.values()))


def variables() -> Iterator[Defect]:
    """Yield broken rules of SigmaMind's dynamicVariables."""
    field = "dynamicVariables"
    base = valid("sigmamind")
    yield Defect(
        f"{field}-null-value",
        "sigmamind",
        "a variable may be null",
        ruling(field, members=None),
        (base.put(dynamicVariables={"name": None}),),
        breaks=f"request/body/{field}/additionalProperties",
    )
    rows: list[tuple[str, type, Any]] = [
        ("number", float, 1.5),
        ("boolean", bool, True),
        ("object", dict, {"a": "b"}),
        ("array", list, ["a"]),
    ]
    for name, kind, value in rows:
        yield Defect(
            f"{field}-{name}-refused",
            "sigmamind",
            f"a variable that is a {name} is refused",
            refusing(field, having(is_a(kind))),
            (base.put(dynamicVariables={"name": value}),),
            breaks=f"request/body/{field}/additionalProperties",
        )
    yield Defect(
        f"{field}-empty-refused",
        "sigmamind",
        "no variables at all are refused",
        refusing(field, lambda v: not v),
        (base.put(dynamicVariables={}),),
        breaks=f"request/body/{field}/type",
        severity="should",
    )
    yield Defect(
        f"{field}-limited",
        "sigmamind",
        "more than ten variables are refused",
        refusing(field, lambda v: len(v) > 10),
        (base.put(dynamicVariables={f"v{i}": "x" for i in range(12)}),),
        breaks=f"request/body/{field}/type",
        severity="should",
    )


def channels() -> Iterator[Defect]:
    """Yield broken rules of PolyAI's channel."""
    members = ("webchat", "whatsapp", "sms", "api")
    rows: list[tuple[str, str, Apply, str]] = [
        ("any", "any string is a channel", ruling("channel", enum=()), "pigeon"),
        (
            "any-case",
            "case does not matter",
            accepting("channel", lambda v: isinstance(v, str) and v.lower() in members, str.lower),
            "WebChat",
        ),
        (
            "trimmed",
            "blanks around do not matter",
            accepting("channel", lambda v: isinstance(v, str) and v.strip() in members, str.strip),
            " webchat ",
        ),
        (
            "voice",
            "one more channel is known",
            ruling("channel", enum=(*members, "voice")),
            "voice",
        ),
        ("empty", "an empty channel is taken", ruling("channel", enum=(*members, "")), ""),
        (
            "prefix",
            "a channel may begin like a known one",
            accepting("channel", lambda v: isinstance(v, str) and v.startswith(members), lambda v: v),
            "webchat2",
        ),
    ]
    for flaw, says, apply, value in rows:
        yield Defect(
            f"channel-{flaw}-accepted",
            "polyai",
            says,
            apply,
            (valid("polyai").put(channel=value),),
            breaks="request/body/channel/enum",
            severity="should" if flaw == "voice" else "must",
        )
    for gone in members[1:]:
        kept = tuple(member for member in members if member != gone)
        yield Defect(
            f"channel-{gone}-refused",
            "polyai",
            f"{gone} is not known",
            ruling("channel", enum=kept),
            (valid("polyai").put(channel=gone),),
            breaks="request/body/channel/enum",
        )


DEFECTS: list[Defect] = [*types(), *missing(), *lengths(), *variables(), *channels()]
