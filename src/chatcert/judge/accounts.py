"""Accounts: whose credentials a request had."""

from __future__ import annotations

from chatcert.cases.case import Expectation
from chatcert.cases.requests.two_accounts import ONE_CREDENTIAL, OTHER_CREDENTIALS, OTHER_WITH_OWN
from chatcert.transport.exchange import Exchange


def account_of(exchange: Exchange) -> str:
    """Return whose credentials a request had: its own, those of the other account, some of each, or refused ones."""
    if exchange.edit in (OTHER_WITH_OWN, OTHER_CREDENTIALS):
        return "other"
    if exchange.edit.startswith(ONE_CREDENTIAL):
        return "mixed"
    is_bad = exchange.expectation in (Expectation.UNAUTHENTICATED, Expectation.UNSERVED)
    return "refused" if is_bad and not exchange.succeeded else "own"
