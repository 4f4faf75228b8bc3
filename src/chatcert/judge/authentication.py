"""Authentication: a request without valid credentials is refused."""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.cases.case import BAD_CREDENTIALS, COOKIES_OF_CONTROL, Expectation
from chatcert.cases.requests.two_accounts import ONE_CREDENTIAL
from chatcert.cases.requests.unusual_requests import COMBINED
from chatcert.judge.answers.json_text import NotJson
from chatcert.judge.evidence import Evidence
from chatcert.judge.requests import is_server_error, judge_requests
from chatcert.judge.ruling import Ruling, broken, describe_answer, kept, sometimes_broken, vacuous
from chatcert.openapi.contract import Answer
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.pointer import MISSING, lookup
from chatcert.openapi.streams import stream_form
from chatcert.requirements.check import ODD_VALUES, Answers, Authenticates, Guards, Rule, SeparatesAccounts
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange
from chatcert.transport.resilience.circumstances import media_type

_CUT_OFF = (ErrorKind.RESET, ErrorKind.INCOMPLETE)
"""How a connection may end on which too many bytes of headers came (RFC 6585 section 5)."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``authentication``.

    The status of the refusals is judged once for all by a requirement of the kind ``error``
    (``response/401/status``).
    """
    check = requirement.check
    if isinstance(check, SeparatesAccounts):
        yield from judge_requests(evidence, requirement, _of_one_account)
        return
    if isinstance(check, Guards):
        yield from _narrowed(list(judge_requests(evidence, requirement, _unserved)))
    elif isinstance(check, Authenticates) and check.form in ODD_VALUES:
        yield from judge_requests(evidence, requirement, _refused_in_any_way)
    else:
        yield from judge_requests(evidence, requirement, _refused)
    yield from _now_and_then(evidence, requirement)


def _now_and_then(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Rule on bad credentials that were served once and refused when the same request was sent again."""
    for exchange in evidence.sporadic:
        if exchange.requirement != requirement.id or not exchange.succeeded:
            continue
        is_login = exchange.expectation == Expectation.UNAUTHENTICATED
        if is_login or (exchange.expectation in BAD_CREDENTIALS and _is_served_chat(evidence, exchange)):
            last, times = evidence.last_of(exchange), evidence.repeated(exchange)
            yield sometimes_broken(exchange, "a refusal, every time", last, times)


def _of_one_account(_: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a request that mixes two accounts; the request of the other account alone is their control."""
    if exchange.expectation == Expectation.LIMIT:
        return vacuous(exchange)
    if exchange.succeeded and exchange.edit.startswith(ONE_CREDENTIAL):
        actual = f"{describe_answer(exchange)}: a chat with credentials of two accounts"
        return broken(exchange, "a refusal", actual, Level.SHOULD)
    if exchange.succeeded:
        return broken(exchange, "a refusal", f"{describe_answer(exchange)}: a chat with what another account has")
    return kept(exchange)


def _refused(_: Evidence, exchange: Exchange) -> Ruling:
    has_session = ("Cookie", COOKIES_OF_CONTROL) in exchange.sent.headers  # not a credential in a cookie
    if exchange.status is None or exchange.succeeded:
        level = Level.SHOULD if has_session and exchange.succeeded else None
        return broken(exchange, "status 401 or 403", describe_answer(exchange), level)
    return kept(exchange)


def _refused_in_any_way(_: Evidence, exchange: Exchange) -> Ruling:
    """Rule on a credential that no client sends: whatever the refusal, it is one, and no server error."""
    if exchange.error is not None and exchange.error.kind in _CUT_OFF:
        return vacuous(exchange)
    if exchange.status is None or exchange.succeeded or is_server_error(exchange.status):
        return broken(exchange, "status 401, 403 or another refusal", describe_answer(exchange))
    return kept(exchange)


def _unserved(evidence: Evidence, exchange: Exchange) -> Ruling:
    """Rule on an unusual request without valid credentials: any answer is right but that of a created chat.

    Another page with the status of a success, such as one for all unknown paths, shows nothing.
    """
    if _is_served_chat(evidence, exchange):
        served = f"{describe_answer(exchange)}, the answer of a created chat"
        return broken(exchange, "status 401 or 403, or another refusal", served)
    return vacuous(exchange) if exchange.succeeded or exchange.received is None else kept(exchange)


def _is_served_chat(evidence: Evidence, exchange: Exchange) -> bool:
    """Return whether an answer is a documented success that keeps its schema and holds what is promised.

    Where neither the schema nor the page promises anything, it has to have the members of the control's answer.
    """
    received = exchange.received
    if received is None or not exchange.succeeded:
        return False
    answer = evidence.contract.answer_for(received.status)
    if answer is None or answer not in evidence.contract.successes:
        return False
    control = evidence.numbered(exchange.control)
    if stream_form(media_type(received)) is not None:
        return _has_events(evidence, exchange, answer)
    try:
        value = evidence.json_of(exchange)
        if evidence.breaches(exchange, answer):
            return False
        usual = evidence.json_of(control) if control is not None and control.succeeded else None
    except NotJson:
        return False
    promised = _promised(evidence, answer)
    if promised:
        return all(lookup(value, path) not in (MISSING, None, "") for path in promised)
    return isinstance(value, dict) and isinstance(usual, dict) and bool(usual) and set(usual) <= set(value)


def _promised(evidence: Evidence, answer: Answer) -> list[tuple[str, ...]]:
    """Return the fields of which the page says that every answer has a value."""
    checks = [one.check for one in evidence.requirements.values()]
    rules = [check for check in checks if isinstance(check, Answers) and check.rule is Rule.PROMISED]
    return [check.path for check in rules if check.status == answer.status and ANY not in check.path]


def _has_events(evidence: Evidence, exchange: Exchange, answer: Answer) -> bool:
    """Return whether an answer is a documented stream in which an event came."""
    received = exchange.received
    documented = {stream.media_type.partition(";")[0].strip().lower(): stream for stream in answer.streams}
    stream = documented.get(media_type(received)) if received is not None else None
    return stream is not None and bool(evidence.stream_of(exchange, stream).events)


def _narrowed(rulings: list[Ruling]) -> Iterator[Ruling]:
    """Yield rulings without the breaches of requests that combine several causes, where another one shows the cause."""
    cause_is_known = any(ruling.is_breach and not ruling.exchange.edit.startswith(COMBINED) for ruling in rulings)
    for ruling in rulings:
        combines = ruling.is_breach and ruling.exchange.edit.startswith(COMBINED)
        yield vacuous(ruling.exchange) if combines and cause_is_known else ruling
