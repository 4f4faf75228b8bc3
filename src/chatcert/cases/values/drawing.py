"""Draw examples from Hypothesis strategies: the same seed gives the same examples, whatever else is imported.

Nothing is sent while Hypothesis runs, so that it never shrinks by sending requests.
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

from chatcert.cases.seeds import seed_of

Value = TypeVar("Value")

_BACKEND = "chatcert"

BATCH = 8
"""Values that are drawn in one example: to start an example takes Hypothesis longer than to draw a value."""


class ReproducibleProvider(providers.HypothesisProvider):
    """Hypothesis' generator without the constants that it collects from the modules that are loaded."""

    _local_constants = providers.Constants()


providers.AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{ReproducibleProvider.__name__}"


def _drawn(strategy: SearchStrategy[Value], examples: int, seed_value: int) -> dict[str, Value]:
    """Return the different values of a number of examples, by their ``repr``; each example holds ``BATCH`` values."""
    drawn: dict[str, Value] = {}

    @seed(seed_value)
    @settings(
        max_examples=examples,
        database=None,
        phases=[Phase.generate],
        deadline=None,
        suppress_health_check=list(HealthCheck),
        backend=_BACKEND,
        print_blob=False,
    )
    @given(st.tuples(*[strategy] * BATCH))
    def collect(values: tuple[Any, ...]) -> None:
        for value in values:
            drawn.setdefault(repr(value), value)

    with suppress(HypothesisException, RecursionError, OverflowError, re.error):  # the examples until then count
        collect()
    return drawn


def draw(strategy: SearchStrategy[Value], count: int, seed_value: int) -> list[Value]:
    """Return up to ``count`` different examples; fewer where the strategy has fewer.

    The work is bounded by attempts, not by the clock: a slow machine draws the same examples.
    """
    if count <= 0:
        return []
    examples = 2 + count // BATCH  # the first example holds the simplest value in every place
    drawn = _drawn(strategy, examples, seed_value)
    if len(drawn) < count:
        drawn = _drawn(strategy, 2 * examples, seed_of(seed_value, "more")) | drawn
    values = list(drawn.values())  # the first of them are the simplest: return some from the whole range
    step = max(1, len(values) // count)
    return values[::step][:count]
