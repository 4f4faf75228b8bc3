"""The environments of tox, the pinned packages that they install, and what runs elsewhere."""

from __future__ import annotations

import configparser
import os
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from chatcert.vendors import known_vendors

PINNED = {
    "certify": ("build",),
    "tests": ("tests",),
    "coverage": ("coverage",),
    "neighbours": ("neighbours",),
    "types": ("types",),
    "lint": ("lint",),
    "docs": ("build", "docs"),
}
"""The files in requirements/, each with the dependency groups that it pins."""


@pytest.fixture(scope="session")
def project(root: Path) -> dict[str, Any]:
    """The content of pyproject.toml."""
    return tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def tox(root: Path) -> configparser.ConfigParser:
    """The content of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(root / "tox.ini", encoding="utf-8")
    return parser


def _pins(path: Path) -> dict[str, Version]:
    text = path.read_text(encoding="utf-8")
    return {canonicalize_name(n): Version(v) for n, v in re.findall(r"^([\w.-]+)==([^\s;\\]+)", text, re.MULTILINE)}


def _group(project: dict[str, Any], name: str) -> list[str]:
    entries: list[str] = []
    for entry in project["dependency-groups"][name]:
        entries += _group(project, entry["include-group"]) if isinstance(entry, dict) else [entry]
    return entries


def test_every_vendor_has_an_environment(tox: configparser.ConfigParser) -> None:
    """`tox -e VENDOR` certifies that vendor, for each bundled one."""
    names = {name for section in tox.sections() if "{" in section for name in re.findall(r"[\w-]+", section)}
    assert set(known_vendors()) == names - {"testenv"}


@pytest.mark.parametrize("name", PINNED)
def test_pins_satisfy_the_project(root: Path, project: dict[str, Any], name: str) -> None:
    """What is pinned lies within the bounds that pyproject.toml states, and nothing is missing."""
    pins = _pins(root / "requirements" / f"{name}.txt")
    wanted = [] if name == "lint" else list(project["project"]["dependencies"])
    wanted += [entry for group in PINNED[name] for entry in _group(project, group)]
    assert wanted
    for requirement in map(Requirement, wanted):
        assert pins[canonicalize_name(requirement.name)] in requirement.specifier, str(requirement)


@pytest.mark.parametrize("name", PINNED)
def test_pins_carry_hashes(root: Path, name: str) -> None:
    """Every pinned package carries a hash, and no file names a host to load it from."""
    text = (root / "requirements" / f"{name}.txt").read_text(encoding="utf-8").replace("\\\n", " ")
    lines = text.splitlines()
    assert [] == [line for line in lines if "--hash=sha256:" not in line]
    assert "://" not in text
    assert "--index" not in text


def test_pins_agree() -> None:
    """A package has one version in all environments."""
    folder = Path(__file__).resolve().parents[3] / "requirements"
    versions: dict[str, set[Version]] = {}
    for name in PINNED:
        for package, version in _pins(folder / f"{name}.txt").items():
            versions.setdefault(package, set()).add(version)
    assert {} == {package: found for package, found in versions.items() if len(found) > 1}


def test_environments_install_pins_only(tox: configparser.ConfigParser) -> None:
    """Whatever an environment installs comes from a pinned file; the one that pins needs its own tool."""
    sections = [section for section in tox.sections() if section.startswith("testenv") and section != "testenv:lock"]
    for section in sections:
        for line in tox.get(section, "deps", fallback="").split():
            assert line == "-r" or line.removeprefix("requirements/").removesuffix(".txt") in PINNED, section


def test_script_for_new_machines(root: Path) -> None:
    """The script that a new machine runs is executable and runs what the README says."""
    script = root / ".ci" / "run"
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert "set -euo pipefail" in text
    assert "pip install" in text
    assert "tox" in text.splitlines()[-1]
    assert os.access(script, os.X_OK)


def test_workflow_covers_every_python(root: Path, project: dict[str, Any]) -> None:
    """The workflow runs on each Python that the package claims, with read rights alone."""
    workflow = yaml.safe_load((root / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8"))
    prefix = "Programming Language :: Python :: 3."
    claimed = [c.rpartition(" ")[2] for c in project["project"]["classifiers"] if c.startswith(prefix)]
    assert claimed == workflow["jobs"]["tox"]["strategy"]["matrix"]["python"]
    assert workflow["permissions"] == {"contents": "read"}
