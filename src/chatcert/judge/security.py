"""Security: an answer gives nothing away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from chatcert.judge.answers.internal_details import details_in
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.judge.values import format_brief
from chatcert.requirements.check import Answers, Rule
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Role

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
MAX_SEARCHED = 64 * 1024
"""Bytes of a body that are searched for a stack trace."""


def judge(evidence: Evidence, requirement: Requirement) -> Iterator[Ruling]:
    """Yield the rulings on a requirement of the kind ``security``."""
    check = requirement.check
    assert isinstance(check, Answers)
    match check.rule:
        case Rule.NO_INTERNAL_DETAIL:
            return _no_internal_detail(evidence)
        case Rule.NO_CREDENTIAL:
            return _no_credential(evidence)
        case _:
            return _no_stack_trace(evidence)


@lru_cache(maxsize=256)
def _stack_trace_in(body: bytes) -> str:
    """Return the first part of a stack trace in a body, if any; memoised, since many answers are equal."""
    found = STACK_TRACE.search(body.decode("utf-8", "replace").replace("\\n", "\n"))
    return found.group() if found else ""


def _no_stack_trace(evidence: Evidence) -> Iterator[Ruling]:
    for exchange in evidence.exchanges:
        if exchange.received is None:
            continue
        if trace := _stack_trace_in(exchange.received.body[:MAX_SEARCHED]):
            yield broken(exchange, "no stack trace", f"the answer holds {format_brief(trace.strip())}")
        elif exchange.role != Role.PROBE:
            yield kept(exchange)


def _no_internal_detail(evidence: Evidence) -> Iterator[Ruling]:
    for exchange in evidence.exchanges:
        if exchange.received is None:
            continue
        if _stack_trace_in(exchange.received.body[:MAX_SEARCHED]):
            yield vacuous(exchange)  # the rule on stack traces judges it
            continue
        detail = next(details_in(evidence, exchange), "")
        if detail:
            yield broken(exchange, "no internals of the server", f"the answer holds {format_brief(detail)}")
        elif exchange.role != Role.PROBE:
            yield kept(exchange)


def _no_credential(evidence: Evidence) -> Iterator[Ruling]:
    for exchange in evidence.exchanges:
        if exchange.leaks:
            yield broken(exchange, "no credential", f"the answer repeats {' and '.join(exchange.leaks)}")
        elif exchange.received is not None and exchange.role != Role.PROBE:
            yield kept(exchange)
