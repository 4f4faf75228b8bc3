"""Judge the requests that are sent for one requirement: what is the same for all families, and rules of several."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from chatcert.cases.case import Expectation
from chatcert.judge.claims import NoSuccess
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, describe_answer, describe_trouble, doubtful, kept, vacuous
from chatcert.requirements.framing import framings_of
from chatcert.requirements.requirement import Kind, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange
from chatcert.transport.repetition import ONLY_ONCE, concerns

LARGE_BODY = 65_536
"""Bytes from which a server may close the connection instead of reading the whole body."""

_CONTROL_REFUSED = "the valid request that differs in this one thing alone was not accepted"


def judge_requests(
    evidence: Evidence, requirement: Requirement, rule: Callable[[Evidence, Exchange], Ruling]
) -> Iterator[Ruling]:
    """Yield a ruling on each exchange that was sent for a requirement.

    Args:
        rule: rules on an exchange of which the circumstances allow a ruling.
    """
    for exchange in evidence.of(requirement.id):
        yield circumstances(evidence, exchange) or rule(evidence, exchange)


def _concerns_another_field(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether an exchange was sent for something else than the value in it that can be new only once."""
    requirement = evidence.requirements[exchange.requirement]
    path = getattr(requirement.check, "path", ()) if requirement.kind is Kind.ACCEPTANCE else ()
    return not path or not concerns(evidence.spoiled[exchange.number], path)


def circumstances(evidence: Evidence, exchange: Exchange) -> Ruling | None:
    """Return the ruling that the circumstances lead to, or ``None`` where they allow one on the answer."""
    if exchange.number in evidence.spoiled:
        reason = evidence.spoiled[exchange.number]
        if not reason.endswith(ONLY_ONCE):
            return doubtful(exchange, reason)
        if not (exchange.succeeded and _concerns_another_field(evidence, exchange)):
            return vacuous(exchange)
    if exchange.unsettled:
        return doubtful(exchange, describe_trouble(exchange))
    if exchange.error is not None and exchange.error.kind is ErrorKind.UNSENDABLE:
        return vacuous(exchange)
    if exchange.expectation == Expectation.ANY:
        withstood = withstands(exchange)
        if withstood.is_breach or withstood.vacuous or evidence.successes:
            return withstood
        return doubtful(exchange, str(NoSuccess()))  # a server that refuses every request has not been put to the test
    accepted = exchange.expectation == Expectation.ACCEPTED and exchange.succeeded
    if exchange.control_accepted is False and not accepted:
        return doubtful(exchange, _CONTROL_REFUSED)
    return _refused_with_success(evidence, exchange) if exchange.refused else None


def _refused_with_success(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a documented refusal with the status of a success: it counts like any other refusal."""
    if exchange.expectation == Expectation.LIMIT:
        return vacuous(exchange)
    if exchange.expectation != Expectation.ACCEPTED:
        return kept(exchange)
    answer = evidence.contract.answer_for(exchange.status or 0)
    pointer = answer.refusal["pointer"] if answer is not None and answer.refusal is not None else ""
    return broken(exchange, "a success", f"{describe_answer(exchange)}, a refusal by its {pointer}")


def accepted(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a valid request: it has to be accepted."""
    if exchange.succeeded:
        return kept(exchange)
    if evidence.contract.documents_redirect(exchange.status or 0):
        return doubtful(exchange, f"status {exchange.status} is documented, and no redirect is taken for a success")
    documented = " or ".join(answer.status for answer in evidence.contract.successes) or "2xx"
    return broken(exchange, f"status {documented}", describe_answer(exchange))


def is_refused_for_framing(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether valid requests that are framed in the same way get the same status as this one.

    What is wrong with the request itself was not looked at then.
    """
    framings = framings_of(exchange.sent.headers)
    return bool(framings) and any(
        e.status == exchange.status and framings <= framings_of(e.sent.headers)
        for e in evidence.final
        if e.expectation == Expectation.ACCEPTED
    )


def withstands(exchange: Exchange) -> Ruling:
    """Rule on hostile input: any answer but a server error is right."""
    too_large = len(exchange.sent.body or b"") > LARGE_BODY
    if too_large and exchange.error is not None and exchange.error.kind is ErrorKind.RESET:
        return vacuous(exchange)  # RFC 9110 section 15.5.14: a server may close the connection instead of reading on
    if exchange.status is None or is_server_error(exchange.status):
        return broken(exchange, "any answer below 500", describe_answer(exchange))
    return kept(exchange)


def is_server_error(status: int | None) -> bool:
    """Return whether a status is of class 5xx; 501 is left out, the right answer to what a server does not have."""
    return status is not None and status >= 500 and status != 501
