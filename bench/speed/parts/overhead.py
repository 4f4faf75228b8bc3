"""(c) What a request costs beside sending it: our run beside a bare loop that sends the same."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import Certified, certify
from speed.peers.bare_loop import loop, script_of
from speed.spread import Spread, digits, pooled, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(c) Overhead per request"
PROFILES = ("quick", "standard")
WHOLE = {name: Goal("c", f"{name} / bare loop, whole processes", Sense.AT_MOST, 1.5) for name in PROFILES}
GOALS = tuple(WHOLE.values())
ABOUT = (
    "Our run on one vendor's mock, one request at a time (`--jobs 1`), beside a process that sends the very requests "
    "of that run, taken from its evidence.jsonl, by one httpx client that keeps its connection and looks at no answer. "
    "`whole` is the ratio of the processes' seconds, from start to exit: importing, planning, judging and all reports "
    "on our side. `report` is that of the seconds that the report states to the loop's sending alone, `sending` that "
    "of the time from our first request to our last answer to it. `a request` is what our whole process spends on each "
    "request beyond the loop's, in milliseconds."
)


def measure(bench: Bench) -> Section:
    """Every vendor and profile, our run and the loop in turn."""
    rows: list[tuple[str, ...]] = []
    pairs: dict[str, list[Spread]] = {name: [] for name in PROFILES}
    alike = requests = 0
    with running_mock(bench.vendors) as mock:
        for vendor in bench.vendors:
            subject = Subject.of(vendor, mock.url, mock.environment)
            for profile in PROFILES:
                options = ("--profile", profile, "--jobs", "1")
                bench.tell(f"overhead, {vendor}, not timed: the requests of {profile}")
                script = script_of(bench, subject, certify(bench, subject, *options).folder / "evidence.jsonl")
                own, other = bench.in_turn(
                    f"overhead, {vendor}",
                    {profile: partial(certify, bench, subject, *options)},
                    {"loop": partial(loop, script)},
                )
                ours, loops = own[profile], other["loop"]
                whole, bare = spread_of(ours, lambda run: run.seconds), spread_of(loops, lambda run: run.seconds)
                sending = spread_of(loops, lambda run: run.sending)
                pairs[profile].append(ratios(whole, bare))
                alike, requests = alike + loops[0].alike, requests + loops[0].requests
                count = loops[0].requests
                extra = Spread.of((a - b) / count * 1000 for a, b in zip(whole.values, bare.values, strict=True))
                rows.append((
                    vendor, profile, str(count), digits(whole.median), digits(bare.median), pairs[profile][-1].text(),
                    digits(ratios(spread_of(ours, _report_seconds), sending).median),
                    digits(ratios(spread_of(ours, _sending_seconds), sending).median), digits(extra.median),
                ))  # fmt: skip
    heads = ("vendor", "profile", "requests", "ours, s", "loop, s", "whole", "report", "sending", "a request")
    goals = [Judged(WHOLE[name], pooled(found)) for name, found in pairs.items()]
    told = f"{alike} of the loop's {requests} answers carry the status that our run has got."
    return Section(TITLE, (ABOUT, told), [Table(heads, rows, left=2)], goals)


def _report_seconds(run: Certified) -> float:
    return float(run.report["seconds"])


def _sending_seconds(run: Certified) -> float:
    return sending_seconds(run.folder / "evidence.jsonl")


def sending_seconds(evidence: Path) -> float:
    """Seconds from the first request in a file of evidence to the last answer."""
    rows = [json.loads(line) for line in evidence.read_text(encoding="ascii").splitlines()]
    return float(max(row["started"] + row["seconds"] for row in rows) - min(row["started"] for row in rows))
