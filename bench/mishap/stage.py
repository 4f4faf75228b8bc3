"""A stage: an honest mock behind a proxy that begins to misbehave after a number of requests."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field

Head = list[bytes]
HOST = "127.0.0.1"
OTHER_HOST = "127.0.0.2"
"""The address of a server that has moved."""
Answer = bytes | None
"""A whole answer; ``None`` closes the connection without one."""


@dataclass
class Arrived:
    """A request that arrived at the stage.

    Attributes:
        number: its position in the run, from 1.
        lines: its request line and headers.
        body: its body.
        turn: its position on its connection, from 1.
    """

    number: int
    lines: Head
    body: bytes
    turn: int

    def bytes(self) -> bytes:
        """Return the request as it goes to the mock, on a connection of its own."""
        kept = [line for line in self.lines if not line.lower().startswith((b"connection:", b"content-length:"))]
        length = [b"Content-Length: %d" % len(self.body)] if self.body or self.lines[0].startswith(b"P") else []
        return b"\r\n".join([*kept, *length, b"Connection: close", b"", b""]) + self.body


Act = Callable[["Stage", Arrived], Awaitable[Answer]]


@dataclass
class Stage:
    """A proxy on a loopback port, on one event loop in a thread of its own.

    Args:
        upstream: host and port of the mock.
        begins: the number of the request from which on ``act`` answers; requests before it reach the mock.
        act: answers a request in place of the mock.
        closes: whether a connection is closed right after each answer once the mishap has begun.
        certificates: TLS settings before the mishap and after it; without them there is no TLS.
        cuts: whether every connection is closed when the mishap begins.
        moves: whether the server listens at ``OTHER_HOST`` alone from then on.
    """

    upstream: tuple[str, int]
    begins: int
    act: Act
    closes: bool = False
    certificates: tuple[ssl.SSLContext, ssl.SSLContext] | None = None
    cuts: bool = False
    moves: bool = False
    requests: int = 0
    _has_turned: bool = False
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _clients: set[asyncio.StreamWriter] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Begin to listen."""
        first = self.certificates[0] if self.certificates is not None else None
        self._server = self._loop.run_until_complete(self._listening(HOST, 0, first))
        self.port = self._server.sockets[0].getsockname()[1]
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()

    @property
    def has_turned(self) -> bool:
        """Return whether the last answer before the mishap was sent."""
        return self._has_turned

    @property
    def has_begun(self) -> bool:
        """Return whether the mishap has begun."""
        return self.requests >= self.begins

    def close(self) -> None:
        """Cut every connection, and wait for the thread."""

        async def end() -> None:
            self._server.close()
            for writer in self._clients:
                writer.transport.abort()
            tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run_coroutine_threadsafe(end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def forward(self, arrived: Arrived) -> bytes:
        """Return the mock's own answer to a request."""
        reader, writer = await asyncio.open_connection(*self.upstream)
        writer.write(arrived.bytes())
        answer = await reader.read()
        writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
        return b"\r\n".join([*lines, b"", b""]) + body

    async def _listening(self, host: str, port: int, context: ssl.SSLContext | None) -> asyncio.Server:
        return await asyncio.start_server(self._serve, host, port, ssl=context, limit=1 << 20)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        turn = 0
        with suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, asyncio.CancelledError):
            while (arrived := await self._arrived(reader, turn + 1)) is not None:
                turn += 1
                answer = await (self.act(self, arrived) if self.has_begun else self.forward(arrived))
                if answer is None:
                    break
                writer.write(answer)
                await writer.drain()
                if await self._is_over():
                    break
        self._clients.discard(writer)
        writer.close()

    async def _is_over(self) -> bool:
        """Return whether the connection is closed after this answer; change certificate and host if it is time."""
        turns = self.cuts or self.moves or self.certificates is not None
        if turns and self.requests >= self.begins - 1 and not self._has_turned:
            self._has_turned = True
            if self.certificates is not None or self.moves:
                self._server.close()
                host = OTHER_HOST if self.moves else HOST
                second = self.certificates[1] if self.certificates is not None else None
                self._server = await self._listening(host, self.port, second)
            for writer in self._clients:
                writer.close()
            return True
        return self.closes and self.has_begun

    async def _arrived(self, reader: asyncio.StreamReader, turn: int) -> Arrived | None:
        head = await reader.readuntil(b"\r\n\r\n")
        lines = head[:-4].split(b"\r\n")
        lengths = [line.partition(b":")[2] for line in lines if line.lower().startswith(b"content-length:")]
        body = await reader.readexactly(int(lengths[0])) if lengths else b""
        self.requests += 1
        return Arrived(self.requests, lines, body, turn)


def message(status: bytes, kind: bytes, body: bytes, *headers: bytes) -> bytes:
    """Return an answer; ``status`` is the code with its reason."""
    lines = [b"HTTP/1.1 " + status, b"Content-Type: " + kind, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join([*lines, b"", b""]) + body
