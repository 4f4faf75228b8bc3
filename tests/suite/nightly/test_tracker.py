"""The executor: what is planned is done, by a `gh` that keeps its issues in a file."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import ChatcertError, ConfigurationError, SuiteError, UsageError
from chatcert.nightly.issue_changes import plan_changes
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.night_results import job_statuses
from chatcert.nightly.problems import broken_requirements
from chatcert.nightly.tracker import LABEL, Tracker

LEGS = json.dumps({"include": [{"leg": "acme-eu", "vendor": "acme"}, {"leg": "blue", "vendor": "blue"}]})


@pytest.mark.slow
def test_a_spell(gh: Any, report: Any) -> None:
    """Issues are opened with our label, updated, closed with a comment, and reopened."""
    tracker, states = Tracker("acme/chat", pause=0), []
    for night, word in enumerate(["fail", "fail", "pass", "fail"]):
        words = {"acme/a": word, "acme/b": "fail"}
        tracker.apply(
            plan_changes(broken_requirements([("eu", report("acme", night, words))]), tracker.tracked_issues())
        )
        states.append([issue["state"] for issue in gh.kept()["issues"]])

    assert [["open", "open"], ["open", "open"], ["closed", "open"], ["open", "open"]] == states
    assert all([LABEL] == issue["labels"] for issue in gh.kept()["issues"])
    assert ["No longer so, at <code>eu</code>", "So again, at <code>eu</code>"] == [
        text for number, text in gh.kept()["comments"] if number == 1
    ]


def test_writes_are_apart(gh: Any, report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """There is a pause after each write, as GitHub asks."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    tracker = Tracker("acme/chat", pause=0.25)
    words = {"acme/a": "fail", "acme/b": "fail"}
    tracker.apply(plan_changes(broken_requirements([("eu", report("acme", 0, words))]), ()))

    assert [0.25, 0.25] == [seconds for seconds in slept if seconds == 0.25]


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        ("gh: Not Found (HTTP 404)", ConfigurationError),
        ("gh: Forbidden (HTTP 403)", ConfigurationError),
        ("gh: secondary rate limit (HTTP 429)", SuiteError),
        ("no network\x1b[2J", SuiteError),
    ],
)
def test_a_tracker_that_refuses(gh: Any, refusal: str, error: type[ChatcertError]) -> None:
    """An error of GitHub is printed in one line, and is not a success."""
    gh.keep(refusal=refusal)

    with pytest.raises(error) as caught:
        Tracker("acme/chat").tracked_issues()
    assert error is type(caught.value)
    assert caught.value.line().isprintable()


def test_no_repository_and_no_gh(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An invalid name, and a machine without gh, are reported."""
    with pytest.raises(UsageError):
        Tracker("acme/chat/../../user")
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ConfigurationError, match="gh is not installed"):
        Tracker("acme/chat")


def arguments(folder: Path, *more: str) -> list[str]:
    """The step `issues` for two legs and a job that failed."""
    return [
        "nightly",
        "issues",
        "--night-dir",
        str(folder),
        "--legs",
        LEGS,
        "--job",
        "suite=failure",
        "--night",
        "2026-01-05T02:00:00.000Z",
        "--repository",
        "acme/chat",
        *more,
    ]


def test_the_end_of_a_night(
    gh: Any, tmp_path: Path, moment: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A leg that said how it ended, one that died and a job that failed each page the right people, and once."""
    JobStatus("acme-eu", "acme", (1, 75), moment(3)).write(tmp_path / "merged" / "acme-eu")
    monkeypatch.setenv("CHATCERT_CONTACTS", "maintainers = @us\non-call = @pager\nacme = @acme-contact")

    assert 0 == main(arguments(tmp_path, "--dry-run"))
    assert [] == gh.kept()["issues"]
    assert 0 == main(arguments(tmp_path))
    lines = capsys.readouterr().out.splitlines()
    assert [
        "acme-eu: exit 1: vendor (@acme-contact)",
        "acme-eu: exit 75: on-call (@pager)",
        "blue: exit 70: maintainers (@us)",
        "job=suite: exit 70: maintainers (@us)",
    ] == lines[:4]
    assert "issues: 4 open" == lines[-1]
    before = gh.kept()
    assert 4 == len(before["issues"])

    assert 0 == main(arguments(tmp_path))
    assert before["issues"] == gh.kept()["issues"]
    assert "issues: nothing to do" == capsys.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize("result", ["success", "failure", "cancelled", "skipped", "so so"])
def test_other_jobs(result: str) -> None:
    """A job that did anything but succeed pages the maintainers."""
    (status,) = job_statuses([f"suite={result}"], "now")
    assert ((0,) if result == "success" else (70,)) == status.codes


def test_nobody_to_page(gh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without contacts the job fails: an exit status would page nobody."""
    monkeypatch.delenv("CHATCERT_CONTACTS", raising=False)

    assert 78 == main(arguments(tmp_path))
    assert [] == gh.kept()["calls"]


@pytest.mark.parametrize("change", [("--legs", "[]"), ("--legs", "{"), ("--job", "suite"), ("--job", "=success")])
def test_what_cannot_be_understood(
    gh: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[str, str]
) -> None:
    """Legs or jobs that are none end the step before anything is job."""
    monkeypatch.setenv("CHATCERT_CONTACTS", "maintainers = @us")

    assert main(arguments(tmp_path, *change)) in (2, 65)
    assert [] == gh.kept()["calls"]
