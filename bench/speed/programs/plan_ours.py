"""Plan every case of a vendor, as a run does before it sends.

    python plan_ours.py VENDOR PROFILE

Prints one line of JSON: ``seconds`` from contract to cases, how many ``cases``, and how many of those the validator has
confirmed to be valid or invalid, as each claims (``confirmed``); the others (wrong media types, broken JSON, bad
credentials) claim nothing of a schema.
"""

from __future__ import annotations

import json
import sys
import time

import hypothesis
import schemathesis  # noqa: F401  what planning imports as it goes is imported before the clock starts

from chatcert.cases import accepting, answering, attacking, refusing, schemathesis_source, strategies  # noqa: F401
from chatcert.cases.case import Expectation, RawBody
from chatcert.cases.planning import Planner, request_key
from chatcert.cases.profile import profile_named
from chatcert.contract.catalogue import derive
from chatcert.mock.world import World, environment
from chatcert.target.settings import from_environment
from chatcert.vendors import open_vendor

CLAIMS = (Expectation.ACCEPTED, Expectation.LIMIT, Expectation.UNKNOWN, Expectation.REFUSED)


def main(vendor: str, profile: str) -> None:
    """Plan, count, print."""
    contract = open_vendor(vendor)
    _, resources = from_environment(contract, environment(contract, World.of(contract)))
    _warm()
    started = time.perf_counter()
    planner = Planner(contract, resources, profile_named(profile), seed=1)
    plans = [planner.plan(requirement) for requirement in derive(contract).requirements.values()]
    seconds = time.perf_counter() - started
    cases = {request_key(case.request): case for plan in plans for case in plan.cases}
    confirmed = sum(
        case.expectation in CLAIMS and not isinstance(case.request.body, RawBody) for case in cases.values()
    )
    print(json.dumps({"seconds": seconds, "cases": len(cases), "confirmed": confirmed}))


def _warm() -> None:
    """Have Hypothesis read what it reads once, as it has for the peer by the first example, which is not counted."""

    @hypothesis.settings(max_examples=2, database=None, phases=[hypothesis.Phase.generate])
    @hypothesis.seed(1)
    @hypothesis.given(hypothesis.strategies.text())
    def draw(text: str) -> None:
        """Nothing is asked of it."""

    draw()


if __name__ == "__main__":
    main(*sys.argv[1:])
