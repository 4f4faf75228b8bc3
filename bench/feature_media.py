"""The media types of requests that ``bench/features.py`` tries."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl

from feature import ALL, JSON, THREE, Feature, operation_document
from feature_server import Reader, Request, Schema, checking, json_body, parts, refused, reply, typed

FORM, MULTIPART, TEXT, XML = "application/x-www-form-urlencoded", "multipart/form-data", "text/plain", "application/xml"
_NUMBER: Mapping[str, Any] = {"type": "integer", "maximum": 9}
_FREE: Mapping[str, Any] = {"type": "integer"}
_LOWER: Mapping[str, Any] = {"type": "integer", "maximum": 8}
_WHOLE: Mapping[str, Any] = {"type": "object", "required": ["v"], "properties": {"v": _NUMBER}}
_LIST: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}, "maxItems": 3}
_OPEN_LIST: Mapping[str, Any] = {**_LIST, "maxItems": 99}
_SHORT_LIST: Mapping[str, Any] = {**_LIST, "maxItems": 2}


def _as(media_type: str, read: Reader) -> Reader:
    """Return a reader of bodies of one media type alone."""

    def read_one(request: Request) -> Any:
        if request.media_type != media_type:
            raise ValueError("another media type")
        return read(request)

    return read_one


def _fields(request: Request) -> list[tuple[str, str]]:
    """Return names and values of a form of either media type."""
    if request.media_type == FORM:
        return parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
    return [(name, text) for name, _, text in parts(request.body, request.header("content-type") or "")]


def _number_of_form(request: Request) -> Any:
    return typed(dict(_fields(request))["v"], _NUMBER)


def _items_of_form(request: Request) -> list[str]:
    return [text for name, text in _fields(request) if name == "v"]


def _json_part(request: Request) -> Any:
    """Read the part ``v``, which is a JSON text and says so."""
    found = [
        (kind, text) for name, kind, text in parts(request.body, request.header("content-type") or "") if name == "v"
    ]
    if [kind for kind, _ in found] != [JSON]:
        raise ValueError("not one JSON text")
    return json.loads(found[0][1])


def _media(
    name: str,
    read: Reader,
    content: Mapping[str, Mapping[str, Any]],
    *,
    schemas: tuple[Schema, Schema, Schema] = (_NUMBER, _FREE, _LOWER),
    keyword: str = "v/maximum",
    dialects: frozenset[str] = THREE,
) -> Feature:
    """Return how a body is tried; the schemas are the right one, a looser and a stricter one."""
    honest, looser, stricter = (checking(read, schema, _made) for schema in schemas)
    return Feature(
        name,
        lambda dialect: operation_document(dialect, content=content),
        honest,
        stricter=(stricter,),
        looser=(looser,),
        accepts=("accepts/body/.*", "accepts/required-only"),
        refuses=(f"request/body/{keyword}",),
        dialects=dialects,
    )


def _made(request: Request) -> Any:
    return reply({})


def _of_forms(name: str, media_type: str, read: Reader, parameter: Mapping[str, Any], keyword: str) -> Feature:
    """Return how a form of Swagger 2.0 is tried, whose field is a parameter."""
    schemas = (_LIST, _OPEN_LIST, _SHORT_LIST) if parameter["type"] == "array" else (_NUMBER, _FREE, _LOWER)
    honest, looser, stricter = (checking(_as(media_type, read), schema, _made) for schema in schemas)
    one = {"name": "v", "in": "formData", "required": True, **parameter}
    return Feature(
        name,
        lambda dialect: operation_document(dialect, content={}, parameters=[one], consumes=[media_type]),
        honest,
        stricter=(stricter,),
        looser=(looser,),
        accepts=("accepts/body/.*", "accepts/required-only"),
        refuses=(f"request/body/{keyword}",),
        dialects=frozenset(("2.0",)),
    )


def _several(request: Request) -> Any:
    """Read ``v`` in JSON and in both forms."""
    if request.media_type == JSON:
        return json_body(request)["v"]
    if request.media_type in (FORM, MULTIPART):
        return _number_of_form(request)
    raise ValueError("another media type")


_LISTED: Mapping[str, Any] = {"type": "object", "required": ["v"], "properties": {"v": _LIST}}
_OBJECT: Mapping[str, Any] = {"type": "object", "required": ["v"], "properties": {"v": _WHOLE}}
_LISTS = (_LIST, _OPEN_LIST, _SHORT_LIST)


def _within(schema: Schema) -> Schema:
    return {"type": "object", "required": ["v"], "properties": {"v": schema}}


_EACH = (
    _media("form", _as(FORM, _number_of_form), {FORM: {"schema": _WHOLE}}),
    _media("form, array", _as(FORM, _items_of_form), {FORM: {"schema": _LISTED}}, schemas=_LISTS, keyword="v/maxItems"),
    _media(
        "form with encoding, array with commas",
        _as(FORM, lambda request: dict(_fields(request))["v"].split(",")),
        {FORM: {"schema": _LISTED, "encoding": {"v": {"style": "form", "explode": False}}}},
        schemas=_LISTS,
        keyword="v/maxItems",
    ),
    _media("multipart", _as(MULTIPART, _number_of_form), {MULTIPART: {"schema": _WHOLE}}),
    _media(
        "multipart, array",
        _as(MULTIPART, _items_of_form),
        {MULTIPART: {"schema": _LISTED}},
        schemas=_LISTS,
        keyword="v/maxItems",
    ),
    _media(
        "multipart with encoding",
        _as(MULTIPART, _json_part),
        {MULTIPART: {"schema": _OBJECT, "encoding": {"v": {"contentType": JSON}}}},
        schemas=(_within(_NUMBER), _within(_FREE), _within(_LOWER)),
        keyword="v/v/maximum",
    ),
    _of_forms("formData, form", FORM, _number_of_form, _NUMBER, "v/maximum"),
    _of_forms("formData, multipart", MULTIPART, _number_of_form, _NUMBER, "v/maximum"),
    _of_forms(
        "formData, collectionFormat: multi", FORM, _items_of_form, {**_LIST, "collectionFormat": "multi"}, "v/maxItems"
    ),
    _of_forms(
        "formData, collectionFormat: pipes",
        FORM,
        lambda request: dict(_fields(request))["v"].split("|"),
        {**_LIST, "collectionFormat": "pipes"},
        "v/maxItems",
    ),
    _media(
        "text",
        _as(TEXT, lambda request: request.body.decode()),
        {TEXT: {"schema": {"type": "string", "minLength": 1, "maxLength": 9}}},
        schemas=({"minLength": 1, "maxLength": 9}, {}, {"minLength": 1, "maxLength": 8}),
        keyword="maxLength",
    ),
    _media(
        "+json",
        _as("application/vnd.feature.v1+json", lambda request: json_body(request)["v"]),
        {"application/vnd.feature.v1+json": {"schema": _WHOLE}},
        dialects=ALL,
    ),
    _media(
        "several media types",
        _several,
        {JSON: {"schema": _WHOLE}, FORM: {"schema": _WHOLE}, MULTIPART: {"schema": _WHOLE}},
    ),
)


def _accepted_each() -> Feature:
    """Return how each of several media types is tried, and what is invalid in each further one."""
    content = {JSON: {"schema": _WHOLE}, FORM: {"schema": _WHOLE}, MULTIPART: {"schema": _WHOLE}}

    def without(media_type: str) -> Reader:
        def read(request: Request) -> Any:
            if request.media_type == media_type:
                raise ValueError("not this one")
            return _several(request)

        return read

    def unchecked(media_type: str) -> Reader:
        return lambda request: 1 if request.media_type == media_type else _several(request)

    return Feature(
        "several media types, each",
        lambda dialect: operation_document(dialect, content=content),
        checking(_several, _NUMBER, _made),
        stricter=[checking(without(name), _NUMBER, _made) for name in content],
        looser=[checking(unchecked(name), _NUMBER, _made) for name in (FORM, MULTIPART)],
        accepts=("accepts/media-type/.*", "accepts/required-only"),
        refuses=("request/media-type/.*",),
        dialects=THREE,
    )


def _only(media_types: Sequence[str]) -> dict[str, Any]:
    return {name: {"schema": _WHOLE} for name in media_types}


MEDIA_TYPES = (*_EACH, _accepted_each())
UNTESTED_MEDIA_TYPES = tuple(
    Feature(
        name,
        lambda dialect, types=types: operation_document(dialect, content=_only(types)),  # type: ignore[misc]
        lambda request: reply({}) if request.body.startswith(b"<") else refused(),
        dialects=THREE,
        untested=f"{XML}.* not (tested|written)|XML is not written",
    )
    for name, types in (("XML", (XML,)), ("XML beside JSON", (JSON, XML)))
)
