"""Put a service on a loopback port: uvicorn, or raw sockets that can misbehave."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
import time
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.utils import formatdate
from typing import Protocol

import h11
import uvicorn

from .model import Reply, Request, Service, phrase
from .reference import SERVICES
from .registry import find_defect, find_manner
from .server import Application, settle

HANG = 30.0


def build(vendor: str, defect: str | None = None, manner: str | None = None, prefix: str = "") -> tuple[Service, bool]:
    """Return a service with its oddity, and whether it needs raw sockets."""
    service, raw = SERVICES[vendor](prefix), False
    for oddity in (
        find_defect(vendor, defect) if defect else None,
        find_manner(vendor, manner) if manner else None,
    ):
        if oddity:
            oddity.apply(service)
            raw = raw or oddity.raw
    return service, raw


class RunningServer(Protocol):
    """A server that runs in a thread."""

    def start(self) -> None:
        """Begin to answer."""

    def stop(self) -> None:
        """Stop, and wait for the thread."""


class UvicornServer:
    """A service behind uvicorn."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        """Prepare the server."""
        config = uvicorn.Config(
            Application(service),
            log_config=None,
            log_level="critical",
            access_log=False,
            lifespan="off",
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(target=self.server.run, kwargs={"sockets": [listener]}, daemon=True)

    def start(self) -> None:
        """Run in a thread until ready."""
        self.thread.start()
        deadline = time.monotonic() + 10
        while not self.server.started and time.monotonic() < deadline:
            time.sleep(0.005)

    def stop(self) -> None:
        """Ask it to leave, then wait."""
        self.server.should_exit = True
        self.thread.join(5)


class RawServer:
    """A service behind hand-written HTTP/1.1."""

    def __init__(self, service: Service, listener: socket.socket) -> None:
        """Remember what to serve and where."""
        self.service, self.listener = service, listener
        self.loop = asyncio.new_event_loop()
        self.leave = asyncio.Event()
        self.ready = threading.Event()
        self.clients: set[asyncio.Task[None]] = set()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Run in a thread until ready."""
        self.thread.start()
        self.ready.wait(10)

    def stop(self) -> None:
        """Cut every connection, then wait."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.leave.set)
        self.thread.join(5)

    def _run(self) -> None:
        """Own the event loop."""
        asyncio.set_event_loop(self.loop)
        try:
            self.loop.run_until_complete(self._serve())
        finally:
            self.loop.close()

    async def _serve(self) -> None:
        """Accept until told to leave."""
        server = await asyncio.start_server(self._client, sock=self.listener)
        self.ready.set()
        await self.leave.wait()
        server.close()
        for task in self.clients:
            task.cancel()
        await asyncio.gather(*self.clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        task = asyncio.current_task()
        assert task is not None
        self.clients.add(task)
        with suppress(ConnectionError, asyncio.CancelledError):
            left = b""
            while True:
                request, left, close = await _receive(reader, writer, left)
                if request is None:
                    break
                reply = self.service(request)
                await settle(reply)
                if not await _answer(writer, request, reply, close):
                    break
        self.clients.discard(task)
        with suppress(Exception):
            writer.close()


async def _receive(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, left: bytes
) -> tuple[Request | None, bytes, bool]:
    """Read one request, and what follows it."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=1_000_000)
    if left:
        connection.receive_data(left)
    head: h11.Request | None = None
    body, invited = b"", False
    while True:
        try:
            event = connection.next_event()
        except h11.RemoteProtocolError:
            writer.write(_head(Reply(400, [("connection", "close")]), length=0))
            await writer.drain()
            return None, b"", True
        if event is h11.NEED_DATA:
            if connection.they_are_waiting_for_100_continue and not invited:
                invited = True
                writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
            connection.receive_data(await reader.read(65536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += event.data
        elif isinstance(event, h11.EndOfMessage):
            break
        else:
            return None, b"", True
    assert head is not None
    peer = writer.get_extra_info("peername") or ("", 0)
    target, _, query = head.target.decode("latin-1").partition("?")
    raw_headers = head.headers.raw_items()
    request = Request(
        method=head.method.decode(),
        path=urllib.parse.unquote(target),
        query=query,
        headers=[(k.decode("latin-1"), v.decode("latin-1")) for k, v in raw_headers],
        body=body,
        client=(peer[0], peer[1]),
        target=head.target.decode("latin-1"),
    )
    close = (request.header("connection") or "").lower() == "close"
    return request, connection.trailing_data[0], close or head.http_version == b"1.0"


def _head(reply: Reply, version: str = "HTTP/1.1", length: int | None = None) -> bytes:
    """Write the status line and the headers."""
    headers = [("date", formatdate(usegmt=True)), *reply.headers]
    if length is not None:
        headers.append(("content-length", str(length)))
    lines = [f"{version} {reply.status} {phrase(reply.status)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


async def _answer(writer: asyncio.StreamWriter, request: Request, reply: Reply, close: bool) -> bool:
    """Send a reply as its wire says; tell whether the connection lives on."""
    bodiless = request.method == "HEAD" or reply.status in (204, 304)
    body = b"" if bodiless else reply.body
    length = None if reply.status == 204 else len(reply.body)
    if reply.wire == "drop":
        return False
    if reply.wire == "reset":
        sock = writer.get_extra_info("socket")
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
        return False
    if reply.wire == "hang":
        await asyncio.sleep(HANG)
        return False
    if reply.wire == "stall":
        writer.write(_head(reply, length=length) + body[: len(body) // 2])
        await writer.drain()
        await asyncio.sleep(HANG)
        return False
    if reply.wire == "short":
        writer.write(_head(reply, length=len(reply.body) + 40) + body)
        await writer.drain()
        return False
    if reply.wire == "cut":
        writer.write(_head(reply, length=len(reply.body)) + body[: len(body) // 2])
        await writer.drain()
        return False
    if reply.wire == "long":
        writer.write(_head(reply, length=max(len(reply.body) - 5, 0)) + body)
        await writer.drain()
        return False
    if reply.wire == "bad-chunk":
        reply.set("transfer-encoding", "chunked")
        writer.write(_head(reply) + b"zz\r\n" + body + b"\r\n0\r\n\r\n")
        await writer.drain()
        return False
    if reply.wire == "two-lengths":
        reply.set("content-length", str(len(reply.body)))
        writer.write(_head(reply, length=len(reply.body) + 9) + body)
        await writer.drain()
        return False
    if reply.wire == "close-delimited":
        reply.set("connection", "close")
        writer.write(_head(reply, "HTTP/1.0") + body)
        await writer.drain()
        return False
    if reply.wire == "early-hints":
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>; rel=preload\r\n\r\n")
    if reply.wire == "trailers" and not bodiless:
        reply.set("transfer-encoding", "chunked")
        reply.set("trailer", "X-Checksum")
        chunk = f"{len(body):x};part=1\r\n".encode() + body + b"\r\n"
        writer.write(_head(reply) + chunk + b"0\r\nX-Checksum: 1f\r\n\r\n")
    elif reply.wire == "dribble":
        message = _head(reply, length=length) + body
        for at in range(0, len(message), 23):
            writer.write(message[at : at + 23])
            await writer.drain()
            await asyncio.sleep(0.001)
    else:
        writer.write(_head(reply, length=length) + body)
    await writer.drain()
    return not close


def listen(host: str = "127.0.0.1", port: int = 0) -> socket.socket:
    """Bind a listening socket."""
    # asyncio sets TCP_NODELAY only on sockets that name their protocol
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(128)
    return listener


@contextmanager
def serve(
    vendor: str,
    defect: str | None = None,
    manner: str | None = None,
    *,
    prefix: str = "",
    port: int = 0,
    raw: bool | None = None,
    apply: Callable[[Service], None] | None = None,
) -> Iterator[str]:
    """Run one server on a loopback port while the context lasts; yield its base URL."""
    service, needs_raw = build(vendor, defect, manner, prefix)
    if apply is not None:
        apply(service)
        needs_raw = True
    listener = listen(port=port)
    chosen = needs_raw if raw is None else raw
    server: RunningServer = RawServer(service, listener) if chosen else UvicornServer(service, listener)
    server.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}{service.prefix}"
    finally:
        server.stop()
        listener.close()
