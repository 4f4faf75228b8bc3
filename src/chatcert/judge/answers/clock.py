"""Rules on times in answers: near now, moving on, and one not before another."""

from __future__ import annotations

import datetime
import email.utils
import math
from collections.abc import Iterator
from typing import Any

from chatcert.judge.answers.chosen_answers import readable, values_of
from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import Ruling, broken, kept, vacuous
from chatcert.judge.values import format_ends
from chatcert.openapi.schemas.pointer import lookup, tokens_of
from chatcert.requirements.check import Answers
from chatcert.text import format_json

CLOCK_TOLERANCE = 120.0
"""Seconds by which a clock may be off, compared with ours or with the ``Date`` header of the same answer."""
CLOCK_PAUSE = 2.0
"""Seconds after which a clock that counts whole seconds must show another time."""


def is_near_now(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule that a value is the time at which the answer was made; a value that is not a time has rules of its own."""
    unit = str(check.detail.get("unit"))
    for exchange, value in values_of(evidence, check):
        time = seconds_since_epoch(value) if (unit == "date-time") == isinstance(value, str) else None
        if time is None:
            yield vacuous(exchange)
            continue
        time = time / 1000 if unit == "milliseconds" else time
        begin, end = exchange.started - CLOCK_TOLERANCE, exchange.started + exchange.seconds + CLOCK_TOLERANCE
        date = _parse_http_date(exchange.received.header("Date") if exchange.received else None)
        if begin <= time <= end or (date is not None and abs(time - date) <= CLOCK_TOLERANCE):
            yield kept(exchange)
        else:
            offset = time - exchange.started
            expected = f"the time of the answer, within {CLOCK_TOLERANCE:.0f} s"
            direction = "ahead" if offset > 0 else "behind"
            yield broken(exchange, expected, f"{format_ends(value)}, {abs(offset):,.0f} s {direction}")


def moves_on(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule that the last answer shows another time than the first, if enough time has passed between them."""
    times = [
        (exchange, time)
        for exchange, value in values_of(evidence, check)
        if (time := seconds_since_epoch(value)) is not None
    ]
    if not times:
        return
    first, first_time = min(times, key=lambda pair: pair[0].started)
    last, last_time = max(times, key=lambda pair: pair[0].started)
    passed = last.started - first.started
    if last_time != first_time:
        yield kept(last)
    elif passed < CLOCK_PAUSE:
        yield vacuous(last)
    else:
        yield broken(
            last, "a later time than in the first answer", f"the same time after {passed:.1f} s", earlier=(first,)
        )


def is_not_before(evidence: Evidence, check: Answers) -> Iterator[Ruling]:
    """Rule that a time is not before the time in another field of the same answer."""
    other = tokens_of(str(check.detail.get("field", "")))
    for exchange, answer in readable(evidence, check.status):
        later, earlier = (seconds_since_epoch(lookup(answer, path)) for path in (check.path, other))
        if later is None or earlier is None:
            yield vacuous(exchange)
        elif later >= earlier:
            yield kept(exchange)
        else:
            expected = f"not before {format_json(lookup(answer, other))}"
            yield broken(exchange, expected, format_ends(lookup(answer, check.path)))


def seconds_since_epoch(value: Any) -> float | None:
    """Return the seconds since the epoch for a number or an RFC 3339 text; ``None`` for anything else."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:  # more digits than any time has
            return math.inf if value > 0 else -math.inf
    return _parse_date_time(value) if isinstance(value, str) else None


def _parse_date_time(value: str) -> float | None:
    text = value.strip().upper().replace(" ", "T")
    head, dot, tail = text.partition(".")
    if dot:
        digits = tail[: len(tail) - len(tail.lstrip("0123456789"))]
        text = f"{head}.{digits[:6].ljust(6, '0')}{tail[len(digits) :]}"
    text = text.replace(":60", ":59")  # leap seconds
    try:
        time = datetime.datetime.fromisoformat(text)
    except ValueError:
        return None
    return time.timestamp() if time.tzinfo is not None else None


def _parse_http_date(value: str | None) -> float | None:
    try:
        return email.utils.parsedate_to_datetime(value).timestamp() if value else None
    except (TypeError, ValueError):
        return None
