"""Make the sample reports in reports/samples/ anew where a report of today shows something else than they do.

    python bench/samples.py            certify all vendors against the bundled mock, and replace the samples that differ
    python bench/samples.py --check    name what differs, and change nothing; exit status 1 if anything does

A sample shows the same as a report of today if both agree in everything but what differs from run to run, machine to
machine and version to version: times, addresses, how many requests were sent and their numbers (a clock of whole
seconds is looked at once more only where it stood still), the version of chatcert, the packages beside it, digests of
these, and the figures of detection, which are measured for one version each.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

from chatcert.cli.main import main as chatcert
from chatcert.report.model import Report
from chatcert.report.reader import read_report

README = Path(__file__).resolve().parents[1] / "README.md"
SAMPLES = Path(__file__).resolve().parents[1] / "reports" / "samples"
ARGUMENTS = ("certify", "--profile", "quick", "--seed", "1", "--report-dir")
KEPT = (
    "badge.svg",
    "contract",
    "junit.xml",
    "report.html",
    "report.json",
    "report.sarif",
    "statement.intoto.json",
    "summary.md",
)
"""What a sample holds of all that a run leaves; the rest is too bulky."""

MATRIX = "matrix.html"
VIEWS = ("badge.svg", "junit.xml", "report.html", "report.sarif", "summary.md")

VOLATILE = (
    "constancy/answers",
    "constancy/percent",
    "contact/answered",
    "contact/first",
    "created/chats",
    "difference",
    "digests/evidence",
    "digests/settings",
    "proof",
    "requests",
    "run",
    "seconds",
    "strength",
    "subject/host",
    "subject/url",
    "subject/window",
    "suite/lock",
    "suite/version",
    "validity/issued",
    "validity/not_after",
    "waivers/day",
)
"""Places of report.json that differ from run to run."""

COUNTS = ("attempts", "cases", "exchanges", "telling")
"""What a row of report.json counts: a run may send a control more or less."""

_PLOT = re.compile(r"<svg\b[^>]*class=\"plot.*?</svg>", re.DOTALL)
_ROWS = re.compile(r"^.*(?:Proof that the checks can fail|Since the last report).*\n", re.IGNORECASE | re.MULTILINE)
_FIGURES = re.compile(r"[0-9a-f]{16,}|\d[\w.,:+-]*")


def main(arguments: list[str] | None = None) -> int:
    """Compare the samples with reports of today and, unless only asked, replace those that differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="change nothing, and exit with 1 if anything differs")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory() as folder:
        fresh = certified(Path(folder))
        differing = list(differences(SAMPLES, fresh))
        for line in differing:
            print(line)
        if differing and not options.check:
            replace_samples(SAMPLES, fresh)
            reports = [read_report(path) for path in sorted(SAMPLES.glob("*/report.json"))]
            README.write_text(front_page(README.read_text(encoding="utf-8"), reports), encoding="utf-8")
    return int(options.check and bool(differing))


def certified(folder: Path) -> Path:
    """Certify every bundled vendor against the mock; returns the folder of the reports."""
    with contextlib.redirect_stdout(io.StringIO()):
        status = chatcert([*ARGUMENTS, str(folder)])
    if status != 0:
        raise SystemExit(f"chatcert certify ended with {status}")
    return folder


def differences(samples: Path, fresh: Path) -> Iterator[str]:
    """Name every file of the samples that shows something else than its counterpart in ``fresh``."""
    vendors = {path.parent.name for folder in (samples, fresh) for path in folder.glob("*/report.json")}
    for vendor in sorted(vendors):
        old, new = samples / vendor, fresh / vendor
        if not (old / "report.json").exists() or not (new / "report.json").exists():
            yield f"{vendor}: only one of both has it"
            continue
        yield from (f"{vendor}/report.json: {place}" for place in _changed(shown(old), shown(new)))
        yield from (f"{vendor}/{name}" for name in VIEWS if _differ(old / name, new / name, text_shown))
        documents = {path.name for folder in (old, new) for path in (folder / "contract").iterdir()}
        for name in sorted(documents):
            if _differ(old / "contract" / name, new / "contract" / name, str):
                yield f"{vendor}/contract/{name}"
    if _differ(samples / MATRIX, fresh / MATRIX, text_shown):
        yield MATRIX


def shown(folder: Path) -> dict[str, Any]:
    """The report in a folder without what differs from run to run."""
    report: dict[str, Any] = copy.deepcopy(dict(read_report(folder / "report.json")))
    for place in VOLATILE:
        *outer, last = place.split("/")
        inside = report
        for name in outer:
            inside = inside.get(name, {})
        inside.pop(last, None)
    for row in report["requirements"]:
        for name in COUNTS:
            del row[name]
    return report


def text_shown(text: str) -> str:
    """The text of a view without figures, charts of times, and the rows on detection and on an earlier report."""
    return _FIGURES.sub("0", unescape(_ROWS.sub("", _PLOT.sub("", text))))


def replace_samples(samples: Path, fresh: Path) -> None:
    """Put the fresh reports in the place of the samples."""
    for place in samples.iterdir():
        if place.is_dir():
            shutil.rmtree(place)
    for report in sorted(fresh.glob("*/report.json")):
        place = samples / report.parent.name
        place.mkdir()
        for name in KEPT:
            source = report.parent / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, place / name)
    shutil.copy(fresh / MATRIX, samples / MATRIX)


def front_page(text: str, reports: Iterable[Report]) -> str:
    """Return the front page with the figures of these reports in the first run that it shows."""
    for report in reports:
        vendor, totals, requests = report["vendor"], report["totals"], report["requests"]
        passed, untested = totals["pass"], totals["not-applicable"]
        row = f" {vendor:<9}  {report['outcome']}  {passed:>8}  {untested:>3}  {requests:>8}"
        text = re.sub(rf"^ {vendor} +\S+ +\d+ +\d+ +\d+$", row, text, flags=re.MULTILINE)
        line = rf"^({vendor}: Conformant\. All) \d+ (requirements tested hold\.\n  0 of) \d+ (.*\n) +\d+ chats created"
        chats = report["created"]["chats"]
        text = re.sub(line, rf"\1 {passed} \2 {requests} \3  {chats} chats created", text, flags=re.MULTILINE)
    return text


def _differ(old: Path, new: Path, seen: Callable[[str], str]) -> bool:
    texts = [seen(path.read_text(encoding="utf-8")) if path.exists() else None for path in (old, new)]
    return texts[0] != texts[1]


def _changed(old: Any, new: Any, place: str = "") -> Iterator[str]:
    """Places in which two JSON values differ."""
    if isinstance(old, dict) and isinstance(new, dict):
        for name in sorted(old.keys() | new.keys()):
            yield from _changed(old.get(name), new.get(name), f"{place}/{name}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (first, second) in enumerate(zip(old, new, strict=True)):
            yield from _changed(first, second, f"{place}/{number}")
    elif old != new:
        yield f"{place}: {json.dumps(old)[:80]} is now {json.dumps(new)[:80]}"


if __name__ == "__main__":
    sys.exit(main())
