"""Findings: the breaches of one requirement, one finding for each kind of result, with commands that reproduce them."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from chatcert.cases.case import AT_ONCE, GENERATED
from chatcert.judge.claims import Seen, came
from chatcert.judge.ruling import MAX_SHOWN, Ruling
from chatcert.judge.verdict import Finding
from chatcert.openapi.contract import Contract
from chatcert.requirements.requirement import Requirement
from chatcert.text import one_line
from chatcert.transport.curl import curl_line, is_readable
from chatcert.transport.exchange import Exchange

MAX_REPETITIONS = 200
"""Maximum number of times that a command repeats a request."""
MIN_ALIKE = 4
"""Number of requests of one kind from which their rate of breaches can be told."""

CONFIRMED = 3
"""Number of attempts after which the answer to a request is not by chance: a wrong answer is asked for twice more."""

_LOOP = re.compile(r"^for i in \$\(seq (\d+)\); do ", re.MULTILINE)

_Result = tuple[bool, int | None, str]
_Kind = tuple[str, str, bool, frozenset[str], bool]


def finding_of(
    requirement: Requirement, breaches: Sequence[Ruling], rulings: Sequence[Ruling], contract: Contract
) -> Finding:
    """Return the finding on a requirement: that on the most readable request, with those of other results in ``also``.

    A server that refuses some requests with a wrong status and lets others hang has two findings: neither may count
    the exchanges of the other.

    Args:
        breaches: the rulings to report, at least one.
        rulings: all rulings on the requirement.
        contract: names the environment variables from which the commands take credentials.
    """
    by_result: dict[_Result, list[Ruling]] = {}
    for ruling in sorted(breaches, key=_unwieldiness):
        by_result.setdefault(_result(ruling), []).append(ruling)
    observed = max(sum(not ruling.vacuous for ruling in rulings), len(breaches))
    first, *others = (_finding(requirement, group, rulings, observed, contract) for group in by_result.values())
    others.sort(key=lambda finding: -finding.occurrences)
    return Finding(**{name: getattr(first, name) for name in first.__slots__} | {"also": tuple(others)})


def _unwieldiness(ruling: Ruling) -> tuple[bool, bool, bool, int, int]:
    """Return what is least for the request to show: a readable one, not generated, with one variation, and short."""
    exchange = ruling.exchange
    body = exchange.sent.body or b""
    return not is_readable(body), _is_generated(exchange), AT_ONCE in exchange.edit, len(body), exchange.number


def _is_generated(exchange: Exchange) -> bool:
    return GENERATED in exchange.edit


def _result(ruling: Ruling) -> _Result:
    error = ruling.exchange.error
    return ruling.times is not None, ruling.exchange.status, str(error.kind) if error is not None else ""


def _finding(
    requirement: Requirement, group: Sequence[Ruling], rulings: Sequence[Ruling], observed: int, contract: Contract
) -> Finding:
    shown = group[0]
    edit = f" ({shown.exchange.edit})" if shown.exchange.edit else ""
    listed = [shown.exchange, *shown.earlier, *sorted((r.exchange for r in group), key=lambda e: e.number)]
    seen = Seen(tuple(ruling.exchange.number for ruling in group), observed)
    return Finding(
        title=f"Broken: {requirement.clause.text}",
        expected=shown.expected,
        actual=f"{shown.actual}{edit}",
        curl=_commands(requirement, group, rulings, observed, contract) + _advice(requirement, shown),
        exchanges=tuple(dict.fromkeys(exchange.number for exchange in listed))[:MAX_SHOWN],
        occurrences=len(group),
        observed=observed,
        cause=shown.actual,
        request_id=shown.exchange.request_id,
        claims=(came(shown.exchange), seen, *map(came, shown.earlier), *([shown.times] if shown.times else [])),
    )


def _commands(
    requirement: Requirement, group: Sequence[Ruling], rulings: Sequence[Ruling], observed: int, contract: Contract
) -> str:
    """Return the lines that show a breach again: the requests that it needs, or one request as often as it takes."""
    shown = group[0]
    if shown.earlier and shown.of_any_two and len(group) + 1 < observed:
        return _repeated(curl_line(shown.exchange.sent, contract), len(group), observed)
    if shown.earlier:
        return _in_order([*shown.earlier, shown.exchange], contract, linked=not requirement.run_wide)
    own = curl_line(shown.exchange.sent, contract)
    same = [r for r in rulings if r.exchange.sent == shown.exchange.sent and not r.vacuous]
    broken, of = sum(ruling.is_breach for ruling in same), len(same)
    if shown.times is not None:
        broken, of = shown.times.times, shown.times.of
    if broken < of or shown.times is not None:
        is_by_chance = of < MIN_ALIKE and any(ruling.exchange.sent != shown.exchange.sent for ruling in group)
        return _repeated(own, *(_frequency(group, rulings, observed) if is_by_chance else (broken, of)))
    once = len(same) == 1 and shown.exchange.attempt < CONFIRMED
    known = _is_by_kind(group, rulings) or _is_by_body(group, rulings)
    if requirement.run_wide and once and len(group) < observed and not known:
        times, of = _frequency(group, rulings, observed)
        return _repeated(own, times, of) if times < of else own
    return own


def _advice(requirement: Requirement, shown: Ruling) -> str:
    """Return a comment on how to make a generated body smaller; empty for all others."""
    if shown.earlier or not _is_generated(shown.exchange):
        return ""
    return f"\n# chatcert replay REPORT {requirement.id} --minimise 30 makes the body smaller"


def _is_by_body(group: Sequence[Ruling], rulings: Sequence[Ruling]) -> bool:
    """Return whether the shown body was sent more than once, and the rule was broken each time."""
    body = group[0].exchange.sent.body
    same = [r.is_breach for r in rulings if r.exchange.sent.body == body and not r.vacuous]
    return bool(body) and len(same) > 1 and all(same)


def _is_by_kind(group: Sequence[Ruling], rulings: Sequence[Ruling]) -> bool:
    """Return whether a rule on all answers is broken by some kinds of requests, each time, and never by the others.

    A single breach may be by chance.
    """
    results: dict[_Kind, set[bool]] = {}
    for ruling in rulings:
        if not ruling.vacuous:
            results.setdefault(_kind(ruling.exchange), set()).add(ruling.is_breach)
    return len(group) > 1 and all(len(found) == 1 for found in results.values())


def _kind(exchange: Exchange) -> _Kind:
    """Return what requests with other values have in common: the right answer, the method, the parts they have."""
    sent = exchange.sent
    names = frozenset(name.lower() for name, _ in sent.headers)
    return str(exchange.expectation), sent.method, "?" in sent.url, names, bool(sent.body)


def _frequency(group: Sequence[Ruling], rulings: Sequence[Ruling], observed: int) -> tuple[int, int]:
    """Return how many requests of the kind of the shown one break a rule on all answers, and how many there are.

    Where too few of its kind were sent, all kinds count.
    """
    expectation = group[0].exchange.expectation
    alike = [ruling for ruling in rulings if ruling.exchange.expectation == expectation and not ruling.vacuous]
    if len(alike) < MIN_ALIKE:
        return len(group), observed
    return sum(ruling.is_breach for ruling in alike), len(alike)


def _in_order(exchanges: Sequence[Exchange], contract: Contract, *, linked: bool) -> str:
    """Return the lines of requests that show a breach together: at once, or one after another with the same pause.

    Args:
        linked: whether a request takes a value from the answer to the one before it; a comment says which.
    """
    if all(exchange.overlapping for exchange in exchanges):
        return " & ".join(curl_line(exchange.sent, contract) for exchange in exchanges) + " & wait"
    lines: list[str] = []
    for number, exchange in enumerate(exchanges):
        pause = exchange.started - exchanges[number - 1].started if number else 0.0
        if pause >= 1.0:
            lines.append(f"sleep {math.ceil(min(pause, 60.0))}")
        if number and linked and exchange.edit:
            lines.append(f"# {one_line(exchange.edit)}")
        lines.append(curl_line(exchange.sent, contract))
    return "\n".join(lines)


def _repeated(line: str, times: int, of: int) -> str:
    """Return a loop that shows a breach with a probability of 95 %, if it is as frequent as it was."""
    repetitions = min(math.ceil(3 * of / times), MAX_REPETITIONS)
    return f"for i in $(seq {repetitions}); do {line}; echo; done  # repeat in a loop: {times} of {of}"


def repetitions_in(commands: str) -> int:
    """Return how often the commands of a finding repeat a request: once, unless the breach comes and goes."""
    return max(map(int, _LOOP.findall(commands)), default=1)
