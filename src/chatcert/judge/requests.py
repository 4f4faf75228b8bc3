"""Rulings on the requests of a requirement's own: was it right to accept or to refuse them?"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress

from chatcert.cases.case import Expectation
from chatcert.exceptions import UsageError
from chatcert.judge.evidence import Evidence, NotJson
from chatcert.judge.ruling import Ruling, broken, doubtful, kept, shown_answer, vacuous
from chatcert.openapi.contract import Contract
from chatcert.openapi.pointer import locate, lookup, tokens_of
from chatcert.requirements.check import KnowsResource, Refuses
from chatcert.requirements.protocol import SAFE_METHODS
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange

LARGE_BODY = 65_536
NO_SUCCESS = "no valid request was accepted"
LENIENT_FORMS = ("missing", "empty", "query", "other-header", "no-scheme", "basic-scheme", "other-scheme", "swapped")
"""Mistakes by which the credential is not there at all: 400 for a missing header is as right as 401."""


def rule(evidence: Evidence, requirement: Requirement, exchange: Exchange) -> Ruling:
    """What one exchange of the requirement's own says of it."""
    if exchange.unsettled:
        return doubtful(exchange, f"the target was not well: {shown_answer(exchange)} to the last of several attempts")
    if exchange.error is not None and exchange.error.kind == ErrorKind.UNSENDABLE:
        return vacuous(exchange)
    expectation = Expectation(exchange.expectation)
    if expectation is Expectation.ACCEPTED:
        return _accepted(evidence, exchange)
    if expectation is Expectation.ANY:
        withstood = _withstood(exchange)
        if withstood.is_breach or not withstood.telling or evidence.successes:
            return withstood
        return doubtful(exchange, NO_SUCCESS)  # what refuses everybody has not been put to the test
    if exchange.control_accepted is False:
        return doubtful(exchange, "the valid request that differs in this one thing alone was refused as well")
    match expectation:
        case Expectation.LIMIT:
            return _within_limits(evidence, exchange)
        case Expectation.REFUSED:
            return _refused(evidence, requirement, exchange)
        case Expectation.UNAUTHENTICATED:
            return _unauthenticated(exchange)
        case Expectation.UNKNOWN:
            return _unknown(evidence, requirement, exchange)
        case Expectation.UNSUPPORTED:
            return _unsupported(exchange)
        case _:
            return _method(evidence, exchange)


def _accepted(evidence: Evidence, exchange: Exchange) -> Ruling:
    if exchange.succeeded:
        return kept(exchange)
    if exchange.control_accepted is False:
        return doubtful(exchange, "the valid request that differs in this one thing alone was refused as well")
    wanted = " or ".join(a.status for a in evidence.contract.successes) or "2xx"
    return broken(exchange, f"status {wanted}", shown_answer(exchange))


def _withstood(exchange: Exchange) -> Ruling:
    too_large = len(exchange.sent.body or b"") > LARGE_BODY
    if too_large and exchange.error is not None and exchange.error.kind == ErrorKind.RESET:
        return vacuous(exchange)  # RFC 9110 section 15.5.14: a server may close the connection instead of reading on
    if exchange.status is None or (exchange.status >= 500 and exchange.status != 501):
        return broken(exchange, "any answer below 500", shown_answer(exchange))
    return kept(exchange)


def _within_limits(evidence: Evidence, exchange: Exchange) -> Ruling:
    contract, status = evidence.contract, exchange.status
    if exchange.succeeded:
        return kept(exchange)
    if status is not None and 400 <= status < 500:
        if not contract.documented(404):
            return vacuous(exchange)
        if status in contract.documented(404, 403, 401, 409, 410):
            return kept(exchange)
    return broken(
        exchange, "a success, or the documented not-found: the value is within its limits", shown_answer(exchange)
    )


def _refused(evidence: Evidence, requirement: Requirement, exchange: Exchange) -> Ruling:
    contract, status = evidence.contract, exchange.status
    right = "status " + " or ".join(map(str, contract.bad_request_statuses))
    if status is None or not 400 <= status < 500:
        return broken(exchange, right, shown_answer(exchange))
    if status in statuses_of_other_meaning(contract):
        # A name that breaks its limits is also the name of nothing: whoever looks it up first is not plainly wrong.
        level = Level.SHOULD if status == 404 and _names_resource(evidence, requirement) else None
        return broken(exchange, right, f"status {status}, which means something else", level)
    return kept(exchange)


def statuses_of_other_meaning(contract: Contract) -> tuple[int, ...]:
    """Statuses that say of an invalid request that something else was wrong with it."""
    if not contract.documents_errors:
        return ()
    return tuple({*contract.documented(401, 403), 404} - set(contract.bad_request_statuses))


def _names_resource(evidence: Evidence, requirement: Requirement) -> bool:
    check = requirement.check
    return (
        isinstance(check, Refuses)
        and check.keyword not in ("required", "type", "null")
        and any(
            isinstance(other.check, KnowsResource) and other.check.path == check.path
            for other in evidence.requirements.values()
        )
    )


def _unauthenticated(exchange: Exchange) -> Ruling:
    """Served or not: with which status it is refused is judged once for all (``response/401/status``)."""
    if exchange.status is None:
        return broken(exchange, "status 401 or 403", shown_answer(exchange))
    return broken(exchange, "status 401 or 403", shown_answer(exchange)) if exchange.succeeded else kept(exchange)


def _unknown(evidence: Evidence, requirement: Requirement, exchange: Exchange) -> Ruling:
    contract, status, check = evidence.contract, exchange.status, requirement.check
    assert isinstance(check, KnowsResource)
    named = contract.documented(404)
    right = "status 404" if named else "a refusal"
    if exchange.succeeded:
        if check.open_question:
            return kept(exchange)
        return broken(
            exchange, right, f"{shown_answer(exchange)}: a chat with something that does not exist", Level.SHOULD
        )
    if status is None or not 400 <= status < 500:
        return broken(exchange, right, shown_answer(exchange), Level.MUST)
    if check.form == "malformed" or not named or status in contract.documented(401, 403, 404, 409, 410):
        return kept(exchange)
    return broken(exchange, right, f"status {status}, though the value is within its limits", Level.MUST)


def _unsupported(exchange: Exchange) -> Ruling:
    if exchange.succeeded:
        return broken(exchange, "status 415 or another refusal", shown_answer(exchange))
    if exchange.status is None:
        return broken(exchange, "status 415 or another refusal", shown_answer(exchange))
    return kept(exchange)


def _method(evidence: Evidence, exchange: Exchange) -> Ruling:
    if exchange.status is None:
        return broken(exchange, "any answer", shown_answer(exchange), Level.SHOULD)
    created = exchange.status == 201 or (exchange.succeeded and _creates(evidence, exchange))
    if created:
        return broken(
            exchange, "no chat: status 405 or another answer", f"{shown_answer(exchange)}, the answer of a created chat"
        )
    if exchange.succeeded and not _is_served(evidence.contract, exchange.sent.method):
        return broken(exchange, "status 405 or another refusal", shown_answer(exchange), Level.SHOULD)
    if exchange.sent.method == "HEAD" and exchange.succeeded:
        refused = next((e for e in evidence.final if e.sent.method == "GET" and 400 <= (e.status or 0) < 500), None)
        if refused is not None:  # RFC 9110 section 9.3.2: HEAD is GET without the content
            return broken(exchange, f"the status that GET gets, {refused.status}", shown_answer(exchange), Level.SHOULD)
    return kept(exchange)


def _is_served(contract: Contract, method: str) -> bool:
    """Whether a method may well be served: it changes nothing, or the document has an operation for it here."""
    item = lookup(contract.document, tokens_of(contract.operation_pointer)[:-1])
    described = set(item) if isinstance(item, Mapping) else set()
    if "$ref" in described:  # what a path item refers to stands beside what it has of its own (OpenAPI 3.1 §4.8.9)
        with suppress(UsageError):
            described |= set(locate(contract.document, str(item["$ref"]))[1])
    return method in SAFE_METHODS or method.lower() in described


def _creates(evidence: Evidence, exchange: Exchange) -> bool:
    """Whether an answer to another method looks like that of a created chat: it holds all that the control's held."""
    control = evidence.numbered(exchange.control)
    try:
        value = evidence.json_of(exchange)
        model = evidence.json_of(control) if control is not None else None
    except NotJson:
        return False
    return isinstance(value, dict) and isinstance(model, dict) and bool(model) and model.keys() <= value.keys()


def status_is_right(evidence: Evidence, exchange: Exchange, meaning: str) -> bool:
    """Whether the status of a refusal is one that the page, or HTTP where the page is silent, has for it.

    Args:
        meaning: ``invalid`` or ``unauthenticated``.
    """
    contract, status = evidence.contract, exchange.status
    assert status is not None
    covered = contract.answer_for(status)
    if covered is not None and covered.status in ("4XX", "4xx", "default"):
        return True
    if meaning == "invalid":
        if contract.documents_errors and not contract.documented(400, 422):
            return True
        bodiless = exchange.requirement.endswith(("request/body/absent", "request/body/empty", "body/white-space"))
        return status in contract.bad_request_statuses or (bodiless and status in (411, 415))
    form = exchange.requirement.rpartition("/")[2]
    lenient = form in LENIENT_FORMS and (status in contract.bad_request_statuses)
    return status in contract.refusal_statuses or lenient
