"""Plan every case of a vendor, as a run does before it sends, for several seeds in turn.

    python plan_ours.py VENDOR PROFILE

Prints one line of JSON: ``seconds`` from contract to cases, how many ``cases``, and how many of those the validator has
confirmed to be valid or invalid, as each claims (``confirmed``); the others (wrong media types, broken JSON, bad
credentials) claim nothing of a schema. Importing, reading the document and the plan of the first seed are not counted.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from typing import Any

from chatcert.cases.case import Case, Expectation, RawBody
from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.mock.backend import Backend, environment
from chatcert.openapi.contract import Contract
from chatcert.requirements.catalogue import derive
from chatcert.transport.target import from_environment
from chatcert.vendors import open_vendor

CLAIMS = (Expectation.ACCEPTED, Expectation.LIMIT, Expectation.UNKNOWN, Expectation.REFUSED)


SEEDS = 3


def main(vendor: str, profile: str) -> None:
    """Plan, count, print."""
    contract = open_vendor(vendor)
    _, resources = from_environment(contract, environment(contract, Backend.of(contract)))
    _planned(contract, resources, profile, 0)
    started = time.perf_counter()
    plans = [_planned(contract, resources, profile, seed) for seed in range(1, 1 + SEEDS)]
    seconds = time.perf_counter() - started
    cases = [{case.request.key: case for case in found}.values() for found in plans]
    confirmed = [sum(map(_claims, found)) for found in cases]
    print(json.dumps({"seconds": seconds, "cases": sum(map(len, cases)), "confirmed": sum(confirmed)}))


def _planned(contract: Contract, resources: Mapping[str, Any], profile: str, seed: int) -> list[Case]:
    planner = Planner(contract, resources, profile_named(profile), seed)
    return [case for one in derive(contract).requirements.values() for case in planner.plan(one).cases]


def _claims(case: Case) -> bool:
    """Whether a case claims to keep or to break a schema, which the validator has confirmed."""
    return case.expectation in CLAIMS and not isinstance(case.request.body, RawBody)


if __name__ == "__main__":
    main(*sys.argv[1:])
