"""Own rules: what a user requires beyond the contract, judged by the user's own function."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, describe_answer, describe_trouble, doubtful, kept
from chatcert.requirements.own import installed_rule
from chatcert.requirements.own_rule import CannotTell, OwnAnswer, OwnRequest, OwnRule
from chatcert.requirements.requirement import Requirement
from chatcert.text import one_line, shorten
from chatcert.transport.exchange import Exchange, Received

MAX_TEXT = 500
"""Characters of what a rule says is wrong."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings of an own rule on the exchanges that were sent for it.

    Raises:
        TypeError: the rule gives neither a text nor ``None``.
    """
    rule = installed_rule(requirement).rule
    for exchange in evidence.of(requirement.id):
        yield _circumstances(evidence, exchange) or _ruling(rule, exchange)


def _circumstances(evidence: Evidence, exchange: Exchange) -> Ruling | None:
    """Return why nothing can be concluded from an exchange; ``None`` if something can."""
    if exchange.number in evidence.spoiled:
        return doubtful(exchange, evidence.spoiled[exchange.number])
    if exchange.unsettled:
        return doubtful(exchange, describe_trouble(exchange))
    if exchange.control_accepted is False:
        return doubtful(exchange, "the valid request that its request was made from was not accepted")
    return doubtful(exchange, f"no answer came: {describe_answer(exchange)}") if exchange.received is None else None


def _ruling(rule: OwnRule, exchange: Exchange) -> Ruling:
    assert exchange.received is not None
    try:
        wrong: Any = rule.judge(_request(exchange), _answer(exchange.received))
    except CannotTell as why:
        return doubtful(exchange, f"the rule cannot tell: {shorten(one_line(str(why)), MAX_TEXT)}")
    if wrong is None:
        return kept(exchange)
    if not isinstance(wrong, str) or not wrong.strip():
        raise TypeError("its judge gives neither a text nor None")
    return broken(exchange, rule.statement, shorten(one_line(wrong), MAX_TEXT))


def _request(exchange: Exchange) -> OwnRequest:
    sent, address = exchange.sent, urlsplit(exchange.sent.url)
    headers = {name.lower(): value for name, value in sent.headers}
    return OwnRequest(sent.method, address.path, address.query, headers, sent.body or b"")


def _answer(received: Received) -> OwnAnswer:
    headers = {name.lower(): value for name, value in received.headers}
    return OwnAnswer(received.status, headers, received.body)
