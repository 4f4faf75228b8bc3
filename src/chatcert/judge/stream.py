"""Stream: a success that is a stream of events is one, and its events are what is documented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.answers.chosen_answers import documented_answer, exchanges_of, is_same_media_type, values_at
from chatcert.judge.answers.event_streams import Event, EventStream
from chatcert.judge.evidence import Evidence, as_catalogued
from chatcert.judge.ruling import Ruling, broken, doubtful, kept, vacuous
from chatcert.openapi.schemas.branch_choice import of_named
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import shown_token
from chatcert.openapi.schemas.pointer import MISSING, escape, join
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import DATA_AS_JSON, USUAL_TERMINATOR, EventSchema, Reading, Stream
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Level, Requirement
from chatcert.text import shorten
from chatcert.transport.exchange import Exchange

_MAX_SHOWN = 80


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``stream``."""
    check = requirement.check
    assert isinstance(check, Answers)
    stream = documented_answer(evidence, check.status).stream(check.stream)
    assert stream is not None, "a rule on streams is derived from their description"
    for exchange in streams_in(evidence, check):
        read = evidence.stream_of(exchange, stream)
        match check.rule:
            case Rule.FRAMING:
                yield _framing(exchange, read)
            case Rule.TERMINATOR:
                yield _terminator(exchange, read, stream)
            case Rule.STREAM_ERROR:
                yield from _error(exchange, read, stream)
            case Rule.SCHEMA:
                yield _schema(evidence, check, exchange, (read, stream))
            case _:
                yield _keyword(exchange, check, read, stream)


def streams_in(evidence: Evidence, check: Answers) -> Iterator[Exchange]:
    """Yield the exchanges whose answers are streams of the media type that a rule is on."""
    for exchange in exchanges_of(evidence, check.status):
        sent = exchange.received.header("Content-Type") if exchange.received is not None else None
        if sent is not None and is_same_media_type(sent, check.stream):
            yield exchange


def _framing(exchange: Exchange, read: EventStream) -> Ruling:
    """Rule on the form of a stream; one of comments alone says nothing."""
    if read.problem:
        return broken(exchange, "a stream of events", read.problem)
    if read.unfinished:
        level = Level.SHOULD if read.events else None
        return broken(exchange, "an end after the last event", f"{read.unfinished!r} is not ended", level)
    return kept(exchange) if read.events else vacuous(exchange)


def _terminator(exchange: Exchange, read: EventStream, stream: Stream) -> Ruling:
    terminator = stream.terminator or ""
    if read.problem:  # the rule on the framing says so
        return vacuous(exchange)
    expected = f"{terminator!r} as the last event"
    number = next((event.number for event in read.events if event.text == terminator), None)
    if number is not None and number < len(read.events):
        more = read.events[number]
        return broken(exchange, expected, f"{shorten(more.text, _MAX_SHOWN)!r} comes after it")
    if number is not None:
        return kept(exchange)
    if exchange.received is not None and exchange.received.truncated:
        return doubtful(exchange, "the stream is longer than what is read of it, so its last event is not known")
    is_failed = bool(read.events) and is_error(read.events[-1], stream)  # it ends with the error
    if is_failed or read.unfinished == terminator:  # the rule on the framing says that it is not ended
        return vacuous(exchange)
    last = f"the last event is {shorten(read.events[-1].text, _MAX_SHOWN)!r}" if read.events else "there is no event"
    return broken(exchange, expected, last)


def _error(exchange: Exchange, read: EventStream, stream: Stream) -> Iterator[Ruling]:
    """Rule on the streams that answer a valid request."""
    if exchange.expectation != Expectation.ACCEPTED:
        return
    reported = next((event for event in read.events if is_error(event, stream)), None)
    if reported is not None:
        yield broken(exchange, "no error", f"event {reported.number} is {shorten(reported.text, _MAX_SHOWN)!r}")
    else:
        yield kept(exchange) if read.events else vacuous(exchange)


def is_error(event: Event, stream: Stream) -> bool:
    """Return whether an event reports an error, by the extension of its media type."""
    if stream.error is None:
        return False
    validator = validator_for(stream.error)
    return any(value is not MISSING and validator.is_valid(value) for value in (event.value, event.fields or MISSING))


def judged_events(read: EventStream, stream: Stream) -> list[Event]:
    """Return the events that a schema is about: all but errors, and but the terminator.

    Where none is named, ``[DONE]`` as the last event is taken for one.
    """
    events = [event for event in read.events if not is_error(event, stream)]
    if stream.terminator is not None:
        return [event for event in events if event.text != stream.terminator]
    return events[:-1] if events and events[-1].text == USUAL_TERMINATOR else events


@dataclass(frozen=True, slots=True)
class _Breach:
    """Where an event breaks a schema: its path as the catalogue writes it, the keyword, and a message."""

    number: int
    path: tuple[str, ...]
    keyword: str
    message: str


def _schema(evidence: Evidence, check: Answers, exchange: Exchange, what: tuple[EventStream, Stream]) -> Ruling:
    """Rule on every keyword that has no requirement of its own; of several readings, the best one counts."""
    read, stream = what
    events = judged_events(read, stream)
    if not events:
        return vacuous(exchange)
    found = [list(_breaches(events, schema)) for schema in stream.schemas]
    if len(found) == 1:
        found = [[one for one in found[0] if not _has_requirement(evidence, check, one)]]
    if not all(found):
        return kept(exchange)
    best = min(found, key=len)[0]
    place = join("", *best.path) or "the top"
    return broken(exchange, f"{best.keyword} kept at {place} of every event", f"event {best.number}: {best.message}")


def _has_requirement(evidence: Evidence, check: Answers, breach: _Breach) -> bool:
    """Return whether a requirement of its own is on a keyword at a path."""
    if not breach.path:
        return False
    tokens = [*map(shown_token, breach.path), breach.keyword]
    own = (
        r.check
        for segment in ("stream", "event-stream")
        for base in (f"{evidence.contract.vendor}/response/{check.status}/{segment}",)
        for prefix in (base, f"{base}/{escape(check.stream)}")
        if (r := evidence.requirements.get("/".join([prefix, *tokens]))) is not None
    )
    return any(isinstance(one, Answers) and one.stream == check.stream for one in own)


def _keyword(exchange: Exchange, check: Answers, read: EventStream, stream: Stream) -> Ruling:
    """Rule on one keyword of the schema at one path, wherever an event has a value there."""
    schema = stream.schemas[0]
    events = judged_events(read, stream)
    expected = f"{check.rule} {check.detail}" if check.detail is not None else "present"
    for breach in _breaches(events, schema):
        if breach.keyword == check.rule and breach.path == check.path:
            return broken(exchange, f"{expected} in every event", f"event {breach.number}: {breach.message}")
    around = check.path[:-1] if check.rule is Rule.REQUIRED else check.path
    values = [value for event in events for value in values_at(value_of(event, schema), around)]
    if check.rule is Rule.REQUIRED:
        values = [value for value in values if isinstance(value, dict)]
    return kept(exchange) if values else vacuous(exchange)


def value_of(event: Event, schema: EventSchema) -> Any:
    """Return the value of an event in one reading of the document."""
    if schema.reading is Reading.DATA or not event.fields:
        return event.text if event.value is MISSING else event.value
    if event.value is MISSING:
        return event.fields
    if schema.reading is Reading.DECODED:
        return {**event.fields, "data": event.value}
    return {**event.fields, DATA_AS_JSON: event.value} if schema.has_json else event.fields


def _breaches(events: list[Event], schema: EventSchema) -> Iterator[_Breach]:
    validator, fields = validator_for(schema.schema), _fields_of(schema)
    for event in events:
        if schema.reading is Reading.DATA and event.fields and validator.is_valid(event.text):
            continue  # a text that happens to be JSON as well
        value = value_of(event, schema)
        meant = of_named(value, schema.schema) or validator  # a client reads the name, whatever else the event is like
        for path, keyword, text in meant.breaches(value):
            message = "its data is not a JSON text" if keyword == "dependentRequired" and DATA_AS_JSON in text else text
            yield _Breach(event.number, as_catalogued(path, fields), keyword, message)


@memoise_by_identity(maxsize=64)
def _fields_of(schema: EventSchema) -> dict[tuple[str, ...], Any]:
    return {field.path: field for field in walk(schema.schema, schema.pointer)}
