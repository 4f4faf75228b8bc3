"""What Allure 3 makes of a run's results: ``tox -e allure`` installs it and runs this file, which needs Node.js."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from chatcert.judge.verdict import VerdictKind
from chatcert.report.builder import ReportInput, build_report
from chatcert.report.writer import write_report

ALLURE = Path(__file__).parent / "node_modules" / ".bin" / "allure"
SECONDS = 120


def rendered(folder: Path, source: ReportInput) -> Path:
    """The folder of the page that Allure makes of a report."""
    node = shutil.which("node")
    assert node is not None, "Node.js is needed"
    write_report(folder / "report", build_report(source), source)
    command = [node, ALLURE, "generate", "-c", "report/allurerc.json", "-o", "page", "report/allure-results"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in (done.stdout + done.stderr).lower()
    return folder / "page"


def read(page: Path, name: str) -> Any:
    return json.loads((page / name).read_text(encoding="utf-8"))


def test_every_verdict_has_its_category(samples: ModuleType, tmp_path: Path) -> None:
    """The page counts each result under its status, and under the category of its verdict."""
    page = rendered(tmp_path, samples.report_input(dict(enumerate(VerdictKind))))

    assert "<html" in (page / "index.html").read_text(encoding="utf-8")
    stats = read(page, "summary.json")["stats"]
    assert [8, 1, 3, 2, 2] == [stats[name] for name in ("total", "failed", "broken", "passed", "skipped")]
    nodes = read(page, "widgets/categories.json")["nodes"].values()
    assert {
        "Not conformant",
        "Inconclusive",
        "Suite error",
        "Not run",
        "Recommendation not followed",
        "Waived",
        "Not applicable",
    } == {node["name"] for node in nodes if node["type"] == "category"}


def test_history_environment_and_exchanges_are_there(samples: ModuleType, tmp_path: Path) -> None:
    """Each result has its earlier run and its request and answer; the environment names the vendor."""
    rendered(tmp_path, samples.report_input())
    (tmp_path / "page").rename(tmp_path / "earlier")

    page = rendered(tmp_path, samples.report_input({0: VerdictKind.FAIL}))

    results = [json.loads(path.read_text(encoding="utf-8")) for path in (page / "data" / "test-results").iterdir()]
    assert 8 == len(results)
    assert all(1 == len(result["history"]) for result in results)
    assert all(2 == len(result["attachments"]) for result in results)
    assert {"name": "Vendor", "values": ["acme"]} in read(page, "widgets/allure_environment.json")


def test_no_payload_stops_the_rendering(samples: ModuleType, tmp_path: Path) -> None:
    """The text of a hostile server leaves the page intact, and is never markup in it."""
    payload = "</script><script>alert(1)</script>\x00\x1b[2J\u202e\ud800{{7*7}}${7*7}'\"><img src=x onerror=alert(1)>"

    page = rendered(tmp_path, samples.hostile_input(payload))

    assert 8 == read(page, "summary.json")["stats"]["total"]
    assert "alert(1)" not in (page / "index.html").read_text(encoding="utf-8")


@pytest.fixture(autouse=True)
def installed() -> None:
    """Without Allure there is nothing to see, and nothing is skipped."""
    assert ALLURE.exists(), "run: tox -e allure"
