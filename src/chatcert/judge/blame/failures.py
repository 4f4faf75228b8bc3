"""What fails in a run, with the exchanges that show it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from chatcert.judge.evidence import Evidence
from chatcert.judge.ruling import describe_answer
from chatcert.judge.verdict import Verdict
from chatcert.requirements.requirement import Requirement
from chatcert.transport.exchange import Exchange

Sign = tuple[int | None, str]
"""What came back, as far as it tells causes apart: a status or the kind of a transport error."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A requirement that fails, with the exchanges that break it."""

    requirement: Requirement
    exchanges: tuple[Exchange, ...]

    @property
    def name(self) -> str:
        """The id of the requirement."""
        return self.requirement.id

    @property
    def sign(self) -> Sign | None:
        """What came back, if it is the same for all exchanges."""
        signs = {sign_of(exchange) for exchange in self.exchanges}
        return signs.pop() if len(signs) == 1 else None

    @property
    def answer(self) -> str:
        """What came back, in a few words."""
        return describe_answer(self.exchanges[0])

    def is_within(self, other: Failure) -> bool:
        """Return whether every exchange that shows this one shows the other one too."""
        shown = {exchange.number for exchange in other.exchanges}
        return all(exchange.number in shown for exchange in self.exchanges)


@dataclass(frozen=True, slots=True)
class Run:
    """What is known of a run: its exchanges, requirements, verdicts, and everything that fails."""

    evidence: Evidence
    requirements: Mapping[str, Requirement]
    verdicts: Mapping[str, Verdict]
    failures: tuple[Failure, ...]


Folds = Iterator[tuple[Failure, Failure, str]]
"""What follows, its cause, and why."""


def sign_of(exchange: Exchange) -> Sign:
    """Return what came back for one request."""
    return exchange.status, str(exchange.error.kind) if exchange.error is not None else ""
