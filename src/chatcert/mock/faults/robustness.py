"""Faults under hostile input: one kind of value at one place that ends in a server error."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatcert.mock.call import MISSING, Call
from chatcert.mock.faults.deviations import CallTest, Fault
from chatcert.mock.faults.fault_draft import FaultDraft
from chatcert.mock.faults.json_mistakes import mistake
from chatcert.mock.known_resources import values_at
from chatcert.mock.payload import Malformed, read_json
from chatcert.mock.schema_parts import types_of
from chatcert.mock.validators import Validator
from chatcert.mock.world import World
from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.fields import walk
from chatcert.requirements.check import Answers, Refuses, RefusesPayload, Withstands
from chatcert.requirements.refusal import MALFORMED

FAMILY = "robustness"
SERVER_ERROR = "response/any/no-server-error"

_BROKEN_WITH = {
    "empty": ("minLength", "enum", "format", "pattern"),
    "astral": ("maxLength", "enum", "format", "pattern", "type"),
    "long": ("maxLength", "enum", "format", "pattern"),
    "sql": ("type",),
    "format": ("type",),
    "template": ("type",),
}
"""Keywords whose invalid values may be of the kind on which a server falls over; a list of texts is of a wrong type."""
_GENERATED = ("empty", "astral", "sql", "format", "template")
"""What a generated body may hold."""

Hostile = Callable[[Any], bool]


def robustness_faults(draft: FaultDraft) -> Iterator[Fault]:
    """Faults for every requirement that hostile input does no harm."""
    for requirement, check in draft.of_kind(Withstands):
        tests: Iterable[tuple[str, str, CallTest]]
        match check.place:
            case "payload":
                tests = _PAYLOADS
            case "headers":
                tests = _header_tests(draft.contract)
            case "body":
                tests = _field_tests(draft.contract, check)
            case _:
                tests = _parameter_tests(check)
        field = f"request/{check.place}/{'/'.join(check.path)}"
        for variant, words, test in tests:
            also = [f"{field}/{keyword}" for keyword in _BROKEN_WITH.get(variant, ())]
            also += draft.accepting(check.place, check.path)
            if variant in _GENERATED:
                also += [f"response/{answer.status}/status" for answer in draft.contract.successes]
            yield draft.make(
                requirement,
                FAMILY,
                variant,
                f"a server error on {words}",
                SERVER_ERROR,
                *also,
                "request/json/truncated",
                crashes=(test,),
            )
    yield from _on_refusals(draft)


def _on_refusals(draft: FaultDraft) -> Iterator[Fault]:
    """A server that refuses invalid requests by failing."""
    hostile = [SERVER_ERROR, *(requirement.path for requirement, _ in draft.of_kind(Withstands))]
    invalid = [other for other, inner in draft.of_kind(Refuses) if inner.place == "body"]
    if invalid:
        yield draft.make(
            invalid[0],
            FAMILY,
            "any-crash",
            "a body that breaks its schema ends in a server error",
            *(other.path for other in invalid),
            *hostile,
            crashes=(invalid_test(draft.contract),),
        )
    broken = [other for other, inner in draft.of_kind(RefusesPayload) if inner.form in MALFORMED]
    if broken:
        empty = ["request/body/absent", "request/body/empty", "request/body/white-space"]
        yield draft.make(
            broken[0],
            FAMILY,
            "any-crash",
            "a body that is no JSON ends in a server error",
            *(other.path for other in broken),
            *empty,
            *hostile,
            crashes=(_broken_test,),
        )
    for requirement, check in draft.of_kind(Answers):
        if check.rule == "no-server-error" and any(inner.form == "xml" for _, inner in draft.of_kind(RefusesPayload)):
            yield draft.make(
                requirement,
                FAMILY,
                "media-type",
                "a body said to be XML ends in a server error",
                "request/content-type/xml",
                crashes=(_is_xml,),
            )


def _is_xml(call: Call, body: Any, world: World) -> bool:
    return "xml" in (call.header("content-type") or "").lower()


def invalid_test(contract: Contract) -> CallTest:
    """Whether the body of a call is JSON that breaks its schema."""
    validator = Validator(contract.body.schema if contract.body is not None else {})
    return lambda call, body, world: body is not MISSING and not validator.accepts(body)


def _broken_test(call: Call, body: Any, world: World) -> bool:
    if body is not MISSING or not call.body:
        return False
    try:
        read_json(call.body)
    except Malformed:
        return True
    return False


def _text(test: Callable[[str], bool]) -> Hostile:
    return lambda value: any(test(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item


_TEXTS: tuple[tuple[str, str, Hostile], ...] = (
    ("long", "a string of more than 50,000 characters", _text(lambda text: len(text) > 50_000)),
    ("nul", "U+0000", _text(lambda text: "\0" in text)),
    ("astral", "characters beyond the BMP", _text(lambda text: bool(text) and max(text) > "\uffff")),
    ("sql", "a quote and a semicolon", _text(lambda text: "';" in text or "' OR" in text)),
    ("format", "format specifiers", _text(lambda text: "%s" in text or "%n" in text)),
    ("template", "a template expression", _text(lambda text: "{{" in text)),
)


def _field_tests(contract: Contract, check: Withstands) -> Iterator[tuple[str, str, CallTest]]:
    assert contract.body is not None
    flat: Schema = next((f.schema for f in walk(contract.body.schema, "") if f.path == check.path), {})
    name = "/".join(check.path)
    hostile = list(_TEXTS)
    kinds = types_of(flat)
    if "object" in kinds:
        hostile.append(("nesting", "more than 255 levels of nesting", lambda value: _is_deeper(value, 255)))
    if kinds[:1] == ("string",):
        hostile.append(("empty", "the empty string", lambda value: value == ""))
    for variant, words, test in hostile:
        yield variant, f"{words} in {name}", _at(check.path, test)


def _is_deeper(value: Any, levels: int) -> bool:
    layer = [value]
    for _ in range(levels + 1):
        inner = [one.values() if isinstance(one, dict) else one for one in layer if isinstance(one, dict | list)]
        layer = [item for members in inner for item in members]
    return bool(inner)


def _at(path: tuple[str, ...], test: Hostile) -> CallTest:
    return lambda call, body, world: any(test(value) for value in values_at(body, path))


def _parameter_tests(check: Withstands) -> Iterator[tuple[str, str, CallTest]]:
    name = check.path[0]
    for variant, words, test in (
        *_TEXTS[1:],
        ("long", "a value of more than 1,000 characters", _text(lambda text: len(text) > 1000)),
        ("path", "a path", _text(lambda text: "../" in text)),
    ):
        yield variant, f"{words} in {name}", _given(check, test)


def _given(check: Withstands, test: Hostile) -> CallTest:
    name = check.path[0]

    def crashes(call: Call, body: Any, world: World) -> bool:
        match check.place:
            case "path":
                values = [call.arguments.get(name, "")]
            case "query":
                values = call.query_values(name)
            case "header":
                values = call.header_values(name)
            case _:
                values = call.cookie_values(name)
        return any(test(value) for value in values)

    return crashes


def _nested(call: Call, body: Any, world: World) -> bool:
    return call.body.count(b"[") + call.body.count(b"{") > 1000


def _not_utf8(call: Call, body: Any, world: World) -> bool:
    try:
        call.body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _garbage(call: Call, body: Any, world: World) -> bool:
    return b"\0" in call.body or (body is MISSING and mistake(call.body.decode("utf-8", "replace"))[0] == "truncated")


_PAYLOADS: tuple[tuple[str, str, CallTest], ...] = (
    ("nested", "a body nested a thousand levels deep", _nested),
    ("not-utf-8", "a body that is not UTF-8", _not_utf8),
    ("large", "a body of more than 1 MB", lambda call, body, world: len(call.body) > 1_000_000),
    (
        "no-content-type",
        "a body without its media type",
        lambda call, body, world: bool(call.body) and call.header("content-type") is None,
    ),
    (
        "byte-order-mark",
        "a body with a byte order mark",
        lambda call, body, world: call.body.startswith(b"\xef\xbb\xbf"),
    ),
    ("broken", "a body that breaks off", _garbage),
)


def _header_tests(contract: Contract) -> Iterator[tuple[str, str, CallTest]]:
    yield (
        "long",
        "a header of more than 4,000 bytes",
        lambda call, body, world: any(len(value) > 4000 for _, value in call.headers),
    )
    yield (
        "non-ascii",
        "a header with other bytes than ASCII",
        lambda call, body, world: any(not value.isascii() for _, value in call.headers),
    )
    yield (
        "accept",
        "an Accept header that asks for HTML",
        lambda call, body, world: "text/html" in (call.header("accept") or ""),
    )
    names = [credential.name for credential in contract.credentials if credential.location == "header"]
    if names:
        yield (
            "twice",
            "a credential that comes twice",
            lambda call, body, world: any(len(call.header_values(name)) > 1 for name in names),
        )
