"""Drawing examples from Hypothesis strategies: the same seed, the same examples, whatever else is imported.

Nothing is sent while Hypothesis runs, so nothing can shrink over the wire.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.internal.conjecture import providers
from hypothesis.strategies import SearchStrategy

Value = TypeVar("Value")

_BACKEND = "chatcert"

BATCH = 8
"""Values that are drawn in one go: beginning an example takes Hypothesis longer than drawing a value of ours."""


class ReproducibleProvider(providers.HypothesisProvider):
    """Hypothesis' own generator without the constants that it mines from whatever modules are loaded."""

    _local_constants = providers.Constants()


providers.AVAILABLE_PROVIDERS[_BACKEND] = f"{__name__}.{ReproducibleProvider.__name__}"


def seed_of(*parts: object) -> int:
    """A seed that follows from ``parts`` alone, the same in every process."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _drawn(strategy: SearchStrategy[Value], examples: int, seed_value: int) -> dict[str, Value]:
    """What comes of so many examples, each of which holds a batch of values; by what they look like."""
    found: dict[str, Value] = {}

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
            found.setdefault(repr(value), value)

    with suppress(HypothesisException, RecursionError, OverflowError, re.error):  # what was found until then counts
        collect()
    return found


def draw(
    strategy: SearchStrategy[Value] | Callable[[], SearchStrategy[Value]], count: int, seed_value: int
) -> list[Value]:
    """Up to ``count`` distinct examples; fewer where the strategy holds fewer, none where it holds none.

    It is bounded by attempts, not by the clock: the same examples come on a slow machine.

    Args:
        strategy: a strategy, or what makes it: where none can be made, there are no examples.
    """
    if count <= 0:
        return []
    one = st.deferred(strategy) if callable(strategy) else strategy
    examples = 2 + count // BATCH  # the first one holds the simplest value all over
    found = _drawn(one, examples, seed_value)
    if len(found) < count:
        found = _drawn(one, 2 * examples, seed_of(seed_value, "more")) | found
    # The first examples of a run are its simplest ones: take a spread instead.
    values = list(found.values())
    step = max(1, len(values) // count)
    return values[::step][:count]
