"""Protocol: requests and answers mean what the RFCs of HTTP and JSON say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress

from chatcert.cases.case import Expectation
from chatcert.exceptions import UsageError
from chatcert.judge.answers.header_forms import judge_forms, judge_repetition
from chatcert.judge.answers.header_values import lines_of
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import accepted, judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept
from chatcert.judge.values import format_brief
from chatcert.openapi.contract import Contract
from chatcert.openapi.schemas.pointer import locate, lookup, tokens_of
from chatcert.requirements.check import Accepts, Answers, Method, Rule
from chatcert.requirements.protocol import SAFE_METHODS
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

_SCHEME = re.compile(r"[\w!#$%&'*+.^`|~-]+(\s|,|$)", re.ASCII)
"""The beginning of a challenge (RFC 9110 section 11.3): the scheme, a token."""
REDIRECTS = (301, 302, 303, 307, 308)


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``protocol``."""
    match requirement.check:
        case Answers(rule=Rule.ALLOW):
            return _allow(evidence)
        case Answers(rule=Rule.CHALLENGE):
            return _challenge(evidence)
        case Answers(rule=Rule.HEADER_FORM):
            return judge_forms(evidence)
        case Answers(rule=Rule.SINGLE_HEADERS):
            return judge_repetition(evidence)
        case Answers():
            return _no_redirect(evidence)
        case Method():
            return judge_requests(evidence, requirement, _other_method)
        case Accepts():
            return judge_requests(evidence, requirement, accepted)
        case _:
            return judge_requests(evidence, requirement, _unsupported_media_type)


def _no_redirect(evidence: Evidence) -> Iterator[Ruling]:
    for exchange in evidence.final:
        if exchange.status is None or exchange.expectation in (Expectation.METHOD, Expectation.UNSERVED):
            continue
        is_valid = exchange.expectation == Expectation.ACCEPTED or exchange.moved
        if exchange.status in REDIRECTS and not (is_valid and evidence.contract.documents_redirect(exchange.status)):
            location = exchange.received.header("Location") if exchange.received else None
            yield broken(exchange, "an answer", f"{describe_answer(exchange)}, Location: {location}")
        else:
            yield kept(exchange)


def _allow(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every 405: its ``Allow`` header names the documented method, where that was served."""
    served = evidence.contract.method if evidence.successes else None
    for exchange in evidence.final:
        if exchange.status != 405 or exchange.received is None or exchange.expectation == Expectation.UNSERVED:
            continue
        values = [value for name, value in exchange.received.headers if name.lower() == "allow"]
        methods = {method.strip().upper() for value in values for method in value.split(",")}
        if not values:
            yield broken(exchange, "an Allow header", "status 405 without one")
        elif served is not None and served not in methods:
            right = f"an Allow header with {served}, which is served"
            yield broken(exchange, right, f"Allow: {format_brief(', '.join(values))}")
        else:
            yield kept(exchange)


def _challenge(evidence: Evidence) -> Iterator[Ruling]:
    """Rule on every 401: it has a ``WWW-Authenticate`` with at least one challenge, which begins with a scheme."""
    for exchange in evidence.final:
        if exchange.status != 401 or exchange.received is None or exchange.expectation == Expectation.UNSERVED:
            continue
        lines = lines_of(exchange, "WWW-Authenticate")
        if not lines:
            yield broken(exchange, "a WWW-Authenticate header", "status 401 without one")
        elif not any(_SCHEME.match(line) for line in lines):
            challenges = f"WWW-Authenticate: {format_brief(', '.join(lines))}"
            yield broken(exchange, "the name of an authentication scheme in WWW-Authenticate", challenges)
        else:
            yield kept(exchange)


def _unsupported_media_type(_: Evidence, exchange: Exchange) -> Ruling:
    if exchange.succeeded or exchange.status is None:
        return broken(exchange, "status 415 or another refusal", describe_answer(exchange))
    return kept(exchange)


def _other_method(evidence: Evidence, exchange: Exchange) -> Ruling:
    if exchange.status is None:
        return broken(exchange, "any answer", describe_answer(exchange), Level.SHOULD)
    if (exchange.status == 201 and not exchange.refused) or (exchange.succeeded and _holds_a_chat(evidence, exchange)):
        created = f"{describe_answer(exchange)}, the answer of a created chat"
        return broken(exchange, "no chat: status 405 or another answer", created)
    if exchange.succeeded and not _may_be_served(evidence.contract, exchange.sent.method):
        return broken(exchange, "status 405 or another refusal", describe_answer(exchange), Level.SHOULD)
    if exchange.sent.method == "HEAD" and exchange.succeeded:
        refused = next((e for e in evidence.final if e.sent.method == "GET" and 400 <= (e.status or 0) < 500), None)
        if refused is not None:  # RFC 9110 section 9.3.2: HEAD is GET without the content
            right = f"the status that GET gets, {refused.status}"
            return broken(exchange, right, describe_answer(exchange), Level.SHOULD, earlier=(refused,))
    return kept(exchange)


def _may_be_served(contract: Contract, method: str) -> bool:
    """Return whether a method may succeed: it is safe, or the document describes it for this path."""
    item = lookup(contract.document, tokens_of(contract.operation_pointer)[:-1])
    described = set(item) if isinstance(item, Mapping) else set()
    if "$ref" in described:  # what a path item refers to stands beside what it has of its own (OpenAPI 3.1 §4.8.9)
        with suppress(UsageError):
            described |= set(locate(contract.document, str(item["$ref"]))[1])
    return method in SAFE_METHODS or method.lower() in described


def _holds_a_chat(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether an answer has all members that the answer to the control has."""
    control = evidence.numbered(exchange.control)
    try:
        value = evidence.json_of(exchange)
        model = evidence.json_of(control) if control is not None else None
    except NotJson:
        return False
    return isinstance(value, dict) and isinstance(model, dict) and bool(model) and model.keys() <= value.keys()
