"""The sample reports are reports of today's shape, and tell nothing of the machine that made them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chatcert.report.reader import read_report, schema_of
from chatcert.vendors import bundled_vendors

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "reports" / "samples"
FILES = [path for path in SAMPLES.rglob("*") if path.is_file() and "allure-results" not in path.parts]
KEPT = {"report.json", "report.html", "summary.md", "badge.svg"}
MACHINE = re.compile(rb"/(?:home|root|Users|tmp|work|opt|builds?|workspace)/\w|[A-Z]:\\\\?Users")
OPTIONAL = {"history", "difference"}
"""Parts that a first run without a history does not have."""


@pytest.mark.parametrize("vendor", bundled_vendors())
def test_every_vendor_has_a_sample(vendor: str) -> None:
    """Each bundled vendor has a valid report, with all that the schema knows, and its views."""
    report = read_report(SAMPLES / vendor / "report.json")

    assert vendor == report["vendor"]
    assert "conformant" == report["outcome"]
    assert set() == set(schema_of()["properties"]) - set(report) - OPTIONAL
    assert KEPT <= {path.name for path in (SAMPLES / vendor).iterdir()}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SAMPLES).as_posix())
def test_no_path_of_a_machine(path: Path) -> None:
    """No file of a sample names a folder of the machine that it was made on."""
    assert None is MACHINE.search(path.read_bytes())


def test_the_command_makes_them() -> None:
    """The environment of tox that the page names writes them, with a fixed seed."""
    text = (ROOT / "tox.ini").read_text(encoding="utf-8")

    assert "commands = chatcert certify --profile quick --seed 1 --report-dir reports/samples\n" in text
    assert "tox -e samples" in (ROOT / "reports" / "README.md").read_text(encoding="utf-8")
