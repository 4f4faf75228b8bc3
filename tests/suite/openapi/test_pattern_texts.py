"""Texts that are built from the parts of a pattern."""

from __future__ import annotations

import re
from random import Random

import pytest

from chatcert.openapi.patterns.pattern_texts import text_beyond_ascii, text_for
from chatcert.openapi.patterns.regex import compiled


@pytest.mark.parametrize(
    "pattern",
    [
        r"^[a-z]{2}-[A-Z]{2}$",
        r"^(foo|bar)\d+$",
        r"[^a]x?",
        r"^\w+@\w+\.com$",
        r"^.{5,8}$",
        r"",
        r"^(?:a|b)*$",
        r"^(a|b)-\1$",
        r"(?<=EUR )[0-9]+",
        r"[a-z](?<=[a-z])[0-9]",
    ],
)
def test_a_text_matches_its_pattern(pattern: str) -> None:
    """Each part of a pattern leads to a text that the whole pattern matches, and another generator to another text."""
    found = compiled(pattern)
    assert found is not None
    texts = {text_for(found, Random(seed)) for seed in range(30)}

    assert all(re.search(pattern, text) for text in texts)
    assert len(texts) > 1 or not pattern


@pytest.mark.parametrize(("least", "most"), [(0, 3), (12, 20), (100, None)])
def test_a_text_keeps_to_its_length(least: int, most: int | None) -> None:
    """Open repetitions repeat as often as the length of the text asks for."""
    found = compiled("^[a-z]*$")
    assert found is not None

    lengths = {len(text_for(found, Random(seed), least, most)) for seed in range(30)}

    assert least <= min(lengths)
    assert most is None or max(lengths) <= most


def test_a_pattern_without_any_text_gives_an_empty_one() -> None:
    """A pattern that nothing matches ends with a text that the caller finds not to match."""
    found = compiled("^(?!a)a$")
    assert found is not None

    assert text_for(found, Random(1)) == "a"


@pytest.mark.parametrize(
    "pattern", [r"^\p{L}+$", r"^[\p{Lu}\p{N}_-]{3,9}$", "^[a-zäöü]+$", r"^\p{Sc}\d+$", r"^[^\p{C}]{1,5}$"]
)
def test_texts_are_ascii_where_the_pattern_leaves_a_choice(pattern: str) -> None:
    """A class of Unicode has letters of ASCII too, which every server knows; others are written when wanted."""
    found = compiled(pattern)
    assert found is not None

    assert all(text_for(found, Random(seed)).isascii() for seed in range(30))
    other = text_beyond_ascii(found)
    assert found.search(other)
    assert not other.isascii()


@pytest.mark.parametrize("pattern", ["^[a-z]+$", r"^[^\u0080-\uFFFF]+$", r"^\d{3}$"])
def test_no_text_beyond_ascii(pattern: str) -> None:
    """Where a pattern takes ASCII alone, no other text is written."""
    found = compiled(pattern)
    assert found is not None

    assert "" == text_beyond_ascii(found)
