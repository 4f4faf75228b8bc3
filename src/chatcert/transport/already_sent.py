"""What an earlier part of the same run has settled, so that it is not sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from chatcert.cases.case import Case
from chatcert.transport.exchange import Exchange, Role


def unsettled(exchanges: Iterable[Exchange]) -> tuple[int, ...]:
    """Numbers of the exchanges that have to be made again, in their order.

    They are those of which nothing can be concluded because the target was not well, and all that build upon them.
    """
    again: list[int] = []
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        if exchange.final and exchange.role != Role.PROBE and (exchange.unsettled or exchange.control in again):
            again.append(exchange.number)
    return tuple(again)


class Settled:
    """The answers that stand, by case.

    Args:
        exchanges: what was sent earlier. A case has an answer that stands where one of its attempts is the final one.
    """

    def __init__(self, exchanges: Sequence[Exchange] = ()) -> None:
        self._answers: Mapping[str, Exchange] = {
            exchange.case: exchange for exchange in exchanges if exchange.final and exchange.role != Role.PROBE
        }
        self.last_number = max((exchange.number for exchange in exchanges), default=0)
        self.first_success = min(
            (exchange.started for exchange in exchanges if exchange.succeeded and exchange.role != Role.PROBE),
            default=None,
        )

    def of(self, case: Case) -> Exchange | None:
        """The answer to a case, if it stands."""
        return self._answers.get(case.id)

    def of_all(self, cases: Sequence[Case]) -> list[Exchange] | None:
        """The answers to cases that were sent together, if every one stands."""
        found = [self._answers[case.id] for case in cases if case.id in self._answers]
        return found if len(found) == len(cases) else None
