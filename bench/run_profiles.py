"""How long a certification takes and how many requests it sends, profile by profile.

    python bench/run_profiles.py                    quick and standard, three runs each, all bundled vendors
    python bench/run_profiles.py --runs 1 thorough  one run of another profile

Each run is a process of its own against the bundled mock, started for it. Prints a table and writes it to the section
"Profiles" of docs/benchmarks.md. What else the machine does counts: leave it alone meanwhile.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from chatcert import __version__

PAGE = Path(__file__).resolve().parents[1] / "docs" / "benchmarks.md"
SECTION = "## Profiles"


@dataclass(frozen=True)
class Run:
    """One certification of all vendors.

    Attributes:
        seconds: by the clock on the wall.
        processor_seconds: of this process and the mock together.
        requests: by vendor.
    """

    seconds: float
    processor_seconds: float
    requests: dict[str, int]


def measure(profile: str, vendors: Sequence[str]) -> Run:
    """Certify once; ends the program where the outcome is not conformant: a wrong run is no measurement."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "chatcert", "certify", *vendors, "--profile", profile, "--report-dir", folder]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        started = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.perf_counter() - started
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        if done.returncode != 0:
            sys.exit(f"{' '.join(command)}\nended with {done.returncode}:\n{done.stdout}{done.stderr}")
        reports = [json.loads(path.read_text(encoding="utf-8")) for path in sorted(Path(folder).glob("*/report.json"))]
    used = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Run(seconds, used, {report["vendor"]: report["requests"] for report in reports})


def table(results: dict[str, list[Run]]) -> str:
    """One row a profile, as Markdown: the quickest run of each, and the slowest for comparison."""
    vendors = next(iter(results.values()))[0].requests
    heads = ["profile", *vendors, "requests", "seconds", "slowest run", "processor seconds"]
    rows = [heads, ["---"] + ["---:"] * (len(heads) - 1)]
    for profile, runs in results.items():
        best = min(runs, key=lambda run: run.seconds)
        rows.append([
            profile, *(str(best.requests[vendor]) for vendor in vendors), str(sum(best.requests.values())),
            f"{best.seconds:.1f}", f"{max(run.seconds for run in runs):.1f}", f"{best.processor_seconds:.1f}",
        ])  # fmt: skip
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def write(text: str) -> None:
    """Put ``text`` in place of the section; what stands in other sections stays."""
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else "# Benchmarks\n"
    before, _, rest = page.partition(f"{SECTION}\n")
    _, mark, after = rest.partition("\n## ")
    PAGE.parent.mkdir(exist_ok=True)
    PAGE.write_text(f"{before.rstrip()}\n\n{SECTION}\n\n{text}\n{mark}{after}", encoding="utf-8")


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("profiles", nargs="*", default=["quick", "standard"], metavar="PROFILE")
    parser.add_argument("--runs", type=int, default=3, metavar="N", help="runs of each profile (default: 3)")
    parser.add_argument("--vendor", action="append", default=[], metavar="V", help="certify these only (repeatable)")
    parser.add_argument("--print-only", action="store_true", help="leave docs/benchmarks.md as it is")
    options = parser.parse_args()
    results = {name: [measure(name, options.vendor) for _ in range(options.runs)] for name in options.profiles}
    text = (
        f"`python bench/run_profiles.py`: all bundled vendors against the bundled mock, best of {options.runs}.\n"
        f"chatcert {__version__}, Python {platform.python_version()}, {platform.system()} {platform.machine()}, "
        f"{os.cpu_count()} cores.\n\n{table(results)}"
    )
    print(text)
    if not options.print_only and not options.vendor:
        write(text)


if __name__ == "__main__":
    main()
