"""Framing: a request means the same however it is framed, and whatever form of answer it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

from chatcert.cases.case import Expectation
from chatcert.cases.framing import AS_WELL
from chatcert.judge.answers.header_values import lines_of
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.claims import PermittedRefusal
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import circumstances, is_refused_for_framing, is_server_error
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept, permitted, vacuous
from chatcert.openapi.contract import Answer
from chatcert.requirements.check import Framed
from chatcert.requirements.framing import WEIGHTED_TO_ZERO, framings_of, refusals_of
from chatcert.requirements.framing_forms import Content, Framing
from chatcert.requirements.requirement import Kind, Level, Requirement
from chatcert.transport.exchange import Exchange
from chatcert.transport.resilience.circumstances import is_foreign, media_type

_UNLIMITED = (Framing.ACCEPT_ABSENT, Framing.ACCEPT_ANY)
_NOT_ACCEPTABLE = 406
_RIGHT = "a success like that of the plain request"
_SECTIONS = {406: "15.5.7", 411: "15.5.12", 417: "15.5.18", 426: "15.5.22", 505: "15.6.6"}
"""Where RFC 9110 describes a refusal."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``framing``."""
    check = requirement.check
    assert isinstance(check, Framed)
    if check.content is not Content.VALID:
        for exchange in evidence.of(requirement.id):
            yield (_permitted(exchange) or circumstances(evidence, exchange) or _refused(evidence, exchange, check))
        return
    for exchange in _valid(evidence):
        framings = framings_of(exchange.sent.headers)
        if check.framing in framings:
            yield _equivalent(evidence, requirement, exchange, framings)


def _valid(evidence: Evidence) -> Iterator[Exchange]:
    """Yield the valid requests that were framed in another way, whichever requirement asked for them."""
    for exchange in evidence.final:
        owner = evidence.requirements.get(exchange.requirement)
        if owner is not None and owner.kind is Kind.FRAMING and exchange.expectation == Expectation.ACCEPTED:
            yield exchange


def _equivalent(
    evidence: Evidence, requirement: Requirement, exchange: Exchange, framings: frozenset[Framing]
) -> Ruling:
    """Rule on a valid request: what the plain one gets, or the refusal that HTTP has for its framing."""
    assert isinstance(requirement.check, Framed)
    framing = requirement.check.framing
    trouble = _trouble(evidence, exchange)
    if len(framings) > 1 and trouble:
        return _several(evidence, requirement, exchange, framings)
    found = _permitted(exchange) or circumstances(evidence, exchange)
    if found is not None:
        return found
    if trouble:
        return broken(exchange, _RIGHT, trouble, Level.SHOULD if _is_lenient(framing, exchange) else None)
    return _unpacked(exchange, framing)


def _is_lenient(framing: Framing, exchange: Exchange) -> bool:
    """Return whether HTTP lets a server refuse this, though not with the status that came.

    A body without a length may be rejected (RFC 9112 section 6.3), for which there is 411.
    """
    status = exchange.status or 0
    return status == _NOT_ACCEPTABLE if framing in _UNLIMITED else framing is Framing.CHUNKED and 400 <= status < 500


def _permitted(exchange: Exchange) -> Ruling | None:
    """Return the ruling on a refusal that HTTP has for the framing of a request; ``None`` for any other answer."""
    status = exchange.status or 0
    if status not in refusals_of(exchange.sent.headers) or exchange.control_accepted is False:
        return None
    return permitted(exchange, PermittedRefusal(exchange.number, status, f"RFC 9110 section {_SECTIONS[status]}"))


def _several(evidence: Evidence, requirement: Requirement, exchange: Exchange, framings: frozenset[Framing]) -> Ruling:
    """Rule on a request with several ways of framing that is not answered as the plain one.

    Which of them is the reason, the requests with one each show. As long as none of them does, the requirement that
    this request belongs to is broken by all of them together.
    """
    alone = {one: e for e in _valid(evidence) if len(own := framings_of(e.sent.headers)) == 1 for one in own}
    tried = [alone[one] for one in framings if one in alone]
    is_explained = any(_trouble(evidence, one) for one in tried)
    is_tried = exchange.succeeded or len(tried) == len(framings)
    if exchange.requirement != requirement.id or is_explained or not is_tried or _is_met_elsewhere(evidence, exchange):
        return vacuous(exchange)
    return circumstances(evidence, exchange) or broken(exchange, _RIGHT, _trouble(evidence, exchange))


def _is_met_elsewhere(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether a plain valid request had an answer with the same breach: the server is wrong now and then."""
    answer = evidence.contract.answer_for(exchange.status or 0)
    if answer is None or not exchange.succeeded:
        return False
    framed = {one.number for one in _valid(evidence)}
    plain = [one for one in evidence.valid_successes if one.number not in framed and one.status == exchange.status]
    with suppress(NotJson):
        own = {breach[:2] for breach in evidence.breaches(exchange, answer)}
        return any(own & _breaches(evidence, one, answer) for one in plain)
    return False


def _breaches(evidence: Evidence, exchange: Exchange, answer: Answer) -> set[tuple[tuple[str, ...], str]]:
    """Return where a success breaks its schema, each with the keyword; nothing where it is not JSON."""
    with suppress(NotJson):
        return {breach[:2] for breach in evidence.breaches(exchange, answer)}
    return set()


def _trouble(evidence: Evidence, exchange: Exchange) -> str:
    """Return how the answer differs from that to the plain request; empty where it means the same."""
    received, control = exchange.received, evidence.numbered(exchange.control)
    if received is None or not exchange.succeeded:
        return describe_answer(exchange)
    if control is None or control.received is None:
        return ""
    if is_foreign(received, evidence.contract) and not is_foreign(control.received, evidence.contract):
        return f"{describe_answer(exchange)}, {media_type(received)}"
    trouble = _new_trouble(evidence, exchange, control)
    return f"{describe_answer(exchange)}, {trouble}" if trouble else ""


def _unpacked(exchange: Exchange, framing: Framing) -> Ruling:
    """Rule on a success: it is packed in no way that the request refuses."""
    refused = _codings_refused(framing)
    used = [coding.strip().lower() for line in lines_of(exchange, "Content-Encoding") for coding in line.split(",")]
    unwanted = next((coding for coding in used if coding in refused or ("*" in refused and coding != "identity")), "")
    if unwanted:
        actual = f"{describe_answer(exchange)}, packed with {unwanted}"
        return broken(exchange, "an answer without a coding that the request does not take", actual, Level.SHOULD)
    return kept(exchange)


def _codings_refused(framing: Framing) -> tuple[str, ...]:
    match framing:
        case Framing.CODING_IDENTITY:
            return ("*",)
        case Framing.CODING_REFUSED:
            return WEIGHTED_TO_ZERO
        case _:
            return ()


def _new_trouble(evidence: Evidence, exchange: Exchange, control: Exchange) -> str:
    """Return what is wrong with the body of a success, though not with that of its control; empty if nothing is.

    An answer of another documented media type is none to compare.
    """
    if exchange.received is None or control.received is None:
        return ""
    try:
        evidence.json_of(control)
    except NotJson:
        return ""
    if media_type(exchange.received) != media_type(control.received):
        return ""
    try:
        evidence.json_of(exchange)
    except NotJson:
        return "and its body is not JSON"
    answer = evidence.contract.answer_for(exchange.status or 0)
    if answer is None or exchange.status != control.status:
        return ""
    known = {(path, keyword) for path, keyword, _ in evidence.breaches(control, answer)}
    found = next((one for one in evidence.breaches(exchange, answer) if one[:2] not in known), None)
    return f"and {'/'.join(found[0]) or 'its body'} breaks {found[1]}" if found is not None else ""


def _refused(evidence: Evidence, exchange: Exchange, check: Framed) -> Ruling:
    """Rule on a request that is refused when it is sent plainly: its framing must not change that."""
    if exchange.succeeded:
        return vacuous(exchange) if _plain_served(evidence, exchange, check) else _bypassed(evidence, exchange)
    if exchange.status is None or is_server_error(exchange.status):
        if is_refused_for_framing(evidence, exchange):
            return vacuous(exchange)
        return broken(exchange, "the refusal of the plain request", describe_answer(exchange))
    return kept(exchange)


def _bypassed(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on what is served in this framing alone; whoever overlooks an optional body has served a valid request."""
    body = evidence.contract.body
    is_optional = exchange.expectation == Expectation.REFUSED and body is not None and not body.required
    level = Level.SHOULD if is_optional else None
    return broken(exchange, "a refusal, as of the plain request", describe_answer(exchange), level)


def _plain_served(evidence: Evidence, exchange: Exchange, check: Framed) -> bool:
    """Return whether the same request is served in the usual framing, too: that is another requirement's finding."""
    if check.content is Content.UNAUTHENTICATED:
        missing = [one for one in evidence.final if one.expectation == exchange.expectation]
        return any(one.succeeded and one.requirement.endswith("/missing") for one in missing)
    edit = exchange.edit.removesuffix(AS_WELL[check.framing])
    return any(one.succeeded and one.edit == edit and one.expectation == exchange.expectation for one in evidence.final)
