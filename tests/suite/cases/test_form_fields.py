"""Fields of forms are written in the style that `encoding` states, and the mock reads the same by its own reader."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Cause
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.cases.requests.encoding import encode
from chatcert.cases.requests.text_forms import read_form
from chatcert.mock import payload
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive

FORM = "application/x-www-form-urlencoded"
RANGE = {"type": "object", "properties": {"low": {"type": "integer"}, "unit": {"type": "string"}}}
SCHEMA = {"type": "object", "properties": {"tags": {"type": "array", "items": {"type": "string"}}, "range": RANGE}}
LIST = {"tags": ["a b", "c"]}
MAP = {"range": {"low": 1, "unit": "d"}}


@pytest.mark.parametrize(
    ("stated", "value", "text"),
    [
        ({}, LIST, "tags=a+b&tags=c"),
        ({"explode": False}, LIST, "tags=a+b,c"),
        ({"style": "pipeDelimited"}, LIST, "tags=a+b|c"),
        ({"style": "spaceDelimited"}, {"tags": ["a", "c"]}, "tags=a%20c"),
        ({"style": "form"}, LIST, "tags=a+b&tags=c"),
        ({}, MAP, "range=%7B%22low%22%3A+1%2C+%22unit%22%3A+%22d%22%7D"),
        ({"style": "deepObject"}, MAP, "range%5Blow%5D=1&range%5Bunit%5D=d"),
        ({"style": "form"}, MAP, "low=1&unit=d"),
        ({"style": "form", "explode": False}, MAP, "range=low,1,unit,d"),
    ],
)
def test_styles(stated: dict[str, Any], value: Any, text: str) -> None:
    """What is written is what the mock and the cases read."""
    encoding = {next(iter(value)): stated} if stated else {}

    assert (text.encode(), FORM) == encode(value, FORM, encoding)
    assert value == payload.read_form(text.encode(), FORM, SCHEMA, encoding)
    assert value == read_form(value, SCHEMA, encoding)


def test_an_object_in_a_style_is_found_by_its_members() -> None:
    """A field of its name is no such object: no server has to refuse it."""
    assert {} == read_form({"range": 1}, SCHEMA, {"range": {"style": "deepObject"}})
    assert {"tags": ["k", "v"]} == read_form({"tags": {"k": "v"}}, SCHEMA, {"tags": {"explode": False}})


def test_the_part_of_an_object_is_json_even_if_it_holds_none() -> None:
    """A part of another media type would be wrong for that alone (OpenAPI 3.1, section 4.8.15.1)."""
    data, _ = encode({"range": 1}, "multipart/form-data", {}, SCHEMA)

    assert b"Content-Type: application/json\r\n\r\n1\r\n" in data


@pytest.mark.parametrize(
    ("collection_format", "text"),
    [("", b"f=a,b"), ("csv", b"f=a,b"), ("ssv", b"f=a%20b"), ("pipes", b"f=a|b"), ("multi", b"f=a&f=b")],
)
def test_the_collection_formats_of_swagger(collection_format: str, text: bytes) -> None:
    """Fields of forms have them too, with commas by default."""
    field = {"name": "f", "in": "formData", "type": "array", "items": {"type": "string"}}
    field |= {"collectionFormat": collection_format} if collection_format else {}
    operation = {"parameters": [field], "responses": {"201": {"description": "made"}}}
    spec = {"swagger": "2.0", "info": {}, "paths": {"/chats": {"post": operation}}}
    body = read_contract(spec, vendor="a", where="a.yaml").body
    assert body is not None

    assert text == encode({"f": ["a", "b"]}, body.media_type, body.encoding)[0]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_styles_of_parts(version: str) -> None:
    """OpenAPI 3.0 knows styles in URL-encoded forms only; from 3.1 on, parts have them too."""
    content = {"multipart/form-data": {"schema": SCHEMA, "encoding": {"tags": {"style": "form", "explode": False}}}}
    operation = {"requestBody": {"content": content}, "responses": {"201": {"description": "made"}}}
    spec = {"openapi": version, "info": {}, "paths": {"/chats": {"post": operation}}}
    body = read_contract(spec, vendor="a", where="a.yaml").body
    assert body is not None

    data, _ = encode(LIST, body.media_type, body.encoding, SCHEMA)
    assert (1 if version == "3.1.0" else 2) == data.count(b'name="tags"')


def planner_of(content: dict[str, Any]) -> tuple[Any, Planner]:
    """The catalogue and the plans of an operation with a body."""
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"201": {"description": "made"}}}
    contract = read_contract(
        {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}, vendor="a", where="a.yaml"
    )
    return derive(contract).requirements, Planner(contract, {}, profile_named("quick"), 1)


def test_an_object_in_a_style_takes_no_other_members() -> None:
    """Values of every type under any names cannot be written in it."""
    found, planner = planner_of({FORM: {"schema": SCHEMA, "encoding": {"range": {"style": "deepObject"}}}})

    assert Cause.CANNOT_BE_WRITTEN == planner.plan(found["a/accepts/body/range/content"]).cause


def test_a_body_that_is_xml_alone_is_not_sent_as_json() -> None:
    """Nothing is concluded of a server that takes no other type, and the report says why."""
    found, planner = planner_of({"application/xml": {"schema": {"type": "object"}}})
    plan = planner.plan(found["a/accepts/required-only"])

    assert ((), Cause.NOT_MADE) == (plan.cases, plan.cause)
    assert "chatcert writes no application/xml" in plan.reason


@pytest.mark.parametrize("required", [True, False])
def test_a_query_that_cannot_be_written_is_not_left_out_silently(required: bool) -> None:
    """Where it is required, no request without it is valid, so nothing is concluded and the report says why."""
    content = {"application/xml": {"schema": {"type": "object"}}}
    parameter = {"name": "filter", "in": "querystring", "required": required, "content": content}
    operation = {"parameters": [parameter], "responses": {"201": {"description": "made"}}}
    contract = read_contract(
        {"openapi": "3.2.0", "info": {}, "paths": {"/chats": {"post": operation}}}, vendor="a", where="a.yaml"
    )
    requirement = derive(contract).requirements["a/accepts/required-only"]
    plan = Planner(contract, {}, profile_named("quick"), 1).plan(requirement)

    assert required is (not plan.cases)
    assert required is ("chatcert writes no query filter as application/xml" in plan.reason)


def test_items_of_a_delimited_array_have_no_delimiter() -> None:
    """A plain sentence with a comma would be two items, so that a list at its limit could not be written."""
    items = {"type": "array", "maxItems": 3, "items": {"type": "string"}}
    schema = {"type": "object", "required": ["v"], "properties": {"v": items}}
    content = {"application/x-www-form-urlencoded": {"schema": schema, "encoding": {"v": {"explode": False}}}}
    operation = {"requestBody": {"required": True, "content": content}, "responses": {"200": {"description": "ok"}}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/chats": {"post": operation}}}
    contract = read_contract(document, vendor="a", where="")
    requirement = derive(contract).requirements["a/accepts/body/v/maxItems"]
    cases = Planner(contract, {}, profile_named("quick"), 1).plan(requirement).cases

    assert [{"v": ["chat", "chat", "chat"]}] == [case.request.body.value for case in cases]


@pytest.mark.parametrize("media_type", [FORM, "multipart/form-data"])
def test_null_is_written_where_a_field_is_json(media_type: str) -> None:
    """A member of an object in a JSON text may be null, as the text as a whole; a plain field has no null."""
    inner = {"type": "object", "properties": {"unit": {"type": "string"}}}
    schema = {"type": "object", "properties": {"topic": {"type": "string"}, "range": inner}}
    content = {media_type: {"schema": schema, "encoding": {"range": {"contentType": "application/json"}}}}
    found, planner = planner_of(content)

    assert Cause.CANNOT_BE_WRITTEN == planner.plan(found["a/request/body/topic/null"]).cause
    for path, value in (("range/unit", {"unit": None}), ("range", None)):
        cases = planner.plan(found[f"a/request/body/{path}/null"]).cases
        assert [value] == [case.request.body.value["range"] for case in cases]


def test_a_needed_member_in_a_style_is_left_out_beside_another() -> None:
    """Alone, it would leave no member at all, and so no field."""
    schema = {"type": "object", "properties": {"range": {**RANGE, "required": ["low"]}}}
    found, planner = planner_of({FORM: {"schema": schema, "encoding": {"range": {"style": "deepObject"}}}})
    cases = planner.plan(found["a/request/body/range/low/required"]).cases

    assert [["unit"]] == [list(case.request.body.value["range"]) for case in cases]


def test_a_sequence_of_json_texts_is_not_sent_as_one() -> None:
    """What `itemSchema` says of its lines is not tested, and the report says why."""
    found, planner = planner_of({"application/x-ndjson": {"itemSchema": {"type": "object"}}})
    plan = planner.plan(found["a/accepts/required-only"])

    assert ((), Cause.NOT_MADE) == (plan.cases, plan.cause)
    assert "chatcert writes no application/x-ndjson" in plan.reason
