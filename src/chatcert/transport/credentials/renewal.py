"""Renewal of credentials while a session sends: before they expire, and after a valid request was refused.

An answer counts where a valid request with the same credentials was served after it. So nothing is in flight while
credentials change, what was sent with the old ones is proven first or sent again, and a new chain begins.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from chatcert.exceptions import ConfigurationError
from chatcert.transport.credentials.live_credentials import FetchNote, LiveCredentials
from chatcert.transport.exchange import Answer, Exchange, Received
from chatcert.transport.resilience.circumstances import UNAUTHORIZED

MOST_TURNS = 10
"""How often a request is sent again at most because its credentials ended, and how often in a row they are renewed."""


@dataclass(frozen=True, slots=True)
class SentAgain:
    """Requests were sent again, because the credentials that they carried had ended: their exchanges are not final.

    Attributes:
        numbers: those of the exchanges.
    """

    numbers: tuple[int, ...]


Note = FetchNote | SentAgain
"""What happened to credentials while a session was sending."""


@dataclass
class Unproven:
    """A request, or some that belong together, whose answers no valid request has proven yet.

    Attributes:
        chain: the chain of its exchanges.
        numbers: their numbers.
        again: sends it again and returns the new exchanges.
        turns: how often that was done.
    """

    chain: str
    numbers: tuple[int, ...]
    again: Callable[[], list[Exchange]]
    turns: int = 0


class Renewal:
    """Renews the credentials of one session.

    Args:
        live: the credentials; ``None`` where none of them changes, so that nothing is ever done here.
        next_chain: gives the name of the chain that begins now.
        prove: sends a valid request with the credentials that are about to be renewed.
        admit: sends a control where one is due, before a request that is sent again.
        note: called with what was sent again.

    Attributes:
        chain: the name of the chain that has begun last.
        superseded: numbers of the exchanges that were made again.
    """

    def __init__(
        self,
        live: LiveCredentials | None,
        next_chain: Callable[[], str],
        *,
        prove: Callable[[], object],
        admit: Callable[[], object],
        note: Callable[[Note], None] | None = None,
    ) -> None:
        self._live = live
        self.chain = next_chain()
        self._next_chain = next_chain
        self._prove = prove
        self._admit = admit
        self._note = note
        self._gate = threading.Condition()
        self._owner: int | None = None
        self._in_flight = 0
        self._renewals = 0
        self._unproven: list[Unproven] = []
        self.superseded: set[int] = set()

    @contextmanager
    def passing(self) -> Iterator[str]:
        """Let a request pass unless credentials are being renewed; yield the name of its chain."""
        if self._live is None:
            yield self.chain
            return
        me = threading.get_ident()
        with self._gate:
            self._gate.wait_for(lambda: self._owner in (None, me))
            self._in_flight += 1
            chain = self.chain
        try:
            yield chain
        finally:
            with self._gate:
                self._in_flight -= 1
                self._gate.notify_all()

    @contextmanager
    def _closed(self) -> Iterator[None]:
        """Keep other threads from sending, once what is in flight has ended."""
        me = threading.get_ident()
        with self._gate:
            if self._owner == me:
                is_outer = False
            else:
                is_outer = True
                self._gate.wait_for(lambda: self._owner is None)
                self._owner = me
                self._gate.wait_for(lambda: self._in_flight == 0)
        try:
            yield
        finally:
            if is_outer:
                with self._gate:
                    self._owner = None
                    self._gate.notify_all()

    def before_sending(self) -> None:
        """Renew the credentials that end soon, after a last valid request with them.

        Raises:
            ConfigurationError: a source gives none, and the old ones have expired.
        """
        live = self._live
        if live is None or self._owner == threading.get_ident() or not live.is_due:
            return
        with self._closed():
            if not live.is_due:
                return
            chain = self.chain
            if any(one.chain == chain for one in self._unproven):
                self._prove()
            if chain != self.chain:
                return
            try:
                if live.renew_due():
                    self.chain = self._next_chain()
            except ConfigurationError:
                if live.is_over:
                    raise

    def was_renewed_for(self, answer: Answer, chain: str) -> bool:
        """Renew the credentials if a valid request of a chain was refused; return whether others are in force now.

        They are renewed once: if the new ones are refused too, it is not for their age. Of new ones whose life was over
        before the answer came, as on a busy machine, a refusal shows nothing, and they are renewed again.

        Raises:
            ConfigurationError: a source gives none.
        """
        live = self._live
        if live is None or not isinstance(answer, Received) or answer.status != UNAUTHORIZED:
            return False
        with self._closed():
            if chain != self.chain:
                return True
            if self._renewals >= (MOST_TURNS if live.is_over else 1) or not live.renew_refused():
                return False
            self._renewals += 1
            self.chain = self._next_chain()
            return True

    def note_served(self, exchange: Exchange) -> None:
        """Record that a valid request was served: it proves what had ended when it was sent."""
        if self._live is None:
            return
        with self._gate:
            since = exchange.since or 0
            self._renewals = self._renewals if exchange.chain != self.chain else 0
            self._unproven = [
                one for one in self._unproven if one.chain != exchange.chain or max(one.numbers, default=0) > since
            ]

    def note_sent(self, exchanges: list[Exchange], again: Callable[[], list[Exchange]], turns: int = 0) -> None:
        """Record final exchanges that no valid request has proven yet."""
        if self._live is None or not exchanges:
            return
        with self._gate:
            numbers = tuple(exchange.number for exchange in exchanges)
            self._unproven.append(Unproven(exchanges[0].chain, numbers, again, turns))

    def send_again(self) -> dict[int, Exchange]:
        """Send again what the credentials of a chain that has ended have left without proof.

        Returns:
            The new exchanges, by the numbers of those that they replace.
        """
        made: dict[int, Exchange] = {}
        while (one := self._next_ended()) is not None:
            self._admit()
            exchanges = one.again()
            self.superseded.update(one.numbers)
            if self._note is not None:
                self._note(SentAgain(one.numbers))
            made |= dict(zip(one.numbers, exchanges, strict=False))
            self.note_sent(exchanges, one.again, one.turns + 1)
        return made

    def _next_ended(self) -> Unproven | None:
        if self._live is None:
            return None
        with self._gate:
            ended = [one for one in self._unproven if one.chain != self.chain]
            self._unproven = [one for one in self._unproven if one.chain == self.chain]
            waiting = [one for one in ended if one.turns < MOST_TURNS]
            self._unproven += waiting[1:]
            return next(iter(waiting), None)
