"""Manners around the application: whole answers are rewritten, connections delayed or reset."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Iterator, Mapping
from typing import Any

from chatcert.mock.application import Application, Message, Receive, Scope, Send
from chatcert.mock.call import Call, Reply
from chatcert.mock.manners.variations import Variations

_BODILESS = (204, 304)
_LINGER_NOT = struct.pack("ii", 1, 0)


class ManneredApplication:
    """An application whose answers are rewritten, each vendor's in its own way.

    Args:
        variations: the variations of each vendor; answers of other vendors stay as they are.
    """

    def __init__(self, app: Application, variations: Mapping[str, Variations]) -> None:
        self._app = app
        self._variations = variations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request.

        Raises:
            ConnectionResetError: there is no connection to reset, since the caller is in this process.
        """
        vendor = scope["path"].lstrip("/").partition("/")[0] if scope["type"] == "http" else ""
        variations = self._variations.get(vendor)
        if variations is None:
            await self._app(scope, receive, send)
            return
        if any(drop() for drop in variations.drops):
            await _reset(receive, send)
            return
        reply = await self._reply(scope, receive)
        call = Call(scope["method"], scope["path"], {}, scope["query_string"], list(scope["headers"]))
        if reply.announced is None:  # an answer that ends too early is a fault, and stays as it is
            for edit in variations.answers:
                reply = edit(call, reply)
        if variations.delays:
            await asyncio.sleep(sum(variations.delays))
        await _write(send, reply, variations)

    async def _reply(self, scope: Scope, receive: Receive) -> Reply:
        """Return the reply of the application."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        start, parts = messages[0], messages[1:]
        length = next((int(value) for name, value in start["headers"] if name == b"content-length"), None)
        headers = [(name, value) for name, value in start["headers"] if name != b"content-length"]
        body = b"".join(part.get("body", b"") for part in parts)
        return Reply(start["status"], body, headers, length if parts[-1].get("more_body", False) else None)


async def _write(send: Send, reply: Reply, variations: Variations) -> None:
    headers = list(reply.headers)
    whole = reply.announced is None
    in_pieces = bool(variations.pieces) and whole and reply.status not in _BODILESS
    if not in_pieces and reply.status not in _BODILESS:
        length = len(reply.body) if reply.announced is None else reply.announced
        headers.append((b"content-length", str(length).encode()))
    for spell in variations.spellings:
        headers = [(spell(name), value) for name, value in headers]
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    for piece in _pieces(reply.body, max(variations.pieces)) if in_pieces else ():
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    last: dict[str, Any] = {"type": "http.response.body", "body": b"" if in_pieces else reply.body}
    await send({**last, "more_body": not whole})


def _pieces(body: bytes, number: int) -> Iterator[bytes]:
    """Split a body into about so many pieces, none of them empty: an empty chunk ends an HTTP body."""
    size = max(1, -(-len(body) // number))
    for start in range(0, len(body), size):
        yield body[start : start + size]


async def _reset(receive: Receive, send: Send) -> None:
    """Reset the connection of a request (RFC 9293 section 3.10.4) without an answer.

    The request is read first: a client that is still sending would only see a closed connection. ASGI cannot express a
    reset, so uvicorn's own transport is used; a linger time of zero makes the system send RST.
    """
    while (await receive()).get("more_body", False):
        pass
    transport = getattr(getattr(send, "__self__", None), "transport", None)
    if transport is None:
        raise ConnectionResetError("the mock resets the connection of this request")
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)
    transport.abort()
    while (await receive())["type"] != "http.disconnect":
        pass
