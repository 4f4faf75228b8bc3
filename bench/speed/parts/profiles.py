"""(h) What each profile takes, all bundled vendors in one run against the bundled mock."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from speed.bench import Bench
from speed.goals import Goal
from speed.ours import PROFILES, SEED, chatcert, read_report
from speed.process import Finished, finish
from speed.spread import digits, spread_of
from speed.table import Section, Table

TITLE = "(h) Profiles"
GOALS: tuple[Goal, ...] = ()
ABOUT = (
    "`chatcert certify --profile PROFILE` as it comes: the bundled vendors, one after another, in one run that "
    "starts the mock for itself. Requests by vendor and in all; seconds by the clock on the wall; `cpu` the processor "
    "seconds of both processes together; `MB` the most that the larger of the two has had at once."
)


@dataclass(frozen=True, slots=True)
class Run:
    """One certification of all vendors."""

    finished: Finished
    requests: dict[str, int]


def measure(bench: Bench) -> Section:
    """The profiles in turn."""
    bench.warm_up("chatcert certify", partial(_run, bench, PROFILES[0]))
    found, _ = bench.in_turn("profiles", {name: partial(_run, bench, name) for name in PROFILES}, {})
    rows = [
        (
            name,
            *(str(runs[0].requests[vendor]) for vendor in bench.vendors),
            f"{sum(runs[0].requests.values()):,}",
            spread_of(runs, lambda run: run.finished.seconds).text(),
            digits(spread_of(runs, lambda run: run.finished.processor_seconds).median),
            digits(spread_of(runs, lambda run: run.finished.peak_bytes / 1e6).median),
        )
        for name, runs in found.items()
    ]
    heads = ("profile", *bench.vendors, "in all", "seconds", "cpu", "MB")
    return Section(TITLE, [ABOUT], [Table(heads, rows)])


def _run(bench: Bench, profile: str) -> Run:
    """Certify once."""
    folder = bench.new_folder("reports")
    command = chatcert("certify", *bench.vendors, "--profile", profile, "--seed", SEED, "--report-dir", str(folder))
    done = finish(command, folder=bench.folder)
    return Run(done, {vendor: int(read_report(folder / vendor)["requests"]) for vendor in bench.vendors})
