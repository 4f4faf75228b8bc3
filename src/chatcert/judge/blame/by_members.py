"""Blame by members: a member of an enum that is refused, and that the plain valid request holds, is the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from chatcert.cases.case import Expectation
from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.evidence import Evidence
from chatcert.judge.values import is_equal
from chatcert.openapi.schemas.pointer import lookup
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Requirement
from chatcert.text import format_json
from chatcert.transport.exchange import Exchange

Holds = Callable[[Exchange, Any], bool]
"""Whether a request has a value in one place."""
_WHOLE = (Variation.REQUIRED_ONLY, Variation.ALL_FIELDS)


def served_instead(evidence: Evidence, requirement: Requirement) -> Exchange | None:
    """Return a served request with another member of an enum, if the member of a requirement is why others are refused.

    It is, if no valid request that has it is served, and each one that is refused with the same status has it.
    """
    check = requirement.check
    if not isinstance(check, Accepts) or check.variation is not Variation.ENUM:
        return None
    holds = _holder(evidence, check)
    statuses = {exchange.status for exchange in evidence.of(requirement.id)} - {None}
    others = [value for _, value in _others(evidence.requirements, requirement)]
    served = None
    for exchange in evidence.final:
        if exchange.expectation != Expectation.ACCEPTED or exchange.operation is not Operation.CREATE:
            continue
        is_alike = exchange.succeeded or exchange.status in statuses
        if is_alike and exchange.succeeded is holds(exchange, check.value):
            return None
        if exchange.succeeded and any(holds(exchange, member) for member in others):
            served = served or exchange
    return served


def under_a_refused_member(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the plain valid request and the one with all fields under a member that they hold, where it is the cause."""
    whole = [f for f in left if isinstance(c := f.requirement.check, Accepts) and c.variation in _WHOLE]
    for cause in left if whole else ():
        check = cause.requirement.check
        if not isinstance(check, Accepts) or served_instead(run.evidence, cause.requirement) is None:
            continue
        holds = _holder(run.evidence, check)
        for failure in whole:
            if failure.sign == cause.sign and all(holds(exchange, check.value) for exchange in failure.exchanges):
                what = f"{'/'.join(check.path)} is {format_json(check.value)}"
                yield failure, cause, f"{what} in its requests too, and others are served with another value"


def other_members(requirements: Mapping[str, Requirement], requirement: Requirement) -> Iterator[str]:
    """Yield the ids of the requirements on the other members of the same enum; none for any other requirement."""
    yield from (name for name, _ in _others(requirements, requirement))


def _others(requirements: Mapping[str, Requirement], requirement: Requirement) -> Iterator[tuple[str, Any]]:
    check = requirement.check
    if not isinstance(check, Accepts) or check.variation is not Variation.ENUM:
        return
    for name, one in requirements.items():
        other = one.check
        if isinstance(other, Accepts) and name != requirement.id and replace(other, value=check.value) == check:
            yield name, other.value


def _holder(evidence: Evidence, check: Accepts) -> Holds:
    """Return what tells whether a request has a value in the place of a check: the body, the query or the headers."""
    if check.place == "body":
        return lambda exchange, value: is_equal(lookup(evidence.sent_json(exchange), check.path), value)
    name = check.path[0]

    def holds(exchange: Exchange, value: Any) -> bool:
        text = value if isinstance(value, str) else format_json(value)
        if check.place == "query":
            return parse_qs(urlsplit(exchange.sent.url).query, keep_blank_values=True).get(name) == [text]
        return [text] == [one for key, one in exchange.sent.headers if key.lower() == name.lower()]

    return holds
