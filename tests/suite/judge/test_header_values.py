"""Rules on documented headers: what the text of a header is read as, and when a header breaks its schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.transport.exchange import Exchange, Received, Sent


@dataclass(frozen=True)
class Scene:
    """A document whose answers of one status have one documented header `X-Left`."""

    header: dict[str, Any]
    status: str = "201"

    def verdict(self, rule: str, *lines: str, name: str = "x-left", status: int = 0) -> str:
        """The verdict on one rule where the answer has these lines of the header."""
        responses: dict[str, Any] = {"201": {"description": "made"}, "401": {"description": "who"}}
        responses[self.status] = {"description": "d", "headers": {"X-Left": self.header}}
        document = {
            "openapi": "3.1.0",
            "info": {"title": "t", "version": "1"},
            "paths": {"/chats": {"post": {"responses": responses}}},
        }
        contract = read_contract(document, vendor="a", where="a.yaml")
        catalogue = derive(contract)
        made = Received(status or int(self.status), tuple((name, line) for line in lines), b"")
        expectation = Expectation.ACCEPTED if made.status < 300 else Expectation.UNAUTHENTICATED
        exchange = Exchange(
            number=1,
            case="accepts/required-only#1",
            requirement="a/accepts/required-only",
            expectation=expectation,
            role="case",
            sent=Sent("POST", "http://h/chats", "/chats", (), b""),
            started=1_800_000_000.0,
            seconds=0.01,
            received=made,
        )
        own = "" if rule.startswith("any/") else f"{self.status}/header/X-Left/"
        requirement = catalogue.requirements[f"a/response/{own}{rule}"]
        return judge(Evidence(contract, catalogue.requirements, [exchange]), requirement).kind.value


NUMBER = Scene({"required": True, "schema": {"type": "integer", "minimum": 3}})


@pytest.mark.parametrize(
    ("rule", "lines", "kind"),
    [
        ("required", (), "fail"),
        ("required", ("",), "pass"),
        ("type", (" 5 ",), "pass"),
        ("type", ("+007",), "pass"),
        ("type", ("5.0",), "pass"),
        ("type", ("many",), "fail"),
        ("type", ("",), "fail"),
        ("type", ("5", "5"), "fail"),
        ("type", (), "not-applicable"),
        ("minimum", ("3",), "pass"),
        ("minimum", ("2",), "fail"),
    ],
)
def test_a_number_is_read_from_its_text(rule: str, lines: tuple[str, ...], kind: str) -> None:
    """White space, a sign and leading zeros do not matter; a word, nothing, or a number sent twice is not a number."""
    assert kind == NUMBER.verdict(rule, *lines)


def test_names_are_compared_in_any_case() -> None:
    """A header name has no case."""
    assert ["pass"] * 2 == [NUMBER.verdict("required", "5", name=name) for name in ("X-LEFT", "x-left")]
    assert "fail" == NUMBER.verdict("required", "5", name="X-Right")


def test_headers_belong_to_their_status() -> None:
    """A success with another status need not have them: it is another answer."""
    assert "not-applicable" == NUMBER.verdict("required", status=202)
    assert "fail" == Scene({"required": True}, "401").verdict("required")


@pytest.mark.parametrize(
    ("header", "rule", "right", "wrong"),
    [
        ({"schema": {"type": "array", "minItems": 2, "items": {"type": "integer"}}}, "minItems", "1, 2", "1"),
        ({"schema": {"type": "array", "items": {"type": "integer"}}}, "*/type", "1,2", "1,b"),
        ({"schema": {"type": "object", "properties": {"a": {"type": "integer"}}}}, "a/type", "a,1", "a,b"),
        ({"explode": True, "schema": {"properties": {"a": {"maximum": 2}}, "type": "object"}}, "a/maximum", "a=b", ""),
        ({"schema": {"enum": ["free", "paid"]}}, "enum", "free", "Free"),
        ({"schema": {"type": ["integer", "null"]}}, "type", "", "none"),
        ({"schema": {"type": "string", "format": "date-time"}}, "format", "2026-01-31T10:00:00Z", "yesterday"),
        ({"content": {"application/json": {"schema": {}}}}, "json", '{"a": 1}', "a"),
        ({"content": {"application/json": {"schema": {"type": "object"}}}}, "type", "{}", "[]"),
    ],
)
def test_values_are_read_as_their_schema_says(header: dict[str, Any], rule: str, right: str, wrong: str) -> None:
    """Lists and objects in the style simple, JSON where `content` says so, and texts."""
    assert "pass" == Scene(header).verdict(rule, right)
    if wrong:
        assert "fail" == Scene(header).verdict(rule, wrong)


def test_one_line_of_several_texts_is_enough() -> None:
    """A gateway adds lines of its own, such as a cookie."""
    cookie = Scene({"schema": {"type": "string", "pattern": "^session="}})

    assert "pass" == cookie.verdict("pattern", "route=7", "session=1")
    assert "fail" == cookie.verdict("pattern", "route=7", "zone=1")


@pytest.mark.parametrize(
    ("name", "line", "verdict"),
    [
        ("Location", "http://[::1]:8080/chats/a%20b?c=[1]", "pass"),
        ("Location", "http://[1/chats", "warn"),
        ("Location", "http://chat.invalid:port/", "warn"),
        ("Location", "/chats/50%", "warn"),
        ("ETag", 'W/"a1"', "pass"),
        ("ETag", '""', "pass"),
        ("ETag", "a1", "warn"),
        ("Last-Modified", "Mon, 30 Nov 2026 12:00:00 GMT", "pass"),
        ("Last-Modified", "2026-11-30T12:00:00Z", "warn"),
        ("Expires", "0", "pass"),
    ],
)
def test_headers_of_http_have_its_forms(name: str, line: str, verdict: str) -> None:
    """A URI reference, an entity tag and a date are judged by their syntax; `Expires` may be 0 (RFC 9111, 5.3)."""
    scene = Scene({"schema": {"type": "string"}})

    assert verdict == scene.verdict("any/header-form", line, name=name)


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        ("Access-Control-Allow-Origin", "warn"),
        ("Expires", "warn"),
        ("Age", "warn"),
        ("Vary", "pass"),
        ("Link", "pass"),
        ("Cache-Control", "pass"),
        ("Server", "pass"),
    ],
)
def test_headers_whose_value_is_no_list_occur_once(name: str, verdict: str) -> None:
    """Those that are lists may be sent in several lines."""
    scene = Scene({"schema": {"type": "string"}})

    assert verdict == scene.verdict("any/single-headers", "1", "2", name=name)


def test_items_of_a_header_are_unique() -> None:
    """`uniqueItems` of a header is a requirement of its own, and so is a member that its schema does not name."""
    unique = Scene({"schema": {"type": "array", "items": {"type": "string"}, "uniqueItems": True}})
    rule = "uniqueItems"
    assert ["pass", "fail"] == [unique.verdict(rule, "a, b"), unique.verdict(rule, "a, b", "a")]

    closed = {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    scene, rule = Scene({"explode": True, "schema": closed}), "additionalProperties"
    assert ["pass", "fail"] == [scene.verdict(rule, "a=1"), scene.verdict(rule, "a=1,b=2")]
