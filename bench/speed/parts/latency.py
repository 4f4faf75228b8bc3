"""(b) How long a full verdict takes where every answer takes its time, beside Schemathesis."""

from __future__ import annotations

import math
from functools import partial

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import PROFILES, certify
from speed.peers.schemathesis import st_full
from speed.spread import Spread, digits, pooled, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(b) A full verdict with 300 ms latency"
LATENCY_MS = 300
SHORT_MS = 50
"""The latency of a smoke run."""
JOBS = 16
REASON = "with all jobs busy all the time, two vendors' requests at standard allow 7.3 and 7.6 (`at least` below)"
BESIDE = {
    name: Goal("b", f"Schemathesis / {name}, {JOBS} jobs, seconds", Sense.AT_LEAST, 8, reason=REASON)
    for name in PROFILES
}
ALL = Goal("b", f"Schemathesis / ours, {JOBS} jobs, all of them, seconds", Sense.AT_LEAST, 8, reason=REASON)
GOALS = (ALL, *BESIDE.values())
MAX_ROUNDS = 1
ABOUT = (
    f"As (a), but the mock waits {LATENCY_MS} ms before each answer (`chatcert mock --latency {LATENCY_MS}`), and "
    f"ours has {JOBS} requests in flight (`--jobs {JOBS}`). One round, since Schemathesis sends one "
    "request after another: its `--workers` would test several operations at once, and there is one. Ratios are its "
    f"seconds to ours. `at least` is what our requests take where {JOBS} are answered at a time and nothing else takes "
    "any time."
)


def measure(bench: Bench) -> Section:
    """Each vendor, each way in turn."""
    rows: list[tuple[str, ...]] = []
    pairs: dict[str, list[Spread]] = {name: [] for name in PROFILES}
    latency = SHORT_MS if bench.quick else LATENCY_MS
    with running_mock(bench.vendors, latency_ms=latency) as mock:
        for vendor in bench.vendors:
            subject = Subject.of(vendor, mock.url, mock.environment)
            informed = subject.informed(bench.new_folder("documents"))
            bench.warm_up(
                "chatcert certify", partial(certify, bench, subject, "--jobs", str(JOBS), "--profile", "quick")
            )
            ways = {name: partial(certify, bench, subject, "--jobs", str(JOBS), "--profile", name) for name in PROFILES}
            ours, theirs = bench.in_turn(
                f"latency, {vendor}",
                ways,
                {"Schemathesis": partial(st_full, bench, subject, informed)},
                rounds=min(bench.rounds, MAX_ROUNDS),
            )
            peer = spread_of(theirs["Schemathesis"], lambda run: run.seconds)
            for name in PROFILES:
                seconds = spread_of(ours[name], lambda run: run.seconds)
                pairs[name].append(ratios(peer, seconds))
                requests = ours[name][0].requests
                rows.append(
                    (
                        vendor,
                        f"chatcert {name}",
                        f"{requests:,}",
                        seconds.text(),
                        digits(_least(requests, latency)),
                        pairs[name][-1].text(),
                    )
                )
            rows.append((vendor, "Schemathesis", "", peer.text(), "", ""))
    table = Table(("vendor", "program", "requests", "seconds", "at least", "ratio"), rows, left=2)
    judged = [Judged(BESIDE[name], pooled(found)) for name, found in pairs.items()]
    everything = Judged(ALL, pooled(spread for found in pairs.values() for spread in found))
    return Section(TITLE, [ABOUT], [table], [everything, *judged])


def _least(requests: int, latency: int) -> float:
    """Seconds that so many answers take, as many at a time as there are jobs."""
    return math.ceil(requests / JOBS) * latency / 1000
