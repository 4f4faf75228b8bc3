"""Patterns in the dialects that documents are written in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chatcert.contract.defects import find_defects
from chatcert.contract.dialect import Converter
from chatcert.contract.patterns import compiled
from chatcert.contract.validation import Validator
from chatcert.mock.validation import Validator as MockValidator

READ = {
    r"^\p{Lu}\p{L}*$": ({"Žluť", "A"}, {"a", "A1", ""}), r"^[\p{L}\d-]+$": ({"é-1"}, {"é 1"}),
    r"^\P{L}+$": ({"12"}, {"1a"}), r"^(?<area>[0-9]{2})-\d+$": ({"12-3"}, {"12-", "12-٣"}),
    r"(?<=EUR )[0-9]+": ({"EUR 5"}, {"5"}), r"(?<!x)y$": ({"y"}, {"xy", "y\n"}), r"^\u{41}\cA$": ({"A\x01"}, {"A"}),
    r"^[^[]&$": ({"a&"}, {"[&"}), r"^a$": ({"a"}, {"a\n"}), r"\$5": ({"$5"}, {"5"}),
}  # fmt: skip
UNREADABLE = ("^[a-z", "(", "/^[a-z]+$/i", r"\Aab\Z", r"^[\w-.]+$", "a{,3}", r"\k<x>", "[]", r"\p{Nobody}", "(?<=a+)b")


@pytest.mark.parametrize("pattern", READ)
def test_two_engines_read_it_alike(pattern: str) -> None:
    """The judge's validator and the mock's take the same texts."""
    right, wrong = READ[pattern]
    for validator in (Validator({"pattern": pattern}).is_valid, MockValidator({"pattern": pattern}).accepts):
        assert [True] * len(right) + [False] * len(wrong) == [validator(text) for text in (*right, *wrong)]


@pytest.mark.parametrize("pattern", UNREADABLE)
def test_what_engines_cannot_read_says_nothing_and_is_told(pattern: str) -> None:
    """It is no part of the converted schema, the rest of which counts, and a defect of the document."""
    schema = {"type": "string", "pattern": pattern}
    body = {"content": {"application/json": {"schema": schema}}}
    paths = {"/x": {"post": {"requestBody": body, "responses": {}}}}

    assert compiled(pattern) is None
    assert {"type": "string"} == Converter({}, "request").standalone(schema)
    assert any(
        d.pointer.endswith("/schema/pattern") for d in find_defects({"openapi": "3.0.0", "paths": paths}, "/x", "post")
    )


def test_names_of_properties_too(read: Callable[..., Any]) -> None:
    """A pattern of property names that engines read differently frees the names; others are kept."""
    schema = {"patternProperties": {"(": {"type": "string"}, "^a": {"type": "integer"}}, "additionalProperties": False}

    assert {"patternProperties": {"^a": {"type": "integer"}}} == Converter({}, "request").standalone(schema)
