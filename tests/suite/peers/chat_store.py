"""A small server that keeps chats and counts every DELETE that it gets; no code of chatcert in it."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

KEY = "sk-owner-4fT9pLq2Zx7Wm1Rd"
OTHER_KEY = "sk-other-8bK3nVc6Ys0Hj5Ge"
MINE = {f"mine-{number}": {"text": f"My own chat {number}", "created": 1_700_000_000} for number in range(40)}
"""Chats that the user has made before the run."""

_ERROR = {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}


def _answer(schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def document(**operation: Any) -> dict[str, Any]:
    """The OpenAPI document of the server, which has one operation.

    Args:
        operation: further members of it.
    """
    body = {
        "type": "object",
        "required": ["text"],
        "additionalProperties": False,
        "properties": {"text": {"type": "string", "minLength": 1, "maxLength": 200}, "muted": {"type": "boolean"}},
    }
    chat = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "text": {"type": "string"}, "created": {"type": "integer"}},
    }
    post = {
        "operationId": "createChat",
        "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        "responses": {
            "201": _answer(chat, "The chat."),
            "400": _answer(_ERROR, "A wrong request."),
            "401": _answer(_ERROR, "A wrong key."),
        },
        **operation,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": "Store", "version": "1"},
        "security": [{"Key": []}],
        "components": {"securitySchemes": {"Key": {"type": "http", "scheme": "bearer"}}},
        "paths": {"/v1/chats": {"post": post}},
    }


def overlay(*, read: bool = True, delete: bool = True, listing: bool = False, unread: bool = False) -> dict[str, Any]:
    """An overlay that names the operations which read, delete and list chats."""
    named = {"read": "GET" if read else "", "delete": "DELETE" if delete else ""}
    update = {
        f"x-chatcert-{name}": {"operation": f"{method} /v1/chats/{{id}}", "id": "$response.body#/id"}
        for name, method in named.items()
        if method
    }
    if unread:
        update["x-chatcert-delete"]["unread"] = "allowed"
    if listing:
        operation = {"operation": "GET /v1/list?size=3", "items": "$response.body#/chats", "id": "/id", "page": "page"}
        update["x-chatcert-list"] = operation
    chat = "$.paths['/v1/chats'].post.responses['201'].content['application/json'].schema.properties"
    clock = {"x-chatcert-clock": {"unit": "seconds", "source": "Answer, created."}}
    return {
        "overlay": "1.1.0",
        "info": {"title": "Store", "version": "1"},
        "actions": [
            {"target": "$.paths['/v1/chats'].post", "update": update},
            {"target": f"{chat}.created", "update": clock},
        ],
    }


Identify = Callable[["Store"], str]
"""Gives the id that the next answer claims for the chat which it has created."""


@dataclass
class Store:
    """The chats of a server.

    Attributes:
        identify: gives the ids that answers hold; by default those under which the chats are kept.
        chats: by id; those of ``MINE`` were there before.
        deletes: the path of each DELETE, as it came.
        calls: method and path of every request.
        owners: the key that created a chat, by id.
        forgets: whether a deletion is answered with a success and does nothing.
        deleted: the status of a deletion; 204 has no body.
        marks: whether a deleted chat can still be read, and says that it is deleted.
        leaks: whether chats can be read with any key, or none.
        pause: seconds that each answer takes.
        breaks: says of a body whether its chat is kept, and the answer is a server error.
        names: gives the id under which a chat is listed.
    """

    identify: Identify | None = None
    chats: dict[str, dict[str, Any]] = field(default_factory=lambda: dict(MINE))
    deletes: list[str] = field(default_factory=list)
    calls: list[tuple[str, str]] = field(default_factory=list)
    owners: dict[str, str] = field(default_factory=dict)
    forgets: bool = False
    deleted: int = 200
    marks: bool = False
    leaks: bool = False
    pause: float = 0.0
    breaks: Callable[[dict[str, Any]], bool] = lambda body: False
    names: Callable[[str], str] = lambda name: name
    lock: threading.Lock = field(default_factory=threading.Lock)
    url: str = ""

    @property
    def left(self) -> list[str]:
        """The ids of the chats that are not of ``MINE``."""
        return [name for name in self.chats if name not in MINE]

    @property
    def mine(self) -> dict[str, dict[str, Any]]:
        """The chats of ``MINE`` that are still there."""
        return {name: chat for name, chat in self.chats.items() if name in MINE}

    def create(self, key: str, body: Any) -> tuple[int, Any]:
        """Answer a POST."""
        known = {"text": str, "muted": bool}
        if not isinstance(body, dict) or "text" not in body or not set(body) <= set(known):
            return 400, {"error": "a text is needed, and nothing but it and muted"}
        if any(type(value) is not known[name] for name, value in body.items()) or not 1 <= len(body["text"]) <= 200:
            return 400, {"error": "text has 1 to 200 characters, muted is true or false"}
        name = uuid.uuid4().hex
        self.chats[name] = {**body, "created": int(time.time())}
        self.owners[name] = key
        if self.breaks(body):
            return 500, {"error": "it was kept, and cannot be shown"}
        return 201, {"id": name if self.identify is None else self.identify(self), **self.chats[name]}

    def read(self, key: str, name: str) -> tuple[int, Any]:
        """Answer a GET of one chat."""
        if name not in self.chats or (self.owners.get(name, KEY) != key and not self.leaks):
            return 404, {"error": "no such chat"}
        return 200, {"id": name, **self.chats[name]}

    def list(self, query: str) -> tuple[int, Any]:
        """Answer a GET of a page of all chats."""
        given = parse_qs(query)
        size, page = int(given["size"][0]), int(given["page"][0])
        names = list(self.chats)[(page - 1) * size : page * size]
        return 200, {"chats": [{**self.chats[name], "id": self.names(name)} for name in names]}

    def delete(self, key: str, name: str) -> tuple[int, Any]:
        """Answer a DELETE; without an id, it deletes every chat of the user, as some servers do."""
        if not name.strip("."):
            self.chats.clear()
        elif name not in self.chats or self.owners.get(name, KEY) != key:
            return 404, {"error": "no such chat"}
        elif self.marks:
            self.chats[name]["deleted"] = True
        elif not self.forgets:
            del self.chats[name]
        return self.deleted, True


def _key_of(value: str) -> str:
    scheme, _, key = value.partition(" ")
    return key.strip() if scheme.lower() == "bearer" else ""


def wait_until(holds: Callable[[], bool], seconds: float = 60.0) -> None:
    """Wait until something holds, or for so many seconds."""
    ends = time.monotonic() + seconds
    while not holds() and time.monotonic() < ends:
        time.sleep(0.01)


@contextmanager
def serving(store: Store) -> Iterator[Store]:
    """Serve a store on loopback for as long as the block lasts; its address is in ``url``."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement

        def _handle(self) -> None:
            length = self.headers.get("Content-Length", "")
            data = self.rfile.read(int(length)) if length.isdigit() else self._chunks()
            path = urlsplit(self.path).path
            with store.lock:
                store.calls.append((self.command, self.path))
                if self.command == "DELETE":
                    store.deletes.append(self.path)
                status, value = self._answer(unquote(path), data)
            time.sleep(store.pause)
            text = json.dumps(value).encode() if status != 204 else b""
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if status != 204:
                self.send_header("Content-Length", str(len(text)))
            if status == 405:
                self.send_header("Allow", "POST")
            if status == 401:
                self.send_header("WWW-Authenticate", "Bearer")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text)

        def _chunks(self) -> bytes:
            data = b""
            while self.headers.get("Transfer-Encoding") and (size := int(self.rfile.readline(), 16)):
                data += self.rfile.read(size)
                self.rfile.readline()
            return data

        def _answer(self, path: str, data: bytes) -> tuple[int, Any]:
            key = _key_of(self.headers.get("Authorization", ""))
            name = path.removeprefix("/v1/chats").removeprefix("/")
            known = key in (KEY, OTHER_KEY)
            if path == "/v1/list" and self.command == "GET" and known:
                return store.list(urlsplit(self.path).query)
            if not path.startswith("/v1/chats"):
                return 404, {"error": "nothing is here"}
            if self.command == "GET" and name and (known or store.leaks):
                return store.read(key, name)
            if not known:
                return 401, {"error": "this key is not known"}
            if self.command == "DELETE":
                return store.delete(key, name)
            if self.command != "POST" or name:
                return 405, {"error": "POST creates a chat"}
            if "json" not in self.headers.get("Content-Type", "").lower():
                return 400, {"error": "JSON is needed"}
            try:
                return store.create(key, json.loads(data.decode()))
            except (ValueError, RecursionError):
                return 400, {"error": "this is not JSON"}

        do_POST = do_GET = do_DELETE = do_PUT = do_PATCH = do_HEAD = do_OPTIONS = do_TRACE = _handle  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    store.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
