"""From values to bytes and back: nothing is lost on the way."""

from __future__ import annotations

import json
from email.parser import BytesParser
from email.policy import HTTP
from typing import Any
from urllib.parse import parse_qsl

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chatcert.cases.requests.encoding import encode, form_text, json_bytes
from chatcert.cases.requests.part_types import FILES

FORM = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data"


def paired(text: str) -> str:
    """``text`` with adjacent surrogates joined, since JSON does not distinguish them from a pair."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


any_text = st.text(st.characters(exclude_categories=())).map(paired)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | any_text,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(any_text, inner, max_size=4),
    max_leaves=8,
)


@given(any_json)
@example("\ud800")
@example({"\udfff": ["😀", "\ud83d"]})
def test_json_round_trip(value: Any) -> None:
    """Any value is encoded as JSON in UTF-8 and reads back the same, lone surrogates included, which UTF-8 lacks."""
    data = json_bytes(value)

    assert value == json.loads(data.decode("utf-8"))


@given(any_json)
def test_json_goes_out_as_the_document_asks(value: Any) -> None:
    """Any JSON media type, one with a suffix or a parameter included, carries the same bytes."""
    for media_type in ("application/json", "application/vnd.chat+json; version=2", "APPLICATION/JSON"):
        assert (json_bytes(value), media_type) == encode(value, media_type)
    assert (json_bytes(value), "application/json") == encode(value, "*/*")


@pytest.mark.parametrize(("text", "escaped"), [("\ud800", b'"\\ud800"'), ("a\udc00b", b'"a\\udc00b"')])
def test_lone_surrogates_are_escaped(text: str, escaped: bytes) -> None:
    """A lone surrogate is sent as an escape, the only form in which it can be sent."""
    assert escaped == json_bytes(text)


def test_text_is_not_escaped_without_need() -> None:
    """Text that UTF-8 can represent is sent unescaped."""
    assert '{"a":"😀é","b":[1,2]}'.encode() == json_bytes({"a": "😀é", "b": [1, 2]})


@given(st.dictionaries(st.text(min_size=1), st.text(), max_size=5))
def test_form_round_trip(value: dict[str, str]) -> None:
    """A form reads back as it was written."""
    data, content_type = encode(value, FORM)

    assert FORM == content_type
    assert data.isascii()
    assert list(value.items()) == parse_qsl(data.decode(), keep_blank_values=True, strict_parsing=bool(value))


@given(st.dictionaries(st.from_regex(r"[A-Za-z_]{1,12}", fullmatch=True), st.text(), max_size=5))
def test_multipart_round_trip(value: dict[str, str]) -> None:
    """A multipart body has one part for each field, between boundaries that its Content-Type names."""
    data, content_type = encode(value, MULTIPART)

    boundary = f"--{content_type.partition('boundary=')[2]}".encode()
    *parts, end = data.split(boundary)
    found = {}
    for part in parts[1:]:
        head, _, body = part.partition(b"\r\n\r\n")
        found[head.partition(b'name="')[2].partition(b'"')[0].decode()] = body.removesuffix(b"\r\n").decode()
    assert value == found
    assert b"--\r\n" == end


# A hostile value of a form field is a lone surrogate: it must not break the run.
@given(st.dictionaries(any_text, any_text, max_size=3))
@example({"field": "\ud800"})
def test_any_text_can_go_into_a_form(value: dict[str, str]) -> None:
    """No text causes an error of ours, not even one that UTF-8 cannot represent."""
    for media_type in (FORM, MULTIPART):
        data, _ = encode(value, media_type)
        assert isinstance(data, bytes)


@pytest.mark.parametrize(
    ("value", "text"), [("as it is", "as it is"), (1, "1"), (True, "true"), (None, "null"), ({"a": "é"}, '{"a": "é"}')]
)
def test_values_in_forms(value: Any, text: str) -> None:
    """A text is written as it is, any other value as JSON."""
    assert text == form_text(value)


def test_parts_of_a_multipart_form_have_their_media_types() -> None:
    """A part is written in the media type that ``encoding`` or the schema names; an object is JSON by default."""
    schema = {"properties": {"pic": {"type": "string", "contentMediaType": "image/png"}, "list": {"type": "array"}}}
    value = {"topic": "a", "meta": {"n": 1}, "pic": "x", "list": ["b", "c"], "note": "d"}
    data, content_type = encode(value, "multipart/form-data", {"note": {"contentType": "text/markdown"}}, schema)
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + data)
    parts = [
        (
            part.get_param("name", header="content-disposition"),
            part["content-type"],
            part.get_filename(),
            part.get_payload(decode=True),
        )
        for part in message.iter_parts()
    ]
    assert [
        ("topic", None, None, b"a"),
        ("meta", "application/json", None, b'{"n":1}'),
        ("pic", "image/png", "pic", FILES["image/png"] + b"x"),
        ("list", None, None, b"b"),
        ("list", None, None, b"c"),
        ("note", "text/markdown", None, b"d"),
    ] == parts


def test_a_text_body_is_the_text_itself() -> None:
    """A body of a text type is written without quotes."""
    assert (b"Hi", "text/plain") == encode("Hi", "text/plain")


@pytest.mark.parametrize("media_type", [MULTIPART, "application/x-www-form-urlencoded"])
def test_an_empty_list_is_no_field_of_a_form(media_type: str) -> None:
    """A server that splits an empty text reads one item, so an empty list is left out, whatever its style."""
    styles = {"tags": {"style": "form", "explode": False}}
    empty, _ = encode({"title": "a", "tags": []}, media_type, styles)
    absent, _ = encode({"title": "a"}, media_type, styles)

    assert absent == empty
