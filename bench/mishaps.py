"""Whether anything but the server can make a verdict: fourteen mishaps, at ten points, for four vendors.

    python bench/mishaps.py                        all of it; about ten minutes on two cores that are idle
    python bench/mishaps.py --vendor agencii --moment 40 --mishap 1 --mishap 5
    python bench/mishaps.py --reverse              the same on servers that break a requirement

An honest mock stands behind a proxy, and the mishap begins after a part of the requests of an undisturbed run: a key
expires, a wall goes up, the clock jumps (bench/mishap/catalogue.py). Wrong is a trial with another exit status than the
mishap must have, with a verdict that another request than those before the mishap led to, or with fewer requirements
settled than requests were sent, less five percent. With --reverse, the mock has a fault that shows early, and a trial
is wrong as well where that was seen and is not reported.

Exit status: 0 nothing is wrong; 1 something is; 2 usage.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from mishap.catalogue import mishaps
from mishap.trial import Ended, Outcome, Trouble, run, tried
from rich.console import Console
from rich.table import Table

from chatcert.judge.verdict import VerdictKind
from chatcert.mock.process import RunningMock, running_mock
from chatcert.transport.target import from_environment
from chatcert.vendors import known_vendors, open_vendor

MOMENTS = (5, 15, 25, 35, 45, 55, 65, 75, 85, 95)
WORKERS = 20
"""Trials at once; most of them wait most of the time."""
PROGRESS = 20
"""Trials after which a line says how many are over."""
FAULTS = {
    "agencii": "agencii/fault/response/200/chatId/type",
    "openwebui": "openwebui/fault/response/200/id/type",
    "polyai": "polyai/fault/response/200/conversation_id/type",
    "sigmamind": "sigmamind/fault/response/201/chatId/type",
}
"""The fault that a server has with ``--reverse``, by vendor: every chat that is created shows it."""


@dataclass(frozen=True)
class Trial:
    """One trial of many.

    Attributes:
        place: which of the mishaps it meets.
        moment: percent of the requests of an undisturbed run.
    """

    vendor: str
    place: int
    moment: int


@dataclass(frozen=True)
class Vendor:
    """What the trials of one vendor share.

    Attributes:
        mock: the server that every trial meets behind a proxy.
        calm: the run without a mishap.
    """

    mock: RunningMock
    calm: Ended

    @property
    def breaches(self) -> list[str]:
        """Return the requirements that the server really breaks."""
        return [name for name, kind in self.calm.verdicts.items() if kind == VerdictKind.FAIL]


def done(vendors: Mapping[str, Vendor], trial: Trial) -> Outcome:
    """Return what a trial shows; called in a process of its own."""
    one = vendors[trial.vendor]
    mishap = mishaps(resources(trial.vendor, one.mock))[trial.place]
    return tried(trial.vendor, mishap, trial.moment, one.calm, one.mock, one.breaches)


def resources(vendor: str, mock: RunningMock) -> dict[str, str]:
    """Return the names of the things that exist at a mock."""
    _, found = from_environment(open_vendor(vendor), mock.environment)
    return {name: str(value) for name, value in found.items()}


def measured(names: Sequence[str], moments: Sequence[int], numbers: Sequence[int], *, reverse: bool) -> list[Outcome]:
    """Make every trial, those that take long first; return what they show in the order of vendors and mishaps."""
    with ExitStack() as started:
        place = Path(started.enter_context(tempfile.TemporaryDirectory()))
        vendors: dict[str, Vendor] = {}
        for name in names:
            faults = [FAULTS[name]] if reverse else []
            mock = started.enter_context(running_mock([name], seed=1, faults=faults))
            vendors[name] = Vendor(mock, run(name, f"{mock.url}/{name}", mock.environment, place / name))
        all_mishaps = mishaps({})
        chosen = [place for place, mishap in enumerate(all_mishaps) if not numbers or mishap.number in numbers]
        trials = [Trial(name, place, moment) for name in names for place in chosen for moment in moments]
        if not trials:
            return []
        longest_first = sorted(trials, key=lambda trial: -all_mishaps[trial.place].minutes)
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(min(WORKERS, len(trials)), context) as pool:
            begun = {pool.submit(done, vendors, trial): trial for trial in longest_first}
            outcomes = {}
            for ended in as_completed(begun):
                outcomes[begun[ended]] = one = ended.result()
                if one.wrong or not len(outcomes) % PROGRESS:
                    which = [f"{one.vendor}, {one.mishap}, {one.moment} %: {one.wrong[0].what}"] if one.wrong else []
                    print(f"{len(outcomes)} of {len(trials)}", *which, sep=": ", file=sys.stderr, flush=True)
    return [outcomes[trial] for trial in trials]


def summary(outcomes: Sequence[Outcome], seconds: float) -> str:
    """Return one line: how many trials there were, and how many of them are wrong in which way."""
    counted = Counter(trouble for one in outcomes for trouble in {wrong.trouble for wrong in one.wrong})
    parts = [f"{counted[trouble]} {trouble.value}" for trouble in Trouble]
    return f"{len(outcomes)} trials in {seconds:.0f} s: {', '.join(parts)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Make the trials, print a table, and return the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--vendor", action="append", choices=known_vendors(), help="one vendor; may be repeated")
    parser.add_argument("--moment", action="append", type=int, metavar="PERCENT", help="one moment; may be repeated")
    parser.add_argument("--mishap", action="append", type=int, metavar="NUMBER", help="one mishap; may be repeated")
    parser.add_argument("--reverse", action="store_true", help="on servers that break a requirement")
    parser.add_argument("--wrong", action="store_true", help="list only the trials with which something is wrong")
    given = parser.parse_args(arguments)
    began = time.monotonic()
    outcomes = measured(
        given.vendor or known_vendors(), given.moment or MOMENTS, given.mishap or (), reverse=given.reverse
    )
    console = Console()
    table = Table("vendor", "mishap", "moment", "exit", "settled", "what is wrong")
    for one in outcomes:
        if given.wrong and not one.wrong:
            continue
        shown = "; ".join(what for _, what in one.wrong[:3]) + (
            f" and {len(one.wrong) - 3} more" if one.wrong[3:] else ""
        )
        table.add_row(one.vendor, one.mishap, f"{one.moment} %", str(one.status), f"{one.settled:.0f} %", shown)
    console.print(table)
    wrong = sum(bool(one.wrong) for one in outcomes)
    print(summary(outcomes, time.monotonic() - began))
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
