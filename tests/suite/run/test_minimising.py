"""Smaller bodies: what is tried, the larger steps first, and that every step takes something away."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chatcert.run.minimising import smaller_values

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def smaller(value: Any, *existing: str) -> list[Any]:
    """The smaller values that are tried, in order."""
    return [less for _, less in smaller_values(value, existing)]


def test_whole_members_go_first() -> None:
    """Of an object each member is left out before anything within it is made smaller."""
    found = smaller({"a": "xy", "b": [1, 5]})

    assert [{"b": [1, 5]}, {"a": "xy"}] == found[:2]
    assert {"a": "", "b": [1, 5]} in found
    assert {"a": "xy", "b": [1]} in found
    assert {"a": "xy", "b": [1, 0]} in found


def test_what_cannot_be_smaller() -> None:
    """Nothing can be taken away from what is empty."""
    assert [] == [one for value in ("", 0, 1, None, True, {}, []) for one in smaller(value)]


def test_a_run_in_the_middle_of_a_text_is_taken_away() -> None:
    """Of a text each single character can go, and of a long one each part."""
    assert {"", "ac", "ab", "bc", "b"} >= {*smaller("abc")} >= {"", "ac", "ab", "bc"}
    assert {"x" * 100 + "y", "x" * 200} <= {*smaller("x" * 200 + "y")}


def test_names_of_existing_things_stay_whole() -> None:
    """A name that the server knows is left out as a member, and never made another one."""
    found = smaller({"agent": "known-1", "text": "a"}, "known-1")

    assert [{"text": "a"}, {"agent": "known-1"}, {"agent": "known-1", "text": ""}] == found[:3]
    assert {"known-1"} == {one["agent"] for one in found if "agent" in one}


@given(VALUES)
def test_every_step_takes_something_away(value: Any) -> None:
    """No step leads back, so that they come to an end."""
    for less in smaller(value):
        assert len(json.dumps(less)) <= len(json.dumps(value))
        assert less != value or json.dumps(less) != json.dumps(value)
