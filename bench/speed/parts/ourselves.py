"""(k) How long our own tests take: those that run by themselves, and all that tox runs."""

from __future__ import annotations

from collections.abc import Sequence

from chatcert.exceptions import SuiteError
from speed.bench import PYTHON, ROOT, Bench
from speed.goals import Goal, Judged, Sense
from speed.process import finish
from speed.spread import Spread, digits
from speed.table import Section, Table

TITLE = "(k) Our own tests"
PYTEST = Goal("k", "pytest", Sense.AT_MOST, 60, "s")
TOX = Goal("k", "tox", Sense.AT_MOST, 480, "s")
GOALS = (PYTEST, TOX)
COMMANDS = {PYTEST.what: ("pytest", "-q", "-p", "no:cacheprovider"), TOX.what: ("tox", "-q")}
QUICK = {PYTEST.what: (*COMMANDS["pytest"], "tests/suite/cases/test_constancy.py"), TOX.what: ("tox", "list", "-q")}
ABOUT = (
    "Seconds of whole processes, one round, after everything else: `pytest` as it comes, and `tox`, which runs the "
    "slow tests as well, and looks at style and types. Environments of tox that are there already are used again."
)


def measure(bench: Bench) -> Section:
    """Each command once."""
    commands = QUICK if bench.quick else COMMANDS
    measured: dict[str, Spread | str] = {}
    for name, command in commands.items():
        bench.tell(f"our own tests: {name}")
        try:
            measured[name] = Spread.of([_seconds(command)])
        except SuiteError as why:
            measured[name] = why.line()
    rows = [
        (f"`{name}`", found if isinstance(found, str) else digits(found.median)) for name, found in measured.items()
    ]
    missing = [found for found in measured.values() if isinstance(found, str)]
    goals = [Judged(goal, measured[goal.what]) for goal in GOALS]
    return Section(TITLE, [ABOUT], [Table(("command", "seconds"), rows)], goals, missing)


def _seconds(command: Sequence[str]) -> float:
    """Run a command of our environment in the root of the repository."""
    module, *arguments = command
    return finish([PYTHON, "-m", module, *arguments], folder=ROOT).seconds
