"""A server that reads chats in many media types, each by its own rules; it shares no code with chatcert."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.parser import BytesParser
from email.policy import HTTP
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator

JSON, VENDOR, TEXT = "application/json", "application/vnd.lab.chat+json", "text/plain"
FORM, MULTIPART = "application/x-www-form-urlencoded", "multipart/form-data"
Reader = Callable[[bytes, str], Any]
"""Returns the value that is to keep to the schema of a media type; raises ``ValueError`` where there is none."""


def from_json(raw: bytes, content_type: str) -> Any:
    """Read one JSON text."""
    return json.loads(raw.decode(), parse_constant=int)


def from_text(raw: bytes, content_type: str) -> Any:
    """Read a text."""
    return raw.decode()


def as_texts(raw: bytes, content_type: str) -> dict[str, str]:
    """Read a form whose values are texts, whatever the schema says of them."""
    if not content_type.lower().startswith("multipart/"):
        return dict(parse_qsl(raw.decode(), keep_blank_values=True))
    message = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw)
    if not message.is_multipart():
        raise ValueError("no parts")
    found = [(part.get_param("name", header="content-disposition"), part) for part in message.iter_parts()]
    return {str(name): (part.get_payload(decode=True) or b"").decode() for name, part in found}


def from_form(raw: bytes, content_type: str) -> dict[str, Any]:
    """Read a form whose numbers are numbers."""
    return {
        name: int(text) if text.lstrip("-").isdigit() else text for name, text in as_texts(raw, content_type).items()
    }


READERS: Mapping[str, Reader] = {
    JSON: from_json,
    VENDOR: from_json,
    TEXT: from_text,
    FORM: from_form,
    MULTIPART: from_form,
}


@contextmanager
def media_server(schemas: Mapping[str, Any], readers: Mapping[str, Reader] = READERS) -> Iterator[str]:
    """Run a server that creates a chat for each body that is valid in its media type; gives its address.

    Args:
        schemas: what it checks, by media type that it takes.
        readers: how it reads a body, by media type.
    """
    rules = {name: Draft202012Validator(schema) for name, schema in schemas.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement

        def log_message(self, *parts: Any) -> None:
            """Say nothing."""

        def reply(self, code: int, value: Any, **headers: str) -> None:
            data = json.dumps(value).encode()
            self.send_response(code)
            for name, text in {"Content-Type": "application/json", **headers}.items():
                self.send_header(name, text)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        def handle_call(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            content_type = self.headers.get("Content-Type") or ""
            media_type = content_type.partition(";")[0].strip().lower()
            if self.path.partition("?")[0] != "/chats":
                self.reply(404, {"why": "nothing is here"})
            elif self.command != "POST":
                self.reply(405, {"why": "POST only"}, Allow="POST")
            elif media_type not in rules:
                self.reply(415, {"why": "no such media type"})
            elif self.takes(raw, content_type, media_type):
                self.reply(201, {"id": "c1"})
            else:
                self.reply(400, {"why": "invalid"})

        def takes(self, raw: bytes, content_type: str, media_type: str) -> bool:
            try:
                return rules[media_type].is_valid(readers[media_type](raw, content_type))
            except (ValueError, RecursionError):
                return False

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
