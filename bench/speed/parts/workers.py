"""(i) The contract tests in two processes beside one, on the same machine and against the same mock."""

from __future__ import annotations

from functools import partial

from speed.bench import PYTHON, ROOT, Bench
from speed.goals import Goal, Judged, Sense
from speed.process import Finished, finish
from speed.spread import ratios, spread_of
from speed.table import Section, Table

TITLE = "(i) Workers"
GOAL = Goal("i", "pytest -n 1 / pytest -n 2, standard", Sense.AT_LEAST, 1.7)
GOALS = (GOAL,)
ABOUT = (
    "`pytest -n N tests/contract --profile standard`, all bundled vendors against the bundled mock, which is a process "
    "of its own: seconds of the whole run, from its start to its reports. Every run has a seed of its own, so that "
    "each has to plan what it sends."
)


def measure(bench: Bench) -> Section:
    """One worker and two, in turn."""
    profile = "quick" if bench.quick else "standard"
    bench.once("pytest -n", partial(_run, bench, 2, "quick", 0))
    seeds = iter(range(1, 100))
    one, two = bench.in_turn(
        "workers",
        {"pytest -n 1": lambda: _run(bench, 1, profile, 2 * next(seeds))},
        {"pytest -n 2": lambda: _run(bench, 2, profile, 2 * next(seeds) + 1)},
    )
    alone = spread_of(one["pytest -n 1"], lambda run: run.seconds)
    both = spread_of(two["pytest -n 2"], lambda run: run.seconds)
    ratio = ratios(alone, both)
    rows = [("pytest -n 1", alone.text(), ""), ("pytest -n 2", both.text(), ratio.text())]
    return Section(TITLE, [ABOUT], [Table(("command", "seconds", "times as fast"), rows)], [Judged(GOAL, ratio)])


def _run(bench: Bench, workers: int, profile: str, seed: int) -> Finished:
    folder = bench.new_folder("reports")
    return finish(
        [PYTHON, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers), "tests/contract",
         "--vendor", *_spread(bench.vendors), "--profile", profile, "--chatcert-seed", str(seed),
         "--report-dir", str(folder)], folder=ROOT,
    )  # fmt: skip


def _spread(vendors: tuple[str, ...]) -> list[str]:
    first, *others = vendors
    return [first, *(word for vendor in others for word in ("--vendor", vendor))]
