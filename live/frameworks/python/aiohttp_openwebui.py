"""Open WebUI's page with aiohttp: handlers by hand, a middleware for the key and for the errors' form."""

from __future__ import annotations

import hmac
import os
import sys
import time
import uuid
from collections.abc import Awaitable, Callable

from aiohttp import web

FOLDERS = {os.environ["FOLDER_ID"]}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def errors_as_json(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except web.HTTPException as error:
        allow = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
        return web.json_response({"detail": error.text or error.reason}, status=error.status, headers=allow)


@web.middleware
async def with_key(request: web.Request, handler: Handler) -> web.StreamResponse:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.strip().encode(), os.environ["KEY"].encode()):
        raise web.HTTPUnauthorized(text="Not authenticated")
    return await handler(request)


async def create(request: web.Request) -> web.Response:
    try:
        body = await request.json()
    except (ValueError, RecursionError):
        raise web.HTTPBadRequest(text="The body is not JSON") from None
    chat = body.get("chat") if isinstance(body, dict) else None
    if (
        not isinstance(chat, dict)
        or not isinstance(chat.get("title"), str)
        or not isinstance(chat.get("history"), dict)
    ):
        raise web.HTTPUnprocessableEntity(text="chat must be an object with title and history")
    folder = body.get("folder_id")
    if folder is not None and not isinstance(folder, str):
        raise web.HTTPUnprocessableEntity(text="folder_id must be a string or null")
    if folder is not None and folder not in FOLDERS:
        raise web.HTTPNotFound(text="There is no such folder")
    now = int(time.time())
    answer = {
        "id": str(uuid.uuid4()),
        "user_id": "4f0d3f6e-0c63-4d0e-9d0b-6b6b1b3c1c11",
        "title": chat["title"],
        "chat": chat,
        "created_at": now,
        "updated_at": now,
        "share_id": None,
        "archived": False,
        "pinned": False,
        "meta": {},
        "folder_id": folder,
    }
    return web.json_response(answer)


def make() -> web.Application:
    app = web.Application(middlewares=[errors_as_json, with_key])
    app.router.add_post("/api/chats/new", create)
    return app


if __name__ == "__main__":
    web.run_app(make(), host="127.0.0.1", port=int(sys.argv[1]))
