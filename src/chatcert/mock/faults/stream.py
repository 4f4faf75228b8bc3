"""Faults that break *stream*: a stream does not hold events, or its events are not what is documented."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Reply
from chatcert.mock.deviation.answer_rule import AnswerRule, rules_on_answers
from chatcert.mock.deviation.fault import Fault
from chatcert.mock.deviation.fault_draft import FaultDraft
from chatcert.mock.deviation.json_edits import changed_at
from chatcert.mock.deviation.schema_violation import violations
from chatcert.mock.examples import instance
from chatcert.mock.stream_writer import Verbatim
from chatcert.mock.validators import Validator, predicate
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import DATA_AS_JSON, EventSchema, Reading, Stream, StreamForm
from chatcert.requirements.check import Rule
from chatcert.requirements.requirement import Kind

_WORD = "undocumented"
_PAGE = b"<!doctype html>\n<title>Oops</title>\n"


def derive(draft: FaultDraft) -> Iterator[Fault]:
    """Yield one fault or more for every rule on streams that the mock can give."""
    for rule in rules_on_answers(draft, Kind.STREAM):
        stream = rule.answer.stream(rule.check.stream)
        if stream is not None:
            yield from _broken(rule, stream)


def _broken(rule: AnswerRule, stream: Stream) -> Iterator[Fault]:
    match rule.check.rule:
        case Rule.FRAMING:
            yield from _framing(rule, stream)
        case Rule.SCHEMA:
            yield from _schema(rule, stream)
        case Rule.TERMINATOR:
            yield rule.body_fault("missing", "the stream ends without its terminator", lambda events: events[:-1])
            yield rule.body_fault("followed", "an event comes after the terminator", lambda e: [*e, e[0]])
        case Rule.STREAM_ERROR:
            error = instance(stream.error, stream.error or {})
            if error is not MISSING:
                yield rule.body_fault("", "the first event reports an error", lambda events: [error, *events])
        case Rule.REQUIRED:
            name = "/".join(rule.check.path)
            yield _event_fault(rule, "", f"{name} is left out of every event", lambda value: MISSING)
        case keyword:
            yield from _keyword(rule, stream.schemas[0], keyword)


def _framing(rule: AnswerRule, stream: Stream) -> Iterator[Fault]:
    changes: list[tuple[str, str, Callable[[bytes], bytes]]] = [
        ("page", "the stream is an HTML page", lambda body: _PAGE),
        ("utf-8", "the stream is not UTF-8", lambda body: _not_utf8(stream) + body),
    ]
    if stream.form is StreamForm.EVENTS:
        changes += [
            ("json", "the stream is one JSON text", lambda body: b'{"detail": "done"}'),
            ("unfinished", "the last event is not ended", lambda body: body.rstrip(b"\n")),
        ]
    else:
        changes += [
            ("truncated", "the last event breaks off", lambda body: body.rstrip(b"\n")[:-1]),
            ("joined", "an event is followed by a stray brace", lambda body: body + b"}\n"),
        ]
    for variant, text, change in changes:
        yield _reply_fault(rule, variant, text, change)


def _not_utf8(stream: Stream) -> bytes:
    return {
        StreamForm.EVENTS: b"data: caf\xe9\n\n",
        StreamForm.LINES: b'"caf\xe9"\n',
        StreamForm.SEQUENCE: b'\x1e"caf\xe9"\n',
    }[stream.form]


def _reply_fault(rule: AnswerRule, variant: str, text: str, change: Callable[[bytes], bytes]) -> Fault:
    def edit(context: AnswerContext, reply: Reply, backend: Backend) -> Reply:
        return replace(reply, body=change(reply.body)) if context.stream == rule.check.stream else reply

    return rule.draft.make(rule.requirement, variant, text, replies=(edit,))


def _schema(rule: AnswerRule, stream: Stream) -> Iterator[Fault]:
    """Yield the fault of an event that no reading of the document allows, if there is such an event."""
    texts = (Verbatim(_WORD),) if stream.form is StreamForm.EVENTS else ()
    alone = len(stream.schemas) == 1
    is_data = alone and "dependentRequired" in stream.schemas[0].schema  # the data of every event is a JSON text
    for wrong in (*texts, ["event"], 5, {}, {_WORD: 1}):
        if all(_breaks(wrong, schema, stream, alone=alone) for schema in stream.schemas):
            yield rule.body_fault(
                "", "the first event is not one that is documented", _with_first(wrong, is_data=is_data)
            )
            return


def _with_first(wrong: Any, *, is_data: bool) -> Callable[[Any], Any]:
    """Return an edit that puts a wrong event first; where only its data is wrong, it has the fields of the others."""

    def edit(events: Any) -> Any:
        fields = {name: events[0][name] for name in ("event", "id", "retry") if name in events[0]} if is_data else {}
        return [{**fields, "data": wrong} if fields and isinstance(wrong, Verbatim) else wrong, *events]

    return edit


def _breaks(wrong: Any, schema: EventSchema, stream: Stream, *, alone: bool) -> bool:
    """Return whether an event breaks a schema; where fields have rules of their own, in anything but these."""
    plain = str(wrong) if isinstance(wrong, str) else json.dumps(wrong)
    read = [plain if isinstance(wrong, str) else wrong]
    if stream.form is StreamForm.EVENTS:
        match schema.reading:
            case Reading.DATA:
                read.append(plain)  # a text that happens to be JSON is one all the same
            case Reading.DECODED:
                read = [{"data": read[0]}]
            case Reading.EVENT:
                with_json = {DATA_AS_JSON: wrong} if schema.has_json and not isinstance(wrong, str) else {}
                read = [{"data": plain, **with_json}]
    validated: Schema = schema.schema
    if alone:
        validated = {key: part for key, part in validated.items() if key not in ("properties", "required")}
    return not any(map(Validator(validated).accepts, read))


def _keyword(rule: AnswerRule, schema: EventSchema, keyword: Rule) -> Iterator[Fault]:
    found = next((field for field in walk(schema.schema, "") if field.path == rule.check.path), None)
    if found is None:
        return
    fits = predicate(found.schema, schema.schema)
    base = rule.requirement.path.rpartition("/")[0]
    also = [f"{base}/{other}" for other in (Rule.TYPE, Rule.ENUM, Rule.CONST, Rule.FORMAT, Rule.PATTERN)]
    for variant, description, change in violations(found.schema, keyword):
        sample = instance(found.schema, schema.schema)
        if sample is MISSING or (fits(change(sample)) and keyword is not Rule.FORMAT):
            continue
        yield _event_fault(rule, variant, f"{'/'.join(rule.check.path)} is {description}", change, also)


def _event_fault(
    rule: AnswerRule, variant: str, text: str, change: Callable[[Any], Any], also: list[str] | None = None
) -> Fault:
    """Return the fault of changing what is at the path of a rule in every event."""

    def edit(context: AnswerContext, events: Any) -> Any:
        if context.stream != rule.check.stream:
            return events
        return [changed_at(event, rule.check.path, change) if isinstance(event, dict) else event for event in events]

    return rule.draft.make(rule.requirement, variant, text, *(also or []), values=(edit,))
