"""Break what a documented header of an answer has to be: there, and within its schema."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from chatcert.mock.call import Headers, Reply
from chatcert.mock.deviation.answer_rule import AnswerRule
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.mock.deviation.schema_violation import violations
from chatcert.mock.payload import typed
from chatcert.mock.response_headers import OF_THE_SERVER, header_name, header_text, header_value
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import AnswerHeader, Schema
from chatcert.openapi.schemas.fields import flattened, walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.check import Answers, Rule

_WORD = b"plenty"


def wrong_headers(rule: AnswerRule) -> Iterator[Fault]:
    """Yield the faults that break one rule on one documented header."""
    header = rule.answer.header(rule.check.header)
    if header is None or header.name.lower() in OF_THE_SERVER or header_value(header) is MISSING:
        return
    match rule.check.rule:
        case Rule.REQUIRED if rule.check.path:
            value = changed_at(header_value(header), rule.check.path, lambda _: MISSING)
            yield _fault(rule, header, "", f"has no {'/'.join(rule.check.path)}", _always(header_text(header, value)))
        case Rule.REQUIRED:
            yield _fault(rule, header, "", "is left out", lambda text: [])
        case Rule.JSON:
            yield _fault(rule, header, "", "is no JSON text", lambda text: [text + b"}"])
        case Rule.TYPE if not rule.check.path and not header.media_type:
            yield _fault(rule, header, "word", "is a word", lambda text: [_WORD])
            yield _fault(rule, header, "twice", "is sent twice", lambda text: [text, text])
        case keyword:
            yield from _violated(rule, header, keyword)


def _violated(rule: AnswerRule, header: AnswerHeader, keyword: Rule) -> Iterator[Fault]:
    """Yield the faults of a value that breaks one keyword, also after it has travelled as a text."""
    schema = next((f.schema for f in walk(header.schema, "") if f.path == rule.check.path), {})
    fits = predicate(schema, header.schema)
    for variant, description, change in violations(schema, keyword):
        value = changed_at(header_value(header), rule.check.path, change)
        text = header_text(header, value)
        at_place = change(_sample(header, rule.check.path))
        arrives = header.media_type or not fits(_travelled(at_place, flattened(schema, header.schema)))
        if (text or value == []) and arrives and text != header_text(header, header_value(header)):
            yield _fault(rule, header, variant, f"is {description}", _always(text))


def _always(text: bytes) -> Callable[[bytes], list[bytes]]:
    return lambda _: [text]


def _sample(header: AnswerHeader, path: tuple[str, ...]) -> object:
    value = header_value(header)
    for token in path:
        if isinstance(value, list) and value:
            value = value[0]
        elif isinstance(value, dict):
            value = value.get(token, next(iter(value.values()), ""))
    return value


def _travelled(value: object, flat: Schema) -> object:
    """Return what a client reads that knows the schema: texts are converted to the type that is due."""
    if value is None or isinstance(value, list | dict):
        return value
    text = value if isinstance(value, str) else str(value).lower() if isinstance(value, bool) else str(value)
    return typed(text, flat)


def _fault(
    rule: AnswerRule, header: AnswerHeader, variant: str, text: str, values: Callable[[bytes], list[bytes]]
) -> Fault:
    name = header_name(header)

    def change(reply: Reply) -> Reply:
        headers: Headers = []
        for key, value in reply.headers:
            headers += [(key, changed) for changed in values(value)] if key == name else [(key, value)]
        return replace(reply, headers=headers)

    fault = rule.reply_fault(variant, f"the header {header.name} {text}", change)
    if name != b"www-authenticate":
        return fault
    by_http = [other.id for other, check in rule.draft.checks(Answers) if check.rule is Rule.CHALLENGE]
    return replace(fault, breaks=(*fault.breaks, *by_http))
