"""Whether what is found depends on the seed: the same faults of the mock, certified with several seeds.

    python bench/seeds.py                    every fault of every vendor with three seeds; a quarter of an hour
    python bench/seeds.py --sample 20        a fixed selection of them at each vendor
    python bench/seeds.py --match auth/      faults whose ids contain one of the texts
    python bench/seeds.py --part 2/5         the second of five parts, so that a long comparison is made in pieces
    python bench/seeds.py --whole --sample 5
                                             with the whole plan instead of the requirements that a fault concerns

A fault is met with the requirements that it breaks and those whose requests show it, as in
tests/suite/run/test_faults.py, and the whole catalogue is judged as in a report. Prints each fault whose failing
requirements differ, and the share of those that do not; exit status 1 where one does. Every server listens on loopback
and is stopped after its run.
"""

from __future__ import annotations

import argparse
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import uvicorn
from detection import Subject, certify, own_subjects, selected

from chatcert.mock.deviation.header_names import NamesKeptProtocol
from chatcert.mock.faults import Fault, faults_of
from chatcert.vendors import known_vendors

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests" / "suite" / "run"))
from test_faults import FAULTS, Vendor

Verdicts = dict[str, list[str]]


class Board:
    """One server that is a mock with one fault after another."""

    address = ""
    app: Any = None

    def address_of(self, *_: Fault) -> str:
        """Return where the mock is served, whatever its faults are."""
        return self.address

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Let the mock of the moment answer."""
        await self.app(scope, receive, send)


@contextmanager
def board() -> Iterator[Board]:
    """Serve a board on loopback while the context lasts."""
    made = Board()
    server = uvicorn.Server(uvicorn.Config(made, port=0, log_level="critical", lifespan="off", http=NamesKeptProtocol))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    deadline = time.monotonic() + 20
    while not server.started and time.monotonic() < deadline:
        time.sleep(0.01)
    made.address = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join(10)


def concerned(seeds: list[int], profile: str, board: Board) -> Callable[[Subject, int], Verdicts]:
    """Certify by the requirements that a fault concerns."""
    vendors = {(name, seed): Vendor(name, seed) for name in known_vendors() for seed in seeds}

    def found(subject: Subject, seed: int) -> Verdicts:
        vendor, _ = FAULTS[subject.name]
        contract = vendors[vendor, seed].catalogue.contract
        fault = next(one for one in faults_of(contract) if one.id == subject.name)  # some remember what they answered
        words = vendors[vendor, seed].certified(board, fault, profile, folded=True)
        return {word: words[word] for word in ("fail", "warn", "error")}

    return found


def whole(profile: str) -> Callable[[Subject, int], Verdicts]:
    """Certify by the whole plan."""

    def found(subject: Subject, seed: int) -> Verdicts:
        outcome = certify((subject, profile), seed)
        trouble = [outcome.trouble] if outcome.trouble else []
        return {"fail": [*outcome.failed], "warn": [*outcome.warned], "error": trouble}

    return found


def part_of(subjects: list[Subject], part: str) -> list[Subject]:
    """Return each n-th fault, from the i-th on, for the part ``i/n``."""
    first, every = (int(number) for number in part.split("/"))
    return subjects[first - 1 :: every]


def main() -> int:
    """Certify, and compare."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--vendor", action="append", choices=known_vendors(), default=[])
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--profile", default="standard")
    parser.add_argument("--sample", type=int, metavar="N", help="N faults of each vendor")
    parser.add_argument("--match", action="append", default=[], metavar="TEXT")
    parser.add_argument("--part", default="1/1", metavar="I/N")
    parser.add_argument("--whole", action="store_true")
    options = parser.parse_args()
    different, count = 0, 0
    with board() as server:
        made = whole(options.profile) if options.whole else concerned(options.seeds, options.profile, server)
        for vendor in options.vendor or known_vendors():
            faults = [one for one in own_subjects([vendor]) if one.kind == "fault"]
            wanted = [one for one in faults if not options.match or any(t in one.name for t in options.match)]
            for subject in part_of(selected(wanted, options.sample), options.part):
                found = {seed: made(subject, seed) for seed in options.seeds}
                count += 1
                if len({str({word: sorted(names) for word, names in one.items()}) for one in found.values()}) > 1:
                    different += 1
                    _print(subject, found)
    print(f"{count - different} of {count} faults: the same verdicts with seeds {', '.join(map(str, options.seeds))}")
    return 1 if different else 0


def _print(subject: Subject, found: dict[int, Verdicts]) -> None:
    print(subject.name)
    for seed, words in found.items():
        told = "; ".join(f"{word}: {', '.join(sorted(names))}" for word, names in words.items() if names)
        print(f"  seed {seed}: {told or 'nothing'}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
