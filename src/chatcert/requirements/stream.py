"""Stream: an answer that is a stream of events is one, and its events are what is documented."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from chatcert.openapi.contract import Answer
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import Field, walk
from chatcert.openapi.schemas.pointer import escape, join
from chatcert.openapi.streams import DATA_AS_JSON, EventSchema, Reading, Stream, StreamForm
from chatcert.requirements.answer_rules import keyword_rules
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.draft import Draft, format_value, provenance_of, source_of
from chatcert.requirements.requirement import Kind, Level, Requirement

_FORMS = {
    StreamForm.EVENTS: ("a stream of server-sent events in UTF-8", "HTML Living Standard section 9.2"),
    StreamForm.LINES: ("lines of one JSON text each", "JSON Lines and NDJSON"),
    StreamForm.SEQUENCE: ("a sequence of JSON texts", "RFC 7464 section 2"),
}

_OF_EVENTS = (("data",), ("event",), ("id",), ("retry",))
"""Fields of events, whose types follow from how a stream is read; what has no data is not an event."""


@dataclass(frozen=True, slots=True)
class _Subject:
    """The streams that rules are derived for.

    Attributes:
        base: what the paths of the rules begin with.
        position: their order in the part ``response``.
    """

    draft: Draft
    answer: Answer
    stream: Stream
    base: str
    position: tuple[int, int, int]

    @property
    def subject(self) -> str:
        return f"streams of status {self.answer.status} and type {self.stream.media_type}"

    def check(self, rule: Rule, path: tuple[str, ...] = (), detail: object = None) -> Answers:
        return Answers(self.answer.status, rule, path, detail, stream=self.stream.media_type)


def derive(draft: Draft) -> Iterator[Requirement]:
    """Derive the requirements of the kind ``stream``."""
    for number, answer in enumerate(draft.contract.successes):
        for index, stream in enumerate(answer.streams):
            about = _Subject(draft, answer, stream, path_of(answer, stream), (number, 4, index))
            yield from _rules(about)
            yield from _stated(about)
            if len(stream.schemas) == 1:
                yield from _fields(about, stream.schemas[0])
    for number, answer in enumerate(draft.contract.errors):
        for index, stream in enumerate(answer.streams):
            yield from _rules(_Subject(draft, answer, stream, path_of(answer, stream), (number, 4, index)))


def path_of(answer: Answer, stream: Stream) -> str:
    """Return what the paths of the rules on one stream of an answer begin with.

    It is ``stream`` after the status, or ``event-stream`` if a body has a member of that name; of several streams, all
    but the first one have their media type after it.
    """
    fields = walk(answer.schema, "") if answer.schema is not None else ()
    segment = "event-stream" if any(field.path[:1] == ("stream",) for field in fields) else "stream"
    first = f"response/{answer.status}/{segment}"
    return first if stream is answer.streams[0] else f"{first}/{escape(stream.media_type)}"


def _rules(about: _Subject) -> Iterator[Requirement]:
    """Derive the form of a stream and of its events: an error has no other rules, since it may have fewer members."""
    stream = about.stream
    form, source = _FORMS[stream.form]
    yield about.draft.make(
        f"{about.base}/framing",
        Kind.STREAM,
        about.check(Rule.FRAMING),
        f"An answer of status {about.answer.status} and type {stream.media_type} is {form}, as far as it is read",
        provenance=Provenance.HTTP,
        level=Level.MUST,
        pointer=stream.pointer,
        source=source,
        run_wide=True,
        position=about.position,
    )
    if stream.schemas:
        yield about.draft.make(
            f"{about.base}/schema",
            Kind.STREAM,
            about.check(Rule.SCHEMA),
            f"In {about.subject}, every event that is read matches its schema",
            pointer=stream.schemas[0].pointer,
            run_wide=True,
            position=about.position,
        )


def _stated(about: _Subject) -> Iterator[Requirement]:
    """Derive what the extension of the media type states."""
    stream = about.stream
    if stream.terminator is not None:
        yield about.draft.make(
            f"{about.base}/terminator",
            Kind.STREAM,
            about.check(Rule.TERMINATOR, detail=stream.terminator),
            f"The last event of {about.subject} is {format_value(stream.terminator)}, and nothing comes after it",
            provenance=provenance_of(stream.extension),
            pointer=stream.pointer,
            source=source_of(stream.extension),
            run_wide=True,
            position=about.position,
        )
    if stream.error is not None:
        yield about.draft.make(
            f"{about.base}/error",
            Kind.STREAM,
            about.check(Rule.STREAM_ERROR, detail=stream.error),
            f"No event of {about.subject} reports an error to a valid request",
            provenance=Provenance.INFERRED,
            pointer=stream.pointer,
            source=source_of(stream.extension),
            run_wide=True,
            position=about.position,
        )


def _fields(about: _Subject, event: EventSchema) -> Iterator[Requirement]:
    """Derive what the fields of an event have to be, where the document can be read in one way only."""
    is_event = about.stream.form is StreamForm.EVENTS and event.reading is not Reading.DATA
    for field in walk(event.schema, event.pointer):
        if field.optional_branch or not field.path:
            continue
        if field.required and not (is_event and field.path == ("data",)):
            yield _required(about, field)
        for keyword, _ in keyword_rules(field.schema):
            is_told = is_event and keyword is Rule.TYPE and field.path in _OF_EVENTS
            if not is_told:
                yield _keyword(about, field, keyword)


def _required(about: _Subject, field: Field) -> Requirement:
    return about.draft.make(
        f"{about.base}/{field.name}/required",
        Kind.STREAM,
        about.check(Rule.REQUIRED, field.path),
        f"In {about.subject}, {field.name} is in every event",
        pointer=_in_document(f"{field.pointer.rpartition('/properties/')[0]}/required"),
        run_wide=True,
        position=about.position,
    )


def _keyword(about: _Subject, field: Field, keyword: Rule) -> Requirement:
    value = field.schema[keyword]
    return about.draft.make(
        f"{about.base}/{field.name}/{keyword}",
        Kind.STREAM,
        about.check(keyword, field.path, value),
        f"In {about.subject}, {field.name} keeps to its {keyword}: {format_value(value)}",
        pointer=_in_document(join(field.pointer, keyword)),
        run_wide=True,
        position=about.position,
    )


def _in_document(pointer: str) -> str:
    """Return the place of a schema of the JSON text in ``data``."""
    return pointer.replace(f"/properties/{DATA_AS_JSON}", "/properties/data/contentSchema")
