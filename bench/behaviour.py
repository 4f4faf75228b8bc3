"""Whether chatcert does what it did: record the behaviour of one version, and compare it with another's.

    python bench/behaviour.py check [--every-seed]           against the record in the repository, without HTTP; < 60 s
    python bench/behaviour.py update                         record anew what check compares; some two minutes
    python bench/behaviour.py record FILE [--without-http]   everything; some minutes
    python bench/behaviour.py compare OLD NEW                each difference in one line

A record holds, for the bundled vendors and the documents of the suite: the catalogue and the defects of the document;
per requirement, profile and seed how many requests are planned, with which expectation, and which keywords they break
(by jsonschema-rs; values are not recorded); verdicts, findings and exit statuses of whole runs against the mock, 60 of
its faults and 20 of its manners; the form of all files of a report; exit statuses of commands.

Whoever changes behaviour on purpose looks through what ``check`` shows, runs ``update``, commits
bench/behaviour/baseline.json.gz, and names the change in the changelog. ``update`` leaves the runs in it as they are.

Left out, since it differs from run to run: times, ports, credentials, numbers of requests in runs, and whatever else is
not the same in the two runs that each server gets (a record marks it as varying); and what ``proof`` holds in
report.json, since that depends on whether bench/detection.py has measured these very sources. Another version of
Schemathesis or Hypothesis may plan other requests: use the pinned ones.

Exit status: 0 no difference; 1 a difference; 2 usage.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from behaviour import commands, comparing, derived, library, records, runs

BASELINE = Path(__file__).resolve().parent / "behaviour" / "baseline.json.gz"


def recorded(*, http: bool, seeds: Sequence[int] = derived.SEEDS) -> dict[str, Any]:
    """The record of the chatcert that is imported."""
    found: dict[str, Any] = derived.derived(derived.variants(library.profiles(), seeds))
    if http:
        found["runs"], forms = runs.certified_all(found["catalogue"])
        found["formats"] = {name: sorted(members) for name, members in forms.items()}
        document = library.checkout() / "specs" / "polyai" / "openapi.yaml"
        found["commands"] = commands.statuses(document)
    return found


def check(seeds: Sequence[int]) -> int:
    """Compare what follows from the documents with the record in the repository; the exit status."""
    kept = records.read(BASELINE)
    chosen = derived.variants(library.profiles(), seeds)
    old = {"catalogue": kept["catalogue"], "plans": derived.chosen_plans(kept["plans"], chosen)}
    return tell(old, recorded(http=False, seeds=seeds))


def update(baseline: Path = BASELINE) -> int:
    """Replace in a record what ``check`` compares, with every seed; the exit status."""
    made = records.read(baseline) | recorded(http=False)
    records.write(baseline, made)
    return written(baseline, made)


def written(file: Path, made: Mapping[str, Any]) -> int:
    """Print what was written; the exit status."""
    print(f"{file}: {file.stat().st_size} bytes, {comparing.marks(made)} values vary")
    return 0


def tell(old: Mapping[str, Any], new: Mapping[str, Any]) -> int:
    """Print every difference; the exit status."""
    lines = comparing.lines(comparing.differences(old, new))
    print("\n".join(lines) if lines else "no difference")
    return int(bool(lines))


def main(arguments: list[str] | None = None) -> int:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    steps = parser.add_subparsers(dest="step", required=True, metavar="COMMAND")
    record = steps.add_parser("record", help="write a record")
    record.add_argument("file", type=Path, metavar="FILE")
    record.add_argument("--without-http", action="store_true", help="catalogues and plans only")
    compare = steps.add_parser("compare", help="print the differences between two records")
    compare.add_argument("old", type=Path, metavar="OLD")
    compare.add_argument("new", type=Path, metavar="NEW")
    step = steps.add_parser("check", help="compare with the record in the repository, without HTTP")
    step.add_argument("--every-seed", action="store_true", help="not only the first: takes three times as long")
    steps.add_parser("update", help="record anew, in the repository, what check compares")
    options = parser.parse_args(arguments)
    if options.step == "record":
        made = recorded(http=not options.without_http)
        records.write(options.file, made)
        return written(options.file, made)
    try:
        if options.step == "update":
            return update()
        if options.step == "check":
            return check(derived.SEEDS if options.every_seed else derived.SEEDS[:1])
        return tell(records.read(options.old), records.read(options.new))
    except (OSError, ValueError) as error:
        parser.error(str(error))


if __name__ == "__main__":
    sys.exit(main())
