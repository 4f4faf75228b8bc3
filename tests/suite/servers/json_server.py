"""What small test servers that answer in JSON have in common; it shares no code with chatcert."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class JsonHandler(BaseHTTPRequestHandler):
    """Reads requests and answers in JSON; a class that derives from it says in ``handle_call`` what is answered."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement

    def log_message(self, *parts: Any) -> None:
        """Say nothing."""

    def body(self) -> bytes:
        """Return the body of the request, which has to announce its length."""
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def media_type(self) -> str:
        """Return the media type of the request without its parameters, in small letters."""
        return (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()

    def reply(self, status: int, value: Any, **headers: str) -> None:
        """Answer; ``_`` in the name of a header stands for ``-``."""
        data = json.dumps(value).encode()
        self.send_response(status)
        for name, text in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), text)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)


@contextmanager
def running(handler: type[Any], methods: tuple[str, ...] = METHODS) -> Iterator[str]:
    """Run a server whose requests ``handler.handle_call`` answers; gives its address."""
    for method in methods:
        setattr(handler, f"do_{method}", handler.handle_call)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
