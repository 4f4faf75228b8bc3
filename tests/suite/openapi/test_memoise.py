"""Results are memoised by the identity of the argument, and never returned for another object."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from chatcert.openapi.schemas.memoise import memoise_by_identity


def test_it_is_made_once_for_each_object() -> None:
    """The same object gets the same again; an equal one gets its own."""
    calls: list[list[int]] = []
    made = memoise_by_identity(maxsize=2)(lambda source: calls.append(source) or len(calls))  # type: ignore[func-returns-value]
    first, equal = [1], [1]

    assert [1, 1, 2, 2, 1] == [made(source) for source in (first, first, equal, equal, first)]
    assert 2 == len(calls)


@given(st.integers(1, 30))
def test_objects_that_come_and_go_are_distinguished(number: int) -> None:
    """However many there are, and though addresses are used again, each gets what was made of it."""
    made = memoise_by_identity(maxsize=8)(lambda source: source["is"])

    assert all(made({"is": n}) == n for n in range(number))
