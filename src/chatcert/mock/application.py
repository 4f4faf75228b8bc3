"""The mock as an ASGI application; plain ASGI, because it has to be fast."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

from chatcert.mock.call import Call, Headers, Reply
from chatcert.mock.json_writer import encoded
from chatcert.mock.payload import MAX_BYTES
from chatcert.mock.service import Service

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Answerer = Callable[[Call], Reply]

DRAINED_BYTES = 16 * MAX_BYTES

_JSON: Headers = [(b"content-type", b"application/json")]


class Application:
    """Serves each operation under ``/<vendor>`` and its own path, and nothing else.

    Args:
        services: vendor to its mocked operation.
        latency: seconds to wait before each answer.
    """

    def __init__(self, services: Mapping[str, Service], latency: float = 0.0) -> None:
        self._latency = latency
        self._named = services
        self._services = tuple(services.values())
        self._routes = tuple(route for vendor, service in services.items() for route in _routes(vendor, service))
        self._fixed = {route.fixed: route.answer for route in self._routes if route.fixed}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body, oversized = await _read(receive)
        reply = self._reply(scope, body, oversized)
        if self._latency:
            await asyncio.sleep(self._latency)
        await _write(send, reply)

    def _reply(self, scope: Scope, body: bytes, oversized: bool) -> Reply:
        raw = scope.get("raw_path")
        path = raw.decode("latin-1") if raw else quote(scope["path"])
        answer, arguments = self._routed(path)
        if answer is None and (other := self._rerouted(path, scope["headers"])) is not None:
            answer, arguments = self._routed(other)
        if answer is None:
            service = self._named.get(path.lstrip("/").partition("/")[0])
            page = service.page if service is not None else None
            return page or Reply(404, encoded({"detail": "nothing is served at this path"}), _JSON)
        call = Call(scope["method"], path, arguments, scope["query_string"], scope["headers"], body, oversized)
        return answer(call)

    def _rerouted(self, path: str, headers: Headers) -> str | None:
        found = (service.rerouted(path, headers) for service in self._services)
        return next((other for other in found if other is not None), None)

    def _routed(self, path: str) -> tuple[Answerer | None, Mapping[str, str]]:
        fixed = self._fixed.get(path)
        if fixed is not None:
            return fixed, {}
        segments = [unquote(segment) for segment in path.split("/")]
        for route in self._routes:
            arguments = route.match(segments)
            if arguments is not None:
                return route.answer, arguments
        return None, {}


def _routes(vendor: str, service: Service) -> Iterator[_Route]:
    """Yield the routes of one vendor: that of the create operation, and those of a chat."""
    contract = service.contract
    yield _Route(vendor, re.split("[?#]", contract.path)[0], service.answer)
    for path in dict.fromkeys(one.path for one in (contract.read, contract.delete) if one is not None):
        yield _Route(vendor, path, service.answer_about_chat)


class _Route:
    """One path, its parameters in braces, and what answers there."""

    def __init__(self, vendor: str, documented: str, answer: Answerer) -> None:
        path = f"/{vendor}/{documented.lstrip('/')}"
        self.answer = answer
        self.fixed = "" if "{" in path else path
        self._segments = [_pattern(segment) for segment in path.split("/")]

    def match(self, segments: Sequence[str]) -> dict[str, str] | None:
        """Return the path parameters, or ``None`` where the path does not match."""
        if len(segments) != len(self._segments):
            return None
        arguments: dict[str, str] = {}
        for (pattern, names), segment in zip(self._segments, segments, strict=True):
            found = pattern.fullmatch(segment)
            if found is None:
                return None
            arguments.update(zip(names, found.groups(), strict=True))
        return arguments


def _pattern(segment: str) -> tuple[re.Pattern[str], list[str]]:
    """Return a regular expression for one path segment, and the names of the parameters in it."""
    parts = re.split(r"\{([^{}]*)\}", segment)
    expression = "".join("(.*?)" if index % 2 else re.escape(part) for index, part in enumerate(parts))
    return re.compile(expression, re.DOTALL), parts[1::2]


async def _read(receive: Receive) -> tuple[bytes, bool]:
    """Read the body, and whether it is too large; the rest is read up to a limit, so that the client gets an answer."""
    message = await receive()
    body: bytes = message.get("body", b"")
    size = len(body)
    if message.get("more_body", False):
        parts = [body]
        while message.get("more_body", False) and size <= DRAINED_BYTES:
            message = await receive()
            part = message.get("body", b"")
            size += len(part)
            if size <= MAX_BYTES:
                parts.append(part)
        body = b"".join(parts)
    return body, size > MAX_BYTES


async def _write(send: Send, reply: Reply) -> None:
    length = len(reply.body) if reply.announced is None else reply.announced
    headers = [*reply.headers, (b"content-length", str(length).encode())]
    if reply.status in (204, 304):
        headers.pop()
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body, "more_body": reply.announced is not None})


async def _lifespan(receive: Receive, send: Send) -> None:
    """Confirm start-up and shutdown (ASGI lifespan)."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
