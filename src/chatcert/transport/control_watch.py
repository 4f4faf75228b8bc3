"""Controls that a run repeats, to prove that the credentials and the target are still in order."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, Expectation, JsonBody
from chatcert.exceptions import ChatcertError
from chatcert.openapi.contract import Contract
from chatcert.transport.budget import Stopped
from chatcert.transport.circumstances import Thing, is_foreign, is_served, media_type, things_named
from chatcert.transport.exchange import ErrorKind, Exchange
from chatcert.transport.retry import RetryPolicy, retry_after
from chatcert.transport.stop_errors import CircumstancesEnded
from chatcert.transport.transient import is_transient

SUSPICIOUS: Final = frozenset({401, 402, 403, 404, 407, 410})
"""Statuses that a request with intact credentials gets where a key, a quota or the target itself has gone."""
MOST_REPEATS: Final = 8
"""How often a control that is not served is repeated at most, whatever the policy says."""
NAMES_UNKNOWN: Final = (Expectation.UNKNOWN, Expectation.LIMIT)


class ControlWatch:
    """Repeats a valid request when one is due, and ends the run where it is no longer served.

    A control is due after ``RetryPolicy.control_interval`` exchanges without a valid request that was served, after an
    unexpected refusal, and at the end of a run. A valid request that is about to be sent is a control itself. Nothing
    is repeated before the first valid request was served.

    Args:
        send: sends a control once, and returns its exchange.
        end: returns the error that ends the run, from the control that was not served and the last one that was.
        sleep: waits for some seconds.
    """

    def __init__(
        self,
        contract: Contract,
        policy: RetryPolicy,
        send: Callable[[Case], Exchange],
        end: Callable[[Exchange, Exchange], ChatcertError],
        sleep: Callable[[float], None],
    ) -> None:
        self._contract = contract
        self._policy = policy
        self._send = send
        self._end = end
        self._sleep = sleep
        self._lock = threading.RLock()
        self._proving = threading.Lock()
        self._control: Case | None = None
        self._usual: str | None = None
        self._served: Exchange | None = None
        self._proven = 0
        self._fully_proven = 0
        self._named: frozenset[Thing] = frozenset()
        self._ended = 0
        self._unproven = 0
        self._known: set[tuple[Expectation, int | str | None, str]] = set()
        self._lost: CircumstancesEnded | None = None

    @property
    def lost(self) -> ChatcertError | None:
        """The error that ended the run early, if any."""
        return self._lost.error if self._lost is not None else None

    def note(self, exchange: Exchange, case: Case) -> None:
        """Record a finished exchange."""
        with self._lock:
            self._ended = max(self._ended, exchange.number)
            if not is_served(exchange, self._contract, self._usual):
                self._unproven = max(self._unproven, exchange.number)
                return
            since = exchange.since or 0
            self._proven = max(self._proven, since)
            self._served = exchange
            if self._control is None and not (isinstance(case.request.body, JsonBody) and case.request.body.bindings):
                self._control = replace(case, control=None, group="", wait=0.0)
                self._usual = media_type(exchange.received) if exchange.received is not None else None
                self._named = things_named(exchange, self._contract)
            if things_named(exchange, self._contract) >= self._named:
                self._fully_proven = max(self._fully_proven, since)

    def use(self, case: Case, served: Exchange) -> None:
        """Repeat this valid request from now on: it was served, and names more resources than the first one."""
        with self._lock:
            self._control = case
            self._named = things_named(served, self._contract)
            self._fully_proven = max(0, served.since or 0)

    def admit(self, case: Case) -> None:
        """Let a request pass; before it, send a control if too many exchanges came after the last one.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        self._check()
        most = self._policy.control_interval * (2 if case.is_valid else 1)
        with self._lock:
            due = self._ended - self._proven > most
            place = self._ended
        if due and self._control is not None:
            self._prove(place, at_most=most)

    def examine(self, exchange: Exchange, case: Case) -> None:
        """Send a control if an answer is an unexpected refusal, unless the same refusal was proven before.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        if self._control is None or not self._is_suspicious(exchange, case):
            return
        form = _form(exchange)
        if form not in self._known:
            self._prove(exchange.number)
            self._known.add(form)

    def finish(self) -> None:
        """Send a control, so that the answers since the last one count.

        A valid request that names fewer existing resources than the control does not replace it here.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        self._check()
        if self._unproven > self._fully_proven:
            self._prove(self._unproven, names_all=True)

    def end_with(self, error: ChatcertError) -> CircumstancesEnded:
        """End the run; every later request is refused."""
        with self._lock:
            self._lost = self._lost or CircumstancesEnded(error)
            return self._lost

    def end_because_of(self, control: Exchange) -> CircumstancesEnded | None:
        """End the run because of a control that was not served; ``None`` if none ever was."""
        served = self._served
        return self.end_with(self._end(control, served)) if served is not None else None

    def _check(self) -> None:
        if self._lost is not None:
            raise self._lost

    def _is_suspicious(self, exchange: Exchange, case: Case) -> bool:
        received = exchange.received
        if received is None:
            return exchange.error is not None and exchange.error.kind is ErrorKind.TLS
        if is_foreign(received, self._contract):
            return True
        if not case.has_intact_credentials or case.expectation is Expectation.REQUESTED_ERROR:
            return False
        if 300 <= received.status < 400:
            return True
        if case.expectation in NAMES_UNKNOWN and received.status in (404, 410):
            return False
        return received.status in SUSPICIOUS

    def _prove(self, place: int, at_most: int = 0, *, names_all: bool = False) -> None:
        """Send a control until it is served, which proves all exchanges up to ``place``.

        Args:
            at_most: how many exchanges before ``place`` may stay without proof, if another thread was faster.
            names_all: whether a valid request proves nothing that names fewer existing things than the control.
        """
        with self._proving:
            self._check()
            control = self._control
            proven = self._fully_proven if names_all else self._proven
            if control is None or proven >= place - at_most:
                return
            exchange = self._send(control)
            for turn in range(MOST_REPEATS):
                if is_served(exchange, self._contract, self._usual):
                    return
                self._check()
                delay = self._delay(exchange, turn)
                if delay is None:
                    break
                self._sleep(delay)
                exchange = self._send(control)
            ended = self.end_because_of(exchange)
            raise ended or Stopped("valid requests are no longer served")

    def _delay(self, exchange: Exchange, turn: int) -> float | None:
        """Return the seconds until a control that was not served is repeated; ``None`` where it is not."""
        received = exchange.received
        demanded = retry_after(received.header("Retry-After")) if received is not None else None
        if demanded is not None and demanded > self._policy.max_retry_after:
            return None
        delays = self._policy.cool_downs if is_transient(exchange.answer) else self._policy.control_delays
        return delays[turn] if turn < len(delays) else None


def _form(exchange: Exchange) -> tuple[Expectation, int | str | None, str]:
    """Return the key by which refusals are grouped: one control shows for a whole group that the server caused it."""
    received = exchange.received
    if received is None:
        return exchange.expectation, exchange.error.kind if exchange.error is not None else None, ""
    return exchange.expectation, received.status, media_type(received)
