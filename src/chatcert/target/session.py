"""Sending cases: credentials put in, retries through bad weather, every attempt recorded and masked."""

from __future__ import annotations

import email.utils
import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from pyrate_limiter import InMemoryBucket, Limiter, Rate
from tenacity import wait_random_exponential
from tenacity.wait import wait_base

from chatcert.cases.case import Case, Expectation, JsonBody, RawBody, Request
from chatcert.cases.encoding import encode
from chatcert.contract.model import Contract
from chatcert.contract.pointer import MISSING, lookup, replaced, tokens_of
from chatcert.names import variable_name
from chatcert.target.client import Client
from chatcert.target.credentials import Carried, Inexpressible, Masker, carry, carry_headers
from chatcert.target.curl import curl_line
from chatcert.target.exchange import Exchange, Headers, Received, Sent, TransportError
from chatcert.target.settings import Target, other_secrets
from chatcert.target.settled import Settled
from chatcert.target.trust import context_for

WEATHER_STATUSES = (429, 502, 503, 504)
WEATHER_ERRORS = ("refused", "dns", "timeout", "reset", "incomplete", "protocol")
MAX_ATTEMPTS = 4
MAX_TIMEOUTS = 2
CONFIRMATIONS = 2
"""How often a wrong answer is asked for again: one that does not repeat is told from one that always comes."""
MAX_CONFIRMATIONS = 60
MAX_RETRIES = 300
"""How many requests of a run may be sent again, to confirm a wrong answer and because of bad weather."""
PATIENCE = 3
"""Time-outs that are tried again; once so many cases have ended in one, further ones stand at once."""
LONGEST_WAIT = 5.0
"""Seconds that a Retry-After may keep us waiting; a longer one ends the attempt."""

Recorder = Callable[[Exchange], None]


class BudgetSpent(Exception):
    """The allowed number of requests has been sent."""


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
        announce: called before every request; what it raises keeps the request from being sent.
        settled: what needs not be sent, since an earlier part of the run has done so.
        spent: how many requests that part has sent.
    """

    def __init__(
        self, contract: Contract, target: Target, record: Recorder, *, baseline: Case, jobs: int = 1,
        announce: Callable[[], None] | None = None, settled: Settled | None = None, spent: int = 0,
    ) -> None:  # fmt: skip
        self.contract = contract
        self.target = target
        self._record = record
        self._baseline = baseline
        self._client = Client(
            timeout=target.timeout, connections=max(jobs, 8), context=context_for(target), proxy=target.proxy
        )
        self._masker = Masker({**target.credentials, **other_secrets(target)})
        self._lock = threading.Lock()
        self._jobs = jobs
        self._announce = announce
        self._settled = settled or Settled()
        self._number = self._settled.last_number
        self._sent = spent
        self._repeats: dict[str, int] = {}
        self._shared: dict[str, Exchange] = {}
        self._shared_locks: dict[str, threading.Lock] = {}
        self._first_success = self._settled.first_success
        self._backoff: wait_base = wait_random_exponential(multiplier=0.1, max=2.0)
        self._limiter = Limiter(InMemoryBucket([Rate(1, math.ceil(1000 / target.rate))])) if target.rate else None

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def send(self, case: Case) -> Exchange:
        """Send one case, its control before it, and return the exchange to judge.

        Raises:
            BudgetSpent: no request is left.
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
            return list(pool.map(lambda case: self._send(case, None, overlapping=True), cases))  # fmt: skip

    def probe(self, case: Case) -> Exchange:
        """Send a control once more, whatever is known of it."""
        return self._attempts(self._prepare(case.request, None), case, None, role="probe", limit=2)

    def _send(self, case: Case, control: Exchange | None, *, overlapping: bool = False) -> Exchange:
        if not overlapping and (known := self._settled.of(case)) is not None:
            return known
        if case.wait and self._first_success is not None:
            time.sleep(max(0.0, self._first_success + case.wait - time.time()))
        prepared = self._prepare(case.request, control)
        exchange = self._attempts(prepared, case, control, role="control" if case.shared else "case",
                                  overlapping=overlapping)  # fmt: skip
        if exchange.succeeded and self._first_success is None:
            self._first_success = exchange.started
        return exchange

    def _attempts(
        self, prepared: _Prepared, case: Case, control: Exchange | None, *, role: str,
        overlapping: bool = False, limit: int = MAX_ATTEMPTS,
    ) -> Exchange:  # fmt: skip
        attempt = 0
        while True:
            attempt += 1
            started, answer = self._exchange(prepared)
            seconds = time.time() - started
            delay = self._delay(answer, attempt, limit, confirm=role != "probe" and _is_breach(case, answer))
            last = delay is None
            unsettled = last and role != "probe" and _is_weather(answer) and not self._can_judge(case, answer)
            received, error, leaks = self._masked(answer, prepared.presented)
            with self._lock:
                self._number += 1
                exchange = Exchange(
                    number=self._number, case=case.id, requirement=case.requirement,
                    expectation=case.expectation.value, role=role, sent=prepared.sent, started=started,
                    seconds=round(seconds, 6), received=received, error=error, attempt=attempt, final=last,
                    edit=case.edit, control=control.number if control else None,
                    control_accepted=control.succeeded if control else None,
                    overlapping=overlapping, leaks=leaks, unsettled=unsettled,
                )  # fmt: skip
            self._record(exchange)
            if delay is None:
                return exchange
            time.sleep(delay)

    def _delay(self, answer: Received | TransportError, attempt: int, limit: int, *, confirm: bool) -> float | None:
        """Seconds until the next attempt; ``None`` where this one stands."""
        if confirm:
            return 0.0 if attempt <= CONFIRMATIONS and self._may_repeat("confirmations", MAX_CONFIRMATIONS) else None
        if not _is_weather(answer) or attempt >= limit or not self._may_repeat("retries", MAX_RETRIES):
            return None
        if isinstance(answer, TransportError):
            if answer.kind == "timeout" and (attempt >= MAX_TIMEOUTS or not self._may_repeat("patience", PATIENCE)):
                return None
            return self._wait(attempt)
        asked = retry_after(answer.header("Retry-After"))
        if asked is not None:
            return asked if asked <= LONGEST_WAIT else None
        return self._wait(attempt)

    def _may_repeat(self, kind: str, most: int) -> bool:
        """Whether a request may be sent again: a target that goes wrong all the time is not asked everything thrice."""
        with self._lock:
            self._repeats[kind] = self._repeats.get(kind, 0) + 1
            return self._repeats[kind] <= most

    def _can_judge(self, case: Case, answer: Received | TransportError) -> bool:
        """Whether bad weather that did not pass belongs to this very request: the target serves others."""
        if isinstance(answer, Received):
            asked = retry_after(answer.header("Retry-After"))
            if answer.status == 429 or (asked is not None and asked > LONGEST_WAIT):
                return False
        return self._is_well(case)

    def _wait(self, attempt: int) -> float:
        from tenacity import RetryCallState, Retrying

        state = RetryCallState(Retrying(), None, (), {})
        state.attempt_number = attempt
        return float(self._backoff(state))

    def _is_well(self, case: Case) -> bool:
        """Whether the target serves a valid request right now.

        Where the smallest valid request itself goes unanswered, one without credentials tells whether anything is.
        """
        if case.id != self._baseline.id:
            return self.probe(case.control or self._baseline).succeeded
        names = [credential.scheme for credential in self.contract.credentials]
        if not names:
            return False
        nobody = replace(self._baseline.request, credentials=dict.fromkeys(names, "missing"))
        answer = self.probe(replace(self._baseline, request=nobody))
        return answer.status is not None and 400 <= answer.status < 500 and answer.status not in WEATHER_STATUSES

    def _exchange(self, prepared: _Prepared) -> tuple[float, Received | TransportError]:
        with self._lock:
            self._sent += 1
            if self.target.max_requests is not None and self._sent > self.target.max_requests:
                raise BudgetSpent(f"the budget of {self.target.max_requests} requests is spent")
        if self._limiter is not None:
            self._limiter.try_acquire("target")
        if self._announce is not None:
            self._announce()
        started = time.time()
        return started, self._client.send(prepared.method, prepared.url, prepared.headers, prepared.body)

    def _masked(
        self, answer: Received | TransportError, presented: Mapping[str, str]
    ) -> tuple[Received | None, TransportError | None, tuple[str, ...]]:
        if isinstance(answer, TransportError):
            text, _ = self._masker.masked(answer.message, presented)
            return None, TransportError(answer.kind, text), ()
        leaks: list[str] = []
        headers = []
        for name, value in answer.headers:
            text, found = self._masker.masked(value, presented)
            headers.append((name, text))
            leaks += found
        decoded = answer.body.decode("utf-8", "surrogateescape")
        text, found = self._masker.masked(decoded, presented)
        leaks += found
        body = text.encode("utf-8", "surrogateescape") if text != decoded else answer.body
        leaks = [name for name in leaks if name in self.target.credentials]  # other secrets may well come back
        received = Received(answer.status, tuple(headers), body, answer.http_version, answer.truncated)
        return received, None, tuple(dict.fromkeys(leaks))

    def _prepare(self, request: Request, control: Exchange | None) -> _Prepared:
        carried: list[Carried] = []
        presented: dict[str, str] = {}
        for credential in self.contract.credentials:
            form = request.credentials.get(credential.scheme, "valid")
            other = next((s for n, s in self.target.credentials.items() if n != credential.scheme), None)
            variable = variable_name(self.contract.vendor, credential.scheme)
            one = carry(credential, self.target.credentials[credential.scheme], form, variable, other)
            carried.append(one)
            if one.presented and form != "swapped":
                presented[credential.scheme] = one.presented
        body, headers = _content(request, control)
        path = self.path_of(request)
        query = [*request.query, *(pair for one in carried for pair in one.query)]
        shown_query = [*request.query, *(pair for one in carried if one.query for pair in one.shown)]
        carried.append(carry_headers(self.target.headers, self.contract.vendor))
        cookies = "; ".join(f"{n}={v}" for one in carried for n, v in one.cookies)
        real = [*headers, *(pair for one in carried for pair in one.headers)]
        shown = [*headers, *(pair for one in carried if not one.query for pair in one.shown)]
        shell = [*headers, *(pair for one in carried for pair in one.shell)]
        if cookies:
            real.append(("Cookie", cookies))
        base = self.target.url + path
        shown_url = base + (f"?{urlencode(shown_query, safe='«»')}" if shown_query else "")
        sent = Sent(
            method=request.method, url=shown_url, path=urlsplit(base).path, headers=tuple(shown), body=body,
            curl=curl_line(request.method, shown_url, shell, body),
        )  # fmt: skip
        url = base + (f"?{urlencode(query)}" if query else "")
        return _Prepared(request.method, url, tuple(real), body, sent, presented)

    def path_of(self, request: Request) -> str:
        """The operation's path with its braces filled in."""
        path = self.target.path or self.contract.path
        for name, value in request.path_parameters.items():
            path = path.replace("{" + name + "}", quote(value, safe=""))
        return path


def _content(request: Request, control: Exchange | None) -> tuple[bytes | None, list[tuple[str, str]]]:
    headers = list(request.headers)
    if request.body is None:
        return None, headers
    if isinstance(request.body, RawBody):
        return request.body.data, headers
    value = _bound(request.body, control)
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
        except ValueError:
            answer = None
        found = lookup(answer, tokens_of(source))
        if found is MISSING:
            raise ControlUnusable(f"the earlier answer holds nothing at {source}")
        value = replaced(value, tokens_of(target), found)
    return value


def _is_weather(answer: Received | TransportError) -> bool:
    if isinstance(answer, TransportError):
        return answer.kind in WEATHER_ERRORS
    return answer.status in WEATHER_STATUSES


def _is_breach(case: Case, answer: Received | TransportError) -> bool:
    """Whether an answer is plainly wrong for its case, so that sending it again tells how often."""
    if isinstance(answer, TransportError) or _is_weather(answer):
        return False
    if case.expectation is Expectation.ACCEPTED:
        return not 200 <= answer.status < 300
    if case.expectation is Expectation.REFUSED:
        return not 400 <= answer.status < 500
    return answer.status >= 500 and answer.status != 501


def retry_after(value: str | None, now: float | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, given as seconds or as a date (RFC 9110 section 10.2.3)."""
    if value is None:
        return None
    if value.strip().isascii() and value.strip().isdigit():
        return float(value.strip())
    try:
        moment = email.utils.parsedate_to_datetime(value).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
    return max(0.0, moment - (time.time() if now is None else now))


__all__ = ["BudgetSpent", "ControlUnusable", "Inexpressible", "Session", "retry_after"]
