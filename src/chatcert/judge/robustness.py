"""Robustness: no request makes the server fail."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import judge_requests, withstands
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept
from chatcert.requirements.requirement import Requirement


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``robustness``."""
    if requirement.run_wide:
        return _no_server_error(evidence)
    return judge_requests(evidence, requirement, lambda _, exchange: withstands(exchange))


def _no_server_error(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every answer; a server error is a breach here only where no other requirement judges it."""
    judged_here = (Expectation.METHOD, Expectation.UNSUPPORTED)
    for exchange in evidence.final:
        if exchange.status is None or exchange.unsettled:
            continue
        if exchange.status >= 500 and exchange.status != 501 and exchange.expectation in judged_here:
            yield broken(exchange, "any answer below 500", describe_answer(exchange))
        else:
            yield kept(exchange)
    for exchange in evidence.sporadic:
        if exchange.status is not None and exchange.status >= 500:
            yield broken(exchange, "no server error, ever", f"{describe_answer(exchange)}, which did not come again")
