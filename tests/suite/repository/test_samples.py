"""The sample reports are reports of today's shape, and tell nothing of the machine that made them."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.report.reader import read_report, schema_of
from chatcert.vendors import known_vendors

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "reports" / "samples"
FILES = [path for path in SAMPLES.rglob("*") if path.is_file() and "allure-results" not in path.parts]
KEPT = {"report.json", "report.html", "summary.md", "badge.svg"}
MACHINE = re.compile(rb"/(?:home|root|Users|tmp|work|opt|builds?|workspace)/\w|[A-Z]:\\\\?Users")
OPTIONAL = {"history", "difference", "stopped", "credentials"}
"""Parts that a first run without a history, with credentials that are given, does not have."""


@pytest.mark.parametrize("vendor", known_vendors())
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


@pytest.fixture(scope="module")
def renewal() -> ModuleType:
    """The script that compares and makes the samples."""
    spec = spec_from_file_location("samples_renewal", ROOT / "bench" / "samples.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the samples."""
    shutil.copytree(SAMPLES, tmp_path / "samples")
    return tmp_path / "samples"


def edit(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change a report on disk."""
    report = json.loads(path.read_bytes())
    change(report)
    path.write_text(json.dumps(report))


@pytest.mark.slow
def test_the_samples_show_what_reports_show_today(renewal: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    """Reports of today differ from the samples in nothing but what differs between any two runs."""
    status = renewal.main(["--check"])

    assert (0, "") == (status, capsys.readouterr().out)


def test_another_version_changes_no_sample(renewal: ModuleType, copied: Path) -> None:
    """A sample stays what it is where only version, packages, times, addresses or figures of detection differ."""
    for vendor in known_vendors():
        edit(copied / vendor / "report.json", lambda report: report["suite"].update(version="9.9.9rc1"))
        edit(copied / vendor / "report.json", lambda report: report["suite"]["lock"].update(python="4.0"))
        edit(copied / vendor / "report.json", lambda report: report.update(seconds=99.5, requests=3))
        edit(copied / vendor / "report.json", lambda report: report.pop("proof"))
        page = (copied / vendor / "report.html").read_text(encoding="utf-8")
        version = json.loads((SAMPLES / vendor / "report.json").read_bytes())["suite"]["version"]
        (copied / vendor / "report.html").write_text(page.replace(version, "9.9.9rc1"), encoding="utf-8")

    assert [] == list(renewal.differences(SAMPLES, copied))


def test_another_report_changes_its_sample(renewal: ModuleType, copied: Path) -> None:
    """A clause, a document or a page that reads otherwise is named, and only then the samples are replaced."""
    vendor = known_vendors()[0]
    edit(copied / vendor / "contract" / "openapi.json", lambda document: document["info"].update(title="another"))
    page = (copied / vendor / "report.html").read_text(encoding="utf-8")
    (copied / vendor / "report.html").write_text(page.replace("</main>", "<p>more</p></main>"), encoding="utf-8")
    (copied / "matrix.html").unlink()

    named = [f"{vendor}/report.html", f"{vendor}/contract/openapi.json", "matrix.html"]
    assert named == list(renewal.differences(SAMPLES, copied))


def test_a_changed_row_is_named(renewal: ModuleType, copied: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A reason that reads otherwise is named by its place in the report."""
    vendor = known_vendors()[0]
    monkeypatch.setattr(renewal, "read_report", lambda path: json.loads(path.read_bytes()))
    edit(copied / vendor / "report.json", lambda report: report["requirements"][0].update(reason="another"))

    assert [f'{vendor}/report.json: /requirements/0/reason: "" is now "another"'] == list(
        renewal.differences(SAMPLES, copied)
    )


def test_samples_are_replaced(renewal: ModuleType, copied: Path, tmp_path: Path) -> None:
    """Replacing the samples keeps what a sample holds, and nothing that is bulky."""
    shutil.copytree(SAMPLES, tmp_path / "fresh")
    vendor = known_vendors()[0]
    (tmp_path / "fresh" / vendor / "evidence.jsonl").write_text("")
    (copied / vendor / "report.html").write_text("")
    (copied / "gone").mkdir()

    renewal.replace_samples(copied, tmp_path / "fresh")

    assert [] == list(renewal.differences(SAMPLES, copied))
    assert set(renewal.KEPT) == {path.name for path in (copied / vendor).iterdir()}
    assert not (copied / "gone").exists()


def test_the_command_makes_them() -> None:
    """The environment of tox that the page names runs the script."""
    assert "commands = python bench/samples.py {posargs}\n" in (ROOT / "tox.ini").read_text(encoding="utf-8")
    assert "tox -e samples" in (ROOT / "reports" / "README.md").read_text(encoding="utf-8")


def test_the_front_page_follows_the_samples(renewal: ModuleType) -> None:
    """Figures of other reports are replaced by those of the samples, in the layout of the page."""
    page = (ROOT / "README.md").read_text(encoding="utf-8")
    reports = [read_report(SAMPLES / vendor / "report.json") for vendor in known_vendors()]
    figures = str(reports[0]["totals"]["pass"])
    stale = page.replace(f" {figures} ", f" {int(figures) - 1} ")

    assert stale != page
    assert page == renewal.front_page(stale, reports)
