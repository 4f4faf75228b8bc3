"""Texts of a format and of a length, and proofs that a pattern and a format leave nothing to break."""

from __future__ import annotations

import re

import pytest

from chatcert.openapi.patterns.pattern_inclusion import implied_by_format, implies_format
from chatcert.openapi.values.format_texts import completed, is_surely, texts_of_length, variants_of

UUID4 = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$"
EMAIL = r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$"
BASE64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"


@pytest.mark.parametrize(
    ("name", "limits", "length"),
    [
        ("byte", (17, None), 20),
        ("byte", (0, 1023), 1020),
        ("base64url", (5, None), 6),
        ("date-time", (21, None), 22),
        ("email", (31, None), 31),
        ("email", (0, 320), 254),
        ("hostname", (65, None), 65),
        ("uri", (2084, None), 2084),
        ("ipv6", (40, None), 45),
    ],
)
def test_texts_as_long_as_wanted_keep_their_format(name: str, limits: tuple[int, int | None], length: int) -> None:
    """The first text has the nearest length that the format has, and a strict reader takes it."""
    texts = [text for text in texts_of_length(name, *limits) if is_surely(name, text)]

    assert length in [len(text) for text in texts]
    assert all(limits[0] <= len(text) <= (limits[1] or len(text)) for text in texts)


@pytest.mark.parametrize(("name", "pattern"), [("date", "^2031-"), ("email", "@example\\.org$"), ("uri", "^ftp:")])
def test_some_text_of_a_format_matches_a_pattern_and_some_does_not(name: str, pattern: str) -> None:
    """The texts of a format differ in what patterns tell apart."""
    assert {True, False} == {re.search(pattern, text) is not None for text in variants_of(name)}


def test_what_a_pattern_describes_is_completed() -> None:
    """A pattern may describe a part of an address only."""
    assert any(is_surely("email", text) for text in completed("email", "@example.com"))
    assert any(is_surely("date", text) for text in completed("date", "2027-"))


@pytest.mark.parametrize(
    ("name", "text"), [("byte", "aGk"), ("byte", "a" * 16 + " "), ("email", "a@b"), ("email", "user@example.org!")]
)
def test_a_rare_form_is_not_surely_of_a_format(name: str, text: str) -> None:
    """What a lenient reader takes, a strict one may refuse."""
    assert not is_surely(name, text)


@pytest.mark.parametrize(
    ("pattern", "name", "implies", "implied"),
    [
        (UUID4, "uuid", True, False),
        ("^[0-9a-fA-F-]{36}$", "uuid", False, True),
        (UUID4.strip("^$"), "uuid", False, False),
        (EMAIL, "email", True, False),
        (r"^\S+@\S+$", "email", False, True),
        (r"^\d{4}-\d{2}-\d{2}$", "date", False, True),
        (BASE64, "byte", True, True),
        ("^https?://", "uri", False, False),
        ("^https://[a-z.]+/[a-z0-9/_-]*$", "uri", True, False),
        (r"^(?=.{3})\d+$", "date", False, False),
        ("^[a-z", "uuid", False, False),
        ("^a$", "color", False, False),
    ],
)
def test_a_pattern_is_compared_with_a_format(pattern: str, name: str, implies: bool, implied: bool) -> None:
    """What one allows is proven to be in the other, or it is not; what cannot be compared is not proven."""
    assert (implies, implied) == (implies_format(pattern, name), implied_by_format(pattern, name))
