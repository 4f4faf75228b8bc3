"""Sending cases: credentials put in, retries through bad weather, every attempt recorded and masked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from chatcert.cases.case import Case, JsonBody, RawBody, Request
from chatcert.cases.encoding import encode
from chatcert.names import variable_name
from chatcert.openapi.contract import Contract
from chatcert.openapi.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.openapi.validator import validator_for
from chatcert.transport.already_sent import Settled
from chatcert.transport.attempts import Trial
from chatcert.transport.budget import Budget, BudgetSpent, Spending, Stopped
from chatcert.transport.circuit_breaker import Breaker
from chatcert.transport.client import Client
from chatcert.transport.credentials import Carried, Expression, Inexpressible, carry, carry_headers
from chatcert.transport.curl import curl_line, literal
from chatcert.transport.exchange import Answer, Exchange, Headers, Role, Sent
from chatcert.transport.redaction import Redactor, public_texts
from chatcert.transport.retry import Patience, Weather, retry_after
from chatcert.transport.target import Target, other_secrets
from chatcert.transport.tls import context_for
from chatcert.transport.transient import TRANSIENT_STATUSES, is_transient

PROBES = 2
"""Attempts of a request that is to tell whether the target is well."""

Recorder = Callable[[Exchange], None]


class ControlUnusable(Exception):
    """An answer that a later request builds upon did not come or does not hold what is needed."""


@dataclass(frozen=True, slots=True)
class _Prepared:
    method: str
    url: str = field(repr=False)
    headers: Headers = field(repr=False)
    body: bytes | None
    sent: Sent
    presented: Mapping[str, str] = field(repr=False)


class Session:
    """All traffic of one vendor's run.

    Args:
        baseline: the smallest valid request, sent again to see whether the target is well.
        record: called with every exchange, retries included, as soon as it is over.
        jobs: how many requests may be in flight.
        budget: what may be spent; by default what the target says.
        patience: how much bad weather is put up with.
        sleep: waits for some seconds.
        announce: called before every request; what it raises keeps the request from being sent.
        settled: what needs not be sent, since an earlier part of the run has done so.
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
        patience: Patience | None = None,
        sleep: Callable[[float], Any] | None = None,
        announce: Callable[[], None] | None = None,
        settled: Settled | None = None,
    ) -> None:
        self.contract = contract
        self.target = target
        self._record = record
        self._baseline = baseline
        self._client = Client(
            timeout=target.timeout, connections=max(jobs, 8), context=context_for(target), proxy=target.proxy
        )
        self._redactor = Redactor(target.credentials, public_texts(contract, target), other_secrets(target))
        self._lock = threading.Lock()
        self._jobs = jobs
        self._announce = announce
        self._settled = settled or Settled()
        self._number = self._settled.last_number
        self._shared: dict[str, Exchange] = {}
        self._shared_locks: dict[str, threading.Lock] = {}
        self._first_success = self._settled.first_success
        self._sleep = sleep or time.sleep
        self._budget: Spending = budget or Budget(max_requests=target.max_requests, rate=target.rate)
        self._weather = Weather(patience or Patience())
        self._breaker = Breaker(self._weather.patience, self._answers, self._pause)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()
        self._budget.close()

    def send(self, case: Case) -> Exchange:
        """Send one case, its control before it, and return the exchange to judge.

        Raises:
            Stopped: no request or no time is left, or the target went away.
            Inexpressible: the case makes no difference with these credentials.
            ControlUnusable: a value that is taken from the control's answer is not there.
        """
        control = self.send(case.control) if case.control is not None else None
        if not case.shared:
            return self._send(case, control)
        with self._lock:
            lock = self._shared_locks.setdefault(case.id, threading.Lock())
        with lock:
            if case.id not in self._shared:
                self._shared[case.id] = self._send(case, control)
            return self._shared[case.id]

    def send_together(self, cases: list[Case]) -> list[Exchange]:
        """Send cases at the same time, each on a connection of its own.

        Where nothing else is in flight, idle connections are closed first: a server that serves one connection at a
        time would otherwise wait for them.
        """
        if (known := self._settled.of_all(cases)) is not None:
            return known
        if self._jobs == 1:
            self._client.forget_connections()
        with ThreadPoolExecutor(max_workers=len(cases)) as pool:
            return list(pool.map(lambda case: self._send(case, None, overlapping=True), cases))

    def probe(self, case: Case) -> Exchange:
        """Send a control once more, whatever is known of it."""
        return self._attempts(self._prepare(case.request, None), case, None, role=Role.PROBE)

    def _send(self, case: Case, control: Exchange | None, *, overlapping: bool = False) -> Exchange:
        if not overlapping and (known := self._settled.of(case)) is not None:
            return known
        if case.wait and self._first_success is not None:
            self._pause(max(0.0, self._first_success + case.wait - time.time()))
        prepared = self._prepare(case.request, control)
        exchange = self._attempts(
            prepared, case, control, role=Role.CONTROL if case.shared else Role.CASE, overlapping=overlapping
        )
        if exchange.succeeded and self._first_success is None:
            self._first_success = exchange.started
        return exchange

    def _attempts(
        self,
        prepared: _Prepared,
        case: Case,
        control: Exchange | None,
        *,
        role: Role,
        overlapping: bool = False,
        guarded: bool = True,
    ) -> Exchange:
        """Send one request until an answer stands; every attempt is recorded."""
        well = None if role == Role.PROBE else self._is_well
        trial = Trial(case, self._weather, well, most=PROBES if guarded else 1)
        while True:
            started, answer = self._exchange(prepared, guarded=guarded)
            seconds = time.time() - started
            delay = trial.next(answer, self._budget.left)
            received, error, leaks = self._redactor.redacted(answer, prepared.presented)
            with self._lock:
                self._number += 1
                exchange = Exchange(
                    number=self._number,
                    case=case.id,
                    requirement=case.requirement,
                    expectation=case.expectation,
                    role=role,
                    sent=prepared.sent,
                    started=started,
                    seconds=round(seconds, 6),
                    received=received,
                    error=error,
                    attempt=trial.attempt,
                    final=delay is None,
                    edit=case.edit,
                    control=control.number if control else None,
                    control_accepted=control.succeeded if control else None,
                    overlapping=overlapping,
                    leaks=leaks,
                    unsettled=trial.unsettled,
                )
            self._record(exchange)
            if delay is None:
                return exchange
            self._pause(delay)

    def _is_well(self, case: Case) -> bool:
        """Whether the target serves a valid request right now.

        Where the smallest valid request itself goes unanswered, one that has to be refused tells whether anything is:
        without credentials, or where there are none, with a body that is no JSON.
        """
        if not self._weather.may_repeat():
            return False
        try:
            if case.id != self._baseline.id:
                return self.probe(case.control or self._baseline).succeeded
            wrong = self._plainly_wrong()
            if wrong is None:
                return False
            answer = self.probe(replace(self._baseline, request=wrong))
        except Stopped:  # told by the next request: what led here is to be recorded first
            return False
        return answer.status is not None and 400 <= answer.status < 500 and answer.status not in TRANSIENT_STATUSES

    def _plainly_wrong(self) -> Request | None:
        """The smallest valid request, changed into one that every server refuses; ``None`` where none may be sent."""
        request, body = self._baseline.request, self.contract.body
        if names := [credential.scheme for credential in self.contract.credentials]:
            return replace(request, credentials=dict.fromkeys(names, "missing"))
        is_json = body is not None and "json" in body.media_type and isinstance(request.body, JsonBody)
        return replace(request, body=RawBody(b"{")) if is_json and not self.target.gentle else None

    def _answers(self) -> bool:
        """Whether the target answers anything to a valid request right now, by a single attempt."""
        if not self._weather.may_repeat():
            return False
        prepared = self._prepare(self._baseline.request, None)
        probe = self._attempts(prepared, self._baseline, None, role=Role.PROBE, guarded=False)
        return probe.received is not None and not is_transient(probe.received)

    def _pause(self, seconds: float) -> None:
        self._sleep(min(seconds, self._budget.left))

    def _exchange(self, prepared: _Prepared, *, guarded: bool) -> tuple[float, Answer]:
        if guarded:
            self._breaker.admit()
        within = self._budget.take()
        if self._announce is not None:
            self._announce()
        started = time.time()
        answer = self._client.send(prepared.method, prepared.url, prepared.headers, prepared.body, within)
        if guarded and self._budget.left > 0:  # what we cut off ourselves tells nothing about the target
            self._breaker.note(weather=is_transient(answer))
        return started, answer

    def _prepare(self, request: Request, control: Exchange | None) -> _Prepared:
        carried: list[Carried] = []
        presented: dict[str, str] = {}
        for credential in self.contract.credentials:
            form = request.credentials.get(credential.scheme, "valid")
            other = next((name for name in self.target.credentials if name != credential.scheme), None)
            one = carry(
                credential,
                self.target.credentials[credential.scheme],
                form,
                variable_name(self.contract.vendor, credential.scheme),
                self.target.credentials[other] if other is not None else None,
                variable_name(self.contract.vendor, other) if other is not None else "",
            )
            carried.append(one)
            if one.presented and form != "swapped":
                presented[credential.scheme] = one.presented
        body, headers = _content(request, control, self.contract)
        path = self.path_of(request)
        query = [*request.query, *(pair for one in carried for pair in one.query)]
        shown_query = [*request.query, *(pair for one in carried if one.query for pair in one.shown)]
        carried.append(carry_headers(self.target.headers, self.contract.vendor))
        cookies = _cookie(pair for one in carried for pair in one.cookies)
        real = [*headers, *(pair for one in carried for pair in one.headers)]
        shown = [*headers, *(pair for one in carried if one.headers for pair in one.shown)]
        shell = [*headers, *(pair for one in carried if one.headers for pair in one.shell)]
        if cookies:
            real.append(("Cookie", cookies))
            shown.append(("Cookie", _cookie([pair for one in carried if one.cookies for pair in one.shown])))
            pairs = [(literal(n), e) for one in carried if one.cookies for n, e in one.shell]
            shell.append(("Cookie", Expression(_cookie(pairs))))
        base = self.target.url + path
        shown_url = base + (f"?{urlencode(shown_query, safe='«»')}" if shown_query else "")
        line = curl_line(
            request.method,
            base + (f"?{urlencode(request.query)}" if request.query else ""),
            shell,
            body,
            [(name, Expression(shown)) for one in carried if one.query for name, shown in one.shell],
        )
        sent = Sent(
            method=request.method,
            url=shown_url,
            path=urlsplit(base).path,
            headers=tuple(shown),
            body=body,
            curl=line,
        )
        url = base + (f"?{urlencode(query)}" if query else "")
        return _Prepared(request.method, url, tuple(real), body, sent, presented)

    def path_of(self, request: Request) -> str:
        """The operation's path with its braces filled in."""
        path = self.target.path or self.contract.path
        for name, value in request.path_parameters.items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        return path


def _cookie(pairs: Iterable[tuple[str, str]]) -> str:
    return "; ".join(f"{name}={value}" for name, value in pairs)


def _content(
    request: Request, control: Exchange | None, contract: Contract
) -> tuple[bytes | None, list[tuple[str, str]]]:
    headers = list(request.headers)
    if request.body is None:
        return None, headers
    if isinstance(request.body, RawBody):
        return request.body.data, headers
    value = _bound(request.body, control)
    if request.body.bindings and contract.body is not None:
        wrong = next(validator_for(contract.body.schema).breaches(value), None)
        if wrong is not None:
            path, keyword, _ = wrong
            raise ControlUnusable(f"what the earlier answer holds breaks {keyword} of {'/'.join(path) or 'the body'}")
    declared = next((v for n, v in headers if n.lower() == "content-type"), "application/json")
    data, content_type = encode(value, declared)
    return data, [(n, content_type if n.lower() == "content-type" else v) for n, v in headers]


def _bound(body: JsonBody, control: Exchange | None) -> Any:
    """The body's value with what it takes from the control's answer filled in."""
    import json

    value = body.value
    for target, source in body.bindings.items():
        try:
            answer = json.loads(control.received.body) if control is not None and control.received else None
        except (ValueError, RecursionError):
            answer = None
        found = lookup(answer, tokens_of(source))
        if found is MISSING:
            raise ControlUnusable(f"the earlier answer holds nothing at {source}")
        value = replaced(value, tokens_of(target), found)
    return value


__all__ = ["BudgetSpent", "ControlUnusable", "Inexpressible", "Session", "Stopped", "retry_after"]
