"""Time and size limits of a whole exchange, for servers that send slowly or without end."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from weakref import WeakSet

import httpcore

LONG_CONNECT = 0.5
"""Seconds; a connection that took longer was made to another than the first address of a name, or to a slow one."""

_current = threading.local()


def begin(seconds: float) -> None:
    """Begin an exchange in this thread: its reads and writes must be over in ``seconds``."""
    _current.end = time.monotonic() + seconds
    _current.has_connected = False


def allow(size: int) -> None:
    """Set how many bytes this thread may still read."""
    _current.size = size


def is_over() -> bool:
    """Return whether the deadline of this thread has passed."""
    return time.monotonic() >= getattr(_current, "end", float("inf"))


def has_connected() -> bool:
    """Return whether a connection was made, or tried, for the exchange of this thread."""
    return getattr(_current, "has_connected", False)


def _left(timeout: float | None) -> float:
    end = getattr(_current, "end", None)
    left = float("inf") if end is None else end - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout("the answer did not end in time")
    return left if timeout is None else min(timeout, left)


class _Stream(httpcore.NetworkStream):
    """A connection that enforces the deadline and the size limit on every read and write."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self._inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._inner.read(max_bytes, _left(timeout))
        _current.size = getattr(_current, "size", sys.maxsize) - len(data)
        if _current.size < 0:
            raise httpcore.RemoteProtocolError("the answer exceeds the size limit")
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._inner.write(buffer, _left(timeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._inner.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


class DeadlineBackend(httpcore.SyncBackend):
    """Network backend whose connections enforce the limits of the thread that uses them, and can be aborted."""

    def __init__(self) -> None:
        self._streams: WeakSet[_Stream] = WeakSet()
        self._answering: dict[tuple[str, int], str] = {}
        self._is_aborted = False

    def abort(self) -> None:
        """Shut every connection down, so that no thread waits for an answer any longer; no new one can be made."""
        self._is_aborted = True
        for stream in list(self._streams):
            with suppress(OSError):
                stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect within the deadline.

        The addresses of a name are tried one after another. If that takes long, because nobody answers at the first
        ones, the address that does is tried first from then on.
        """
        _current.has_connected = True
        if self._is_aborted:
            raise httpcore.ConnectError("the run was aborted")
        options = local_address, [*socket_options] if socket_options is not None else None
        began, inner = time.monotonic(), self._reconnected(host, port, timeout, *options)
        if inner is None:
            inner = super().connect_tcp(host, port, _left(timeout), *options)
            if time.monotonic() - began > LONG_CONNECT and (address := inner.get_extra_info("server_addr")):
                self._answering[host, port] = str(address[0])
        stream = _Stream(inner)
        self._streams.add(stream)
        return stream

    def _reconnected(
        self, host: str, port: int, timeout: float | None, local_address: str | None, options: list[Any] | None
    ) -> httpcore.NetworkStream | None:
        """Connect to the address that answered before; return ``None`` if there is none, or it does not any more."""
        address = self._answering.get((host, port))
        if address is None:
            return None
        try:
            return super().connect_tcp(address, port, _left(timeout), local_address, options)
        except (httpcore.ConnectError, httpcore.ConnectTimeout):
            self._answering.pop((host, port), None)
            return None
