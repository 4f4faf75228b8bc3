"""The same runs under pytest: the same verdicts and exit codes, in one process and in several."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatcert.mock.process import running_mock
from chatcert.requirements.catalogue import derive
from chatcert.requirements.requirement import Kind
from chatcert.vendors import open_vendor

pytestmark = pytest.mark.slow

AGENCII = ("--vendor", "agencii")
DEFECT = "auth-missing-accepted"


def test_pytest_says_the_same_as_certify(start_pytest: Any, certify: Any, family: Any) -> None:
    """The same verdicts and exit 0, with a mock of its own, of which nothing is left."""
    command = certify("agencii")

    run = start_pytest(*AGENCII, variables=family.variables)

    assert (0, 0) == (command.status, run.status), run.text
    assert command.words("agencii") == run.words("agencii")
    assert "Conformant" in run.text
    assert [] == family.until(0)


def test_a_defect_is_found_under_certify_and_pytest(
    start_pytest: Any, run_pytest: Any, certify: Any, peers: Any, family: Any
) -> None:
    """A wrong server exits 1 under both, and the same verdicts with and without workers, each shown by its test."""
    variables = peers.environment("agencii")
    with peers.serve("agencii", DEFECT) as url:
        command = certify("agencii", "--url", url, variables=variables)
        alone = run_pytest(*AGENCII, "--url", url, variables=variables)
        shared = start_pytest(*AGENCII, "--url", url, "-n", "2", variables={**variables, **family.variables})

    assert [1, 1, 1] == [run.status for run in (command, alone, shared)], shared.text
    assert command.words("agencii") == alone.words("agencii") == shared.words("agencii")
    for run in (alone, shared):
        assert "fail: agencii/auth/Authorization/missing" in run.text
        assert "again     curl" in run.text
        shown = re.findall(r"^(fail|inconclusive): (agencii/\S+)$", run.text, re.MULTILINE)
        assert {(word, name) for name, word in run.words("agencii").items() if word in ("fail", "inconclusive")} == set(
            shown
        )
    assert [] == family.until(0)


def test_a_target_that_is_down_is_no_verdict(run_pytest: Any, peers: Any, closed_url: str) -> None:
    """Where nothing answers, nothing is skipped in silence: exit 75, and every requirement not run."""
    run = run_pytest(*AGENCII, "--url", closed_url, variables=peers.environment("agencii"))

    assert 75 == run.status, run.text
    assert {"not-run"} == set(run.words("agencii").values())
    assert "skipped" not in run.text


# Fails: a run whose preflight fails is never closed, and its connection stays open.
def test_credentials_that_are_refused_are_a_matter_of_configuration(run_pytest: Any, peers: Any, refusing: Any) -> None:
    """Good credentials that are refused: exit 78, the value is nowhere, and no connection is left open."""
    url, all_closed = refusing
    variables = peers.environment("agencii")

    run = run_pytest(*AGENCII, "--url", url, variables=variables)

    assert 78 == run.status, run.text
    assert variables["CHATCERT_AGENCII_BEARER_AUTH"] not in run.text
    assert all_closed()


def test_a_missing_credential_is_reported_before_anything_is_sent(run_pytest: Any, counting_url: Any) -> None:
    """Without its variables the run does not begin: exit 78, the variable named, no connection made."""
    url, came = counting_url

    run = run_pytest(*AGENCII, "--url", url)

    assert 78 == run.status, run.text
    assert "CHATCERT_AGENCII_BEARER_AUTH" in run.text
    assert [] == came


def test_a_selection_is_judged_alone(run_pytest: Any, mock: Any) -> None:
    """-k picks requirements by words of their ids; the exit speaks of those, the report of no verdict."""
    run = run_pytest(
        *AGENCII, "-k", "agencii and missing", "--url", f"{mock.url}/agencii", variables=dict(mock.environment)
    )

    words = run.words("agencii")
    chosen = {name for name, word in words.items() if word != "not-run"}
    assert 0 == run.status, run.text
    assert {"agencii/auth/Authorization/missing", "agencii/request/json/missing-comma"} == chosen
    assert "no-verdict" == run.report("agencii")["outcome"]
    assert run.text.splitlines()[-1].startswith(f"partial run: 2 of {len(words)} requirements were tested; ")


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


def test_a_conftest_in_the_report_folder_is_left_alone(start_pytest: Any, tmp_path: Path) -> None:
    """The values of chatcert's options are no paths of tests: their conftest.py is not loaded; one of the tests' is."""
    folder = tmp_path / "pytest"
    folder.mkdir()
    (folder / "conftest.py").write_text("raise RuntimeError('loaded')")

    run = start_pytest("--collect-only", "-q", *AGENCII)
    asked = start_pytest("--collect-only", "-q", *AGENCII, "--chatcert-waivers", folder, folder)

    assert 0 == run.status, run.text
    assert "loaded" not in run.text
    assert "loaded" in asked.text


KILLER = """
import os, pathlib, signal

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    if "PYTEST_XDIST_WORKER" in os.environ and "request" in item.name:
        try:
            pathlib.Path(__file__).with_name("killed").touch(exist_ok=False)
        except FileExistsError:
            return
        os.kill(os.getpid(), signal.SIGKILL)
"""
"""Of the workers that come to a requirement on requests, the first dies there."""


def test_a_worker_that_is_killed_never_looks_like_success(
    start_pytest: Any, mock: Any, tmp_path: Path, family: Any
) -> None:
    """A worker killed in the middle of a run leaves requirements that were not run: no success, no processes."""
    (tmp_path / "killer.py").write_text(KILLER)
    variables = {**mock.environment, **family.variables, "PYTHONPATH": str(tmp_path)}

    run = start_pytest(
        *AGENCII,
        "--url",
        f"{mock.url}/agencii",
        "-n",
        "2",
        "--max-worker-restart",
        "0",
        "-p",
        "killer",
        variables=variables,
    )

    assert run.status not in (0, 5), run.text
    assert "crashed" in run.text
    assert "no-verdict" == run.report("agencii")["outcome"]
    assert run.with_word("agencii", "not-run")
    assert [] == family.until(0)


def test_one_module_holds_one_kind(run_pytest: Any) -> None:
    """Each kind has a module of its own, which holds all requirements of that kind and nothing else."""
    modules = {path.stem.removeprefix("test_") for path in Path("tests/contract").glob("test_*.py")}
    assert {kind.value for kind in Kind} == modules

    run = run_pytest("--collect-only", "-q", *AGENCII)

    listed = re.findall(r"test_(\w+)\.py::test_requirement\[(\S+)\]", run.text)
    derived = derive(open_vendor("agencii")).requirements
    assert sorted((one.kind.value, name) for name, one in derived.items()) == sorted(listed)


def test_not_a_kind_means_all_others(run_pytest: Any) -> None:
    """Under -m "not response" every requirement is left that is of another kind, whatever its id begins with."""
    run = run_pytest("--collect-only", "-q", *AGENCII, "-m", "not response")

    derived = derive(open_vendor("agencii")).requirements.values()
    listed = re.findall(r"::test_requirement\[(\S+)\]", run.text)
    assert sorted(one.id for one in derived if one.kind is not Kind.RESPONSE) == sorted(listed)


def test_a_run_that_stops_early_is_a_partial_one(run_pytest: Any, peers: Any) -> None:
    """With -x the last line says how many requirements were tested until the first breach."""
    with peers.serve("agencii", DEFECT) as url:
        run = run_pytest(*AGENCII, "--url", url, "-x", variables=peers.environment("agencii"))

    assert 1 == run.status, run.text
    assert re.match(r"partial run: \d+ of \d+ requirements were tested; ", run.text.splitlines()[-1])


def test_a_kind_without_requirements_has_no_item(run_pytest: Any) -> None:
    """A shard that holds no requirement of a kind gives no skipped item for it."""
    run = run_pytest("--collect-only", "-q", "--shard", "1/99", *AGENCII)

    assert 1 == run.text.count("::test_requirement["), run.text


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--spec", "{}"), 2),
        (("--spec={}",), 5),
        (("--report-dir", "{}"), 2),
        (("test_own.py", "--report-dir", "{}"), 5),
    ],
)
def test_a_path_elsewhere_does_not_hide_the_configuration(
    arguments: tuple[str, ...], status: int, tmp_path: Path
) -> None:
    """Pytest takes the value of an option for the path of a test: that is a usage error."""
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    elsewhere.mkdir()
    for name in ("specs/acme/openapi.yaml", "tests/contract/test_refusal.py"):  # which make it a checkout
        (project / name).parent.mkdir(parents=True)
        (project / name).touch()
    (project / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\naddopts = ["-k", "nothing"]\n', encoding="ascii"
    )
    (project / "test_own.py").write_text("def test_own():\n    assert False\n", encoding="ascii")
    command = [sys.executable, "-m", "pytest", *(one.format(elsewhere) for one in arguments), "-p", "no:cacheprovider"]

    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)

    assert status == done.returncode, done.stdout + done.stderr
    if status == 2:
        assert f"(write {arguments[0]}={elsewhere}, or name the tests to run first)" in done.stdout + done.stderr


def test_a_finding_is_printed_once(run_pytest: Any) -> None:
    """What pytest prints of a failed item is not printed again below it, unless pytest was told to print nothing."""
    with running_mock(
        vendors=["agencii"], faults=["agencii/fault/request/body/apiIntegrationId/null"], seed=1
    ) as faulty:
        options = ("--vendor", "agencii", "--url", f"{faulty.url}/agencii", "-k", "apiIntegrationId/null")
        usual = run_pytest(*options, variables=dict(faulty.environment))
        silent = run_pytest(*options, "--tb=no", variables=dict(faulty.environment))

    name = "agencii/request/body/apiIntegrationId/null"
    assert (1, 1) == (usual.status, silent.status)
    assert [1, 1] == [run.text.count("curl -sS -i -X POST") for run in (usual, silent)]
    assert (False, True) == (f"FAIL {name}" in usual.text, f"FAIL {name}" in silent.text)
    assert "agencii: Not conformant. The one requirement tested is broken; partial run" in usual.text


@pytest.mark.parametrize(("outcome", "status"), [("passed", 75), ("failed", 1)])
def test_a_test_with_a_requirement_in_its_id_is_no_item_of_it(
    run_pytest: Any, peers: Any, closed_url: str, mock: Any, tmp_path: Path, outcome: str, status: int
) -> None:
    """A user's test that is parametrized with ids of requirements keeps its outcome, and its failure is one."""
    own = tmp_path / f"test_that_{outcome}.py"
    own.write_text(
        "import pytest\n\n\n"
        "@pytest.mark.parametrize('name', ['agencii/auth/Authorization/missing'])\n"
        f"def test_own(name):\n    assert {outcome == 'passed'}\n",
        encoding="ascii",
    )
    url = closed_url if outcome == "passed" else f"{mock.url}/agencii"
    variables = peers.environment("agencii") if outcome == "passed" else dict(mock.environment)

    run = run_pytest(own, *AGENCII, "--url", url, "-k", "Authorization/missing", variables=variables)

    assert status == run.status, run.text
    assert f"1 {outcome}" in run.text
