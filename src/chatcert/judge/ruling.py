"""Rulings on single exchanges, and how they add up to a verdict."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chatcert.judge.verdict import Finding, Verdict, VerdictKind
from chatcert.requirements.requirement import Level, Requirement
from chatcert.transport.exchange import Exchange

MAX_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Ruling:
    """What one exchange says of one requirement.

    Attributes:
        expected, actual: filled in where it breaks the requirement.
        doubt: why nothing can be concluded from it.
        telling: whether it could have shown a breach.
        level: how bad the breach is, where that differs from the requirement's level.
    """

    exchange: Exchange
    expected: str = ""
    actual: str = ""
    doubt: str = ""
    telling: bool = True
    level: Level | None = None

    @property
    def is_breach(self) -> bool:
        """Whether the requirement is broken here."""
        return bool(self.actual)


def kept(exchange: Exchange) -> Ruling:
    """The requirement holds here."""
    return Ruling(exchange)


def vacuous(exchange: Exchange) -> Ruling:
    """This exchange could not have shown a breach."""
    return Ruling(exchange, telling=False)


def doubtful(exchange: Exchange, why: str) -> Ruling:
    """Nothing can be concluded here."""
    return Ruling(exchange, doubt=why, telling=False)


def broken(exchange: Exchange, expected: str, actual: str, level: Level | None = None) -> Ruling:
    """The requirement is broken here."""
    return Ruling(exchange, expected, actual, level=level)


def shown_answer(exchange: Exchange) -> str:
    """What came back, in a few words."""
    if exchange.received is None:
        return f"no answer: {exchange.error.message}" if exchange.error is not None else "no answer"
    return f"status {exchange.received.status}"


def verdict_of(requirement: Requirement, rulings: Iterable[Ruling], *, absent: str, missing: VerdictKind) -> Verdict:
    """The verdict that all rulings on a requirement lead to.

    Args:
        absent: the reason where no ruling tells anything.
        missing: the word in that case.
    """
    found = list(rulings)
    numbers = tuple(r.exchange.number for r in found)
    telling = sum(r.telling for r in found)
    attempts = sum(r.exchange.attempt for r in found if r.exchange.final)
    breaches = [r for r in found if r.is_breach]
    if breaches:
        must = [r for r in breaches if (r.level or requirement.level) is Level.MUST]
        worst = must or breaches
        return Verdict(
            requirement.id,
            VerdictKind.FAIL if must else VerdictKind.WARN,
            len(found),
            telling,
            finding=_finding(requirement, worst, max(telling, len(worst))),
            exchanges=numbers[:MAX_SHOWN],
            attempts=attempts,
        )
    doubts = [r for r in found if r.doubt]
    if doubts:
        return Verdict(
            requirement.id,
            VerdictKind.INCONCLUSIVE,
            len(found),
            telling,
            doubts[0].doubt,
            exchanges=numbers[:MAX_SHOWN],
            attempts=attempts,
        )
    if not telling:
        return Verdict(requirement.id, missing, len(found), 0, absent, exchanges=numbers[:MAX_SHOWN], attempts=attempts)
    return Verdict(
        requirement.id, VerdictKind.PASS, len(found), telling, exchanges=numbers[:MAX_SHOWN], attempts=attempts
    )


def _finding(requirement: Requirement, breaches: list[Ruling], observed: int) -> Finding:
    smallest = min(breaches, key=lambda r: (len(r.exchange.sent.body or b""), r.exchange.number))
    edit = f" ({smallest.exchange.edit})" if smallest.exchange.edit else ""
    return Finding(
        title=f"Broken: {requirement.clause.text}",
        expected=smallest.expected,
        actual=f"{smallest.actual}{edit}",
        curl=smallest.exchange.sent.curl,
        exchanges=tuple(dict.fromkeys([smallest.exchange.number, *(r.exchange.number for r in breaches)]))[:MAX_SHOWN],
        occurrences=len(breaches),
        observed=observed,
    )
