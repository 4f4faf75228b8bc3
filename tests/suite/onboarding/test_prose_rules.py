"""Rules that descriptions state in words, and what only looks like one."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.onboarding.prose_rules import stated_rules


def rules(description: str, **schema: Any) -> dict[str, Any]:
    """All that a description states."""
    found: dict[str, Any] = {}
    for rule, words in stated_rules({"type": "string", "description": description, **schema}):
        assert words
        found |= rule
    return found


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("At most 256 characters.", {"maxLength": 256}),
        ("A title, max. 1,024 characters long", {"maxLength": 1024}),
        ("The 64-character key", {"maxLength": 64}),
        ("At least 3 characters and at most 20 characters.", {"minLength": 3, "maxLength": 20}),
        ("Settings as a JSON string", {"contentMediaType": "application/json"}),
        ("Until when, in ISO 8601", {"format": "date-time"}),
        ("An RFC 3339 time", {"format": "date-time"}),
        ("Language, ISO 639-1", {"pattern": "^[a-z]{2}(-[A-Z]{2})?$"}),
        ("Must be one of a, b or c.", {"enum": ["a", "b", "c"]}),
        ("The role: one of `user`, `assistant`.", {"enum": ["user", "assistant"]}),
        ("One of the rooms that the user has joined.", {}),
        ("It is one of a kind.", {}),
        ("See the JSON reference.", {}),
        ("A name", {}),
    ],
)
def test_what_a_description_states(description: str, expected: dict[str, Any]) -> None:
    """Lengths, formats and listed values are stated; prose that merely has such words is not."""
    assert expected == rules(description)


def test_what_the_schema_says_already() -> None:
    """Nothing is stated twice, and nothing about texts in a field that holds none."""
    assert {} == rules("At most 20 characters, one of a, b", maxLength=20, enum=["a", "b"])
    assert {} == rules("A set of 16 pairs with keys of 64 characters", type="object")
    assert {"maxItems": 20} == rules("Up to 20 items", type="array")
