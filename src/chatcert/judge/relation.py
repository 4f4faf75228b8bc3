"""Relation: the values of an answer agree with the request, with other answers and with the time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from chatcert.cases.case import Expectation
from chatcert.judge.accounts import account_of
from chatcert.judge.answers import clock
from chatcert.judge.answers.chosen_answers import values_of
from chatcert.judge.answers.replies import is_reply
from chatcert.judge.certainty import is_exchanged_alike, is_json
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import accepted, judge_requests
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.judge.values import difference, format_ends, is_equal
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.schemas.fields import walk
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.requirements.check import Answers, KnowsResource, Rule
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

_REQUEST_PATH = "$request.path"
ECHO_LENGTH: Final = 255
"""Characters of a text beyond which our inference that it comes back says nothing: columns of databases are so long."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``relation``."""
    check = requirement.check
    if not isinstance(check, Answers):
        return _link(evidence, requirement)
    match check.rule:
        case Rule.UNIQUE:
            return _unique(evidence, check)
        case Rule.EQUALS:
            return _equals(evidence, check, inferred=requirement.provenance is Provenance.INFERRED)
        case Rule.INITIAL:
            return _initial(evidence, check)
        case Rule.CLOCK:
            return clock.is_near_now(evidence, check)
        case Rule.CLOCK_MOVES:
            return clock.moves_on(evidence, check)
        case Rule.REPLY:
            return is_reply(evidence, check)
        case Rule.NOT_BEFORE:
            return clock.is_not_before(evidence, check)
        case _:
            return _constant(evidence, check)


def _link(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Rule on the requests that follow a link: one that is served shows that it can be followed.

    What a server still refuses just before may not be known everywhere yet. A server error is a breach at any time, and
    so is the refusal of the link beside all other fields, once it was followed without them.
    """
    rulings = list(judge_requests(evidence, requirement, accepted))
    followed = any(not ruling.is_breach and not ruling.vacuous for ruling in rulings)
    sizes = {ruling.exchange.number: _members(evidence, ruling.exchange) for ruling in rulings}
    least = min(sizes.values(), default=0)
    alone = [r.exchange.number for r in rulings if not (r.is_breach or r.vacuous) and sizes[r.exchange.number] == least]
    for ruling in rulings:
        number = ruling.exchange.number
        followed_before = sizes[number] > least and any(earlier < number for earlier in alone)
        status = ruling.exchange.status
        if ruling.is_breach and (status is None or status >= 500):
            yield replace(ruling, level=Level.MUST, earlier=_control_of(evidence, ruling.exchange))
        elif ruling.is_breach:
            earlier = _control_of(evidence, ruling.exchange)
            yield vacuous(ruling.exchange) if followed and not followed_before else replace(ruling, earlier=earlier)
        else:
            yield ruling


def _members(evidence: Evidence, exchange: Exchange) -> int:
    body = evidence.sent_json(exchange)
    return len(body) if isinstance(body, dict) else 0


def _control_of(evidence: Evidence, exchange: Exchange) -> tuple[Exchange, ...]:
    control = evidence.numbered(exchange.control)
    return (control,) if control is not None else ()


def _unique(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    seen: dict[str, Exchange] = {}
    is_undocumented = not _is_sent(evidence, check.path)
    for exchange, value in values_of(evidence, check):
        if value is MISSING or value is None or value == "" or isinstance(value, dict | list):
            yield vacuous(exchange)
            continue
        first = seen.setdefault(repr(value), exchange)
        if is_undocumented and first is exchange and value in _named_in(evidence, exchange, check.path):
            yield broken(exchange, "a value of the server", f"{format_ends(value)}, as in the request", Level.SHOULD)
        elif first is exchange:
            yield kept(exchange)
        else:
            actual = f"{format_ends(value)}, as in exchange {first.number}"
            yield replace(broken(exchange, "a value that no other chat has", actual, earlier=(first,)), of_any_two=True)


def _named_in(evidence: Evidence, exchange: Exchange, path: tuple[str, ...]) -> list[Any]:
    """Return what a request says under the name of a field of the answer, in its body and in the objects there."""
    body = evidence.sent_json(exchange)
    places = [body, *(body.values() if isinstance(body, dict) else ())]
    return [value for place in places if (value := lookup(place, path)) is not MISSING]


def _is_sent(evidence: Evidence, path: tuple[str, ...]) -> bool:
    """Return whether a field of the answer may be a field of the request too, so that the client may choose it."""
    body = evidence.contract.body
    return body is None or any(field.path == path for field in walk(body.schema, body.schema_pointer))


def _equals(evidence: Evidence, check: Answers, *, inferred: bool) -> Iterator[Ruling]:
    """Rule that a value is the part of the request, or of the exchange, that an expression names.

    Args:
        inferred: whether the relation is our inference: then it is on texts that say something alone.
    """
    expression, prefix = str(check.detail.get("expression", "")), str(check.detail.get("prefix", ""))
    for exchange, value in values_of(evidence, check):
        if value is MISSING or not _is_clear(evidence, exchange, expression):
            yield vacuous(exchange)
            continue
        expected = _evaluate(evidence, exchange, expression)
        if expected is MISSING:
            expected = check.detail.get("default", MISSING)
        if expected is MISSING or not is_exchanged_alike(expected) or (inferred and not _says_something(expected)):
            yield vacuous(exchange)
        elif (
            is_equal(value, expected)
            or (expression == _REQUEST_PATH and _is_same_path(value, expected))
            or (prefix and _without_prefix(value, prefix) == _without_prefix(expected, prefix))
        ):
            yield kept(exchange)
        else:
            yield broken(exchange, difference(expected, value), difference(value, expected))


def _is_clear(evidence: Evidence, exchange: Exchange, expression: str) -> bool:
    """Return whether it is clear what the part of a request was that an expression names.

    Of hostile requests, that is so where the request is valid JSON that every server reads alike, and the part names
    nothing that exists: what an unknown name leads to, the answer itself may say.
    """
    if not expression.startswith("$request.body"):
        return exchange.expectation != Expectation.ANY
    if exchange.expectation != Expectation.ANY:
        return not exchange.sent.body or is_json(exchange)
    path = tokens_of(expression.partition("#")[2])
    names = {one.check.path for one in evidence.requirements.values() if isinstance(one.check, KnowsResource)}
    return path not in names and evidence.is_certain(exchange)


def _says_something(value: Any) -> bool:
    """Return whether a value is a text that is likely to come back as it was: not blank, and no longer than a title."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= ECHO_LENGTH


def _evaluate(evidence: Evidence, exchange: Exchange, expression: str) -> Any:
    """Evaluate an OpenAPI runtime expression; ``MISSING`` where the exchange has no such part."""
    match expression:
        case "$statusCode":
            return exchange.status
        case "$method":
            return exchange.sent.method
        case "$request.path":
            return exchange.sent.path
    if expression.startswith("$request.body"):
        return lookup(evidence.sent_json(exchange), tokens_of(expression.partition("#")[2]))
    if expression.startswith("$request.header."):
        name = expression.rpartition(".")[2].lower()
        return next((value for header, value in exchange.sent.headers if header.lower() == name), MISSING)
    return MISSING


def _is_same_path(value: Any, sent: str) -> bool:
    """Return whether a value is the path that was sent, with or without a gateway's prefix and the query."""
    if not isinstance(value, str):
        return False
    try:
        path = unquote(urlsplit(value).path)
    except ValueError:  # looks like a URL and is none
        return False
    whole = unquote(sent)
    return path.startswith("/") and len(path) > 1 and (path == whole or whole.endswith(path) or path.endswith(whole))


def _without_prefix(value: Any, prefix: str) -> Any:
    return value.removeprefix(prefix) if isinstance(value, str) else value


def _initial(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    expected = check.detail.get("value")
    for exchange, value in values_of(evidence, check):
        if value is MISSING:
            yield vacuous(exchange)
        elif is_equal(value, expected):
            yield kept(exchange)
        else:
            yield broken(exchange, format_ends(expected), format_ends(value))


def _constant(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule that all values are the first one that the same account was given; those of ``null`` aside."""
    first: dict[str, tuple[Any, Exchange]] = {}
    for exchange, value in values_of(evidence, check):
        if value is MISSING or value is None:
            yield vacuous(exchange)
            continue
        expected, earlier = first.setdefault(account_of(exchange), (value, exchange))
        if is_equal(value, expected):
            yield kept(exchange)
        else:
            before = f"{format_ends(expected)}, as in exchange {earlier.number}"
            yield broken(exchange, before, format_ends(value), earlier=(earlier,))
