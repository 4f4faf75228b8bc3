"""Compose streams of events from what a document says of them, and write them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from chatcert.mock.answer_context import AnswerContext
from chatcert.mock.backend import Backend
from chatcert.mock.call import Call
from chatcert.mock.composition import Composer, Maker
from chatcert.mock.json_writer import encoded
from chatcert.mock.schema_parts import branches_of
from chatcert.mock.validators import Validator, predicate
from chatcert.openapi.contract import JSON_MEDIA_TYPE, Answer, Schema
from chatcert.openapi.schemas.alternatives import alternatives_of, chosen
from chatcert.openapi.schemas.branch_choice import named
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import DATA_AS_JSON, EventSchema, Reading, Stream, StreamForm

LEAST_EVENTS = 2
_WORDS = ("Hello", "and welcome")
_LINE = re.compile(r"\r\n|\n|\r")


class Verbatim(str):
    """The text of an event that is not JSON, such as a terminator."""

    __slots__ = ()


class StreamComposer:
    """Composes the events of one documented stream: one of each alternative of the schema, two at least.

    Attributes:
        media_type: that of the stream.
        schema: what the events keep; ``None`` where the document says nothing of them.
    """

    def __init__(self, answer: Answer, stream: Stream, backend: Backend) -> None:
        self._stream = stream
        self.media_type = stream.media_type
        self.schema: EventSchema | None = None
        self._makers: list[Maker] = []
        for schema in stream.schemas:
            makers = [maker for maker in _makers(answer, schema.schema, backend) if _fits(maker, schema.schema)]
            if makers and self.schema is None:
                self.schema, self._makers = schema, makers

    def compose(self, context: AnswerContext) -> list[Any]:
        """Return the events of one stream, the terminator last."""
        if self._makers:
            makers = self._makers * (1 if len(self._makers) >= LEAST_EVENTS else LEAST_EVENTS)
            events = [maker(context) for maker in makers]
        elif self._stream.form is StreamForm.EVENTS:
            events = [Verbatim(word) for word in _WORDS]
        else:
            events = [{"text": word} for word in _WORDS]
        return [*events, *([Verbatim(self._stream.terminator)] if self._stream.terminator is not None else [])]

    def write(self, events: Sequence[Any]) -> bytes:
        """Return the bytes of a stream."""
        match self._stream.form:
            case StreamForm.EVENTS:
                return b"".join(b"".join(self._lines(event)) + b"\n" for event in events)
            case StreamForm.LINES:
                return b"".join(_text(event) + b"\n" for event in events)
            case StreamForm.SEQUENCE:
                return b"".join(b"\x1e" + _text(event) + b"\n" for event in events)

    def _lines(self, event: Any) -> Iterator[bytes]:
        """Yield the lines of one event, its data last (HTML Living Standard, section 9.2.5)."""
        data = event
        if self.schema is not None and self.schema.reading is not Reading.DATA and isinstance(event, dict):
            for name in ("event", "id", "retry"):
                if name in event:
                    yield f"{name}: {event[name]}\n".encode("utf-8", "replace")
            data = event.get(DATA_AS_JSON, event.get("data", ""))
        text = data if isinstance(data, str) and not self._is_json_text(event) else _text(data).decode("utf-8")
        for line in _LINE.split(text):
            yield f"data: {line}\n".encode("utf-8", "replace")

    def _is_json_text(self, event: Any) -> bool:
        """Return whether a text is written as JSON: as the value that the document has for a JSON text."""
        return isinstance(event, dict) and DATA_AS_JSON in event


def _text(event: Any) -> bytes:
    return event.encode("utf-8", "replace") if isinstance(event, Verbatim) else encoded(event)


def _makers(answer: Answer, schema: Schema, backend: Backend) -> Iterator[Maker]:
    """Yield what makes an event of each alternative of a schema; of the schema itself where it has none."""
    definitions = {"$defs": schema["$defs"]} if "$defs" in schema else {}
    for part in branches_of(flattened(schema, schema), schema) or [schema]:
        described = replace(answer, content={JSON_MEDIA_TYPE: {**part, **definitions}}, streams=(), links={})
        yield Composer(described, backend, is_error=False).compose


def _fits(maker: Maker, schema: Schema) -> bool:
    """Return whether what is made keeps the whole schema: alternatives may exclude each other's values."""
    value = maker(AnswerContext(Call("POST", "/", {}, b"", []), MISSING, 200, 0.0))
    return Validator(schema).accepts(value) or _is_named(value, schema)


def _is_named(value: Any, schema: Schema) -> bool:
    """Return whether an object names an alternative and keeps to it: others that it is like as well are not meant."""
    flat = flattened(schema, schema)
    for alternatives in alternatives_of(flat):
        number = named(value, flat, alternatives, schema)
        if number is not None and predicate(chosen(flat, alternatives, number, schema), schema)(value):
            return True
    return False
