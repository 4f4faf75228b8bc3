"""New values in the form of old ones: valid, of the same length where that matters, and never twice the same."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.fresh_values import fresh, is_scarce, varied

SCHEMAS: list[tuple[dict[str, Any], Any]] = [
    ({"type": "string"}, "chat"),
    ({"type": "string", "maxLength": 4}, "chat"),
    ({"type": "string", "format": "uuid"}, "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f"),
    ({"type": "string", "format": "email"}, "user@example.org"),
    ({"type": "string", "pattern": "^room_[a-z]{6,10}$"}, "room_abcdef"),
    ({"type": "string", "pattern": "^[A-Z]{3}-[0-9]{8}$"}, "ABC-12345678"),
    ({"type": "integer", "minimum": 1}, 1),
    ({"type": "integer", "minimum": 1, "maximum": 5_000_000}, 1),
]


@pytest.mark.parametrize(("schema", "value"), SCHEMAS)
def test_fresh(schema: dict[str, Any], value: Any) -> None:
    """A hundred new values are all valid and all different."""
    made = [fresh(value, schema, schema, Random(number)) for number in range(100)]

    assert all(validator_for(schema).is_valid(one) for one in made)
    assert 99 <= len({*made})
    assert value not in made


@pytest.mark.parametrize(
    ("value", "start"),
    [("chat", "chat"), ("my-chat", "my-chat-"), ("#room:example.org", "#room"), ("https://example.org/", "https://")],
)
def test_the_form_stays(value: str, start: str) -> None:
    """A new value begins as the old one does, and has what follows its name."""
    made = fresh(value, {"type": "string"}, {"type": "string"}, Random(1))

    assert made.startswith(start)
    assert value.partition(":")[2] in made


@pytest.mark.parametrize(
    "value", ["a" * 64, "aa", "a", "😀" * 64, "😀", "e\u0301e", "a" * 64 + " ", 1, ["a", {"b": "c"}]]
)
def test_varied(value: Any) -> None:
    """A boundary value varies without another length, and breaks the same rules."""
    schema = {"type": "string", "minLength": 1, "maxLength": 64}
    made = [varied(value, schema, schema, Random(number)) for number in range(20)]
    breaches = [[row[:2] for row in validator_for(schema).breaches(one)] for one in (value, *made)]

    assert 18 <= len({repr(one) for one in made})
    assert all(one == breaches[0] for one in breaches)
    if isinstance(value, str):
        assert {len(value)} == {len(one) for one in made}


@pytest.mark.parametrize("value", [None, True, "", " "])
def test_what_cannot_vary(value: Any) -> None:
    """Null, a Boolean and an empty text stay as they are."""
    schema = {"type": ["string", "null"], "maxLength": 0}

    assert value == varied(value, schema, schema, Random(1)) or value == " "


@pytest.mark.parametrize(
    ("schema", "value", "scarce"),
    [
        ({"type": "string", "pattern": "^[a-z]+$"}, "a", True),
        ({"type": "string"}, "a", False),
        ({"type": "string", "pattern": "^[a-z]+$"}, "aaaa", False),
        ({"type": "string"}, "", True),
        ({"type": "integer", "maximum": 9}, 9, True),
        ({"type": "boolean"}, True, True),
    ],
)
def test_what_many_runs_would_use_up(schema: dict[str, Any], value: Any, scarce: bool) -> None:
    """One letter of the alphabet is scarce, one letter of any script is not."""
    assert scarce is is_scarce(value, schema, schema)
