"""Rulings on answers: status, framing, media type, JSON, schema and promised fields, over everything that came back."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence, NotJson, repeated_name
from chatcert.judge.requests import status_is_right, statuses_of_other_meaning
from chatcert.judge.ruling import Ruling, broken, doubtful, kept, shown_answer, vacuous
from chatcert.openapi.contract import Answer
from chatcert.openapi.fields import ANY
from chatcert.openapi.pointer import MISSING, lookup
from chatcert.openapi.validator import pointer_of
from chatcert.requirements.check import Accepts, Answers, Method
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import ErrorKind, Exchange

Rule = Callable[[Evidence, Requirement, Answers], Iterator[Ruling]]

BROKEN_FRAMES = (ErrorKind.INCOMPLETE, ErrorKind.PROTOCOL, ErrorKind.DECODING)
# Every repetition has a bound: a server could otherwise keep the search busy for hours.
STACK_TRACE = re.compile(
    r"Traceback \(most recent call last\)|^[ \t]{0,80}File \"[^\"\n]{1,300}\", line \d"
    r"|\bat [\w.$<>]{1,300}\(\w{1,200}\.(?:java|kt|scala):\d"
    r"|\bat [^\n(]{1,200}\([^\n()]{1,300}:\d{1,9}:\d{1,9}\)"
    r"|\bat (?:async )?(?:file:///?|/|[A-Z]:\\)[^\s]{1,300}:\d{1,9}:\d"
    r"|goroutine \d{1,20} \[\w{1,80}\]:|Exception in thread \"|^panic: |\.go:\d{1,9} \+0x"
    r"|\bin /[\w./-]{1,300}\.(?:php|rb|py):\d|/[\w./-]{1,300}\.(?:rb|php|py):\d{1,9}:in "
    r"|#\d{1,9} /[\w./-]{1,300}\.php\(\d{1,9}\)"
    r"|   at [\w.]{1,300}\([^\n]{0,300}\) in [^\n]{0,300}:line \d"
    r"|stack backtrace:|org\.springframework\.[\w.]{1,300}Exception|java\.lang\.\w{1,200}(?:Exception|Error)\b",
    re.MULTILINE,
)
_OF_NULL_TOO = ("type", "enum", "const", "oneOf", "anyOf")
"""Keywords that say something of null; to any other, it is neither right nor wrong."""
SEARCHED = 64 * 1024
"""Bytes of a body in which a stack trace is looked for."""


def status(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """Success answers carry a documented status; refusals carry the one that the page has for them."""
    if check.status in ("invalid", "unauthenticated"):
        yield from _refusal_status(evidence, check.status)
        return
    documented = {answer.status for answer in evidence.contract.successes}
    wanted = " or ".join(sorted(documented))
    for exchange in evidence.valid_successes:
        covered = any(answer.covers(exchange.status or 0) for answer in evidence.contract.successes)
        if covered or not documented:
            yield kept(exchange)
        else:
            yield broken(exchange, f"status {wanted}", shown_answer(exchange))
    refused = [e for e in evidence.final if e.expectation == Expectation.ACCEPTED and not e.succeeded]
    explained = any(isinstance(_check(evidence, e), Accepts) and not e.unsettled for e in refused)
    for exchange in refused if evidence.successes else ():
        if isinstance(_check(evidence, exchange), Answers) and exchange.control_accepted is not False:
            if exchange.unsettled:
                yield doubtful(exchange, f"the target was not well: {shown_answer(exchange)}")
            elif explained:  # by a smaller request, whose requirement says what it is that is refused
                yield vacuous(exchange)
            else:
                yield broken(exchange, f"status {wanted}", shown_answer(exchange))
    for exchange in evidence.sporadic:
        if exchange.expectation == Expectation.ACCEPTED and (exchange.status or 0) < 500:
            yield broken(
                exchange,
                f"status {wanted} for a valid request, every time",
                f"{shown_answer(exchange)}, and a success for the same request sent again",
            )


def _check(evidence: Evidence, exchange: Exchange) -> object:
    owner = evidence.requirements.get(exchange.requirement)
    return owner.check if owner is not None else None


def _refusal_status(evidence: Evidence, meaning: str) -> Iterator[Ruling]:
    contract = evidence.contract
    if meaning == "invalid":
        expectation, right = Expectation.REFUSED, contract.bad_request_statuses
        elsewhere = statuses_of_other_meaning(contract)
    else:
        expectation, right, elsewhere = Expectation.UNAUTHENTICATED, contract.refusal_statuses, ()
    wanted = "status " + " or ".join(map(str, right))
    for exchange in evidence.final:
        refused = exchange.status is not None and exchange.status >= (300 if meaning == "unauthenticated" else 400)
        if exchange.expectation != expectation or not refused or exchange.unsettled:
            continue
        if exchange.control_accepted is False or exchange.status in elsewhere:
            continue  # judged with the requirement that it belongs to
        if (exchange.status or 0) >= 500:
            if meaning == "unauthenticated":
                yield broken(exchange, wanted, shown_answer(exchange), Level.MUST)
        elif status_is_right(evidence, exchange, meaning):
            yield kept(exchange)
        else:
            yield broken(exchange, wanted, shown_answer(exchange))
    for exchange in evidence.sporadic:
        if exchange.expectation == expectation and (exchange.status or 0) < 500:
            yield broken(
                exchange,
                f"{wanted}, every time",
                f"{shown_answer(exchange)}, and a refusal of the same request sent again",
            )


def framing(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The answer is as long as it says."""
    for exchange in evidence.final:
        if exchange.error is not None and exchange.unsettled:
            continue
        if exchange.error is not None and exchange.error.kind in BROKEN_FRAMES:
            yield broken(exchange, "an answer that arrives whole", exchange.error.message)
        elif exchange.received is not None:
            yield kept(exchange)


def content_type(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The media type is a documented one; parameters and case do not matter."""
    answer = _answer(evidence, check.status)
    wanted = ", ".join(answer.content)
    for exchange in _covered(evidence, check.status):
        sent = exchange.received.header("Content-Type") if exchange.received else None
        if exchange.received is not None and not exchange.received.body:
            yield vacuous(exchange)
        elif sent is not None and any(_same_type(sent, name) for name in answer.content):
            yield kept(exchange)
        else:
            yield broken(exchange, wanted, f"Content-Type: {sent}" if sent is not None else "no Content-Type")


def _same_type(sent: str, documented: str) -> bool:
    ours, theirs = (text.partition(";")[0].strip().lower() for text in (sent, documented))
    kind, _, sub = theirs.partition("/")
    return theirs in (ours, "*/*") or (sub == "*" and ours.startswith(f"{kind}/"))


def _is_of_other_kind(exchange: Exchange, answer: Answer) -> bool:
    """Whether an answer says that it is of a documented media type that is no JSON."""
    sent = exchange.received.header("Content-Type") if exchange.received is not None else None
    others = [name for name in answer.content if "json" not in name.lower() and "*" not in name]
    return sent is not None and any(_same_type(sent, name) for name in others)


def json_text(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The body is one well-formed JSON text, unless it is of another documented kind: a stream of events, say."""
    answer = _answer(evidence, check.status)
    for exchange in _covered(evidence, check.status):
        if _is_of_other_kind(exchange, answer):
            yield vacuous(exchange)
            continue
        if exchange.received is not None and exchange.received.truncated:
            yield doubtful(exchange, "the answer is larger than what is read of it")
            continue
        try:
            evidence.json_of(exchange)
        except NotJson as error:
            empty = exchange.received is not None and not exchange.received.body
            yield broken(exchange, "a JSON text", "an empty body" if empty else str(error))
        else:
            twice = repeated_name(exchange.received.body) if exchange.received else None
            if twice is None:
                yield kept(exchange)
            else:
                yield broken(exchange, "each name once in an object", f"{twice!r} stands there twice", Level.SHOULD)


def refusal_json(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """Where the page documents no error, an invalid request still gets a JSON answer."""
    for exchange in evidence.final:
        refused = exchange.status is not None and 400 <= exchange.status < 500
        if exchange.expectation != Expectation.REFUSED or not refused or exchange.control_accepted is False:
            continue
        try:
            evidence.json_of(exchange)
        except NotJson as error:
            yield broken(exchange, "a JSON body", str(error))
        else:
            yield kept(exchange)


def no_html(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """Where the page documents no error, bad credentials are still not answered with a page for a browser."""
    for exchange in evidence.final:
        if exchange.expectation != Expectation.UNAUTHENTICATED or exchange.received is None:
            continue
        sent = exchange.received.header("Content-Type") or ""
        if "html" in sent.lower() or exchange.received.body.lstrip()[:9].lower() in (b"<!doctype", b"<html>"):
            yield broken(exchange, "no HTML", f"Content-Type: {sent}")
        else:
            yield kept(exchange)


def schema(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The body matches the schema, in every keyword that has no requirement of its own."""
    answer = _answer(evidence, check.status)
    if answer.schema is None:
        return
    for exchange, _ in _readable(evidence, check.status):
        loose = [
            (path, name, message)
            for path, name, message in evidence.breaches(exchange, answer)
            if not _owned(evidence, check.status, path, name)
        ]
        if loose:
            path, name, message = loose[0]
            yield broken(exchange, f"{name} kept at {pointer_of(path) or 'the top'}", message)
        else:
            yield kept(exchange)


def keyword(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """One keyword of the schema is kept at one place, wherever that place is filled."""
    answer = _answer(evidence, check.status)
    if answer.schema is None:
        return
    for exchange, value in _readable(evidence, check.status):
        message = next(
            (
                text
                for path, name, text in evidence.breaches(exchange, answer)
                if name == check.rule and path == check.path
            ),
            None,
        )
        if message is not None:
            yield broken(exchange, f"{check.rule} {check.detail}" if check.detail is not None else "present", message)
        elif _is_told(value, check):
            yield kept(exchange)
        else:
            yield vacuous(exchange)


def promised(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """A field that the page promises is there, with a value."""
    for exchange, value in _readable(evidence, check.status):
        found = lookup(value, check.path) if isinstance(value, dict) else MISSING
        if found is MISSING:
            yield broken(exchange, f"{'/'.join(check.path)} with a value", "it is missing")
        elif _is_empty(found) and (check.detail or {}).get("empty") != "allowed":
            yield broken(exchange, f"{'/'.join(check.path)} with a value", f"it is {found!r}")
        else:
            yield kept(exchange)


def _is_empty(value: Any) -> bool:
    return (isinstance(value, str) and not value.strip()) or (isinstance(value, list | dict) and not value)


def informative(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """An error answer tells something in at least one of its documented fields.

    One that speaks in other fields only has another form than the documented one; one that says nothing at all has
    that form as far as its schema goes, so it breaks no more than a ``should``.
    """
    wanted = f"a value in {' or '.join(check.detail)}"
    for exchange, value in _readable(evidence, check.status):
        members = value if isinstance(value, dict) else {}
        told = {name for name, inner in members.items() if inner is not None and not _is_empty(inner)}
        if told & set(check.detail):
            yield kept(exchange)
        elif told - set(check.detail) and not members.keys() & set(check.detail):
            yield broken(exchange, wanted, _brief(value))
        else:
            yield broken(exchange, wanted, _brief(value), Level.SHOULD)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 120 else f"{text[:119]}…"


def no_server_error(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """No 5xx, other than those that are judged with the case that brings them about."""
    own = (Expectation.METHOD, Expectation.UNSUPPORTED)
    for exchange in evidence.final:
        if exchange.status is None or exchange.unsettled:
            continue
        if exchange.status >= 500 and exchange.status != 501 and exchange.expectation in own:
            yield broken(exchange, "any answer below 500", shown_answer(exchange))
        else:
            yield kept(exchange)
    for exchange in evidence.sporadic:
        if exchange.status is not None and exchange.status >= 500:
            yield broken(exchange, "no server error, ever", f"{shown_answer(exchange)}, which did not come again")


def no_stack_trace(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """No answer shows where in the code it went wrong."""
    for exchange in evidence.exchanges:
        if exchange.received is None:
            continue
        text = exchange.received.body[:SEARCHED].decode("utf-8", "replace")
        found = STACK_TRACE.search(text.replace("\\n", "\n"))
        if found:
            yield broken(exchange, "no stack trace", f"the answer holds {_brief(found.group(0).strip())}")
        else:
            yield kept(exchange)


def no_credential(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """No answer repeats a credential."""
    for exchange in evidence.exchanges:
        if exchange.leaks:
            yield broken(exchange, "no credential", f"the answer repeats {' and '.join(exchange.leaks)}")
        elif exchange.received is not None:
            yield kept(exchange)


def no_redirect(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """No answer sends the client elsewhere."""
    for exchange in evidence.final:
        if exchange.status is None or exchange.expectation == Expectation.METHOD:
            continue
        if exchange.status in (301, 302, 303, 307, 308):
            where = exchange.received.header("Location") if exchange.received else None
            yield broken(exchange, "an answer", f"{shown_answer(exchange)}, Location: {where}")
        else:
            yield kept(exchange)


def allow(evidence: Evidence, requirement: Requirement, check: Method) -> Iterator[Ruling]:
    """Every 405 names the allowed methods: the documented one among them, where that was served."""
    served = evidence.contract.method if evidence.successes else None
    for exchange in evidence.final:
        if exchange.status == 405 and exchange.received is not None:
            named = [value for name, value in exchange.received.headers if name.lower() == "allow"]
            methods = {method.strip().upper() for value in named for method in value.split(",")}
            if not named:
                yield broken(exchange, "an Allow header", "status 405 without one")
            elif served is not None and served not in methods:
                yield broken(
                    exchange, f"an Allow header with {served}, which is served", f"Allow: {_brief(', '.join(named))}"
                )
            else:
                yield kept(exchange)


def _answer(evidence: Evidence, wanted: str) -> Answer:
    return next(a for a in evidence.contract.answers if a.status == wanted)


def _covered(evidence: Evidence, wanted: str) -> tuple[Exchange, ...]:
    """The answers to which the rules of one documented status apply.

    A success of an undocumented status is judged by its status, and its body as if it were the documented one.
    """
    if not wanted.startswith("2"):
        return evidence.errors(wanted)
    contract = evidence.contract
    first = contract.successes[0].status
    return tuple(
        e
        for e in evidence.successes
        if ((found := contract.answer_for(e.status or 0)) is not None and found.status == wanted)
        or (wanted == first and not any(a.covers(e.status or 0) for a in contract.successes))
    )


def readable(evidence: Evidence, wanted: str) -> Iterator[tuple[Exchange, Any]]:
    """Answers under one documented status whose body is JSON, with its value."""
    yield from _readable(evidence, wanted)


def _readable(evidence: Evidence, wanted: str) -> Iterator[tuple[Exchange, Any]]:
    answer = next((a for a in evidence.contract.answers if a.status == wanted), None)
    for exchange in _covered(evidence, wanted):
        if answer is not None and _is_of_other_kind(exchange, answer):
            continue
        try:
            yield exchange, evidence.json_of(exchange)
        except NotJson:
            continue  # judged by the rule `json`


def _owned(evidence: Evidence, status_name: str, path: tuple[str, ...], name: str) -> bool:
    """Whether a requirement of its own judges a keyword at a place."""
    prefix = "/".join([evidence.contract.vendor, "response", status_name, *path])
    if f"{prefix}/{name}" in evidence.requirements:
        return True
    return name == "required" and f"{prefix}/promised" in evidence.requirements


def _is_told(value: Any, check: Answers) -> bool:
    """Whether an answer holds what the rule speaks of: the object that needs the member, or a value of that kind."""
    if check.rule == "required":
        return any(isinstance(place, dict) for place in _places(value, check.path[:-1]))
    return any(place is not None or check.rule in _OF_NULL_TOO for place in _places(value, check.path))


def _places(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    """What stands at a place, ``*`` standing for any item or key."""
    if not path:
        yield value
        return
    head, rest = path[0], path[1:]
    if head == ANY:
        for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from _places(item, rest)
    elif isinstance(value, dict) and head in value:
        yield from _places(value[head], rest)
