"""Servers as incidents left them, and honest ones that look alike: each is found by its owner, and none is blamed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

pytestmark = pytest.mark.slow

BROAD = (Kind.RESPONSE, Kind.ERROR, Kind.ISOLATION, Kind.SECURITY, Kind.RELATION, Kind.STATE)
"""Families that are about all answers, or about what requests of other families leave behind."""
FEEDING = (Kind.ACCEPTANCE, Kind.REFUSAL, Kind.RESOURCE, Kind.RESPONSE, Kind.RELATION, Kind.STATE, Kind.FRAMING)


class Vendor:
    """What the runs against the servers of one vendor share."""

    def __init__(self, name: str, peers: Any) -> None:
        self.catalogue: Catalogue = derive(open_vendor(name))
        self.peers = peers
        self.name = name
        credentials, resources = from_environment(self.catalogue.contract, peers.environment(name))
        self.credentials, self.resources = credentials, resources
        self.plans = Planner(self.catalogue.contract, resources, profile_named("standard"), 1)

    def broken(self, incident: Any, requirements: Sequence[Requirement]) -> tuple[list[str], list[str]]:
        """The musts and the shoulds that are broken after the requests for some requirements."""
        with self.peers.serve(self.name, apply=incident.apply) as url:
            target = Target(url, self.credentials, self.resources, limits=Limits(timeout=3.0))
            run = Execution(self.catalogue, target, profile_named("standard"), seed=1, plans=self.plans)
            try:
                run.preflight()
                run.run_all(requirements)
                run.prove()
            finally:
                run.close()
        verdicts = judge_all(self.catalogue, run.exchanges, run.reasons, run.unfinished)
        verdicts = fold_all(self.catalogue, run.exchanges, verdicts)
        found = {
            kind: [name.partition("/")[2] for name, verdict in verdicts.items() if verdict.kind is kind]
            for kind in (VerdictKind.FAIL, VerdictKind.WARN, VerdictKind.ERROR)
        }
        assert [] == found[VerdictKind.ERROR]
        return found[VerdictKind.FAIL], found[VerdictKind.WARN]

    def concerned(self, owner: str) -> list[Requirement]:
        """The requirements whose requests show what the owner is about, and the smallest valid request."""
        every = self.catalogue.requirements.values()
        kind = self.catalogue.requirements[f"{self.name}/{owner}"].kind
        logins = () if owner.startswith("response/2") else (Kind.AUTHENTICATION, Kind.ERROR)
        kinds = (*logins, *FEEDING) if kind in BROAD else (kind, Kind.FRAMING)
        smallest = [r for r in every if isinstance(r.check, Accepts) and r.check.variation is Variation.REQUIRED_ONLY]
        odd = [r for r in every if r.path == "robustness/payload" and kind is Kind.RELATION]
        return list({r.id: r for r in (*smallest, *(r for r in every if r.kind in kinds), *odd)}.values())


@cache
def vendor_named(name: str, peers: Any) -> Vendor:
    """The vendor, whose plans are made once for all servers."""
    return Vendor(name, peers)


@pytest.mark.parametrize("name", known_vendors())
def test_every_incident_is_found(peers: Any, name: str) -> None:
    """The owner of the defect is broken, and no must beside it."""
    vendor = vendor_named(name, peers)
    wrong = {}
    for incident in peers.INCIDENTS:
        if incident.vendor == name:
            failed, warned = vendor.broken(incident, vendor.concerned(incident.owner))
            if incident.owner not in [*failed, *warned] or set(failed) - {incident.owner}:
                wrong[incident.name] = failed, warned

    assert {} == wrong


@pytest.mark.parametrize("name", known_vendors())
def test_no_look_alike_is_blamed(peers: Any, name: str) -> None:
    """What is merely unusual breaks nothing, not even a recommendation."""
    vendor = vendor_named(name, peers)
    kinds = (Kind.AUTHENTICATION, Kind.FRAMING, Kind.STATE, Kind.ACCEPTANCE, Kind.RESOURCE)
    requirements = [r for r in vendor.catalogue.requirements.values() if r.kind in kinds]
    wrong = {
        manner.name: found
        for manner in peers.LOOK_ALIKES
        if manner.vendor == name and ([], []) != (found := vendor.broken(manner, requirements))
    }

    assert {} == wrong
