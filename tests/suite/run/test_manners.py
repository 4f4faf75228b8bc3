"""Honest servers, however odd: each manner of the mock gets the outcome that the plain mock gets.

A run takes a few seconds, so not every manner meets every vendor. All manners of one vendor are certified there (it
takes the fewest requests, so the slow ones are certified there alone), and each other manner, or one that may matter
more elsewhere, once where it matters most: echoes, key order and escapes where a request comes back; identifiers where
they are sent again; times, and errors with many fields, where there are such; statuses where there are several; the
order of checks where credentials are parameters, too. In the end, all manners of a vendor that are not slow meet in one
server.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import pytest
import uvicorn

from chatcert.cases.planner import Planner
from chatcert.cases.profile import profile_named
from chatcert.judge.verdict import Outcome, Verdict, VerdictKind, outcome_of
from chatcert.mock.backend import Backend
from chatcert.mock.manners import manners_of
from chatcert.mock.server import create_app, environment
from chatcert.requirements.catalogue import Catalogue, derive
from chatcert.run.execution import Execution
from chatcert.run.safe_judging import judge_all
from chatcert.transport.exchange import Exchange
from chatcert.transport.limits import Limits
from chatcert.transport.target import Target, from_environment
from chatcert.vendors import known_vendors, open_vendor

pytestmark = pytest.mark.slow

SLOW = ("latency", "busy", "busy-until")

EVERYWHERE = "agencii"
AT_HOME = (
    "extra-fields",
    "extra-error-fields",
    "id-uuid",
    "id-digits",
    "id-long",
    "media-type-415",
    "method-404",
    "validation-first",
    "pretty",
    "escaped",
    "lenient-paths",
    "page-elsewhere",
    "cookies",
    "extra-headers",
    "charset",
    "media-type-case",
    "header-case",
    "challenge",
    "options",
    "gzip",
    "chunked",
    "connection-close",
    "chunks-411",
    "expect-417",
    "accept-406",
    "errors-close",
    "browsable",
    "repeated-headers-400",
    "large-headers-431",
    "unavailable",
    "reset",
    *SLOW,
)
ELSEWHERE = {
    "openwebui": (
        "clock-slow",
        "credentials-403",
        "escaped",
        "fewer-fields",
        "id-digits",
        "integers-as-doubles",
        "invalid-422",
        "keys-reversed",
        "media-type-400",
        "pretty",
        "reset",
    ),
    "polyai": ("connection-close", "id-uuid", "keys-shuffled", "unknown-403", "validation-first"),
    "sigmamind": (
        "clock-fast",
        "credentials-403",
        "extra-error-fields",
        "extra-fields",
        "fewer-error-fields",
        "fewer-fields",
        "id-long",
        "integers-as-doubles",
        "time-lower-case",
        "time-nanoseconds",
        "time-offset",
        "time-whole-seconds",
        "unavailable",
    ),
}
CERTIFIED = [(EVERYWHERE, name) for name in AT_HOME] + [(v, name) for v, names in ELSEWHERE.items() for name in names]


class Vendor:
    """What the servers of one vendor share: their secrets and resources, and so the plan."""

    def __init__(self, name: str) -> None:
        self.catalogue: Catalogue = derive(open_vendor(name))
        self.backend = Backend.of(self.catalogue.contract)
        variables = environment(self.catalogue.contract, self.backend)
        self.credentials, self.resources = from_environment(self.catalogue.contract, variables)
        self.plans: Planner | None = None


@cache
def vendor_named(name: str) -> Vendor:
    return Vendor(name)


@contextmanager
def server(vendor: Vendor, manners: Sequence[str]) -> Iterator[Target]:
    """A mock with manners, in a thread."""
    contract = vendor.catalogue.contract
    app = create_app([contract], manners=manners, backends={contract.vendor: vendor.backend})
    running = uvicorn.Server(uvicorn.Config(app, port=0, http="h11", log_level="critical", lifespan="off"))
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 30
    while not running.started and time.monotonic() < deadline:
        time.sleep(0.01)
    address = f"http://127.0.0.1:{running.servers[0].sockets[0].getsockname()[1]}"
    try:
        url = f"{address}/{contract.vendor}"
        yield Target(url, vendor.credentials, vendor.resources, limits=Limits(timeout=10.0))
    finally:
        running.should_exit = True
        thread.join(10)


def certified(name: str, *manners: str) -> tuple[dict[str, Verdict], list[Exchange]]:
    """The verdicts on a mock with manners, and all that was sent."""
    vendor = vendor_named(name)
    catalogue = vendor.catalogue
    with server(vendor, [f"{name}/manner/{manner}" for manner in manners]) as target:
        run = Execution(catalogue, target, profile_named("quick"), seed=1, jobs=1, plans=vendor.plans)
        vendor.plans = run.planner
        try:
            run.preflight()
            run.run_all(list(catalogue.requirements.values()))
        finally:
            run.close()
    return judge_all(catalogue, run.exchanges, run.reasons, run.unfinished), run.exchanges


def blamed(verdicts: dict[str, Verdict]) -> list[tuple[str, str, str]]:
    """What was said against a server."""
    harmless = (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)
    return [
        (verdict.kind.value, name, verdict.finding.actual if verdict.finding else verdict.reason)
        for name, verdict in verdicts.items()
        if verdict.kind not in harmless
    ]


@pytest.mark.parametrize(("vendor", "name"), CERTIFIED)
def test_manner(vendor: str, name: str) -> None:
    """A server with one honest peculiarity is conformant, without a remark."""
    verdicts, _ = certified(vendor, name)

    assert [] == blamed(verdicts)
    assert Outcome.CONFORMANT == outcome_of(verdict.kind for verdict in verdicts.values())


@pytest.mark.parametrize("vendor", known_vendors())
def test_all_manners_at_once(vendor: str) -> None:
    """A server with every manner is conformant as well, transient failures included."""
    verdicts, exchanges = certified(vendor, *(m.name for m in manners_of(open_vendor(vendor)) if m.name not in SLOW))

    assert [] == blamed(verdicts)
    assert Outcome.CONFORMANT == outcome_of(verdict.kind for verdict in verdicts.values())
    assert {e.status for e in exchanges if not e.final} == {503, None}


def test_every_manner_is_certified() -> None:
    """No manner is left out of the tables above, and the first vendor meets all of its own."""
    known = {vendor: {manner.name for manner in manners_of(open_vendor(vendor))} for vendor in known_vendors()}

    assert set(AT_HOME) == known[EVERYWHERE]
    assert all(set(names) <= known[vendor] for vendor, names in ELSEWHERE.items())
    assert set().union(*known.values()) == {name for _, name in CERTIFIED}
