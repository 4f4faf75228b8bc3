"""Rulings on how answers relate to their requests, to each other and to time."""

from __future__ import annotations

import datetime
import email.utils
import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit

from chatcert.cases.case import Expectation
from chatcert.judge.evidence import Evidence
from chatcert.judge.response import readable
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.openapi.pointer import MISSING, lookup, tokens_of
from chatcert.openapi.provenance import Provenance
from chatcert.requirements.check import Answers
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange

CLOCK_TOLERANCE = 120.0
"""Seconds by which a clock may be off, against ours or against the answer's own Date header."""
CLOCK_PAUSE = 2.0
"""Seconds within which a clock that counts whole seconds must have moved."""


def unique(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """No two chats share the value."""
    seen: dict[str, Exchange] = {}
    for exchange, value in _values(evidence, check):
        if value is MISSING or value is None or value == "" or isinstance(value, dict | list):
            yield vacuous(exchange)
            continue
        first = seen.setdefault(repr(value), exchange)
        if first is exchange:
            yield kept(exchange)
        else:
            yield broken(exchange, "a value that no other chat has", f"{_brief(value)}, as in exchange {first.number}")


def equals(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The value is what the request, or the exchange, says."""
    expression, prefix = str(check.detail.get("expression", "")), str(check.detail.get("prefix", ""))
    for exchange, value in _values(evidence, check):
        if exchange.expectation == Expectation.ANY or value is MISSING:
            yield vacuous(exchange)
            continue
        expected = _expected(evidence, exchange, expression)
        if expected is MISSING and "default" in check.detail:
            expected = check.detail["default"]
        inferred = requirement.provenance is Provenance.INFERRED
        if expected is MISSING or (inferred and (not isinstance(expected, str) or not expected.strip())):
            yield vacuous(exchange)
        elif (
            _same(value, expected)
            or (expression == "$request.path" and _same_path(evidence, value, expected))
            or (prefix and _bare(value, prefix) == _bare(expected, prefix))
        ):
            yield kept(exchange)
        else:
            yield broken(exchange, _difference(expected, value), _difference(value, expected))


def _expected(evidence: Evidence, exchange: Exchange, expression: str) -> Any:
    """What an OpenAPI runtime expression stands for; ``MISSING`` where the exchange has no such part."""
    if expression == "$statusCode":
        return exchange.status
    if expression == "$method":
        return exchange.sent.method
    if expression == "$request.path":
        return exchange.sent.path
    if expression.startswith("$request.body"):
        return lookup(evidence.sent_json(exchange), tokens_of(expression.partition("#")[2]))
    if expression.startswith("$request.header."):
        name = expression.rpartition(".")[2].lower()
        return next((v for n, v in exchange.sent.headers if n.lower() == name), MISSING)
    return MISSING


def _same_path(evidence: Evidence, value: Any, expected: str) -> bool:
    """A path may be told with or without what a gateway puts before it, and with its query."""
    if not isinstance(value, str):
        return False
    try:
        told = unquote(urlsplit(value).path)
    except ValueError:  # what looks like an address and is none
        return False
    full = unquote(expected)
    return told.startswith("/") and len(told) > 1 and (told == full or full.endswith(told) or told.endswith(full))


def _bare(value: Any, prefix: str) -> Any:
    return value.removeprefix(prefix) if isinstance(value, str) else value


def _same(left: Any, right: Any) -> bool:
    """Equality of JSON values: numbers by value, texts code point by code point, objects without regard to order."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(_same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(_same, left, right))
    return bool(left == right)


def _difference(value: Any, other: Any, path: str = "") -> str:
    """The first place where two values differ, and what the first of them holds there."""
    if isinstance(value, dict) and isinstance(other, dict):
        for key in [*value, *other]:
            if key not in value or key not in other or not _same(value[key], other[key]):
                return _difference(value.get(key, MISSING), other.get(key, MISSING), f"{path}/{key}")
    if isinstance(value, list) and isinstance(other, list) and len(value) == len(other):
        for index, (left, right) in enumerate(zip(value, other, strict=True)):
            if not _same(left, right):
                return _difference(left, right, f"{path}/{index}")
    shown = "nothing" if value is MISSING else _brief(value)
    return f"{shown} at {path}" if path else shown


def initial(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """A new chat starts with the stated value."""
    for exchange, value in _values(evidence, check):
        if value is MISSING:
            yield vacuous(exchange)
        elif _same(value, check.detail.get("value")):
            yield kept(exchange)
        else:
            yield broken(exchange, _brief(check.detail.get("value")), _brief(value))


def constant(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The value stays the same for the same credentials."""
    first: tuple[Any, Exchange] | None = None
    for exchange, value in _values(evidence, check):
        if value is MISSING or value is None:
            yield vacuous(exchange)
        elif first is None or _same(value, first[0]):
            first = first or (value, exchange)
            yield kept(exchange)
        else:
            yield broken(exchange, f"{_brief(first[0])}, as in exchange {first[1].number}", _brief(value))


def not_before(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """One time is not earlier than the other."""
    other = tokens_of(str(check.detail.get("field", "")))
    for exchange, answer in readable(evidence, check.status):
        later, earlier = (_moment(lookup(answer, path)) for path in (check.path, other))
        if later is None or earlier is None:
            yield vacuous(exchange)
        elif later >= earlier:
            yield kept(exchange)
        else:
            yield broken(exchange, f"not before {lookup(answer, other)!r}", _brief(lookup(answer, check.path)))


def clock(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """The value is the time at which the answer was made."""
    unit = str(check.detail.get("unit"))
    for exchange, value in _values(evidence, check):
        moment = _moment(value) if (unit == "date-time") == isinstance(value, str) else None
        if moment is None:
            yield vacuous(exchange)  # no time of that unit at all: judged by type and format
            continue
        moment = moment / 1000 if unit == "milliseconds" else moment
        begin, end = exchange.started - CLOCK_TOLERANCE, exchange.started + exchange.seconds + CLOCK_TOLERANCE
        said = exchange.received.header("Date") if exchange.received else None
        server = _http_date(said)
        if begin <= moment <= end or (server is not None and abs(moment - server) <= CLOCK_TOLERANCE):
            yield kept(exchange)
        else:
            off = moment - exchange.started
            yield broken(
                exchange,
                f"the time of the answer, within {CLOCK_TOLERANCE:.0f} s",
                f"{_brief(value)}, {abs(off):,.0f} s {'ahead' if off > 0 else 'behind'}",
            )


def clock_moves(evidence: Evidence, requirement: Requirement, check: Answers) -> Iterator[Ruling]:
    """Seconds later, the clock shows another time; a clock of whole seconds needs not do so at once."""
    seen = [(e, m) for e, v in _values(evidence, check) if (m := _moment(v)) is not None]
    if not seen:
        return
    first = min(seen, key=lambda pair: pair[0].started)
    last = max(seen, key=lambda pair: pair[0].started)
    if last[1] == first[1] and last[0].started - first[0].started < CLOCK_PAUSE:
        yield vacuous(last[0])
    elif last[1] == first[1]:
        yield broken(
            last[0],
            "a later time than in the first answer",
            f"the same time after {last[0].started - first[0].started:.1f} s",
        )
    else:
        yield kept(last[0])


def _moment(value: Any) -> float | None:
    """Seconds since the epoch that a number or an RFC 3339 text stands for."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:  # more digits than any time has
            return math.inf if value > 0 else -math.inf
    if not isinstance(value, str):
        return None
    text = value.strip().upper().replace(" ", "T")
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits) :]}"
    text = text.replace(":60", ":59")
    try:
        moment = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.timestamp() if moment.tzinfo is not None else None


def _http_date(value: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value).timestamp() if value else None
    except (TypeError, ValueError):
        return None


def _values(evidence: Evidence, check: Answers) -> Iterator[tuple[Exchange, Any]]:
    for exchange, answer in readable(evidence, check.status):
        yield exchange, lookup(answer, check.path)


def _brief(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 100 else f"{text[:48]} … {text[-48:]}"
