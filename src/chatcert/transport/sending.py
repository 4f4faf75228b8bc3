"""Sending of cases: prepare, pace, send, retry, and record every attempt with credentials masked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from chatcert import __version__
from chatcert.cases.case import Case, Expectation, Request
from chatcert.exceptions import ChatcertError, ConfigurationError
from chatcert.openapi.contract import Contract
from chatcert.openapi.distinct import DistinctPlace
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.transport.added_headers import AddedHeaders
from chatcert.transport.already_sent import AlreadySent
from chatcert.transport.budget import TIME_IS_OVER, Budget, Spending, Stopped, TimeSpent
from chatcert.transport.client import Client
from chatcert.transport.credentials.credential_fetching import Fetcher
from chatcert.transport.credentials.live_credentials import live_of
from chatcert.transport.credentials.renewal import Note, Renewal
from chatcert.transport.exchange import Answer, ErrorKind, Exchange, Received, Role, TransportError
from chatcert.transport.fresh_requests import FreshRequests, Key, Typical
from chatcert.transport.preparation import PreparedRequest, prepare
from chatcert.transport.redaction.redactor import redactor_of
from chatcert.transport.repetition import Repetitions
from chatcert.transport.resilience.attempts import Attempts, as_meant
from chatcert.transport.resilience.circuit_breaker import CircuitBreaker, TargetGone
from chatcert.transport.resilience.control_watch import ControlWatch
from chatcert.transport.resilience.health import Health
from chatcert.transport.resilience.retry import NO_RETRIES_LEFT, RetryBudget, RetryPolicy
from chatcert.transport.resilience.stale_connections import StaleConnections
from chatcert.transport.resilience.stop_errors import PATIENCE, slow_error, stop_error
from chatcert.transport.resilience.transient import is_late, is_transient
from chatcert.transport.run_clock import Clock
from chatcert.transport.sequences import Sequences
from chatcert.transport.shared_exchanges import SharedExchanges
from chatcert.transport.target import Target
from chatcert.transport.tls import context_for

PROBE_ATTEMPTS = 2
"""How often a probe is sent at most."""
Recorder = Callable[[Exchange], None]


class Session:
    """All traffic of one vendor's run.

    Args:
        record: called with every exchange, retries and probes included, as soon as it is over.
        baseline: the smallest valid request; it is sent again to see whether the target is healthy.
        jobs: how many requests may be in flight.
        budget: how many requests may be sent, at which rate and for how long; by default the target's own limits.
        policy: how often requests are sent again after transient failures.
        sleep: waits for some seconds.
        announce: called with the body before every request; if it raises, the request is not sent.
        already_sent: exchanges of an earlier part of the run, which are not sent again.
        typical: gives the values of valid requests, which are replaced by new ones where they must be new.
        process, run: the names of this process, if several take part in the run, and of the run itself.
        note: called with what happens to credentials that are fetched.

    Attributes:
        renewal: renews the credentials.
        shared: the exchanges of cases that serve several requirements.

    Raises:
        ConfigurationError: a credential cannot be fetched.
    """

    def __init__(
        self,
        contract: Contract,
        target: Target,
        record: Recorder,
        *,
        baseline: Case,
        jobs: int = 1,
        budget: Spending | None = None,
        policy: RetryPolicy | None = None,
        sleep: Callable[[float], Any] | None = None,
        announce: Callable[[bytes], None] | None = None,
        already_sent: AlreadySent | None = None,
        typical: Typical | None = None,
        process: str = "",
        run: str = "",
        note: Callable[[Note], None] | None = None,
    ) -> None:
        self.contract = contract
        self.target = target
        self._record = record
        self._baseline = baseline
        times, tls = target.limits.timeout, context_for(target)
        self._new_client = partial(Client, timeout=times, context=tls, proxy=target.proxy)
        self._client = self._new_client(connections=max(jobs, 8))
        self._sequences = Sequences(self._attempt_in_turn, partial(self._new_client, connections=1, keeps_refused=True))
        self._redactor = redactor_of(contract, target)
        if (live := live_of(target.credentials)) is not None:
            live.open(Fetcher.of(target), self._redactor.learn, note)
        self._lock = threading.Lock()
        self._jobs = jobs
        self._announce = announce
        self._already_sent = already_sent or AlreadySent()
        self._number = self._already_sent.last_number
        self._added = AddedHeaders(contract, target, run, process, self._number)
        self._aborted = False
        self._stale = StaleConnections()
        self.renewal = Renewal(
            live,
            partial(self._already_sent.next_chain, process),
            prove=lambda: self.probe(self._watch.control or self._baseline),
            admit=lambda: self._watch.admit(None),
            note=note,
        )
        self._numbered = not process
        self._clock = Clock()
        self.shared = SharedExchanges(self._already_sent)
        self._answered: dict[str, Exchange] = {}
        self._served_at_once: set[str] = set()
        self._first_success = self._already_sent.first_success
        self._sleep = sleep or time.sleep
        self._budget: Spending = budget or Budget(max_requests=target.limits.max_requests, rate=target.limits.rate)
        self._retries = RetryBudget(policy or RetryPolicy())
        self._fresh = FreshRequests(contract, typical or (lambda place, path: MISSING))
        self._repetitions = Repetitions(contract, self._fresh)
        self._breaker = CircuitBreaker(self._retries.policy, self._is_answering, self._pause)
        self._watch = ControlWatch(contract, self._retries.policy, self.probe, self._stop_error, self._pause)
        self._health = Health(
            contract,
            target,
            baseline,
            probe=self.probe,
            wait_for=self.wait_for,
            is_served=self._watch.is_served,
            may_probe=self._retries.take_retry,
            time_left=lambda: self._budget.left,
            end_as_slow=self._end_as_slow,
        )
        self._last_control: Exchange | None = None

    @property
    def ended_by(self) -> ChatcertError | None:
        """What ended the run early, though the budget was not spent."""
        return self._watch.lost

    @property
    def silenced_by(self) -> str:
        """The requirement whose request was sent when the target ceased to answer; empty if it still does."""
        return self._watch.silent.requirement if self._watch.silent is not None else ""

    def settle(self) -> None:
        """Prove what has been answered so far, as ``finish`` does at the end."""
        self._watch.finish()

    def finish(self) -> None:
        """Prove with a last control that the answers of this session count.

        Raises:
            CircumstancesEnded: valid requests are no longer served.
            Stopped: nothing more may be sent.
        """
        self.renewal.send_again()
        with self._budget.for_controls():
            self._watch.finish()
            while self.renewal.send_again():
                self._watch.finish()

    def use_control(self, case: Case, served: Exchange) -> None:
        """Choose the valid request that is repeated during the run.

        Args:
            served: its exchange.
        """
        self._watch.use(case, served)

    def wait_for(self, case: Case) -> Exchange:
        """Send a valid request with more patience than usual, to see how long a target takes that answers late."""
        return self._attempt(case, None, role=Role.PROBE, guarded=False, patience=PATIENCE)

    def _stop_error(self, control: Exchange, served: Exchange) -> ChatcertError:
        watch, logins = self._watch, self._watch.logins_before(control)
        end = partial(stop_error, control, served, self.contract, self.target, watch.silent, refused_logins=logins)
        return end(numbered=self._numbered, still_served=watch.still_served)

    def _end_as_slow(self, control: Exchange) -> None:
        before = self._watch.served_before(control)
        self._watch.end_with(slow_error(control, self.contract, self.target, before, numbered=self._numbered))

    def check_time(self) -> float:
        """Check that time is left, and return how much: seconds, infinite without a limit.

        Raises:
            TimeSpent: the time of the run is over.
        """
        left = self._budget.left
        if left <= 0:
            raise TimeSpent(TIME_IS_OVER)
        return left

    def abort(self) -> None:
        """Abort all requests in flight; nothing is recorded of them, and nothing is sent any more."""
        self._aborted = True
        self._client.abort()
        self._sequences.abort()

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
        self._budget.close()

    def send(self, case: Case) -> Exchange:
        """Send a case, after its control, and return the exchange to judge.

        Raises:
            Stopped: the budget of requests or time is spent, or the target is gone.
            LoginsSpent: it has bad credentials, and no more such requests may be sent.
            Inexpressible: with these credentials, the case does not differ from a valid request.
            ControlUnusable: the control's answer does not hold a value that the case needs.
        """
        if (answered := self._answered.get(case.id)) is not None:
            return answered
        control = self.shared.served_with(case.control) or (self.send(case.control) if case.control else None)
        if case.shared:
            return self.shared.once(case, partial(self._send, case, control))
        exchange = self._send(case, control)
        if case.expectation is Expectation.REFUSED:  # it may be the control of requests in other circumstances
            self._answered[case.id] = exchange
        return exchange

    def was_served_at_once(self, case: Case) -> bool:
        """Return whether a case was sent and served at its first attempt."""
        known = self._already_sent.of(case)
        return case.id in self._served_at_once or (known is not None and known.succeeded and known.attempt == 1)

    def send_together(self, cases: list[Case]) -> list[Exchange]:
        """Send cases at the same time, each on a connection of its own.

        Where nothing else is in flight, idle connections are closed first: a server that serves one connection at a
        time would otherwise wait for them.
        """
        if (known := self._already_sent.of_all(cases)) is not None:
            return known

        def send() -> list[Exchange]:
            with ThreadPoolExecutor(max_workers=len(cases)) as pool:
                try:
                    return list(pool.map(lambda case: self._send(case, None, overlapping=True), cases))
                except KeyboardInterrupt:
                    self.abort()
                    raise

        if self._jobs == 1:
            self._client.forget_connections()
        exchanges = send()
        self.renewal.note_sent(exchanges, send)
        return exchanges

    def send_in_turn(self, cases: list[Case], *, beside: bool = False) -> list[Exchange]:
        """Send cases one after another on one connection, which is kept open, beside others if that is allowed."""
        if (known := self._already_sent.of_all(cases)) is not None:
            return known
        self._watch.admit(cases[0])
        controls = [self.send(case.control) if case.control is not None else None for case in cases]
        exchanges = self._sequences.send(cases, controls, beside=beside)
        self.renewal.note_sent(exchanges, partial(self._sequences.send, cases, controls, beside=beside))
        for case, exchange in zip(cases, exchanges, strict=True):
            self._watch.examine(exchange, case)
        made = self.renewal.send_again()
        return [made.get(exchange.number, exchange) for exchange in exchanges]

    def _attempt_in_turn(self, case: Case, control: Exchange | None, client: Client) -> Exchange:
        if case.has_bad_credentials:
            self._budget.take_login()
        return self._attempt(case, control, role=Role.CASE, client=client)

    def probe(self, case: Case) -> Exchange:
        """Send a control once more, even if it has been answered before."""
        return self._attempt(case, None, role=Role.PROBE)

    def _send(self, case: Case, control: Exchange | None, *, overlapping: bool = False) -> Exchange:
        if not overlapping and (known := self._already_sent.of(case)) is not None:
            return known
        if not overlapping:
            self._watch.admit(case)
        if case.has_bad_credentials:
            self._budget.take_login()
        if case.wait and self._first_success is not None:
            self._pause(max(0.0, self._first_success + case.wait - self._clock.now()))
        role = Role.CONTROL if case.shared else Role.CASE
        send = partial(self._attempt, case, control, role=role, overlapping=overlapping)
        exchange = send()
        if not overlapping and not self._watch.is_served(exchange):
            self.renewal.note_sent([exchange], lambda: [send()])
        if again := self._repetitions.spoiled_by_now(case, control, exchange):
            self._send_again(again)
        if exchange.succeeded and self._first_success is None:
            self._first_success = exchange.started
        self._watch.examine(exchange, case)
        return exchange if overlapping else self.renewal.send_again().get(exchange.number, exchange)

    def _send_again(self, spoiled: list[tuple[Case, Exchange | None]]) -> None:
        """Send cases again, with new values: the first value of each was in use already."""
        for case, control in spoiled:
            exchange = self._attempt(case, control, role=Role.CONTROL if case.shared else Role.CASE)
            self.shared.replace(case, exchange)

    def _attempt(
        self,
        case: Case,
        control: Exchange | None,
        *,
        role: Role,
        overlapping: bool = False,
        guarded: bool = True,
        fixed: Request | None = None,
        patience: int = 1,
        client: Client | None = None,
    ) -> Exchange:
        """Send a request until an attempt is final, and record every attempt.

        Args:
            guarded: whether the circuit breaker may hold it back.
            fixed: what every attempt sends; by default, each has new values where they must be new.
            patience: how many times the usual time limit it may take.
            client: what sends it; by default that of the session.
        """
        client = client or self._client
        is_healthy = None if role == Role.PROBE else self._health.is_good
        attempts = Attempts(
            case,
            self._retries,
            is_healthy,
            max_probe_attempts=PROBE_ATTEMPTS if guarded else 1,
            serves_at_once=None if role == Role.PROBE else self._health.serves_at_once,
            recovers=self._breaker.await_recovery,
        )
        proves = case.may_prove and fixed is None
        repeats = 0
        while True:
            known = tuple(self._fresh.places)
            request = fixed or self._renewed(case, control)
            prepared = prepare(request, control, self.contract, self.target)  # what is wrong with it is seen here
            timeout = self.target.limits.timeout
            shorter = None if role == Role.PROBE else self._retries.shorter_limit(timeout)
            limit = patience * timeout if patience > 1 else shorter
            expected = self.renewal.chain
            self._take_turn(guarded=guarded)
            self._sequences.wait(role)
            since = self._number if proves else None
            with self.renewal.passing() as chain, self._watch.ending_with_errors():
                if chain != expected:
                    prepared = prepare(request, control, self.contract, self.target)
                prepared = self._added.added_to(prepared, request)
                started, answer = self._exchange(prepared, client, guarded=guarded, limit=limit)
            seconds = self._clock.now() - started
            stopped: Stopped | None = None
            try:
                ended = proves and self.renewal.was_renewed_for(answer, chain)
            except ConfigurationError as why:  # this exchange is recorded first
                ended, stopped = True, self._watch.end_with(why)
            stale = self._stale.met(answer, client)
            repeats += stale or ended
            meant = as_meant(answer, self.contract)
            delay: float | None = 0.0
            if limit is not None and role != Role.PROBE and is_late(answer):
                words = f"no answer in {limit:.1f} s, the limit after many time-outs"
                answer = meant = TransportError(ErrorKind.TIMEOUT, words)
                attempts.give_up()
                delay = None
            elif not (stale or ended):
                delay = attempts.delay_after(meant, self._budget.left)
            if isinstance(answer, Received):
                self._retries.record_answer(seconds)
            with self._lock:
                self._number += 1
                number = self._number
            repeated: tuple[str, ...] = ()
            if delay is None and fixed is None:  # what was new already is not looked into again, so this ends
                try:
                    repeated = self._causes(case, control, meant, known)
                except Stopped as why:  # this exchange is recorded first; nothing is concluded from it
                    stopped = why
                delay = 0.0 if repeated or stopped is not None else None
            received, error, leaks = self._redactor.redacted(answer, prepared.presented, prepared.sent.body or b"")
            exchange = Exchange(
                number=number,
                case=case.id,
                requirement=case.requirement,
                expectation=case.expectation,
                role=Role.PROBE if ended else role,
                sent=prepared.sent,
                started=started,
                seconds=round(seconds, 6),
                received=received,
                error=error,
                attempt=attempts.number + repeats,
                final=delay is None,
                edit=case.edit,
                control=control.number if control else None,
                control_accepted=control.succeeded if control else None,
                overlapping=overlapping,
                leaks=leaks,
                unsettled=attempts.unsettled,
                suite=__version__,
                refused=meant is not answer and isinstance(meant, Received) and meant.status >= 400,
                moved=isinstance(answer, Received) and self.contract.redirects_to_chat(answer.status),
                repeated=repeated,
                since=since,
                chain=chain,
                operation=case.request.operation,
                request_id=prepared.request_id,
                members=case.members,
            )
            self._record(exchange)
            self._repetitions.note(exchange)
            self._watch.note(exchange, case)
            if self._watch.is_served(exchange):
                self.renewal.note_served(exchange)
            self._retries.has_served |= exchange.succeeded
            if stopped is not None:
                raise stopped
            if delay is None:
                if attempts.number == 1 and self._watch.is_served(exchange):
                    self._served_at_once.add(case.id)
                return exchange
            self._pause(delay)

    def _causes(self, case: Case, control: Exchange | None, answer: Answer, known: tuple[Key, ...]) -> tuple[str, ...]:
        """Return the names of the fields whose repeated values caused the refusal of a valid request."""

        def probe(places: tuple[DistinctPlace, ...]) -> tuple[Exchange, Callable[[], Exchange]]:
            self._retries.take_retry()
            fixed = self._renewed(case, control, places)
            again = partial(self._attempt, case, control, role=Role.PROBE, fixed=fixed)
            return again(), again

        if not self._repetitions.may_be_repeated(case, answer) or not self._retries.take_retry():
            return ()
        return self._repetitions.causes(case, answer, known, probe)

    def _is_answering(self) -> bool:
        """Return whether a single attempt of the baseline gets an answer that is not a transient failure."""
        if not self._retries.take_retry():
            raise Stopped(NO_RETRIES_LEFT)
        probe = self._last_control = self._attempt(self._baseline, None, role=Role.PROBE, guarded=False)
        return probe.received is not None and not is_transient(probe.received)

    def _pause(self, seconds: float) -> None:
        self._sleep(min(seconds, self._budget.left))

    def _take_turn(self, *, guarded: bool) -> None:
        """Wait until a request may be sent, and renew the credentials that end soon.

        Raises:
            Stopped: it may not be sent.
        """
        if guarded:
            self._admit()
        self._budget.take()
        with self._watch.ending_with_errors():
            self.renewal.before_sending()

    def _exchange(
        self, prepared: PreparedRequest, client: Client, *, guarded: bool, limit: float | None
    ) -> tuple[float, Answer]:
        """Send one request; return when it was sent, in seconds since the epoch, and what came back.

        Args:
            limit: the seconds that it may take, where that is not the usual limit.
        """
        if self._announce is not None:
            self._announce(prepared.body or b"")
        started, within = self._clock.now(), self._budget.left
        other = (limit,) if limit is not None else ()
        answer = client.send(prepared.method, prepared.url, prepared.headers, prepared.body, within, *other)
        if self._aborted:
            raise Stopped("the run was interrupted")
        if guarded and self._budget.left > 0:  # an answer that our own time limit cut off says nothing of the target
            closed = isinstance(answer, TransportError) and answer.on_reused
            self._breaker.record(failed=is_transient(answer) and not closed)
        return started, answer

    def _admit(self) -> None:
        """Wait until the circuit breaker lets a request pass.

        Raises:
            CircumstancesEnded, TargetGone: the target serves nobody any more, though it did before, or it never did.
        """
        try:
            self._breaker.admit()
        except TargetGone as gone:
            ended = self._watch.end_because_of(self._last_control) if self._last_control is not None else None
            raise ended or gone from None

    def _renewed(self, case: Case, control: Exchange | None, also: tuple[DistinctPlace, ...] = ()) -> Request:
        """Return the request of an attempt: it has new values where they must be new, and at the places ``also``."""
        return self._fresh.renewed(case, control.sent if control is not None else None, also)
