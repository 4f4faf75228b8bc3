"""Authentication: a request without valid credentials is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``authentication``.

    The status of the refusals is judged once for all by a requirement of the kind ``error``
    (``response/401/status``).
    """
    return judge_requests(evidence, requirement, _refused)


def _refused(_: Evidence, exchange: Exchange) -> Ruling:
    if exchange.status is None or exchange.succeeded:
        return broken(exchange, "status 401 or 403", describe_answer(exchange))
    return kept(exchange)
