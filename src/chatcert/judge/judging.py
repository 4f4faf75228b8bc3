"""The judge: a verdict on every requirement of a catalogue, over the exchanges of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from chatcert.judge import (
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
)
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import NO_SUCCESS
from chatcert.judge.ruling import Ruling, verdict_of
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.requirements.check import AnswerGroup, Answers, Rule
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
}

NOT_TRIED = "it was not tried"


def judge(evidence: Evidence, requirement: Requirement, *, reason: str = "") -> Verdict:
    """Return the verdict on one requirement.

    Args:
        reason: why no request was sent for it, where none was.
    """
    rulings = FAMILIES[requirement.kind](evidence, requirement)
    missing, absent = _without_rulings(evidence, requirement, reason)
    return verdict_of(requirement, rulings, absent=absent, missing=missing)


def _without_rulings(evidence: Evidence, requirement: Requirement, reason: str) -> tuple[VerdictKind, str]:
    """Return the kind of verdict and its reason where no exchange could have shown a breach."""
    if not requirement.run_wide:
        if reason or evidence.of(requirement.id):
            return VerdictKind.NOT_APPLICABLE, reason or "no case of it could tell anything"
        return VerdictKind.NOT_RUN, NOT_TRIED
    check = requirement.check
    assert isinstance(check, Answers), "what is judged over the whole run is a rule on answers"
    if check.status.startswith("2") and not evidence.successes:
        return VerdictKind.INCONCLUSIVE, NO_SUCCESS
    if not evidence.exchanges:
        return VerdictKind.NOT_RUN, NOT_TRIED
    return VerdictKind.NOT_APPLICABLE, _why_unseen(check)


def _why_unseen(check: Answers) -> str:
    """Return why no answer has what a rule is on."""
    field = "/".join(check.path[:-1] if check.rule is Rule.REQUIRED else check.path)
    if check.status.startswith("2"):
        return f"no answer held {field}, which the page does not promise" if field else "not seen"
    if check.status in (AnswerGroup.INVALID, AnswerGroup.UNAUTHENTICATED):
        return "no such refusal came"
    return f"no answer of status {check.status} came" + (f" with {field}" if field else "")
