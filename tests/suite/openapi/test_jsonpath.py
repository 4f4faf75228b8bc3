"""JSONPath queries: what RFC 9535 says, in bounded time."""

from __future__ import annotations

import contextlib
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatcert.exceptions import UsageError
from chatcert.openapi.document import jsonpath
from chatcert.openapi.document.jsonpath import Evaluator

DOCUMENT = {"a": [{"n": "p", "v": 1}, {"n": "q\r", "v": 2}], "b": {"c": {"n": "pp"}}}


def _find(query: str, value: Any = DOCUMENT) -> list[Any]:
    evaluator = Evaluator()
    return [node.value for node in evaluator.find(evaluator.compile(query), value)]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$.a[0].n", ["p"]),
        ("$['a'][-1]['v']", [2]),
        ("$.a[0, 0].v", [1]),
        ("$..n", ["p", "q\r", "pp"]),
        ("$.a[?@.v > 1].v", [2]),
        ("$.a[?@.v == $.a[0].v].n", ["p"]),
        ("$[?length(@) == 1].c.n", ["pp"]),
        ("$.a[?count(@.*) == 2].v", [1, 2]),
        ("$.a[?value(@..v) == 2].v", [2]),
        ("$.a[?match(@.n, 'p')].v", [1]),
        ("$..[?match(@.n, 'p*')].n", ["p", "pp"]),
        ("$.a[?match(@.n, 'q.')].v", []),
        ("$.a[?search(@.n, 'q')].v", [2]),
        ("$.a[?search(@.n, '(?i)Q')].v", []),
        ("$.a[?search(@.v, 'q')].v", []),
    ],
)
def test_a_query_selects_what_the_standard_says(query: str, expected: list[Any]) -> None:
    """Selectors, segments, filters and all five functions work; a location is selected once."""
    assert expected == _find(query)


@pytest.mark.parametrize(
    "query", ["", "a", "$.", "$[", "$.a[?]", "$.a[?nope(@)]", "$[9007199254740992]", "$" + "[?(" * 2000, "$" * 5000]
)
def test_what_is_no_query_is_refused(query: str) -> None:
    """A malformed, unknown or oversized query is a user's mistake, whatever the library raises."""
    with pytest.raises(UsageError, match=r"is not a JSONPath|is longer than"):
        _find(query)


@given(st.text(alphabet="$.[]()?@'\"*,:-!=<>&|0123ab \\u\n", max_size=40))
def test_no_text_crashes_the_parser(text: str) -> None:
    """Any text is a query that can be evaluated, or is refused."""
    with contextlib.suppress(UsageError):
        _find(f"${text}")


@pytest.mark.parametrize(
    "query",
    [
        "$" + "..*" * 8,
        "$" + "[*,*]" * 40,
        "$..[?count($..*) > count($..[?count($..*) > 1])]",
        "$..[?@..[?@..[?@..n]]]",
        "$..[?$ == $]",
    ],
    ids=["descendants", "unions", "root-in-filter", "filters", "comparisons"],
)
def test_a_query_visits_a_bounded_number_of_nodes(query: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take for ever is refused when its budget is spent; filters count too."""
    monkeypatch.setattr(jsonpath, "MAX_STEPS", 20_000)
    value: Any = {"n": 1}
    for _ in range(60):
        value = {"n": value, "m": [1, 2]}

    with pytest.raises(UsageError, match="visits more than 20,000 nodes"):
        _find(query, value)


@pytest.mark.parametrize("function", ["match", "search"])
def test_a_pattern_is_looked_for_in_bounded_time(function: str) -> None:
    """Patterns that a backtracking engine cannot finish are looked for all the same."""
    start = time.process_time()

    assert [] == _find(f"$[?{function}(@, '(a*)*(a|aa)*b')]", ["a" * 5000 + "c"])
    assert 2 > time.process_time() - start
