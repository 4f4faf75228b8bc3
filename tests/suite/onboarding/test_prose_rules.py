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
        ("Between 3 and 20 characters.", {"minLength": 3, "maxLength": 20}),
        ("1-64 characters, letters and digits only", {"minLength": 1, "maxLength": 64}),
        ("Exactly 26 characters", {"minLength": 26, "maxLength": 26}),
        ("Must be fewer than 256 characters.", {"maxLength": 255}),
        ("It must not be longer than 80 characters.", {"maxLength": 80}),
        ("Up to 120 characters; longer titles are truncated.", {"maxLength": 120}),
        ("We recommend at most 256 characters.", {}),
        ("Texts longer than 80 characters are split.", {}),
        ("The first 50 characters are shown in the list.", {}),
        ("A JSON object with settings.", {"contentMediaType": "application/json"}),
        ("Must be an HTTPS URL.", {"pattern": "^https://"}),
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


@pytest.mark.parametrize(
    ("description", "expected"),
    [
        ("Between 0 and 2. Higher is more random.", {"minimum": 0, "maximum": 2}),
        ("From 1 (low) to 5 (urgent)", {"minimum": 1, "maximum": 5}),
        ("between -0.5 and 1.5", {"minimum": -0.5, "maximum": 1.5}),
        ("Tokens per reply, at least 1. The model supports 8192 tokens.", {"minimum": 1}),
        ("Seconds, at most 86,400.", {"maximum": 86400}),
        ("Between 60 and 86400. Defaults to 3600.", {"minimum": 60, "maximum": 86400}),
        ("Kept for at least 30 days", {}),
        ("We recommend between 10 and 20.", {}),
        ("How many there are", {}),
    ],
)
def test_what_a_number_is_limited_to(description: str, expected: dict[str, Any]) -> None:
    """Ranges and single limits are stated; numbers with a unit of their own are of something else."""
    assert expected == rules(description, type="integer")
    assert {} == rules(description, type="integer", minimum=0)
