"""Alternatives, nullables and limits: what their changes do to a client."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from chatcert.drift.differences import drift
from chatcert.openapi.reading import read_contract
from chatcert.openapi.schemas.inclusion import Inclusion

A = {
    "type": "object",
    "required": ["kind", "text"],
    "properties": {"kind": {"const": "a"}, "text": {"type": "string", "maxLength": 10}},
}
B = {
    "type": "object",
    "required": ["kind", "url"],
    "properties": {"kind": {"const": "b"}, "url": {"type": "string"}},
}
C = {"type": "object", "required": ["kind", "n"], "properties": {"kind": {"const": "c"}, "n": {"type": "integer"}}}
SHORT, MIDDLE, LONG = ({"type": "string", "maxLength": length} for length in (5, 10, 20))
FEW, MORE = {"enum": ["a", "b"]}, {"enum": ["a", "b", "c"]}


def one(*branches: Any) -> dict[str, Any]:
    """Exactly one of these."""
    return {"oneOf": list(branches)}


def or_null(schema: Any) -> dict[str, Any]:
    """A value or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def changed(schema: Any, needed: bool = False, most: int = 10, **more: Any) -> dict[str, Any]:
    """A branch with another member or another limit."""
    found = copy.deepcopy(schema)
    found["properties"] |= more
    found["required"] += [*more] if needed else []
    found["properties"]["text"]["maxLength"] = most
    return found


OPTIONAL = changed(A, opt={"type": "string"})
NEEDED = changed(A, needed=True, opt={"type": "string"})


def worst(before: Any, after: Any, *, answer: bool) -> str:
    """What the change of one schema does at worst, in a member of the request or of the answer."""

    def contract(schema: Any) -> Any:
        request = {"type": "object", "properties": {"q": {"type": "string"} if answer else schema}}
        member = {"m": schema} if answer else {}
        reply = {"type": "object", "required": ["id", *member], "properties": {"id": {"type": "string"}, **member}}
        operation = {
            "requestBody": {"required": True, "content": {"application/json": {"schema": request}}},
            "responses": {"201": {"description": "made", "content": {"application/json": {"schema": reply}}}},
        }
        document = {"openapi": "3.1.0", "info": {}, "paths": {"/chats": {"post": operation}}}
        return read_contract(document, vendor="a", where="a.json")

    effects = {change.effect.value for change in drift(contract(before), contract(after)).changes}
    return next((effect for effect in ("breaking", "may-break") if effect in effects), "harmless")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (one(A, B), one(A, B, C)),
        (A, one(A, B)),
        (one(A, B), one(OPTIONAL, B)),
        (one(A, B), one(changed(A, most=20), B)),
        (one(A, B), one(B, A)),
        (one(A, B), {"anyOf": [A, B]}),
        (MIDDLE, or_null(MIDDLE)),
        (or_null(MIDDLE), or_null(LONG)),
        (or_null(MIDDLE), {"type": ["string", "null"], "maxLength": 10}),
        (or_null(FEW), or_null(MORE)),
        ({"type": "string"}, {"type": ["string", "integer"]}),
        ({"type": "array", "items": one(A, B)}, {"type": "array", "items": one(A, B, C)}),
        ({"type": "integer", "exclusiveMinimum": 1}, {"type": "integer", "minimum": 2}),
        ({"type": "number", "exclusiveMaximum": 1}, {"type": "number", "maximum": 1}),
    ],
)
def test_a_request_that_may_be_more(before: Any, after: Any) -> None:
    """A new alternative, an optional member and a wider limit break no client, whichever way they are written."""
    assert "harmless" == worst(before, after, answer=False)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (one(A, B, C), one(A, B)),
        (one(A, B), A),
        (one(A, B), one(NEEDED, B)),
        (one(A, B), one(changed(A, most=5), B)),
        (or_null(MIDDLE), MIDDLE),
        (or_null(MIDDLE), or_null(SHORT)),
        (or_null(MORE), or_null(FEW)),
        ({"type": "number", "maximum": 1}, {"type": "number", "exclusiveMaximum": 1}),
        ({"type": "integer", "exclusiveMinimum": 1}, {"type": "integer", "minimum": 3}),
    ],
)
def test_a_request_that_may_be_less(before: Any, after: Any) -> None:
    """What a client may have sent is refused now."""
    assert "breaking" == worst(before, after, answer=False)


@pytest.mark.parametrize(
    ("before", "after", "effect"),
    [
        (one(A, B), one(A, B, C), "may-break"),
        (MIDDLE, or_null(MIDDLE), "breaking"),
        (or_null(MIDDLE), MIDDLE, "harmless"),
        (or_null(MIDDLE), or_null(SHORT), "harmless"),
        (or_null(MIDDLE), or_null(LONG), "may-break"),
        (or_null(FEW), or_null(MORE), "may-break"),
        (one(A, B), one(OPTIONAL, B), "harmless"),
        (one(NEEDED, B), one(OPTIONAL, B), "breaking"),
    ],
)
def test_an_answer(before: Any, after: Any, effect: str) -> None:
    """In an answer a new alternative may break a client; fewer values break none."""
    assert effect == worst(before, after, answer=True)


@pytest.mark.parametrize(
    ("narrow", "wide"),
    [
        ({"type": "number"}, {"type": "integer"}),
        ({"type": "string"}, {"type": "string", "pattern": "a"}),
        ({}, {"type": "string"}),
        ({"type": "object"}, {"type": "object", "additionalProperties": False}),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}),
        ({"type": "string"}, {"enum": ["a"]}),
        ({"type": "integer", "minimum": 1}, {"type": "integer", "minimum": 2}),
        ({"type": "string"}, False),
        ({"type": "string"}, {"type": "string", "not": {"const": "a"}}),
    ],
)
def test_what_is_not_included(narrow: Any, wide: Any) -> None:
    """One value that the other schema refuses is enough; what is narrower is included the other way round."""
    assert not Inclusion(narrow, {}).holds(narrow, wide)
    assert Inclusion({}, narrow).holds(wide, narrow)


CONDITION = {"if": {"required": ["k"]}, "then": {"required": ["n"]}}
KEY = {"type": "apiKey", "in": "header", "name": "X-Key"}
TOKEN = {"type": "http", "scheme": "bearer"}
LIST = {"type": "array", "items": {"type": "string"}}


def effects_of(before: dict[str, Any], after: dict[str, Any]) -> set[str]:
    """The effects of a change of an operation, or of what stands beside the paths."""

    def contract(more: dict[str, Any]) -> Any:
        schemes = {"a": KEY, "b": TOKEN, "c": KEY}
        operation = {"responses": {"201": {"description": "made"}}, **more}
        paths = {"/chats": {"post": operation}}
        components = {"securitySchemes": schemes}
        document = {"openapi": "3.1.0", "info": {}, "paths": paths, "components": components}
        return read_contract(document, vendor="a", where="a.json")

    return {change.effect.value for change in drift(contract(before), contract(after)).changes}


@pytest.mark.parametrize(
    ("before", "after", "breaks"),
    [
        (["a"], ["a", "b"], False),
        (["a", "b"], ["a"], True),
        (["a", "b"], ["b"], True),
        (["a"], ["b"], True),
        (["a"], ["c"], False),
        (["a"], [], False),
        ([], ["a"], True),
        (["a"], ["a+b"], True),
        (["a+b"], ["a"], False),
    ],
)
def test_alternatives_of_credentials(before: list[str], after: list[str], breaks: bool) -> None:
    """A client breaks where what it sends is not enough any more, whatever the schemes are called."""

    def of(names: list[str]) -> dict[str, Any]:
        return {"security": [{name: [] for name in one.split("+")} for one in names]}

    assert breaks == ("breaking" in effects_of(of(before), of(after)))


@pytest.mark.parametrize(
    ("location", "before", "after", "breaks"),
    [
        ("query", {"schema": LIST, "explode": False}, {"schema": LIST, "explode": True}, True),
        ("query", {"schema": LIST, "style": "form"}, {"schema": LIST, "style": "pipeDelimited"}, True),
        ("query", {"schema": LIST}, {"content": {"application/json": {"schema": LIST}}}, True),
        ("query", {"schema": LIST}, {"schema": LIST, "style": "form", "explode": True}, False),
        ("header", {"schema": {"type": "string"}}, {"schema": {"type": "string"}, "explode": True}, False),
    ],
)
def test_how_a_parameter_is_written(location: str, before: Any, after: Any, breaks: bool) -> None:
    """Another style is another value to the server; a style that is only stated now is the same."""
    old, new = ({"parameters": [{"name": "q", "in": location, **written}]} for written in (before, after))

    assert breaks == ("breaking" in effects_of(old, new))


def test_a_new_condition_breaks_a_client() -> None:
    """What it demands of a field was not needed before, although the field itself is the same."""
    body = {"type": "object", "properties": {"k": {"type": "string"}, "n": {"type": "string"}}}
    old, new = (
        {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
        for schema in (body, {**body, **CONDITION})
    )

    assert "breaking" in effects_of(old, new)
    assert "breaking" not in effects_of(new, old)


def test_a_schema_in_itself() -> None:
    """A comparison ends where a schema holds itself; what is not proven is not included."""
    nested = {"$ref": "#/$defs/Node"}
    node = {"type": "object", "properties": {"next": nested}}
    root = {**nested, "$defs": {"Node": node}}
    closed = {**nested, "$defs": {"Node": {**node, "maxProperties": 1}}}

    assert not Inclusion(root, closed).holds(root, closed)


def effects(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What the change of a further media type does, each effect once."""

    def contract(entry: dict[str, Any]) -> Any:
        first = {"schema": {"type": "object"}}
        content = {"application/json": first, "multipart/form-data": entry}
        operation = {"requestBody": {"required": True, "content": content}, "responses": {"201": {"description": "ok"}}}
        spec = {"openapi": "3.1.0", "info": {"title": "a", "version": "1"}, "paths": {"/chats": {"post": operation}}}
        return read_contract(spec, vendor="a", where="a.yaml")

    found = drift(contract(before), contract(after)).changes
    return sorted({change.effect.value for change in found if "media-type" in str(change)})


def test_an_alternative_of_a_further_media_type_that_goes_breaks_clients() -> None:
    """One that comes does not, and neither does another list of the same alternatives."""
    two, three = {"schema": {"type": "object", **one(A, B)}}, {"schema": {"type": "object", **one(A, B, C)}}

    assert "breaking" in effects(three, two)
    assert "breaking" not in effects(two, three)


def test_a_media_type_of_a_part_that_goes_may_break_clients() -> None:
    """The document does not forbid a server to take more than it lists, and a range covers its members."""

    def listing(types: str) -> dict[str, Any]:
        schema = {"type": "object", "properties": {"pic": {"type": "string", "format": "binary"}}}
        return {"schema": schema, "encoding": {"pic": {"contentType": types}}}

    assert ["may-break"] == effects(listing("image/png, image/jpeg, text/plain"), listing("image/png, image/jpeg"))
    assert "may-break" not in effects(listing("image/png, image/jpeg, text/plain"), listing("image/*, text/plain"))
