"""An error of ours is never blamed on a vendor, and never looks like success."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import pytest

from chatcert.cases.planner import Planner
from chatcert.run import safe_judging

pytestmark = pytest.mark.slow

BROKEN = "agencii/request/json/garbage"


@pytest.fixture
def broken_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    """A judge that raises on one requirement."""
    real = safe_judging.judge

    def judge(evidence: Any, requirement: Any, **more: Any) -> Any:
        if requirement.id == BROKEN:
            raise RuntimeError("we broke")
        return real(evidence, requirement, **more)

    monkeypatch.setattr(safe_judging, "judge", judge)


# These fail: an exception of ours ends the command with a traceback and exit 1, which says "not conformant".
@pytest.mark.usefixtures("broken_judge")
def test_a_judge_that_breaks_is_an_error_of_the_suite(certify: Any, mock: Any) -> None:
    """One requirement that we cannot judge is an error: exit 70, the rest judged, no traceback for the user."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    assert 70 == run.status
    assert [BROKEN] == run.with_word("agencii", "error")
    assert [] == run.with_word("agencii", "fail", "not-run")
    assert "Traceback" not in run.text


@pytest.mark.usefixtures("broken_judge")
def test_a_judge_that_breaks_under_pytest_is_an_error_of_the_suite(run_pytest: Any, mock: Any) -> None:
    """The same under pytest."""
    run = run_pytest("--vendor", "agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    assert 70 == run.status, run.text
    assert [BROKEN] == run.with_word("agencii", "error")


def test_a_planner_that_breaks_is_an_error_of_the_suite(
    certify: Any, mock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One requirement whose cases cannot be made because we broke is an error, not a breach."""
    real = Planner._plan

    def plan(self: Planner, requirement: Any) -> Any:
        if requirement.id == BROKEN:
            raise RuntimeError("we broke")
        return real(self, requirement)

    monkeypatch.setattr(Planner, "_plan", plan)

    run = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment))

    assert 70 == run.status
    assert [BROKEN] == run.with_word("agencii", "error")


# Fails: rich answers a closed pipe with exit 1, and `main` one that it sees itself with exit 0.
def test_a_reader_that_leaves_early_changes_no_verdict(peers: Any, tmp_path: Any, environment: Any) -> None:
    """Piped into `head`, a run of an honest server still ends with exit 0."""
    read, write = os.pipe()
    os.close(read)
    with peers.serve("agencii") as url:
        status = subprocess.run(
            [
                sys.executable,
                "-m",
                "chatcert",
                "certify",
                "agencii",
                "--profile",
                "quick",
                "--url",
                url,
                "--report-dir",
                str(tmp_path),
            ],
            stdout=write,
            stderr=subprocess.PIPE,
            timeout=120,
            check=False,
            env={**os.environ, **peers.environment("agencii")},
        ).returncode
    os.close(write)

    assert 0 == status
