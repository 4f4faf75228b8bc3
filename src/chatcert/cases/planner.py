"""Plan the cases that put a requirement to the test: the same contract, seed and resources give the same plan."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from chatcert.cases import (
    acceptance,
    authentication,
    error,
    protocol,
    refusal,
    relation,
    resource,
    response,
    robustness,
    security,
    stream,
)
from chatcert.cases.case import Case, Unplannable
from chatcert.cases.invalid_values import InvalidValues
from chatcert.cases.plan import INTRUSIVE, NO_VALID_REQUEST, Plan
from chatcert.cases.planning_context import PlanningContext
from chatcert.cases.profile import Profile
from chatcert.cases.request_builder import RequestBuilder
from chatcert.openapi.contract import Contract
from chatcert.requirements.requirement import Kind, Requirement

FAMILIES: Mapping[Kind, Callable[[PlanningContext, Requirement], Iterable[Case]]] = {
    Kind.ACCEPTANCE: acceptance.plan,
    Kind.REFUSAL: refusal.plan,
    Kind.AUTHENTICATION: authentication.plan,
    Kind.RESOURCE: resource.plan,
    Kind.ROBUSTNESS: robustness.plan,
    Kind.PROTOCOL: protocol.plan,
    Kind.RESPONSE: response.plan,
    Kind.ERROR: error.plan,
    Kind.RELATION: relation.plan,
    Kind.SECURITY: security.plan,
    Kind.STREAM: stream.plan,
}
"""Which function plans the requirements of each kind."""


class Planner:
    """Plans the cases of one contract.

    Args:
        resources: configured names of existing things, by field name.
        seed: the run's seed; the same seed gives the same requests.
        safe_only: plan no cases for intrusive requirements.
        status_header: the request header with which the target, the bundled mock, answers with a documented error
            status; nothing of the kind is planned without it.
    """

    def __init__(
        self,
        contract: Contract,
        resources: Mapping[str, Any],
        profile: Profile,
        seed: int,
        *,
        safe_only: bool = False,
        status_header: str = "",
    ) -> None:
        self.requests = RequestBuilder(contract, resources)
        self._safe_only = safe_only
        invalid_values = InvalidValues(seed, profile.examples)
        self._context = PlanningContext(
            contract, profile, seed, self.requests, invalid_values, self.plan, status_header
        )
        self._plans: dict[str, Plan] = {}

    def plan(self, requirement: Requirement) -> Plan:
        """Return the cases of one requirement, each confirmed by the validator to be what it claims to be."""
        if requirement.id not in self._plans:
            self._plans[requirement.id] = self._plan(requirement)
        return self._plans[requirement.id]

    def _plan(self, requirement: Requirement) -> Plan:
        if self._safe_only and requirement.intrusive:
            return Plan((), INTRUSIVE)
        if not self.requests.bodies.exist:
            return Plan((), NO_VALID_REQUEST)
        try:
            cases = tuple(_numbered(requirement, FAMILIES[requirement.kind](self._context, requirement)))
        except Unplannable as reason:
            return Plan((), str(reason))
        return Plan(cases, "" if cases else "no case of it can be generated")


def _numbered(requirement: Requirement, cases: Iterable[Case]) -> Iterator[Case]:
    """Yield each different case once, with an id that follows from the requirement's."""
    seen: set[str] = set()
    number = 0
    for case in cases:
        key = f"{case.request.key} {case.edit}"
        if key in seen:
            continue
        seen.add(key)
        number += 1
        yield case if case.shared else replace(case, id=f"{requirement.id}#{number}", requirement=requirement.id)
