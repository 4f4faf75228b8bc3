"""One trial: a run of ``chatcert certify`` that meets a mishap at one point, and what is wrong with its verdicts."""

from __future__ import annotations

import contextlib
import io
import json
import os
import socket
import ssl
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch

import trustme

from chatcert.cli.main import main
from chatcert.judge.evidence import Evidence
from chatcert.judge.judging import judge
from chatcert.judge.verdict import VerdictKind
from chatcert.mock.process import RunningMock
from chatcert.report.evidence_file import read_evidence
from chatcert.requirements.catalogue import derive
from chatcert.transport.resilience.retry import RetryPolicy
from chatcert.vendors import open_vendor
from mishap.catalogue import TIMEOUT, Mishap
from mishap.stage import HOST, OTHER_HOST, Stage

OPEN = (VerdictKind.NOT_RUN, VerdictKind.INCONCLUSIVE)
SETTLED = (VerdictKind.PASS, VerdictKind.FAIL, VerdictKind.WARN)
DEAD = "127.0.0.3"
"""The address of a host that answers no attempt to connect."""
AT_ONCE = 4
"""Requests that are sent at once, in the profile of the trials."""
QUEUE = 4
"""Attempts to connect that fill the queue of a socket."""


@dataclass
class Ended:
    """How a run ended.

    Attributes:
        verdicts: by requirement.
        settled: percentage of the requirements that have a verdict.
        said: what the command printed.
    """

    status: int
    requests: int
    verdicts: Mapping[str, str]
    settled: float
    output: str
    folder: Path


class Trouble(Enum):
    """What may be wrong with a trial, as its summary counts it."""

    VERDICT = "with wrong verdicts"
    END = "with wrong ends"
    UNSETTLED = "with too few requirements settled"
    MISSED = "that miss a breach"
    OTHER = "wrong in another way"


class Wrong(NamedTuple):
    """One thing that is wrong with a trial."""

    trouble: Trouble
    what: str


@dataclass
class Outcome:
    """The result of a trial.

    Attributes:
        wrong: what went wrong; empty if nothing did.
    """

    vendor: str
    mishap: str
    moment: int
    status: int
    settled: float
    wrong: list[Wrong] = field(default_factory=list)


class NoReport(Exception):
    """A run ended without a report; the message is the last line that it printed."""


def run(vendor: str, url: str, environment: Mapping[str, str], folder: Path, *options: str) -> Ended:
    """Certify a vendor at an address, with one request in flight, in this thread.

    Raises:
        NoReport: the run wrote no report.
    """
    command = ["certify", vendor, "--url", url, "--profile", "quick", "--seed", "1", "--jobs", "1"]
    command += ["--timeout", f"{TIMEOUT:g}", "--report-dir", str(folder), *options]
    output = io.StringIO()
    with patch.dict(os.environ, environment), contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = main(command)
    written = folder / vendor / "report.json"
    if not written.exists():
        raise NoReport(output.getvalue().strip().rpartition("\n")[2])
    report: dict[str, Any] = json.loads(written.read_text(encoding="utf-8"))
    verdicts = {row["id"]: row["verdict"] for row in report["requirements"]}
    settled = 100 * sum(kind not in OPEN for kind in verdicts.values()) / len(verdicts)
    return Ended(status, report["requests"], verdicts, settled, output.getvalue(), folder / vendor)


def tried(
    vendor: str, mishap: Mishap, moment: int, calm: Ended, mock: RunningMock, breaches: Sequence[str] = ()
) -> Outcome:
    """Let a run meet a mishap after ``moment`` percent of the requests of an undisturbed run.

    Args:
        breaches: the requirements that the server really breaks.
    """
    begins = max(2, round(calm.requests * moment / 100))
    with tempfile.TemporaryDirectory() as place, _staged(mishap, begins, mock, Path(place)) as (url, more):
        try:
            ended = run(vendor, f"{url}/{vendor}", {**mock.environment, **more}, Path(place) / "report")
        except NoReport as why:
            return Outcome(vendor, mishap.name, moment, 70, 0.0, [Wrong(Trouble.END, f"no report: {why}")])
        outcome = Outcome(vendor, mishap.name, moment, ended.status, ended.settled)
        outcome.wrong.extend(_wrong(mishap, ended, calm, begins, moment))
        outcome.wrong.extend(
            Wrong(Trouble.MISSED, f"{name}: not reported") for name in _missed(ended, breaches, begins)
        )
    return outcome


def _wrong(mishap: Mishap, ended: Ended, calm: Ended, begins: int, moment: int) -> Iterator[Wrong]:
    wanted = calm.status if mishap.status is None else mishap.status
    if ended.status != wanted:
        yield Wrong(Trouble.END, f"exit status {ended.status}, not {wanted}")
    for name, kind in ended.verdicts.items():
        if kind != calm.verdicts[name] and (mishap.status is None or kind not in OPEN):
            yield Wrong(Trouble.VERDICT, f"{name}: {kind}, not {calm.verdicts[name]}")
    if mishap.status is None:
        if ended.requests > calm.requests + RetryPolicy().max_extra_requests:
            yield Wrong(Trouble.OTHER, f"{ended.requests} requests, not {calm.requests}")
        return
    yield from _resting_on_mishap(ended, begins)
    if ended.settled < moment - 5:
        yield Wrong(Trouble.UNSETTLED, f"{ended.settled:.1f} % are settled at {moment} %")
    if "served until" not in ended.output and "valid request" not in ended.output:
        yield Wrong(Trouble.OTHER, "it does not say what ended")


def _resting_on_mishap(ended: Ended, begins: int) -> Iterator[Wrong]:
    """Yield the verdicts that do not follow from the answers before the mishap alone.

    Requests that are sent at once arrive in another order than their answers are numbered, so that an answer with a
    smaller number may be one of the mishap: where the mishap begins among them, none of them has to count.
    """
    cuts = [_before(ended, begins), _before(ended, begins, without_overlapping=AT_ONCE)]
    for name, kind in ended.verdicts.items():
        if kind in SETTLED and all(judge(before, before.requirements[name]).kind != kind for before in cuts):
            yield Wrong(Trouble.VERDICT, f"{name}: {kind} rests on answers of the mishap")


def _missed(ended: Ended, breaches: Sequence[str], begins: int) -> Iterator[str]:
    """Yield the breaches that were seen so long before the mishap that they were proven, and are not reported."""
    proven = _before(ended, begins - RetryPolicy().control_interval - 2)
    for name in breaches:
        if judge(proven, proven.requirements[name]).kind is VerdictKind.FAIL and ended.verdicts[name] != "fail":
            yield name


def _before(ended: Ended, number: int, without_overlapping: int = 0) -> Evidence:
    """Return the evidence of a run up to an exchange, without those before it that overlap, among the last of them."""
    exchanges, _ = read_evidence((ended.folder / "evidence.jsonl").read_bytes())
    catalogue = derive(open_vendor(ended.folder.name))
    kept = [one for one in exchanges if one.number < number]
    kept = [one for one in kept if not one.overlapping or one.number < number - without_overlapping]
    return Evidence(catalogue.contract, catalogue.requirements, kept, provisional=True)


@contextlib.contextmanager
def _staged(mishap: Mishap, begins: int, mock: RunningMock, place: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Give the address of a server that meets a mishap, and the variables that a run needs."""
    host, _, port = mock.url.removeprefix("http://").partition(":")
    certificates, more = _certificates(place) if mishap.tls else (None, {})
    stage = Stage(
        (host, int(port)),
        begins,
        mishap.act,
        closes=mishap.closes,
        certificates=certificates,
        cuts=mishap.dead_address,
        moves=mishap.moves,
    )
    name = "localhost" if mishap.tls or mishap.dead_address or mishap.moves else HOST
    scheme = "https" if mishap.tls else "http"
    try:
        with _jumping(stage, mishap.jump), _resolving(name, stage, mishap):
            yield f"{scheme}://{name}:{stage.port}", more
    finally:
        stage.close()


def _certificates(place: Path) -> tuple[tuple[ssl.SSLContext, ssl.SSLContext], Mapping[str, str]]:
    authority = trustme.CA()
    bundle = place / "bundle.pem"
    authority.cert_pem.write_to_path(str(bundle))
    yesterday = datetime.now(UTC) - timedelta(days=1)
    contexts = []
    for leaf in (authority.issue_cert("localhost"), authority.issue_cert("localhost", not_after=yesterday)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        leaf.configure_cert(context)
        contexts.append(context)
    return (contexts[0], contexts[1]), {"SSL_CERT_FILE": str(bundle)}


@contextlib.contextmanager
def _jumping(stage: Stage, seconds: float) -> Iterator[None]:
    """Set the clock of this process forward once the mishap has begun; the mock runs in a process of its own."""
    real = time.time
    if not seconds:
        yield
        return

    def now() -> float:
        return real() + (seconds if stage.has_begun else 0.0)

    with patch("time.time", now):
        yield


@contextlib.contextmanager
def _resolving(name: str, stage: Stage, mishap: Mishap) -> Iterator[None]:
    """Let a name lead elsewhere once the mishap has begun: to a dead host first, or to another one."""
    if not mishap.dead_address and not mishap.moves:
        yield
        return
    real = socket.getaddrinfo
    later = (DEAD, HOST) if mishap.dead_address else (OTHER_HOST,)

    def resolved(host: Any, *given: Any, **more: Any) -> Any:
        if host not in (name, name.encode()):
            return real(host, *given, **more)
        addresses = later if stage.has_turned else (HOST,)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, stage.port)) for address in addresses]

    with _silent(stage.port), patch("socket.getaddrinfo", resolved):
        yield


@contextlib.contextmanager
def _silent(port: int) -> Iterator[None]:
    """Listen at a dead host with a queue that is full, so that no attempt to connect is answered."""
    with contextlib.ExitStack() as sockets:
        listening = sockets.enter_context(socket.socket())
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((DEAD, port))
        listening.listen(0)
        for _ in range(QUEUE):
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex((DEAD, port))
        yield
