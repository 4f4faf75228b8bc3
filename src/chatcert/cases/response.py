"""Cases that bring about the answers on which rules are judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, cycle, islice
from typing import Any

from hypothesis.errors import HypothesisException

from chatcert.cases.case import Case, Expectation
from chatcert.cases.content import MOST_TOGETHER, some_of
from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.planner import Planner
from chatcert.cases.strategies import Strategies
from chatcert.openapi.fields import ANY
from chatcert.openapi.pointer import lookup, tokens_of
from chatcert.requirements.check import Accepts, Answers, Authenticates, KnowsResource, Refuses, RefusesPayload
from chatcert.requirements.requirement import Requirement

ECHO_MEMBERS: dict[str, Any] = {
    "spaces": "  before and after  ",
    "forms": "e\u0301 é ﬁ ½ Å",
    "whole": 9007199254740991,
    "exact": 0.30000000000000004,
    "small": 1e-7,
    "zero": 0,
    "no": False,
    "nothing": None,
    "empty text": "",
    "empty list": [],
    "empty object": {},
    "": "an empty key",
    "Case": 1,
    "case": 2,
    "a.b": 1,
    "lines": "a\r\nb\n",
    "order": [3, 1, 2, 1],
    "long": "so it goes on, " * 200,
}
LONG_ECHO = 200
"""Characters of a text that must come back as it is: no more than what a column of 255 takes."""
REPEATS = 4
OVERLAPPING = 6
CLOCK_STEPS = (1.1, 2.2)
"""Seconds from the first look at a clock to the next ones: one that counts in whole seconds shows another time at the
first of them, one that is a second behind at the second. None is taken once the clock has been seen to move."""


def cases(planner: Planner, requirement: Requirement, check: Answers) -> Iterator[Case]:
    """What has to be sent so that a rule on answers has something to be judged on."""
    if check.status.startswith("2"):
        yield planner.control()
        yield from _successes(planner, requirement, check)
    elif check.status == "any":
        yield planner.control()
    else:
        yield from _refusals(planner, requirement, check)


def _successes(planner: Planner, requirement: Requirement, check: Answers) -> Iterator[Case]:
    full = planner.control(planner.request(planner.instances.body(*planner.instances.optional)), "all-fields")
    match check.rule:
        case "status":
            for number, body in enumerate(_valid_bodies(planner, planner.profile.valid_bodies), 1):
                yield planner.edited(
                    requirement, planner.request(body), Expectation.ACCEPTED, f"generated body {number}", None
                )
        case "unique":
            for number in range(REPEATS):
                yield planner.edited(requirement, planner.request(), Expectation.ACCEPTED, f"again {number}", None)
            for number in range(OVERLAPPING):
                case = planner.edited(requirement, planner.request(), Expectation.ACCEPTED, f"at once {number}", None)
                yield replace(case, group=f"{requirement.id}/at-once")
        case "clock-moves":
            for seconds in CLOCK_STEPS:
                edit = f"{seconds} s later"
                case = planner.edited(requirement, planner.request(), Expectation.ACCEPTED, edit, None)
                yield replace(case, wait=seconds)
        case "equals":
            yield full
            yield from _echoes(planner, requirement, check)
        case "schema" | "constant" | "promised":
            yield full
        case _:
            return


def _echoes(planner: Planner, requirement: Requirement, check: Answers) -> Iterator[Case]:
    """Values that come back changed where they are not handed on as they are."""
    expression = str((check.detail or {}).get("expression", ""))
    path = tokens_of(expression.partition("#")[2])
    instances = planner.instances
    if not expression.startswith("$request.body#/") or instances.resource_at(path) is not None:
        return
    base = instances.body_with(path[:1])
    current = lookup(base, path)
    changed: list[tuple[str, Any]] = []
    if isinstance(current, dict):
        changed = [("values that are easily changed on the way", {**current, **ECHO_MEMBERS})]
    elif isinstance(current, str):
        changed = [
            ("characters that are easily changed on the way", f"  {current} e\u0301 "),
            (f"a text of {LONG_ECHO} characters", f"{current} {'a long title, ' * LONG_ECHO}"[:LONG_ECHO]),
        ]
    for edit, value in changed:
        body = planner.altered(base, path, value)
        if instances.validator.is_valid(body):
            yield planner.edited(requirement, planner.request(body), Expectation.ACCEPTED, edit, planner.control())


def _valid_bodies(planner: Planner, count: int) -> list[Any]:
    """Generated bodies that the validator confirms: any of the optional fields, any sane values.

    Fields that name resources keep their configured values. Where there are fewer different bodies than wanted they are
    sent again: what is wrong now and then shows only in many answers.
    """
    instances = planner.instances
    if planner.contract.body is None or not instances.fields:
        return []
    from hypothesis import strategies as st

    optional = list(instances.optional)
    strategies = Strategies(instances.root)
    free = {
        path[0]: strategies.valid(field.schema)
        for path, field in instances.fields.items()
        if len(path) == 1 and path != (ANY,) and instances.resource_at(path) is None
    }
    required = [path[0] for path, field in instances.fields.items() if len(path) == 1 and field.required]

    named, varying = some_of(optional), some_of(required) if len(required) > MOST_TOGETHER else st.just(required)

    @st.composite
    def bodies(choose: Any) -> Any:
        chosen = choose(named)
        body = instances.body(*chosen)
        if not isinstance(body, dict):
            return body
        varied = {name: choose(free[name]) for name in [*choose(varying), *chosen] if name in free}
        return {**body, **varied}

    free = {name: strategy for name, strategy in free.items() if not _is_barren(strategy)}
    if free or 2 ** len(optional) > count:
        drawn = draw(bodies(), count, seed_of(planner.seed, planner.contract.vendor, "valid"))
    else:  # nothing but which of them are named can differ
        sizes = range(len(optional) + 1)
        drawn = [instances.body(*names) for size in sizes for names in combinations(optional, size)]
    confirmed = [body for body in drawn if instances.validator.is_valid(body)]
    return list(islice(cycle(confirmed or [instances.body(*optional)]), count))


def _is_barren(strategy: Any) -> bool:
    """Whether a strategy has no values, or cannot say so: a field keeps its typical value then."""
    try:
        return bool(strategy.is_empty)
    except (HypothesisException, RecursionError):
        return True


def _refusals(planner: Planner, requirement: Requirement, check: Answers) -> Iterator[Case]:
    """One request that the answer's status is meant for, if a client can bring it about."""
    contract = planner.contract
    status = check.status
    wanted: tuple[type, ...]
    if status in ("invalid", *map(str, contract.bad_request_statuses)):
        wanted = (Refuses, RefusesPayload)
    elif status in ("unauthenticated", *map(str, contract.refusal_statuses)):
        wanted = (Authenticates,)
    elif status == "404":
        wanted = (KnowsResource,)
    elif status in ("4XX", "default"):
        wanted = (Refuses, RefusesPayload, Authenticates)
    else:
        return
    for other in planner.requirements:
        if isinstance(other.check, wanted) and not isinstance(other.check, Accepts):
            plan = planner.plan(other)
            for case in plan.cases[:1]:
                yield replace(case, id=f"shared/{other.id}", shared=True, requirement=other.id)
            if plan.cases:
                return
