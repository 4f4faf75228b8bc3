"""Read the streams that a document describes for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import Answer, Schema, SpecDefect
from chatcert.openapi.document.operation_parts import mapping_of
from chatcert.openapi.schemas.dialect import Converter
from chatcert.openapi.schemas.fields import flattened, follow
from chatcert.openapi.schemas.keywords import COMPOSITIONS
from chatcert.openapi.schemas.pointer import dereferenced, join
from chatcert.openapi.streams import DATA_AS_JSON, EventSchema, Reading, Stream, stream_form

EXTENSION = "x-chatcert-stream"
MAX_DEPTH = 8
"""Levels of alternatives and references that are searched for the fields of an event."""

_FIELDS = ("data", "event")
"""Properties that mark the schema of a whole event; the schema of its data may have them too."""


def read_streams(
    document: Mapping[str, Any], content: Mapping[str, Mapping[str, Any]], pointer: str, converter: Converter
) -> Iterator[Stream]:
    """Yield the streams among the media types of one answer.

    Args:
        content: the Media Type Objects of the answer, by media type.
        pointer: the place of the answer in the document.
        converter: makes standalone schemas of answers.
    """
    for name, entry in content.items():
        form = stream_form(name)
        if form is None:
            continue
        place = join(pointer, "content", name)
        extension = mapping_of(entry.get(EXTENSION))
        key = "itemSchema" if "itemSchema" in entry else "schema"
        schema, where = _located(document, entry.get(key), join(place, key))
        found: tuple[EventSchema, ...] = ()
        if isinstance(schema, Mapping):
            standalone = converter.standalone(entry[key])
            if form == "events":
                found = tuple(_event_schemas(standalone, where, is_item=key == "itemSchema"))
            else:
                found = tuple(_line_schemas(standalone, where, is_item=key == "itemSchema"))
            if key == "schema" and _is_of_sequences(document) and _items(standalone) is not None:
                found = tuple(one for one in found if one.pointer != where)
        error = extension.get("error")
        yield Stream(
            media_type=name,
            form=form,
            schemas=found,
            pointer=place,
            extension=extension,
            error=converter.standalone(error) if isinstance(error, Mapping) else None,
        )


def stream_defects(answers: tuple[Answer, ...]) -> Iterator[SpecDefect]:
    """Yield a defect for each stream whose events the document describes ambiguously."""
    for answer in answers:
        for stream in answer.streams:
            if len(stream.schemas) > 1:
                words = dict.fromkeys(_WORDS[found.reading] for found in stream.schemas)
                about = " or ".join(words) if len(words) > 1 else "all events together or each of them"
                yield SpecDefect(
                    stream.schemas[-1].pointer,
                    f"It is open what the schema of a stream of {stream.media_type} is about: {about}. "
                    "Each of these is accepted; `itemSchema` of OpenAPI 3.2 says what an event is.",
                )


_WORDS = {
    Reading.EVENT: "the fields of the event",
    Reading.DECODED: "the fields of the event with the value of its data",
    Reading.DATA: "the data of the event",
}


def _located(document: Mapping[str, Any], schema: Any, place: str) -> tuple[Any, str]:
    """Return a schema with its references followed, and its place."""
    try:
        value, moved = dereferenced(document, schema) if isinstance(schema, Mapping) else (schema, None)
    except UsageError:
        return None, place
    return value, moved or place


def _line_schemas(schema: Schema, pointer: str, *, is_item: bool) -> Iterator[EventSchema]:
    """Yield the possible readings of a schema of lines: a schema of a list may describe all lines, or each line."""
    if _says_nothing(schema):
        return
    items = None if is_item else _items(schema)
    if items is not None and not _says_nothing(items):
        yield EventSchema(Reading.DATA, items, join(pointer, "items"))
    if not _is_text(schema):
        yield EventSchema(Reading.DATA, schema, pointer)


def _event_schemas(schema: Schema, pointer: str, *, is_item: bool) -> Iterator[EventSchema]:
    """Yield the possible readings of a schema of server-sent events.

    In OpenAPI 3.2, ``itemSchema`` describes an event with its fields; older documents describe the data of an event.
    """
    if _says_nothing(schema) or (_is_text(schema) and not is_item):
        return
    items = None if is_item else _items(schema)
    if items is not None:
        yield from _event_schemas(items, join(pointer, "items"), is_item=False)
        yield EventSchema(Reading.DATA, schema, pointer)
        return
    names = _names(schema, schema)
    if not names.intersection(_FIELDS):
        yield EventSchema(Reading.DATA, schema, pointer)
        return
    prepared = _with_json(schema, schema)
    yield EventSchema(Reading.EVENT, prepared or schema, pointer, has_json=prepared is not None)
    if not _has_text_as_data(schema):
        yield EventSchema(Reading.DECODED, schema, pointer)
    if not is_item or not _has_text_as_data(schema):
        yield EventSchema(Reading.DATA, schema, pointer)


def _items(schema: Schema) -> Schema | None:
    """Return the schema of the items of a list, standalone; ``None`` where it is not a list."""
    flat = flattened(schema, schema)
    if flat.get("type") != "array":
        return None
    items = flat.get("items")
    return {**items, "$defs": schema.get("$defs", {})} if isinstance(items, Mapping) else {}


def _is_of_sequences(document: Mapping[str, Any]) -> bool:
    """Return whether the schema of a stream describes the list of its events (OpenAPI 3.2, Media Type Object)."""
    return str(document.get("openapi", "")).startswith("3.2")


def _says_nothing(schema: Schema) -> bool:
    flat = flattened(schema, schema)
    return not any(word in flat for word in ("type", "properties", "required", "enum", "const", "$ref", *COMPOSITIONS))


def _is_text(schema: Schema) -> bool:
    """Return whether a schema describes a text, such as the whole stream, and so says nothing about the events."""
    declared = flattened(schema, schema).get("type")
    return declared == "string" or (isinstance(declared, list) and set(declared) <= {"string", "null"})


def _parts(schema: Schema, root: Schema) -> list[Any]:
    """Return the schemas that apply to the same value as a schema, or may apply to it."""
    flat = follow(schema, root)
    return [part for word in COMPOSITIONS for part in flat.get(word) or ()]


def _names(schema: Any, root: Schema, depth: int = 0) -> set[str]:
    """Return the names of the properties that a schema describes, in any of its alternatives."""
    if depth > MAX_DEPTH:
        return set()
    found = set(follow(schema, root).get("properties") or {})
    for part in _parts(schema, root):
        found |= _names(part, root, depth + 1)
    return found


def _datas(schema: Any, root: Schema, depth: int = 0) -> Iterator[Schema]:
    """Yield the schemas of the property ``data``, in all alternatives."""
    properties = follow(schema, root).get("properties") or {}
    if "data" in properties:
        yield flattened(properties["data"], root)
    for part in _parts(schema, root) if depth < MAX_DEPTH else ():
        yield from _datas(part, root, depth + 1)


def _has_text_as_data(schema: Schema) -> bool:
    """Return whether ``data`` may be a text, as OpenAPI 3.2 demands, wherever the schema has a type for it."""
    return all(
        "string" in ([declared] if isinstance(declared, str) else declared)
        for data in _datas(schema, schema)
        if isinstance(declared := data.get("type", "string"), str | list)
    ) and not any(data.get("properties") for data in _datas(schema, schema))


def _holds_json(data: Schema) -> bool:
    media_type = str(data.get("contentMediaType", "")).partition(";")[0].strip().lower()
    return "contentSchema" in data or media_type == "application/json" or media_type.endswith("+json")


def _with_json(schema: Any, root: Schema, depth: int = 0) -> Schema | None:
    """Return a schema that also asserts ``contentSchema`` on the JSON text in ``data``; ``None`` if it has none.

    The value that is validated has the member ``DATA_AS_JSON`` beside its data.
    """
    if depth > MAX_DEPTH or not isinstance(schema, Mapping):
        return None
    result, changed = dict(follow(schema, root)), False
    for word in COMPOSITIONS:
        inner = [(part, _with_json(part, root, depth + 1)) for part in result.get(word) or ()]
        if any(new is not None for _, new in inner):
            result[word] = [part if new is None else new for part, new in inner]
            changed = True
    properties = result.get("properties") or {}
    data = flattened(properties["data"], root) if "data" in properties else {}
    if _holds_json(data):
        content = data.get("contentSchema")
        result["properties"] = {**properties, DATA_AS_JSON: content if isinstance(content, Mapping) else True}
        result["dependentRequired"] = {**result.get("dependentRequired", {}), "data": [DATA_AS_JSON]}
        changed = True
    elif changed and ("additionalProperties" in result or "unevaluatedProperties" in result):
        result["properties"] = {**properties, DATA_AS_JSON: True}
    if not changed:
        return None
    return {**result, **({"$defs": root["$defs"]} if depth == 0 and "$defs" in root else {})}
