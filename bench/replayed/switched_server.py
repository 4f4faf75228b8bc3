"""A server in this process that has one fault after another, and keeps its credentials and chats."""

from __future__ import annotations

import threading
import time
from typing import Any, Self

import uvicorn

from chatcert.mock.backend import Backend
from chatcert.mock.deviation.header_names import NamesKeptProtocol
from chatcert.mock.server import create_app, environment
from chatcert.openapi.contract import Contract

SECONDS = 30
"""How long it may take to start."""


class SwitchedServer:
    """A server on a free port of this machine.

    Attributes:
        address: of the vendor that is served.
        environment: variables with its credentials and existing things.
    """

    def __init__(self) -> None:
        self.address = ""
        self.environment: dict[str, str] = {}
        self._app: Any = None
        self._backend: tuple[str, Backend] | None = None
        config = uvicorn.Config(self, port=0, http=NamesKeptProtocol, log_level="critical", lifespan="off")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer as the server of now does."""
        await self._app(scope, receive, send)

    def serve(self, contract: Contract, *faults: str) -> None:
        """Serve a vendor from now on, with these faults."""
        vendor = contract.vendor
        if self._backend is None or self._backend[0] != vendor:
            self._backend = vendor, Backend.of(contract, 1)
        backend = self._backend[1]
        self._app = create_app([contract], faults=faults, backends={vendor: backend})
        self.environment = environment(contract, backend)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/{vendor}"

    def __enter__(self) -> Self:
        """Start it."""
        self._thread.start()
        deadline = time.monotonic() + SECONDS
        while not self._server.started and time.monotonic() < deadline:
            time.sleep(0.01)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop it."""
        self._server.should_exit = True
        self._thread.join(SECONDS)
