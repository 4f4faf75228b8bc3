"""Plan the cases of success answers: the requests over whose answers their rules are judged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, cycle, islice
from typing import Any

from hypothesis import strategies as st
from hypothesis.errors import HypothesisException
from hypothesis.strategies import SearchStrategy

from chatcert.cases.case import Case, Expectation
from chatcert.cases.designed_bodies import designed_bodies
from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.random_values import MAX_CHOSEN, subsets_of
from chatcert.cases.strategies import Strategies
from chatcert.cases.valid_bodies import ValidBodies
from chatcert.openapi.fields import ANY
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Requirement

RANDOM_IN = 15
"""One in so many generated bodies is random; the others are designed, and do not depend on the seed."""
LEAST_RANDOM = 2


def plan(context: PlanningContext, requirement: Requirement) -> Iterator[Case]:
    """Yield the valid requests over whose answers one rule is judged."""
    check, requests = requirement.check, context.requests
    assert isinstance(check, Answers)
    yield requests.control()
    match check.rule:
        case Rule.STATUS:
            for number, body in enumerate(_generated_bodies(context), 1):
                request = requests.request(body)
                yield edited(requirement, request, Expectation.ACCEPTED, f"generated body {number}", None)
        case Rule.SCHEMA | Rule.PROMISED:
            yield requests.full_control()


def _generated_bodies(context: PlanningContext) -> list[Any]:
    """Return generated bodies that the validator confirms: most of them designed, the others with random values.

    Fields that name resources keep their configured values. Where there are fewer different bodies than the profile
    asks for, they are sent again: a rare failure shows only in many answers.
    """
    bodies, count = context.requests.bodies, context.profile.valid_bodies
    if context.contract.body is None or not bodies.fields:
        return []
    free = {name: strategy for name, strategy in _free_fields(bodies).items() if not _is_empty(strategy)}
    optional = list(bodies.optional_names)
    if free or 2 ** len(optional) > count:
        random = max(LEAST_RANDOM, count // RANDOM_IN)
        generated = list(islice(designed_bodies(bodies), count - random))
        generated += draw(_varied(bodies, free), random, seed_of(context.seed, context.contract.vendor, "valid"))
    else:  # bodies can differ only in which of the fields they hold
        sizes = range(len(optional) + 1)
        generated = [bodies.body(*names) for size in sizes for names in combinations(optional, size)]
    confirmed = [bodies.settled(body) for body in generated if bodies.validator.is_valid(body)]
    return list(islice(cycle(confirmed or [bodies.full_body()]), count))


def _free_fields(bodies: ValidBodies) -> dict[str, SearchStrategy[Any]]:
    """Return a strategy for each top-level field that names no resource and need not be new."""
    strategies = Strategies(bodies.root)
    return {
        path[0]: strategies.valid(field.schema)
        for path, field in bodies.fields.items()
        if len(path) == 1 and path != (ANY,) and not bodies.is_fixed(path)
    }


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
