"""Error: a refusal is answered as documented."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from chatcert.cases.case import Expectation
from chatcert.judge.answers.answer_bodies import judge_body
from chatcert.judge.answers.chosen_answers import readable, values_at
from chatcert.judge.answers.header_values import judge_header
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.answers.named_fields import LONG, names
from chatcert.judge.answers.refusal_statuses import (
    is_right_for_invalid,
    is_right_for_unauthenticated,
    statuses_of_other_meaning,
)
from chatcert.judge.evidence import Evidence
from chatcert.judge.hostile_requests import REFUSALS, hostile_places
from chatcert.judge.requests import is_refused_for_framing, judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept, sometimes_broken, vacuous
from chatcert.judge.values import format_brief, is_empty
from chatcert.openapi.error_fields import normalised
from chatcert.openapi.refusal_marks import part_of
from chatcert.openapi.schemas.path_tokens import is_open
from chatcert.openapi.schemas.pointer import join
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.check import AnswerGroup, Answers, Refuses, Rule
from chatcert.requirements.framing import refusals_of
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

_UNAUTHORIZED, _NOT_FOUND, _TOO_MANY_REQUESTS = 401, 404, 429


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``error``."""
    check = requirement.check
    assert isinstance(check, Answers)
    match check.rule:
        case Rule.DOCUMENTED_STATUS:
            return _documented_status(evidence)
        case Rule.STATUS if check.status == AnswerGroup.INVALID:
            return _status_for_invalid(evidence)
        case Rule.STATUS:
            return _status_for_unauthenticated(evidence)
        case Rule.JSON_OBJECT:
            return _json_for_invalid(evidence)
        case Rule.NO_HTML:
            return _no_html(evidence)
        case Rule.TWO_FAULTS:
            return judge_requests(evidence, requirement, _two_faults)
        case Rule.REFUSAL:
            return _refusal(evidence, check)
        case Rule.NAMES_FIELD:
            return _names_field(evidence, check)
        case Rule.INFORMATIVE:
            return _informative(evidence, check)
        case _ if check.header:
            return judge_header(evidence, check)
        case _:
            return judge_body(evidence, check)


def _refusal(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on refusals with the status of a success: they have the form that the document has for them."""
    answer = next(answer for answer in evidence.contract.answers if answer.status == check.status)
    validator = validator_for(part_of(answer, refused=True))
    for exchange in evidence.final:
        if not exchange.refused or evidence.contract.answer_for(exchange.status or 0) is not answer:
            continue
        breach = next(validator.breaches(evidence.json_of(exchange)), None)
        if breach is None:
            yield kept(exchange)
        else:
            path, keyword, message = breach
            yield broken(exchange, f"{keyword} kept at {join('', *path) or 'the top'}", message)


def _two_faults(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a request with two faults: which of them is named, the server chooses."""
    if exchange.status is not None and 400 <= exchange.status < 500:
        return kept(exchange)
    return broken(exchange, "a refusal, as of either fault alone", describe_answer(exchange))


_MEANINGS: Mapping[Expectation, tuple[int, ...]] = {
    Expectation.REFUSED: (400, 422),
    Expectation.UNAUTHENTICATED: (401, 403),
    Expectation.UNKNOWN: (404, 410),
    Expectation.IN_USE: (409,),
}
"""The statuses that HTTP has for the ways in which a described request can be wrong."""
_DESCRIBED = (*_MEANINGS, Expectation.ACCEPTED, Expectation.LIMIT)
"""Requests that the document describes. Other methods, other media types and hostile input are none of them."""
_ON_BODIES = (411, 413, 415)
"""Statuses of HTTP for what is around a body: the document describes the body itself."""


def _documented_status(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on the status of answers to requests that the document describes.

    Where the document has no status at all for what is wrong with a request, that of HTTP is right. Hostile input may
    be refused with any status that HTTP has for refusals of its kind, and a path that is not in its normal form may be
    redirected. That it is served with another success is a breach of the rule on successes.
    """
    contract = evidence.contract
    expected = f"status {' or '.join(answer.status for answer in contract.answers)}"
    for exchange in evidence.final:
        status = exchange.status
        if status is None or exchange.unsettled:
            continue
        if hostile := hostile_places(evidence, exchange):
            yield _status_for_hostile(evidence, exchange, hostile, expected)
        if exchange.expectation not in _DESCRIBED:
            continue
        means = _MEANINGS.get(exchange.expectation, ())
        if contract.answer_for(status) is not None:
            yield kept(exchange)
        elif status in {*_ON_BODIES, *refusals_of(exchange.sent.headers)} or (
            status in means and not contract.documented(*means)
        ):
            yield vacuous(exchange)
        else:
            yield broken(exchange, expected, describe_answer(exchange))


def _status_for_hostile(evidence: Evidence, exchange: Exchange, places: frozenset[str], expected: str) -> Ruling:
    """Rule on the status of an answer to a hostile request; server errors and successes have rules of their own."""
    status = exchange.status or 0
    is_right = status in REFUSALS or status >= 500 or exchange.succeeded or ("path" in places and status < 400)
    if is_right or evidence.contract.answer_for(status) is not None or status in refusals_of(exchange.sent.headers):
        return vacuous(exchange)
    return broken(exchange, expected, describe_answer(exchange))


def _status_for_invalid(evidence: Evidence) -> Iterator[Ruling]:
    contract = evidence.contract
    expected = "status " + " or ".join(map(str, contract.bad_request_statuses))
    judged_elsewhere = statuses_of_other_meaning(contract)
    for exchange in evidence.final:
        status = exchange.status or 0
        if status in judged_elsewhere or not 400 <= status < 500:
            continue
        if not _is_settled(evidence, exchange, Expectation.REFUSED):
            continue
        if is_right_for_invalid(contract, exchange):
            yield kept(exchange)
        elif _is_not_in_control(evidence, exchange):
            yield vacuous(exchange)  # it may be refused because it is there at all
        else:
            # The page does not mention 404: a server may use it for an unknown name, whatever else is wrong with it.
            level = Level.SHOULD if status == _NOT_FOUND else None
            yield broken(exchange, expected, describe_answer(exchange), level)
    yield from _sporadic(evidence, Expectation.REFUSED, expected)


def _is_not_in_control(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether the control of an invalid request does not hold the field that is wrong: no name is configured."""
    check, control = evidence.requirements[exchange.requirement].check, evidence.numbered(exchange.control)
    if not isinstance(check, Refuses) or check.place != "body" or check.keyword == "required" or control is None:
        return False
    return any(True for _ in values_at(evidence.sent_json(exchange), check.path)) and not any(
        True for _ in values_at(evidence.sent_json(control), check.path)
    )


def _status_for_unauthenticated(evidence: Evidence) -> Iterator[Ruling]:
    contract = evidence.contract
    expected = "status " + " or ".join(map(str, contract.refusal_statuses))
    for exchange in evidence.final:
        status = exchange.status or 0
        if not _is_settled(evidence, exchange, Expectation.UNAUTHENTICATED) or status < 300:
            continue
        if status >= 500:
            yield broken(exchange, expected, describe_answer(exchange), Level.MUST)
        elif status == _TOO_MANY_REQUESTS and not contract.documented(status):
            yield vacuous(exchange)  # RFC 6585 section 4; that the page does not have it is a rule of its own
        elif is_right_for_unauthenticated(contract, exchange):
            yield kept(exchange)
        else:
            # HTTP has 401 for this (RFC 9110 section 15.5.2), whatever the page leaves out.
            level = Level.SHOULD if status == _UNAUTHORIZED else None
            yield broken(exchange, expected, describe_answer(exchange), level)
    yield from _sporadic(evidence, Expectation.UNAUTHENTICATED, expected)


def _is_settled(evidence: Evidence, exchange: Exchange, expectation: Expectation) -> bool:
    """Return whether an exchange of that expectation allows a ruling on the status of its answer.

    Statuses that are wrong for every refusal are judged by the requirement that the exchange belongs to.
    """
    is_settled = not exchange.unsettled and exchange.status not in refusals_of(exchange.sent.headers)
    if exchange.expectation != expectation or not is_settled or exchange.control_accepted is False:
        return False
    is_judged_there = (exchange.status or 0) >= 500 and exchange.requirement.endswith(f"/{Rule.TWO_FAULTS}")
    return not is_judged_there and not is_refused_for_framing(evidence, exchange)


def _sporadic(evidence: Evidence, expectation: Expectation, expected: str) -> Iterator[Ruling]:
    for exchange in evidence.sporadic:
        if exchange.expectation == expectation and (exchange.status or 0) < 500:
            last = evidence.last_of(exchange)
            yield sometimes_broken(exchange, f"{expected}, every time", last, evidence.repeated(exchange))


def _json_for_invalid(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on refusals of invalid requests where the document describes no error."""
    for exchange in evidence.final:
        refused = exchange.status is not None and 400 <= exchange.status < 500
        if exchange.expectation != Expectation.REFUSED or not refused or exchange.control_accepted is False:
            continue
        try:
            evidence.json_of(exchange)
        except NotJson as error:
            yield broken(exchange, "a JSON body", str(error))
        else:
            yield kept(exchange)


def _no_html(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on refusals of bad credentials where the document describes no error."""
    for exchange in evidence.final:
        if exchange.expectation != Expectation.UNAUTHENTICATED or exchange.received is None:
            continue
        media_type = exchange.received.header("Content-Type") or ""
        if "html" in media_type.lower() or exchange.received.body.lstrip()[:9].lower() in (b"<!doctype", b"<html>"):
            yield broken(exchange, "no HTML", f"Content-Type: {media_type}")
        else:
            yield kept(exchange)


def _names_field(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on the field that an error names: it is the one that the request has wrong, or one around it.

    An error that leaves the place empty names no other field, and any spelling is right. Elsewhere in the answer, a
    short name may be a word like any other.
    """
    for exchange, answer in readable(evidence, check.status):
        requirement = evidence.requirements.get(exchange.requirement)
        wrong = requirement.check if requirement is not None else None
        if exchange.expectation != Expectation.REFUSED or exchange.control_accepted is False:
            continue
        if not isinstance(wrong, Refuses) or not wrong.path:
            continue
        named = [value for path in check.detail for value in values_at(answer, tuple(path))]
        named = [value for value in named if value is not None and not is_empty(value)]
        known = [name for token in wrong.path if not is_open(token) and (name := normalised(token))]
        if not named or not known:
            yield vacuous(exchange)
        elif any(names(named if len(name) < LONG else answer, name) for name in known):
            yield kept(exchange)
        elif any(names(answer, name) for name in known):
            yield vacuous(exchange)
        else:
            yield broken(exchange, f"the name {wrong.path[-1]}", format_brief(named[0]))


def _informative(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule on what an error tells in its documented fields.

    An error that has a value in other fields alone has another form than the documented one. An error without any
    value has the documented form as far as its schema goes, so it breaks no more than a ``should``.
    """
    documented = set(check.detail)
    expected = f"a value in {' or '.join(check.detail)}"
    for exchange, answer in readable(evidence, check.status):
        members = answer if isinstance(answer, dict) else {}
        filled = {name for name, value in members.items() if value is not None and not is_empty(value)}
        if filled & documented:
            yield kept(exchange)
        elif filled - documented and not members.keys() & documented:
            yield broken(exchange, expected, format_brief(answer))
        else:
            yield broken(exchange, expected, format_brief(answer), Level.SHOULD)
