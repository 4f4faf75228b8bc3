"""Fixtures for transient failures: a proxy that spoils requests by number, and runs through it against the mock."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.exceptions import ChatcertError
from chatcert.judge.verdict import Outcome, Verdict, VerdictKind, outcome_of
from chatcert.mock.process import RunningMock, running_mock
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import open_vendor

VENDOR = "agencii"
QUICK = RetryPolicy(max_retry_after=0.02, backoff=0.001, max_backoff=0.002, cool_downs=(0.0, 0.001, 0.001, 0.001))
"""The default policy, without its long waits."""
TIMEOUT = 0.6

Interference = Callable[[int, bytes, int], str | bytes]
"""What the proxy does to a request, by its number, its bytes and its turn on its connection: an answer or an effect."""


class Proxy:
    """Stands between a run and a server, on one event loop in a thread of its own.

    Effects: ``calm`` (the server answers), ``reset`` and ``close`` instead of an answer, ``cut`` in the midst of one,
    ``hang`` for ever, ``drip`` (an answer that goes on and on), ``die`` (from now on nothing is accepted).
    """

    def __init__(self, upstream: str, interference: Interference) -> None:
        self.requests = 0
        self._interference = interference
        host, _, port = upstream.removeprefix("http://").partition(":")
        self._upstream = host, int(port)
        self._loop = asyncio.new_event_loop()
        self._clients: set[asyncio.StreamWriter] = set()
        self._over = asyncio.Event()
        self._server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Cut everything, and wait for the thread."""

        async def end() -> None:
            self._die()
            self._over.set()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    def _die(self) -> None:
        self._server.close()
        for writer in self._clients:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        turn = 0
        with suppress(OSError, asyncio.IncompleteReadError):
            effect: str | bytes = "calm"
            while effect == "calm" or isinstance(effect, bytes):
                request = await _message(reader)
                self.requests += 1
                turn += 1
                effect = self._interference(self.requests, request, turn)
                await self._apply(effect, request, writer)
        self._clients.discard(writer)
        writer.close()

    async def _apply(self, effect: str | bytes, request: bytes, writer: asyncio.StreamWriter) -> None:
        if isinstance(effect, bytes):
            writer.write(effect)
            await writer.drain()
        elif effect == "calm":
            writer.write(await self._forward(request))
            await writer.drain()
        elif effect == "reset":
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif effect == "cut":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{")
            await writer.drain()
        elif effect == "hang":
            await self._over.wait()
        elif effect == "drip":
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100000\r\n\r\n")
            while not self._over.is_set():
                writer.write(b" ")
                await writer.drain()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._over.wait(), 0.02)
        elif effect == "die":
            self._die()

    async def _forward(self, request: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(*self._upstream)
        head, _, body = request.partition(b"\r\n\r\n")
        writer.write(head.replace(b"keep-alive", b"close") + b"\r\n\r\n" + body)
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if line.lower() != b"connection: close"]
        return b"\r\n".join(lines) + b"\r\n\r\n" + body


async def _message(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    lengths = [line.partition(b":")[2] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    return head + (await reader.readexactly(int(lengths[0])) if lengths else b"")


@dataclass
class FailedRun:
    """A run that has ended.

    Attributes:
        trouble: why it could not begin.
        ended_by: what ended it early.
        arrived: requests that came to the proxy.
    """

    verdicts: dict[str, Verdict]
    exchanges: list[Exchange]
    trouble: ChatcertError | None = None
    ended_by: ChatcertError | None = None
    arrived: int = 0
    extra: int = field(default=QUICK.max_extra_requests)

    @property
    def words(self) -> dict[str, VerdictKind]:
        """The kind of every verdict."""
        return {name: verdict.kind for name, verdict in self.verdicts.items()}

    @property
    def outcome(self) -> Outcome:
        """What the report would conclude."""
        return outcome_of(self.words.values())

    @property
    def sent_again(self) -> set[str]:
        """The results of the attempts that were not the last."""
        return {e.error.kind if e.error else str(e.status) for e in self.exchanges if not e.final}


@pytest.fixture(scope="session")
def mock() -> Iterator[RunningMock]:
    """A faithful mock."""
    with running_mock([VENDOR], seed=1) as running:
        yield running


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The vendor's requirements."""
    return derive(open_vendor(VENDOR))


@pytest.fixture(scope="session")
def planner(mock: RunningMock, catalogue: Catalogue) -> Planner:
    """One plan for all runs."""
    _, resources = from_environment(catalogue.contract, mock.environment)
    return Planner(catalogue.contract, resources, PROFILES["quick"], 1)


@pytest.fixture(scope="session")
def run_at(mock: RunningMock, catalogue: Catalogue, planner: Planner) -> Callable[..., FailedRun]:
    """Certifies whatever answers at an address."""

    def certify(url: str, *, jobs: int = 1, **more: Any) -> FailedRun:
        limits = {name: more.pop(name) for name in ("max_requests", "rate") if name in more}
        given = from_environment(catalogue.contract, mock.environment)
        target = Target(f"{url}/{VENDOR}", *given, limits=Limits(timeout=TIMEOUT, **limits), mode="url")
        run = Execution(catalogue, target, PROFILES["quick"], 1, jobs=jobs, plans=planner, retry_policy=QUICK, **more)
        trouble = None
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        except ChatcertError as error:
            trouble = error
        finally:
            run.close()
        if trouble is not None:
            return FailedRun({}, run.exchanges, trouble)
        verdicts = judge_all(catalogue, run.exchanges, run.reasons, run.unfinished)
        return FailedRun(verdicts, run.exchanges, ended_by=run.session.ended_by)

    return certify


@pytest.fixture
def under(mock: RunningMock, run_at: Callable[..., FailedRun]) -> Callable[..., FailedRun]:
    """Certifies the mock through a proxy that interferes."""

    def certify(interference: Interference, **more: Any) -> FailedRun:
        proxy = Proxy(mock.url, interference)
        try:
            run = run_at(proxy.url, **more)
            run.arrived = proxy.requests
            return run
        finally:
            proxy.close()

    return certify


@pytest.fixture(scope="session")
def calm(mock: RunningMock, run_at: Callable[..., FailedRun]) -> FailedRun:
    """The run without transient failures."""
    return run_at(mock.url)
