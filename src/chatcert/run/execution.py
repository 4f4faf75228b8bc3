"""Execution of one vendor's requirements in memory: preflight, planning, sending and judging."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from itertools import islice
from pathlib import Path
from typing import Final

from chatcert.cases.case import Case, Cause
from chatcert.cases.order import Route, Step
from chatcert.cases.plan import INTRUSIVE, TOO_MANY, Plan
from chatcert.cases.planner import Planner
from chatcert.cases.profile import Profile
from chatcert.exceptions import ChatcertError, ConfigurationError, IdentityError, ReachabilityError
from chatcert.judge.evidence import Evidence
from chatcert.judge.verdict import Verdict, VerdictKind
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.operation import Operation
from chatcert.requirements.requirement import Requirement
from chatcert.run.safe_judging import broken_verdict, safely_judged
from chatcert.run.scheduler import Placing, send_all
from chatcert.run.security_alternatives import carrying, other_ways, served_alternative
from chatcert.run.time_limit import ending_in
from chatcert.transport.already_sent import AlreadySent
from chatcert.transport.budget import Budget, LoginsSpent, Stopped
from chatcert.transport.chats.chat_count import ChatCount
from chatcert.transport.chats.created_chats import answered_with_error, unanswered
from chatcert.transport.chats.ownership import PRODUCTION, why_left
from chatcert.transport.credentials.credential_forms import Inexpressible
from chatcert.transport.credentials.renewal import Note
from chatcert.transport.exchange import ErrorKind, Exchange, Role, renumbered
from chatcert.transport.preflight import (
    may_be_same_to_all,
    preflight_error,
    same_to_all,
    unknown_resource,
    wrong_requests,
)
from chatcert.transport.preparation import ControlUnusable
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.resilience.stop_errors import CircumstancesEnded
from chatcert.transport.resilience.transient import is_transient
from chatcert.transport.sending import Session
from chatcert.transport.target import Target

Progress = Callable[[Requirement], None]
SLOW: Final = 0.1
"""Median seconds of an answer from which steps are no longer sent alone if they may be sent beside others."""
_BROKEN: Final = (VerdictKind.FAIL, VerdictKind.WARN)


@dataclass
class Execution:
    """Tests requirements of one vendor against one target.

    Attributes:
        ends: the time after which nothing is sent, on the clock of ``time.monotonic``.
        retry_policy: how often requests are sent again after a transient failure.
        shared: a folder in which all processes of the run count their requests together.
        processes: how many they are; each of them ends with a control.
        plans: the planner of an equal run against another server, to plan only once.
        record: called with every exchange.
        announce: called with the body before every request; an error that it raises prevents the request.
        earlier: the exchanges of an earlier part of the same run; answers that still count are not requested again.
        spent: how many requests that part has sent.
        process: the name of this process, if several take part in the run.
        run_name: the name of the run.
        note: called with what happens to credentials that are fetched.
        exchanges: everything that was sent so far.
        reasons: why a requirement has no verdict of its own, by id.
    """

    catalogue: Catalogue
    target: Target
    profile: Profile
    seed: int = 0
    jobs: int = 1
    record: Callable[[Exchange], None] | None = None
    plans: Planner | None = None
    ends: float | None = None
    shared: Path | None = None
    processes: int = 1
    retry_policy: RetryPolicy = field(default_factory=RetryPolicy)
    announce: Callable[[bytes], None] | None = None
    earlier: Sequence[Exchange] = ()
    spent: int = 0
    process: str = ""
    run_name: str = ""
    note: Callable[[Note], None] | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    unfinished: dict[str, Verdict] = field(default_factory=dict)
    _unsent: dict[str, str] = field(default_factory=dict)
    _foreign: dict[str, int] = field(default_factory=dict)
    _ahead: threading.Thread | None = None
    _options: list[tuple[str, Case]] = field(default_factory=list)
    _held: list[Exchange] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Prepare the planner and the session; nothing is sent yet."""
        self.exchanges.extend(self.earlier)
        self._chats = ChatCount(
            self.target.limits.max_chats,
            reserved=self.processes,
            spent=sum(map(self._creates, self.earlier)),
            folder=self.shared,
        )
        self._budget = Budget(
            max_requests=self.target.limits.max_requests,
            rate=self.target.limits.rate,
            ends=self.ends,
            folder=self.shared,
            spent=self.spent,
            reserved=self.processes,
            max_logins=self.target.limits.max_refused_logins,
            spent_logins=sum(exchange.has_bad_credentials and exchange.final for exchange in self.earlier),
        )
        self._evidence = Evidence(self.catalogue.contract, self.catalogue.requirements, (), provisional=True)
        self.started = time.time()
        self._carry(served_alternative(self.earlier))

    def _carry(self, alternative: str) -> None:
        """Plan and send requests that carry an alternative of ``security``; by default the first that is configured."""
        if alternative:
            contract = carrying(self.catalogue.contract, alternative)
            self.catalogue, self.plans, self._ahead = replace(self.catalogue, contract=contract), None, None
        self.planner = self.plans or Planner(
            self.catalogue.contract,
            self.target.resources,
            self.profile,
            self.seed,
            safe_only=self.target.safe_only,
            status_header=self.target.status_header,
            credentials=self.target.configured,
        )
        for name, requirement in self.catalogue.requirements.items():
            if self.target.safe_only and requirement.intrusive:
                self.unfinished[name] = Verdict(name, VerdictKind.NOT_RUN, reason=INTRUSIVE)
            elif name in self.planner.left_out:
                self.unfinished[name] = Verdict(name, VerdictKind.NOT_RUN, reason=TOO_MANY)
        self.session = Session(
            self.catalogue.contract,
            self.target,
            self._keep,
            baseline=self.planner.requests.control(),
            jobs=self.jobs,
            budget=self._budget,
            policy=self.retry_policy,
            announce=self._announce,
            already_sent=AlreadySent(self.exchanges),
            typical=self.planner.requests.value_at,
            process=self.process,
            run=self.run_name,
            note=self.note,
        )

    def _announce(self, body: bytes) -> None:
        self._chats.take()
        if self.announce is not None:
            self.announce(body)

    def _creates(self, exchange: Exchange) -> bool:
        """Return whether an exchange has created a chat, or may have."""
        contract = self.catalogue.contract
        if exchange.operation is not Operation.CREATE:
            return False
        return bool(exchange.succeeded or unanswered(contract, [exchange]) or answered_with_error(contract, [exchange]))

    def _keep(self, exchange: Exchange) -> None:
        self._chats.settle(created=self._creates(exchange))
        if self._held is not None:
            self._held.append(exchange)
        else:
            self._keep_now(exchange)

    def _keep_now(self, exchange: Exchange) -> None:
        with self._lock:
            self.exchanges.append(exchange)
        if self.record is not None:
            self.record(exchange)

    def adopt(self, exchange: Exchange, process: str) -> None:
        """Add an exchange that another process of the same run has sent, with a number that is unique here."""
        with self._lock:
            base = self._foreign.setdefault(process, (len(self._foreign) + 1) * 1_000_000)
            self.exchanges.append(renumbered(exchange, lambda number: number + base))

    def close(self) -> None:
        """Close every connection."""
        self.session.close()

    def preflight(self) -> None:
        """Send one valid request, and one for each optional resource that is configured.

        Raises:
            ReachabilityError: the target does not answer, or its certificate is not trusted.
            IdentityError: the target refuses the credentials, those of each alternative that is configured.
            ConfigurationError: a configured resource does not exist there.
        """
        contract = self.catalogue.contract
        self._plan_ahead()
        ways = other_ways(self.planner.requests) if not served_alternative(self.exchanges) else []
        self._held = [] if ways else None
        try:
            exchange = self.session.send(self.planner.requests.control())
            if exchange in self.earlier and exchange.error is None:  # it answered then: does it still?
                exchange = self.session.probe(self.planner.requests.control())
                exchange = replace(exchange, unsettled=is_transient(exchange.answer))
            late = exchange.error is not None and exchange.error.kind is ErrorKind.TIMEOUT
            patient = self.session.wait_for(self.planner.requests.control()) if late else None
            why = preflight_error(exchange, contract, self.target, patient)
            if why is None:
                why = self._same_to_all(exchange)
            if isinstance(why, IdentityError) and (served := self._served_instead(ways)):
                self._release(Role.PROBE)  # the refusal is no finding on the requests that carry the other alternative
                self.session.close()
                self._carry(served)
                self.preflight()
                return
            self._release()
            if why is None and exchange.succeeded:
                why = self._unknown_option()
        except CircumstancesEnded as ended:
            raise ended.error from None
        except Stopped as stopped:
            raise ReachabilityError(
                str(stopped), where=f"{contract.vendor} at {self.target.url}", hint="allow more requests or time"
            ) from None
        finally:
            self._release()
        if why is not None:
            raise why
        if exchange.error is not None:
            reason = f"no valid request is answered ({exchange.error.message}), though wrong ones are refused"
            for name in self.catalogue.requirements:
                if name != exchange.requirement and not name.endswith("/framing"):
                    self.unfinished[name] = Verdict(name, VerdictKind.NOT_RUN, reason=reason)

    def _served_instead(self, ways: Sequence[tuple[str, Case]]) -> str:
        """Return the name of the first alternative of ``security`` that is served in place of one that is refused."""
        return next((name for name, case in ways if self.session.probe(case).succeeded), "")

    def _release(self, role: Role | None = None) -> None:
        """Record the exchanges that were held back until it was known which credentials are served, or in a role."""
        held, self._held = self._held or [], None
        for exchange in held:
            self._keep_now(replace(exchange, role=role or exchange.role))

    def _plan_ahead(self) -> None:
        """Plan which cases share requests while the first answers are awaited; that takes longest."""
        self._options = [*self.planner.requests.optional_resources()]  # what is sent meanwhile is planned before
        if self.plans is None and self._ahead is None:
            self._ahead = threading.Thread(target=self._plan_shared, daemon=True)
            self._ahead.start()

    def _plan_shared(self) -> None:
        with suppress(Exception):  # it is raised again where the plan is needed
            _ = self.planner.shared

    def _same_to_all(self, exchange: Exchange) -> ChatcertError | None:
        """Return an error if valid and wrong requests get the same answer, so that nothing can be tested."""
        if self.target.mode == "mock" or not may_be_same_to_all(exchange, self.catalogue.contract):
            return None
        wrong = wrong_requests(self.planner.requests.control(), self.catalogue.contract, self.target)
        others = [self.session.probe(case) for case in wrong]
        return same_to_all(exchange, others, self.catalogue.contract, self.target)

    def _unknown_option(self) -> ConfigurationError | None:
        """Return an error if a configured optional resource does not exist there; the plan sends the same requests."""
        if self.target.mode == "mock":
            return None
        for name, control in self._options:
            exchange = self.session.send(control)
            why = unknown_resource(exchange, self.catalogue.contract, self.target, [name])
            if why is not None:
                return why
            if exchange.succeeded:
                self.session.use_control(replace(control, control=None), exchange)
        return None

    def run(self, requirement: Requirement) -> Verdict:
        """Send the cases of one requirement and judge it on everything that was sent so far.

        The verdict is provisional until ``prove`` was called.
        """
        stopped, left = self._send_all([requirement], None)
        if stopped is not None:
            self._leave_open(left, str(stopped))
        return self.judge(requirement, provisional=self.session.ended_by is None)

    def judge(self, requirement: Requirement, *, provisional: bool = True) -> Verdict:
        """Return the verdict on one requirement over everything that was sent so far.

        Args:
            provisional: whether answers count that a later control has yet to prove.
        """
        if requirement.id in self.unfinished:
            return self.unfinished[requirement.id]
        with self._lock:
            again = self.session.renewal.superseded
            counting = tuple(one for one in self.exchanges if one.number not in again) if again else self.exchanges
            self._evidence = replace(self._evidence, exchanges=tuple(counting))  # what is memoised stays
            evidence = self._evidence if provisional else replace(self._evidence, provisional=False)
        return safely_judged(evidence, requirement, self.reasons.get(requirement.id, ""))

    def run_all(self, requirements: Iterable[Requirement], progress: Progress | None = None) -> None:
        """Send the cases of many requirements, the most valuable first, with as many at once as there are jobs.

        At the end, a control is sent to prove that the answers count.
        """
        stopped, left = self._send_all(requirements, progress)
        self.prove()
        if stopped is not None:
            self._leave_open([one for one in left if one.id not in self.unfinished], str(stopped))
        for requirement in left:
            if progress is not None:
                progress(requirement)

    def _send_all(
        self, requirements: Iterable[Requirement], progress: Progress | None
    ) -> tuple[Stopped | None, list[Requirement]]:
        """Send the cases of requirements; return what ended that early, and the requirements that are not complete."""
        left = {requirement.id: requirement for requirement in requirements}
        asked = [one for one in left.values() if one.id not in self.unfinished]
        route = Route(asked, self._plan, self.retry_policy.spread_interval, self.jobs)
        steps = iter(route)
        waiting = _Waiting(route)

        def finish(names: Iterable[str]) -> None:
            for name in names:
                self._leave_unsent_open(name)
                if (requirement := left.pop(name, None)) is not None and progress is not None:
                    progress(requirement)

        def over(step: Step) -> None:
            finish([*waiting.complete(step.key), *self.unfinished])

        try:
            send = partial(self._send, route=route)
            send_all(steps, self.jobs, send, over, self.session.abort, self._settle, self._placing)
            finish([*waiting.complete(), *self.unfinished])
        except Stopped as stopped:
            with suppress(Stopped):
                deque(steps, maxlen=0)  # requirements that are planned only now may be complete
            finish([*waiting.complete(), *self.unfinished])
            return stopped, [*left.values()]
        return None, []

    def _settle(self) -> None:
        """Send the last control while valid requests are in flight, unless one of these is refused."""
        with suppress(Stopped):  # what could not be proven yet is proven at the end
            self.session.settle()

    def prove(self) -> ChatcertError | None:
        """Send a last control, so that the answers before it count; return the error that ended the run, if any."""
        with suppress(Stopped), self._chats.for_controls():  # what could not be proven does not count
            self.session.finish()
        return self.session.ended_by

    def _plan(self, requirement: Requirement) -> Plan:
        left = self.session.check_time()
        try:
            with ending_in(left):
                if self._ahead is not None:
                    self._ahead.join()
                plan = self.planner.plan(requirement)
        except Stopped:
            raise
        except Exception as error:  # noqa: BLE001  our own defect costs one requirement and is reported as ours
            self.unfinished[requirement.id] = broken_verdict(requirement.id, error)
            return Plan(())
        if plan.cause is Cause.NOT_MADE:
            self.unfinished[requirement.id] = Verdict(requirement.id, VerdictKind.INCONCLUSIVE, reason=plan.reason)
        elif plan.reason:
            self.reasons[requirement.id] = plan.reason
        return plan

    def _send(self, step: Step, route: Route) -> None:
        first, *more = step.cases
        try:
            if first.narrows and self.judge(self.catalogue.requirements[first.requirement]).kind not in _BROKEN:
                return
            if self._is_unnecessary(first):
                return
            if first.wait and self.judge(self.catalogue.requirements[first.requirement]).kind is VerdictKind.PASS:
                return
            if first.in_turn and any(case.request.operation is Operation.DELETE for case in more):
                self._delete_in_turn(first, more)
            elif first.in_turn:
                self.session.send_in_turn([first, *more], beside=self._placing(step) is Placing.BESIDE)
            elif first.group:
                self.session.send_together([first, *more])
            else:
                self.session.send(first)
        except LoginsSpent as why:
            self._unsent |= {name: str(why) for name, keys in list(route.needed.items()) if step.key in keys}
        except (Inexpressible, ControlUnusable) as why:
            self.reasons.setdefault(first.requirement, str(why))
        except (Stopped, ChatcertError):
            raise
        except Exception as error:  # noqa: BLE001  our own defect costs the requirements that need the step
            for name in [name for name, keys in list(route.needed.items()) if step.key in keys]:
                self.unfinished[name] = broken_verdict(name, error)

    def _placing(self, step: Step) -> Placing:
        """Return when the cases of a step are sent, which are sent one after another.

        On a slow server, what may leave a trace and the valid request after it are sent beside others that do not begin
        between them. Where that one is not served, whatever the cause, the second round is sent alone.
        """
        first = step.cases[0]
        if self._is_unnecessary(first):
            return Placing.NEEDLESS
        if self.jobs == 1 or first.is_conditional or not step.is_valid:
            return Placing.ALONE
        return Placing.BESIDE if self._is_slow else Placing.ALONE

    @cached_property
    def _is_slow(self) -> bool:
        """Whether the answers so far have taken long; decided once, when it is first asked."""
        with self._lock:
            seconds = sorted(exchange.seconds for exchange in self.exchanges if exchange.received is not None)
        return bool(seconds) and seconds[len(seconds) // 2] >= SLOW

    def _is_unnecessary(self, case: Case) -> bool:
        """Return whether another case was served that makes this one unnecessary, or one that it is a part of.

        The parts of a shared request are left out only if it was served at its first attempt, and breaks no rule.
        """
        shared = case.instead_of
        if shared is None or case.is_part:
            return self.session.shared.served_with(case) is not None
        if not self.session.was_served_at_once(shared):
            return False
        owner = self.catalogue.requirements.get(shared.requirement)
        return owner is None or self.judge(owner).kind not in _BROKEN

    def _delete_in_turn(self, first: Case, more: list[Case]) -> None:
        """Read a chat of this run, and delete it only where what is read is known to be that chat.

        Raises:
            ControlUnusable: it is not, or nothing may be deleted there.
        """
        if not self.target.may_delete:
            raise ControlUnusable(PRODUCTION)
        (read,) = self.session.send_in_turn([first])
        with self._lock:
            exchanges = {exchange.number: exchange for exchange in self.exchanges}
        if why := why_left(self.catalogue.contract, read, exchanges, self.target.resources.values()):
            raise ControlUnusable(why)
        self.session.send_in_turn(more)

    def _leave_unsent_open(self, name: str) -> None:
        """Mark a requirement as ``not-run`` if some of its requests were not sent, because logins are limited."""
        if name in self._unsent and name not in self.unfinished:
            requirement = self.catalogue.requirements[name]
            self._leave_open([] if requirement.run_wide else [requirement], self._unsent[name])

    def _leave_open(self, requirements: Iterable[Requirement], why: str) -> None:
        """Mark requirements whose requests were not all sent as ``not-run``, unless a breach was seen."""
        for requirement in requirements:
            kind = self.judge(requirement, provisional=False).kind
            is_open = kind is VerdictKind.INCONCLUSIVE and requirement.id == self.session.silenced_by
            if kind not in (VerdictKind.FAIL, VerdictKind.ERROR) and not is_open:
                self.unfinished[requirement.id] = Verdict(requirement.id, VerdictKind.NOT_RUN, reason=why)


class _Waiting:
    """Tracks which requirements of a route wait for which steps."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._left: dict[str, set[str]] = {}
        self._askers: dict[str, list[str]] = {}
        self._sent: set[str] = set()

    def complete(self, *keys: str) -> list[str]:
        """Return the requirements that are complete now that these steps are finished."""
        self._sent.update(keys)
        found = []
        planned = islice(reversed(self._route.needed.items()), len(self._route.needed) - len(self._left))
        for name, needed in reversed(list(planned)):  # since the last time
            self._left[name] = needed - self._sent
            for key in self._left[name]:
                self._askers.setdefault(key, []).append(name)
            found += [] if self._left[name] else [name]
        for key in keys:
            for name in self._askers.pop(key, ()):
                self._left[name].discard(key)
                found += [] if self._left[name] else [name]
        return found
