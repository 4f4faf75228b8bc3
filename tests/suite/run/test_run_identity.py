"""Each run is a run of its own: only its parts resume it, and what it leaves unfinished replaces nothing complete."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main

pytestmark = pytest.mark.slow

VENDOR = "agencii"
OTHER = "openwebui"
TARGETS = """
[targets.agencii]
vendor = "agencii"
url = "{url}/agencii"
credentials = {{BearerAuth = "${{CHATCERT_AGENCII_BEARER_AUTH}}"}}
resources = {{apiIntegrationId = "${{CHATCERT_AGENCII_API_INTEGRATION_ID}}"}}

[targets.openwebui]
vendor = "openwebui"
url = "{url}/openwebui"
credentials = {{BearerAuth = "${{CHATCERT_OPENWEBUI_BEARER_AUTH}}"}}
"""


@pytest.fixture
def live(certify: Any, mock: Any) -> Callable[..., Any]:
    """Runs against the shared mock, as if that were a live server."""

    def run(*arguments: object, url: str = "") -> Any:
        given = ("--url", url or f"{mock.url}/{VENDOR}", *arguments)
        return certify(VENDOR, *given, folder="run", variables=dict(mock.environment))

    return run


def report_in(folder: Path) -> dict[str, Any]:
    """The report in a folder."""
    found: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="ascii"))
    return found


def files_in(folder: Path) -> dict[str, bytes]:
    """All files of a report, without those of other runs."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    names = {path.relative_to(folder).as_posix(): path for path in paths}
    others = ("partial/", ".run/", "not-current.txt")
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(others)}


@pytest.mark.parametrize("kind", ["budget", "down"])
def test_an_incomplete_report_stands_beside_a_complete_one(
    kind: str, live: Any, closed_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    """The complete report stays to the byte, and says that it is not current; the next complete one replaces both."""
    whole = live()
    place = whole.folder / VENDOR
    before = files_in(place)

    part = live("--max-requests", 5) if kind == "budget" else live(url=closed_url)

    assert (0, 75) == (whole.status, part.status)
    assert before == files_in(place)
    assert [True, False] == [report_in(folder)["complete"] for folder in (place, place / "partial")]
    assert report_in(place)["run"] != report_in(place / "partial")["run"]
    assert str(place / "partial" / "report.html") in part.text
    assert "is in partial/" in (place / "not-current.txt").read_text(encoding="utf-8")
    assert 0 == main(["verify", str(whole.folder)])
    out = capfd.readouterr().out
    assert f"{place / 'report.json'}: Genuine, but: loopback run, unsigned, older than the last run\n" in out
    assert f"{place / 'partial' / 'report.json'}: Genuine, but: loopback run, no verdict, unsigned\n" in out

    assert 0 == live().status
    assert {"partial", "not-current.txt"} & {entry.name for entry in place.iterdir()} == set()


def test_a_comparison_takes_complete_reports(live: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """Both are the complete ones, unless the other is named; there is none where the last run was killed."""
    place = live().folder / VENDOR
    live("--max-requests", 5)
    capfd.readouterr()
    assert 0 == main(["compare", str(place), str(place)])
    assert f"a later run did not finish: its report is in {place / 'partial'}\n" in capfd.readouterr().err
    assert 75 == main(["compare", str(place), str(place / "partial")])
    assert "unjudged" in capfd.readouterr().out

    (place / "partial" / "report.json").unlink()
    assert 65 == main(["compare", str(place), str(place)])
    assert "its report is older than its last run" in capfd.readouterr().err


def test_a_selection_of_pytest_stands_beside_too(run_pytest: Any, mock: Any) -> None:
    """What -k selects never replaces the report on all requirements."""
    given = ("--vendor", VENDOR, "--url", f"{mock.url}/{VENDOR}")
    whole = run_pytest(*given, variables=dict(mock.environment))
    place = whole.folder / VENDOR
    before = files_in(place)

    part = run_pytest(*given, "-k", "missing", variables=dict(mock.environment))

    assert [0, 0] == [whole.status, part.status]
    assert before == files_in(place)
    assert not report_in(place / "partial")["complete"]
    assert (place / "not-current.txt").exists()


def test_an_older_report_does_not_look_current_after_a_kill(live: Any, started: Any, mock: Any) -> None:
    """While a run lasts, and when it was killed, the older report says so; its report stands beside the older one."""
    whole = live()
    place = whole.folder / VENDOR
    before = files_in(place)
    url = f"{mock.url}/{VENDOR}"
    given = ("--url", url, "--profile", "quick", "--rate", 10, "--report-dir", whole.folder)
    process = started("chatcert", "certify", VENDOR, *given, variables=dict(mock.environment))
    end = time.monotonic() + 60
    while not list(place.glob(".run/*/certify.jsonl")) and time.monotonic() < end:
        time.sleep(0.01)
    time.sleep(1)
    process.kill()
    assert -signal.SIGKILL == process.wait()

    assert "has not ended yet, or was killed" in (place / "not-current.txt").read_text(encoding="utf-8")
    assert before == files_in(place)
    assert 75 == main(["report", str(whole.folder)])
    assert before == files_in(place)
    assert not report_in(place / "partial")["complete"]


def test_a_run_resumes_its_own_parts_alone(certify: Any, mock: Any, tmp_path: Path) -> None:
    """The report of an earlier run with the same options is not part of the run that is resumed."""
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS.format(url=mock.url), encoding="utf-8")
    variables = dict(mock.environment)
    common = ("--targets-file", file)
    early = certify(*common, "--target", OTHER, variables=variables, folder="both")
    assert 0 == early.status, early.text
    earlier = early.report(OTHER)["run"]
    first = certify(*common, "--target", VENDOR, "--max-requests", 5, variables=variables, folder="both")
    assert 75 == first.status

    rest = certify(*common, "--target", VENDOR, "--target", OTHER, "--resume", variables=variables, folder="both")

    assert 0 == rest.status, rest.text
    assert earlier != rest.report(OTHER)["run"]
    assert rest.report(VENDOR)["run"] == rest.report(OTHER)["run"]


def test_parts_of_different_runs_are_not_put_together(certify: Any, mock: Any, tmp_path: Path) -> None:
    """Two vendors whose runs ended early and were not one run are not resumed as one."""
    file = tmp_path / "targets.toml"
    file.write_text(TARGETS.format(url=mock.url), encoding="utf-8")
    variables = dict(mock.environment)
    common = ("--targets-file", file)
    for vendor in (VENDOR, OTHER):
        certify(*common, "--target", vendor, "--max-requests", 5, variables=variables, folder="both")

    rest = certify(*common, "--target", VENDOR, "--target", OTHER, "--resume", variables=variables, folder="both")

    assert 78 == rest.status
    assert "are not parts of one run" in rest.text
