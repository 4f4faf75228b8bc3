"""Guess from names, types and examples what a field is: an id, a copy of a request field, a time, an initial value."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.existing_names import IDS, is_id_typed, words_of
from chatcert.openapi.schemas.fields import Field
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, join, lookup
from chatcert.openapi.streams import USUAL_TERMINATOR

_CHATS = {"chat", "conversation", "thread", "session", "channel", "room", "dialog", "dialogue", "discussion", "ticket"}
_WRAPPERS = {*_CHATS, "data", "result", "item", "payload", "response", "resource"}
_NOW = {"created", "create", "creation", "updated", "modified", "started", "opened", "timestamp", "time", "date", "ts"}
_NOT_NOW = {
    "expires",
    "expiry",
    "expiration",
    "until",
    "due",
    "scheduled",
    "snoozed",
    "ended",
    "end",
    "closed",
    "deleted",
    "archived",
    "resolved",
    "zone",
    "timezone",
    "duration",
    "out",
    "timeout",
    "limit",
    "response",
    "elapsed",
    "birth",
    "seen",
    "waiting",
    "resume",
    "deadline",
    "by",
}
_STATES = {"status", "state"}
_OUTCOMES = {"ok", "success", "succeeded", "successful"}
_FAILURES = {"error", "fail", "failed", "failure"}
_ERRORS = {"error", "errors", "error_code", "errorcode", "error_message"}
_CODES_OF_OUTCOMES = (("code",), ("status",), ("status", "code"), ("result", "code"), ("meta", "code"))
"""Places of numbers that are 0 after a success."""
_MILLISECONDS_FROM, _SECONDS_FROM = 100_000_000_000, 100_000_000
"""The least numbers that are taken for a time in milliseconds and in seconds (both are in 1973)."""
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class RequestField:
    """One field of the request body, from its schema, or from examples if the schema does not name it.

    Attributes:
        types: the JSON types that the schema allows, or that the examples have.
        format: the format that its schema gives it, if any.
        examples: the values that examples have there.
    """

    path: tuple[str, ...]
    types: tuple[str, ...]
    required: bool
    format: Any
    examples: tuple[Any, ...]


def is_chat_id(field: Field) -> bool:
    """Return whether a field of a success answer looks like the id of the chat that was created."""
    words = words_of(field.path[-1])
    around = {word for name in field.path[:-1] for word in words_of(name)}
    if not is_id_typed(field) or "enum" in field.schema or "const" in field.schema or not around <= _WRAPPERS:
        return False
    if set(words) <= IDS - {"ids"} or (words[-1] in IDS - {"ids"} and set(words[:-1]) & _CHATS):
        return True
    return field.schema.get("format") == "uuid" and set(words) <= _CHATS


def request_fields(fields: Iterable[Field], examples: Iterable[Any]) -> dict[tuple[str, ...], RequestField]:
    """Return the fields of the request body that an answer may repeat, by their path."""
    shown: dict[tuple[str, ...], list[Any]] = {}
    for example in examples:
        for path, value in _inside(example):
            shown.setdefault(path, []).append(value)
    parts: dict[tuple[str, ...], RequestField] = {}
    for field in fields:
        if field.path and ANY not in field.path and "type" in field.schema and field.schema.get("readOnly") is not True:
            own = [field.schema["example"]] if "example" in field.schema else []
            values = (*shown.get(field.path, ()), *own)
            parts[field.path] = RequestField(
                field.path, field.types, field.required, field.schema.get("format"), values
            )
    for path, found in shown.items():
        types = tuple(dict.fromkeys(map(_type_of, found)))
        parts.setdefault(path, RequestField(path, types, False, None, tuple(found)))
    return parts


def _inside(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and len(path) < _MAX_DEPTH:
        for name, inner in value.items():
            yield (*path, name), inner
            yield from _inside(inner, (*path, name))


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return names.get(type(value), "null")


def echo_of(
    field: Field, examples: list[Any], parts: Mapping[tuple[str, ...], RequestField]
) -> tuple[RequestField, str] | None:
    """Return the request field of which an answer's field looks like a copy, and the prefix that the copy has.

    ``None`` if there is no such field.
    """
    words = words_of(field.path[-1])
    if "type" not in field.schema or (len(words) == 1 and words[0] in IDS):
        return None
    same = parts.get(field.path)
    alike = [part for path, part in parts.items() if path[-1] == field.path[-1]]
    part = same or (alike[0] if len(alike) == 1 else None)
    if part is None or not (set(part.types) - {"null"}) & set(field.types):
        return None
    if part.format != field.schema.get("format"):
        return None
    texts = [value for value in examples if isinstance(value, str)]
    for sent in part.examples:
        if sent in examples or not examples:
            return part, ""
        if isinstance(sent, str) and sent and words[-1] in IDS:
            longer = next((text for text in texts if text.endswith(sent) and text[: -len(sent)][-1:] in "_-:"), "")
            if longer:
                return part, longer[: -len(sent)]
    return None if part.examples and examples else (part, "")


def time_unit_of(field: Field, examples: list[Any]) -> tuple[str, str] | None:
    """Return the unit of a time as an overlay names it, and the evidence; ``None`` if the field is not a time."""
    words = set(words_of(field.path[-1]))
    if not words & _NOW or "type" not in field.schema:
        return None
    if "string" in field.types:
        if field.schema.get("format") == "date-time":
            return "date-time", "by its name and format"
        if any(isinstance(value, str) and _is_timestamp(value) for value in examples):
            return "date-time", "by its name and example"
        return None
    if not {"integer", "number"} & set(field.types):
        return None
    numbers = [value for value in examples if isinstance(value, int | float) and not isinstance(value, bool)]
    for number in numbers:
        if number >= _MILLISECONDS_FROM:
            return "milliseconds", f"in milliseconds by its example {number}"
        if number >= _SECONDS_FROM:
            return "seconds", f"in seconds by its example {number}"
    if numbers:
        return None
    text = str(field.schema.get("description", "")).lower()
    if re.search(r"millisecond|\bms\b", text):
        return "milliseconds", "in milliseconds by its description"
    return (
        "seconds",
        "in seconds by its description" if "second" in text else "in seconds, as is usual: no example says",
    )


def is_other_time(field: Field) -> bool:
    """Return whether the name of a time says that it is not the time of the answer."""
    return bool(set(words_of(field.path[-1])) & _NOT_NOW)


def _is_timestamp(text: str) -> bool:
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def initial_value_of(field: Field, examples: list[Any]) -> Any:
    """Return the value that a new chat seems to have at first; ``MISSING`` if nothing suggests one."""
    values = [value for value in examples if value is False or value is None or value in ([], {})]
    if values and len(values) == len(examples):
        return values[0]
    members = field.schema.get("enum")
    if isinstance(members, list) and len(members) > 1 and words_of(field.path[-1])[-1] in _STATES and examples:
        return examples[0] if examples[0] in members else MISSING
    return MISSING


def refusal_of(fields: Iterable[Field], examples: Sequence[Any]) -> tuple[str, Any, str] | None:
    """Return what tells a refusal among the answers of a success status: its pointer, value, and the evidence for it.

    The value is ``MISSING`` where any value tells it; the result is ``None`` if nothing suggests refusals.
    """
    for example in examples:
        members = example if isinstance(example, Mapping) else {}
        for name, value in members.items():
            if name.lower() in _OUTCOMES and value in (False, 0):
                return join("", name), value, f"an example has {name}: {json.dumps(value)}"
            if name.lower() in _STATES and str(value).lower() in _FAILURES:
                return join("", name), value, f"an example has {name}: {value}"
        for name, value in members.items():
            if name.lower() in _ERRORS and value not in (None, "", [], {}, False):
                return join("", name), MISSING, f"an example has {name}"
    for path in _CODES_OF_OUTCOMES:
        codes = {lookup(example, path) for example in examples if type(lookup(example, path)) is int}
        if 0 in codes and len(codes) > 1:
            return join("", *path), MISSING, f"examples have {'/'.join(path)}: 0 and {max(codes)}"
    top = {field.path[0]: field for field in fields if len(field.path) == 1}
    error = next((name for name in top if name.lower() in _ERRORS), None)
    for name, field in top.items():
        is_flag = field.types == ("boolean",) or isinstance(field.schema.get("const"), bool)
        if name.lower() in _OUTCOMES and is_flag and error is not None:
            return join("", name), False, f"it has {name} and {error}"
    return None


def terminator_of(examples: Iterable[Any]) -> str:
    """Return the text that ends the examples of a stream, if it is not JSON and all before it is; else empty."""
    for example in examples:
        if isinstance(example, str):
            lines = [line.removeprefix("data:").strip() for line in example.splitlines() if _is_data(line)]
        else:
            events = example if isinstance(example, list) else []
            lines = [_data_of(event) for event in events]
        is_last = bool(lines) and not _is_json(lines[-1]) and all(_is_json(line) for line in lines[:-1])
        if is_last and (len(lines) > 1 or lines[-1] == USUAL_TERMINATOR):
            return lines[-1]
    return ""


def _is_data(line: str) -> bool:
    """Return whether a line of a stream holds data: that of an event, or a line of JSON."""
    return bool(line.strip()) and not line.startswith((":", "event:", "id:", "retry:"))


def _data_of(event: Any) -> str:
    """Return the data of an event of an example, as a text."""
    data = event.get("data", event) if isinstance(event, Mapping) else event
    return data if isinstance(data, str) else json.dumps(data)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True
