"""Blame by circumstances: what fails only in one way of framing, or only right after one thing, follows from that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatcert.cases.case import BAD_CREDENTIALS, Expectation
from chatcert.cases.state import OVERSIZED
from chatcert.judge.blame.failures import Failure, Folds, Run, Sign, sign_of
from chatcert.requirements.check import Answers, Authenticates, Framed, Guards, Rule, ServesAfter, Trigger
from chatcert.requirements.framing import framings_of
from chatcert.requirements.framing_forms import Content
from chatcert.transport.exchange import Exchange

_WORDS = {
    Trigger.REFUSED_LOGIN: "a refused login",
    Trigger.REFUSAL: "a refusal",
    Trigger.INVALID_BODY: "a body with a wrong field",
    Trigger.UNKNOWN_NAME: "an unknown name",
    Trigger.OVERSIZED_BODY: "a body that is too large",
    Trigger.ABORTED_UPLOAD: "an upload that was broken off",
}

_UPLOADS = (Trigger.OVERSIZED_BODY, Trigger.ABORTED_UPLOAD)
_REFUSALS = (Trigger.REFUSAL, Trigger.INVALID_BODY, Trigger.UNKNOWN_NAME, Trigger.REFUSED_LOGIN)
"""Triggers that a server refuses, the most general one first."""


def after_a_trigger(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what fails only right after something, with the same answer, under the finding on that state."""
    states = [*_states(left)]
    for failure in left if states else ():
        if _trigger_of(failure) is not None:
            continue
        found = [_state_before(run, exchange, states) for exchange in failure.exchanges]
        cause = found[0] if all(found) else None
        trigger = _trigger_of(cause) if cause is not None else None
        if cause is not None and trigger is not None:
            yield failure, cause, f"it is broken only right after {_WORDS[trigger]} or the like, by the same answer"


def _state_before(run: Run, exchange: Exchange, states: Sequence[tuple[Failure, Trigger]]) -> Failure | None:
    """Return the first finding on a state in which an exchange was sent that got the same answer."""
    return next((cause for cause, trigger in states if _follows(run, exchange, trigger, cause.sign)), None)


def after_any_refusal(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold the states after other refusals under the first one, where the same answer follows each of them."""
    refusals = [failure for failure in left if _trigger_of(failure) in _REFUSALS and failure.sign is not None]
    general = next((failure for failure in refusals if _trigger_of(failure) is Trigger.REFUSAL), None)
    for failure in left if general is not None else ():
        if _trigger_of(failure) in _UPLOADS and failure.sign == general.sign:  # type: ignore[union-attr]
            yield failure, general, "what is too large or broken off is refused too, and got the same answer"  # type: ignore[misc]
    for failure in refusals:
        cause = min(refusals, key=lambda one: _REFUSALS.index(one.requirement.check.trigger))  # type: ignore[union-attr]
        if failure.sign == cause.sign:
            yield failure, cause, "it is a refusal too, and got the same answer"


def at_any_time(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what fails now and then, or was tried once alone and got such an answer, under the rule on all requests."""
    cause = next((failure for failure in left if _is_on_every_time(failure)), None)
    if cause is None:
        return
    numbers, signs = {e.number for e in cause.exchanges}, {sign_of(e) for e in cause.exchanges}
    for failure in left:
        doubtful = [e for e in failure.exchanges if e.number not in numbers]
        is_untried = all(sign_of(e) in signs and run.evidence.repeated(e).of == 1 for e in doubtful)
        if _trigger_of(failure) is None and is_untried:
            yield failure, cause, "such answers come now and then, and no request that breaks it got one each time"


def let_in_at_times(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold bad credentials that were served once, and refused when they came again, under the first such finding.

    Rules on all answers that are broken so follow from any finding on bad credentials.
    """
    logins = [one for one in left if isinstance(one.requirement.check, Authenticates | Guards)]
    found = [failure for failure in left if all(_is_let_in_once(exchange) for exchange in failure.exchanges)]
    at_times = [failure for failure in found if failure in logins]
    for failure in found if logins else ():
        if at_times or failure not in logins:
            why = "bad credentials are served now and then, and refused when they come again"
            yield failure, (at_times or logins)[0], why


def _is_let_in_once(exchange: Exchange) -> bool:
    return exchange.expectation in BAD_CREDENTIALS and exchange.succeeded and not exchange.final


def in_one_framing(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what fails only in requests of one way of framing, with the same answer, under the finding on that."""
    for cause, check in _framings(left):
        for failure in left:
            other = failure.requirement.check
            is_peer = isinstance(other, Framed) and other.content is Content.VALID
            if not is_peer and all(_is_framed(exchange, check, cause.sign) for exchange in failure.exchanges):
                yield failure, cause, f"only requests with {check.framing} break it, and they got the same answer"


def explained(run: Run, exchange: Exchange) -> Failure | None:
    """Return the failure of a way of framing, or of a state, that explains one answer; ``None`` if there is none."""
    for cause, trigger in _states(run.failures):
        if _follows(run, exchange, trigger, cause.sign):
            return cause
    return next((one for one, check in _framings(run.failures) if _is_framed(exchange, check, one.sign)), None)


def _trigger_of(failure: Failure) -> Trigger | None:
    check = failure.requirement.check
    return check.trigger if isinstance(check, ServesAfter) else None


def _is_on_every_time(failure: Failure) -> bool:
    check = failure.requirement.check
    return isinstance(check, Answers) and check.rule is Rule.EVERY_TIME


def _states(failures: Sequence[Failure]) -> Iterator[tuple[Failure, Trigger]]:
    for failure in failures:
        trigger = _trigger_of(failure)
        if trigger is not None and failure.sign is not None:
            yield failure, trigger


def _framings(failures: Sequence[Failure]) -> Iterator[tuple[Failure, Framed]]:
    for failure in failures:
        check = failure.requirement.check
        if isinstance(check, Framed) and check.content is Content.VALID and failure.sign is not None:
            yield failure, check


def _is_framed(exchange: Exchange, check: Framed, sign: Sign | None) -> bool:
    return sign_of(exchange) == sign and check.framing in framings_of(exchange.sent.headers)


def _follows(run: Run, exchange: Exchange, trigger: Trigger, sign: Sign | None) -> bool:
    """Return whether an answer came right after a trigger, or after others like it that did."""
    if sign_of(exchange) != sign:
        return False
    before = [e for e in run.evidence.exchanges if e.chain == exchange.chain and e.number < exchange.number]
    for earlier in sorted(before, key=lambda e: e.number, reverse=True):
        if _is_trigger(earlier, trigger):
            return True
        if sign_of(earlier) != sign:
            return False
    return False


def _is_trigger(exchange: Exchange, trigger: Trigger) -> bool:
    match trigger:
        case Trigger.REFUSED_LOGIN:
            has_bad = exchange.expectation in (Expectation.UNAUTHENTICATED, Expectation.UNSERVED)
            return exchange.status in (401, 403) or has_bad
        case Trigger.REFUSAL | Trigger.INVALID_BODY | Trigger.UNKNOWN_NAME:
            return exchange.status is not None and 400 <= exchange.status < 500
        case Trigger.OVERSIZED_BODY:
            return 2 * len(exchange.sent.body or b"") >= OVERSIZED
        case Trigger.ABORTED_UPLOAD:
            announced = next((value for name, value in exchange.sent.headers if name.lower() == "content-length"), None)
            return announced is not None and announced != str(len(exchange.sent.body or b""))
