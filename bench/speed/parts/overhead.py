"""(c) Overhead per request: our run compared with a bare loop that sends the same requests."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import PROFILES, Certified, certify
from speed.peers.bare_loop import Looped, loop, script_of
from speed.spread import Spread, digits, pooled, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(c) Overhead per request"
REASON = (
    "of our processor time while sending, the HTTP client takes 21 to 33 %, as in the loop; planning 23 to 37 %, "
    "ledger and masks 12 to 22 %, judging at most 5 %, preparing each request the rest"
)
SENDING = {
    profile: Goal("c", f"{profile}, sending / bare loop", Sense.AT_MOST, 1.2, reason=REASON) for profile in PROFILES
}
GOALS = tuple(SENDING.values())
ABOUT = (
    "Our run on one vendor's mock, one request at a time (`--jobs 1`), beside a process that sends the very "
    "requests of that run, taken from its evidence.jsonl, by one httpx client that keeps its connection and looks "
    "at no answer. `ours` and `loop` are seconds of whole processes, `whole` is the ratio of the two, from start "
    "to exit: importing, planning, judging and all reports on our side. `report` is that of the seconds that the "
    "report states to the loop's sending alone, `sending` that of the time from our first request to our last "
    "answer to it, and this is what is judged; ours also plans in that time. A vendor whose clock counts "
    "whole seconds has to be asked again a second later. `ms` is what our whole process spends on each request "
    "beyond the loop's, in milliseconds."
)


def measure(bench: Bench) -> Section:
    """Every vendor and profile, our run and the loop in turn."""
    rows: list[tuple[str, ...]] = []
    pairs: dict[str, list[Spread]] = {profile: [] for profile in PROFILES}
    alike = requests = 0
    with running_mock(bench.vendors) as mock:
        for vendor in bench.vendors:
            subject = Subject.of(vendor, mock.url, mock.environment)
            for profile in PROFILES:
                options = ("--profile", profile, "--jobs", "1")
                bench.tell(f"overhead, {vendor}, not timed: the requests of {profile}")
                script = script_of(bench, subject, certify(bench, subject, *options).folder / "evidence.jsonl")
                ours, other = bench.in_turn(
                    f"overhead, {vendor}",
                    {profile: partial(certify, bench, subject, *options)},
                    {"loop": partial(loop, script)},
                )
                runs, loops = ours[profile], other["loop"]
                rows.append((vendor, profile, *_figures(runs, loops)))
                theirs = spread_of(loops, lambda one: one.sending)
                pairs[profile].append(ratios(spread_of(runs, _sending_seconds), theirs))
                alike, requests = alike + loops[0].alike, requests + loops[0].requests
    heads = ("vendor", "run", "sent", "ours", "loop", "whole", "report", "sending", "ms")
    goals = [Judged(goal, pooled(pairs[name])) for name, goal in SENDING.items()]
    reported = f"{alike} of the loop's {requests} answers carry the status that our run has got."
    return Section(TITLE, (ABOUT, reported), [Table(heads, rows, left=2)], goals)


def _figures(runs: Sequence[Certified], loops: Sequence[Looped]) -> Sequence[str]:
    """The cells of one row."""
    whole, bare = spread_of(runs, _seconds), spread_of(loops, _seconds)
    sending = spread_of(loops, lambda one: one.sending)
    count = loops[0].requests
    extra = Spread.of((ours - theirs) / count * 1000 for ours, theirs in zip(whole.values, bare.values, strict=True))
    return (
        str(count),
        digits(whole.median),
        digits(bare.median),
        digits(ratios(whole, bare).median),
        digits(ratios(spread_of(runs, _report_seconds), sending).median),
        digits(ratios(spread_of(runs, _sending_seconds), sending).median),
        digits(extra.median),
    )


def _seconds(run: Certified | Looped) -> float:
    return run.seconds


def _report_seconds(run: Certified) -> float:
    return float(run.report["seconds"])


def _sending_seconds(run: Certified) -> float:
    return sending_seconds(run.folder / "evidence.jsonl")


def sending_seconds(evidence: Path) -> float:
    """Seconds from the first request in a file of evidence to the last answer."""
    rows = [json.loads(line) for line in evidence.read_text(encoding="ascii").splitlines()]
    return float(max(row["started"] + row["seconds"] for row in rows) - min(row["started"] for row in rows))
