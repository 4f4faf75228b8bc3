"""Controls that a run repeats, to prove that the credentials and the target are still in order."""

from __future__ import annotations

import json
import re
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import Final

from chatcert.cases.case import Case, Expectation, JsonBody
from chatcert.exceptions import ChatcertError, ConfigurationError
from chatcert.openapi.contract import Contract
from chatcert.transport.budget import Stopped
from chatcert.transport.exchange import ErrorKind, Exchange, Received
from chatcert.transport.resilience.circumstances import (
    DENIED,
    UNAUTHORIZED,
    Thing,
    Usual,
    is_answered,
    is_foreign,
    is_served,
    media_type,
    things_named,
)
from chatcert.transport.resilience.retry import RetryPolicy, retry_after
from chatcert.transport.resilience.stop_errors import CircumstancesEnded
from chatcert.transport.resilience.transient import is_transient

SUSPICIOUS: Final = frozenset({401, 402, 403, 404, 407, 410})
"""Statuses that a request with intact credentials gets where a key, a quota or the target itself has gone."""
_LOCKED = 423
MOST_REPEATS: Final = 8
"""How often a control that is not served is repeated at most, whatever the policy says."""
MOST_FORMS: Final = 32
"""Forms of refusals that a control is sent for."""
_CODE: Final = re.compile(r"[A-Za-z][A-Za-z_.-]{2,39}")
_Form = tuple[Expectation, int | str | None, str]
"""What was expected of a request, the status or the error that it got, and words that tell the answer from others."""
NAMES_UNKNOWN: Final = (Expectation.UNKNOWN, Expectation.LIMIT)


class ControlWatch:
    """Repeats a valid request when one is due, and ends the run where it is no longer served.

    A control is due after ``RetryPolicy.control_interval`` exchanges without a valid request that was served, after an
    unexpected refusal, and at the end of a run. A valid request that is about to be sent is a control itself. Before
    the first one was served, one is repeated only to see whether it is denied now, for its credentials.

    Args:
        send: sends a control once, and returns its exchange.
        end: returns the error that ends the run, from the control that was not served and the last one that was.
        sleep: waits for some seconds.

    Attributes:
        silent: the exchange since which there was no answer; ``None`` if the last one had an answer.
        still_served: a valid request that was served when the control no longer was, since it names fewer things.
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
        self._usual: Usual | None = None
        self._last_served: deque[Exchange] = deque(maxlen=2)
        self.silent: Exchange | None = None
        self.still_served: Exchange | None = None
        self._plain: Case | None = None
        self._refused: Exchange | None = None
        self._proven = 0
        self._fully_proven = 0
        self._named: frozenset[Thing] = frozenset()
        self._ended = 0
        self._unproven = 0
        self._known: set[_Form] = set()
        self._is_repeating = False
        self._doubts: dict[_Form, int] = {}
        self._first: tuple[Case, frozenset[Thing]] | None = None
        self._lost: CircumstancesEnded | None = None
        self._logins = 0
        self._unproven_logins: list[int] = []

    @property
    def lost(self) -> ChatcertError | None:
        """The error that ended the run early, if any."""
        return self._lost.error if self._lost is not None else None

    @property
    def control(self) -> Case | None:
        """The valid request that is repeated; ``None`` until one was served."""
        return self._control

    def served_before(self, control: Exchange) -> Exchange | None:
        """Return the last valid request that was served before this one; ``None`` if none was."""
        return next((one for one in reversed(tuple(self._last_served)) if one.number < control.number), None)

    @property
    def _served(self) -> Exchange | None:
        return self._last_served[-1] if self._last_served else None

    def is_served(self, exchange: Exchange) -> bool:
        """Return whether a valid request got a success like those before it."""
        return is_served(exchange, self._contract, self._usual)

    def logins_before(self, control: Exchange) -> int:
        """Return how many refused logins may be why a valid request is not served any more.

        They may be where the server says that something is locked (RFC 4918 section 11.3), or where most of what was
        sent since a valid request was served are such logins; otherwise the number is 0.
        """
        if control.status == _LOCKED:
            return self._logins
        sent = self._ended - self._proven
        return self._logins if 2 * len(self._unproven_logins) >= max(sent - MOST_REPEATS, 1) else 0

    def note(self, exchange: Exchange, case: Case) -> None:
        """Record a finished exchange."""
        with self._lock:
            self._ended = max(self._ended, exchange.number)
            if case.has_bad_credentials and exchange.status is not None and not exchange.succeeded:
                self._logins += 1
                self._unproven_logins.append(exchange.number)
            self.silent = (self.silent or exchange) if exchange.received is None else None
            if not is_served(exchange, self._contract, self._usual):
                self._unproven = max(self._unproven, exchange.number)
                if exchange.since is not None and is_answered(exchange) and exchange.status not in DENIED:
                    self._refused = exchange
                    self._plain = self._plain or _repeatable(case)
                return
            since = exchange.since or 0
            self._proven = max(self._proven, since)
            self._unproven_logins = [number for number in self._unproven_logins if number > since]
            self._last_served.append(exchange)
            if self._control is None and (control := _repeatable(case)) is not None:
                self._control = control
                self._usual = Usual.of(exchange.received) if exchange.received is not None else None
                self._named = things_named(exchange, self._contract)
                self._first = control, self._named
            if things_named(exchange, self._contract) >= self._named:
                self._fully_proven = max(self._fully_proven, since)

    def use(self, case: Case, served: Exchange) -> None:
        """Repeat this valid request from now on: it was served, and names more resources than the first one."""
        with self._lock:
            self._control = case
            self._named = things_named(served, self._contract)
            self._fully_proven = max(0, served.since or 0)

    def admit(self, case: Case | None) -> None:
        """Let a request pass; before it, send a control if too many exchanges came after the last one.

        Args:
            case: its case; ``None`` where any may follow.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        self._check()
        most = self._policy.control_interval * (2 if case is not None and case.is_valid else 1)
        with self._lock:
            unproven = self._ended - self._proven
            place = self._ended
        if unproven > most and not self._is_proving(most) and self._control is not None:
            self._prove(place, at_most=most)

    def _is_proving(self, most: int) -> bool:
        """Return whether a control is in flight that others need not wait for, since few exchanges are unproven."""
        return self._proving.locked() and self._ended - self._proven <= 2 * most

    def examine(self, exchange: Exchange, case: Case) -> None:
        """Send a control if an answer is an unexpected refusal, unless the same refusal was proven before.

        Nothing waits for a control of another thread, which sends one more where the first does not prove this answer.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        if not self._is_suspicious(exchange, case):
            return
        form = _form(exchange)
        with self._lock:
            if form in self._known or len(self._known) >= MOST_FORMS:
                return
            if self._is_repeating and self._is_proving(self._policy.control_interval):
                self._doubts[form] = exchange.number
                return
        if self._control is not None:
            self._prove(exchange.number)
        elif exchange.status in DENIED:
            self._prove_not_denied()
        self._known.add(form)

    def finish(self) -> None:
        """Send a control, so that the answers since the last one count.

        A valid request that names fewer existing resources than the control does not replace it here.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        self._check()
        if self._control is None and self._refused is not None and self._ended > self._refused.number:
            self._prove_not_denied()
        if self._unproven > self._fully_proven:
            self._prove(self._unproven, names_all=True)

    def end_with(self, error: ChatcertError) -> CircumstancesEnded:
        """End the run; every later request is refused."""
        with self._lock:
            self._lost = self._lost or CircumstancesEnded(error)
            return self._lost

    @contextmanager
    def ending_with_errors(self) -> Iterator[None]:
        """End the run where a block raises an error of the configuration, such as a credential that cannot be renewed.

        Raises:
            CircumstancesEnded: it does.
        """
        try:
            yield
        except ConfigurationError as error:
            raise self.end_with(error) from None

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
        if (300 <= received.status < 400 and not exchange.moved) or exchange.refused:
            return True
        if exchange.since is not None and exchange.succeeded:
            return self._usual is not None and not self._usual.resembles(received, self._contract)
        if received.status in (404, 410) and (case.expectation in NAMES_UNKNOWN or self._names_others(exchange)):
            return False
        return received.status in SUSPICIOUS

    def _names_others(self, exchange: Exchange) -> bool:
        """Return whether a request names something else than the control does, at the same place."""
        usual = dict(self._named)
        named = things_named(exchange, self._contract) if usual else frozenset()
        return any(usual.get(place, value) != value for place, value in named)

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
            try:
                self._is_repeating = True
                self._repeat(control)
                while self._is_in_doubt():
                    self._repeat(control)
            finally:
                self._is_repeating = False

    def _is_in_doubt(self) -> bool:
        """Return whether another thread met a refusal that is not proven yet; if not, none leaves its proof to this."""
        with self._lock:
            proven = {form for form, number in self._doubts.items() if number <= self._proven}
            self._known |= proven
            self._doubts = {form: number for form, number in self._doubts.items() if form not in proven}
            self._is_repeating = bool(self._doubts)
            return self._is_repeating

    def _repeat(self, control: Case) -> None:
        """Send a control until it is served."""
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
        served = self._served
        self._try_without_names(control, exchange)
        if served is None:
            raise Stopped("valid requests are no longer served")
        raise self.end_with(self._end(exchange, served))

    def _try_without_names(self, control: Case, refused: Exchange) -> None:
        """Send the valid request that names the fewest things, to see whether one of the others is why it is refused.

        If it is refused as well, it does not matter what the requests before it named.
        """
        if self._first is None or not is_answered(refused) or refused.status == UNAUTHORIZED:
            return
        plain, named = self._first
        if plain.id != control.id and named < self._named:
            with suppress(Stopped):
                exchange = self._send(plain)
                self.still_served = exchange if is_served(exchange, self._contract, self._usual) else None

    def _prove_not_denied(self) -> None:
        """End the run if valid requests, of which none was ever served, are denied now though they were not before."""
        with self._proving:
            self._check()
            control, before = self._plain, self._refused
            if control is None or before is None or before.number >= self._ended:
                return
            exchange = self._send(control)
            for delay in self._policy.control_delays:
                if exchange.status not in DENIED:
                    return
                self._check()
                self._sleep(delay)
                exchange = self._send(control)
            if exchange.status in DENIED:
                raise self.end_with(self._end(exchange, before))

    def _delay(self, exchange: Exchange, turn: int) -> float | None:
        """Return the seconds until a control that was not served is repeated; ``None`` where it is not."""
        received = exchange.received
        demanded = retry_after(received.header("Retry-After")) if received is not None else None
        if demanded is not None and demanded > self._policy.max_retry_after:
            return None
        delays = self._policy.cool_downs if is_transient(exchange.answer) else self._policy.control_delays
        return delays[turn] if turn < len(delays) else None


def _repeatable(case: Case) -> Case | None:
    """Return a valid case as a control; ``None`` if it takes values from another answer, or may be refused."""
    if isinstance(case.request.body, JsonBody) and case.request.body.bindings:
        return None
    return replace(case, control=None, group="", wait=0.0) if case.is_valid else None


def _form(exchange: Exchange) -> _Form:
    """Return the key by which refusals are grouped: one control shows for a whole group that the server caused it."""
    received = exchange.received
    if received is None:
        return exchange.expectation, exchange.error.kind if exchange.error is not None else None, ""
    words = " ".join(_codes(received)) if exchange.succeeded or exchange.refused else ""
    return exchange.expectation, received.status, f"{media_type(received)} {words}".strip()


def _codes(received: Received) -> list[str]:
    """Return what names the kind of a refusal with the status of a success: its texts without digits and blanks."""
    try:
        value = json.loads(received.body)
    except (ValueError, RecursionError):
        return []
    texts = value.values() if isinstance(value, dict) else ()
    return sorted(text for text in texts if isinstance(text, str) and text.isascii() and _CODE.fullmatch(text))
