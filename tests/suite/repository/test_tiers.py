"""Which tests a command line runs: the fast tier, everything, or what it names."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = """
import pytest

def test_fast():
    pass

@pytest.mark.slow
def test_slow():
    pass
"""
SLOW_MODULE = """
import pytest

pytestmark = pytest.mark.slow

def test_in_slow_module():
    pass
"""
INI = "[pytest]\ntestpaths = tests\naddopts = --strict-markers --import-mode=importlib\n"
FAST = {"test_fast"}
ALL = {"test_fast", "test_slow", "test_in_slow_module"}


@pytest.fixture(scope="module")
def checkout(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with our root conftest.py and with fast and slow tests."""
    folder = tmp_path_factory.mktemp("checkout")
    shutil.copy(root / "conftest.py", folder)
    (folder / "pytest.ini").write_text(INI, encoding="utf-8")
    (folder / "tests").mkdir()
    (folder / "tests" / "test_mixed.py").write_text(TESTS, encoding="utf-8")
    (folder / "tests" / "test_whole.py").write_text(SLOW_MODULE, encoding="utf-8")
    return folder


def passed(checkout: Path, *arguments: str) -> tuple[set[str], str]:
    """Run pytest there; return the names of the tests that passed, and what it printed."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-v", "-p", "no:cacheprovider", "-p", "no:schemathesis", *arguments],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    names = {re.findall(r"::(\w+)", line)[0] for line in done.stdout.splitlines() if "PASSED" in line}
    return names, done.stdout


CHOICES = {
    "-n 0": FAST,
    "-n 0 --all": ALL,
    "-n 2": FAST,
    "-n 2 --all": ALL,
    "-n 2 tests": ALL,
    "tests/test_mixed.py": {"test_fast", "test_slow"},
    "tests/test_mixed.py::test_slow": {"test_slow"},
    "-k slow": set[str](),
    "-k slow --all": {"test_slow", "test_in_slow_module"},
    "-m slow --all": {"test_slow", "test_in_slow_module"},
}


@pytest.mark.parametrize("command_line", CHOICES)
def test_tier(checkout: Path, command_line: str) -> None:
    """Without a path the slow tests are left out, in workers too; a path, a node id or --all brings them in."""
    assert CHOICES[command_line] == passed(checkout, *command_line.split())[0]


def test_fast_tier_uses_two_processes(checkout: Path) -> None:
    """Plain pytest runs the tests in two workers, and says which tier it runs and how to run everything."""
    names, printed = passed(checkout)

    assert FAST == names
    assert "tier: fast (--all runs the slow tests, too)" in printed
    assert "2 workers" in printed
