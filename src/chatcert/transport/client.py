"""The HTTP client: the one module that imports httpx."""

from __future__ import annotations

import math
import socket
import ssl
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import h11
import httpcore
import httpx

from chatcert.exceptions import ConfigurationError
from chatcert.openapi.streams import stream_form
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.exchange import ErrorKind, Received, TransportError
from chatcert.transport.odd_paths import DOT_SEGMENT
from chatcert.transport.redaction.decompression import UnpackingError, unpack
from chatcert.transport.resilience.deadline import DeadlineBackend, allow, begin, has_connected, is_over
from chatcert.transport.resilience.stream_bounds import holds_event
from chatcert.transport.usual_headers import USUAL_HEADERS, is_left_out

MAX_BODY = 4 * 1024 * 1024
KEEPALIVE = 5.0
"""Seconds after which an idle connection is not reused, because servers close idle connections silently."""
LONGEST = 3
"""Longest time of a whole exchange, as a multiple of the timeout."""
PROXY_ERROR_PREFIX = "the proxy answered: "
NOTICE = 0.1
"""Seconds after an upload was broken off until a server has noticed that."""
MAX_HEADERS = 200
MAX_HEADER_LENGTH = 16_384
MAX_HEADERS_LENGTH = 65_536
"""Characters that are kept of all headers together."""
MAX_HEAD = 256 * 1024
"""Bytes that are read until the headers end, interim responses included."""
MAX_READ = 2 * MAX_BODY
"""Bytes that are read of a body, chunk framing and trailers included."""
_REFUSES_LOGIN = (401, 403)
MAX_CHUNKS = 50_000
"""Chunks that are read of a body."""


class Client:
    """HTTP client without automatic behaviour: no redirects, no cookies, no proxy from the environment.

    Args:
        timeout: seconds for connecting and for each read; a whole exchange may take three times as long.
        connections: how many connections may be open at once.
        context: TLS settings where the address or the proxy is ``https``; certificates are always verified.
        proxy: address of an HTTP proxy for all requests; it may contain a user and a password.
        keeps_refused: whether a connection is used again on which credentials were refused. A server may remember that,
            which is a matter of the requests that look for it, and of no other one.

    Raises:
        ConfigurationError: the proxy's address is invalid.
    """

    def __init__(
        self,
        *,
        timeout: float,
        connections: int,
        context: ssl.SSLContext | None = None,
        proxy: Secret | None = None,
        keeps_refused: bool = False,
    ) -> None:
        self._timeout = timeout
        self._connections = connections
        self._context = context
        self._keeps_refused = keeps_refused
        self._proxy = _proxy_at(proxy) if proxy is not None else None
        self._backend = DeadlineBackend()
        self._reuses = True
        self._retired: list[httpx.HTTPTransport] = []
        self._transport = self._opened()
        self._times = httpx.Timeout(timeout).as_dict()

    def _opened(self) -> httpx.HTTPTransport:
        limits = httpx.Limits(max_connections=self._connections, max_keepalive_connections=self._connections)
        verify = self._context if self._context is not None else False  # without a context, TLS is never used
        transport = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits)
        # httpx has no parameter for a network backend; its transport is a thin wrapper around this pool.
        transport._pool = self._pool = self._new_pool()  # noqa: SLF001
        return transport

    def _new_pool(self) -> httpcore.ConnectionPool:
        common: dict[str, Any] = {
            "ssl_context": self._context,
            "max_connections": self._connections,
            "max_keepalive_connections": self._connections if self._reuses else 0,
            "keepalive_expiry": KEEPALIVE,
            "network_backend": self._backend,
        }
        if self._proxy is None:
            return httpcore.ConnectionPool(**common)
        return httpcore.HTTPProxy(
            proxy_url=str(self._proxy.url),
            proxy_auth=self._proxy.raw_auth,
            proxy_ssl_context=self._context if self._proxy.url.scheme == "https" else None,
            **common,
        )

    def forget_connections(self) -> None:
        """Close idle connections; no request may be in flight."""
        self._transport.close()
        self._transport = self._opened()

    def stop_reusing(self) -> None:
        """Make a new connection for each request from now on; those in flight are not disturbed."""
        if self._reuses:
            self._reuses = False
            self._retired.append(self._transport)
            self._transport = self._opened()

    def abort(self) -> None:
        """Abort every request in flight, in whichever thread; all later ones fail."""
        self._backend.abort()

    def close(self) -> None:
        """Close every connection."""
        for transport in (*self._retired, self._transport):
            transport.close()

    def send(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]],
        body: bytes | None,
        within: float = math.inf,
        timeout: float | None = None,
    ) -> Received | TransportError:
        """Send one request and read the answer, within limits of size and time. A failed exchange never raises.

        Args:
            within: seconds after which the exchange is aborted in any case.
            timeout: seconds for connecting and for each read, where these are not the usual ones.
        """
        longest = LONGEST * self._timeout if timeout is None else timeout
        times = self._times if timeout is None else httpx.Timeout(timeout).as_dict()
        begin(min(longest, within))
        allow(MAX_HEAD)
        is_answered = False
        extensions: dict[str, Any] = {"timeout": times}
        if DOT_SEGMENT in urlsplit(url).path:  # which httpx would leave out
            extensions["target"] = _target(url)
        content = _framed(headers, body)
        try:
            request = httpx.Request(
                method,
                _parsed(url),
                headers=_complete(headers),
                content=content,
                extensions=extensions,
            )
            transport, pool = self._transport, self._pool
            with closing(transport.handle_request(request)) as answer:
                is_answered = True
                allow(MAX_READ)
                packed, long, late = _read(answer)
                self._retire_if_unfit(answer, in_chunks=isinstance(content, Iterator), pool=pool)
                codings = answer.headers.get("Content-Encoding", "").split(",")
                unpacked, cut = unpack(packed, codings, MAX_BODY, partial=long) if packed else (packed, False)
                if late is not None and not holds_event(answer.headers.get("Content-Type", ""), unpacked):
                    raise late
                return Received(
                    status=answer.status_code,
                    headers=_bounded(answer.headers),
                    body=unpacked,
                    http_version=answer.extensions["http_version"].decode("ascii", "replace"),
                    truncated=cut or long,
                )
        except _BrokenOff:
            time.sleep(NOTICE)
            return TransportError(ErrorKind.ABORTED, "the upload was broken off, as this case asks for")
        except UnpackingError as error:
            return TransportError(ErrorKind.DECODING, str(error))
        except httpx.ProxyError as error:
            return TransportError(kind_of(error), f"{PROXY_ERROR_PREFIX}{error}")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            kind = kind_of(error)
            closed = kind is ErrorKind.RESET and not (has_connected() or is_answered)
            return TransportError(kind, str(error) or type(error).__name__, on_reused=closed)

    def _retire_if_unfit(self, answer: httpx.Response, *, in_chunks: bool, pool: httpcore.ConnectionPool) -> None:
        """Let a connection end with its answer if credentials were refused on it, or if bytes followed the answer.

        These would be read as the answer to the next request. httpcore notices unread bytes in the socket, but not
        those that it has read already. A failed connection is never idle, whereas one with a closed socket may be
        given to another thread before the pool has noticed.

        Args:
            in_chunks: whether the body was sent in chunks: a server that does not read them would take them for the
                next request.
            pool: the pool that sent the request.
        """
        stream: httpcore.NetworkStream = answer.extensions["network_stream"]
        is_refused = answer.status_code in _REFUSES_LOGIN and not self._keeps_refused
        for connection in pool.connections:
            inner: Any = connection
            while (inner := getattr(inner, "_connection", None)) is not None:  # with a proxy, they are nested
                if getattr(inner, "_network_stream", None) is stream:
                    protocol: h11.Connection = inner._h11_state  # noqa: SLF001
                    if in_chunks or is_refused or protocol.trailing_data[0]:
                        protocol.send_failed()


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """Parse an address; most addresses are used many times."""
    return httpx.URL(url)


def _target(url: str) -> bytes:
    """Return the path and the query of an address as they stand there."""
    parts = urlsplit(url)
    return (f"{parts.path}?{parts.query}" if parts.query else parts.path).encode("ascii")


def _complete(headers: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Encode the headers, after the usual headers of a client that are missing from them."""
    given = {name.lower() for name, _ in headers}
    usual = [(name, value) for name, value in USUAL_HEADERS if name.lower() not in given]
    kept = [(name, value) for name, value in headers if not is_left_out(name, value)]
    return [(name.encode("latin-1"), value.encode("utf-8")) for name, value in [*usual, *kept]]


class _BrokenOff(Exception):
    """The upload ends before its announced length."""


def _cut_short(body: bytes) -> Iterator[bytes]:
    """Yield a body, and then break the upload off."""
    yield body
    raise _BrokenOff


def _framed(headers: Sequence[tuple[str, str]], body: bytes | None) -> bytes | Iterator[bytes] | None:
    """Return the body as httpx frames it: in chunks where a header says so, with its length otherwise.

    Where a header announces more bytes than there are, the upload breaks off after them.
    """
    announced = next((value for name, value in headers if name.lower() == "content-length"), "")
    if body is not None and announced.isascii() and announced.isdigit() and int(announced) > len(body):
        return _cut_short(body)
    if body is None or not any(n.lower() == "transfer-encoding" and v.lower() == "chunked" for n, v in headers):
        return body
    middle = (len(body) + 1) // 2
    return iter([piece for piece in (body[:middle], body[middle:]) if piece])


def _proxy_at(address: Secret) -> httpx.Proxy:
    try:
        proxy = httpx.Proxy(address.reveal())
    except (ValueError, TypeError, httpx.InvalidURL):
        proxy = None
    if proxy is None or proxy.url.scheme not in ("http", "https") or not proxy.url.host:
        raise ConfigurationError("invalid address of a proxy", where="proxy", hint="give http://host:port")
    return proxy


def _read(answer: httpx.Response) -> tuple[bytes, bool, httpx.ReadTimeout | None]:
    """Read the encoded body up to the limits of size and time. The connection stays open.

    Returns:
        What was read, whether it was cut, and the error of the time limit where that cut it: a stream of events may go
        on for ever, and what came of it is an answer. Silence within a stream ends it like any other answer.
    """
    if not isinstance(answer.stream, httpx.SyncByteStream):
        raise TypeError("a synchronous client must return a synchronous stream")
    parts: list[bytes] = []
    size = 0
    try:
        for part in answer.stream:
            parts.append(part)
            size += len(part)
            if size > MAX_BODY or len(parts) > MAX_CHUNKS:
                return b"".join(parts)[:MAX_BODY], True, None
    except httpx.ReadTimeout as error:
        if not is_over() or stream_form(answer.headers.get("Content-Type", "")) is None:
            raise
        return b"".join(parts), True, error
    return b"".join(parts), False, None


def _bounded(headers: httpx.Headers) -> tuple[tuple[str, str], ...]:
    pairs: list[tuple[str, str]] = []
    left = MAX_HEADERS_LENGTH
    for name, value in headers.raw[:MAX_HEADERS]:
        pair = name.decode("latin-1")[:MAX_HEADER_LENGTH], value.decode("latin-1")[:MAX_HEADER_LENGTH]
        left -= len(pair[0]) + len(pair[1])
        if left < 0:
            break
        pairs.append(pair)
    return tuple(pairs)


def kind_of(error: Exception) -> ErrorKind:
    """Return the kind of a transport error, from the exception of the HTTP client and its causes."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return ErrorKind.TLS
        if isinstance(cause, socket.gaierror):
            return ErrorKind.DNS
        cause = cause.__cause__ or cause.__context__
    match error:
        case httpx.TimeoutException():
            return ErrorKind.TIMEOUT
        case httpx.ConnectError():
            return ErrorKind.REFUSED
        case httpx.ReadError() | httpx.WriteError() | httpx.CloseError():
            return ErrorKind.RESET
        case httpx.RemoteProtocolError():
            text = str(error)
            if "without sending a response" in text:
                return ErrorKind.RESET
            return ErrorKind.INCOMPLETE if "incomplete" in text or "complete message" in text else ErrorKind.PROTOCOL
        case httpx.DecodingError():
            return ErrorKind.DECODING
        case httpx.LocalProtocolError() | httpx.InvalidURL() | httpx.UnsupportedProtocol():
            return ErrorKind.UNSENDABLE
        case _:
            return ErrorKind.PROTOCOL
