"""What the wheel holds, and that it does its job from any folder."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.version import Version

import chatcert
from chatcert.vendors import known_vendors

Build = Callable[[str], Path]


def test_specifications_travel(root: Path, wheel: zipfile.ZipFile) -> None:
    """Every file under specs/ is in the wheel, byte for byte."""
    names = _kept(root / "specs")
    assert len(names) >= 2 * len(known_vendors())
    for name in names:
        assert (root / "specs" / name).read_bytes() == wheel.read(f"chatcert/specs/{name}")


def test_contract_tests_travel(root: Path, wheel: zipfile.ZipFile) -> None:
    """The tests of vendors are in the wheel."""
    for path in (root / "tests" / "contract").glob("*.py"):
        assert path.read_bytes() == wheel.read(f"chatcert/contract_tests/{path.name}")


def test_whole_package_travels(root: Path, wheel: zipfile.ZipFile) -> None:
    """Every file of the package is in the wheel, those that are not Python included."""
    names = _kept(root / "src" / "chatcert")
    assert {f"chatcert/{name}" for name in names} <= set(wheel.namelist())
    assert {"py.typed", "report/views/templates/report.html"} <= names


def test_nothing_else_travels(wheel: zipfile.ZipFile) -> None:
    """The wheel installs one package; the suite's own tests and measurements stay at home."""
    tops = {name.partition("/")[0] for name in wheel.namelist()}
    assert {"chatcert", f"chatcert-{chatcert.__version__}.dist-info"} == tops
    assert [] == [name for name in wheel.namelist() if "suite" in name or "bench" in name]


def test_licence_travels(root: Path, wheel: zipfile.ZipFile) -> None:
    """The licence is in the wheel's metadata folder."""
    name = f"chatcert-{chatcert.__version__}.dist-info/licenses/LICENSE"
    assert (root / "LICENSE").read_bytes() == wheel.read(name)


def test_entry_points(wheel: zipfile.ZipFile) -> None:
    """The wheel brings the command and the pytest plugin."""
    lines = wheel.read(f"chatcert-{chatcert.__version__}.dist-info/entry_points.txt").decode().split("\n")
    assert "chatcert = chatcert.cli.main:main" in lines
    assert "chatcert = chatcert.pytest_plugin.entry_point" in lines


def test_editable_install_has_no_copies(build: Build) -> None:
    """An editable install refers to the checkout and puts no second copy of anything beside it."""
    names = zipfile.ZipFile(build("editable")).namelist()
    assert [] == [name for name in names if name.startswith("chatcert/")]
    assert 1 == len([name for name in names if name.endswith(".pth")])


def test_version_is_declared_once(root: Path) -> None:
    """The package and its metadata name the newest version of the changelog, or a development version after it."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == chatcert.__version__
    lines = (root / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
    versions = [line.split()[1] for line in lines if line.startswith("## ") and line != "## Unreleased"]
    current = Version(chatcert.__version__)
    assert current > Version(versions[0]) if current.is_devrelease else current == Version(versions[0])


def _kept(folder: Path) -> set[str]:
    """Paths of all files below a folder, without what tools leave there."""
    paths = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    return {path.as_posix() for path in paths if not any(p.startswith((".", "__pycache__")) for p in path.parts)}


def _from_anywhere(installed: Path, folder: Path, *arguments: str) -> str:
    variables = {**os.environ, "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", *arguments]
    done = subprocess.run(command, cwd=folder, env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_command_from_anywhere(installed: Path, tmp_path: Path) -> None:
    """The installed command finds its specifications from an empty folder."""
    output = _from_anywhere(installed, tmp_path, "chatcert", "vendors", "--format", "json")
    for vendor in known_vendors():
        assert f'"{vendor}"' in output


@pytest.mark.slow
def test_pytest_from_anywhere(installed: Path, tmp_path: Path) -> None:
    """Pytest finds the installed contract tests and the plugin from an empty folder."""
    vendor = known_vendors()[0]
    output = _from_anywhere(
        installed,
        tmp_path,
        "pytest",
        "--pyargs",
        "chatcert.contract_tests",
        "--vendor",
        vendor,
        "--collect-only",
        "-q",
        "-p",
        "no:cacheprovider",
    )
    assert f"test_requirement[{vendor}/accepts/required-only]" in output
