"""The record of reachability: the first contact with the target, and when it gave no usable answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from chatcert.report.model import Contact, FirstExchange, OutageRow
from chatcert.text import format_time, one_line, shorten
from chatcert.transport.exchange import Exchange
from chatcert.transport.transient import is_transient

MAX_OUTAGES: Final = 100
NAMING_HEADERS: Final = ("Server", "API-Version", "X-API-Version", "X-App-Version", "X-Version")
"""Headers in which a server may tell what it is."""

MAX_VALUES: Final = 5
MAX_CHARACTERS: Final = 200


def reachability_record(exchanges: Sequence[Exchange], blocked: Sequence[str]) -> Contact:
    """The record, JSON-ready.

    Args:
        exchanges: everything that was sent.
        blocked: why the run ended before anything was tested, where it did.
    """
    ordered = sorted(exchanges, key=lambda exchange: (exchange.started, exchange.number))
    outages = _outages(ordered)
    return {
        "first": _first(ordered[0]) if ordered else None,
        "preflight": "failed" if blocked else "passed" if ordered else "not made",
        "answered": sum(exchange.received is not None for exchange in ordered),
        "unanswered": sum(exchange.received is None for exchange in ordered),
        "outages": outages[:MAX_OUTAGES],
        "more_outages": max(len(outages) - MAX_OUTAGES, 0),
    }


def reported_version(exchanges: Sequence[Exchange]) -> dict[str, list[str]]:
    """What the server calls itself, by header: every value once, in the order in which they came."""
    found: dict[str, list[str]] = {}
    for exchange in exchanges:
        for name in NAMING_HEADERS:
            value = exchange.received.header(name) if exchange.received is not None else None
            values = found.setdefault(name, [])
            if value and (short := shorten(one_line(value), MAX_CHARACTERS)) not in values and len(values) < MAX_VALUES:
                values.append(short)
    return {name: values for name, values in found.items() if values}


def _first(exchange: Exchange) -> FirstExchange:
    return {
        "number": exchange.number,
        "at": format_time(exchange.started),
        "result": _result(exchange),
        "seconds": exchange.seconds,
    }


def _outages(exchanges: Sequence[Exchange]) -> list[OutageRow]:
    """Runs of requests, one after another, to which no usable answer came: each with its time and kinds of trouble."""
    found: list[list[Exchange]] = []
    before = False
    for exchange in exchanges:
        trouble = is_transient(exchange.answer)
        if trouble and not before:
            found.append([])
        if trouble:
            found[-1].append(exchange)
        before = trouble
    return [
        {
            "start": format_time(run[0].started),
            "end": format_time(max(exchange.started + exchange.seconds for exchange in run)),
            "requests": len(run),
            "kinds": dict(sorted(Counter(map(_result, run)).items())),
        }
        for run in found
    ]


def _result(exchange: Exchange) -> str:
    return exchange.error.kind if exchange.error is not None else str(exchange.status)
