"""The mock as a server: one process, any number of vendors."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FrameType
from typing import TYPE_CHECKING

import uvicorn

from chatcert.exceptions import SuiteError, UsageError
from chatcert.mock.application import Application
from chatcert.mock.backend import Backend, environment
from chatcert.mock.service import Service
from chatcert.openapi.contract import Contract
from chatcert.requirements.own_rule import InstalledRule

if TYPE_CHECKING:  # faults and manners take as long to load as all the rest, and most mocks have none
    from chatcert.mock.deviation.deviations import Deviations
    from chatcert.mock.manners.middleware import ManneredApplication
    from chatcert.mock.manners.variations import Variations

__all__ = ["Announce", "OwnRules", "create_app", "environment", "serve", "serving"]

Announce = Callable[[str, dict[str, str]], None]
OwnRules = Mapping[str, Sequence[InstalledRule]]
"""The user's own rules, by vendor."""
Protocol = type[asyncio.Protocol] | str

_BACKLOG = 2048
_KEEP_ALIVE_SECONDS = 75
_GRACE_SECONDS = 2
_START_SECONDS = 30.0
_HEADER_BYTES = 1024 * 1024


def create_app(
    contracts: Sequence[Contract],
    *,
    faults: Sequence[str] = (),
    manners: Sequence[str] = (),
    latency: float = 0.0,
    backends: Mapping[str, Backend] | None = None,
    rules: OwnRules | None = None,
) -> Application | ManneredApplication:
    """Create the ASGI application that serves contracts, each under ``/<vendor>``.

    Args:
        faults: ids of the faults of the mock.
        manners: ids of its manners.
        latency: seconds to wait before each answer.
        backends: the credentials and resources of each vendor; by default new ones.
        rules: the user's own rules of each vendor, which the mock keeps.

    Raises:
        UsageError: two contracts of one vendor, or an unknown fault or manner.
    """
    known = dict(backends or {})
    deviations = _deviations(contracts, faults, rules)
    variations = _variations(contracts, manners)
    services: dict[str, Service] = {}
    for contract in contracts:
        if contract.vendor in services:
            raise UsageError(f"two contracts of vendor {contract.vendor!r}", hint="give one of them another name")
        backend = known.get(contract.vendor) or Backend.of(contract)
        deviation, variation = deviations.get(contract.vendor), variations.get(contract.vendor)
        services[contract.vendor] = _service(contract, backend, deviation, variation)
    app = Application(services, latency)
    if not variations:
        return app
    from chatcert.mock.manners.middleware import ManneredApplication

    return ManneredApplication(app, variations)


def _deviations(
    contracts: Sequence[Contract], ids: Sequence[str], rules: OwnRules | None = None
) -> dict[str, Deviations]:
    """Return how each vendor's mock deviates: what keeps own rules comes before what breaks them."""
    if not ids and not rules:
        return {}
    from chatcert.mock.faults import deviations_of

    faulty = deviations_of(contracts, ids, rules)
    if not rules:
        return faulty
    from chatcert.mock.deviation.deviations import Deviations
    from chatcert.mock.faults.own import keeping

    kept = {vendor: keeping(of_vendor) for vendor, of_vendor in rules.items()}
    return {vendor: kept.get(vendor, Deviations()) | faulty.get(vendor, Deviations()) for vendor in kept | faulty}


def _variations(contracts: Sequence[Contract], ids: Sequence[str]) -> dict[str, Variations]:
    if not ids:
        return {}
    from chatcert.mock.manners import variations_of

    return variations_of(contracts, ids)


def _service(
    contract: Contract, backend: Backend, deviations: Deviations | None, variations: Variations | None
) -> Service:
    """Return the plainest service that has the deviations and variations."""
    if variations is not None:
        from chatcert.mock.deviation.deviations import Deviations
        from chatcert.mock.manners.mannered_service import ManneredService

        return ManneredService(contract, backend, deviations or Deviations(), variations)
    if deviations is not None:
        from chatcert.mock.deviation.faulty_service import FaultyService

        return FaultyService(contract, backend, deviations)
    return Service(contract, backend)


def serve(
    contracts: Sequence[Contract],
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    faults: Sequence[str] = (),
    manners: Sequence[str] = (),
    latency_ms: float = 0,
    seed: int | None = None,
    rules: OwnRules | None = None,
    announce: Announce,
    stdin_watch: bool = False,
) -> int:
    """Serve contracts until SIGINT or SIGTERM, or with ``stdin_watch`` until standard input ends.

    Args:
        port: 0 takes any free one.
        faults: ids of the faults of the mock.
        manners: ids of its manners.
        latency_ms: milliseconds to wait before each answer.
        seed: the same seed gives the same resources, though not the same credentials.
        rules: the user's own rules of each vendor, which the mock keeps unless it has their faults.
        announce: called with the address and the environment variables that reach the mock, once it answers.

    Returns:
        The exit status, 0.

    Raises:
        UsageError: the address cannot be used, or a fault or manner is unknown.
    """
    backends = {contract.vendor: Backend.of(contract, seed) for contract in contracts}
    app = create_app(
        contracts, faults=faults, manners=manners, latency=latency_ms / 1000, backends=backends, rules=rules
    )
    variables: dict[str, str] = {}
    for contract in contracts:
        variables |= environment(contract, backends[contract.vendor])
    listener = _listen(host, port)
    url = _address(listener)
    protocol = _protocol(contracts, faults, manners, rules)
    server = _Server(_configuration(app, protocol), lambda: announce(url, variables))
    with contextlib.closing(listener), _quiet_signals():
        if stdin_watch:
            threading.Thread(target=_watch_stdin, args=(server,), daemon=True).start()
        server.run(sockets=[listener])
    return 0


@contextlib.contextmanager
def serving(services: Mapping[str, Service]) -> Iterator[str]:
    """Serve operations in a thread of this process, each under ``/<name>``; yield the address.

    Raises:
        SuiteError: the server does not start.
    """
    ready = threading.Event()
    listener = _listen("127.0.0.1", 0)
    server = _Server(_configuration(Application(services), "auto"), ready.set)
    with contextlib.closing(listener):
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        try:
            if not ready.wait(_START_SECONDS):
                raise SuiteError("the mock did not start", hint="try again")
            yield _address(listener)
        finally:
            server.should_exit = True
            thread.join(_START_SECONDS)


def _protocol(
    contracts: Sequence[Contract], faults: Sequence[str], manners: Sequence[str], rules: OwnRules | None
) -> Protocol:
    """Return the HTTP protocol: the fastest one, unless faults or manners need another."""
    if any(deviations.needs_header_names for deviations in _deviations(contracts, faults, rules).values()):
        from chatcert.mock.deviation.header_names import NamesKeptProtocol

        return NamesKeptProtocol
    return "h11" if manners else "auto"


class _Server(uvicorn.Server):
    """Calls a function when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _configuration(app: Application | ManneredApplication, protocol: Protocol) -> uvicorn.Config:
    """Return the configuration of uvicorn; manners need h11, which writes header names as they are."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    return uvicorn.Config(
        app,
        http=protocol,
        lifespan="off",
        ws="none",
        access_log=False,
        log_config=None,
        log_level="critical",
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        h11_max_incomplete_event_size=_HEADER_BYTES,
        backlog=_BACKLOG,
    )


def _listen(host: str, port: int) -> socket.socket:
    where = f"{host}:{port}"
    if not 0 <= port <= 65535:
        raise UsageError("no such port", where=where, hint="give a --port from 0 to 65535")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(
            family, kind, protocol
        )  # asyncio disables Nagle's algorithm only if the protocol is named
    except OSError as error:
        raise UsageError(
            f"no such address: {error.strerror or error}", where=where, hint="give another --host"
        ) from None
    try:
        if os.name == "posix":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        reason = (error.strerror or str(error)).lower()
        raise UsageError(
            f"cannot listen: {reason}", where=where, hint="give another --port, or --port 0 for any free one"
        ) from None
    return listener


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


@contextlib.contextmanager
def _quiet_signals() -> Iterator[None]:
    """Let SIGINT and SIGTERM end the server only: uvicorn raises them again once it has stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ignore(number: int, frame: FrameType | None) -> None:
        """Do nothing: the server has stopped already."""

    previous = {number: signal.signal(number, ignore) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
            yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _watch_stdin(server: uvicorn.Server) -> None:
    """Stop the server when standard input ends: its parent closed it or died."""
    with contextlib.suppress(OSError, ValueError):
        descriptor = sys.stdin.fileno()
        while os.read(descriptor, 4096):
            pass
    server.should_exit = True
