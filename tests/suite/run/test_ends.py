"""However a run ends, it leaves a report that says what it lacks, the right exit status, and that within seconds."""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.cli.main import main
from chatcert.report.reader import read_report
from chatcert.run.interruption import SIGNALS, Interrupted, Interruption
from chatcert.run.time_limit import ending_in
from chatcert.transport.budget import TimeSpent

pytestmark = pytest.mark.slow

VENDOR = "agencii"
SECONDS = 5
HANGS = """
import sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # one write for an answer: two are 40 ms apart, for want of an acknowledgement
    served = 0
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        Handler.served += 1
        if Handler.served > 10:
            time.sleep(60)
        body = b'{"chatId": "c%d"}' % Handler.served
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_):
        pass
"""


@pytest.fixture
def handlers() -> Iterator[None]:
    """The handlers of this process as they were, whatever a test does to them."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def hanging() -> Iterator[str]:
    """The address of a server that answers ten requests and lets all others wait."""
    program = f'{HANGS}\nserver = ThreadingHTTPServer(("127.0.0.1", 0), Handler)\n'
    program += "print(server.server_port, flush=True)\nserver.serve_forever()\n"
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.kill()


@pytest.fixture
def begun(started: Any, tmp_path: Path) -> Callable[..., Any]:
    """Begins a run in a process of its own."""

    def begin(url: str, *arguments: object) -> Any:
        variables = {"CHATCERT_AGENCII_BEARER_AUTH": "sk-test-abcdefghijkl"}
        variables["CHATCERT_AGENCII_API_INTEGRATION_ID"] = "integration-12345"
        given = ("--url", url, "--seed", 1, "--report-dir", tmp_path / "run")
        return started("chatcert", "certify", VENDOR, *given, *arguments, variables=variables)

    return begin


def until_rows(folder: Path, count: int, process: str = "certify") -> None:
    """Wait until the ledger of a run has so many rows."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        ledgers = list(folder.glob(f"{VENDOR}/.run/*/{process}.jsonl"))
        if ledgers and ledgers[0].read_bytes().count(b"\n") >= count:
            return
        time.sleep(0.005)


@pytest.mark.parametrize("jobs", [1, 4])
def test_two_signals_while_requests_hang(jobs: int, hanging: str, begun: Any, tmp_path: Path) -> None:
    """What ``timeout`` does: the second signal neither prevents the report nor waits for answers that never come."""
    process = begun(hanging, "--profile", "quick", "--jobs", jobs)
    until_rows(tmp_path / "run", 22)
    time.sleep(0.5)
    began = time.monotonic()

    process.send_signal(signal.SIGTERM)
    time.sleep(0.05)
    process.send_signal(signal.SIGTERM)

    assert 143 == process.wait(60)
    assert time.monotonic() - began < SECONDS
    report = read_report(tmp_path / "run" / VENDOR / "report.json")
    assert not report["complete"]
    assert 10 == report["requests"]
    assert "interrupted by SIGTERM" in (tmp_path / "output-0").read_text(encoding="utf-8")


@pytest.mark.parametrize("rows", [1, 3])
def test_two_signals_while_it_is_planned(rows: int, hanging: str, begun: Any, tmp_path: Path) -> None:
    """Before anything is sent, and while the first requests are planned, the same holds."""
    process = begun(hanging, "--profile", "thorough")
    until_rows(tmp_path / "run", rows)
    began = time.monotonic()

    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)

    assert 143 == process.wait(60)
    assert time.monotonic() - began < SECONDS
    assert not read_report(tmp_path / "run" / VENDOR / "report.json")["complete"]


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGINT, 130)])
def test_two_signals_to_pytest(hanging: str, started: Any, tmp_path: Path, number: int, status: int) -> None:
    """A run of pytest that is interrupted leaves the same report and the same exit status."""
    variables = {"CHATCERT_AGENCII_BEARER_AUTH": "sk-test-abcdefghijkl"}
    variables["CHATCERT_AGENCII_API_INTEGRATION_ID"] = "integration-12345"
    given = ("tests/contract", "-p", "no:cacheprovider", "-p", "no:xdist", "--profile", "quick")
    place = ("--report-dir", tmp_path / "run", "--vendor", VENDOR, "--url", hanging)
    process = started("pytest", *given, *place, variables=variables)
    until_rows(tmp_path / "run", 12, "main")
    time.sleep(0.5)
    began = time.monotonic()

    process.send_signal(number)
    time.sleep(0.05)
    process.send_signal(number)

    assert status == process.wait(60), (tmp_path / "output-0").read_text(encoding="utf-8")[-2000:]
    assert time.monotonic() - began < SECONDS
    report = read_report(tmp_path / "run" / VENDOR / "report.json")
    assert not report["complete"]
    assert report["requests"]


@pytest.mark.usefixtures("handlers")
def test_a_signal_before_the_run_begins(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: Any) -> None:
    """While documents are read, a signal gives its own exit status and one line."""
    monkeypatch.setattr("chatcert.run.certifying.prepare", lambda _: os.kill(os.getpid(), signal.SIGTERM))

    assert 143 == main(["certify", VENDOR, "--url", "http://127.0.0.1:1", "--report-dir", str(tmp_path)])

    assert "chatcert: interrupted; nothing was concluded\n" == capfd.readouterr().err


@pytest.mark.usefixtures("handlers")
def test_only_the_first_signal_counts() -> None:
    """A signal is raised once, or when what must be whole is written; all later ones change nothing."""
    interruption = Interruption()
    with interruption.listening():
        with interruption.deferred():
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
        assert interruption.pending is not None
        assert 130 == interruption.pending.exit_code
        with pytest.raises(Interrupted, match="SIGINT"):
            interruption.check()
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.usefixtures("handlers")
def test_a_signal_during_a_callback_that_drops_errors() -> None:
    """Libraries have callbacks in which an exception gets lost: the signal counts a moment later."""

    def callback(phase: str, _: object) -> None:
        if phase == "start":
            gc.callbacks.remove(callback)
            os.kill(os.getpid(), signal.SIGTERM)

    def collect() -> None:
        gc.callbacks.append(callback)
        gc.collect()
        time.sleep(SECONDS)

    interruption = Interruption()
    with pytest.raises(Interrupted, match="SIGTERM"), interruption.listening():
        collect()


@pytest.mark.usefixtures("handlers")
def test_time_that_is_over_inside_a_library() -> None:
    """A computation that looks at no clock ends with the time, though it takes exceptions for its own failures."""
    began = time.monotonic()
    earlier = signal.getsignal(signal.SIGALRM)

    def compute() -> None:
        while time.monotonic() - began < SECONDS:
            with suppress(Exception):
                time.sleep(0.01)

    with pytest.raises(TimeSpent, match="time"), ending_in(0.1):
        compute()

    assert time.monotonic() - began < SECONDS
    assert earlier == signal.getsignal(signal.SIGALRM)


@pytest.mark.usefixtures("handlers")
def test_alarms_of_others_ring_before_the_time_is_over() -> None:
    """An alarm that somebody else has set, such as a time limit of a test, reaches its own handler."""
    rung: list[int] = []
    before = signal.signal(signal.SIGALRM, lambda number, _: rung.append(number))
    try:
        with ending_in(60):
            signal.raise_signal(signal.SIGALRM)
    finally:
        signal.signal(signal.SIGALRM, before)

    assert [signal.SIGALRM] == rung


def test_standard_output_without_room(mock: Any, environment: Any, tmp_path: Path) -> None:
    """The run is finished and reported; the exit status is that of a disk that is full, never that of a breach."""
    spec = Path(__file__).parents[3] / "specs" / VENDOR / "openapi.yaml"
    given = ["--spec", str(spec), "--name", VENDOR, "--url", f"{mock.url}/{VENDOR}", "--profile", "quick"]
    command = [sys.executable, "-m", "chatcert", "certify", *given, "--report-dir", str(tmp_path)]

    with Path("/dev/full").open("w", encoding="ascii") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, **mock.environment},
            check=False,
        )

    assert (70, 1) == (done.returncode, len(done.stderr.splitlines())), done.stderr
    assert "No space left on device" in done.stderr
    assert read_report(tmp_path / VENDOR / "report.json")["complete"]


def test_one_requirement_that_is_planned_for_long(certify: Any, mock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """--max-time ends the planning of a single requirement, too: a pattern may take minutes to draw texts of."""
    plan = Planner.plan

    def slowly(self: Planner, requirement: Any) -> Any:
        if requirement.id.endswith("/maxLength"):
            until = time.monotonic() + 60
            while time.monotonic() < until:
                sum(range(1000))
        return plan(self, requirement)

    monkeypatch.setattr(Planner, "plan", slowly)
    began = time.monotonic()

    run = certify("sigmamind", "--url", f"{mock.url}/sigmamind", "--max-time", 1, variables=dict(mock.environment))

    assert time.monotonic() - began < 15
    assert 75 == run.status
    rows = json.loads((run.folder / "sigmamind" / "report.json").read_text(encoding="ascii"))["requirements"]
    assert {"the time that the run was given is over"} == {r["reason"] for r in rows if r["verdict"] == "not-run"}


def test_planning_counts_as_time(certify: Any, mock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """After --max-time nothing is planned any more either."""
    plan = Planner.plan

    def slowly(self: Planner, requirement: Any) -> Any:
        time.sleep(0.2)
        return plan(self, requirement)

    monkeypatch.setattr(Planner, "plan", slowly)
    began = time.monotonic()

    run = certify(VENDOR, "--url", f"{mock.url}/{VENDOR}", "--max-time", 1, variables=dict(mock.environment))

    assert time.monotonic() - began < 10
    assert 75 == run.status
    rows = json.loads((run.folder / VENDOR / "report.json").read_text(encoding="ascii"))["requirements"]
    assert {"the time that the run was given is over"} == {r["reason"] for r in rows if r["verdict"] == "not-run"}
