"""What names, types and examples suggest: that a field is an id, an echo, a time, a fixed start."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.names import snake
from chatcert.openapi.contract import Schema
from chatcert.openapi.fields import ANY, Field
from chatcert.openapi.pointer import MISSING

_IDS = {"id", "ids", "uuid", "guid", "sid"}
_CHATS = {"chat", "conversation", "thread", "session", "channel", "room", "dialog", "dialogue", "discussion", "ticket"}
_WRAPPERS = {*_CHATS, "data", "result", "item", "payload", "response", "resource"}
_SENDERS_OWN = {"idempotency", "correlation", "trace", "request", "external", "nonce", "tracking", "transaction"}
"""Ids that the sender makes up."""
_NO_THING = {"version", "api", "format", "lang", "language", "locale", "region"}
"""Parts of paths that name no thing."""
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
_MILLISECONDS_FROM, _SECONDS_FROM = 100_000_000_000, 100_000_000
"""A number from there on counts milliseconds since 1973, or seconds since 1973, rather than anything else."""
_MAX_DEPTH = 3


@dataclass(frozen=True, slots=True)
class RequestPart:
    """One place of the request body: from its schema, or from its examples where the schema does not name it.

    Attributes:
        types: the JSON types that it may have.
        format: the format that its schema gives it, if any.
        shown: values that examples have there.
    """

    path: tuple[str, ...]
    types: tuple[str, ...]
    required: bool
    format: Any
    shown: tuple[Any, ...]


def words_of(name: str) -> tuple[str, ...]:
    """The words that a name is made of, in lower case: ``agentId`` and ``agent-id`` are agent, id."""
    return tuple(snake(name).lower().split("_"))


def names_what_exists(name: str, schema: Schema, *, in_path: bool) -> bool:
    """Whether a parameter looks like the name of a thing that has to exist."""
    words = set(words_of(name))
    if "enum" in schema or "const" in schema or words & _SENDERS_OWN:
        return False
    return not words & _NO_THING if in_path else words_of(name)[-1] in _IDS - {"ids"} and len(words) > 1


def names_a_thing(field: Field) -> bool:
    """Whether a request field looks like the id of a thing that has to exist."""
    words = words_of(field.path[-1])
    if field.schema.get("readOnly") is True or "enum" in field.schema or "const" in field.schema:
        return False
    if not _is_id_typed(field) or set(words) & _SENDERS_OWN:
        return False
    if len(words) == 1:
        return words[0] in _IDS - {"ids"} and len(field.path) > 1
    return words[-1] in _IDS - {"ids"}


def is_own_id(field: Field) -> bool:
    """Whether a field of a success answer looks like the id of the chat that was made."""
    words = words_of(field.path[-1])
    around = {word for name in field.path[:-1] for word in words_of(name)}
    if not _is_id_typed(field) or "enum" in field.schema or "const" in field.schema or not around <= _WRAPPERS:
        return False
    if set(words) <= _IDS - {"ids"} or (words[-1] in _IDS - {"ids"} and set(words[:-1]) & _CHATS):
        return True
    return field.schema.get("format") == "uuid" and set(words) <= _CHATS


def _is_id_typed(field: Field) -> bool:
    return "type" in field.schema and {"string", "integer"} & set(field.types) != set()


def request_parts(fields: Iterable[Field], examples: Iterable[Any]) -> dict[tuple[str, ...], RequestPart]:
    """Every place of the request body that an answer may repeat."""
    shown: dict[tuple[str, ...], list[Any]] = {}
    for example in examples:
        for path, value in _inside(example):
            shown.setdefault(path, []).append(value)
    parts: dict[tuple[str, ...], RequestPart] = {}
    for field in fields:
        if field.path and ANY not in field.path and "type" in field.schema and field.schema.get("readOnly") is not True:
            own = [field.schema["example"]] if "example" in field.schema else []
            values = (*shown.get(field.path, ()), *own)
            parts[field.path] = RequestPart(field.path, field.types, field.required, field.schema.get("format"), values)
    for path, found in shown.items():
        types = tuple(dict.fromkeys(map(_type_of, found)))
        parts.setdefault(path, RequestPart(path, types, False, None, tuple(found)))
    return parts


def _inside(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping) and len(path) < _MAX_DEPTH:
        for name, inner in value.items():
            yield (*path, name), inner
            yield from _inside(inner, (*path, name))


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return names.get(type(value), "null")


def echoed(
    field: Field, shown: list[Any], parts: Mapping[tuple[str, ...], RequestPart]
) -> tuple[RequestPart, str] | None:
    """The part of the request that an answer's field looks like a copy of, and the prefix that the copy may have."""
    words = words_of(field.path[-1])
    if "type" not in field.schema or (len(words) == 1 and words[0] in _IDS):
        return None
    same = parts.get(field.path)
    alike = [part for path, part in parts.items() if path[-1] == field.path[-1]]
    part = same or (alike[0] if len(alike) == 1 else None)
    if part is None or not (set(part.types) - {"null"}) & set(field.types):
        return None
    if part.format != field.schema.get("format"):
        return None
    texts = [value for value in shown if isinstance(value, str)]
    for sent in part.shown:
        if sent in shown or not shown:
            return part, ""
        if isinstance(sent, str) and sent and words[-1] in _IDS:
            longer = next((text for text in texts if text.endswith(sent) and text[: -len(sent)][-1:] in "_-:"), "")
            if longer:
                return part, longer[: -len(sent)]
    return None if part.shown and shown else (part, "")


def unit_of(field: Field, shown: list[Any]) -> tuple[str, str] | None:
    """The unit of a time as an overlay names it, and what tells so; ``None`` where the field is none."""
    words = set(words_of(field.path[-1]))
    if not words & _NOW or "type" not in field.schema:
        return None
    if "string" in field.types:
        if field.schema.get("format") == "date-time":
            return "date-time", "by its name and format"
        if any(isinstance(value, str) and _is_moment(value) for value in shown):
            return "date-time", "by its name and example"
        return None
    if not {"integer", "number"} & set(field.types):
        return None
    numbers = [value for value in shown if isinstance(value, int | float) and not isinstance(value, bool)]
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


def is_future(field: Field) -> bool:
    """Whether a time is by its name not the one at which the answer was made."""
    return bool(set(words_of(field.path[-1])) & _NOT_NOW)


def _is_moment(text: str) -> bool:
    try:
        return datetime.datetime.fromisoformat(text).tzinfo is not None
    except ValueError:
        return False


def fixed_start(field: Field, shown: list[Any]) -> Any:
    """The value that a new chat seems to start with; ``MISSING`` where nothing suggests one."""
    values = [value for value in shown if value is False or value is None or value in ([], {})]
    if values and len(values) == len(shown):
        return values[0]
    members = field.schema.get("enum")
    if isinstance(members, list) and len(members) > 1 and words_of(field.path[-1])[-1] in _STATES and shown:
        return shown[0] if shown[0] in members else MISSING
    return MISSING
