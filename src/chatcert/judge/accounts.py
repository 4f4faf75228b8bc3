"""Accounts: whose credentials a request had."""

from __future__ import annotations

from chatcert.cases.case import Expectation
from chatcert.cases.two_accounts import OTHER_CREDENTIALS, OTHER_WITH_OWN
from chatcert.transport.exchange import Exchange


def account_of(exchange: Exchange) -> str:
    """Return whose credentials a request had: its own, those of the other account, or refused ones."""
    if exchange.edit in (OTHER_WITH_OWN, OTHER_CREDENTIALS):
        return "other"
    is_bad = exchange.expectation in (Expectation.UNAUTHENTICATED, Expectation.UNSERVED)
    return "refused" if is_bad and not exchange.succeeded else "own"
