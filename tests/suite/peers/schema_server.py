"""A server that keeps to one JSON Schema, or to anything else that a rule says; it shares no code with chatcert."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from jsonschema import Draft202012Validator

Rule = Callable[[Any], bool]
Answer = Callable[[Any], Any]


def matching(schema: Any) -> Rule:
    """Return the rule that takes what a schema allows."""
    return Draft202012Validator(schema).is_valid


@contextmanager
def schema_server(rule: Rule, answer: Answer = lambda body: {"id": "c1"}, path: str = "/chats") -> Iterator[str]:
    """Run a server that creates a chat for each body that the rule takes; gives its address.

    Args:
        answer: makes the body of a success from that of the request.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement

        def log_message(self, *parts: Any) -> None:
            """Say nothing."""

        def reply(self, status: int, value: Any, **headers: str) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            for name, text in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def handle_call(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            media_type = (self.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
            if self.path.partition("?")[0] != path:
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif media_type != "application/json":
                self.reply(415, {"why": "JSON only"})
            else:
                self.judge(raw)

        def judge(self, raw: bytes) -> None:
            try:
                body = json.loads(raw.decode(), parse_constant=int)
                taken = rule(body)
            except (ValueError, RecursionError):
                taken = False
            self.reply(201, answer(body)) if taken else self.reply(400, {"why": "invalid"})

    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"):
        setattr(Handler, f"do_{method}", Handler.handle_call)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
