"""Choose the answers that a rule applies to, and parse them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.openapi.contract import OF_SUCCESS, Answer
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.path_tokens import ANY, is_open, matches_key
from chatcert.openapi.schemas.pointer import lookup
from chatcert.openapi.streams import is_json_type, stream_form
from chatcert.requirements.check import Answers
from chatcert.transport.exchange import Exchange


def documented_answer(evidence: Evidence, status: str) -> Answer:
    """Return the documented answer of a status, written as in the document."""
    return next(answer for answer in evidence.contract.answers if answer.status == status)


def exchanges_of(evidence: Evidence, status: str) -> tuple[Exchange, ...]:
    """Return the exchanges to which the rules on one documented status apply.

    If no success had a documented status, all successes are judged as if they had the first documented one. If some
    did, a success with another status breaks the rule on the status, and no other rule is applied to it.
    """
    if status not in evidence.by_status:
        evidence.by_status[status] = _exchanges_of(evidence, status)
    return evidence.by_status[status]


def _exchanges_of(evidence: Evidence, status: str) -> tuple[Exchange, ...]:
    if not status.startswith(OF_SUCCESS):
        return evidence.errors(status)
    contract = evidence.contract
    found: dict[str, list[Exchange]] = {success.status: [] for success in contract.successes}
    undocumented: list[Exchange] = []
    for exchange in evidence.successes:
        answer = contract.answer_for(exchange.status or 0)
        found.get(answer.status if answer is not None else "", undocumented).append(exchange)
    if not any(found.values()) and status == contract.successes[0].status:
        return tuple(undocumented)
    return tuple(found[status])


def readable(evidence: Evidence, status: str) -> tuple[tuple[Exchange, Any], ...]:
    """Return the exchanges of one documented status whose body is JSON, each with its value.

    A body that is not JSON is left out: the rule ``json`` judges it.
    """
    if status not in evidence.readings:
        evidence.readings[status] = tuple(_readable(evidence, status))
    return evidence.readings[status]


def _readable(evidence: Evidence, status: str) -> Iterator[tuple[Exchange, Any]]:
    answer = next((a for a in evidence.contract.answers if a.status == status), None)
    for exchange in exchanges_of(evidence, status):
        if answer is not None and has_other_media_type(exchange, answer):
            continue
        try:
            yield exchange, evidence.json_of(exchange)
        except NotJson:
            continue


def values_of(evidence: Evidence, check: Answers) -> Iterator[tuple[Exchange, Any]]:
    """Yield the readable exchanges with the value of the field that a rule applies to, or ``MISSING``."""
    for exchange, answer in readable(evidence, check.status):
        yield exchange, lookup(answer, check.path)


def values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """Yield the values at a path of the catalogue, in which ``*`` stands for every item and every key.

    A pattern after ``*`` stands for the keys that match it.
    """
    if not path:
        yield value
        return
    head, rest = path[0], path[1:]
    if head == ANY:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for member in members:
            yield from values_at(member, rest)
    elif is_open(head):
        for name in value if isinstance(value, dict) else ():
            if matches_key(head, name):
                yield from values_at(value[name], rest)
    elif isinstance(value, dict) and head in value:
        yield from values_at(value[head], rest)
    elif isinstance(value, list) and head.isdecimal() and int(head) < len(value):  # of ``prefixItems``
        yield from values_at(value[int(head)], rest)


def is_same_media_type(sent: str, documented: str) -> bool:
    """Return whether a media type is the documented one or in the documented range, parameters and case aside."""
    ours, theirs = (text.partition(";")[0].strip().lower() for text in (sent, documented))
    kind, _, subtype = theirs.partition("/")
    return theirs in (ours, "*/*") or (subtype == "*" and ours.startswith(f"{kind}/"))


def documented_type(answer: Answer, sent: str) -> str:
    """Return the documented media type that matches ``sent``, an exact one before a range; empty if none does."""
    names = sorted(answer.content, key=lambda name: "*" in name)
    return next((name for name in names if is_same_media_type(sent, name)), "")


def has_other_media_type(exchange: Exchange, answer: Answer) -> bool:
    """Return whether the media type of an answer is a documented one to which the rules on JSON bodies do not apply."""
    sent = exchange.received.header("Content-Type") if exchange.received is not None else None
    if sent is None:
        return False
    known = _other_types_of(answer)
    if sent not in known:
        known[sent] = _is_other(answer, sent)
    return known[sent]


def is_negotiated(exchange: Exchange, answer: Answer) -> bool:
    """Return whether the request accepts the media type that came and no documented one (RFC 9110 section 12.5.1)."""
    accept = ",".join(value for name, value in exchange.sent.headers if name.lower() == "accept")
    sent = exchange.received.header("Content-Type") if exchange.received is not None else None
    ranges = [part.partition(";")[0].strip() for part in accept.split(",") if part.strip()]
    if not ranges or sent is None:
        return False
    is_documented_taken = any(is_same_media_type(name, one) for name in answer.content for one in ranges)
    return not is_documented_taken and any(is_same_media_type(sent, one) for one in ranges)


@memoise_by_identity(maxsize=64)
def _other_types_of(answer: Answer) -> dict[str, bool]:
    """Return a cache, by media type that came: whether the rules on JSON bodies do not apply to it."""
    return {}


def _is_other(answer: Answer, sent: str) -> bool:
    name = documented_type(answer, sent)
    if stream_form(name) is not None or name in answer.other_types:
        return True
    return "*" in name and not is_json_type(sent)
