"""JSON Pointers: laws of writing, reading, looking up and replacing (RFC 6901)."""

from __future__ import annotations

import copy
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.exceptions import UsageError
from chatcert.openapi.schemas.pointer import MISSING, escape, join, locate, lookup, replaced, tokens_of

# RFC 6901, section 5.
EXAMPLE = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, 'k"l': 6, " ": 7, "m~n": 8}
EVALUATED = {
    "": EXAMPLE,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/e^f": 3,
    "/g|h": 4,
    "/i\\j": 5,
    '/k"l': 6,
    "/ ": 7,
    "/m~0n": 8,
}


@pytest.mark.parametrize("pointer", EVALUATED)
def test_the_examples_of_the_rfc_hold(pointer: str) -> None:
    """Every pointer of RFC 6901, section 5, leads to what the section says."""
    assert EVALUATED[pointer] == lookup(EXAMPLE, tokens_of(pointer))


@given(st.lists(st.text()))
def test_reading_undoes_writing(tokens: list[str]) -> None:
    """Any tokens, joined and read again, are the same tokens."""
    assert tuple(tokens) == tokens_of(join("", *tokens))


@given(st.lists(st.text(), max_size=3), st.lists(st.text(), max_size=3))
def test_joining_in_two_steps_is_joining_in_one(first: list[str], second: list[str]) -> None:
    """A pointer can be extended bit by bit."""
    assert join("", *first, *second) == join(join("", *first), *second)


@given(st.text())
def test_an_escaped_token_is_one_token(token: str) -> None:
    """Escaping leaves no slash, and no tilde that is not part of an escape."""
    assert "/" not in escape(token)
    assert "~" not in escape(token).replace("~0", "").replace("~1", "")


@settings(deadline=None)
@given(st.data())
def test_what_was_put_there_is_found_there(strategies: ModuleType, data: st.DataObject) -> None:
    """Looking up a place that was replaced gives the new value, and every place beside it keeps its own."""
    value, new = data.draw(strategies.json_values()), data.draw(strategies.json_values())
    places = list(strategies.places(value))
    place = data.draw(st.sampled_from(places))
    result = replaced(value, place, new)

    assert new == lookup(result, place)
    beside = [other for other in places if other[: len(place)] != place and place[: len(other)] != other]
    assert [lookup(value, other) for other in beside] == [lookup(result, other) for other in beside]


@settings(deadline=None)
@given(st.data())
def test_replacing_leaves_the_argument_alone(strategies: ModuleType, data: st.DataObject) -> None:
    """The value that is given stays as it is, whatever is put into the copy or taken from it."""
    value = data.draw(strategies.json_values())
    before = copy.deepcopy(value)
    place = data.draw(st.sampled_from(list(strategies.places(value))))
    replaced(value, place, data.draw(st.just(MISSING) | strategies.json_values()))

    assert before == value


@settings(deadline=None)
@given(st.data())
def test_what_was_taken_away_is_gone(strategies: ModuleType, data: st.DataObject) -> None:
    """A member that was taken away is missing; a list is one item shorter."""
    value = data.draw(strategies.json_values().filter(bool).filter(lambda made: isinstance(made, dict | list)))
    place = data.draw(st.sampled_from([place for place in strategies.places(value) if place]))
    parent, smaller = lookup(value, place[:-1]), lookup(replaced(value, place, MISSING), place[:-1])

    assert len(parent) - 1 == len(smaller)
    assert isinstance(parent, list) or MISSING is lookup(smaller, place[-1:])


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [
        (("a", "b"), {"a": {"b": 1}, "list": [0]}),
        (("list", "1"), {"list": [0, 1]}),
        (("list", "0", "x"), {"list": [{"x": 1}]}),
    ],
    ids=["parents", "end-of-list", "through-scalar"],
)
def test_missing_parents_are_made(tokens: tuple[str, ...], expected: Any) -> None:
    """A place that is not there yet is made: objects on the way, or one more item of a list."""
    assert expected == replaced({"list": [0]}, tokens, 1)


@pytest.mark.parametrize("token", ["2", "-1", "-", "01", "²", "٣", "", "9" * 5000, "1.0", " 1"])
def test_only_an_index_finds_an_item(token: str) -> None:
    """An index is ASCII digits without a leading zero, and within the list."""
    assert MISSING is lookup(["a", "b"], [token])


@pytest.mark.parametrize(
    ("reference", "pointer", "value"),
    [
        ("#/a", "/a", {"x": 1}),
        ("#/b", "/a", {"x": 1}),
        ("#/c", "/a", {"x": 1}),
        ("#/d~1e", "/d~1e", 2),
        ("#/d%7E1e", "/d~1e", 2),
        ("#/f%20g", "/f g", 3),
        ("#/h", "/h", {"$ref": "#/a", "title": "t"}),
        ("#/i", "/h", {"$ref": "#/a", "title": "t"}),
        ("#", "", None),
    ],
    ids=["direct", "one-step", "two-steps", "escaped", "both-escapes", "encoded", "siblings", "to-siblings", "root"],
)
def test_a_reference_leads_to_its_end(reference: str, pointer: str, value: Any) -> None:
    """References to references are followed, percent-encoding is undone, and one with siblings is an end."""
    document = {
        "a": {"x": 1},
        "b": {"$ref": "#/a"},
        "c": {"$ref": "#/b"},
        "d/e": 2,
        "f g": 3,
        "h": {"$ref": "#/a", "title": "t"},
        "i": {"$ref": "#/h"},
    }

    assert (pointer, document if value is None else value) == locate(document, reference)


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("#/nowhere", "points nowhere"),
        ("#/list/2", "points nowhere"),
        ("#anchor", "points nowhere"),
        ("#/self", "refers to itself"),
        ("#/there", "refers to itself"),
        ("", "points outside the document"),
        ("other.yaml#/a", "points outside the document"),
        ("http://x/y", "points outside the document"),
    ],
)
def test_a_reference_without_an_end_is_refused(reference: str, expected: str) -> None:
    """Nowhere, outside, in a circle: an error that names the reference."""
    document = {"self": {"$ref": "#/self"}, "there": {"$ref": "#/back"}, "back": {"$ref": "#/there"}, "list": [1, 2]}

    with pytest.raises(UsageError, match=expected):
        locate(document, reference)
