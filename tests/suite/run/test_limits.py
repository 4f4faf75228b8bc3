"""Limits of a run, under certify and pytest: requests, rate and time are never passed, by however many processes."""

from __future__ import annotations

from typing import Any

import pytest

from chatcert.cli.main import main

pytestmark = pytest.mark.slow


def test_processes_of_one_run_share_the_budget(start_pytest: Any, mock: Any) -> None:
    """Pytest -n 2 sends as many requests as it was given in all, the most valuable ones, and concludes nothing."""
    run = start_pytest(
        "--vendor",
        "agencii",
        "--url",
        f"{mock.url}/agencii",
        "-n",
        "2",
        "--max-requests",
        "20",
        "--rate",
        "1000",
        "--timeout",
        "20",
        variables=dict(mock.environment),
    )

    assert 75 == run.status, run.text
    report = run.report("agencii")
    assert 20 >= report["requests"] >= 18  # one is kept for the last control of each process
    assert "no-verdict" == report["outcome"]
    assert [] == run.with_word("agencii", "fail")
    assert {"pass"} == {word for name, word in run.words("agencii").items() if "/accepts/required-only" in name}
    assert {"not-run"} == {word for name, word in run.words("agencii").items() if "/robustness/" in name}


def test_one_process_keeps_the_budget_under_pytest(run_pytest: Any, mock: Any) -> None:
    """The options of pytest mean what those of certify mean."""
    run = run_pytest(
        "--vendor", "agencii", "--url", f"{mock.url}/agencii", "--max-requests", "12", variables=dict(mock.environment)
    )

    assert 75 == run.status, run.text
    assert 12 == run.report("agencii")["requests"]


@pytest.mark.parametrize("limit", ["--max-requests", "--rate", "--max-time", "--timeout"])
def test_an_invalid_limit_is_reported(run_pytest: Any, limit: str) -> None:
    """A limit of zero is a mistake of the user's: one line, exit 2."""
    run = run_pytest("--vendor", "agencii", limit, "0")

    assert 2 == run.status
    assert limit in run.text


def test_time_that_is_over_gives_no_verdict(certify: Any, mock: Any) -> None:
    """Where the time is over before the first request, nothing is sent, and the line says so."""
    run = certify("agencii", "--url", f"{mock.url}/agencii", "--max-time", "0.000001", variables=dict(mock.environment))

    assert 75 == run.status, run.text
    assert "time" in run.text
    assert 0 == run.report("agencii")["requests"]


def test_the_plan_says_what_a_budget_is_enough_for(
    certify: Any, mock: Any, capfd: pytest.CaptureFixture[str], environment: pytest.MonkeyPatch
) -> None:
    """The requirements that the plan says are not run within a budget are those that are not."""
    options = (
        "certify",
        "agencii",
        "--url",
        f"{mock.url}/agencii",
        "--max-requests",
        "40",
        "--profile",
        "quick",
        "--seed",
        "1",
    )
    for name, value in mock.environment.items():
        environment.setenv(name, value)
    assert 0 == main([*options, "--plan"])
    output = capfd.readouterr().out
    left_out = {line.split()[0] for line in output.splitlines() if "the budget ends before" in line}

    run = certify(*options[1:], "--jobs", 1)

    assert left_out
    assert "40 requests are enough for" in output
    untold = {"agencii/response/any/no-other-request"}  # a rule on all answers that none could have broken until then
    assert left_out | untold == set(run.with_word("agencii", "not-run"))
