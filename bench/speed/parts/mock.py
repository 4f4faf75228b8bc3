"""(d) How many requests a second the mock answers, beside Prism and beside a bare echo."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial

import httpx

from chatcert.exceptions import ChatcertError, SuiteError
from chatcert.mock.process import running_mock
from speed.bench import PROGRAMS, PYTHON, Bench
from speed.goals import Goal, Judged, Sense
from speed.peers.prism import SILENT, install, prism
from speed.peers.wrk import CONNECTIONS, load
from speed.process import serving
from speed.servers import first_line
from speed.spread import Spread, digits, pooled, ratios, spread_of
from speed.subject import Posted, Subject
from speed.table import Section, Table

TITLE = "(d) The mock under load"
OURS = "chatcert mock"
BESIDE = {
    "Prism": Goal("d", "mock / Prism as it comes", Sense.AT_LEAST, 4),
    "Prism, log off": Goal("d", "mock / Prism with its log off", Sense.AT_LEAST, 1.5),
    "bare echo": Goal("d", "mock / bare Starlette echo", Sense.AT_LEAST, 0.5),
}
GOALS = tuple(BESIDE.values())
SECONDS = 2
WARM_SECONDS = 5
"""What a just-in-time compiler needs at least; the same for all."""
ABOUT = (
    f"Answers a second to wrk, one thread with {CONNECTIONS} connections, {SECONDS} s a round after {WARM_SECONDS} "
    "s that do not count, that posts one valid request with every field of the first and of the last vendor; a "
    "single refusal ends the measurement. Each server has answered it with a status of class 2xx before; ours and "
    "Prism (`prism mock` on the document as published, its log written to a file) have refused an invalid body. "
    "The echo is a Starlette application that returns what it gets, served by the same uvicorn with the same "
    "settings. Every server is one process, and all are up meanwhile. `ratio` is ours to theirs, `p99` the "
    "milliseconds within which 99 of 100 answers came."
)


@dataclass(frozen=True, slots=True)
class Server:
    """One server, and the request that it is asked with."""

    url: str
    posted: Posted


def measure(bench: Bench) -> Section:
    """Every vendor, all servers in turn."""
    rows: list[tuple[str, ...]] = []
    pairs: dict[str, list[Spread]] = {name: [] for name in BESIDE}
    missing: dict[str, str] = {}
    seconds, warm = (1, 1) if bench.quick else (SECONDS, WARM_SECONDS)
    for vendor in bench.ends():
        with _servers(bench, vendor, missing) as servers:
            for name, server in servers.items():
                bench.warm_up(f"{vendor}, {name}", partial(load, server.url, server.posted, warm))
            ways = {name: partial(load, server.url, server.posted, seconds) for name, server in servers.items()}
            ours, theirs = bench.in_turn(f"mock, {vendor}", {OURS: ways.pop(OURS)}, ways)
            found = {**ours, **theirs}
        rates = {name: spread_of(loads, lambda one: one.rate) for name, loads in found.items()}
        for name, rate in rates.items():
            ratio = ratios(rates[OURS], rate) if name != OURS else None
            if ratio is not None:
                pairs[name].append(ratio)
            p99 = spread_of(found[name], lambda one: one.p99)
            rows.append((vendor, name, rate.text(), ratio.text() if ratio else "", digits(p99.median)))
    goals = [Judged(goal, missing.get(name) or pooled(pairs[name])) for name, goal in BESIDE.items()]
    table = Table(("vendor", "server", "answers a second", "ratio", "p99, ms"), rows, left=2)
    return Section(TITLE, [ABOUT], [table], goals, list(dict.fromkeys(missing.values())))


@contextmanager
def _servers(bench: Bench, vendor: str, missing: dict[str, str]) -> Iterator[dict[str, Server]]:
    """Start all servers of one vendor's document; ``missing`` names those that cannot be started, with the reason."""
    with ExitStack() as stack:
        mock = stack.enter_context(running_mock([vendor]))
        subject = Subject.of(vendor, mock.url, mock.environment)
        posted = subject.valid_request()
        servers = {OURS: Server(subject.url, posted)}
        _check(OURS, servers[OURS])
        published = subject.published(bench.new_folder("documents"))
        for name, options in (("Prism", ()), ("Prism, log off", SILENT)):
            try:
                install(bench)
                server = Server(stack.enter_context(prism(bench, published, options)), posted)
                _check(name, server)
                servers[name] = server
            except ChatcertError as why:
                missing.setdefault(name, why.line())
        log = bench.new_folder("echo") / "log"
        child = stack.enter_context(serving([PYTHON, PROGRAMS / "echo.py"], log=log))
        servers["bare echo"] = Server(first_line(log, child), posted)
        yield servers


def _check(name: str, server: Server) -> None:
    """See that a server accepts the request and refuses the same with an invalid body.

    Raises:
        SuiteError: it does not.
    """
    posted, url = server.posted, server.url + server.posted.path
    answers = [
        httpx.request(posted.method, url, headers=dict(posted.headers), content=body, trust_env=False).status_code
        for body in (posted.body, '"no object"')
    ]
    if not (200 <= answers[0] < 300 and 400 <= answers[1] < 500):
        raise SuiteError(f"answers {answers[0]} to a valid body and {answers[1]} to an invalid one", where=name)
