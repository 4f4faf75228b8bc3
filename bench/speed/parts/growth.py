"""(f) How time and memory grow: with vendors, with constraints, with cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import pairwise
from pathlib import Path

from chatcert.exceptions import SuiteError
from chatcert.mock.process import running_mock
from speed.bench import PYTHON, Bench
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
BY_VENDORS = (
    Goal("f", "100 vendors / 10 x 10, seconds", Sense.AT_MOST, LINEAR),
    Goal("f", "100 vendors / 10 x 10, memory", Sense.AT_MOST, LINEAR),
)
BY_CONSTRAINTS = (
    Goal("f", "1,000 constraints / 10 x 100, seconds", Sense.AT_MOST, LINEAR),
    Goal("f", "1,000 constraints / 10 x 100, memory", Sense.AT_MOST, LINEAR),
)
KEPT = "3.4 times as many exchanges are kept until the report is written; Hypothesis takes 6 MB"
BY_CASES = Goal("f", "thorough / quick, memory", Sense.AT_MOST, FLAT, reason=KEPT)
GOALS = (*BY_VENDORS, *BY_CONSTRAINTS, BY_CASES)
MAX_ROUNDS = 1
ABOUT = (
    "`chatcert certify --profile quick` on 1, 10 and 100 vendors, which are copies of the smallest one in a copy "
    "of the package, and `chatcert certify --spec` on generated documents of 10, 100 and 1,000 constraints, a "
    "field each. Both against the bundled mock, which is started and counted with it. `each` "
    "is the time that each one takes; `growth` the ratio to the row above, of seconds and of memory, by the ratio "
    "of the sizes: 1 is linear, less where the start weighs, and more is worse than linear. `MB` is the most that "
    "the largest process of a run has had at once. One round, since the largest take minutes. Memory by the "
    "number of cases: one vendor, all profiles, on a mock that runs apart."
)


def measure(bench: Bench) -> Section:
    """All three."""
    vendors = (1, 3) if bench.quick else VENDORS
    constraints = (5, 15) if bench.quick else CONSTRAINTS
    bench.warm_up("growth", _vendors(bench, 1))
    by_vendors, first = _grown(bench, "vendors", {size: _vendors(bench, size) for size in vendors})
    by_constraints, second = _grown(bench, "constraints", {size: _constraints(bench, size) for size in constraints})
    by_cases, third = _cases(bench)
    measured = [*first, *second, third]
    goals = [Judged(goal, figure) for goal, figure in zip(GOALS, measured, strict=True)]
    return Section(TITLE, [ABOUT], [by_vendors, by_constraints, by_cases], goals)


def _grown(bench: Bench, what: str, ways: dict[int, Callable[[], Finished]]) -> tuple[Table, tuple[Spread, Spread]]:
    """A row for each size, and how seconds and memory have grown in the last step."""
    named = {f"{size:,}": way for size, way in ways.items()}
    runs, _ = bench.in_turn(f"growth, {what}", named, {}, rounds=min(bench.rounds, MAX_ROUNDS))
    seconds = [spread_of(found, lambda run: run.seconds) for found in runs.values()]
    memory = [spread_of(found, lambda run: run.peak_bytes / 1e6) for found in runs.values()]
    sizes = list(ways)
    growth = list(zip(grown(sizes, seconds), grown(sizes, memory), strict=True))
    rows = []
    for place, name in enumerate(runs):
        steps = [figure.text() for figure in growth[place - 1]] if place else ["", ""]
        rows.append(
            (
                name,
                seconds[place].text(),
                digits(seconds[place].median / sizes[place]),
                steps[0],
                memory[place].text(),
                steps[1],
            )
        )
    return Table((what, "seconds", "each", "growth", "MB", "growth"), rows), growth[-1]


def grown(sizes: Sequence[int], figures: Sequence[Spread]) -> list[Spread]:
    """Step by step, how many times as large a figure is by how many times as large the size is: 1 is linear."""
    return [
        Spread.of(value * before / after for value in ratios(large, small).values)
        for (before, after), (small, large) in zip(pairwise(sizes), pairwise(figures), strict=True)
    ]


def _vendors(bench: Bench, number: int) -> Callable[[], Finished]:
    smallest = min(bench.vendors, key=lambda name: len(json.dumps(dict(Subject.of(name, "", {}).contract.published))))
    library = with_vendors(bench.new_folder("copies"), smallest, number)
    finish([PYTHON, "-m", "compileall", "-q", library / "chatcert"])  # not timed, as for any installed package
    return partial(_run, bench, number, {"PYTHONPATH": str(library)})


def _constraints(bench: Bench, number: int) -> Callable[[], Finished]:
    spec = written(bench.new_folder("documents"), number)
    return partial(_run, bench, 1, {}, "--spec", str(spec))


def _run(bench: Bench, vendors: int, env: Mapping[str, str], *options: str) -> Finished:
    """Certify at ``quick``, and check that this number of vendors have a report."""
    folder: Path = bench.new_folder("reports")
    done = finish(
        chatcert("certify", "--profile", "quick", "--seed", SEED, "--report-dir", str(folder), *options),
        env=env,
        folder=bench.folder,
    )
    reports = [path.parent for path in folder.glob("*/report.json")]
    if len(reports) != vendors:
        raise SuiteError(f"{len(reports)} reports of {vendors} vendors", where="chatcert certify")
    for report in reports:
        read_report(report)
    return done


def _cases(bench: Bench) -> tuple[Table, Spread]:
    """Measure the memory of each profile, and the ratio of the last one to the first."""
    vendor = bench.vendors[-1]
    profiles = PROFILES[:2] if bench.quick else PROFILES
    with running_mock([vendor]) as mock:
        subject = Subject.of(vendor, mock.url, mock.environment)
        ways = {name: partial(certify, bench, subject, "--profile", name) for name in profiles}
        runs, _ = bench.in_turn(
            f"growth, {vendor}",
            ways,
            {},
            rounds=min(bench.rounds, MAX_ROUNDS),
        )
    memory = {name: spread_of(found, lambda run: run.finished.peak_bytes / 1e6) for name, found in runs.items()}
    rows = [
        (
            f"{vendor}, {name}",
            f"{found[0].requests:,}",
            spread_of(found, lambda run: run.seconds).text(),
            memory[name].text(),
        )
        for name, found in runs.items()
    ]
    return Table(("cases", "requests", "seconds", "MB"), rows), ratios(memory[profiles[-1]], memory[profiles[0]])
