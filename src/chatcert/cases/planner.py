"""Plan the cases that put a requirement to the test: the same contract, seed and resources give the same plan."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, partial
from typing import Any

from chatcert.cases import (
    acceptance,
    authentication,
    error,
    framing,
    isolation,
    lifecycle,
    own,
    protocol,
    refusal,
    relation,
    resource,
    response,
    robustness,
    security,
    state,
    stream,
)
from chatcert.cases.allotment import allot, left_out
from chatcert.cases.case import Case, Cause, Unplannable
from chatcert.cases.plan import CANNOT_EXIST, INTRUSIVE, NO_VALID_REQUEST, NOT_AT_QUICK, NOT_MADE, TOO_MANY, Plan
from chatcert.cases.planning_context import PlanningContext
from chatcert.cases.profile import Profile
from chatcert.cases.requests.impossibility import Subject, oversized, proof_of, unwritable
from chatcert.cases.requests.request_builder import RequestBuilder
from chatcert.cases.sharing.shared_controls import SharedControls
from chatcert.cases.sharing.shared_requests import SharedRequests
from chatcert.cases.values.invalid_values import InvalidValues
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.openapi.schemas.contradictions import Contradiction
from chatcert.openapi.schemas.overlaps import Overlap
from chatcert.requirements.catalogue import derive
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
    Kind.FRAMING: framing.plan,
    Kind.STATE: state.plan,
    Kind.ISOLATION: isolation.plan,
    Kind.LIFECYCLE: lifecycle.plan,
    Kind.OWN: own.plan,
}
"""Which function plans the requirements of each kind."""

SUBJECTS: Mapping[Kind, Callable[[Requirement], Subject | None]] = {
    Kind.ACCEPTANCE: acceptance.subject,
    Kind.REFUSAL: refusal.subject,
    Kind.RESOURCE: resource.subject,
    Kind.ROBUSTNESS: robustness.subject,
}
"""Which function says what a requirement needs a request to hold."""

_NO_REQUEST = "no request is known that leads to such an answer"


class Planner:
    """Plans the cases of one contract.

    Args:
        resources: configured names of existing things, by field name.
        credentials: names of the configured credentials; ``None`` for all of the contract.
        seed: the run's seed; the same seed gives the same requests.
        safe_only: plan no cases for intrusive requirements.
        status_header: the request header with which the target, the bundled mock, answers with a documented error
            status; nothing of the kind is planned without it.

    Attributes:
        requests: builds the requests of the contract.
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
        credentials: Container[str] | None = None,
    ) -> None:
        self.requests = RequestBuilder(contract, resources, credentials)
        self._safe_only = safe_only
        self._allotment = allot(contract, profile)
        self._given = (dict(resources), credentials, safe_only, status_header)
        self._seed, self._profile = seed, profile
        invalid_values = InvalidValues(seed, profile.examples)
        self._context = PlanningContext(
            contract,
            self._allotment.narrowed(profile),
            seed,
            self.requests,
            invalid_values,
            self._plan_alone,
            status_header,
            self._allotment.most_cases,
        )
        self._plans: dict[str, Plan] = {}
        self._proofs: dict[Subject, Contradiction | Overlap | None] = {}
        self._placed: dict[str, Plan] = {}

    def plan(self, requirement: Requirement) -> Plan:
        """Return the cases of one requirement, each confirmed by the validator to be what it claims to be."""
        if requirement.id in self.left_out:
            return self._barred(requirement) or Plan((), TOO_MANY, Cause.LEFT_OUT)
        if requirement.id not in self._placed:
            alone = self._plan_alone(requirement)
            cases = tuple(map(self.shared.placed, alone.cases))
            self._placed[requirement.id] = replace(alone, cases=cases) if cases != alone.cases else alone
        return self._placed[requirement.id]

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The ids of the requirements of a large document that the profile has no requests for."""
        if not self._allotment.in_turn:
            return frozenset()
        contract = self._context.contract
        stand_ins = {name: f"known-{name}" for name in resource_names(contract)}
        if self._given == (stand_ins, None, False, ""):
            return left_out(self._allotment, self._plan_alone, partial(SharedControls, self.requests))
        # What is tested follows from the document alone, so that whoever verifies a report derives the same.
        return Planner(contract, stand_ins, self._profile, self._seed).left_out

    @cached_property
    def shared(self) -> SharedRequests:
        """The requests that several cases of the contract share."""
        controls = SharedControls(self.requests)
        for one in self._allotment.in_turn:
            for case in self._plan_alone(one).cases if one.id not in self.left_out else ():
                controls.take(one, case)
                if case.control is not None:
                    controls.take(one, case.control)
        return SharedRequests(self.requests, self._context.requirements, self._plan_alone, controls)

    def names_something(self, case: Case) -> bool:
        """Return whether the field of the body that a case is about names something that has to exist."""
        requirement = derive(self.requests.contract).requirements.get(case.requirement)
        subject = SUBJECTS[requirement.kind](requirement) if requirement and requirement.kind in SUBJECTS else None
        return (
            subject is not None
            and subject.place == "body"
            and self.requests.bodies.resource_at(subject.path) is not None
        )

    def _plan_alone(self, requirement: Requirement) -> Plan:
        """Return the cases of one requirement as if none of them shared a request with another."""
        if requirement.id not in self._plans:
            self._plans[requirement.id] = self._plan(requirement)
        return self._plans[requirement.id]

    def _barred(self, requirement: Requirement) -> Plan | None:
        """Return the plan of a requirement for which the run or its profile permits no requests."""
        if self._safe_only and requirement.intrusive:
            return Plan((), INTRUSIVE, Cause.NOT_PERMITTED)
        if requirement.cost.from_standard and not self._context.profile.unusual:
            return Plan((), NOT_AT_QUICK, Cause.NOT_IN_PROFILE)
        return None

    def _plan(self, requirement: Requirement) -> Plan:
        if (barred := self._barred(requirement)) is not None:
            return barred
        unwritten = self._context.contract.unwritten
        if unwritten or not self.requests.bodies.exist:
            unwritten = f"query {unwritten}" if unwritten else self.requests.bodies.unwritten_type
            reason = f"{NO_VALID_REQUEST}, since chatcert writes no {unwritten}" if unwritten else NO_VALID_REQUEST
            return self._without_cases(requirement, Unplannable(reason))
        try:
            cases = tuple(_numbered(requirement, FAMILIES[requirement.kind](self._context, requirement)))
        except Unplannable as why:
            return self._without_cases(requirement, why)
        return Plan(cases) if cases else self._without_cases(requirement, Unplannable("a request of this kind"))

    def _without_cases(self, requirement: Requirement, why: Unplannable) -> Plan:
        """Return the plan of a requirement without requests, with a proof that none exists if there is one."""
        if requirement.run_wide and self.requests.bodies.exist:
            return Plan((), _NO_REQUEST, Cause.JUDGED_ON_OTHERS)
        if why.cause is not Cause.NOT_MADE:
            return Plan((), str(why), why.cause)
        subject = SUBJECTS[requirement.kind](requirement) if requirement.kind in SUBJECTS else None
        if subject is not None and (reason := unwritable(self.requests, subject)):
            return Plan((), reason, Cause.CANNOT_BE_WRITTEN)
        if subject is not None and (reason := oversized(self.requests, subject)):
            return Plan((), reason, Cause.TOO_LARGE)
        proof = self._proof_of(subject)
        if proof is not None:
            return Plan((), f"{CANNOT_EXIST}: {proof}", Cause.CANNOT_EXIST)
        return Plan((), f"{NOT_MADE}: {why}", Cause.NOT_MADE)

    def _proof_of(self, subject: Subject | None) -> Contradiction | Overlap | None:
        """Return why no request can hold something; what holds of a field whatever its value is proven once."""
        if subject is None or not subject.wanted:
            return proof_of(self.requests, subject)
        any_value = replace(subject, wanted=None)
        if any_value not in self._proofs:
            self._proofs[any_value] = proof_of(self.requests, replace(subject, wanted={}))
        found = self._proofs[any_value]
        return found if found is not None else proof_of(self.requests, subject)


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
