"""A service that creates chats, behind a gateway that checks keys; each reads a request in its own way.

It is written from HTTP and the document alone, and shares no code with chatcert.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs

from json_server import METHODS, running

PATH = "/v1/chats"


@dataclass(frozen=True)
class Call:
    """A request as it arrived; header names are in lower case."""

    method: str
    path: str
    query: dict[str, list[str]]
    headers: dict[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """One header; empty where there is none."""
        return self.headers.get(name, "")


Answer = tuple[int, Any]


@dataclass(frozen=True)
class GuardedService:
    """How a server answers a call.

    Attributes:
        admits: whether a call has valid credentials.
        guards: whether the gateway checks keys for this call at all.
        path: the path by which the service chooses the operation.
        method: the method that the service acts on.
        media_types: what the service reads as JSON; everything where it is empty.
        agents: whose each agent is, by the key of its account; chats name an agent where there are some.
        before: an answer that is given before anything is checked.
        elsewhere: the answer at all other paths.
        key_first: whether keys are checked before the path, so that callers without a key learn no path.
        seen: every call.
    """

    admits: Callable[[Call], bool]
    guards: Callable[[Call], bool] = lambda _: True
    path: Callable[[Call], str] = lambda call: call.path
    method: Callable[[Call], str] = lambda call: call.method
    media_types: tuple[str, ...] = ("application/json",)
    before: Callable[[Call], Answer | None] = lambda _: None
    agents: dict[str, str] = field(default_factory=dict)
    elsewhere: Callable[[Call], Answer] = lambda _: (404, {"error": "nothing here"})
    key_first: bool = False
    seen: list[Call] = field(default_factory=list)

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        self.seen.append(call)
        try:
            return self.before(call) or self._answer(call)
        except Exception as error:  # noqa: BLE001  what frameworks do with an error that nobody catches
            return 500, {"error": type(error).__name__}

    def _answer(self, call: Call) -> Answer:
        refused = self.guards(call) and not self.admits(call)
        if refused and self.key_first:
            return 401, {"error": "who are you?"}
        if self.path(call) != PATH:
            return self.elsewhere(call)
        if refused:
            return 401, {"error": "who are you?"}
        if self.method(call) != "POST":
            return 405, {"error": "POST only"}
        media_type = call.header("content-type").partition(";")[0].strip().lower()
        if self.media_types and media_type not in self.media_types:
            return 415, {"error": "JSON only"}
        title = _title(call.body, "agent_id" if self.agents else "")
        if title and self.agents.get(str(json.loads(call.body).get("agent_id")), call.header("x-key")) != call.header(
            "x-key"
        ):
            return 404, {"error": "no such agent"}
        return (201, {"id": str(uuid.uuid4()), "title": title}) if title else (400, {"error": "no such chat"})


def _title(body: bytes, other: str = "") -> str:
    try:
        chat = json.loads(body.decode(), parse_constant=_none)
    except (ValueError, RecursionError):
        return ""
    wanted = {"title", other} - {""}
    title = chat.get("title") if isinstance(chat, dict) and set(chat) == wanted else None
    if other and title and not isinstance(chat[other], str):
        return ""
    return title if isinstance(title, str) and 1 <= len(title) <= 20 else ""


def _none(word: str) -> None:
    raise ValueError(word)


@contextmanager
def guarded_server(service: GuardedService) -> Iterator[str]:
    """Run a service; yield its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1

        def log_message(self, *parts: Any) -> None:
            """Say nothing."""

        def chunks(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding") is None:
                yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
                return
            while size := int(self.rfile.readline().partition(b";")[0], 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass

        def handle_call(self) -> None:
            body = b"".join(self.chunks())
            raw, _, query = self.requestline.split(" ")[1].partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, value = service.answer(Call(self.command, raw, parse_qs(query), headers, body))
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "text/html" if isinstance(value, bytes) else "application/json")
            self.send_header("Content-Length", str(len(data)))
            if status in (401, 405):
                self.send_header("WWW-Authenticate" if status == 401 else "Allow", "POST")
            if status == 308:
                self.send_header("Location", PATH)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

    with running(Handler, (*METHODS, "TRACE")) as url:
        yield url
