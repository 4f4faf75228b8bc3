"""Refusal: a request that breaks one rule of the document is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.judge.evidence import Evidence
from chatcert.judge.refusal_statuses import statuses_of_other_meaning
from chatcert.judge.requests import judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept
from chatcert.requirements.check import KnowsResource, Refuses
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``refusal``."""
    level_of_not_found = Level.SHOULD if _names_resource(evidence, requirement) else None

    def rule(evidence: Evidence, exchange: Exchange) -> Ruling:
        contract, status = evidence.contract, exchange.status
        right = "status " + " or ".join(map(str, contract.bad_request_statuses))
        if status is None or not 400 <= status < 500:
            return broken(exchange, right, describe_answer(exchange))
        if status in statuses_of_other_meaning(contract):
            # A server that looks a name up before it checks the limits of names is not plainly wrong.
            level = level_of_not_found if status == 404 else None
            return broken(exchange, right, f"status {status}, which means something else", level)
        return kept(exchange)

    return judge_requests(evidence, requirement, rule)


def _names_resource(evidence: Evidence, requirement: Requirement) -> bool:
    """Return whether the invalid field is a text that names a resource."""
    check = requirement.check
    return (
        isinstance(check, Refuses)
        and check.keyword not in ("required", "type", "null")
        and any(
            isinstance(other.check, KnowsResource) and other.check.path == check.path
            for other in evidence.requirements.values()
        )
    )
