"""Blame by circumstances: what fails only in one way of framing, or only right after one thing, follows from that."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chatcert.cases.state import OVERSIZED
from chatcert.judge.failures import Failure, Folds, Run, Sign, sign_of
from chatcert.requirements.check import Content, Framed, ServesAfter, Trigger
from chatcert.requirements.framing import framings_of
from chatcert.transport.exchange import Exchange

_WORDS = {
    Trigger.REFUSED_LOGIN: "a refused login",
    Trigger.REFUSAL: "a refusal",
    Trigger.OVERSIZED_BODY: "a body that is too large",
    Trigger.ABORTED_UPLOAD: "an upload that was broken off",
}


def after_a_trigger(run: Run, left: Sequence[Failure]) -> Folds:
    """Fold what fails only right after something, with the same answer, under the finding on that state."""
    for cause, trigger in _states(left):
        for failure in left:
            is_own = isinstance(failure.requirement.check, ServesAfter)
            if not is_own and all(_follows(run, exchange, trigger, cause.sign) for exchange in failure.exchanges):
                yield failure, cause, f"it is broken only right after {_WORDS[trigger]}, by the same answer"


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


def _states(failures: Sequence[Failure]) -> Iterator[tuple[Failure, Trigger]]:
    for failure in failures:
        if isinstance(failure.requirement.check, ServesAfter) and failure.sign is not None:
            yield failure, failure.requirement.check.trigger


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
            return exchange.status in (401, 403)
        case Trigger.REFUSAL:
            return exchange.status is not None and 400 <= exchange.status < 500
        case Trigger.OVERSIZED_BODY:
            return 2 * len(exchange.sent.body or b"") >= OVERSIZED
        case Trigger.ABORTED_UPLOAD:
            announced = next((value for name, value in exchange.sent.headers if name.lower() == "content-length"), None)
            return announced is not None and announced != str(len(exchange.sent.body or b""))
