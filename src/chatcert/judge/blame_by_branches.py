"""Blame by branches: valid requests that are refused because of the alternative that they are of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatcert.judge.failures import Failure, Folds, Run
from chatcert.openapi.alternatives import specialised
from chatcert.openapi.validator import validator_for
from chatcert.requirements.check import Accepts, Answers, Rule, Variation
from chatcert.transport.exchange import Exchange


def of_an_alternative(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold valid requests under the alternative that they are of, by the same answer, where none of it is served.

    Where some of it are, the alternative is not the cause: that it is refused follows from the smallest request,
    whose body it shares.
    """
    plain = next((failure for failure in left if _variation(failure) is Variation.REQUIRED_ONLY), None)
    shared = {exchange.sent.body for exchange in plain.exchanges} if plain is not None else set()
    for cause in left:
        if _variation(cause) is not Variation.ALTERNATIVE or cause.sign is None:
            continue
        is_of = _membership(run, cause)
        if any(map(is_of, run.evidence.valid_successes)) or not all(map(is_of, cause.exchanges)):
            is_plain = plain is not None and plain.sign == cause.sign
            if is_plain and all(exchange.sent.body in shared for exchange in cause.exchanges):
                yield cause, plain, "its request is the smallest valid one"  # type: ignore[misc]
            continue
        for failure in left:
            is_alike = failure.sign == cause.sign and _is_about_valid_requests(failure)
            if is_alike and all(map(is_of, failure.exchanges)):
                yield failure, cause, "its requests are of that alternative too, and none of it is served"


def _variation(failure: Failure) -> Variation | None:
    check = failure.requirement.check
    return check.variation if isinstance(check, Accepts) and check.place == "body" else None


def _is_about_valid_requests(failure: Failure) -> bool:
    check = failure.requirement.check
    is_status = isinstance(check, Answers) and check.rule is Rule.STATUS and check.status.startswith("2")
    return is_status or (isinstance(check, Accepts) and check.variation is not Variation.ALTERNATIVE)


def _membership(run: Run, alternative: Failure) -> Callable[[Exchange], bool]:
    """Return the test whether the body of a request is what an alternative describes, the others left out."""
    body, check = run.evidence.contract.body, alternative.requirement.check
    if body is None or not isinstance(check, Accepts):
        return lambda exchange: False
    narrowed = validator_for(specialised(body.schema, check.choices))
    return lambda exchange: bool(exchange.sent.body) and narrowed.is_valid(run.evidence.sent_json(exchange))
