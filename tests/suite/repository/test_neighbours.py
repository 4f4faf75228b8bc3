"""A project that merely has chatcert installed does not notice it, whatever plugins it uses.

``tox -e neighbours`` runs these tests where pytest's plugins of the group ``neighbours`` are installed as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from chatcert.run.options import Frontend, options_of

FLAGS = [flag for option in options_of(Frontend.PYTEST) for flag in option.pytest_flags if "chatcert" not in flag]
PLUGIN = f"""
import pytest

def pytest_addoption(parser):
    taken = {{name for group in parser._groups for option in group.options for name in option.names()}}
    for flag in sorted(set({FLAGS}) - taken):
        parser.getgroup("neighbour").addoption(flag, default="theirs")

@pytest.fixture
def requirement_check():
    return "theirs"
"""
TESTS = """
import sys

import pytest

@pytest.mark.parametrize("requirement_id", ["one", "two"])
def test_requirement(requirement_id, requirement_check):
    assert requirement_id in ("one", "two")
    assert requirement_check == "theirs"

@pytest.fixture(params=["three", "four"])
def requirement_id(request):
    return request.param

def test_fixture(requirement_id):
    assert requirement_id in ("three", "four")

def test_option(pytestconfig):
    assert pytestconfig.getoption("--waivers") == "theirs"

def test_marker(pytestconfig):
    assert [line for line in pytestconfig.getini("markers") if "requirements of the" in line] == []

def test_no_module():
    entered = {"chatcert", "chatcert.pytest_plugin", "chatcert.pytest_plugin.entry_point"}
    assert {name for name in sys.modules if name.partition(".")[0] == "chatcert"} <= entered

@pytest.mark.skip
def test_skipped():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with tests of its own, whose conftest.py has our options' names and our fixtures'."""
    folder = tmp_path / "project"
    (folder / "tests").mkdir(parents=True)
    (folder / "conftest.py").write_text(PLUGIN, encoding="utf-8")
    (folder / "tests" / "test_theirs.py").write_text(TESTS, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --strict-markers\ntestpaths = tests\n", encoding="utf-8")
    return folder


def run(folder: Path, *arguments: str, path: tuple[Path, ...] = ()) -> tuple[int, str]:
    """Run pytest in a folder; return its exit status, and what it printed but for durations and versions."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("CHATCERT_", "PYTEST_"))}
    variables = kept | {"PYTHONPATH": os.pathsep.join(map(str, (folder, *path))), "COLUMNS": "300"}
    variables |= {} if path else {"PYTHONDONTWRITEBYTECODE": "1"}  # so that the folder holds only what pytest leaves
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:schemathesis", *arguments]
    command += ["-p", "randomly", "--randomly-seed=1"] if find_spec("pytest_randomly") else []
    done = subprocess.run(
        command, cwd=folder, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    lines = [line for line in done.stdout.splitlines() if not line.startswith("plugins: ")]
    lines = [line for line in lines if not re.match(r"[.s]+ +\[", line)]  # two workers are not always equally fast
    printed = re.sub(r" in \d+\.\d+s[^=]*", " ", "\n".join(lines))
    return done.returncode, re.sub("==+", "==", printed)  # a shorter duration leaves room for more of them


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [(), ("-n", "2", "--disable-warnings"), ("--help",), ("--markers",), ("--fixtures",)], ids=" ".join
)
def test_a_project_runs_as_if_chatcert_were_not_installed(project: Path, arguments: tuple[str, ...]) -> None:
    """The same is printed with and without our entry point, and no file or folder is left.

    Two workers list warnings in any order, so that these are left out there.
    """
    before = sorted(project.rglob("*"))

    with_it, without = run(project, *arguments), run(project, *arguments, "-p", "no:chatcert")

    assert 0 == with_it[0], with_it[1]
    assert without == with_it
    assert "chatcert" not in with_it[1]
    assert before == sorted(project.rglob("*"))


@pytest.mark.slow
def test_both_kinds_of_tests_in_one_run(project: Path, installed: Path) -> None:
    """A project keeps its options, fixtures and tests beside the contract tests, whose prefixed options work."""
    ours = ("chatcert.contract_tests", "--chatcert-vendor", "agencii", "--chatcert-profile=quick", "--rate=7")

    status, printed = run(project, "tests", *ours, "-k", "theirs or maxLength or sql", "-rA", path=(installed,))

    assert 1 == status, printed  # tests of the project on markers and modules see ours
    assert "2 failed" in printed
    assert "chatcert: --rate is an option of another plugin here; that of chatcert is --chatcert-rate" in printed
    assert "test_theirs.py::test_requirement[one]" in printed
    assert "test_theirs.py::test_option" in printed
    assert not re.search(r"FAILED (?!tests/test_theirs\.py::test_(marker|no_module))", printed), printed


@pytest.fixture(scope="module")
def printed_ids(installed: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What pytest prints when it is asked for the ids of all installed contract tests of a vendor."""
    arguments = ("chatcert.contract_tests", "--chatcert-vendor=agencii", "--collect-only", "-q")
    status, printed = run(tmp_path_factory.mktemp("listed"), *arguments, path=(installed,))
    assert 0 == status, printed
    return printed.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_printed_node_id_can_be_pasted_back(
    installed: Path, printed_ids: list[str], tmp_path: Path, workers: str
) -> None:
    """The node id of an installed contract test is an argument of pytest, in any folder, without another option."""
    chosen = next(line for line in printed_ids if line.endswith("[agencii/auth/Authorization/missing]"))

    status, printed = run(tmp_path, chosen, "-n", workers, "-rA", "--chatcert-profile=quick", path=(installed,))

    assert 0 == status, printed
    assert f"PASSED {chosen}" in printed
    assert "1 passed" in printed
    assert printed.splitlines()[-1].startswith("partial run: 1 of "), printed
