"""Read the headers that a document describes for an answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.exceptions import UsageError
from chatcert.openapi.contract import AnswerHeader
from chatcert.openapi.document.operation_parts import mapping_of
from chatcert.openapi.schemas.dialect import Converter
from chatcert.openapi.schemas.pointer import dereferenced, join

_DESCRIPTIVE = ("description", "collectionFormat", "required", "deprecated", "style", "explode")


def read_headers(
    document: Mapping[str, Any], answer: Mapping[str, Any], pointer: str, converter: Converter
) -> Iterator[AnswerHeader]:
    """Yield the headers of one answer; ``Content-Type`` is ignored (OpenAPI 3.1, section 4.8.17).

    Args:
        answer: the Response Object, references followed.
        pointer: its place in the document.
        converter: makes standalone schemas of answers.
    """
    seen: set[str] = set()
    for name, raw in mapping_of(answer.get("headers")).items():
        key = str(name).lower()
        if key == "content-type" or key in seen or not key:
            continue
        seen.add(key)
        try:
            value, moved = dereferenced(document, raw)
        except UsageError:
            continue
        place = moved or join(pointer, "headers", str(name))
        yield _header(str(name), value, place, converter, swagger="swagger" in document)


def _header(name: str, value: Mapping[str, Any], place: str, converter: Converter, *, swagger: bool) -> AnswerHeader:
    schema, media_type, schema_place = value.get("schema"), "", join(place, "schema")
    if swagger:
        schema, schema_place = {k: v for k, v in value.items() if k not in _DESCRIPTIVE}, place
    elif schema is None and mapping_of(value.get("content")):
        media_type, content = next((str(key), mapping_of(entry)) for key, entry in value["content"].items())
        schema, schema_place = content.get("schema", {}), join(place, "content", media_type, "schema")
    separator = {"ssv": " ", "tsv": "\t", "pipes": "|"}.get(str(value.get("collectionFormat")), ",")
    return AnswerHeader(
        name=name,
        required=value.get("required") is True and not swagger,
        schema=converter.standalone({} if schema is None else schema),
        pointer=place,
        schema_pointer=schema_place,
        media_type=media_type,
        explode=value.get("explode") is True,
        separator=separator if swagger else ",",
    )
