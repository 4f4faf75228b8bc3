"""The workflows: what they may do, what they run, and that a local machine can run it too."""

from __future__ import annotations

import configparser
import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatcert.cli.main import _parser
from chatcert.mock.world import World, environment
from chatcert.vendors import bundled_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / ".github" / "workflows").iterdir())
SCRIPTS = sorted(f".ci/{path.name}" for path in (ROOT / ".ci").iterdir() if path.is_file())
SETTING_UP = {"python -m pip install tox", *SCRIPTS}


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML takes the bare word `on` for a truth value."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)
    return dict(content)


WORKFLOWS = {path.name: read(path) for path in FILES}
NIGHTLY = WORKFLOWS["nightly.yml"]
STEPS = [
    pytest.param(job, step, id=f"{name}-{key}-{number}")
    for name, workflow in WORKFLOWS.items()
    for key, job in workflow["jobs"].items()
    for number, step in enumerate(job["steps"])
]

NIGHT = [step for job in NIGHTLY["jobs"].values() for step in job["steps"] if "tox -e nightly" in step.get("run", "")]


@pytest.fixture(scope="module")
def tox() -> configparser.ConfigParser:
    """The content of tox.ini."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.read(ROOT / "tox.ini", encoding="utf-8")
    return parser


def test_all_are_linted(tox: configparser.ConfigParser) -> None:
    """Every workflow is held to GitHub's schema and given to actionlint, whose packages are pinned by their digests."""
    assert [f".github/workflows/{path.name}" for path in FILES] == tox.get("workflows", "files").split()
    assert "check-jsonschema --builtin-schema vendor.github-workflows" in tox.get("testenv:lint", "commands")
    assert f"shellcheck {' '.join(SCRIPTS)}" in tox.get("testenv:lint", "commands")
    assert "/.github/workflows/*.yml" in tox.get("testenv:workflows", "commands")
    assert {".yml"} == {path.suffix for path in FILES}
    lock = json.loads((ROOT / ".ci" / "actionlint" / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)


@pytest.mark.parametrize(("job", "step"), STEPS)
def test_step(job: dict[str, Any], step: dict[str, Any], tox: configparser.ConfigParser) -> None:
    """A step takes an action at its tag, or runs tox; no expression is put into a command line; no job runs forever."""
    assert job["timeout-minutes"] <= 60
    if "uses" in step:
        assert re.fullmatch(r"actions/[\w/-]+@v\d+", step["uses"])
        assert step.get("with", {}).get("persist-credentials", False) is False
        assert "persist-credentials" in step.get("with", {}) or not step["uses"].startswith("actions/checkout@")
        return
    assert "${{" not in step["run"]
    if step["run"] not in SETTING_UP:
        words = shlex.split(step["run"])
        assert words[0] == "tox"
        assert words[1:2] in ([], ["-e"])
        assert not words[1:] or f"testenv:{words[2]}" in tox.sections()
        assert all(word.startswith(("$", "plan=$", "suite=$")) for word in words if "$" in word)


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions(name: str) -> None:
    """A workflow reads the repository and does nothing else; one job of the night writes issues, as it must."""
    assert {"contents": "read"} == WORKFLOWS[name]["permissions"]
    more = {key: job["permissions"] for key, job in WORKFLOWS[name]["jobs"].items() if "permissions" in job}
    assert ({"tell": {"contents": "read", "issues": "write"}} if name == "nightly.yml" else {}) == more


@pytest.mark.parametrize("step", NIGHT, ids=lambda step: str(step["run"].split()[4]))
def test_nightly_step_is_understood(step: dict[str, Any]) -> None:
    """Each step of the night is one that the command line knows, and every variable in it is set or GitHub's own."""
    arguments = shlex.split(step["run"])[4:]
    figures = {"$SHARDS": "2", "$SHARD": "1/2", "$GITHUB_RUN_NUMBER": "7"}
    options = _parser().parse_args(["nightly", *(figures.get(word, word) for word in arguments)])

    assert callable(options.run)
    known = {*step["env"], "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY", "GITHUB_REPOSITORY", "GITHUB_RUN_NUMBER"}
    assert known >= set(re.findall(r"\$(\w+)", step["run"]))


def test_triggers() -> None:
    """It runs each night and by hand, and never twice at once."""
    assert {"schedule", "workflow_dispatch"} == set(NIGHTLY["on"])
    assert {"vendors", "profile", "shards"} == set(NIGHTLY["on"]["workflow_dispatch"]["inputs"])
    assert {"group": "${{ github.workflow }}", "cancel-in-progress": False} == NIGHTLY["concurrency"]


def test_every_variable_of_every_vendor() -> None:
    """A job has each vendor's credentials, as secrets of an environment, and its resources; no other one does."""
    contracts = [open_vendor(vendor) for vendor in bundled_vendors()]
    needed = {name for contract in contracts for name in environment(contract, World.of(contract))}
    given = next(step["env"] for step in NIGHTLY["jobs"]["certify"]["steps"] if "env" in step)

    assert needed == {name for name in given if name.startswith("CHATCERT_")} - {"CHATCERT_NIGHTLY_OPTIONS"}
    secret = {name for name, value in given.items() if "secrets." in value}
    assert {name for name in needed if name.endswith("_AUTH")} == secret
    assert all(given[name] == f"${{{{ secrets.{name} }}}}" for name in secret)
    others = {name: job for name, job in NIGHTLY["jobs"].items() if name != "certify"}
    assert "secrets." not in json.dumps(others)
    assert "${{ matrix.environment }}" == NIGHTLY["jobs"]["certify"]["environment"]


def test_nothing_ends_in_silence() -> None:
    """Reports are kept and people told whatever failed before; shards are joined though one of them broke."""
    jobs = NIGHTLY["jobs"]
    assert {"plan", "suite", "certify", "merge"} == set(jobs["tell"]["needs"])
    assert "${{ !cancelled() }}" == jobs["tell"]["if"]
    assert jobs["merge"]["if"].startswith("${{ !cancelled()")
    assert all(jobs[name]["strategy"]["fail-fast"] is False for name in ("certify", "merge"))
    kept = [
        step["if"] for job in jobs.values() for step in job["steps"] if re.search("upload|save", step.get("uses", ""))
    ]
    assert {"always()", "${{ !cancelled() }}"} == set(kept)
    assert 4 == len(kept)


def test_what_is_kept_between_nights() -> None:
    """What a night saves under a new key, the next one restores under the same beginning; no target gets another's."""
    for name, path in (("suite", ".hypothesis"), ("merge", "reports/nightly/memory")):
        saved, restored = (
            next(step["with"] for step in NIGHTLY["jobs"][name]["steps"] if word in step.get("uses", ""))
            for word in ("save", "restore")
        )
        assert (path, path) == (saved["path"], restored["path"])
        assert saved["key"] == restored["key"]
        assert saved["key"] == restored["restore-keys"] + "${{ github.run_id }}-${{ github.run_attempt }}"
        assert restored["restore-keys"].endswith("=")
