"""(g) Start-up time: the help, and the collection of the contract tests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from chatcert.exceptions import SuiteError
from speed.bench import PYTHON, ROOT, Bench
from speed.goals import Goal, Judged, Sense
from speed.ours import chatcert
from speed.process import Finished, finish
from speed.spread import spread_of
from speed.table import Section, Table

TITLE = "(g) Start-up"
HELP = Goal("g", "chatcert --help", Sense.AT_MOST, 0.3, "s")
COLLECTION = Goal("g", "pytest --collect-only -q", Sense.AT_MOST, 2, "s")
GOALS = (HELP, COLLECTION)
ABOUT = (
    "Seconds of whole processes, files in the disk's cache. The collection is that of the contract tests of all "
    "vendors, as `pytest --collect-only -q tests/contract` has it. The limits beside them: Python that does "
    "nothing, and pytest, with the same plugins installed but ours, that collects a single empty test."
)


def measure(bench: Bench) -> Section:
    """All commands in turn."""
    folder = bench.new_folder("empty")
    (folder / "test_nothing.py").write_text("def test_nothing():\n    pass\n", encoding="utf-8")
    pytest = [PYTHON, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider"]
    bench.warm_up("chatcert --help", lambda: finish(chatcert("--help")))
    bench.warm_up("pytest", lambda: _collected(pytest))
    ours, limits = bench.in_turn(
        "start-up",
        {
            "chatcert --help": partial(finish, chatcert("--help")),
            "pytest --collect-only -q": partial(_collected, pytest),
        },
        {
            "python -c pass": partial(finish, [PYTHON, "-c", "pass"]),
            "pytest on an empty test": partial(
                finish, [*pytest, "-p", "no:chatcert", "-c", "/dev/null"], folder=folder
            ),
        },
        rounds=1 if bench.quick else max(bench.rounds, 5),
    )
    seconds = {name: spread_of(runs, lambda run: run.seconds) for name, runs in {**ours, **limits}.items()}
    rows = [(name, figure.text()) for name, figure in seconds.items()]
    goals = [Judged(goal, seconds[goal.what]) for goal in GOALS]
    return Section(TITLE, [ABOUT], [Table(("command", "seconds"), rows)], goals)


def _collected(pytest: Sequence[str]) -> Finished:
    """Collect the contract tests.

    Raises:
        SuiteError: there were none.
    """
    done = finish([*pytest, "tests/contract"], folder=ROOT)
    if "no tests" in done.out or "::" not in done.out:
        raise SuiteError("no contract test was collected", where="pytest")
    return done
