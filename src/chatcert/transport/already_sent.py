"""Exchanges that an earlier part of the same run has recorded, so that their cases are not sent again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chatcert.cases.case import Case
from chatcert.openapi.contract import Contract
from chatcert.transport.exchange import Exchange, Role
from chatcert.transport.resilience.circumstances import set_aside


def to_send_again(exchanges: Sequence[Exchange], contract: Contract) -> tuple[int, ...]:
    """Return the numbers of the exchanges that have to be repeated, in ascending order.

    They are those that ended while the target was not healthy, so that nothing can be concluded from them, those that
    do not count because no valid request was served after them, and those whose control is among them.
    """
    again: list[int] = []
    aside = set_aside(exchanges, contract)
    for exchange in sorted(exchanges, key=lambda exchange: exchange.number):
        is_open = exchange.unsettled or exchange.number in aside or exchange.control in again
        if exchange.final and exchange.role != Role.PROBE and is_open:
            again.append(exchange.number)
    return tuple(again)


class AlreadySent:
    """The final exchanges of earlier parts of a run, by case.

    Args:
        exchanges: what was sent earlier. A case counts as sent where one of its attempts is the final one.

    Attributes:
        last_number: the highest number of an exchange; zero where there is none.
        first_success: seconds since the epoch of the earliest request that was served, probes left out, or ``None``.
    """

    def __init__(self, exchanges: Sequence[Exchange] = ()) -> None:
        self._final: Mapping[str, Exchange] = {
            exchange.case: exchange for exchange in exchanges if exchange.final and exchange.role != Role.PROBE
        }
        self._chains = {exchange.chain for exchange in exchanges}
        self.last_number = max((exchange.number for exchange in exchanges), default=0)
        self.first_success = min(
            (exchange.started for exchange in exchanges if exchange.succeeded and exchange.role != Role.PROBE),
            default=None,
        )

    def next_chain(self, process: str) -> str:
        """Return the name of the chain that begins now: credentials differ from those of the one before, or may.

        Args:
            process: the name of the process that sends it.
        """
        part = len(self._chains) + 1
        name = f"{process or 'main'}.{part}" if part > 1 else process or "main"
        self._chains.add(name)
        return name

    def of(self, case: Case) -> Exchange | None:
        """Return the final exchange of a case, if there is one."""
        return self._final.get(case.id)

    def of_all(self, cases: Sequence[Case]) -> list[Exchange] | None:
        """Return the final exchanges of cases that were sent together, if each of them has one."""
        exchanges = [self._final[case.id] for case in cases if case.id in self._final]
        return exchanges if len(exchanges) == len(cases) else None
