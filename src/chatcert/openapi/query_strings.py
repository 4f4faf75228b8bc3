"""Read parameters for the whole query (``in: querystring``, OpenAPI 3.2): a form, JSON or a text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import WHOLE_QUERY, Parameter, SpecDefect
from chatcert.openapi.document.operation_parts import list_of, mapping_of
from chatcert.openapi.schemas.dialect import Converter
from chatcert.openapi.schemas.pointer import dereferenced
from chatcert.openapi.streams import is_json_type

FORM = "application/x-www-form-urlencoded"
_TEXT = "text/plain"


def parameters_of_query(
    document: Mapping[str, Any], value: Mapping[str, Any], pointer: str, converter: Converter
) -> Iterator[Parameter]:
    """Yield what a parameter for the whole query is: one query parameter for each field of a form, or one without name.

    A media type that cannot be written yields nothing.
    """
    content = mapping_of(value.get("content"))
    if not _fields(document, content) and (found := _written_whole(document, content)):
        media = mapping_of(content[found])
        schema, _ = dereferenced_or_empty(document, media.get("schema"))
        yield Parameter(
            name=str(value.get("name", "")),
            location="query",
            required=value.get("required") is True,
            schema=converter.standalone(media.get("schema", {})),
            example=example_of(media, schema),
            resource=mapping_of(schema.get("x-chatcert-resource")) or None,
            pointer=pointer,
            description=str(value.get("description", "")),
            distinct=value.get("x-chatcert-distinct"),
            style=WHOLE_QUERY,
            media_type=found if is_json_type(found) else "",
        )
        return
    media = mapping_of(content.get(FORM))
    schema, _ = dereferenced_or_empty(document, media.get("schema"))
    example = example_of(media, schema)
    for name, part in _fields(document, content).items():
        shown = mapping_of(example).get(name)
        yield Parameter(
            name=str(name),
            location="query",
            required=value.get("required") is True and name in list_of(schema.get("required")),
            schema=converter.standalone(part),
            example=example_of({}, part) if shown is None else shown,
            resource=mapping_of(mapping_of(part).get("x-chatcert-resource")) or None,
            pointer=pointer,
            description=str(mapping_of(part).get("description", "")),
            distinct=mapping_of(part).get("x-chatcert-distinct"),
            style="form",
            explode=True,
        )


def untested_parameters(
    document: Mapping[str, Any], item: Mapping[str, Any], details: Mapping[str, Any], pointer: str
) -> Iterator[tuple[str, bool, SpecDefect]]:
    """Yield the parameters for the whole query that cannot be written: name, whether required, defect."""
    for raw in (*list_of(item.get("parameters")), *list_of(details.get("parameters"))):
        value, moved = dereferenced_or_empty(document, raw)
        content = mapping_of(value.get("content"))
        if value.get("in") != "querystring" or _fields(document, content) or _written_whole(document, content):
            continue
        name, media_types = value.get("name"), " or ".join(map(str, content)) or "no media type"
        text = f"The parameter {name} is the whole query, as {media_types}, which is not written: it is not tested."
        text += " If the server reads JSON, a form or a plain text there too, the overlay can say so."
        yield f"{name} as {media_types}", value.get("required") is True, SpecDefect(moved or pointer, text)


def _fields(document: Mapping[str, Any], content: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the named fields of a query that is a form; none of another one."""
    media = mapping_of(content.get(FORM))
    return mapping_of(dereferenced_or_empty(document, media.get("schema"))[0].get("properties"))


def _written_whole(document: Mapping[str, Any], content: Mapping[str, Any]) -> str:
    """Return the first media type of a query in which one value can be written: JSON, or a text; empty if none is."""
    for name, media in content.items():
        schema, _ = dereferenced_or_empty(document, mapping_of(media).get("schema"))
        is_text = str(name).partition(";")[0].strip().lower() == _TEXT and schema.get("type") == "string"
        if is_json_type(str(name)) or is_text:
            return str(name)
    return ""


def dereferenced_or_empty(document: Mapping[str, Any], value: Any) -> tuple[Mapping[str, Any], str | None]:
    """Return what ``dereferenced`` returns; nothing for a broken reference, which is a defect of the document."""
    try:
        return dereferenced(document, value)
    except UsageError:
        return {}, None


def example_of(holder: Mapping[str, Any], schema: Any = None) -> Any:
    """Return the first example that a parameter or media type shows, or one of its schema; ``None`` without any."""
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    if isinstance(examples, Mapping):
        for entry in examples.values():
            if isinstance(entry, Mapping) and "value" in entry:
                return entry["value"]
    if isinstance(schema, Mapping):
        return schema.get("example", schema.get("default"))
    return None
