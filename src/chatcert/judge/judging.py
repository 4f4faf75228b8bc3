"""The judge: every requirement of a catalogue, over the exchanges of a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chatcert.judge import relation, response
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import NO_SUCCESS, rule
from chatcert.judge.ruling import Ruling, verdict_of
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.requirements.check import Answers, Method
from chatcert.requirements.requirement import Requirement

RULES: Mapping[str, response.Rule] = {
    "status": response.status,
    "framing": response.framing,
    "content-type": response.content_type,
    "json": response.json_text,
    "json-object": response.refusal_json,
    "no-html": response.no_html,
    "schema": response.schema,
    "promised": response.promised,
    "informative": response.informative,
    "no-server-error": response.no_server_error,
    "no-stack-trace": response.no_stack_trace,
    "no-credential": response.no_credential,
    "no-redirect": response.no_redirect,
    "unique": relation.unique,
    "equals": relation.equals,
    "initial": relation.initial,
    "constant": relation.constant,
    "not-before": relation.not_before,
    "clock": relation.clock,
    "clock-moves": relation.clock_moves,
}
"""Every rule that is no schema keyword."""


def judge(evidence: Evidence, requirement: Requirement, *, reason: str = "") -> Verdict:
    """The verdict on one requirement.

    Args:
        reason: why nothing of its own was sent, where nothing was.
    """
    check = requirement.check
    if isinstance(check, Answers):
        return _judge_answers(evidence, requirement, check, reason)
    if isinstance(check, Method) and check.method == "ALLOW":
        return verdict_of(
            requirement,
            response.allow(evidence, requirement, check),
            absent="no answer of status 405 came",
            missing=VerdictKind.NOT_APPLICABLE,
        )
    rulings = (rule(evidence, requirement, exchange) for exchange in evidence.of(requirement.id))
    missing = VerdictKind.NOT_APPLICABLE if reason or evidence.of(requirement.id) else VerdictKind.NOT_RUN
    absent = (
        reason or "no case of it could tell anything" if missing is VerdictKind.NOT_APPLICABLE else "it was not tried"
    )
    return verdict_of(requirement, rulings, absent=absent, missing=missing)


def _judge_answers(evidence: Evidence, requirement: Requirement, check: Answers, reason: str) -> Verdict:
    rulings: Iterator[Ruling] = RULES.get(check.rule, response.keyword)(evidence, requirement, check)
    if check.status.startswith("2") and not evidence.successes:
        return verdict_of(requirement, rulings, absent=NO_SUCCESS, missing=VerdictKind.INCONCLUSIVE)
    if not evidence.exchanges:
        return verdict_of(requirement, (), absent="it was not tried", missing=VerdictKind.NOT_RUN)
    return verdict_of(requirement, rulings, absent=_why_unseen(check), missing=VerdictKind.NOT_APPLICABLE)


def _why_unseen(check: Answers) -> str:
    place = "/".join(check.path[:-1] if check.rule == "required" else check.path)
    if check.status.startswith("2"):
        return f"no answer held {place}, which the page does not promise" if place else "not seen"
    if check.status in ("invalid", "unauthenticated"):
        return "no such refusal came"
    return f"no answer of status {check.status} came" + (f" with {place}" if place else "")
