"""Rulings on single exchanges, and the verdict that they add up to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatcert.judge.verdict import Finding, Verdict, VerdictKind
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

MAX_SHOWN = 12
"""Exchanges that a verdict or a finding lists."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one exchange shows about one requirement.

    Attributes:
        expected, actual: filled in where the exchange breaks the requirement.
        doubt: why nothing can be concluded from the exchange; empty where something can.
        vacuous: whether the exchange could not have shown a breach.
        level: how severe the breach is, where that differs from the level of the requirement.
    """

    exchange: Exchange
    expected: str = ""
    actual: str = ""
    doubt: str = ""
    vacuous: bool = False
    level: Level | None = None

    @property
    def is_breach(self) -> bool:
        """Return whether the exchange breaks the requirement."""
        return bool(self.actual)


def kept(exchange: Exchange) -> Ruling:
    """Rule that the exchange complies with the requirement."""
    return Ruling(exchange)


def vacuous(exchange: Exchange) -> Ruling:
    """Rule that the exchange could not have shown a breach."""
    return Ruling(exchange, vacuous=True)


def doubtful(exchange: Exchange, reason: str) -> Ruling:
    """Rule that nothing can be concluded from the exchange."""
    return Ruling(exchange, doubt=reason, vacuous=True)


def broken(exchange: Exchange, expected: str, actual: str, level: Level | None = None) -> Ruling:
    """Rule that the exchange breaks the requirement."""
    return Ruling(exchange, expected, actual, level=level)


def describe_answer(exchange: Exchange) -> str:
    """Return in a few words what came back."""
    if exchange.received is None:
        return f"no answer: {exchange.error.message}" if exchange.error is not None else "no answer"
    return f"status {exchange.received.status}"


def verdict_of(requirement: Requirement, rulings: Iterable[Ruling], *, absent: str, missing: VerdictKind) -> Verdict:
    """Return the verdict that all rulings on a requirement add up to.

    A breach outweighs a doubt, and a doubt outweighs whatever complies.

    Args:
        absent: the reason where every ruling is vacuous.
        missing: the kind of verdict in that case.
    """
    rulings = list(rulings)
    breaches = [ruling for ruling in rulings if ruling.is_breach]
    doubt = next((ruling.doubt for ruling in rulings if ruling.doubt), "")
    non_vacuous = sum(not ruling.vacuous for ruling in rulings)
    finding: Finding | None = None
    reason = ""
    if breaches:
        binding = [ruling for ruling in breaches if (ruling.level or requirement.level) is Level.MUST]
        kind = VerdictKind.FAIL if binding else VerdictKind.WARN
        shown = binding or breaches
        finding = _finding(requirement, shown, observed=max(non_vacuous, len(shown)))
    elif doubt:
        kind, reason = VerdictKind.INCONCLUSIVE, doubt
    elif not non_vacuous:
        kind, reason = missing, absent
    else:
        kind = VerdictKind.PASS
    return Verdict(
        requirement.id,
        kind,
        cases=len(rulings),
        non_vacuous=non_vacuous,
        reason=reason,
        finding=finding,
        exchanges=tuple(ruling.exchange.number for ruling in rulings)[:MAX_SHOWN],
        attempts=sum(ruling.exchange.attempt for ruling in rulings if ruling.exchange.final),
    )


def _finding(requirement: Requirement, breaches: list[Ruling], observed: int) -> Finding:
    smallest = min(breaches, key=lambda ruling: (len(ruling.exchange.sent.body or b""), ruling.exchange.number))
    numbers = [smallest.exchange.number, *(ruling.exchange.number for ruling in breaches)]
    edit = f" ({smallest.exchange.edit})" if smallest.exchange.edit else ""
    return Finding(
        title=f"Broken: {requirement.clause.text}",
        expected=smallest.expected,
        actual=f"{smallest.actual}{edit}",
        curl=smallest.exchange.sent.curl,
        exchanges=tuple(dict.fromkeys(numbers))[:MAX_SHOWN],
        occurrences=len(breaches),
        observed=observed,
    )
