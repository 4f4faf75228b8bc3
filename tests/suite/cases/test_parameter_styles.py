"""Styles of parameters: what is written is what the examples of OpenAPI 3.1 (section 4.8.12.6) show."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cases.case import Encoded
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.cases.requests.parameter_styles import arrives, as_read, header_text, path_text, query_pairs
from chatcert.mock.call import Call
from chatcert.mock.parameters import Argument
from chatcert.openapi.contract import Location, Parameter
from chatcert.requirements.catalogue import derive

LIST = ["blue", "black", "brown"]
MAP = {"R": 100, "G": 200, "B": 150}
ARRAY = {"type": "array", "items": {"type": "string"}}
OBJECT = {"type": "object", "properties": {key: {"type": "integer"} for key in "RGB"}}
TEXT = {"type": "string"}


def parameter(location: Location, style: str, *, explode: bool, schema: Any, media_type: str = "") -> Parameter:
    return Parameter(
        "color", location, True, schema, None, None, "", style=style, explode=explode, media_type=media_type
    )


@pytest.mark.parametrize(
    ("style", "explode", "value", "text"),
    [
        ("simple", False, "blue", "blue"),
        ("simple", False, LIST, "blue,black,brown"),
        ("simple", False, MAP, "R,100,G,200,B,150"),
        ("simple", True, MAP, "R=100,G=200,B=150"),
        ("label", False, "blue", ".blue"),
        ("label", False, LIST, ".blue,black,brown"),
        ("label", True, LIST, ".blue.black.brown"),
        ("label", True, MAP, ".R=100.G=200.B=150"),
        ("matrix", False, "blue", ";color=blue"),
        ("matrix", False, LIST, ";color=blue,black,brown"),
        ("matrix", True, LIST, ";color=blue;color=black;color=brown"),
        ("matrix", False, MAP, ";color=R,100,G,200,B,150"),
        ("matrix", True, MAP, ";R=100;G=200;B=150"),
    ],
)
def test_path(style: str, explode: bool, value: Any, text: str) -> None:
    """A path parameter is written in its style, and the mock reads the same value from it by its own reader."""
    schema = ARRAY if value is LIST else OBJECT if value is MAP else TEXT
    described = parameter("path", style, explode=explode, schema=schema)
    assert text == path_text(described, value)
    assert value == Argument(described).read(Call("POST", "/", {"color": text}, b"", []))


@pytest.mark.parametrize(
    ("style", "explode", "value", "query"),
    [
        ("form", True, "blue", "color=blue"),
        ("form", True, LIST, "color=blue&color=black&color=brown"),
        ("form", False, LIST, "color=blue,black,brown"),
        ("form", True, MAP, "R=100&G=200&B=150"),
        ("form", False, MAP, "color=R,100,G,200,B,150"),
        ("spaceDelimited", False, LIST, "color=blue%20black%20brown"),
        ("pipeDelimited", False, LIST, "color=blue|black|brown"),
        ("tabDelimited", False, LIST, "color=blue%09black%09brown"),
        ("deepObject", True, MAP, "color[R]=100&color[G]=200&color[B]=150"),
    ],
)
def test_query(style: str, explode: bool, value: Any, query: str) -> None:
    """A query parameter is written in its style, and the mock reads the same value from it by its own reader."""
    schema = ARRAY if value is LIST else OBJECT if value is MAP else TEXT
    described = parameter("query", style, explode=explode, schema=schema)
    assert query == "&".join(f"{name}={text}" for name, text in query_pairs(described, value))
    assert value == Argument(described).read(Call("POST", "/", {}, query.encode(), []))


def test_header() -> None:
    """A header is written in the style ``simple``."""
    assert "blue,black,brown" == header_text(parameter("header", "simple", explode=False, schema=ARRAY), LIST)


@pytest.mark.parametrize("value", ["text", 5, True, {"lang": "en"}, ["a", 1]])
def test_content(value: Any) -> None:
    """A parameter with ``content`` is a JSON text: a string stands in quotes."""
    described = parameter("query", "form", explode=True, schema={}, media_type="application/json")
    ((_, text),) = query_pairs(described, value)
    assert text[0] in '"5t{['
    assert value == Argument(described).read(Call("POST", "/", {}, f"color={text}".encode(), []))


@pytest.mark.parametrize(
    ("schema", "value", "arrived"),
    [
        ({"type": "integer"}, [5], False),
        ({"type": "integer"}, "chat", True),
        (ARRAY, [], False),
        (ARRAY, ["a,b"], False),
        (ARRAY, ["a"], True),
        (OBJECT, {"R": "x"}, True),
    ],
)
def test_what_arrives(schema: Any, value: Any, arrived: bool) -> None:
    """What would be read as something else, or as nothing at all, is not sent."""
    assert arrived == arrives(parameter("query", "form", explode=False, schema=schema), value)


@pytest.mark.parametrize(
    ("schema", "value", "read"),
    [
        ({"type": "integer"}, "5", 5),
        (TEXT, 5, "5"),
        ({"type": "array", "items": {"type": "integer"}}, ["1", 2], [1, 2]),
        (ARRAY, "one", ["one"]),
        (OBJECT, {"R": "1", "x": 2}, {"R": 1, "x": "2"}),
    ],
)
def test_what_a_server_reads(schema: Any, value: Any, read: Any) -> None:
    """A value that travels as text is read in the type of its schema."""
    assert read == as_read(parameter("query", "form", explode=False, schema=schema), value)


@pytest.mark.parametrize(("place", "style"), [("query", "form"), ("query", "pipeDelimited"), ("header", "simple")])
def test_the_number_of_texts_in_an_array_is_tested(read: Any, place: str, style: str) -> None:
    """Texts without a rule of their own are words that no delimiter splits."""
    schema = {"type": "array", "items": {"type": "string"}, "maxItems": 3}
    parameter = {"name": "tags", "in": place, "style": style, "schema": schema}
    operation = {"operationId": "createChat", "parameters": [parameter], "responses": {"201": {"description": "made"}}}
    contract = read({"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}})
    planner, known = Planner(contract, {}, profile_named("quick"), 1), derive(contract).requirements

    for name in ("accepts", "request"):
        plan = planner.plan(known[f"sample/{name}/{place}/tags/maxItems"])
        assert plan.cases, plan.reason


@pytest.mark.parametrize(
    ("place", "collection_format", "expected"),
    [
        ("header", "csv", "a,b"),
        ("header", "ssv", "a b"),
        ("header", "tsv", "a\tb"),
        ("header", "pipes", "a|b"),
        ("path", "csv", "a,b"),
        ("path", "ssv", "a%20b"),
        ("path", "tsv", "a%09b"),
        ("path", "pipes", "a%7Cb"),
    ],
)
def test_the_collection_formats_of_swagger(read: Any, place: str, collection_format: str, expected: str) -> None:
    """Items are separated as `collectionFormat` says in headers and paths, too, where they are encoded."""
    parameter = {"name": "tags", "in": place, "required": True, "type": "array", "items": {"type": "string"}}
    operation = {
        "operationId": "createChat",
        "parameters": [{**parameter, "collectionFormat": collection_format}],
        "responses": {"201": {"description": "made"}},
    }
    path = "/chats/{tags}" if place == "path" else "/chats"
    contract = read({"swagger": "2.0", "info": {}, "paths": {path: {"post": operation}}})
    write = path_text if place == "path" else header_text

    assert expected == write(contract.parameters[0], ["a", "b"])


def test_the_delimiters_of_a_path_are_not_encoded() -> None:
    """They stand between encoded items (RFC 6570, section 3.2.2): an encoded comma would be part of an item."""
    written = path_text(parameter("path", "simple", explode=False, schema=ARRAY), ["blue", "sea/green"])

    assert "blue,sea%2Fgreen" == written
    assert isinstance(written, Encoded)


def test_names_of_members_arrive_without_delimiters() -> None:
    """An object with a name that holds a delimiter would be read as another one."""
    described = parameter("header", "simple", explode=False, schema=OBJECT)

    assert arrives(described, {"R": 1})
    assert not arrives(described, {"R,G": 1})
