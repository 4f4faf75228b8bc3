"""The same runs under pytest: the same verdicts and exit codes, in one process and in several."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

AGENCII = ("--vendor", "agencii")


@pytest.fixture
def judged(certify: Any, mock: Any) -> dict[str, str]:
    """What ``chatcert certify`` says of the faithful mock."""
    words: dict[str, str] = certify("agencii", "--url", f"{mock.url}/agencii", variables=dict(mock.environment)).words(
        "agencii"
    )
    return words


def test_pytest_says_the_same_as_certify(run_pytest: Any, judged: dict[str, str], family: Any) -> None:
    """The same verdicts and exit 0, with a mock of its own, of which nothing is left."""
    run = run_pytest(*AGENCII, variables=family.variables)

    assert 0 == run.status, run.text
    assert judged == run.words("agencii")
    assert "Conformant" in run.text
    assert [] == family.until(0)


def test_several_workers_say_the_same(run_pytest: Any, judged: dict[str, str], mock: Any, family: Any) -> None:
    """With two workers the verdicts and the exit status are those of one."""
    run = run_pytest(*AGENCII, "--url", f"{mock.url}/agencii", "-n", "2",
                     variables={**mock.environment, **family.variables})  # fmt: skip

    assert 0 == run.status, run.text
    assert judged == run.words("agencii")
    assert [] == family.until(0)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_defect_is_found_by_both_doors(run_pytest: Any, certify: Any, peers: Any, workers: tuple[str, ...]) -> None:
    """A wrong server exits 1 at either door, with the same verdicts, and the test that fails names the clause."""
    with peers.serve("agencii", "auth-missing-accepted") as url:
        command = certify("agencii", "--url", url, variables=peers.environment("agencii"))
        run = run_pytest(*AGENCII, "--url", url, *workers, variables=peers.environment("agencii"))

    assert (1, 1) == (command.status, run.status), run.text
    assert command.words("agencii") == run.words("agencii")
    assert "fail: agencii/auth/Authorization/missing" in run.text
    assert "again     curl" in run.text


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one process", "two workers"])
def test_a_target_that_is_down_is_no_verdict(
    run_pytest: Any, peers: Any, closed_url: str, workers: tuple[str, ...]
) -> None:
    """Where nothing answers, nothing is skipped in silence: exit 75, and every requirement not run."""
    run = run_pytest(*AGENCII, "--url", closed_url, *workers, variables=peers.environment("agencii"))

    assert 75 == run.status, run.text
    assert {"not-run"} == set(run.words("agencii").values())


def test_credentials_that_are_refused_are_a_matter_of_configuration(run_pytest: Any, mock: Any) -> None:
    """Good credentials that are refused: exit 78, and the value is nowhere."""
    wrong = "not-the-credential-0123"
    run = run_pytest(*AGENCII, "--url", f"{mock.url}/agencii",
                     variables={**mock.environment, "CHATCERT_AGENCII_BEARER_AUTH": wrong})  # fmt: skip

    assert 78 == run.status, run.text
    assert wrong not in run.text


def test_a_missing_credential_is_told_before_anything_is_sent(run_pytest: Any, counting_url: Any) -> None:
    """Without its variables the run does not begin: exit 78, the variable named, no connection made."""
    url, came = counting_url

    run = run_pytest(*AGENCII, "--url", url)

    assert 78 == run.status, run.text
    assert "CHATCERT_AGENCII_BEARER_AUTH" in run.text
    assert [] == came


def test_a_selection_is_judged_alone(run_pytest: Any, mock: Any) -> None:
    """-k picks requirements by words of their ids; the exit speaks of those, the report of no verdict."""
    run = run_pytest(
        "-k", "agencii and missing", "--url", f"{mock.url}/agencii", *AGENCII, variables=dict(mock.environment)
    )

    words = run.words("agencii")
    chosen = {name for name, word in words.items() if word != "not-run"}
    assert 0 == run.status, run.text
    assert {"agencii/auth/Authorization/missing", "agencii/request/json/missing-comma"} == chosen
    assert "no-verdict" == run.report("agencii")["outcome"]
    assert f"2 of {len(words)} requirements were selected" in run.text


def test_a_selection_of_nothing_is_no_success(run_pytest: Any) -> None:
    """Where no requirement is selected, the exit status says so, and no report is left."""
    run = run_pytest("-k", "nothing_like_this", *AGENCII)

    assert 5 == run.status, run.text
    assert not (run.folder / "agencii" / "report.json").exists()


def test_collecting_sends_nothing(run_pytest: Any, counting_url: Any) -> None:
    """--collect-only lists every requirement, without credentials, a connection or a report."""
    url, came = counting_url

    run = run_pytest("--collect-only", "-q", "--url", url, *AGENCII)

    assert 0 == run.status, run.text
    assert "test_requirement[agencii/auth/Authorization/missing]" in run.text
    assert [] == came
    assert not (run.folder / "agencii" / "report.json").exists()


KILLER = """
import os, signal

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if os.environ.get("PYTEST_XDIST_WORKER") == "gw0" and "request" in item.name:
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("restarts", ["0", "4"])
def test_a_worker_that_is_killed_never_looks_like_success(
    run_pytest: Any, mock: Any, tmp_path: Path, restarts: str, family: Any
) -> None:
    """A worker killed in the middle of a run leaves requirements that were not run: no success, no processes."""
    (tmp_path / "killer.py").write_text(KILLER)

    run = run_pytest(*AGENCII, "--url", f"{mock.url}/agencii", "-n", "2", "-p", "killer", "--max-worker-restart", restarts,
                     variables={**mock.environment, **family.variables, "PYTHONPATH": str(tmp_path)})  # fmt: skip

    assert run.status not in (0, 5), run.text
    assert "crashed" in run.text
    report = run.report("agencii")
    assert "no-verdict" == report["outcome"]
    assert run.with_word("agencii", "not-run")
    assert [] == family.until(0)
