"""Robustness: no request makes the server fail."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from chatcert.cases.case import Expectation
from chatcert.judge.absurd_sizes import is_absurd
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import is_server_error, judge_requests, withstands
from chatcert.judge.ruling import (
    Ruling,
    broken,
    describe_answer,
    describe_trouble,
    doubtful,
    kept,
    sometimes_broken,
    vacuous,
)
from chatcert.openapi.schemas.validator import validator_for
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``robustness``."""
    if requirement.run_wide:
        return _no_server_error(evidence)
    return _withstands(evidence, requirement)


def _withstands(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    for ruling in judge_requests(evidence, requirement, lambda _, exchange: withstands(exchange)):
        orderly = ruling.is_breach and is_orderly_error(evidence, ruling.exchange)
        yield replace(ruling, level=Level.SHOULD) if orderly else ruling


def is_orderly_error(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether a server error is an orderly answer to an absurd size, and so a remark at most.

    It is in the form that the document has for errors, and the server serves a request afterwards.
    """
    return (
        is_absurd(exchange)
        and _has_documented_form(evidence, exchange)
        and any(later.succeeded and later.number > exchange.number for later in evidence.exchanges)
    )


def _has_documented_form(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether an error has a documented form; any JSON has where the document describes no error."""
    contract = evidence.contract
    documented = contract.answer_for(exchange.status or 0)
    forms = (documented,) if documented is not None else contract.errors
    try:
        value = evidence.json_of(exchange)
    except NotJson:
        return exchange.status is not None and documented is not None and documented.schema is None
    return not contract.documents_errors or any(validator_for(form.schema or {}).is_valid(value) for form in forms)


def _no_server_error(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every answer: it is not a server error, whatever was sent.

    Status 501 to a method or feature that the server does not have is right (RFC 9110 section 15.6.2), and so is a
    server error that the bundled mock was asked for. A transient failure that passed is judged by the answer that came
    after it.
    """
    for exchange in evidence.final:
        if exchange.expectation == Expectation.UNSERVED:
            continue  # the requirement that asked for it rules on that
        if not is_server_error(exchange.status):
            if exchange.status is not None:
                yield kept(exchange)
        elif exchange.expectation == Expectation.REQUESTED_ERROR:
            yield vacuous(exchange)
        elif exchange.unsettled:
            yield doubtful(exchange, describe_trouble(exchange))
        else:
            level = Level.SHOULD if is_orderly_error(evidence, exchange) else None
            yield broken(exchange, "any answer below 500", describe_answer(exchange), level)
    for exchange in evidence.sporadic:
        if is_server_error(exchange.status) and exchange.expectation != Expectation.UNSERVED:
            last = evidence.last_of(exchange)
            yield sometimes_broken(exchange, "no server error, ever", last, evidence.repeated(exchange))
