"""Blame by branches: what follows from the alternative that a request is of, or from what is broken inside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from chatcert.judge.blame.failures import Failure, Folds, Run
from chatcert.judge.verdict import VerdictKind
from chatcert.openapi.schemas.alternatives import specialised
from chatcert.openapi.schemas.fields import Choice
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import Accepts, Answers, Refuses, Rule, Variation
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
            is_alike = failure.sign == cause.sign and _is_about_valid_requests(run, failure)
            if is_alike and all(map(is_of, failure.exchanges)):
                yield failure, cause, "its requests are of that alternative too, and none of it is served"


def inside_one_alternative(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold requests of no alternative under the one keyword that they break inside one, where others are checked.

    A server that checks no alternative at all serves what is broken in several of them: there, what breaks a keyword
    in one of them is folded under the alternatives, if it is the same request.
    """
    for union in left:
        check = union.requirement.check
        if not isinstance(check, Refuses) or check.place != "body" or check.keyword not in ("oneOf", "anyOf"):
            continue
        checked = {
            choice
            for name, one in run.requirements.items()
            if run.verdicts[name].kind is VerdictKind.PASS and (choice := _inner_choice(check, one.check)) is not None
        }
        broken = [(one, choice) for one in left if (choice := _inner_choice(check, one.requirement.check)) is not None]
        if len({choice for _, choice in broken}) > 1:
            served = {exchange.sent.body for exchange in union.exchanges}
            for one, _ in broken:
                if all(exchange.sent.body in served for exchange in one.exchanges):
                    yield one, union, "its request is of none of the alternatives, and is served"
            continue
        for cause in left:
            inner = cause.requirement.check
            own = _inner_choice(check, inner)
            if isinstance(inner, Refuses) and (own is not None or _is_tag(check, inner)) and checked - {own}:
                chosen = [inner.choices] if own is not None else [(*check.choices, choice) for choice in checked]
                if all(any(_breaks_only(run, e, inner, choices) for choices in chosen) for e in union.exchanges):
                    yield union, cause, "its requests break that keyword of one alternative, and others are checked"
                    break


def _inner_choice(union: Refuses, check: object) -> Choice | None:
    """Return which alternative of a union a keyword stands in; ``None`` where it stands in none of them."""
    if not isinstance(check, Refuses) or len(check.choices) <= len(union.choices):
        return None
    choice = check.choices[len(union.choices)]
    is_inside = check.choices[: len(union.choices)] == union.choices and choice.path == union.path
    return choice if is_inside and choice.keyword == union.keyword else None


def _is_tag(union: Refuses, check: Refuses) -> bool:
    return check.keyword == "discriminator" and check.path[:-1] == union.path and check.choices == union.choices


def _breaks_only(run: Run, exchange: Exchange, check: Refuses, choices: tuple[Choice, ...]) -> bool:
    """Return whether a body of chosen alternatives breaks nothing but the keyword of a check."""
    body = run.evidence.contract.body
    if body is None or not exchange.sent.body:
        return False
    validator = validator_for(specialised(body.schema, choices, alone=False))
    broken = validator.broken_keywords(run.evidence.sent_json(exchange))
    meant = {"null": "type", "empty-string": "minLength"}.get(check.keyword, check.keyword)
    return bool(broken) and all(
        (check.keyword == "discriminator" or keyword == meant)
        and len(place) == len(check.path)
        and all(token in (ANY, found) for token, found in zip(check.path, place, strict=True))
        for place, keyword in broken
    )


def _variation(failure: Failure) -> Variation | None:
    check = failure.requirement.check
    return check.variation if isinstance(check, Accepts) and check.place == "body" else None


def _is_about_valid_requests(run: Run, failure: Failure) -> bool:
    """Return whether a failure is about valid requests: not about an alternative, unless some of it are served."""
    check = failure.requirement.check
    if _variation(failure) is Variation.ALTERNATIVE:
        return any(map(_membership(run, failure), run.evidence.valid_successes))
    is_status = isinstance(check, Answers) and check.rule is Rule.STATUS and check.status.startswith("2")
    return is_status or isinstance(check, Accepts)


def _membership(run: Run, alternative: Failure) -> Callable[[Exchange], bool]:
    """Return the test whether the body of a request is what an alternative describes, the others left out."""
    body, check = run.evidence.contract.body, alternative.requirement.check
    if body is None or not isinstance(check, Accepts):
        return lambda exchange: False
    narrowed = validator_for(specialised(body.schema, check.choices))
    return lambda exchange: bool(exchange.sent.body) and narrowed.is_valid(run.evidence.sent_json(exchange))
