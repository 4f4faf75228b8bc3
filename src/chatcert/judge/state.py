"""State: a valid request is served, whatever came before it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

from chatcert.cases.case import Expectation
from chatcert.cases.state import ROUNDS
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, describe_answer, doubtful, kept, sometimes_broken, vacuous
from chatcert.requirements.check import Answers, ServesAfter, Trigger
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange, Role

COINCIDENCE: Final = 0.0025
"""A state is blamed only where the probability that all its requests failed by chance is at most this."""
_RIGHT = "a success, as before and after"
_CLOSED = (ErrorKind.RESET, ErrorKind.INCOMPLETE)


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``state``, one for each round.

    It is broken where the request was not served right after the same thing every time, though the same request was
    served at another time, and valid requests before and later. Once is a coincidence.
    """
    check = requirement.check
    if isinstance(check, Answers):
        yield from _every_time(evidence)
        return
    assert isinstance(check, ServesAfter)
    rounds = list(_rounds(evidence, requirement, check.trigger))
    failed = [first for first, _ in rounds if not first.succeeded]
    confirmed = len(failed) >= ROUNDS and not _is_coincidence(evidence, len(failed))
    for first, trigger in rounds:
        if first.succeeded:
            yield kept(first)
        elif not _is_ever_served(evidence, first):
            yield doubtful(first, f"{describe_answer(first)}, as to the same request at another time")
        elif first.status == 429 or len(rounds) > len(failed):
            yield vacuous(first)
        elif len(failed) < ROUNDS:
            yield doubtful(first, f"{describe_answer(first)} once, and it was not tried again")
        elif not _was_served(evidence, first, before=True) or not _was_served(evidence, first, before=False):
            yield doubtful(first, f"{describe_answer(first)}, and valid requests were not served before and after it")
        elif not confirmed:
            yield vacuous(first)
        else:
            actual = f"{describe_answer(first)} each time"
            yield broken(first, _RIGHT, actual, earlier=(trigger,) if trigger is not None else ())


def _every_time(evidence: Evidence) -> Iterator[Ruling]:
    """Rule that a request is answered the same way every time: a wrong answer that came once may be a coincidence."""
    wrong = evidence.sporadic
    for exchange in evidence.final:
        yield kept(exchange) if exchange.succeeded or exchange.attempt > 1 else vacuous(exchange)
    for exchange in wrong if len(wrong) >= ROUNDS else ():
        right = f"{describe_answer(evidence.last_of(exchange))}, as at another time"
        last, times = evidence.last_of(exchange), evidence.repeated(exchange)
        yield sometimes_broken(exchange, right, last, times)


def _rounds(
    evidence: Evidence, requirement: Requirement, trigger: Trigger
) -> Iterator[tuple[Exchange, Exchange | None]]:
    """Yield the first answer to the valid request of each round, and what was sent before it.

    A server may close a connection at any time (RFC 9112 section 9.5): a request is then sent again on another one. An
    upload that was broken off has no connection left to close.
    """
    sent = sorted(evidence.attempts(requirement.id), key=lambda exchange: exchange.number)
    cases = dict.fromkeys(exchange.case for exchange in sent if exchange.expectation == Expectation.ACCEPTED)
    for case in cases:
        attempts = [exchange for exchange in sent if exchange.case == case]
        if not any(exchange.final for exchange in attempts):
            continue
        before = [e for e in sent if e.number < attempts[0].number and e.expectation != Expectation.ACCEPTED]
        lasting = [e for e in attempts if trigger is Trigger.ABORTED_UPLOAD or not _is_closed(e)]
        yield (lasting or attempts[-1:])[0], before[-1] if before else None


def _is_closed(exchange: Exchange) -> bool:
    return exchange.error is not None and exchange.error.kind in _CLOSED


def _is_ever_served(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether the request of an exchange, or the control that it repeats, was served at any time."""
    if exchange.control_accepted is not False:
        return True
    control = evidence.numbered(exchange.control)
    case = control.case if control is not None else exchange.case
    return any(e.succeeded and (e.case == case or e.sent.body == exchange.sent.body) for e in evidence.exchanges)


def _was_served(evidence: Evidence, exchange: Exchange, *, before: bool) -> bool:
    """Return whether a valid request was served before an exchange, or after it."""
    valid = (e for e in evidence.exchanges if e.since is not None and e.succeeded)
    return any((e.number < exchange.number) is before and e.number != exchange.number for e in valid)


def _is_coincidence(evidence: Evidence, failed: int) -> bool:
    """Return whether valid requests fail so often without any cause that these failures may be a coincidence."""
    quiet = list(_after_successes(evidence))
    rate = sum(not exchange.succeeded for exchange in quiet) / len(quiet) if quiet else 0.0
    return bool(rate**failed > COINCIDENCE)


def _after_successes(evidence: Evidence) -> Iterator[Exchange]:
    """Yield the valid requests, first attempts only, that were sent right after a served one."""
    ordered: Sequence[Exchange] = sorted(evidence.exchanges, key=lambda exchange: (exchange.chain, exchange.number))
    for previous, exchange in pairwise(ordered):
        owner = evidence.requirements.get(exchange.requirement)
        own = owner is not None and owner.kind in (Kind.STATE, Kind.FRAMING) and exchange.role != Role.PROBE
        is_valid = exchange.since is not None and exchange.expectation == Expectation.ACCEPTED
        if is_valid and exchange.attempt == 1 and previous.succeeded and not own:
            yield exchange
