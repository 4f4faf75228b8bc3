"""Bodies in JSON: whatever is in them comes back, and what repeats itself for long stands once."""

from __future__ import annotations

import json
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.transport.redaction.packed_body import MAX_BODY, packed, unpacked

PIECES = st.tuples(st.text(max_size=20), st.integers(1, 3000))


@given(st.one_of(st.none(), st.binary(max_size=200), st.lists(PIECES, max_size=5)))
def test_every_body_comes_back(drawn: bytes | list[tuple[str, int]] | None) -> None:
    """None, bytes that are no text, and texts with repetitions."""
    body = "".join(piece * times for piece, times in drawn).encode() if isinstance(drawn, list) else drawn
    row = json.loads(json.dumps(packed(body)))

    assert body == unpacked(row)


@pytest.mark.parametrize("piece", ["a", "0, ", "a long story, ", "e\u0301", "\U0001f600"])
def test_what_repeats_itself_stands_once(piece: str) -> None:
    """A body with a long field is written in a line; the text around it stands as it is."""
    body = f'{{"text": "{piece * 100_000}", "ends": true}}'.encode()
    row = packed(body)

    assert row is not None
    assert len(json.dumps(row)) < 200
    assert body == unpacked(row)


def test_short_and_varied_bodies_stay_readable() -> None:
    """Nothing is to be gained there."""
    varied = json.dumps({f"key_{number}": number for number in range(2000)})

    assert {"text": "a" * 1000} == packed(b"a" * 1000)
    assert {"text": varied} == packed(varied.encode())
    assert ["a"] == [key for key, _ in groupby("".join(piece for piece, _ in (packed(b"a" * 5000) or {})["runs"]))]


def test_a_body_that_would_fill_the_memory_is_refused() -> None:
    """A line that somebody else wrote may name any number."""
    with pytest.raises(ValueError, match="a body of more than"):
        unpacked({"runs": [["a", MAX_BODY + 1]]})
