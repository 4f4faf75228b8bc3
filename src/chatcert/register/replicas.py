"""Find the replica or the deployment that alone is wrong, where answers carry a hint of it.

A hint is a header that names a server or a build, or the time of an answer. What breaks a requirement is laid to a hint
only if every breach has it, none of the other answers breaks the requirement, and so clear a split is an unlikely
coincidence.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import comb
from typing import Final

from chatcert.register.record_rows import SuspectRow
from chatcert.report.grouping import findings_of
from chatcert.report.model import Report, RequirementRow
from chatcert.text import count, format_time, one_line, shorten
from chatcert.transport.exchange import Exchange

HINTS: Final = (
    "x-served-by",
    "x-server",
    "x-server-id",
    "x-instance",
    "x-instance-id",
    "x-node",
    "x-pod",
    "x-pod-name",
    "x-replica",
    "x-host",
    "x-hostname",
    "x-backend",
    "x-backend-server",
    "x-upstream",
    "x-build",
    "x-build-id",
    "x-revision",
    "x-release",
    "x-deployment",
    "x-deployment-id",
    "x-version",
    "x-app-version",
    "x-region",
    "fly-region",
    "x-amz-cf-pop",
    "server",
    "via",
)
"""Headers that name a server, a build or a place, in lower case."""
MAX_VALUES: Final = 32
"""A header with more values than this names no replica: it is new in each answer."""
UNLIKELY: Final = 0.01
"""The probability below which a split between answers is no coincidence."""


def suspicion(row: SuspectRow) -> str:
    """Return a suspect in a sentence."""
    answers = count(row["breaches"], "answer that breaks it has", "answers that break it have")
    return f"{row['requirement']}: all {answers} {row['hint']}; none of the {row['others']} others breaks it"


def suspects(report: Report, exchanges: Sequence[Exchange]) -> list[SuspectRow]:
    """Return the requirements that one replica or deployment alone breaks."""
    by_number = {exchange.number: exchange for exchange in exchanges}
    found = []
    for row in report["requirements"]:
        judged = [by_number[number] for number in row["exchanges"] if number in by_number]
        broken = _breaches(row)
        if broken and len(broken) < len(judged) and broken <= {exchange.number for exchange in judged}:
            found += _splits(row["id"], judged, broken)[:1]
    return found


def _breaches(row: RequirementRow) -> set[int]:
    """Return the exchanges that break a requirement; none if not all of them are listed."""
    findings = findings_of(row) if row["finding"] is not None else []
    if any(one["occurrences"] > len(one["exchanges"]) for one in findings):
        return set()
    return {number for one in findings for number in one["exchanges"]}


def _splits(requirement: str, judged: Sequence[Exchange], broken: set[int]) -> list[SuspectRow]:
    bad = [exchange for exchange in judged if exchange.number in broken]
    good = [exchange for exchange in judged if exchange.number not in broken]
    if 1 / comb(len(judged), len(bad)) > UNLIKELY:
        return []
    hints = [*_headers(judged, bad, good)] or [*_times(bad, good)]
    return [{"requirement": requirement, "hint": hint, "breaches": len(bad), "others": len(good)} for hint in hints]


def _headers(judged: Sequence[Exchange], bad: Sequence[Exchange], good: Sequence[Exchange]) -> Iterator[str]:
    for name in HINTS:
        values = {_value(exchange, name) for exchange in judged}
        if not 2 <= len(values) <= min(MAX_VALUES, len(judged) // 2):
            continue
        wrong = {_value(exchange, name) for exchange in bad}
        if len(wrong) == 1 and "" not in wrong and not wrong & {_value(exchange, name) for exchange in good}:
            yield f"{name} {shorten(one_line(wrong.pop()), 60)!r}"


def _value(exchange: Exchange, name: str) -> str:
    return (exchange.received.header(name) or "") if exchange.received is not None else ""


def _times(bad: Sequence[Exchange], good: Sequence[Exchange]) -> Iterator[str]:
    first, last = min(one.started for one in bad), max(one.started for one in bad)
    if first > max(one.started for one in good):
        yield f"a time from {format_time(first)} on, as if another version was deployed then"
    elif last < min(one.started for one in good):
        yield f"a time up to {format_time(last)}, as if another version was deployed after it"
