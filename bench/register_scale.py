"""How long a register of many entries takes: to submit them, to verify and list them, and to write the site.

    python bench/register_scale.py
    python bench/register_scale.py --entries 250,500,1000 --vendors 20

The entries rest on no report: judging a report again takes the same time whatever the size of the register. Prints
seconds of CPU, and the sizes of register and site.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from registers.synthetic import DAY, make_register, many_certificates

from chatcert.cli.register_views import entry_row
from chatcert.files import MEBIBYTE
from chatcert.register.inspection import inspect
from chatcert.register.site.site_writer import write_site

GOAL_SECONDS = 60
GOAL_MEBIBYTES = 20


def main() -> int:
    """Measure each size and print a line for it; return 1 if the largest one misses a goal."""
    parser = argparse.ArgumentParser(description="How long a register of many entries takes.")
    parser.add_argument("--entries", default="250,500,1000", metavar="N,N", help="default: 250,500,1000")
    parser.add_argument("--vendors", type=int, default=20, metavar="N", help="default: 20")
    options = parser.parse_args()
    print(f"{'entries':>8} {'submit':>8} {'verify':>8} {'list':>8} {'site':>8} {'register':>10} {'site':>10}")
    bad = False
    for entries in map(int, options.entries.split(",")):
        seconds, sizes = measured(entries, [f"vendor{number}" for number in range(options.vendors)])
        figures = " ".join(f"{value:>7.2f}s" for value in seconds)
        print(f"{entries:>8} {figures} {sizes[0]:>6.1f} MiB {sizes[1]:>6.1f} MiB")
        bad = sum(seconds[:3]) > GOAL_SECONDS or sizes[1] > GOAL_MEBIBYTES
    return int(bad)


def measured(entries: int, vendors: list[str]) -> tuple[list[float], list[float]]:
    """Seconds of CPU to submit, verify, list and write the site; mebibytes of register and site."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = make_register(folder, {"vendor": vendors})
        rows = list(many_certificates(made, vendors, entries))
        marks = [time.process_time()]
        for start in range(0, entries, 50):  # as a bot does that takes in a batch
            made.add(rows[start : start + 50])
            marks[1:] = [time.process_time()]
        found = inspect(made.path, DAY, root=made.root)
        assert not found.problems, found.problems[0]
        assert entries == len(found.entries)
        marks.append(time.process_time())
        assert entries == len([entry_row(entry, DAY) for entry in found.entries.values()])
        marks.append(time.process_time())
        write_site(folder / "site", made.register.policy, found.entries.values(), DAY)
        marks.append(time.process_time())
        sizes = [size_of(made.path), size_of(folder / "site")]
    return [after - before for before, after in pairwise(marks)], sizes


def size_of(folder: Path) -> float:
    """The size of all files in a folder, in mebibytes."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / MEBIBYTE


if __name__ == "__main__":
    sys.exit(main())
