"""Streams: answers that are a sequence of events, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

DATA_AS_JSON: Final = "data-json"
"""Member of an event as it is validated: the JSON value that its ``data`` holds. No stream has a field of that name."""

USUAL_TERMINATOR: Final = "[DONE]"
"""The data of a last event that many streams end with, whether their documents say so or not."""


class StreamForm(StrEnum):
    """How the events of a stream are written."""

    EVENTS = "events"
    """Fields on lines, and an empty line after each event (HTML Living Standard, section 9.2)."""
    LINES = "lines"
    """A JSON text on each line (JSON Lines, NDJSON)."""
    SEQUENCE = "sequence"
    """JSON texts, each after a record separator (RFC 7464)."""


class Reading(StrEnum):
    """What the documented schema of an event is about."""

    EVENT = "event"
    """The event with its fields ``data``, ``event``, ``id`` and ``retry`` (OpenAPI 3.2, Media Type Object)."""
    DECODED = "decoded"
    """The same, ``data`` being the value that its JSON text stands for."""
    DATA = "data"
    """What the data says: its JSON value, or its text where it is not JSON."""


_LINES: Final = frozenset(
    {
        "application/jsonl",
        "application/x-jsonl",
        "application/jsonlines",
        "application/x-jsonlines",
        "application/json-lines",
        "application/ndjson",
        "application/x-ndjson",
        "application/json+lines",
        "application/stream+json",
        "text/jsonl",
        "text/x-ndjson",
    }
)


def stream_form(media_type: str) -> StreamForm | None:
    """Return the form of the streams of a media type, in any case and with any parameters; ``None`` for all others."""
    base = media_type.partition(";")[0].strip().lower()
    if base == "text/event-stream":
        return StreamForm.EVENTS
    if base in _LINES:
        return StreamForm.LINES
    return StreamForm.SEQUENCE if base == "application/json-seq" or base.endswith("+json-seq") else None


def is_json_type(media_type: str) -> bool:
    """Return whether a media type is JSON: a single JSON text, not a stream of them."""
    return "json" in media_type.partition(";")[0].lower() and stream_form(media_type) is None


@dataclass(frozen=True, slots=True)
class EventSchema:
    """A schema that an event keeps, in one reading of the document.

    Attributes:
        schema: standalone JSON Schema 2020-12 of the value of an event.
        pointer: its place in the document (JSON Pointer).
        has_json: whether the value has the member ``DATA_AS_JSON`` where its data is a JSON text.
    """

    reading: Reading
    schema: dict[str, Any]
    pointer: str
    has_json: bool = False


@dataclass(frozen=True, slots=True)
class Stream:
    """One documented media type of an answer that is a stream.

    Attributes:
        schemas: what an event keeps, in each way in which the document can be read; empty if it says nothing of them.
        pointer: place of the media type in the document (JSON Pointer).
        extension: the ``x-chatcert-stream`` extension.
        error: the schema of an event that reports an error, standalone; ``None`` where the extension has none.
    """

    media_type: str
    form: StreamForm
    schemas: tuple[EventSchema, ...]
    pointer: str
    extension: Mapping[str, Any] = field(default_factory=dict)
    error: dict[str, Any] | None = None

    @property
    def terminator(self) -> str | None:
        """The data of the last event, ``None`` where none is named."""
        named = self.extension.get("terminator")
        return named if isinstance(named, str) else None
