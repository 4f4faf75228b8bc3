"""Refusal: what is derived of requests that break one rule of the document."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chatcert.openapi.reading import read_contract
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Cost, Level, Rank, Requirement

Derived = Callable[..., dict[str, Requirement]]
FIELDS = "/components/schemas/ChatRequest/properties"


def test_every_keyword_of_every_field_has_its_refusal(derived: Derived) -> None:
    """Limits, types, members and required fields of the body, items of lists included."""
    assert {
        "request/body/type",
        "request/body/text/minLength",
        "request/body/text/maxLength",
        "request/body/text/required",
        "request/body/text/type",
        "request/body/tone/enum",
        "request/body/weight/minimum",
        "request/body/weight/maximum",
        "request/body/tags/*/type",
    } <= set(derived())


def test_a_limit_that_allows_everything_is_not_refused(derived: Derived) -> None:
    """Nothing is shorter than 0 characters."""
    assert "request/body/text/minLength" not in derived({f"{FIELDS}/text/minLength": 0})


def test_null_where_the_schema_does_not_allow_it(derived: Derived) -> None:
    """A field of one type refuses null; a nullable one does not."""
    assert "request/body/weight/null" in derived()
    assert "request/body/weight/null" not in derived({f"{FIELDS}/weight/nullable": True})


@pytest.mark.parametrize("keyword", ["anyOf", "oneOf"])
def test_a_type_or_null_is_refused_in_any_other_type(keyword: str) -> None:
    """Alternatives of a mere type and null are no field of their own, so that they are a requirement themselves."""
    flag = {keyword: [{"type": "boolean"}, {"type": "null"}], "title": "Flag", "default": True}
    limited = {keyword: [{"type": "string", "maxLength": 9}, {"type": "null"}]}
    body = {"type": "object", "properties": {"flag": flag, "limited": limited}}
    taken = {"requestBody": {"content": {"application/json": {"schema": body}}}, "responses": {}}
    document = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {"/chats": {"post": taken}}}
    contract = read_contract(document, vendor="v", where="test")
    found = [one.path.removeprefix("request/body/") for one in derive(contract).requirements.values()]

    assert [f"flag/{keyword}"] == [path for path in found if path.startswith("flag/")]
    assert {"limited/type", "limited/maxLength"} == {path for path in found if path.startswith("limited/")}


def test_a_format_is_an_annotation(derived: Derived) -> None:
    """JSON Schema does not require a server to check formats: their refusal is a recommendation."""
    found = derived({f"{FIELDS}/tags/items/format": "email"})

    assert Level.SHOULD == found["request/body/tags/*/format"].level
    assert Level.MUST == found["request/body/tags/*/type"].level


def test_unnamed_properties_are_refused_where_the_schema_forbids_them(derived: Derived) -> None:
    """A closed object takes no other property."""
    assert "request/body/additionalProperties" not in derived()
    closed = derived({"/components/schemas/ChatRequest/additionalProperties": False})
    assert "request/body/additionalProperties" in closed


def test_missing_fields_come_before_other_refusals(derived: Derived) -> None:
    """A required field that is left out says more than a limit."""
    found = derived()

    assert Rank.REQUIRED_FIELD == found["request/body/text/required"].rank
    assert found["request/body/text/required"].rank < found["request/body/text/maxLength"].rank


@pytest.mark.parametrize(("form", "level"), [("truncated", Level.MUST), ("trailing-comma", Level.SHOULD)])
def test_malformed_json_is_intrusive(derived: Derived, form: str, level: Level) -> None:
    """A text that is not JSON must be refused; a parser may accept extensions of JSON (RFC 8259 section 9)."""
    requirement = derived()[f"request/json/{form}"]

    assert (True, level) == (requirement.intrusive, requirement.level)


def test_an_optional_body_may_be_absent(derived: Derived) -> None:
    """Only a required body is missed."""
    assert "request/body/absent" in derived()
    assert "request/body/absent" not in derived({"/paths/~1teams~1{team}~1chats/post/requestBody/required": False})


def test_any_bytes_are_a_body_of_octets(derived: Derived) -> None:
    """White space is bytes like any others, and so is nothing at all (RFC 2046 section 4.5.1)."""
    place = "/paths/~1teams~1{team}~1chats/post/requestBody"
    found = derived({place: {"required": True, "content": {"application/octet-stream": {}}}})

    assert [] == [path for path in found if path.startswith("request/body/")]


def test_examples_are_counted_in_the_cost(derived: Derived) -> None:
    """Keywords with many boundary cases cost as many requests, and the examples of the profile."""
    found = derived()

    assert Cost(7, examples=True) == found["request/body/type"].cost
    assert Cost(1) == found["request/body/weight/minimum"].cost
