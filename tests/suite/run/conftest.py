"""Fixtures for whole runs: a shared mock, independent servers, both front ends, and the process table."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.faults import Fault
from chatcert.mock.process import RunningMock, running_mock
from chatcert.vendors import known_vendors

ROOT = Path(__file__).parents[3]
SECONDS = 120
MARK = "RUN_OF_A_TEST"
BUNDLED = {*known_vendors()}


@dataclass(frozen=True)
class Run:
    """A run that has ended.

    Attributes:
        status: its exit status.
        text: everything that it printed.
        folder: where its reports are.
    """

    status: int
    text: str
    folder: Path

    def report(self, vendor: str) -> dict[str, Any]:
        """The report of one vendor."""
        found: dict[str, Any] = json.loads((self.folder / vendor / "report.json").read_text(encoding="utf-8"))
        return found

    def words(self, vendor: str) -> dict[str, str]:
        """The verdict on every requirement of one vendor, by id."""
        return {row["id"]: row["verdict"] for row in self.report(vendor)["requirements"]}

    def with_word(self, vendor: str, *words: str) -> list[str]:
        """Ids of the requirements with one of these verdicts."""
        return [name for name, word in self.words(vendor).items() if word in words]


@pytest.fixture(scope="session")
def mock() -> Iterator[RunningMock]:
    """One faithful mock of all vendors for all tests of this process, with the resources that it has in all others."""
    with running_mock(seed=1) as running:
        yield running


@dataclass
class Switchboard:
    """An ASGI application with a configurable behaviour.

    Attributes:
        address: where it is served with the names of headers as they are sent, which is slow.
        fast_address: where it is served as the mock serves whatever does not need that.
    """

    app: Any = None
    address: str = ""
    fast_address: str = ""

    def address_of(self, *faults: Fault) -> str:
        """Where the mock serves what has these faults, as it chooses its protocol itself."""
        return self.address if any(one.deviations.needs_header_names for one in faults) else self.fast_address

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        await self.app(scope, receive, send)


@pytest.fixture(scope="session")
def switchboard() -> Iterator[Switchboard]:
    """Two servers in this process that are a mock with one fault after another."""
    board = Switchboard()
    import uvicorn

    from chatcert.mock.deviation.header_names import NamesKeptProtocol

    def start(protocol: Any) -> tuple[uvicorn.Server, threading.Thread, str]:
        running = uvicorn.Server(uvicorn.Config(board, port=0, http=protocol, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=running.run, daemon=True)
        thread.start()
        deadline = time.monotonic() + 30
        while not running.started and time.monotonic() < deadline:
            time.sleep(0.01)
        return running, thread, f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"

    started = [start(NamesKeptProtocol), start("auto")]
    board.address, board.fast_address = (address for *_, address in started)
    yield board
    for running, _, _ in started:
        running.should_exit = True
    for _, thread, _ in started:
        thread.join(10)


@pytest.fixture(scope="session")
def peers() -> ModuleType:
    """The servers that share no code with the mock or the judge."""
    name = "peers_of_runs"
    folder = ROOT / "tests" / "suite" / "peers"
    spec = spec_from_file_location(name, folder / "__init__.py", submodule_search_locations=[str(folder)])
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without any variable of ours."""
    for name in list(os.environ):
        if name.startswith(("CHATCERT_", "PYTEST_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "200")
    return monkeypatch


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a run in this process waits before it tries again, it waits for a fiftieth of the time.

    For servers that count requests, not seconds. How long it waits otherwise is shown in tests/suite/transport.
    """
    monkeypatch.setattr(
        "chatcert.transport.sending.time", SimpleNamespace(sleep=lambda seconds: time.sleep(seconds / 50))
    )


@pytest.fixture
def certify(tmp_path: Path, capfd: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch) -> Callable[..., Run]:
    """Runs ``chatcert certify`` in this process, at the profile quick and with a seed unless others are given."""

    def run(*arguments: object, variables: dict[str, str] | None = None, folder: str = "certify") -> Run:
        for name, value in (variables or {}).items():
            environment.setenv(name, value)
        command = ["certify", "--report-dir", str(tmp_path / folder), *map(str, arguments)]
        for option, value in (("--profile", "quick"), ("--seed", "1")):
            command += [] if option in command else [option, value]
        capfd.readouterr()
        status = main(command)
        out, err = capfd.readouterr()
        return Run(status, out + err, tmp_path / folder)

    return run


@pytest.fixture
def started(environment: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts this Python with a module in a process group of its own; nothing of it outlives the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*command: object, variables: dict[str, str] | None = None) -> subprocess.Popen[str]:
        output = (tmp_path / f"output-{len(running)}").open("w", encoding="utf-8")
        running.append(
            subprocess.Popen(
                [sys.executable, "-m", *map(str, command)],
                cwd=ROOT,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                env={**os.environ, **(variables or {})},
                start_new_session=True,
            )
        )
        output.close()
        return running[-1]

    yield start
    for process in running:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(SECONDS)


def contract_tests(folder: Path, arguments: tuple[object, ...]) -> list[str]:
    """Arguments of pytest for the contract tests, at the profile quick and with a seed."""
    fixed = ("tests/contract", "-p", "no:cacheprovider", "--profile", "quick", "--chatcert-seed", "1")
    return [*fixed, "--rootdir", str(ROOT), "--report-dir", str(folder), *map(str, arguments)]


@pytest.fixture
def run_pytest(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch
) -> Callable[..., Run]:
    """Runs the contract tests under a pytest within this process, which spares it the imports."""

    def run(*arguments: object, variables: dict[str, str] | None = None) -> Run:
        for name, value in (variables or {}).items():
            environment.setenv(name, value)
        environment.chdir(ROOT)
        capfd.readouterr()
        status = pytest.main([*contract_tests(tmp_path / "pytest", arguments), "-p", "no:xdist"])
        out, err = capfd.readouterr()
        return Run(int(status), out + err, tmp_path / "pytest")

    return run


@pytest.fixture
def start_pytest(started: Callable[..., subprocess.Popen[str]], tmp_path: Path) -> Callable[..., Run]:
    """Runs the contract tests under pytest in a process of its own."""

    def run(*arguments: object, variables: dict[str, str] | None = None) -> Run:
        output = tmp_path / f"output-{len(list(tmp_path.glob('output-*')))}"
        process = started("pytest", *contract_tests(tmp_path / "pytest", arguments), variables=variables)
        status = process.wait(SECONDS)
        return Run(status, output.read_text(encoding="utf-8"), tmp_path / "pytest")

    return run


class RefusesEverybody(BaseHTTPRequestHandler):
    """Answers 401 to everything, and keeps connections open as long as the client does."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement
    open_connections: set[object]
    changed: threading.Condition

    def setup(self) -> None:
        super().setup()
        with self.changed:
            self.open_connections.add(self)

    def finish(self) -> None:
        super().finish()
        with self.changed:
            self.open_connections.discard(self)
            self.changed.notify_all()

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = b'{"detail": "Who are you?"}'
        self.send_response(401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def refusing() -> Iterator[tuple[str, Callable[[], bool]]]:
    """The address of a server that refuses everybody, and whether every connection to it was closed in time."""
    changed = threading.Condition()
    opened: set[object] = set()
    handler = type("Handler", (RefusesEverybody,), {"open_connections": opened, "changed": changed})

    def all_closed() -> bool:
        with changed:
            return changed.wait_for(lambda: not opened, timeout=5)

    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", all_closed
        server.shutdown()
        thread.join(5)


@pytest.fixture
def counting_url() -> Iterator[tuple[str, list[object]]]:
    """An address whose server drops every connection, and the list of those that came."""
    came: list[object] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, peer = listener.accept()
                came.append(peer)
                connection.close()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{listener.getsockname()[1]}", came
    with suppress(OSError):
        listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join(5)


@pytest.fixture
def closed_url() -> Iterator[str]:
    """An address at which nothing listens: its port is held, so that no other test's server gets it."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{held.getsockname()[1]}"


@dataclass(frozen=True)
class Family:
    """All processes that inherited a mark from one test.

    Attributes:
        variables: what a process has to be started with to belong to it.
    """

    mark: str

    @property
    def variables(self) -> dict[str, str]:
        return {MARK: self.mark}

    def living(self, words: str = "") -> list[int]:
        """Ids of its processes that run a command with these words."""
        found = []
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError):
                number = int(entry.name)
                if f"{MARK}={self.mark}".encode() not in (entry / "environ").read_bytes().split(b"\0"):
                    continue
                if words in (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                    found.append(number)
        return found

    def until(self, count: int, words: str = "", seconds: float = 30) -> list[int]:
        """Look at the process table until so many of them live, or time is up; returns those that do."""
        end = time.monotonic() + seconds
        while len(found := self.living(words)) != count and time.monotonic() < end:
            time.sleep(0.02)
        return found


@pytest.fixture
def family() -> Family:
    """A mark of this test's own."""
    if not Path("/proc/self/environ").exists():
        pytest.skip("no process table to read")
    return Family(uuid.uuid4().hex)
