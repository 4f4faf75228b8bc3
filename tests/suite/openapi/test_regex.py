"""Patterns in the dialects that documents are written in."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from chatcert.mock.validators import Validator as MockValidator
from chatcert.openapi.defects import find_defects
from chatcert.openapi.patterns.regex import compiled, is_endless
from chatcert.openapi.schemas.dialect import UNREAD, Converter
from chatcert.openapi.schemas.validator import Validator, validator_for

READ = {
    r"^\p{Lu}\p{L}*$": ({"Žluť", "A"}, {"a", "A1", ""}),
    r"^[\p{L}\d-]+$": ({"é-1"}, {"é 1"}),
    r"^\P{L}+$": ({"12"}, {"1a"}),
    r"^(?<area>[0-9]{2})-\d+$": ({"12-3"}, {"12-", "12-٣"}),
    r"(?<=EUR )[0-9]+": ({"EUR 5"}, {"5"}),
    r"(?<!x)y$": ({"y"}, {"xy", "y\n"}),
    r"^\u{41}\cA$": ({"A\x01"}, {"A"}),
    r"^[^[]&$": ({"a&"}, {"[&"}),
    r"^a$": ({"a"}, {"a\n"}),
    r"\$5": ({"$5"}, {"5"}),
}
UNREADABLE = ("^[a-z", "(", "/^[a-z]+$/i", r"\Aab\Z", r"^[\w-.]+$", "a{,3}", r"\k<x>", "[]", r"\p{Nobody}", "(?<=a+)b")


@pytest.mark.parametrize("pattern", READ)
def test_two_engines_read_it_alike(pattern: str) -> None:
    """The judge's validator and the mock's take the same texts."""
    right, wrong = READ[pattern]
    for validator in (Validator({"pattern": pattern}).is_valid, MockValidator({"pattern": pattern}).accepts):
        assert [True] * len(right) + [False] * len(wrong) == [validator(text) for text in (*right, *wrong)]


@pytest.mark.parametrize("pattern", UNREADABLE)
def test_what_engines_cannot_read_says_nothing_and_is_reported(pattern: str) -> None:
    """It is left out of the converted schema, the rest of which counts, and is reported as a defect of the document."""
    schema = {"type": "string", "pattern": pattern}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/x": {"post": {"requestBody": body, "responses": {}}}}

    assert compiled(pattern) is None
    assert {"type": "string", UNREAD: {"pattern": pattern}} == Converter({}, "request").standalone(schema)
    assert any(
        d.pointer.endswith("/schema/pattern") for d in find_defects({"openapi": "3.0.0", "paths": paths}, "/x", "post")
    )


def test_names_of_properties_too(read: Callable[..., Any]) -> None:
    """A pattern of property names that engines read differently frees the names; others are kept."""
    schema = {"patternProperties": {"(": {"type": "string"}, "^a": {"type": "integer"}}, "additionalProperties": False}

    assert {"patternProperties": {"^a": {"type": "integer"}}} == Converter({}, "request").standalone(schema)


ENDLESS = (r"^(a+)+$", r"^([a-z0-9]+-?)+$", r"^(?:a|aa)+$", r"^(?<x>[ab]*)*$", r"^((a{1,9}){1,9}){2,}$", r"^(a|b?)*c$")
BOUNDED = (
    r"^[a-z]+$",
    r"^a\+(b)+$",
    r"^[(+]+(x)?$",
    r"^\d{4}-\d{2}$",
    r"^(?:[a-z]{2})?-(x)*$",
    r"^(a+)b(c)+$",
    r"^[a\])*]+$",
)


@pytest.mark.parametrize("pattern", ENDLESS)
def test_no_pattern_takes_endless_time(pattern: str) -> None:
    """What an engine may read in countless ways is decided at once, and as the mock's engine decides it."""
    texts = ["a" * 64 + "!", "ab" * 40 + "\n", "a" * 100_000 + "!", "aaaa", "a" * 3, "ab-ab-"]

    assert is_endless(pattern)
    judged = [Validator({"pattern": pattern}).is_valid(text) for text in texts]
    assert judged == [MockValidator({"pattern": pattern}).accepts(text) for text in texts]
    assert not any(judged[:3])


@pytest.mark.slow
def test_a_pattern_of_countless_groups_is_looked_through_once() -> None:
    """A document's pattern may be as long as it likes: whether it is endless is found while it is read."""
    assert not is_endless("(a)" * 200_000)
    assert is_endless("(" * 100_000 + "a+" + ")*" * 100_000)


def test_brackets_that_stay_open_are_looked_through_once() -> None:
    """A class without an end is looked through once, not again from each of its brackets."""
    began = time.process_time()

    assert not is_endless("[" * 200_000)
    assert compiled("[a" * 50_000) is None

    assert time.process_time() - began < 2


@pytest.mark.parametrize("pattern", BOUNDED)
def test_repetitions_side_by_side_have_an_end(pattern: str) -> None:
    """Brackets, escapes and groups that stand alone are not taken for repetitions of repetitions."""
    assert not is_endless(pattern)


@pytest.mark.parametrize("pattern", [*READ, *ENDLESS, *BOUNDED])
@settings(max_examples=10)
@given(st.data())
def test_both_ways_of_looking_agree(pattern: str, data: st.DataObject) -> None:
    """Whichever engine is asked, a short text matches or does not."""
    found = compiled(pattern)
    assert found is not None
    texts = st.text(st.sampled_from("abcAZxy01-+( \n.éÉ٣"), max_size=9)
    if len(found.pattern) < 200:  # whole Unicode categories take seconds to draw from
        texts |= st.from_regex(found._expression)
    text = data.draw(texts)
    assume(len(text) < 16)

    assert found.search(text) == (found._expression.search(text) is not None)


def test_what_takes_too_many_steps_says_nothing() -> None:
    """Where even the bounded engine gives up, a value is not blamed; lone surrogates are read as well."""
    assert Validator({"pattern": r"(x+x+)+y(?!z)"}).is_valid("x" * 64)
    assert not Validator({"pattern": r"^(a+)+$"}).is_valid("\ud800")
    assert Validator({"pattern": r"^(a+|[^a])+$"}).is_valid("\ud800")


def test_long_texts_take_no_longer_than_they_are() -> None:
    """A single repetition, which Python's engine tries from each character on, is left to the other engine."""
    assert not Validator({"pattern": "a+b"}).is_valid("a" * 1_000_000)
    assert Validator({"pattern": "^[a-z]+$"}).is_valid("a" * 1_000_000)


def test_endless_names_of_properties_are_reported_and_dropped() -> None:
    """A pattern of names by which a name may take endless time holds no property, and the document has that defect."""
    schema = {"type": "object", "patternProperties": {"^(a+)+$": {"type": "string"}}, "additionalProperties": False}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/x": {"post": {"requestBody": body, "responses": {}}}}

    assert {"type": "object", "patternProperties": {}} == Converter({}, "request").standalone(schema)
    problems = [d.problem for d in find_defects({"openapi": "3.0.0", "paths": paths}, "/x", "post")]
    assert any("repeats a repetition" in text for text in problems)


def test_names_in_shared_definitions_are_read_in_the_spelling_of_the_document() -> None:
    """What several schemas share is spelled for Python once, and counts in each of them."""
    shared = {"Named": {"patternProperties": {r"^\p{L}+$": {"type": "integer"}}}}
    one, other = ({"properties": {name: {"$ref": "#/$defs/Named"}}, "$defs": shared} for name in ("a", "b"))

    assert validator_for(one).is_broken({"a": {"é": "text"}})
    assert validator_for(other).is_broken({"b": {"é": "text"}})
    assert validator_for(other).is_valid({"b": {"é": 1}, "a": {"é": "text"}})
