"""Blame by requests: what fails because its requests hold what another finding is about."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.evidence import Evidence
from chatcert.judge.values import is_equal
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.requirements.check import (
    Answers,
    Authenticates,
    Beside,
    CredentialForm,
    Refuses,
    RefusesBeside,
    RefusesInMediaType,
    Rule,
    Withstands,
)
from chatcert.transport.exchange import Exchange

_FIXED = (Rule.INITIAL, Rule.CONSTANT, Rule.UNIQUE)
"""Rules on values that a client must not choose."""
_TOKENS = (
    CredentialForm.JWT_SHAPED,
    CredentialForm.UNSIGNED,
    CredentialForm.FOREIGN_SIGNED,
    CredentialForm.EXPIRED,
    CredentialForm.OTHER_AUDIENCE,
)
"""Credentials that have the form of a JSON Web Token."""


def words_for_nothing(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold ``null`` as a credential under ``undefined``, where both are served."""
    checks = [(f, check) for f in left if isinstance(check := f.requirement.check, Authenticates)]
    causes = {check.scheme: f for f, check in checks if check.form is CredentialForm.UNDEFINED}
    for failure, check in checks:
        cause = causes.get(check.scheme)
        if check.form is CredentialForm.NULL and cause is not None and failure.sign == cause.sign:
            yield failure, cause, "another word for nothing is served too"


def like_a_token(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what only tokens of the same form break, by the same answer, under the text that is shaped like one."""
    for cause in left:
        shaped = cause.requirement.check
        if not isinstance(shaped, Authenticates) or shaped.form is not CredentialForm.JWT_SHAPED:
            continue
        for failure in left:
            owners = [run.requirements.get(exchange.requirement) for exchange in failure.exchanges]
            checks = [owner.check if owner is not None else None for owner in owners]
            are_tokens = all(isinstance(c, Authenticates) and c.form in _TOKENS for c in checks)
            if are_tokens and failure.sign is not None and failure.sign == cause.sign:
                yield failure, cause, "only tokens of this form break it, and they got the same answer"


def in_another_order(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold invalid bodies with keys in another order under those with optional fields, where they hold these too."""
    checks = [(f, check) for f in left if isinstance(check := f.requirement.check, RefusesBeside)]
    cause = next((failure for failure, check in checks if check.circumstance is Beside.OTHER_FIELDS), None)
    if cause is None:
        return
    held = [_names(run.evidence, exchange) for exchange in cause.exchanges]
    for failure, check in checks:
        names = [_names(run.evidence, exchange) for exchange in failure.exchanges]
        is_alike = all(any(known <= own for known in held) for own in names)
        if check.circumstance is Beside.KEY_ORDER and is_alike and failure.sign == cause.sign:
            yield failure, cause, "its bodies have the optional fields too"


def in_another_media_type(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold invalid bodies in a further media type under the same ones in the usual one, or under those in another.

    A server that has no rule at all, or none for whatever is not of the usual media type, is one finding.
    """
    found = [(f, check) for f in left if isinstance(check := f.requirement.check, RefusesInMediaType)]
    usual = [f for f in left if isinstance(check := f.requirement.check, Refuses) and check.place == "body"]
    served = {exchange.edit for failure in usual for exchange in failure.exchanges}
    for failure, check in found:
        faults = {exchange.edit.removesuffix(f", in {check.media_type}") for exchange in failure.exchanges}
        causes = (one for one in usual if one.sign == failure.sign and faults & {e.edit for e in one.exchanges})
        if faults <= served and (cause := next(causes, None)) is not None:
            yield failure, cause, "the same faults are served in the usual media type"
        elif failure.sign is not None and failure.sign == found[0][0].sign:
            yield failure, found[0][0], "invalid bodies are served in another media type as well"


def with_long_values(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold hostile values of a field under valid ones that fail, where both are longer than all that is served."""
    statuses = [f for f in left if isinstance(c := f.requirement.check, Answers) and c.rule is Rule.STATUS]
    for cause in statuses:
        for failure in left:
            check = failure.requirement.check
            if not isinstance(check, Withstands) or check.place != "body" or failure.sign != cause.sign:
                continue
            served = max(_sizes(run.evidence, run.evidence.valid_successes, check.path), default=0)
            both = [*_sizes(run.evidence, (*cause.exchanges, *failure.exchanges), check.path)]
            if len(both) == len(cause.exchanges) + len(failure.exchanges) and min(both) > served:
                yield failure, cause, f"{'/'.join(check.path)} is longer in both than in any request that is served"


def of_the_same_kind(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the hostile values of one field or parameter under the same values of another, by the same answer."""
    hostile = [f for f in left if isinstance(check := f.requirement.check, Withstands) and check.path]
    labels = {failure.name: {_label(exchange) for exchange in failure.exchanges} for failure in hostile}
    for cause in sorted(hostile, key=lambda failure: -len(labels[failure.name])):
        for failure in hostile:
            is_alike = failure.sign is not None and failure.sign == cause.sign
            if is_alike and labels[failure.name] <= labels[cause.name]:
                yield failure, cause, "the same hostile values got the same answer in another place"


def _label(exchange: Exchange) -> str:
    """Return which hostile value a request has, without the name of its field."""
    return exchange.edit.partition(": ")[2] or exchange.edit


def chosen_by_the_client(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold values that an answer took over from members of requests that have no place there, under the first one."""
    found = [f for f in left if isinstance(c := f.requirement.check, Answers) and c.rule in _FIXED and len(c.path) == 1]
    chosen = [failure for failure in found if all(_is_chosen(run.evidence, failure, e) for e in failure.exchanges)]
    for failure in chosen[1:]:
        yield failure, chosen[0], "it took its value from the request too, as the same requests show"


def _is_chosen(evidence: Evidence, failure: Failure, exchange: Exchange) -> bool:
    """Return whether an answer has what its request says under the name of a field of the answer."""
    check = failure.requirement.check
    assert isinstance(check, Answers)
    sent = lookup(evidence.sent_json(exchange), check.path)
    return sent is not MISSING and is_equal(lookup(evidence.json_of(exchange), check.path), sent)


def _names(evidence: Evidence, exchange: Exchange) -> set[str]:
    body: Any = evidence.sent_json(exchange)
    return set(body) if isinstance(body, dict) else set()


def _sizes(evidence: Evidence, exchanges: Sequence[Exchange], path: tuple[str, ...]) -> Iterator[int]:
    """Yield the sizes of the values at a path of requests: characters, items or members."""
    for exchange in exchanges:
        value = lookup(evidence.sent_json(exchange), path)
        if value is not MISSING and isinstance(value, str | list | dict):
            yield len(value)
