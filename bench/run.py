"""Measure all figures about speed in one run: chatcert, other programs, and the least time possible.

    python bench/run.py                 all of it; writes docs/benchmarks.md
    python bench/run.py --only a,c      some parts, printed only
    python bench/run.py --quick         a smoke run: does every part work? its figures mean little

Parts:
  a  seconds and requests to a full verdict, beside Schemathesis
  b  the same where each answer takes 300 ms
  c  overhead per request, beside a bare httpx loop that sends the same
  d  the mock under load, beside Prism and a bare echo (needs wrk, Node.js and npm)
  e  generation: confirmed cases a second, beside the strategies of Schemathesis
  f  growth of time and memory with vendors, constraints and cases
  g  start-up: --help, and pytest --collect-only
  h  seconds and requests of each profile, all vendors
  i  pytest in two processes beside one
  j  the cost of a verdict: requests, chats, seconds at three latencies, megabytes
  k  our own tests: pytest, and tox, which takes minutes (needs a network, or a cache of packages)

Needs no network but for tox, and leaves no process running. Run nothing else meanwhile: it would change the figures.

Exit status: 0 all measured and every goal met; 1 a goal is not met; 70 something could not be measured.
"""

from __future__ import annotations

import argparse
import os
import shlex
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import NoReturn

from rich.console import Console
from rich.text import Text
from speed.bench import ROOT, Bench
from speed.goals import Goal, Judged
from speed.machine import machine, versions
from speed.page import page, write
from speed.parts import (
    cost,
    generation,
    growth,
    latency,
    mock,
    ourselves,
    overhead,
    profiles,
    startup,
    verdict,
    workers,
)
from speed.table import Section, goals_table

from chatcert.exceptions import ChatcertError, SuiteError
from chatcert.vendors import known_vendors

PAGE = ROOT / "docs" / "benchmarks.md"
ROUNDS = 3


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the measurement."""

    title: str
    goals: Sequence[Goal]
    measure: Callable[[Bench], Section]

    @classmethod
    def of(cls, module: ModuleType) -> Part:
        """The part that a module holds."""
        return cls(module.TITLE, module.GOALS, module.measure)


PARTS = {
    "a": Part.of(verdict),
    "b": Part.of(latency),
    "c": Part.of(overhead),
    "d": Part.of(mock),
    "e": Part.of(generation),
    "f": Part.of(growth),
    "g": Part.of(startup),
    "h": Part.of(profiles),
    "i": Part.of(workers),
    "j": Part.of(cost),
    "k": Part.of(ourselves),
}


def measured(part: Part, bench: Bench) -> Section:
    """Return the results of a part; if it failed, each of its goals has the reason."""
    try:
        return part.measure(bench)
    except ChatcertError as why:
        return Section(part.title, goals=[Judged(goal, why.line()) for goal in part.goals], missing=[why.line()])


def exit_status(sections: Sequence[Section], *, quick: bool) -> int:
    """0 where all was measured and every goal is met, 1 where one is not, 70 where something was not measured.

    Args:
        quick: a smoke run, which judges no goal.
    """
    goals = [goal for section in sections for goal in section.goals]
    if any(section.missing for section in sections) or any(isinstance(goal.measured, str) for goal in goals):
        return SuiteError.exit_code
    return 0 if quick or all(goal.met for goal in goals) else 1


def show(console: Console, sections: Sequence[Section], *, quick: bool) -> None:
    """Print every table, and the goals last."""
    for section in sections:
        console.print(Text(f"\n{section.title}", style="bold"))
        for table in section.tables:
            console.print(table.rich())
        for line in section.missing:
            console.print(Text(f"not measured: {line}", style="bold yellow"))
    if quick:
        console.print("\nA smoke run: every part above works; no goal is judged.")
        return
    console.print(Text("\nGoals", style="bold"))
    console.print(goals_table(goal for section in sections for goal in section.goals).rich())


def main() -> int:
    """Measure, print, write; returns the exit status."""
    options = _options()
    signal.signal(signal.SIGTERM, _leave)  # what was started is ended on the way out
    vendors = tuple(options.vendor or known_vendors())[: 1 if options.quick and not options.vendor else None]
    console, progress = Console(highlight=False), Console(stderr=True, highlight=False)
    started = time.monotonic()
    sections: list[Section] = []
    try:
        with tempfile.TemporaryDirectory(prefix="chatcert-bench-", ignore_cleanup_errors=True) as name:
            _keep_below(Path(name))
            bench = Bench(1 if options.quick else options.rounds, options.quick, vendors, Path(name), progress)
            for part in (PARTS[letter] for letter in options.only):
                progress.print(part.title, markup=False)
                sections.append(measured(part, bench))
    except KeyboardInterrupt:
        print("bench: interrupted; nothing was written", file=sys.stderr)
        return 130
    show(console, sections, quick=options.quick)
    whole = options.only == list(PARTS) and not options.quick and not options.vendor
    output = options.output or (PAGE if whole else None)
    if output is not None:
        command = shlex.join(["python", "bench/run.py", *sys.argv[1:]])
        write(output, page(sections, machine(), versions(), command, options.rounds))
    took = f"{(time.monotonic() - started) / 60:.1f} minutes"
    console.print(f"{took}; {f'written to {output.name}' if output else 'nothing was written'}", markup=False)
    for line in (line for section in sections for line in section.missing):
        print(f"bench: not measured: {line}", file=sys.stderr)
    return exit_status(sections, quick=options.quick)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", type=_letters, default=list(PARTS), metavar="a,c", help="these parts only")
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, metavar="N", help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one round, one vendor, as little as possible")
    parser.add_argument(
        "--vendor",
        action="append",
        default=[],
        choices=known_vendors(),
        metavar="V",
        help="measure with these only (repeatable)",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="write the page there, whatever was measured")
    options = parser.parse_args()
    if options.quick and options.output:
        parser.error("a smoke run has nothing to write: leave --output or --quick")
    return options


def _letters(text: str) -> list[str]:
    wanted = [letter.strip() for letter in text.split(",")]
    if not set(wanted) <= set(PARTS):
        raise argparse.ArgumentTypeError(f"no such part: {text!r} (parts: {','.join(PARTS)})")
    return [letter for letter in PARTS if letter in wanted]


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"invalid number of rounds: {text!r}")
    return int(text)


def _keep_below(folder: Path) -> None:
    """Have every program that is started keep the bytecode that it compiles, as for users, but none of other runs."""
    place = folder / "bytecode"
    place.mkdir(mode=0o700)
    os.environ["PYTHONPYCACHEPREFIX"] = str(place)
    os.environ["PYTHONDONTWRITEBYTECODE"] = ""


def _leave(number: int, frame: object) -> NoReturn:
    raise SystemExit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
