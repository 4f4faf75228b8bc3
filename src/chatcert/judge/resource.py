"""Resource: a request that names something that does not exist is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept
from chatcert.requirements.check import KnowsResource, ResourceForm
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``resource``."""
    check = requirement.check
    assert isinstance(check, KnowsResource)

    def rule(evidence: Evidence, exchange: Exchange) -> Ruling:
        contract, status = evidence.contract, exchange.status
        not_found = contract.documented(404)
        right = "status 404" if not_found else "a refusal"
        if exchange.succeeded:
            if check.open_question:
                return kept(exchange)
            served = f"{describe_answer(exchange)}: a chat with something that does not exist"
            return broken(exchange, right, served, Level.SHOULD)
        if status is None or not 400 <= status < 500:
            return broken(exchange, right, describe_answer(exchange), Level.MUST)
        permitted = contract.documented(401, 403, 404, 409, 410, *((400, 422) if check.optional else ()))
        if check.form is ResourceForm.MALFORMED or not not_found or status in permitted:
            return kept(exchange)
        return broken(exchange, right, f"status {status}, though the value is within its limits", Level.MUST)

    return judge_requests(evidence, requirement, rule)
