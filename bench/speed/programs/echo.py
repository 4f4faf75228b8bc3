"""The limit of the mock: a Starlette application that returns the body that it gets, served with the mock's settings.

    python echo.py

Prints its address once it listens.
"""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chatcert.mock.server import _configuration


async def echo(request: Request) -> Response:
    """The body, as JSON."""
    return Response(await request.body(), media_type="application/json")


def main() -> None:
    """Serve until a signal arrives."""
    app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # as the mock has it
    listener.bind(("127.0.0.1", 0))
    listener.listen(2048)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(_configuration(app, "auto")).run(sockets=[listener])  # type: ignore[arg-type]


if __name__ == "__main__":
    main()
