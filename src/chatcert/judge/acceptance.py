"""Acceptance: a valid request is accepted."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import accepted, judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept, vacuous
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``acceptance``."""
    return judge_requests(evidence, requirement, _rule)


def _rule(evidence: Evidence, exchange: Exchange) -> Ruling:
    within_limits = exchange.expectation == Expectation.LIMIT
    return _within_limits(evidence, exchange) if within_limits else accepted(evidence, exchange)


def _within_limits(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a value within its limits that may name something that does not exist."""
    contract, status = evidence.contract, exchange.status
    if exchange.succeeded:
        return kept(exchange)
    if status is not None and 400 <= status < 500:
        if not contract.documented(404):
            return vacuous(exchange)
        if status in contract.documented(404, 403, 401, 409, 410):
            return kept(exchange)
    right = "a success, or the documented not-found: the value is within its limits"
    return broken(exchange, right, describe_answer(exchange))
