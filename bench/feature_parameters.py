"""The parameters that ``bench/features.py`` tries: places, styles, ``content``, ``allowReserved``, ``querystring``."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from feature import ALL, JSON, NEWEST, THREE, Feature, operation_document
from feature_server import Reader, Request, Schema, checking, json_body, typed

NUMBER: Mapping[str, Any] = {"type": "integer", "maximum": 9}
LIST: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}, "maxItems": 3}
RECORD: Mapping[str, Any] = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": NUMBER, "b": {"type": "string"}},
    "additionalProperties": False,
}
_VARIANTS: Mapping[str, tuple[str, Mapping[str, Any], Mapping[str, Any]]] = {
    "integer": ("maximum", {"type": "integer"}, {"type": "integer", "maximum": 8}),
    "array": ("maxItems", {**LIST, "maxItems": 99}, {**LIST, "maxItems": 2}),
    "object": (
        "a/maximum",
        {**RECORD, "properties": {**RECORD["properties"], "a": {"type": "integer"}}},
        {**RECORD, "properties": {**RECORD["properties"], "a": {"type": "integer", "maximum": 8}}},
    ),
}
"""Keyword, the schema without it and a stricter one, by the type of the parameter."""
_KNOWN: Mapping[str, Any] = {"integer": 5, "array": ["x"], "object": {"a": 5}}
"""A value that the document shows, by the type of the parameter."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """One way to write the required parameter ``v``.

    Attributes:
        read: how the independent server reads it.
        members: members of the Parameter Object, by dialect; its dialects are those.
        schema: what the value has to match.
        keyword, looser, stricter: as of a keyword; those of the type where they are not given.
        is_content: whether the members have the schema.
        is_known: whether the document shows a value of it, if it is in the path: all others are names of things.
    """

    name: str
    place: str
    read: Reader
    members: Mapping[str, Mapping[str, Any]]
    schema: Mapping[str, Any] = field(default_factory=lambda: NUMBER)
    keyword: str = ""
    looser: Schema | None = None
    stricter: Sequence[Schema] = ()
    is_content: bool = False
    is_known: bool = True

    def feature(self) -> Feature:
        """Return how it is tried."""
        keyword, looser, stricter = _VARIANTS.get(self.schema["type"], ("", {}, {}))
        keyword = self.keyword or keyword
        free = looser if self.looser is None else self.looser

        def read(request: Request) -> Any:
            json_body(request)
            return self.read(request)

        place = "query" if self.place == "querystring" else self.place
        return Feature(
            self.name,
            self.document,
            checking(read, self.schema),
            stricter=[checking(read, one) for one in self.stricter or (stricter,)],
            looser=[checking(read, free)],
            accepts=(f"accepts/{place}/v.*", f"accepts/{place}/[ab]/.*", "accepts/required-only"),
            refuses=(rf"request/{place}/(v/)?{re.escape(keyword)}",),
            dialects=frozenset(self.members),
            secrets={} if self.is_known or self.place != "path" else {"v": "5"},
        )

    def document(self, dialect: str) -> dict[str, Any]:
        """Return the document in a dialect."""
        written = {"required": True, **self.members[dialect]}
        if not self.is_content:
            written |= self.schema if dialect == "2.0" else {"schema": self.schema}
        if self.place == "path" and self.is_known:
            written["default" if dialect == "2.0" else "example"] = _KNOWN[self.schema["type"]]
        one = {"name": "v", "in": self.place, **written}
        path = "/chats/{v}" if self.place == "path" else "/chats"
        missing = {} if self.is_known else {"404": {"description": "nothing has this name"}}
        return operation_document(dialect, parameters=[one], path=path, refusals=missing)


def _styled(style: str, *, explode: bool, swagger: str = "") -> dict[str, Mapping[str, Any]]:
    """Return the members of a style, by dialect; in Swagger it is a ``collectionFormat``, if there is one."""
    newer: dict[str, Mapping[str, Any]] = {dialect: {"style": style, "explode": explode} for dialect in THREE}
    return newer | ({"2.0": {"collectionFormat": swagger}} if swagger else {})


_PLAIN: Mapping[str, Mapping[str, Any]] = {dialect: {} for dialect in ALL}
_PLAIN_THREE: Mapping[str, Mapping[str, Any]] = {dialect: {} for dialect in THREE}


def _segment(request: Request) -> str:
    return request.path.rpartition("/")[2]


def _one(text: str | None) -> str:
    if text is None:
        raise ValueError("no parameter")
    return text


def _query(request: Request) -> str:
    return _one(next((value for name, value in request.pairs() if name == "v"), None))


def _number(text: str) -> Any:
    return typed(text, NUMBER)


def _record(pairs: Sequence[Sequence[str]]) -> dict[str, Any]:
    """Return an object of texts: names and values.

    Raises:
        ValueError: there is nothing.
    """
    if not pairs or any(len(pair) != 2 for pair in pairs):
        raise ValueError("no object")
    return {name: typed(text, RECORD["properties"].get(name, True)) for name, text in pairs}


def _flat_record(text: str) -> dict[str, Any]:
    """Return the object of ``a,1,b,x``."""
    words = text.split(",")
    return _record([words[at : at + 2] for at in range(0, len(words), 2)])


def _record_of_equals(texts: Sequence[str]) -> dict[str, Any]:
    """Return the object of ``a=1`` and ``b=x``."""
    return _record([text.split("=", 1) for text in texts])


def _prefixed(request: Request, prefix: str) -> str:
    text = _segment(request)
    if not text.startswith(prefix):
        raise ValueError(f"no {prefix}")
    return text.removeprefix(prefix)


def _decoded(texts: Sequence[str]) -> list[str]:
    return [unquote(text) for text in texts]


def _matrix_items(request: Request) -> list[str]:
    """Return the values of ``;v=x;v=y``."""
    pairs = [text.partition("=") for text in _prefixed(request, ";").split(";")]
    if any(name != "v" for name, _, _ in pairs):
        raise ValueError("another name")
    return [unquote(text) for _, _, text in pairs]


def _delimited(separator: str) -> Reader:
    """Read an array whose delimiter stands as it is, or encoded, between items that are encoded."""
    code = f"%{ord(separator):02x}"

    def read(request: Request) -> list[str]:
        text = _one(next((value for name, value in request.raw_pairs() if name == "v"), None))
        for written in {code, code.upper(), "+" if separator == " " else separator}:
            text = text.replace(written, separator)
        return _decoded(text.split(separator))

    return read


def _commas(text: str | None) -> list[str]:
    return [part.strip() for part in _one(text).split(",")]


_RESERVED = "a/b:c@d"
_PARAMETERS = (
    Parameter("parameter in query", "query", lambda r: _number(_query(r)), _PLAIN),
    Parameter("parameter in header", "header", lambda r: _number(_one(r.header("v"))), _PLAIN),
    Parameter("parameter in path", "path", lambda r: _number(unquote(_segment(r))), _PLAIN),
    Parameter(
        "parameter in path, a name of something",
        "path",
        lambda r: _number(unquote(_segment(r))),
        _PLAIN,
        is_known=False,
    ),
    Parameter("parameter in cookie", "cookie", lambda r: _number(_one(r.cookie("v"))), _PLAIN_THREE),
    Parameter(
        "array in query, explode",
        "query",
        lambda r: [t for n, t in r.pairs() if n == "v"] or _one(None),
        _styled("form", explode=True, swagger="multi"),
        LIST,
    ),
    Parameter("array in query, commas", "query", _delimited(","), _styled("form", explode=False, swagger="csv"), LIST),
    Parameter(
        "array in query, pipes",
        "query",
        _delimited("|"),
        _styled("pipeDelimited", explode=False, swagger="pipes"),
        LIST,
    ),
    Parameter(
        "array in query, spaces",
        "query",
        _delimited(" "),
        _styled("spaceDelimited", explode=False, swagger="ssv"),
        LIST,
    ),
    Parameter("array in query, tabs", "query", _delimited("\t"), {"2.0": {"collectionFormat": "tsv"}}, LIST),
    Parameter(
        "array in header",
        "header",
        lambda r: _commas(r.header("v")),
        _styled("simple", explode=False, swagger="csv"),
        LIST,
    ),
    Parameter(
        "array in header, pipes",
        "header",
        lambda r: _one(r.header("v")).split("|"),
        {"2.0": {"collectionFormat": "pipes"}},
        LIST,
    ),
    Parameter(
        "array in path",
        "path",
        lambda r: _decoded(re.split(",|%2[cC]", _segment(r))),
        _styled("simple", explode=False, swagger="csv"),
        LIST,
    ),
    Parameter(
        "array in path, label",
        "path",
        lambda r: _decoded(_prefixed(r, ".").split(",")),
        _styled("label", explode=False),
        LIST,
    ),
    Parameter(
        "array in path, label, explode",
        "path",
        lambda r: _decoded(_prefixed(r, ".").split(".")),
        _styled("label", explode=True),
        LIST,
    ),
    Parameter(
        "array in path, matrix",
        "path",
        lambda r: _decoded(_prefixed(r, ";v=").split(",")),
        _styled("matrix", explode=False),
        LIST,
    ),
    Parameter("array in path, matrix, explode", "path", _matrix_items, _styled("matrix", explode=True), LIST),
    Parameter("array in cookie", "cookie", lambda r: _commas(r.cookie("v")), _styled("form", explode=False), LIST),
    Parameter("integer in path, label", "path", lambda r: _number(_prefixed(r, ".")), _styled("label", explode=False)),
    Parameter(
        "integer in path, matrix", "path", lambda r: _number(_prefixed(r, ";v=")), _styled("matrix", explode=False)
    ),
    Parameter(
        "object in query, deepObject",
        "query",
        lambda r: _record([(n[2:-1], t) for n, t in r.pairs() if re.fullmatch(r"v\[.*\]", n)]),
        _styled("deepObject", explode=True),
        RECORD,
    ),
    Parameter(
        "object in query, explode",
        "query",
        lambda r: _record([(n, t) for n, t in r.pairs() if n in ("a", "b")]),
        _styled("form", explode=True),
        RECORD,
    ),
    Parameter(
        "object in query, commas", "query", lambda r: _flat_record(_query(r)), _styled("form", explode=False), RECORD
    ),
    Parameter(
        "object in header",
        "header",
        lambda r: _flat_record(_one(r.header("v"))),
        _styled("simple", explode=False),
        RECORD,
    ),
    Parameter(
        "object in header, explode",
        "header",
        lambda r: _record_of_equals(_commas(r.header("v"))),
        _styled("simple", explode=True),
        RECORD,
    ),
    Parameter(
        "object in path", "path", lambda r: _flat_record(unquote(_segment(r))), _styled("simple", explode=False), RECORD
    ),
    Parameter(
        "object in path, explode",
        "path",
        lambda r: _record_of_equals(unquote(_segment(r)).split(",")),
        _styled("simple", explode=True),
        RECORD,
    ),
    Parameter(
        "object in path, label, explode",
        "path",
        lambda r: _record_of_equals(_decoded(_prefixed(r, ".").split("."))),
        _styled("label", explode=True),
        RECORD,
    ),
    Parameter(
        "object in path, matrix",
        "path",
        lambda r: _flat_record(unquote(_prefixed(r, ";v="))),
        _styled("matrix", explode=False),
        RECORD,
    ),
    Parameter(
        "object in path, matrix, explode",
        "path",
        lambda r: _record_of_equals(_decoded(_prefixed(r, ";").split(";"))),
        _styled("matrix", explode=True),
        RECORD,
    ),
    Parameter(
        "object in cookie",
        "cookie",
        lambda r: _flat_record(unquote(_one(r.cookie("v")))),
        _styled("form", explode=False),
        RECORD,
    ),
    Parameter(
        "content of JSON in query",
        "query",
        lambda r: json.loads(_query(r)),
        {d: {"content": {JSON: {"schema": RECORD}}} for d in THREE},
        RECORD,
        is_content=True,
    ),
    Parameter(
        "content of JSON in header",
        "header",
        lambda r: json.loads(_one(r.header("v"))),
        {d: {"content": {JSON: {"schema": RECORD}}} for d in THREE},
        RECORD,
        is_content=True,
    ),
    Parameter(
        "allowReserved",
        "query",
        _query,
        {d: {"allowReserved": True} for d in THREE},
        {"type": "string", "enum": [_RESERVED, "x"]},
        keyword="enum",
        looser={"type": "string"},
        stricter=({"enum": ["x"]},),
    ),
    Parameter(
        "querystring",
        "querystring",
        lambda r: _record(r.pairs()),
        {d: {"content": {"application/x-www-form-urlencoded": {"schema": RECORD}}} for d in NEWEST},
        RECORD,
        is_content=True,
    ),
)


def _optional(name: str, place: str) -> Feature:
    """Return how an optional parameter is tried: it may be there and may be missing."""

    def text_of(request: Request) -> str | None:
        return request.header("v") if place == "header" else dict(request.pairs()).get("v")

    def read(request: Request) -> list[Any]:
        json_body(request)
        text = text_of(request)
        return [] if text is None else [_number(text)]

    one: Mapping[str, Any] = {"type": "array", "items": NUMBER}
    return Feature(
        name,
        lambda dialect: operation_document(
            dialect,
            parameters=[{"name": "v", "in": place, **(NUMBER if dialect == "2.0" else {"schema": NUMBER})}],
        ),
        checking(read, one),
        stricter=(checking(read, {**one, "minItems": 1}), checking(read, {**one, "maxItems": 0})),
        accepts=(f"accepts/{place}/v/.*", "accepts/required-only"),
    )


def _required(place: str) -> Feature:
    """Return how a required parameter is tried: it must be there."""
    whole = next(one for one in _PARAMETERS if one.name == f"parameter in {place}")

    def read(request: Request) -> list[Any]:
        json_body(request)
        try:
            return [whole.read(request)]
        except ValueError:
            return []

    one: Mapping[str, Any] = {"type": "array", "items": NUMBER}
    return Feature(
        f"required parameter in {place}",
        whole.document,
        checking(read, {**one, "minItems": 1}),
        looser=(checking(read, one),),
        refuses=(f"request/{place}/v/required",),
        dialects=frozenset(whole.members),
    )


PARAMETERS = (
    *(one.feature() for one in _PARAMETERS),
    *(_required(place) for place in ("query", "header", "cookie")),
    *(_optional(f"optional parameter in {place}", place) for place in ("query", "header")),
)
