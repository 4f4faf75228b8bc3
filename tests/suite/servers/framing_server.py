"""A server of Agencii's page on plain sockets, which frames messages itself; it shares no code with chatcert."""

from __future__ import annotations

import gzip
import itertools
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

SECRET = "sk-agencii-frontdesk-5b1d"
INTEGRATION = "int_frontdesk_01"
LARGE = 1_000_000


@dataclass
class Message:
    """One request as it was read."""

    line: str
    headers: dict[str, str]
    body: bytes = b""
    whole: bool = True
    left: bytes = b""


@dataclass
class State:
    """What the server knows, and the one thing that it does in its own way.

    Attributes:
        trait: the name of the defect, or of the honest peculiarity; empty for none.
        pending: what an earlier request has left behind in the whole process.
    """

    trait: str = ""
    pending: list[str] = field(default_factory=list)
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))


class Wire:
    """One connection, read message by message."""

    def __init__(self, connection: socket.socket, state: State) -> None:
        self.connection = connection
        self.state = state
        self.buffer = b""

    def fill(self) -> bool:
        """Read more; return whether there was more."""
        data = self.connection.recv(65536)
        self.buffer += data
        return bool(data)

    def until(self, mark: bytes) -> bytes | None:
        """Take what comes before a mark, and the mark."""
        while mark not in self.buffer:
            if not self.fill():
                return None
        before, _, self.buffer = self.buffer.partition(mark)
        return before

    def exactly(self, size: int) -> bytes | None:
        """Take so many bytes."""
        while len(self.buffer) < size:
            if not self.fill():
                return None
        taken, self.buffer = self.buffer[:size], self.buffer[size:]
        return taken

    def message(self) -> Message | None:
        """Read one request; nothing where the client has left."""
        head = self.until(b"\r\n\r\n")
        if head is None:
            return None
        line, *rest = head.decode("latin-1").split("\r\n")
        pairs = (one.partition(":") for one in rest)
        found = Message(line, {name.strip().lower(): value.strip() for name, _, value in pairs})
        if found.headers.get("expect", "").lower() == "100-continue" and "expect" not in self.state.trait:
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        if found.headers.get("transfer-encoding", "").lower() == "chunked":
            found.body = self.chunks()
            if self.state.trait == "first-chunk-only":
                found.body = found.body[: (len(found.body) + 1) // 2]
            if self.state.trait == "chunks-unread":
                found.body = b""
        else:
            size = int(found.headers.get("content-length") or 0)
            body = self.exactly(size)
            found.body, found.whole = (body, True) if body is not None else (self.buffer, False)
        return found

    def chunks(self) -> bytes:
        """Read a body in chunks (RFC 9112 section 7.1)."""
        parts = []
        while True:
            size = int((self.until(b"\r\n") or b"0").partition(b";")[0], 16)
            if size == 0:
                while self.until(b"\r\n"):
                    pass
                return b"".join(parts)
            parts.append(self.exactly(size) or b"")
            self.exactly(2)


def status_and_body(state: State, message: Message, seen: list[int]) -> tuple[int, dict[str, str]]:
    """Decide on a request as the page says, but for the trait of this server.

    Args:
        seen: the statuses that this connection has had before.
    """
    headers, trait = message.headers, state.trait
    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    accept = headers.get("accept")
    method, path, _ = message.line.split(" ", 2)
    if path != "/create_new_chat" or method != "POST":
        return 404, {"detail": "Nothing is here."}
    refusals = {
        "refuses-chunks-411": (chunked, 411),
        "refuses-chunks-400": (chunked, 400),
        "refuses-expect-417": ("expect" in headers, 417),
        "fails-on-expect": ("expect" in headers, 500),
        "refuses-weights-406": (";q=" in (accept or ""), 406),
        "fails-without-accept": (accept is None, 500),
        "wants-json-alone": (accept != "application/json", 415),
        "login-blocks-connection": (401 in seen, 401),
    }
    applies, status = refusals.get(trait, (False, 0))
    if applies:
        return status, {"detail": "Not like this."}
    if state.pending:
        return 500, {"detail": state.pending.pop()}
    unauthenticated = trait == "chunks-need-no-key" and chunked
    if headers.get("authorization") != f"Bearer {SECRET}" and not unauthenticated:
        return 401, {"detail": "The token is wrong."}
    if len(message.body) > LARGE:
        state.pending += ["The worker restarts."] if trait == "large-body-lingers" else []
        return 413, {"detail": "The body is too large."}
    if trait == "chunks-unchecked" and chunked:
        return 200, {"chatId": f"c{next(state.numbers)}"}
    try:
        value = json.loads(message.body)
    except ValueError:
        value = None
    if not isinstance(value, dict) or not isinstance(value.get("apiIntegrationId"), str):
        state.pending += ["The parser is dirty."] if trait == "refusal-lingers" else []
        return 400, {"detail": "apiIntegrationId is needed."}
    return 200, {"chatId": f"c{next(state.numbers)}"}


def written(state: State, message: Message, status: int, value: dict[str, str]) -> tuple[bytes, bool]:
    """Write the answer; return it, and whether the connection stays open."""
    body, media_type, more = json.dumps(value).encode(), "application/json", ""
    headers = message.headers
    if state.trait == "page-for-browsers" and status == 200 and "text/plain" in headers.get("accept", ""):
        body, media_type = b"<p>Created.</p>", "text/html"
    if state.trait == "always-packed" or (state.trait == "packs-for-gzip" and headers.get("accept-encoding") == "gzip"):
        body, more = gzip.compress(body), "Content-Encoding: gzip\r\n"
    if status == 401:
        more += 'WWW-Authenticate: Bearer realm="chats"\r\n'
    close = headers.get("connection", "").lower() == "close" or (state.trait == "closes-after-errors" and status >= 400)
    announced = "close" if close else "keep-alive"
    length = len(body) + (10 if state.trait == "cut-off-when-closing" and close else 0)
    head = f"HTTP/1.1 {status} X\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n{more}"
    keep = not close and state.trait != "closes-silently"
    return f"{head}Connection: {announced}\r\n\r\n".encode() + body, keep


def serve_one(connection: socket.socket, state: State) -> None:
    """Serve one connection until either side closes it."""
    wire, seen, open_ = Wire(connection, state), [], True
    with suppress(OSError, ValueError), connection:
        while open_ and (message := wire.message()) is not None:
            if not message.whole:
                state.pending += ["Half a body is left."] if state.trait == "upload-lingers" else []
                return
            status, value = status_and_body(state, message, seen)
            seen.append(status)
            answer, open_ = written(state, message, status, value)
            connection.sendall(answer)


@contextmanager
def framing_server(trait: str = "") -> Iterator[str]:
    """Run the server; gives its address."""
    state = State(trait)
    with socket.create_server(("127.0.0.1", 0), backlog=64) as listener:

        def accept() -> None:
            with suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    threading.Thread(target=serve_one, args=(connection, state), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            with suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
