"""Acceptance: a valid request is accepted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatcert.cases.acceptance import TYPED_ABSENCE
from chatcert.cases.case import Expectation
from chatcert.judge.blame.by_members import served_instead
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import accepted, circumstances, judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept, vacuous
from chatcert.requirements.check import Accepts, KnowsResource, ResourceForm, Variation
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``acceptance``.

    A member of an enum that is refused in the control too is judged beside a request with another member instead.
    """
    is_open = any(
        exchange.control_accepted is False and not exchange.succeeded for exchange in evidence.of(requirement.id)
    )
    if not is_open or (instead := served_instead(evidence, requirement)) is None:
        yield from judge_requests(evidence, requirement, _rule)
        return
    for exchange in evidence.of(requirement.id):
        beside = replace(exchange, control=instead.number, control_accepted=True)
        yield circumstances(evidence, beside) or _rule(evidence, beside)


def _rule(evidence: Evidence, exchange: Exchange) -> Ruling:
    check = evidence.requirements[exchange.requirement].check
    if isinstance(check, Accepts) and check.variation is Variation.CREDENTIALS and exchange.status in (401, 403):
        names = " and ".join(check.value) or "no credential"
        answer = f"{describe_answer(exchange)}: {names} is not enough, or its configured value is wrong"
        return broken(exchange, "a success", answer, Level.SHOULD)
    if exchange.edit == TYPED_ABSENCE and not exchange.succeeded:
        return broken(exchange, "a success, as without the media type", describe_answer(exchange), Level.SHOULD)
    within_limits = exchange.expectation == Expectation.LIMIT
    return _within_limits(evidence, exchange) if within_limits else accepted(evidence, exchange)


def _within_limits(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a value within its limits that may name something that does not exist."""
    contract, status = evidence.contract, exchange.status
    if exchange.succeeded:
        return kept(exchange)
    right = "a success, or the documented not-found: the value is within its limits"
    if status is not None and 400 <= status < 500:
        if status in contract.bad_request_statuses and _serves_other_values(evidence, exchange):
            return broken(exchange, right, describe_answer(exchange), Level.SHOULD)
        if not contract.documented(404):
            return vacuous(exchange)
        if status in contract.documented(404, 403, 401, 409, 410):
            return kept(exchange)
        if status in contract.bad_request_statuses and _may_mean_unknown_name(evidence, exchange):
            check = evidence.requirements[exchange.requirement].check
            if isinstance(check, Accepts) and check.place == "path" and not _owners(evidence, check):
                return broken(exchange, right, describe_answer(exchange), Level.SHOULD)
            return vacuous(exchange)
    return broken(exchange, right, describe_answer(exchange))


def _serves_other_values(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether another value of the same field was served, so that the field itself is not a reason to refuse."""
    others = evidence.of(exchange.requirement)
    return any(other.succeeded and other.expectation == Expectation.LIMIT for other in others)


def _may_mean_unknown_name(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether a bad-request status may be meant for an unknown name in an optional field.

    Where the server answers unknown names with another status, that status blames the form of the value, which is
    within its limits. Where no unknown name was sent, or the field only looks like a name, the status may mean either.
    """
    check = evidence.requirements[exchange.requirement].check
    owners = _owners(evidence, check) if isinstance(check, Accepts) else []
    statuses = {answered.status for name, _ in owners for answered in evidence.of(name) if not answered.unsettled}
    return all(owner.optional for _, owner in owners) and statuses <= set(evidence.contract.bad_request_statuses)


def _owners(evidence: Evidence, check: Accepts) -> list[tuple[str, KnowsResource]]:
    """Return the ids and rules on unknown names in the place of a value."""
    return [
        (other.id, other.check)
        for other in evidence.requirements.values()
        if isinstance(other.check, KnowsResource)
        and (other.check.place, other.check.path) == (check.place, check.path)
        and other.check.form is ResourceForm.UNKNOWN
    ]
