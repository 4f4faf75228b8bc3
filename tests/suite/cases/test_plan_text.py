"""Plans that are written down come back as they were."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request
from chatcert.cases.plan import Plan, Planned

TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=12)
NAMES = st.text("abc", max_size=3)
PAIRS = st.lists(st.tuples(NAMES, TEXT), max_size=2).map(tuple)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
BODIES = (
    st.none() | st.builds(JsonBody, VALUES, st.dictionaries(NAMES, TEXT, max_size=1)) | st.builds(RawBody, st.binary())
)
MAPPINGS = st.dictionaries(NAMES, TEXT, max_size=2)
REQUESTS = st.builds(Request, st.just("POST"), MAPPINGS, PAIRS, PAIRS, BODIES, MAPPINGS)
ALONE = st.builds(
    Case, TEXT, NAMES, REQUESTS, st.sampled_from(Expectation), TEXT, st.none(), NAMES, st.booleans(), st.floats(0, 5)
)
CASES = ALONE | st.builds(Case, TEXT, NAMES, REQUESTS, st.sampled_from(Expectation), TEXT, ALONE)
PLANS = st.builds(Plan, st.lists(CASES, max_size=3).map(tuple), TEXT)
PLANNED = st.builds(
    Planned,
    st.none() | CASES,
    st.none() | st.lists(st.tuples(NAMES, CASES), max_size=2).map(tuple),
    st.dictionaries(NAMES, PLANS, max_size=3),
)


def typed(value: Any) -> Any:
    """A value with the type of each of its parts, so that 1, 1.0 and true are told apart."""
    if isinstance(value, dict):
        return {key: typed(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [typed(inner) for inner in value]
    return type(value).__name__, value


@settings(max_examples=50)
@given(PLANNED)
def test_what_is_written_comes_back(planned: Planned) -> None:
    """Any plans come back as they were: the same requests, in the same order, with the same controls."""
    text = planned.to_text()

    assert text is not None
    assert planned == Planned.from_text(text)


@given(VALUES)
def test_the_type_of_every_number_comes_back(value: Any) -> None:
    """A whole number stays whole, a fraction a fraction, and true is no number."""
    case = Case("a", "b", Request("POST", {}, body=JsonBody(value)), Expectation.ANY, "")

    back = Planned.from_text(Planned(case).to_text() or "").control

    assert back is not None
    assert isinstance(back.request.body, JsonBody)
    assert typed(value) == typed(back.request.body.value)


@pytest.mark.parametrize("value", [float("nan"), (1, 2), {1: 2}, object()])
def test_what_would_come_back_otherwise_is_not_written(value: Any) -> None:
    """What JSON cannot hold as it is makes no text, rather than another request."""
    case = Case("a", "b", Request("POST", {}, body=JsonBody(value)), Expectation.ANY, "")

    assert Planned(case).to_text() is None


@settings(max_examples=20)
@given(PLANNED, PLANNED)
def test_merged_plans_hold_all_of_both(one: Planned, other: Planned) -> None:
    """What two processes have planned is all there when it is put together."""
    merged = one.merged(other)

    assert {*one.plans, *other.plans} == set(merged.plans)
    assert merged.control == (one.control or other.control)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"cases": [[]], "control": null, "options": null, "plans": {}}'])
def test_foreign_text_is_refused(text: str) -> None:
    """What was written by something else is an error that the caller knows, never half a plan."""
    with pytest.raises((ValueError, TypeError, KeyError, IndexError)):
        Planned.from_text(text)
