"""The record of reachability in a report: the first exchange, and when the target gave no usable answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from chatcert.report.model import Contact, FirstExchange, OutageRow
from chatcert.text import format_time, one_line, shorten
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.resilience.transient import is_transient

MAX_OUTAGES: Final = 100
NAMING_HEADERS: Final = ("Server", "API-Version", "X-API-Version", "X-App-Version", "X-Version")
"""Headers in which a server may report its name or version."""

MAX_VALUES: Final = 5
MAX_CHARACTERS: Final = 200


def reachability_record(exchanges: Sequence[Exchange], *, blocked: bool) -> Contact:
    """Return the record of reachability, JSON-ready.

    Args:
        exchanges: everything that was sent.
        blocked: whether the run ended before anything was tested.
    """
    ordered = sorted(exchanges, key=lambda exchange: (exchange.started, exchange.number))
    outages = _outages(ordered)
    return {
        "first": _first(ordered[0]) if ordered else None,
        "preflight": "failed" if blocked else "passed" if ordered else "not made",
        "answered": sum(exchange.received is not None for exchange in ordered),
        "unanswered": sum(exchange.received is None for exchange in ordered),
        "transient": transient_failures(ordered),
        "outages": outages[:MAX_OUTAGES],
        "more_outages": max(len(outages) - MAX_OUTAGES, 0),
    }


def transient_failures(exchanges: Sequence[Exchange]) -> int:
    """Count the requests without a usable answer that are not known to have caused that themselves."""
    settled = {
        exchange.case
        for exchange in exchanges
        if exchange.final and not exchange.unsettled and exchange.role != Role.PROBE and is_transient(exchange.answer)
    }
    return sum(is_transient(exchange.answer) and exchange.case not in settled for exchange in exchanges)


def reported_version(exchanges: Sequence[Exchange]) -> dict[str, list[str]]:
    """Return the version that the server reports, by header: each value once, in the order of the answers."""
    versions: dict[str, list[str]] = {}
    for exchange in exchanges:
        for name in NAMING_HEADERS:
            value = exchange.received.header(name) if exchange.received is not None else None
            values = versions.setdefault(name, [])
            if value and (short := shorten(one_line(value), MAX_CHARACTERS)) not in values and len(values) < MAX_VALUES:
                values.append(short)
    return {name: values for name, values in versions.items() if values}


def _first(exchange: Exchange) -> FirstExchange:
    return {
        "number": exchange.number,
        "at": format_time(exchange.started),
        "result": _result(exchange),
        "seconds": exchange.seconds,
    }


def _outages(exchanges: Sequence[Exchange]) -> list[OutageRow]:
    """Return the outages: successive requests without a usable answer, with their times and kinds of failure."""
    runs: list[list[Exchange]] = []
    ongoing = False
    for exchange in exchanges:
        trouble = is_transient(exchange.answer)
        if trouble and not ongoing:
            runs.append([])
        if trouble:
            runs[-1].append(exchange)
        ongoing = trouble
    return [
        {
            "start": format_time(run[0].started),
            "end": format_time(max(exchange.started + exchange.seconds for exchange in run)),
            "requests": len(run),
            "kinds": dict(sorted(Counter(map(_result, run)).items())),
        }
        for run in runs
    ]


def _result(exchange: Exchange) -> str:
    return exchange.error.kind if exchange.error is not None else str(exchange.status)
