"""Every fault of the mock is found: the requirement that owns it breaks, and none that has nothing to do with it.

A fault is met with the cases of the requirements that it breaks, and where its owner is a rule on answers with the
cases that bring such answers about: with few at first, and with all of them only where these do not show it. The whole
catalogue is then judged over what was sent. ``bench/seeds.py`` does the
same with other seeds, and ``bench/detection.py`` meets every fault with the whole plan.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.application import Application
from chatcert.mock.backend import Backend
from chatcert.mock.deviation.faulty_service import FaultyService
from chatcert.mock.faults import Fault, faults_of
from chatcert.mock.server import environment
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.requirements.check import Accepts, Answers, KnowsResource, Method, Rule, Variation
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import fold_all, judge_all
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

pytestmark = pytest.mark.slow

FAULTS = {fault.id: (vendor, fault) for vendor in known_vendors() for fault in faults_of(open_vendor(vendor))}


PLAIN = (Variation.REQUIRED_ONLY, Variation.ALL_FIELDS)
IMPATIENT = RetryPolicy(control_delays=(0.1, 0.3))
"""A control that is refused is repeated as often as in other runs, after shorter waits: no fault passes with time."""


@dataclass
class Vendor:
    """What the servers of one vendor share: their secrets and resources, and so the plan."""

    name: str
    seed: int = 1
    catalogue: Catalogue = field(init=False)
    backend: Backend = field(init=False)
    plans: dict[str, Planner] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.catalogue = derive(open_vendor(self.name))
        self.backend = Backend.of(self.catalogue.contract)

    def planned(self, profile: str, resources: Mapping[str, Any]) -> Planner:
        """All plans of a profile, made once."""
        if profile not in self.plans:
            made = self.plans[profile] = Planner(self.catalogue.contract, resources, profile_named(profile), self.seed)
            for requirement in self.catalogue.requirements.values():
                made.plan(requirement)
        return self.plans[profile]

    def certified(
        self, board: Any, fault: Fault, profile: str, *, few: bool = False, folded: bool = False
    ) -> dict[str, list[str]]:
        """The requirements by verdict after a run against a server with this fault.

        Args:
            few: whether a few requests that every run sends are enough to bring about the answers of a rule.
        """
        contract = self.catalogue.contract
        board.app = Application({self.name: FaultyService(contract, self.backend, fault.deviations)}, 0.0)
        address = board.address_of(fault)
        credentials, resources = from_environment(contract, environment(contract, self.backend))
        target = Target(f"{address}/{self.name}", credentials, resources, limits=Limits(timeout=3.0))
        plans = self.planned(profile, resources)
        run = Execution(
            self.catalogue, target, profile_named(profile), seed=self.seed, plans=plans, retry_policy=IMPATIENT
        )
        try:
            run.preflight()
            run.run_all(self.concerned(fault, few=few))
        finally:
            run.close()
        verdicts = judge_all(self.catalogue, run.exchanges, run.reasons, run.unfinished)
        if folded:
            verdicts = fold_all(self.catalogue, run.exchanges, verdicts)
        return {word.value: [name for name, v in verdicts.items() if v.kind is word] for word in VerdictKind}

    def profile(self, fault: Fault) -> str:
        """An answer that is always wrong needs no more than the few that `quick` asks for; an echo may be so rarely."""
        requirement = self.catalogue.requirements[fault.breaks[0]]
        owner = requirement.check
        always = (
            isinstance(owner, Answers)
            and not requirement.cost.from_standard
            and owner.rule is not Rule.EQUALS
            and not fault.deviations.refusals
        )
        return "quick" if always and not fault.intermittent else "standard"

    def concerned(self, fault: Fault, *, few: bool = False) -> list[Requirement]:
        """The requirements whose cases can show a fault."""
        if fault.intermittent:
            return list(self.catalogue.requirements.values())
        found = [self.catalogue.requirements[name] for name in fault.breaks]
        owner = found[0].check
        if isinstance(owner, Answers):
            found += self._least(owner) if few else self._feeding(owner)
        elif isinstance(owner, Accepts):  # how unknown names are refused shows what a refusal means
            places = {(c.place, c.path) for r in found if isinstance(c := r.check, Accepts)}
            every = self.catalogue.requirements.values()
            found += [r for r in every if isinstance(c := r.check, KnowsResource) and (c.place, c.path) in places]
        elif isinstance(owner, Method):  # they are compared with each other
            found += [r for r in self.catalogue.requirements.values() if isinstance(r.check, Method)]
        return list({requirement.id: requirement for requirement in found}.values())

    def _least(self, check: Answers) -> list[Requirement]:
        """A few requirements whose cases bring about the answers of a rule in any run."""
        every = self._feeding(check)
        smallest = [r for r in every if isinstance(c := r.check, Accepts) and c.variation in PLAIN]
        others: dict[Kind, list[Requirement]] = {}
        for one in every:
            others.setdefault(one.kind, []).append(one)
        return smallest + [one for kind, rows in others.items() if kind is not Kind.ACCEPTANCE for one in rows[:6]]

    def _feeding(self, check: Answers) -> list[Requirement]:
        """Requirements whose cases bring about the answers of a rule."""
        kinds = {
            "2": [Kind.ACCEPTANCE],
            "401": [Kind.AUTHENTICATION],
            "403": [Kind.AUTHENTICATION],
            "404": [Kind.RESOURCE],
            "405": [Kind.PROTOCOL],
        }
        wanted = kinds.get(check.status, kinds.get(check.status[:1], [Kind.REFUSAL, Kind.AUTHENTICATION]))
        found = [r for r in self.catalogue.requirements.values() if r.kind in wanted]
        if check.rule is Rule.NO_OTHER_REQUEST:  # an unknown name is known again
            found += [r for r in self.catalogue.requirements.values() if r.kind is Kind.RESOURCE]
        if check.rule is Rule.EQUALS and check.status.startswith("2"):  # the generated bodies hold what is changed
            found += [r for r in self.catalogue.requirements.values() if r.cost.valid_bodies]
        return found


@cache
def vendor_named(name: str) -> Vendor:
    return Vendor(name)


@pytest.mark.parametrize("name", FAULTS)
def test_fault(switchboard: Any, name: str) -> None:
    """The requirement that a fault is made for breaks, and no must breaks that is not declared to break with it."""
    vendor, fault = FAULTS[name]
    known = vendor_named(vendor)
    words = {} if fault.intermittent else known.certified(switchboard, fault, "quick", few=True)
    if fault.breaks[0] not in [*words.get("fail", ()), *words.get("warn", ())]:
        words = known.certified(switchboard, fault, known.profile(fault))

    assert fault.breaks[0] in [*words["fail"], *words["warn"]]
    assert set() == set(words["fail"]) - set(fault.breaks)
    assert [] == words["error"]
