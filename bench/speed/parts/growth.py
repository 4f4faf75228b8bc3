"""(f) How time and memory grow: with vendors, with constraints, with cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path

from chatcert.exceptions import SuiteError
from chatcert.mock.process import running_mock
from speed.bench import Bench
from speed.copies import with_vendors, written
from speed.goals import Goal, Judged, Sense
from speed.ours import SEED, certify, chatcert, read_report
from speed.process import Finished, finish
from speed.spread import Spread, digits, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(f) Growth"
VENDORS = (1, 10, 100)
CONSTRAINTS = (10, 100, 1000)
PROFILES = ("quick", "standard", "thorough")
LINEAR, FLAT = 1.1, 1.1
BY_VENDORS = Goal("f", "seconds of 100 vendors / 10 x 10 vendors", Sense.AT_MOST, LINEAR)
BY_CONSTRAINTS = Goal("f", "seconds of 1,000 constraints / 10 x 100", Sense.AT_MOST, LINEAR)
BY_CASES = Goal("f", "memory of thorough / quick", Sense.AT_MOST, FLAT)
GOALS = (BY_VENDORS, BY_CONSTRAINTS, BY_CASES)
MAX_ROUNDS = 2
ABOUT = (
    "`chatcert certify --profile quick` on all of 1, 10 and 100 vendors, which are copies of the smallest one in a copy "
    "of the package; and `chatcert certify --spec` on generated documents of 10, 100 and 1,000 constraints, a field "
    "each. Both against the bundled mock, started and counted with it. `each` is the time that each one takes; `growth` "
    "the ratio of the time to that of the row above, by the ratio of the sizes: 1 is linear, and less where the start "
    "weighs. `MB` is the most that the largest process of the run has had at once. Memory by the number of cases: one "
    "vendor, all profiles, on a mock that runs apart."
)


def measure(bench: Bench) -> Section:
    """All three."""
    vendors = (1, 3) if bench.quick else VENDORS
    constraints = (5, 15) if bench.quick else CONSTRAINTS
    by_vendors, first = _grown(bench, "vendors", {size: _vendors(bench, size) for size in vendors})
    by_constraints, second = _grown(bench, "constraints", {size: _constraints(bench, size) for size in constraints})
    by_cases, third = _cases(bench)
    goals = [Judged(BY_VENDORS, first), Judged(BY_CONSTRAINTS, second), Judged(BY_CASES, third)]
    return Section(TITLE, [ABOUT], [by_vendors, by_constraints, by_cases], goals)


def _grown(bench: Bench, what: str, ways: dict[int, Callable[[], Finished]]) -> tuple[Table, Spread]:
    """A row for each size, and the growth in the last step."""
    named = {f"{size:,} {what}": way for size, way in ways.items()}
    runs, _ = bench.in_turn("growth", named, {}, rounds=min(bench.rounds, MAX_ROUNDS))
    rows: list[tuple[str, ...]] = []
    growth: Spread | None = None
    before: tuple[int, Spread] | None = None
    for size, (name, found) in zip(ways, runs.items(), strict=True):
        seconds = spread_of(found, lambda run: run.seconds)
        if before is not None:
            steps = size / before[0]
            growth = Spread.of(value / steps for value in ratios(seconds, before[1]).values)
        before = size, seconds
        memory = spread_of(found, lambda run: run.peak_bytes / 1e6)
        rows.append((name, seconds.text(), digits(seconds.median / size), growth.text() if growth else "",
                     memory.text()))  # fmt: skip
    assert growth is not None
    return Table((what, "seconds", "each", "growth", "MB"), rows), growth


def _vendors(bench: Bench, number: int) -> Callable[[], Finished]:
    smallest = min(bench.vendors, key=lambda name: len(json.dumps(dict(Subject.of(name, "", {}).contract.published))))
    library = with_vendors(bench.new_folder("copies"), smallest, number)
    return partial(_run, bench, number, {"PYTHONPATH": str(library)})


def _constraints(bench: Bench, number: int) -> Callable[[], Finished]:
    spec = written(bench.new_folder("documents"), number)
    return partial(_run, bench, 1, {}, "--spec", str(spec))


def _run(bench: Bench, vendors: int, env: dict[str, str], *options: str) -> Finished:
    """Certify at ``quick``, and see that so many vendors have their report."""
    folder: Path = bench.new_folder("reports")
    done = finish(chatcert("certify", "--profile", "quick", "--seed", SEED, "--report-dir", str(folder), *options),
                  env=env, folder=bench.folder)  # fmt: skip
    reports = [path.parent for path in folder.glob("*/report.json")]
    if len(reports) != vendors:
        raise SuiteError(f"{len(reports)} reports of {vendors} vendors", where="chatcert certify")
    for report in reports:
        read_report(report)
    return done


def _cases(bench: Bench) -> tuple[Table, Spread]:
    """Memory by profile, and that of the last one by that of the first."""
    vendor = bench.vendors[-1]
    profiles = PROFILES[:2] if bench.quick else PROFILES
    with running_mock([vendor]) as mock:
        subject = Subject.of(vendor, mock.url, mock.environment)
        runs, _ = bench.in_turn(
            f"growth, {vendor}", {name: partial(certify, bench, subject, "--profile", name) for name in profiles}, {},
            rounds=min(bench.rounds, MAX_ROUNDS),
        )  # fmt: skip
    memory = {name: spread_of(found, lambda run: run.finished.peak_bytes / 1e6) for name, found in runs.items()}
    rows = [
        (f"{vendor}, {name}", f"{found[0].requests:,}", spread_of(found, lambda run: run.seconds).text(),
         memory[name].text())
        for name, found in runs.items()
    ]  # fmt: skip
    return Table(("cases", "requests", "seconds", "MB"), rows), ratios(memory[profiles[-1]], memory[profiles[0]])
