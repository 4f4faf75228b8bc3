"""The comparison and the history through the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.mock.process import running_mock

pytestmark = pytest.mark.slow

FAULT = "agencii/fault/auth/Authorization/missing"


def test_a_regression_is_reported_by_name_and_place(certify: Any, mock: Any, capfd: pytest.CaptureFixture[str]) -> None:
    """What newly fails is named, and found in the vendor's file; the way back is a fix, and the same is neither."""
    url = f"{mock.url}/agencii"
    sound = certify("agencii", "--url", url, variables=dict(mock.environment), folder="sound").folder / "agencii"
    with running_mock(vendors=["agencii"], faults=[FAULT]) as faulty:
        run = certify("agencii", "--url", f"{faulty.url}/agencii", variables=dict(faulty.environment), folder="broken")
    broken = run.folder / "agencii"

    assert 1 == main(["compare", str(sound), str(broken)])
    text = capfd.readouterr().out
    assert "newly-failing" in text
    assert "agencii/auth/Authorization/missing" in text
    assert 0 == main(["compare", str(broken / "report.json"), str(sound / "report.json"), "--format", "json"])
    assert "fixed" in {change["kind"] for change in json.loads(capfd.readouterr().out)["result"]["changes"]}
    assert 0 == main(["compare", str(sound), str(sound), "--format", "markdown"])
    assert "No regression" in capfd.readouterr().out
    assert clause_on_its_line(broken / "report.sarif")


def clause_on_its_line(path: Path) -> bool:
    """Whether the result on the missing credential points to where the vendor's file names its clause."""
    results = json.loads(path.read_text(encoding="utf-8"))["runs"][0]["results"]
    result = next(r for r in results if r.get("properties", {}).get("requirement", "").endswith("/missing"))
    place = result["locations"][0]["physicalLocation"]
    rows = (Path(__file__).parents[3] / place["artifactLocation"]["uri"]).read_text(encoding="utf-8").splitlines()
    name = result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"].rpartition("/")[2]
    return rows[place["region"]["startLine"] - 1].strip().startswith(f"{name}:")


def test_reports_that_cannot_be_compared_are_an_input_error(
    certify: Any, mock: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Reports on two documents: exit 65, one line that says why, and JSON that says the same."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))
    report = run.report("agencii")
    report["digests"]["spec"] = "sha256:" + "1" * 64
    (run.folder / "report.json").write_text(json.dumps(report), encoding="utf-8")

    assert 65 == main(["compare", str(run.folder), str(run.folder / "agencii"), "--format", "json"])

    captured = capfd.readouterr()
    assert json.loads(captured.out)["result"]["comparable"] is False
    assert "another document" in json.loads(captured.out)["error"]["what"]
    assert 1 == len(captured.err.splitlines())


def test_what_is_no_report_is_an_input_error(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A file that is missing or no report: exit 65, and one line that names it."""
    (tmp_path / "report.json").write_text("{}", encoding="utf-8")

    for path in (tmp_path, tmp_path / "none.json"):
        assert 65 == main(["compare", str(path), str(path)])
        assert capfd.readouterr().err.startswith(f"chatcert: {path}")


def test_a_history_grows_by_a_line_a_run(certify: Any, mock: Any, tmp_path: Path) -> None:
    """The second report holds the first run, and the file holds both."""
    path = tmp_path / "history.jsonl"
    run = None
    for _ in range(2):
        run = certify("agencii", "--url", f"{mock.url}/agencii", "--history", path, variables=dict(mock.environment))

    assert run is not None
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert ["conformant", "conformant"] == [row["outcome"] for row in rows]
    assert rows[:1] == run.report("agencii")["history"]
    assert rows[1]["totals"] == run.report("agencii")["totals"]


def test_a_bad_history_is_reported_before_anything_is_sent(certify: Any, counting_url: Any, tmp_path: Path) -> None:
    """A run does not begin that could not be remembered."""
    url, came = counting_url
    (tmp_path / "history.jsonl").write_text("{}\n", encoding="utf-8")
    variables = {"CHATCERT_AGENCII_BEARER_AUTH": "x", "CHATCERT_AGENCII_API_INTEGRATION_ID": "y"}

    run = certify("agencii", "--url", url, "--history", tmp_path / "history.jsonl", variables=variables)

    assert 65 == run.status
    assert f"{tmp_path / 'history.jsonl'}:1: " in run.text
    assert [] == came
