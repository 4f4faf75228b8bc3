"""Rulings on single exchanges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chatcert.judge.claims import Claim, Repeated, came
from chatcert.requirements.requirement import Level
from chatcert.text import one_line, shorten
from chatcert.transport.exchange import Exchange

MAX_PAUSE: Final = 40
"""Characters of a Retry-After that a reason shows."""

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
        earlier: exchanges without which this one would break nothing, in the order of sending.
        remark: what is worth knowing of an exchange that complies, as a claim.
        times: how often the same request was answered so, where it was answered otherwise as well.
        of_any_two: whether any two answers may break it, whatever their requests are.
    """

    exchange: Exchange
    expected: str = ""
    actual: str = ""
    doubt: str = ""
    vacuous: bool = False
    level: Level | None = None
    earlier: tuple[Exchange, ...] = ()
    times: Repeated | None = None
    of_any_two: bool = False
    remark: Claim | None = None

    @property
    def is_breach(self) -> bool:
        """Return whether the exchange breaks the requirement."""
        return bool(self.actual)


def kept(exchange: Exchange) -> Ruling:
    """Rule that the exchange complies with the requirement."""
    return Ruling(exchange)


def permitted(exchange: Exchange, remark: Claim) -> Ruling:
    """Rule that the exchange complies with the requirement in an unusual way, which the verdict reports."""
    return Ruling(exchange, remark=remark)


def vacuous(exchange: Exchange) -> Ruling:
    """Rule that the exchange could not have shown a breach."""
    return Ruling(exchange, vacuous=True)


def doubtful(exchange: Exchange, reason: str) -> Ruling:
    """Rule that nothing can be concluded from the exchange."""
    return Ruling(exchange, doubt=reason, vacuous=True)


def broken(
    exchange: Exchange, expected: str, actual: str, level: Level | None = None, *, earlier: tuple[Exchange, ...] = ()
) -> Ruling:
    """Rule that the exchange breaks the requirement, together with ``earlier`` ones where it alone does not."""
    return Ruling(exchange, expected, actual, level=level, earlier=earlier)


def sometimes_broken(exchange: Exchange, expected: str, last: Exchange, times: Repeated) -> Ruling:
    """Rule that the exchange breaks the requirement, though the last answer to the same request does not."""
    actual = f"{describe_answer(exchange)}, and {describe_answer(last)} when the same request was sent again"
    return Ruling(exchange, expected, actual, times=times)


def describe_answer(exchange: Exchange) -> str:
    """Return in a few words what came back."""
    return str(came(exchange))


def describe_trouble(exchange: Exchange) -> str:
    """Return in a few words how the last attempt of a request failed that is not known to be the cause of it."""
    which = f"the last of {exchange.attempt} attempts" if exchange.attempt > 1 else "the only attempt"
    pause = exchange.received.header("Retry-After") if exchange.received is not None else None
    asked = f", with Retry-After {shorten(one_line(pause), MAX_PAUSE)}," if pause else ""
    return f"the target was not well: {describe_answer(exchange)}{asked} to {which}"
