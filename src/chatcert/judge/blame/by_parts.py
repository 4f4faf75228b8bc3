"""Which refused part of a request explains the same answer to another one, and what is waived along with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.blame.failures import Failure, Run, sign_of
from chatcert.judge.values import is_empty
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.requirements.check import Accepts, Answers, Rule, Variation
from chatcert.transport.exchange import Exchange

HAS_PART = "came to a request with a part that is refused like that"
_SAME_ANSWERS = "each server error breaks a requirement that is waived"
_SAME_FIELD = "its body has that field too, and got the same answer"


def by_part(run: Run, exchange: Exchange, causes: Sequence[Failure]) -> Failure | None:
    """Return the failure of a part of a request that explains the same answer to the whole of it.

    Several cases share the request, and one of them failed alone; or it is a valid one with the very value that was
    refused, or with any value of a field with which every valid request got that answer, empty values left out.
    """
    names = {requirement for _, requirement, _ in exchange.members}
    shared = (cause for cause in causes if cause.name in names and sign_of(exchange) in map(sign_of, cause.exchanges))
    if (found := next(shared, None)) is not None or exchange.expectation != Expectation.ACCEPTED:
        return found
    return next((cause for cause in causes if _explains(run, cause, exchange)), None)


def _explains(run: Run, cause: Failure, exchange: Exchange) -> bool:
    check = cause.requirement.check
    if not isinstance(check, Accepts) or not check.path or check.place != "body" or ANY in check.path:
        return False
    if cause.sign is None or cause.sign != sign_of(exchange):
        return False
    value = lookup(run.evidence.sent_json(exchange), check.path)
    refused = lookup(run.evidence.sent_json(cause.exchanges[0]), check.path)
    if value is MISSING or refused is MISSING:
        return False
    return value == refused or all(
        sign_of(other) == cause.sign
        for other in run.evidence.final
        if other.expectation == Expectation.ACCEPTED and _has_value(lookup(run.evidence.sent_json(other), check.path))
    )


def _has_value(value: Any) -> bool:
    """Return whether a request says something in a field: an empty text, list or object may be taken for nothing."""
    return value is not MISSING and value is not None and not is_empty(value)


def waived_along(run: Run, waived: Sequence[Failure]) -> Iterator[tuple[Failure, str, str]]:
    """Yield what is waived along with others: a body with all fields, and the rule that there is no server error.

    Yields:
        The failure, the id of the first requirement that is waived, and why.
    """
    for failure in run.failures:
        check = failure.requirement.check
        causes = [_cause(run, exchange, waived) for exchange in failure.exchanges]
        names = [cause for cause in causes if cause]
        if not names or len(names) < len(causes):
            continue
        if isinstance(check, Answers) and check.rule is Rule.NO_SERVER_ERROR:
            owners = {exchange.requirement for exchange in failure.exchanges}
            yield failure, names[0], _SAME_ANSWERS if owners <= set(names) else f"{_SAME_ANSWERS} or {HAS_PART}"
        elif isinstance(check, Accepts) and check.variation is Variation.ALL_FIELDS:
            yield failure, names[0], _SAME_FIELD


def _cause(run: Run, exchange: Exchange, waived: Sequence[Failure]) -> str:
    """Return the id of the waived requirement that explains an answer; empty if there is none."""
    owner = run.verdicts.get(exchange.requirement)
    if owner is not None and owner.kind is VerdictKind.WAIVED:
        return owner.requirement
    found = by_part(run, exchange, waived)
    return found.name if found is not None else ""
