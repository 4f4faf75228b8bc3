"""Response: a success is answered as documented."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import Expectation
from chatcert.judge.answers.answer_bodies import judge_body
from chatcert.judge.answers.header_values import judge_header
from chatcert.judge.evidence import Evidence
from chatcert.judge.hostile_requests import hostile_places, is_described
from chatcert.judge.ruling import (
    Ruling,
    broken,
    describe_answer,
    describe_trouble,
    doubtful,
    kept,
    sometimes_broken,
    vacuous,
)
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Kind, Level, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange

BROKEN_FRAMING = (ErrorKind.INCOMPLETE, ErrorKind.PROTOCOL, ErrorKind.DECODING)


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``response``."""
    check = requirement.check
    assert isinstance(check, Answers)
    match check.rule:
        case Rule.STATUS:
            return _status(evidence)
        case Rule.FRAMING:
            return _framing(evidence)
        case Rule.LOCATION:
            return _location(evidence, check)
        case _ if check.header:
            return judge_header(evidence, check)
        case _:
            return judge_body(evidence, check)


def _status(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on the status of successes, and on refusals of generated valid bodies."""
    documented = {answer.status for answer in evidence.contract.successes}
    expected = f"status {' or '.join(sorted(documented))}"
    for exchange in evidence.valid_successes:
        covered = any(answer.covers(exchange.status or 0) for answer in evidence.contract.successes)
        if covered or not documented:
            yield kept(exchange)
        else:
            yield broken(exchange, expected, describe_answer(exchange))
    if documented:
        yield from _served_hostile(evidence, expected)
    if evidence.successes:
        yield from _refused_bodies(evidence, expected)
    for exchange in evidence.sporadic:
        if _has_own_rule(evidence, exchange):
            continue
        if exchange.expectation == Expectation.ACCEPTED and (exchange.status or 0) < 500:
            right = f"{expected} for a valid request, every time"
            yield sometimes_broken(exchange, right, evidence.last_of(exchange), evidence.repeated(exchange))


def _served_hostile(evidence: Evidence, expected: str) -> Iterator[Ruling]:
    """Rule on successes for hostile requests: the document has one answer for what is served.

    It is a must where the request is valid. Where it is not, the document says nothing of it.
    """
    for exchange in evidence.final:
        if not exchange.succeeded or not hostile_places(evidence, exchange):
            continue
        if any(answer.covers(exchange.status or 0) for answer in evidence.contract.successes):
            yield vacuous(exchange)
        else:
            level = None if is_described(evidence, exchange) else Level.SHOULD
            yield broken(exchange, expected, describe_answer(exchange), level)


def _has_own_rule(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether a refusal of this valid request is ruled on by its own family, which may permit it."""
    requirement = evidence.requirements.get(exchange.requirement)
    return requirement is not None and requirement.kind in (Kind.FRAMING, Kind.STATE)


def _refused_bodies(evidence: Evidence, expected: str) -> Iterator[Ruling]:
    """Rule on refusals of valid requests that were sent for a rule on answers.

    Where a smaller valid request is refused as well, its own requirement says what it is that is refused.
    """
    own: list[Exchange] = []
    generated: list[Exchange] = []
    for exchange in evidence.final:
        requirement = evidence.requirements.get(exchange.requirement)
        if _has_own_rule(evidence, exchange):
            continue
        is_valid = exchange.expectation == Expectation.ACCEPTED or exchange.members
        if is_valid and exchange.expectation != Expectation.ANY and not exchange.succeeded and requirement is not None:
            (generated if requirement.run_wide else own).append(exchange)
    explained = any(not exchange.unsettled for exchange in own)
    for exchange in generated:
        if exchange.control_accepted is False:
            continue
        if exchange.unsettled:
            yield doubtful(exchange, describe_trouble(exchange))
        elif _is_explained(evidence, exchange) if exchange.members else explained:
            yield vacuous(exchange)
        else:
            yield broken(exchange, expected, describe_answer(exchange))


def _is_explained(evidence: Evidence, shared: Exchange) -> bool:
    """Return whether one of the cases that share a refused request was not served alone, so that it may be the cause.

    Where each of them was, it is their combination that is refused.
    """
    served = {exchange.case for exchange in evidence.final if exchange.succeeded}
    served |= {case for exchange in evidence.final if exchange.succeeded for case, _, _ in exchange.members}
    return any(case not in served for case, _, _ in shared.members)


def _location(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on redirects to what was made: without ``Location``, a client cannot find it."""
    for exchange in evidence.successes:
        if str(exchange.status) == check.status and exchange.received is not None:
            is_there = bool((exchange.received.header("Location") or "").strip())
            yield kept(exchange) if is_there else broken(exchange, "a Location header", "none, or an empty one")


def _framing(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every answer: it is HTTP, as long as it declares, and encoded as it declares."""
    for exchange in evidence.final:
        if exchange.error is not None and exchange.unsettled:
            continue
        if exchange.error is not None and exchange.error.kind in BROKEN_FRAMING:
            yield broken(exchange, "an answer that arrives whole", exchange.error.message)
        elif exchange.received is not None:
            yield kept(exchange)
