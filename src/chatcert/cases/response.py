"""Plan the cases of success answers: the requests over whose answers their rules are judged."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, cycle, islice
from typing import Any

from chatcert.cases.case import GENERATED, Case, Expectation
from chatcert.cases.planning_context import PlanningContext, edited
from chatcert.cases.requests.designed_bodies import designed_bodies
from chatcert.cases.seeds import seed_of
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Requirement

RANDOM_IN = 15
"""One in so many generated bodies is random, but for the profile quick; the others do not depend on the seed."""
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
                yield edited(requirement, request, Expectation.ACCEPTED, f"{GENERATED} {number}", None)
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
    optional = list(bodies.optional_names)
    if any(map(bodies.is_free, bodies.fields)) or 2 ** len(optional) > count:
        random = max(LEAST_RANDOM, count // RANDOM_IN) if context.profile.examples else 0
        generated = list(islice(designed_bodies(bodies), count - random))
        if random:
            from chatcert.cases.requests.random_bodies import random_bodies  # it imports Hypothesis

            generated += random_bodies(bodies, random, seed_of(context.seed, context.contract.vendor, "valid"))
    else:  # bodies can differ only in which of the fields they hold
        sizes = range(len(optional) + 1)
        generated = [bodies.body(*names) for size in sizes for names in combinations(optional, size)]
    confirmed = [bodies.settled(body) for body in generated if bodies.validator.is_valid(body)]
    return list(islice(cycle(confirmed or [bodies.full_body()]), count))
