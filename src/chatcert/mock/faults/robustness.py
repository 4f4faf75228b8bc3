"""Faults that break *robustness*: one kind of hostile input at one place ends in a server error."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.deviation.deviations import CallTest
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.json_mistakes import mistake
from chatcert.mock.known_resources import values_at
from chatcert.mock.schema_parts import types_of
from chatcert.openapi.contract import Contract, Schema
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Answers, PayloadForm, RefusesPayload, Rule, Withstands
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.requirements.robustness import NESTING

SERVER_ERROR = "response/any/no-server-error"

_BROKEN_WITH = {
    "empty": ("minLength", "empty-string", "enum", "format", "pattern"),
    "astral": ("maxLength", "enum", "format", "pattern", "type"),
    "long": ("maxLength", "enum", "format", "pattern"),
    "sql": ("type",),
    "format": ("type",),
    "template": ("type",),
}
"""Keywords whose invalid values may be of the kind on which a server falls over; a list of texts is of a wrong type."""
_GENERATED = ("empty", "astral", "sql", "format", "template")
"""What a generated body may hold."""

_MARK = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[{]|[\]}]', re.DOTALL)

Hostile = Callable[[Any], bool]


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield the faults for every requirement that hostile input does no harm and that no request ends in an error."""
    for requirement, check in draft.family(Kind.ROBUSTNESS, Withstands):
        field = f"request/{check.place}/{'/'.join(check.path)}"
        for variant, description, test in _tests(draft.contract, check):
            also = [f"{field}/{keyword}" for keyword in _BROKEN_WITH.get(variant, ())]
            also += draft.accepting(check.place, check.path)
            if check.place == "nesting":
                also += [f"robustness/nesting/{levels}" for levels in NESTING if levels > int(check.path[0])]
            if variant in _GENERATED:
                also += [f"response/{answer.status}/status" for answer in draft.contract.successes]
            yield draft.make(
                requirement,
                variant,
                f"a server error on {description}",
                SERVER_ERROR,
                *also,
                "request/json/truncated",
                crashes=(test,),
            )
    for requirement, rule in draft.family(Kind.ROBUSTNESS, Answers):
        if rule.rule == Rule.NO_SERVER_ERROR:
            yield from _server_errors(draft, requirement)


def _server_errors(draft: FaultDraft, requirement: Requirement) -> Iterator[Fault]:
    if any(check.form == PayloadForm.XML for _, check in draft.checks(RefusesPayload)):
        yield draft.make(
            requirement,
            "media-type",
            "a body said to be XML ends in a server error",
            "request/content-type/xml",
            crashes=(_is_xml,),
        )


def _is_xml(call: Call, body: Any, backend: Backend) -> bool:
    return "xml" in (call.header("content-type") or "").lower()


def _tests(contract: Contract, check: Withstands) -> Iterable[tuple[str, str, CallTest]]:
    """Return the kinds of hostile input at the place of ``check``, as (variant, description, test of a call)."""
    match check.place:
        case "payload":
            return _PAYLOADS
        case "nesting":
            levels = int(check.path[0])
            return [("", f"a body nested {levels:,} levels deep", lambda call, body, backend: deepest(call) >= levels)]
        case "headers":
            return _header_tests(contract)
        case "body":
            return _field_tests(contract, check)
        case _:
            return _parameter_tests(check)


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
    return lambda call, body, backend: any(test(value) for value in values_at(body, path))


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

    def crashes(call: Call, body: Any, backend: Backend) -> bool:
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


def _not_utf8(call: Call, body: Any, backend: Backend) -> bool:
    try:
        call.body.decode("utf-8")
    except UnicodeDecodeError:
        return True
    return False


def _garbage(call: Call, body: Any, backend: Backend) -> bool:
    return b"\0" in call.body or (body is MISSING and mistake(call.body.decode("utf-8", "replace"))[0] == "truncated")


_PAYLOADS: tuple[tuple[str, str, CallTest], ...] = (
    ("not-utf-8", "a body that is not UTF-8", _not_utf8),
    ("large", "a body of more than 1 MB", lambda call, body, backend: len(call.body) > 1_000_000),
    (
        "no-content-type",
        "a body without its media type",
        lambda call, body, backend: bool(call.body) and call.header("content-type") is None,
    ),
    (
        "byte-order-mark",
        "a body with a byte order mark",
        lambda call, body, backend: call.body.startswith(b"\xef\xbb\xbf"),
    ),
    ("broken", "a body that breaks off", _garbage),
)


def deepest(call: Call) -> int:
    """Return how deeply the body of a call is nested, texts left aside."""
    depth = most = 0
    for piece in _MARK.finditer(call.body):
        depth += (piece[0] in (b"[", b"{")) - (piece[0] in (b"]", b"}"))
        most = max(most, depth)
    return most


def _header_tests(contract: Contract) -> Iterator[tuple[str, str, CallTest]]:
    yield (
        "long",
        "a header of more than 4,000 bytes",
        lambda call, body, backend: any(len(value) > 4000 for _, value in call.headers),
    )
    yield (
        "non-ascii",
        "a header with other bytes than ASCII",
        lambda call, body, backend: any(not value.isascii() for _, value in call.headers),
    )
    yield (
        "accept",
        "an Accept header that asks for HTML",
        lambda call, body, backend: "text/html" in (call.header("accept") or ""),
    )
    names = [credential.name for credential in contract.credentials if credential.location == "header"]
    if names:
        yield (
            "twice",
            "a credential that comes twice",
            lambda call, body, backend: any(len(call.header_values(name)) > 1 for name in names),
        )
