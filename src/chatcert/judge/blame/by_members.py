"""Blame by members: a member of an enum, or a value at a limit, that the plain valid request holds is the cause."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.cases.requests.part_types import sent_types
from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.evidence import Evidence
from chatcert.judge.sent_forms import content_type, sent_parts
from chatcert.judge.sent_values import is_sent_as, sent_values
from chatcert.judge.values import is_equal
from chatcert.openapi.schemas.alternatives import specialised
from chatcert.openapi.schemas.fields import Choice, shown_path
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import is_json_type
from chatcert.requirements.check import Accepts, Variation
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Requirement
from chatcert.text import format_json
from chatcert.transport.exchange import Exchange

Holds = Callable[[Exchange, Any], bool]
"""Whether a request has a value in one place."""
_WHOLE = (Variation.REQUIRED_ONLY, Variation.ALL_FIELDS, Variation.PRESENT, Variation.MEDIA_TYPE)
_OF_NUMBERS = (Variation.MINIMUM, Variation.MAXIMUM)
_OF_SIZES = {
    Variation.MIN_LENGTH: str,
    Variation.MAX_LENGTH: str,
    Variation.MIN_ITEMS: list,
    Variation.MAX_ITEMS: list,
    Variation.MIN_PROPERTIES: dict,
    Variation.MAX_PROPERTIES: dict,
}
"""Limits on a size, each with the values that have one."""
_LIMITS = (*_OF_NUMBERS, *_OF_SIZES)
_MEMBERS = (Variation.ENUM, Variation.PART_TYPE, Variation.TYPED_ALTERNATIVE)


def served_instead(evidence: Evidence, requirement: Requirement) -> Exchange | None:
    """Return a served request with another value, if the member or limit of a requirement is why others are refused.

    It is, if no valid request that has it is served, and each one that is refused with the same status has it.
    """
    check = requirement.check
    if not isinstance(check, Accepts) or check.variation not in (*_MEMBERS, *_LIMITS):
        return None
    holds, is_limit = _holder(evidence, check), check.variation in _LIMITS
    statuses = {exchange.status for exchange in evidence.of(requirement.id)} - {None}
    others = [value for _, value in _others(evidence.requirements, requirement)]
    served = None
    for exchange in evidence.final:
        if exchange.expectation != Expectation.ACCEPTED or exchange.operation is not Operation.CREATE:
            continue
        is_alike = exchange.succeeded or exchange.status in statuses
        if is_alike and exchange.succeeded is holds(exchange, check.value):
            return None
        is_other = any(holds(exchange, member) for member in others)
        if exchange.succeeded and (is_other or (is_limit and [*sent_values(evidence, exchange, check)])):
            served = served or exchange
    return served


def under_a_refused_member(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold valid requests under a member, or a value at a limit, that all of them hold, where it is the cause."""
    valid = [failure for failure in left if isinstance(failure.requirement.check, Accepts)]
    for cause in valid if len(valid) > 1 else ():
        check = cause.requirement.check
        if not isinstance(check, Accepts) or served_instead(run.evidence, cause.requirement) is None:
            continue
        holds = _holder(run.evidence, check)
        for failure in valid:
            if failure.sign == cause.sign and all(holds(exchange, check.value) for exchange in failure.exchanges):
                yield failure, cause, f"{_shown(check)} in its requests too, and others are served with another value"


def of_a_refused_type(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold valid requests under one of the types of a field that they have, where no value of this type is served."""
    checks = [(f, check) for f in left if isinstance(check := f.requirement.check, Accepts) and check.place == "body"]
    for cause, check in checks:
        if check.variation is not Variation.TYPE or cause.sign is None:
            continue
        is_of_type = validator_for({"type": check.value}).is_valid
        if any(is_of_type(one) for e in run.evidence.valid_successes for one in sent_values(run.evidence, e, check)):
            continue
        for failure, other in checks:
            is_here = (other.path, other.choices) == (check.path, check.choices) or other.variation in _WHOLE
            exchanges = failure.exchanges if is_here and failure.sign == cause.sign else ()
            sent = [[*sent_values(run.evidence, exchange, check)] for exchange in exchanges]
            if sent and all(values and all(map(is_of_type, values)) for values in sent):
                yield failure, cause, f"its requests have a value of type {check.value} too, and none is served"


def in_a_refused_media_type(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold alternatives and parts of a media type under this one, and alternatives under the same ones in the usual."""
    checks = [(f, check) for f in left if isinstance(check := f.requirement.check, Accepts)]
    types = {check.value: f for f, check in checks if check.variation is Variation.MEDIA_TYPE}
    usual = {check.choices: f for f, check in checks if check.variation is Variation.ALTERNATIVE}
    for failure, check in checks:
        if check.variation not in (Variation.TYPED_ALTERNATIVE, Variation.PART_TYPE):
            continue
        of_type, alike = types.get(check.value[0]), usual.get(check.value[1])
        if of_type is not None and of_type.sign == failure.sign and failure.sign is not None:
            yield failure, of_type, "no body of this media type is accepted"
        elif alike is not None and alike.sign == failure.sign and failure.sign is not None:
            yield failure, alike, "it is refused in the usual media type too"


def _shown(check: Accepts) -> str:
    match check.variation:
        case Variation.PART_TYPE:
            return f"{check.value[1]} is {check.value[2]}"
        case Variation.TYPED_ALTERNATIVE:
            media_type, choices = check.value
            return f"a body of {media_type} is what {'/'.join(shown_path(choices[-1].path, choices))} describes"
        case Variation.ENUM:
            return f"{'/'.join(check.path)} is {format_json(check.value)}"
        case _:
            return f"{'/'.join(check.path) or 'the body'} is at its {check.variation} of {format_json(check.value)}"


def other_members(requirements: Mapping[str, Requirement], requirement: Requirement) -> Iterator[str]:
    """Yield the ids of the requirements on the other members of the same enum; none for any other requirement."""
    yield from (name for name, _ in _others(requirements, requirement))


def _others(requirements: Mapping[str, Requirement], requirement: Requirement) -> Iterator[tuple[str, Any]]:
    check = requirement.check
    if not isinstance(check, Accepts) or check.variation not in _MEMBERS:
        return
    for name, one in requirements.items():
        other = one.check
        if not isinstance(other, Accepts) or name == requirement.id or replace(other, value=check.value) != check:
            continue
        if _place(other) == _place(check):
            yield name, other.value


def _place(check: Accepts) -> Any:
    """Return of what a value is one of several: a part of a form, or alternatives of one place of a media type."""
    match check.variation:
        case Variation.PART_TYPE:
            return check.value[:2]
        case Variation.TYPED_ALTERNATIVE:
            media_type, choices = check.value
            return media_type, choices[:-1], choices[-1].path, choices[-1].keyword, choices[-1].slot
        case _:
            return None


def _holder(evidence: Evidence, check: Accepts) -> Holds:
    """Return what tells whether a request has a value in the place of a check, in whatever form it was sent."""
    if check.variation is Variation.PART_TYPE:
        return lambda exchange, value: _has_part(evidence, exchange, *value)
    if check.variation is Variation.TYPED_ALTERNATIVE:
        return lambda exchange, value: _is_alternative(evidence, exchange, *value)

    if (kind := _OF_SIZES.get(check.variation)) is not None:
        return lambda exchange, value: any(
            isinstance(one, kind) and len(one) == value for one in sent_values(evidence, exchange, check)
        )

    def holds(exchange: Exchange, value: Any) -> bool:
        is_json = check.place == "body" and is_json_type(content_type(exchange))  # its texts stand for themselves
        sent = sent_values(evidence, exchange, check)
        return any(is_equal(one, value) or (not is_json and is_sent_as(one, value)) for one in sent)

    return holds


def _has_part(evidence: Evidence, exchange: Exchange, media_type: str, name: str, listed: str) -> bool:
    """Return whether a form has a part in the media type in which a listed one is sent."""
    body = evidence.contract.body
    if body is None:
        return False
    sent = sent_types(body.encodings.get(media_type), name, body.content[media_type]).get(listed)
    return any(part.name == name and part.media_type == sent for part in sent_parts(exchange))


def _is_alternative(evidence: Evidence, exchange: Exchange, media_type: str, choices: tuple[Choice, ...]) -> bool:
    """Return whether a body of a media type is what an alternative describes, the others left out."""
    body = evidence.contract.body
    if body is None or content_type(exchange).partition(";")[0] != media_type.partition(";")[0]:
        return False
    return validator_for(specialised(body.content[media_type], choices)).is_valid(evidence.sent_json(exchange))
