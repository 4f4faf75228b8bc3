"""Read the body of an answer as a stream of events."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from chatcert.judge.answers.json_text import NotJson, read_json
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.streams import StreamForm
from chatcert.text import shorten

_LINE_ENDS = re.compile(r"\r\n|\n|\r")
_SEPARATOR = b"\x1e"
_MARK = "\ufeff"
_MAX_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a stream.

    Attributes:
        number: its place among the events, from 1.
        text: its data, or the JSON text of its line.
        fields: its fields as OpenAPI 3.2 describes them: ``data``, ``event``, ``id``, and ``retry`` as a number.
        value: the JSON value of the text, ``MISSING`` where it is not JSON.
    """

    number: int
    text: str
    fields: dict[str, Any] = field(default_factory=dict)
    value: Any = MISSING


@dataclass(frozen=True, slots=True)
class EventStream:
    """What was read of a stream.

    Attributes:
        problem: why it is not a stream of its form; empty where it is.
        unfinished: the text of a last event that is not ended, so that clients drop it; empty where there is none.
    """

    events: tuple[Event, ...]
    problem: str = ""
    unfinished: str = ""


def read_stream(body: bytes, form: StreamForm, *, cut: bool, terminator: str | None = None) -> EventStream:
    """Return the events of a body.

    Args:
        cut: whether the body is only the beginning of the stream: what breaks off at its end is left out.
        terminator: the text of a line that need not be JSON.
    """
    match form:
        case StreamForm.EVENTS:
            return _events(body, cut=cut)
        case StreamForm.LINES:
            lines = body.split(b"\n")
            return _texts(lines[:-1] if cut else lines, terminator, "line")
        case StreamForm.SEQUENCE:
            return _sequence(body, terminator, cut=cut)


def _events(body: bytes, *, cut: bool) -> EventStream:
    """Read server-sent events (HTML Living Standard, sections 9.2.5 and 9.2.6)."""
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        if not (cut and error.end == len(body) and error.reason == "unexpected end of data"):
            return EventStream((), f"byte {error.start} is not UTF-8")
        text = body[: error.start].decode("utf-8")
    *lines, rest = _LINE_ENDS.split(text.removeprefix(_MARK))
    found: list[Event] = []
    pending: dict[str, Any] = {}
    data: list[str] = []
    foreign = ""
    for line in lines:
        if not line:
            if data:
                found.append(_event(len(found) + 1, data, pending))
            data, pending = [], {}
            continue
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match name:
            case "data":
                data.append(value)
            case "event":
                pending["event"] = value
            case "id" if "\0" not in value:
                pending["id"] = value
            case "retry" if value.isascii() and value.isdigit():
                pending["retry"] = int(value)
            case "" | "id" | "retry":
                continue
            case _:
                foreign = foreign or line
    name, _, value = rest.partition(":")
    if name == "data":
        data.append(value.removeprefix(" "))
    elif name not in ("", "event", "id", "retry"):
        foreign = foreign or rest
    unfinished = "" if cut or not data else shorten("\n".join(data), _MAX_SHOWN)
    problem = ""
    if foreign and not found and not data and not cut:
        problem = f"no event in it: it begins with {shorten(foreign, _MAX_SHOWN)!r}"
    return EventStream(tuple(found), problem, unfinished)


def _event(number: int, data: list[str], fields: dict[str, Any]) -> Event:
    text = "\n".join(data)
    return Event(number, text, {"data": text, **fields}, _value(text))


def _sequence(body: bytes, terminator: str | None, *, cut: bool) -> EventStream:
    """Read a sequence of JSON texts (RFC 7464)."""
    before, *texts = body.split(_SEPARATOR)
    if before.strip():
        return EventStream((), "no record separator stands before the first text")
    stream = _texts(texts[:-1] if cut else texts, terminator, "text")
    is_ended = cut or not texts or texts[-1].endswith(b"\n") or stream.problem
    unfinished = "" if is_ended else shorten(texts[-1].decode("utf-8", "replace"), _MAX_SHOWN)
    return EventStream(stream.events, stream.problem, unfinished)


def _texts(texts: list[bytes], terminator: str | None, word: str) -> EventStream:
    """Read one JSON text after the other; empty ones are left out."""
    found: list[Event] = []
    for place, raw in enumerate(texts, 1):
        stripped = raw.strip(b" \t\r\n")
        if not stripped:
            continue
        try:
            text = stripped.decode("utf-8")
            value = MISSING if text == terminator else read_json(stripped)
        except (NotJson, UnicodeDecodeError) as error:
            reason = str(error) if isinstance(error, NotJson) else f"byte {error.start} is not UTF-8"
            return EventStream(tuple(found), f"{word} {place} is not a JSON text: {reason}")
        found.append(Event(len(found) + 1, text, value=value))
    return EventStream(tuple(found))


def _value(text: str) -> Any:
    try:
        return read_json(text.encode("utf-8"))
    except NotJson:
        return MISSING
