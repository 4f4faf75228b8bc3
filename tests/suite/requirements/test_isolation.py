"""Isolation: what is derived where a request can carry a marker."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.openapi.reading import read_contract
from chatcert.openapi.values.request_markers import MARKER, free_texts, marker_of, markers_in
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind, Level
from chatcert.vendors import open_vendor

PATHS = {
    "agencii": (),
    "openwebui": (("chat", "title"),),
    "polyai": (("initial_message",),),
    "sigmamind": (("input",),),
}


@pytest.mark.parametrize(("vendor", "paths"), PATHS.items())
def test_texts_of_the_bundled_vendors(vendor: str, paths: tuple[Any, ...]) -> None:
    """A document with a free text has both requirements; one with mere names has the one on errors and headers."""
    contract = open_vendor(vendor)
    levels = {r.path: r.level for r in derive(contract).requirements.values() if r.kind is Kind.ISOLATION}
    expected = {"response/any/no-other-request": Level.MUST, "response/any/no-other-chat": Level.SHOULD}

    assert paths == free_texts(contract)
    assert {name: level for name, level in expected.items() if paths or level is Level.MUST} == levels


def test_no_text_and_no_name(changed: Callable[..., dict[str, Any]]) -> None:
    """Where no request can be known again, nothing is required."""
    body = {"type": "object", "properties": {"language": {"type": "string"}}}
    pointer = "/paths/~1teams~1{team}~1chats/post/requestBody"
    described = {"content": {"application/json": {"schema": body}}}
    contract = read_contract(changed({pointer: described}), vendor="v", where="")

    assert [] == [r.path for r in derive(contract).requirements.values() if r.kind is Kind.ISOLATION]


@pytest.mark.parametrize(
    ("schema", "is_free"),
    [
        ({"type": "string"}, True),
        ({"type": "string", "maxLength": 90}, True),
        ({"type": "string", "x-chatcert-prose": {"schema": {"minLength": 5}}}, True),
        ({"type": "string", "x-chatcert-prose": {"schema": {"pattern": "^a"}}}, False),
        ({"type": "string", "pattern": "^a"}, False),
        ({"type": "string", "enum": ["a"]}, False),
        ({"type": "string", "format": "uri"}, False),
        ({"type": ["string", "null"]}, False),
        ({"type": "string", "x-chatcert-resource": {"unknown": "refused"}}, False),
        ({"type": "string", "x-chatcert-distinct": {}}, False),
        ({"type": "string", "readOnly": True}, False),
    ],
)
def test_which_texts_are_free(schema: dict[str, Any], is_free: bool, changed: Callable[..., dict[str, Any]]) -> None:
    """Whatever bounds a text by more than its length keeps markers out of it."""
    body = {"type": "object", "properties": {"first_message": schema, "language": {"type": "string"}}}
    pointer = "/paths/~1teams~1{team}~1chats/post/requestBody"
    described = {"content": {"application/json": {"schema": body}}}
    contract = read_contract(changed({pointer: described}), vendor="v", where="")

    assert ((("first_message",),) if is_free else ()) == free_texts(contract)


def test_markers_look_alike_and_differ() -> None:
    """Each request of each session has another marker, and all are recognised within a text."""
    markers = {marker_of(run, request) for run in "abc" for request in "defgh"}

    assert 15 == len(markers)
    assert all(MARKER.findall(f"Hello, {marker}!") == [marker] for marker in markers)
    assert [] == MARKER.findall("cc12ab34-aaaa-bbbb and cccaccccccccccccc and accaaaaaaaaaaaa")


@given(st.text(alphabet="c2z9A -C\u212a\u00e9") | st.text(), st.sampled_from(["", "c", "cc", "7", " ", '"', "\u00e9"]))
def test_markers_are_found_in_any_text(before: str, between: str) -> None:
    """What is searched fast is what a marker looks like, at the edge of a text and beside other letters."""
    mark = marker_of("run", "request")
    text = f"{before}{between}{mark}{between}{mark.upper()}{between}{before}"

    assert {found.lower() for found in MARKER.findall(text)} == markers_in(text)
