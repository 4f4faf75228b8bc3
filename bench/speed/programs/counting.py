"""The mock of one vendor, which counts the requests that it gets.

    python counting.py VENDOR

Prints one line of JSON once it answers, ``url`` and ``environment``; ``GET /count`` tells the number.
"""

from __future__ import annotations

import json
import socket
import sys
from typing import Any

import uvicorn

from chatcert.mock.backend import Backend, environment
from chatcert.mock.server import create_app
from chatcert.vendors import open_vendor


def main(vendor: str) -> None:
    """Serve until a signal arrives."""
    contract = open_vendor(vendor)
    backend = Backend.of(contract)
    mock: Any = create_app([contract], backends={vendor: backend})
    count = 0

    async def app(scope: Any, receive: Any, send: Any) -> None:
        nonlocal count
        if scope["path"] != "/count":
            count += 1
            await mock(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": str(count).encode()})

    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        print(json.dumps({"url": url, "environment": environment(contract, backend)}), flush=True)
        uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical")).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
