"""(i) The contract tests in two processes beside one, on the same machine and against the same mock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import count

from chatcert.mock.process import running_mock
from speed.bench import PYTHON, ROOT, Bench
from speed.goals import Goal, Judged, Sense
from speed.process import Finished, finish
from speed.spread import Spread, ratios, spread_of
from speed.subject import Subject
from speed.table import Section, Table

TITLE = "(i) Workers"
LATENCY_MS = 50
REASON = (
    "a second worker imports, collects and plans for itself: 1.3 to 2.2 s of processor time for one vendor at standard"
)
FAR_REASON = (
    "no worker shares start, collection and reports; between first and last request two are 1.4 to 1.6 times as fast: "
    "each plans for itself, and sends the valid requests that rules on answers share, up to 17 % more requests"
)
GOAL = Goal("i", "pytest -n 1 / pytest -n 2, standard, the bundled mock", Sense.AT_LEAST, 1, reason=REASON)
FAR = Goal(
    "i", f"pytest -n 1 / pytest -n 2, standard, answers after {LATENCY_MS} ms", Sense.AT_LEAST, 1.7, reason=FAR_REASON
)
GOALS = (GOAL, FAR)
MAX_ROUNDS = 1
ABOUT = (
    "`pytest -n N tests/contract --profile standard`: seconds of the whole run, from its start to its reports. Every "
    "run has a seed of its own. First all bundled vendors against the bundled "
    "mock, a process of its own, which answers within a millisecond and shares the cores with the workers. Then one "
    f"vendor, live, whose answers take {LATENCY_MS} ms (`chatcert mock --latency {LATENCY_MS}`), one round. `busy` is "
    "how many cores are, on average: the processor seconds of all processes of the run by its seconds, a live server's "
    "not counted. However many workers there are, a run can be no more times as fast as the machine has cores for each "
    "that is busy with one worker."
)


def measure(bench: Bench) -> Section:
    """One worker and two, in turn, on the bundled mock and on one that takes its time."""
    profile = "quick" if bench.quick else "standard"
    names = [word for vendor in bench.vendors for word in ("--vendor", vendor)]
    bench.warm_up("pytest -n", partial(_run, bench, 2, "quick", 0, *names))
    near, rows = _beside(bench, "bundled mock", bench.rounds, lambda n, seed: _run(bench, n, profile, seed, *names))
    vendor = bench.vendors[-1]
    with running_mock([vendor], latency_ms=LATENCY_MS) as mock:
        subject = Subject.of(vendor, mock.url, mock.environment)
        options = ("--vendor", vendor, "--url", subject.url)
        far, more = _beside(
            bench,
            f"{vendor}, {LATENCY_MS} ms",
            min(bench.rounds, MAX_ROUNDS),
            lambda n, seed: _run(bench, n, profile, seed, *options, env=subject.environment),
        )
    table = Table(("target", "command", "seconds", "busy", "times as fast"), [*rows, *more], left=2)
    return Section(TITLE, [ABOUT], [table], [Judged(GOAL, near), Judged(FAR, far)])


def _beside(
    bench: Bench, target: str, rounds: int, run: Callable[[int, int], Finished]
) -> tuple[Spread, list[tuple[str, ...]]]:
    """Return how many times as fast two workers are as one, and the rows of the table on both."""
    seeds = count(1)
    one, two = bench.in_turn(
        f"workers, {target}",
        {"pytest -n 1": lambda: run(1, next(seeds))},
        {"pytest -n 2": lambda: run(2, next(seeds))},
        rounds=rounds,
    )
    alone = spread_of(one["pytest -n 1"], lambda done: done.seconds)
    both = spread_of(two["pytest -n 2"], lambda done: done.seconds)
    ratio = ratios(alone, both)
    return ratio, [
        (target, "pytest -n 1", alone.text(), _busy(one["pytest -n 1"]), ""),
        (target, "pytest -n 2", both.text(), _busy(two["pytest -n 2"]), ratio.text()),
    ]


def _busy(runs: Sequence[Finished]) -> str:
    return spread_of(runs, lambda done: done.processor_seconds / done.seconds).text()


def _run(
    bench: Bench, workers: int, profile: str, seed: int, *options: str, env: Mapping[str, str] | None = None
) -> Finished:
    folder = bench.new_folder("reports")
    return finish(
        [
            PYTHON,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-n",
            str(workers),
            "tests/contract",
            *options,
            "--profile",
            profile,
            "--chatcert-seed",
            str(seed),
            "--report-dir",
            str(folder),
        ],
        env=env or {},
        folder=ROOT,
    )
