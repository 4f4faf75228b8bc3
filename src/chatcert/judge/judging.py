"""The judge: a verdict on every requirement of a catalogue, over the exchanges of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from chatcert.judge import (
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
from chatcert.judge.claims import Claim, NoSuccess
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling
from chatcert.judge.unseen import why_unseen
from chatcert.judge.verdict import BREACHES, Verdict, VerdictKind
from chatcert.judge.weighing import verdict_of
from chatcert.openapi.contract import OF_SUCCESS
from chatcert.requirements.check import Answers
from chatcert.requirements.requirement import Kind, Requirement

FAMILIES: Final[Mapping[Kind, Callable[[Evidence, Requirement], Iterator[Ruling]]]] = {
    Kind.ACCEPTANCE: acceptance.judge,
    Kind.REFUSAL: refusal.judge,
    Kind.AUTHENTICATION: authentication.judge,
    Kind.RESOURCE: resource.judge,
    Kind.ROBUSTNESS: robustness.judge,
    Kind.PROTOCOL: protocol.judge,
    Kind.RESPONSE: response.judge,
    Kind.ERROR: error.judge,
    Kind.RELATION: relation.judge,
    Kind.SECURITY: security.judge,
    Kind.STREAM: stream.judge,
    Kind.ISOLATION: isolation.judge,
    Kind.FRAMING: framing.judge,
    Kind.STATE: state.judge,
    Kind.LIFECYCLE: lifecycle.judge,
    Kind.OWN: own.judge,
}

SHARES_REQUESTS: Final = (Kind.FRAMING,)
"""Kinds of which several requirements are judged on the same requests, all of which are their own."""
NOT_TRIED = "it was not tried"


def judge(evidence: Evidence, requirement: Requirement, *, reason: str = "") -> Verdict:
    """Return the verdict on one requirement, which rests on the exchanges that count.

    A breach among these stands. Otherwise the requirement is inconclusive where one of its own answers does not count,
    or where the answers that do not count would have led to another kind of verdict.

    Args:
        reason: why no request was sent for it, where none was.
    """
    if requirement.kind is not Kind.OWN:
        evidence = evidence.without_own_rules
    if requirement.kind is not Kind.LIFECYCLE:
        evidence = evidence.on_creation
    verdict = _judged(evidence.proven, requirement, reason)
    if evidence.proven is evidence or verdict.kind in BREACHES:
        return verdict
    own = [e for e in evidence.of(requirement.id) or evidence.attempts(requirement.id) if e.number in evidence.aside]
    if own:
        return _without_proof(verdict, evidence.aside[own[0].number])
    whole = _judged(evidence.with_open_cases, requirement, reason)
    if whole.kind is not verdict.kind:
        return _without_proof(verdict, evidence.aside[min(evidence.aside)])
    return replace(verdict, reason=whole.reason, claims=whole.claims)  # what it says is true of all exchanges


def _without_proof(verdict: Verdict, why: str) -> Verdict:
    return replace(verdict, kind=VerdictKind.INCONCLUSIVE, reason=why, claims=())


def _judged(evidence: Evidence, requirement: Requirement, reason: str) -> Verdict:
    rulings = FAMILIES[requirement.kind](evidence, requirement)
    missing, absent = _without_rulings(evidence, requirement, reason)
    return verdict_of(requirement, rulings, evidence.contract, absent=absent, missing=missing)


def _without_rulings(evidence: Evidence, requirement: Requirement, reason: str) -> tuple[VerdictKind, str | Claim]:
    """Return the kind of verdict and its reason where no exchange could have shown a breach."""
    if not requirement.run_wide or requirement.kind in SHARES_REQUESTS:
        exchanges = evidence.of(requirement.id)
        if reason or exchanges:
            spoiled = (why for e in exchanges if (why := evidence.spoiled.get(e.number)))
            return VerdictKind.NOT_APPLICABLE, reason or next(spoiled, "no case of it could tell anything")
        return VerdictKind.NOT_RUN, NOT_TRIED
    check = requirement.check
    assert isinstance(check, Answers), "what is judged over the whole run is a rule on answers"
    if check.status.startswith(OF_SUCCESS) and not evidence.successes:
        return VerdictKind.INCONCLUSIVE, NoSuccess()
    if not evidence.exchanges:
        return VerdictKind.NOT_RUN, NOT_TRIED
    return VerdictKind.NOT_APPLICABLE, why_unseen(evidence, check)
