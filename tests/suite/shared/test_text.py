"""Texts for people: shortened, counted, with nothing in them that cannot be seen."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.text import (
    count,
    encodable,
    format_duration,
    format_json,
    format_time,
    join_numbers,
    one_line,
    parse_time,
    percent,
    shorten,
    truncate,
    visible,
)


@given(text=st.text(max_size=40), limit=st.integers(min_value=2, max_value=40), keep_end=st.booleans())
def test_a_shortened_text_keeps_its_limit(text: str, limit: int, keep_end: bool) -> None:
    """A text is left alone or exactly as long as it may be, with an ellipsis where something is left out."""
    short = shorten(text, limit, keep_end=keep_end)

    if len(text) <= limit:
        assert text == short
    else:
        start, end = short[: (limit if keep_end else 2 * limit) // 2 - 1], short[len(short) - (limit - 1) // 2 :]
        assert limit == len(short)
        assert text.startswith(start)
        assert "…" in short
        assert not keep_end or text.endswith(end)


def test_the_middle_can_be_left_out() -> None:
    """Where the end of a message says what is wrong, the middle goes."""
    assert "abcd…" == shorten("abcdefghij", 5)
    assert "ab…ij" == shorten("abcdefghij", 5, keep_end=True)


def test_a_cut_text_says_how_long_it_is() -> None:
    """A long text ends where it is cut, and its length is given."""
    assert "abc" == truncate("abc", 3)
    assert "ab [cut here: 1,200 characters in all]" == truncate("ab" * 600, 2)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("", '""'),
        (" ", '" "'),
        ("a\nb", '"a\\nb"'),
        (None, "null"),
        ([1, "é"], '[1, "é"]'),
        ("a" * 61, "a" * 59 + "…"),
    ],
)
def test_values_in_sentences(value: Any, text: str) -> None:
    """A readable text stands as it is; anything else is JSON, so that its type can be seen."""
    assert text == format_json(value)


@pytest.mark.parametrize(
    ("part", "total", "expected"), [(999, 1000, 99), (1, 3, 33), (2, 3, 66), (3, 3, 100), (0, 0, 0)]
)
def test_percentages_are_rounded_down(part: int, total: int, expected: int) -> None:
    """All but one is never 100 %."""
    assert expected == percent(part, total)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.00012, "0.12 ms"), (0.0042, "4.2 ms"), (0.012, "12 ms"), (1.5, "1.5 s"), (5000, "5,000 s"), (0, "0 ms")],
)
def test_durations(seconds: float, text: str) -> None:
    """Durations are written in milliseconds or seconds, with no more digits than a reader needs."""
    assert text == format_duration(seconds)


@given(st.text())
def test_what_is_made_encodable_can_be_encoded(text: str) -> None:
    """No half of a surrogate pair is left, and all else stays as it is."""
    assert encodable(text) == encodable(text).encode("utf-8").decode("utf-8")
    assert text == encodable(text) or any("\ud800" <= character <= "\udfff" for character in text)


def test_invisible_characters() -> None:
    """Control characters and direction marks become escapes; tabs and line feeds stay, but not in one line."""
    assert "\\x1b[2J\\u202e\ta\nb" == visible("\x1b[2J\u202e\ta\nb")
    assert "a b c" == one_line(" a\tb\n\nc ")


def test_numbers() -> None:
    """Numbers are written with their nouns, and several of them as a list."""
    assert ["1 key", "2 keys", "1,000 entries"] == [count(1, "key"), count(2, "key"), count(1000, "entry", "entries")]
    assert ["", "1", "1, 2 and 5"] == [join_numbers([]), join_numbers([1]), join_numbers([1, 2, 5])]


def test_times_are_read_back() -> None:
    """A time is written in UTC to the millisecond, and read back."""
    assert "2026-01-31T09:30:00.500Z" == format_time(1769851800.5)
    assert 1769851800.5 == parse_time("2026-01-31T09:30:00.500Z").timestamp()
