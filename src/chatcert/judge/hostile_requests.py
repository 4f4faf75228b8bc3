"""Recognise hostile requests, and tell which of them the document describes all the same."""

from __future__ import annotations

from typing import Final

from chatcert.cases.case import Expectation
from chatcert.judge.absurd_sizes import is_absurd
from chatcert.judge.evidence import Evidence
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.streams import is_json_type
from chatcert.requirements.requirement import Kind
from chatcert.transport.exchange import Exchange

REFUSALS: Final = frozenset((400, 401, 403, 404, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 417, 422, 429, 431))
"""Statuses of HTTP (RFC 9110 section 15.5, RFC 6585) for refusals of hostile requests, whatever a document lists."""
_DESCRIBED: Final = frozenset(("body", "nesting", "headers"))


def hostile_places(evidence: Evidence, exchange: Exchange) -> frozenset[str]:
    """Return where a request has hostile input, such as ``body`` or ``path``; empty for one that has none."""
    if exchange.expectation != Expectation.ANY:
        return frozenset()
    names = [name for _, name, _ in exchange.members] or [exchange.requirement]
    found = [row for name in names if (row := evidence.requirements.get(name)) is not None]
    return frozenset(row.path.split("/")[1] for row in found if row.kind is Kind.ROBUSTNESS and not row.run_wide)


def is_described(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether the document describes a hostile request: its body is valid JSON of the documented schema.

    Input in parameters, in malformed bodies and in other media types is not described, nor are absurd sizes.
    Headers that the document does not have are beside the point.
    """
    places, body = hostile_places(evidence, exchange), evidence.contract.body
    if not places or places - _DESCRIBED or is_absurd(exchange):
        return False
    if body is None or not is_json_type(body.media_type):
        return False
    return validator_for(body.schema).is_valid(evidence.sent_json(exchange))
