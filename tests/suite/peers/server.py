"""The references as ASGI applications: one function per vendor."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from .model import Reply, Request, Service
from .reference import Agencii, OpenWebUI, PolyAI, SigmaMind


class Application:
    """Plain ASGI around a service."""

    def __init__(self, service: Service) -> None:
        """Remember the service to ask."""
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request."""
        if scope["type"] != "http":
            return
        body = await _read(receive)
        if body is None:
            return
        request = Request(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            headers=[(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]],
            body=body,
            client=tuple(scope.get("client") or ("", 0)),
            target=scope.get("raw_path", b"").decode("latin-1"),
        )
        reply = self.service(request)
        await settle(reply)
        await _write(send, reply)


async def settle(reply: Reply) -> None:
    """Wait as long as a reply asks, then finish what it left open."""
    if reply.delay:
        await asyncio.sleep(reply.delay)
    if reply.finish:
        reply.finish()


async def _read(receive: Receive) -> bytes | None:
    """Collect the request body, or nothing if the client left."""
    body, more = b"", True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        more = message.get("more_body", False)
    return body


async def _write(send: Send, reply: Reply) -> None:
    """Send a reply, in chunks if it asks for them."""
    headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in reply.headers]
    bodiless = reply.status in (204, 304)
    if not reply.chunked and not bodiless:
        headers.append((b"content-length", str(len(reply.body)).encode()))
    start: dict[str, Any] = {"status": reply.status, "headers": headers}
    await send({"type": "http.response.start", **start})
    if reply.chunked:
        for at in range(0, len(reply.body), 7):
            piece = reply.body[at : at + 7]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
    rest = b"" if reply.chunked or bodiless else reply.body
    await send({"type": "http.response.body", "body": rest})


def agencii(prefix: str = "") -> ASGIApp:
    """Return Agencii's endpoint."""
    return Application(Agencii(prefix))


def polyai(prefix: str = "") -> ASGIApp:
    """Return PolyAI's endpoint."""
    return Application(PolyAI(prefix))


def sigmamind(prefix: str = "") -> ASGIApp:
    """Return SigmaMind's endpoint."""
    return Application(SigmaMind(prefix))


def openwebui(prefix: str = "") -> ASGIApp:
    """Return Open WebUI's endpoint."""
    return Application(OpenWebUI(prefix))
