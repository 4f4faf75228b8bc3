"""Random valid bodies: any of the optional fields, with values that Hypothesis draws from their schemas."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.cases.values.drawing import draw
from chatcert.cases.values.random_values import MAX_CHOSEN, subsets_of
from chatcert.cases.values.strategies import Strategies


def random_bodies(bodies: ValidBodies, count: int, seed: int) -> list[Any]:
    """Return up to so many different bodies; whether they are valid, the validator has to confirm."""
    free = {name: strategy for name, strategy in _free_fields(bodies).items() if not _is_empty(strategy)}
    return draw(_varied(bodies, free), count, seed)


def _free_fields(bodies: ValidBodies) -> dict[str, SearchStrategy[Any]]:
    """Return a strategy for each top-level field that names no resource and need not be new."""
    strategies = Strategies(bodies.root)
    return {path[0]: strategies.valid(field.schema) for path, field in bodies.fields.items() if bodies.is_free(path)}


def _varied(bodies: ValidBodies, free: dict[str, SearchStrategy[Any]]) -> SearchStrategy[Any]:
    """Bodies with any of the optional fields, in which the fields of ``free`` have drawn values."""
    required = [path[0] for path, field in bodies.fields.items() if len(path) == 1 and field.required]
    optional = subsets_of(bodies.optional_names)
    varying = subsets_of(required) if len(required) > MAX_CHOSEN else st.just(required)

    @st.composite
    def strategy(choose: st.DrawFn) -> Any:
        chosen = choose(optional)
        body = bodies.body(*chosen)
        if not isinstance(body, dict):
            return body
        return {**body, **{name: choose(free[name]) for name in [*choose(varying), *chosen] if name in free}}

    return strategy()


def _is_empty(strategy: SearchStrategy[Any]) -> bool:
    """Return whether a strategy has no values or cannot tell; its field keeps its typical value then."""
    try:
        return bool(strategy.is_empty)
    except (HypothesisException, RecursionError):
        return True
