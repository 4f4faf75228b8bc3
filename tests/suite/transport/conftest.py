"""Fixtures for the tests of targets: tiny servers with one misbehaviour each, and sessions that talk to them."""

from __future__ import annotations

import base64
import gzip
import json
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import trustme

from chatcert.cases.case import Case
from chatcert.cases.planner import Planner
from chatcert.cases.profile import PROFILES
from chatcert.openapi.contract import Contract
from chatcert.openapi.existing_names import resource_names
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.transport.credentials.secret_values import Secret
from chatcert.transport.curl import curl_line
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.sending import Session
from chatcert.transport.target import Target
from chatcert.vendors import open_vendor

SECRETS = {
    "BearerAuth": "sk-test-9fQ2vX7LmT4bR8wZ",
    "ApiKeyAuth": "pk_test_9fQ2vX7LmT4bR8wZ",
    "TokenAuth": "tok_Hq3nB6yK1sD5jV0c",
    "apiKeyAuth": "sm_test_9fQ2vX7LmT4bR8wZ",
}
EXISTING = "existing_7Fq2x9"
"""The name of everything that exists on a fake."""


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    target: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    connection: int
    turn: int

    def header(self, name: str) -> str | None:
        """The first header of that name, in any case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


Behaviour = Callable[["Fake", socket.socket, Seen], bool]


class Fake:
    """A server on a loopback port whose answers are one function; the function tells whether to go on."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.requests: list[Seen] = []
        self.stopped = threading.Event()
        self.lock = threading.Lock()
        self._behaviour = behaviour
        self._connections: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """Cut every connection, and wait for the threads."""
        self.stopped.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        number = 0
        while not self.stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            number += 1
            self._connections.append(connection)
            thread = threading.Thread(target=self._serve, args=(connection, number), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        turn = 0
        with suppress(OSError), connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection.makefile("rb") as stream:
                while True:
                    turn += 1
                    seen = _read(stream, connection, number, turn)
                    if seen is None:
                        return
                    with self.lock:
                        self.requests.append(seen)
                    if not self._behaviour(self, connection, seen):
                        return


def _read(stream: Any, connection: socket.socket, number: int, turn: int) -> Seen | None:
    if connection.recv(1, socket.MSG_PEEK) == TLS:
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return None
    first = stream.readline().decode("latin-1").split(" ")
    if len(first) < 3:
        return None
    headers = []
    while line := stream.readline().decode("latin-1").rstrip("\r\n"):
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    seen = Seen(first[0], first[1], tuple(headers), b"", number, turn)
    if seen.header("Expect"):
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    length = int(seen.header("Content-Length") or 0)
    return Seen(seen.method, seen.target, seen.headers, stream.read(length), number, turn)


def message(status: int, body: bytes = b"", *headers: tuple[str, str], length: int | None = None) -> bytes:
    """An HTTP/1.1 answer with a Content-Length."""
    lines = [f"HTTP/1.1 {status} Reason", f"Content-Length: {len(body) if length is None else length}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


DRIBBLES = 250
TLS = b"\x16"
CHAT = message(201, b'{"chatId": "chat_1", "response": [{"role": "assistant"}]}', ("Content-Type", "application/json"))


class Behaviours:
    """What a fake can do, each named by its one misbehaviour."""

    message = staticmethod(message)

    @staticmethod
    def healthy(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(CHAT)
        return True

    @staticmethod
    def resets(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return False

    @staticmethod
    def drops(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        return False

    @staticmethod
    def drops_used_connections(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        """The first request of a connection is answered as one that may be used again; the second is not at all."""
        if seen.turn == 1:
            connection.sendall(CHAT)
            return True
        return False

    @staticmethod
    def cuts_short(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(message(201, b'{"chatId"', length=100))
        return False

    @staticmethod
    def breaks_a_chunk(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n20\r\n{")
        return False

    @staticmethod
    def misstates_a_chunk(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n")
        return False

    @staticmethod
    def speaks_another_protocol(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"220 mail.example.org ESMTP ready\r\n\r\n")
        return False

    @staticmethod
    def packs_badly(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(message(201, b"this is not gzip", ("Content-Encoding", "gzip")))
        return False

    @staticmethod
    def hangs(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        fake.stopped.wait(30)
        return False

    @staticmethod
    def stalls(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(message(201, b"{", length=50))
        fake.stopped.wait(30)
        return False

    @staticmethod
    def dribbles(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        """An answer that makes some progress all the time, for longer than anybody should wait."""
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(DRIBBLES):
            if not fake.stopped.wait(0.01):
                connection.sendall(b"1\r\n \r\n")
        return False

    @staticmethod
    def dribbles_headers(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        """The same before the answer has even begun."""
        connection.sendall(b"HTTP/1.1 201 Created\r\nX-Long: ")
        for _ in range(DRIBBLES):
            if not fake.stopped.wait(0.01):
                connection.sendall(b"a")
        return False

    @staticmethod
    def never_ends(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n")
        chunk = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
        while not fake.stopped.is_set():
            connection.sendall(chunk)
        return False

    @staticmethod
    def has_endless_headers(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        connection.sendall(b"HTTP/1.1 201 Created\r\n")
        while not fake.stopped.is_set():
            connection.sendall(b"X-Padding: " + b"a" * 8000 + b"\r\n")
        return False

    @staticmethod
    def echoes(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
        """The whole request comes back as the answer's body, a header of it included."""
        lines = [f"{seen.method} {seen.target}", *(f"{name}: {value}" for name, value in seen.headers)]
        text = "\n".join(lines).encode("latin-1") + b"\n\n" + seen.body
        pairs = [("X-Echo", value) for name, value in seen.headers if value.isprintable()]
        connection.sendall(message(200, b"" if seen.method == "HEAD" else text, *pairs))
        return True

    @staticmethod
    def answers(*raw: bytes) -> Behaviour:
        """These answers one after the other, whichever connection asks; the last of them for ever."""
        left = list(raw)

        def answer(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
            with fake.lock:
                chosen = left.pop(0) if len(left) > 1 else left[0]
            connection.sendall(chosen)
            return True

        return answer

    @staticmethod
    def when(words: bytes, then: Behaviour, otherwise: Behaviour) -> Behaviour:
        """One behaviour for requests whose body holds ``words``, another for the rest."""

        def choose(fake: Fake, connection: socket.socket, seen: Seen) -> bool:
            return (then if words in seen.body else otherwise)(fake, connection, seen)

        return choose


@pytest.fixture(scope="session")
def bombs() -> tuple[bytes, bytes]:
    """Answers whose small body unpacks to 128 MB of zeros: packed once, and packed twice."""
    once = gzip.compress(bytes(128 * 2**20), 1)
    packed = ("Content-Encoding", "gzip"), ("Content-Encoding", "gzip, gzip")
    return message(201, once, packed[0]), message(201, gzip.compress(once, 9), packed[1])


@pytest.fixture
def behaviours() -> type[Behaviours]:
    """What fakes can do."""
    return Behaviours


@pytest.fixture
def fake() -> Iterator[Callable[[Behaviour], Fake]]:
    """Starts a fake with a behaviour; every fake is gone after the test."""
    started: list[Fake] = []

    def start(behaviour: Behaviour) -> Fake:
        started.append(Fake(behaviour))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def closed_url() -> Iterator[str]:
    """An address at which nothing listens: its port is held, so that no other test's server gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@dataclass
class Talk:
    """A session with everything that it recorded."""

    session: Session
    planner: Planner
    catalogue: Catalogue
    exchanges: list[Exchange]
    sleeps: list[float]

    def plan(self, path: str) -> tuple[Case, ...]:
        """The cases of one requirement, by its id without the vendor."""
        return self.planner.plan(self.catalogue.requirements[f"{self.catalogue.contract.vendor}/{path}"]).cases

    def line(self, exchange: Exchange) -> str:
        """The command line that sends an exchange's request again."""
        return curl_line(exchange.sent, self.catalogue.contract)


@cache
def _planned(vendor: str) -> tuple[Planner, Catalogue]:
    """The plans of a bundled vendor at the profile quick, made once, and its catalogue."""
    contract = open_vendor(vendor)
    return Planner(contract, dict.fromkeys(resource_names(contract), EXISTING), PROFILES["quick"], 1), derive(contract)


@pytest.fixture
def talk(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Talk]]:
    """Makes sessions with a server; what they would sleep is written down instead."""
    import time

    from chatcert.transport import sending as module

    sleeps: list[float] = []
    monkeypatch.setattr(module, "time", SimpleNamespace(time=time.time, sleep=sleeps.append))
    sessions: list[Session] = []

    def make(
        url: str,
        vendor: str = "sigmamind",
        *,
        contract: Contract | None = None,
        secrets: dict[str, str] | None = None,
        **more: Any,
    ) -> Talk:
        is_bundled = contract is None
        contract = contract or open_vendor(vendor)
        resources = dict.fromkeys(resource_names(contract), EXISTING)
        known = [] if more.pop("without_credentials", False) else contract.credentials
        credentials = {c.scheme: Secret((secrets or SECRETS)[c.scheme]) for c in known}
        jobs = more.pop("jobs", 1)
        named = {name: more.pop(name) for name in ("timeout", "rate", "max_requests") if name in more}
        limits = Limits(**{"timeout": 5.0, **named})
        target = Target(url=url, credentials=credentials, resources=resources, limits=limits, **more)
        if is_bundled:
            planner, catalogue = _planned(vendor)
        else:
            planner, catalogue = Planner(contract, resources, PROFILES["quick"], 1), derive(contract)
        found: list[Exchange] = []
        session = Session(contract, target, found.append, baseline=planner.requests.control(), jobs=jobs)
        sessions.append(session)
        return Talk(session, planner, catalogue, found, sleeps)

    yield make
    for session in sessions:
        session.close()


@pytest.fixture
def recorded() -> Callable[[Sequence[Exchange]], str]:
    """Everything that is written down of exchanges, as one text."""

    def text(exchanges: Sequence[Exchange]) -> str:
        return "\n".join(json.dumps(e.to_dict(), ensure_ascii=False) for e in exchanges)

    return text


class SecureServer:
    """A server that speaks TLS with a certificate of its own making, and may want one of the client."""

    def __init__(self, certificate: trustme.LeafCert, wants: trustme.CA | None) -> None:
        self.requests: list[str] = []
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        if wants is not None:
            wants.configure_trust(context)
            context.verify_mode = ssl.CERT_REQUIRED
        handler = type("Handler", (_Chatting,), {"context": context, "requests": self.requests})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.url = f"https://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)


class _Chatting(BaseHTTPRequestHandler):
    """Answers every request with a chat, over TLS."""

    context: ssl.SSLContext
    requests: list[str]

    def handle(self) -> None:
        # a handshake that fails is the client's to tell
        with suppress(OSError), self.context.wrap_socket(self.request, server_side=True) as connection:
            self.rfile, self.wfile = connection.makefile("rb"), connection.makefile("wb")
            super().handle()

    def do_POST(self) -> None:
        self.requests.append(self.requestline)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.wfile.write(CHAT)
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def own() -> trustme.CA:
    """An authority that nobody knows."""
    return trustme.CA()


@pytest.fixture
def bundle(own: trustme.CA, tmp_path: Path) -> Path:
    """A file from which the authority is known."""
    path = tmp_path / "ca.pem"
    own.cert_pem.write_to_path(path)
    return path


@pytest.fixture
def secure() -> Iterator[Callable[..., SecureServer]]:
    """Starts servers that speak TLS."""
    started: list[SecureServer] = []

    def start(certificate: trustme.LeafCert, wants: trustme.CA | None = None) -> SecureServer:
        started.append(SecureServer(certificate, wants))
        return started[-1]

    yield start
    for one in started:
        one.close()


class Proxy:
    """An HTTP proxy: hands requests on, and makes tunnels; may want a user and a password."""

    def __init__(self, user: str = "", password: str = "") -> None:
        self.asked: list[str] = []
        self._expected = f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}" if user else None
        self._sockets: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def address(self, user: str = "", password: str = "") -> Secret:
        return Secret(f"http://{user}:{password}@127.0.0.1:{self._port}" if user else f"http://127.0.0.1:{self._port}")

    def close(self) -> None:
        for one in [self._listener, *self._sockets]:
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._sockets.append(connection)
                threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError, ValueError):
            data = b""
            while b"\r\n\r\n" not in data:
                part = connection.recv(65_536)
                if not part:
                    return
                data += part
            head, _, rest = data.partition(b"\r\n\r\n")
            lines = head.decode("latin-1").split("\r\n")
            self.asked.append(lines[0])
            kept = [line for line in lines[1:] if not line.lower().startswith("proxy-")]
            if self._expected is not None and f"Proxy-Authorization: {self._expected}" not in lines:
                connection.sendall(message(407))
                connection.close()
                return
            method, place, version = lines[0].split(" ")
            parts = urlsplit(place if "//" in place else f"//{place}")
            onward = socket.create_connection((str(parts.hostname), parts.port or 80))
            self._sockets.append(onward)
            if method == "CONNECT":
                connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                request = "\r\n".join([f"{method} {parts.path or '/'} {version}", *kept]).encode("latin-1")
                onward.sendall(request + b"\r\n\r\n" + rest)
            threading.Thread(target=_pour, args=(onward, connection), daemon=True).start()
            _pour(connection, onward)


def _pour(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while part := source.recv(65_536):
            sink.sendall(part)
        sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy() -> Iterator[Callable[..., Proxy]]:
    """Starts proxies."""
    started: list[Proxy] = []

    def start(user: str = "", password: str = "") -> Proxy:
        started.append(Proxy(user, password))
        return started[-1]

    yield start
    for one in started:
        one.close()
