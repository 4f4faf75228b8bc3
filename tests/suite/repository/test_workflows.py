"""The workflows: what they may do, what they run, and that a local machine can run it too."""

from __future__ import annotations

import configparser
import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatcert.cli.main import build_parser
from chatcert.mock.backend import Backend, environment
from chatcert.vendors import known_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[3]
FILES = sorted((ROOT / ".github" / "workflows").iterdir())
SCRIPTS = sorted(f".ci/{path.name}" for path in (ROOT / ".ci").iterdir() if path.is_file())
SETTING_UP = {"python -m pip install tox", *SCRIPTS}


def read(path: Path) -> dict[str, Any]:
    """A workflow; YAML takes the bare word `on` for a Boolean."""
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)
    return dict(content)


WORKFLOWS = {path.name: read(path) for path in FILES}
NIGHTLY = WORKFLOWS["nightly.yml"]
RELEASE = WORKFLOWS["release.yml"]
ISSUE_FORMS = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
USES = [
    pytest.param(line.strip().removeprefix("- "), id=f"{path.name}-{number}")
    for path in FILES
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
    if re.match(r"\s*(- )?uses:(?! \./$)", line)
]
PUBLISHERS = {"pypa/gh-action-pypi-publish"}
"""Actions of others than GitHub: each is trusted on purpose."""

MORE_RIGHTS = {
    "nightly.yml": {"notify": {"contents": "read", "issues": "write"}},
    "release.yml": {"publish": {"attestations": "write", "contents": "read", "id-token": "write"}},
}
"""The jobs that may do more than read the repository."""

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
    """Every workflow is checked by GitHub's schema and by actionlint, whose packages are pinned by their digests."""
    assert [f".github/workflows/{path.name}" for path in FILES] == tox.get("workflows", "files").split()
    forms = [f".github/ISSUE_TEMPLATE/{path.name}" for path in ISSUE_FORMS if path.name != "config.yml"]
    assert forms == tox.get("issue_forms", "files").split()
    for schema in ("github-workflows", "github-issue-forms", "github-issue-config", "dependabot"):
        assert f"check-jsonschema --builtin-schema vendor.{schema} " in tox.get("testenv:lint", "commands")
    assert f"shellcheck {' '.join(SCRIPTS)}" in tox.get("testenv:lint", "commands")
    for folder in ("/.github/workflows/", "/deploy/register/"):
        assert f"{folder}*.yml" in tox.get("testenv:workflows", "commands")
    assert {".yml"} == {path.suffix for path in FILES}
    lock = json.loads((ROOT / ".ci" / "actionlint" / "package-lock.json").read_text(encoding="utf-8"))
    packages = [package for name, package in lock["packages"].items() if name]
    assert packages
    assert all(package["integrity"].startswith("sha512-") and "resolved" not in package for package in packages)


@pytest.mark.parametrize(("job", "step"), STEPS)
def test_step(job: dict[str, Any], step: dict[str, Any], tox: configparser.ConfigParser) -> None:
    """A step uses an action or runs tox; no expression is put into a command line; no job runs forever."""
    assert job["timeout-minutes"] <= 60
    if "uses" in step:
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


@pytest.mark.parametrize("line", USES)
def test_action_is_pinned(line: str) -> None:
    """An action is GitHub's own or one of few others, and is pinned by its digest, with the version as a comment."""
    found = re.fullmatch(r"uses: ([\w-]+/[\w-]+)(?:/[\w/-]+)?@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
    assert found, line
    assert found[1].startswith("actions/") or found[1] in PUBLISHERS


def test_one_digest_for_each_action() -> None:
    """No two steps pin different versions of one action."""
    pins: dict[str, set[str]] = {}
    for param in USES:
        action, _, pin = str(param.values[0]).removeprefix("uses: ").partition("@")
        pins.setdefault("/".join(action.split("/")[:2]), set()).add(pin)
    assert {} == {action: found for action, found in pins.items() if len(found) > 1}


@pytest.mark.parametrize("name", WORKFLOWS)
def test_permissions(name: str) -> None:
    """A workflow reads the repository and does nothing else, but for the jobs that have to write something."""
    assert {"contents": "read"} == WORKFLOWS[name]["permissions"]
    more = {key: job["permissions"] for key, job in WORKFLOWS[name]["jobs"].items() if "permissions" in job}
    assert MORE_RIGHTS.get(name, {}) == more


def test_release_publishes_what_was_tested() -> None:
    """A version tag starts a release; the job that may publish waits for the tests and runs no code of the project."""
    assert {"push": {"tags": ["v*"]}} == RELEASE["on"]
    build, publish = (RELEASE["jobs"][name] for name in ("build", "publish"))
    assert [".ci/check-tag", "tox", "tox -e build"] == [
        step["run"] for step in build["steps"] if step.get("run", "").startswith((".ci/check-tag", "tox"))
    ]
    assert ("build", "pypi") == (publish["needs"], publish["environment"])
    assert all("run" not in step for step in publish["steps"])
    used = [step["uses"].partition("@")[0] for step in publish["steps"]]
    assert ["actions/download-artifact", "actions/attest-build-provenance", "pypa/gh-action-pypi-publish"] == used
    assert "secrets." not in (ROOT / ".github" / "workflows" / "release.yml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("tag", "changelog", "status"),
    [
        ("v1.2.3", "## 1.2.3 - 2026-01-31", 0),
        ("v1.2.4", "## 1.2.3 - 2026-01-31", 1),
        ("1.2.3", "## 1.2.3 - 2026-01-31", 1),
        ("v1.2.3", "## 1.2.3 - unreleased", 1),
        ("v1.2.3", "## 1x2.3 - 2026-01-31", 1),
        ("", "## 1.2.3 - 2026-01-31", 1),
    ],
)
def test_check_tag(tag: str, changelog: str, status: int, tmp_path: Path) -> None:
    """A release ends at once unless its tag is the version and the changelog has a dated section on it."""
    (tmp_path / ".ci").mkdir()
    script = tmp_path / ".ci" / "check-tag"
    script.write_bytes((ROOT / ".ci" / "check-tag").read_bytes())
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\nversion = "1.2.3"\n', encoding="utf-8")
    (tmp_path / "CHANGELOG.md").write_text(f"# Changelog\n\n{changelog}\n", encoding="utf-8")
    ran = subprocess.run(
        ["bash", script], env={**os.environ, "GITHUB_REF_NAME": tag}, capture_output=True, text=True, check=False
    )

    assert status == ran.returncode
    assert bool(ran.stderr) == bool(status)


def test_dependabot_watches_every_folder() -> None:
    """Each folder with pinned packages, actions or an image gets updates; bench/ keeps what it measured."""
    updates = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))["updates"]
    watched = {
        (update["package-ecosystem"], folder)
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }
    locks = {path.parent for place in ("*/*", "tests/*/*/*") for path in ROOT.glob(f"{place}/package-lock.json")}
    folders = {f"/{path.relative_to(ROOT).as_posix()}" for path in locks}
    assert {("npm", name) for name in folders - {"/bench/prism"}} == {entry for entry in watched if entry[0] == "npm"}
    assert {("pip", "/"), ("pip", "/requirements"), ("docker", "/deploy"), ("github-actions", "/")} <= watched


def test_pre_commit_runs_what_tox_runs(tox: configparser.ConfigParser) -> None:
    """Every hook is local and runs a command of the environments `lint` or `types`."""
    settings = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert ["local"] == [repository["repo"] for repository in settings["repos"]]
    hooks = settings["repos"][0]["hooks"]
    assert {"system"} == {hook["language"] for hook in hooks}
    commands = [
        line.strip() for name in ("lint", "types") for line in tox.get(f"testenv:{name}", "commands").split("\n")
    ]
    entries = {hook["entry"].replace(" --force-exclude", "") for hook in hooks}
    assert [] == [entry for entry in entries if not any(command.startswith(entry) for command in commands)]
    assert {line.split()[0] for line in commands if line} == {entry.split()[0] for entry in entries}


@pytest.mark.parametrize("step", NIGHT, ids=lambda step: str(step["run"].split()[4]))
def test_nightly_step_is_understood(step: dict[str, Any]) -> None:
    """Each step of the night is one that the command line knows, and every variable in it is set or GitHub's own."""
    arguments = shlex.split(step["run"])[4:]
    figures = {"$SHARDS": "2", "$SHARD": "1/2", "$GITHUB_RUN_NUMBER": "7"}
    options = build_parser().parse_args(["nightly", *(figures.get(word, word) for word in arguments)])

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
    contracts = [open_vendor(vendor) for vendor in known_vendors()]
    needed = {name for contract in contracts for name in environment(contract, Backend.of(contract))}
    given = next(step["env"] for step in NIGHTLY["jobs"]["certify"]["steps"] if "env" in step)

    assert needed == {name for name in given if name.startswith("CHATCERT_")} - {"CHATCERT_NIGHTLY_OPTIONS"}
    secret = {name for name, value in given.items() if "secrets." in value}
    assert {name for name in needed if "_AUTH" in name} == secret
    assert all(given[name] == f"${{{{ secrets.{name} }}}}" for name in secret)
    others = {name: job for name, job in NIGHTLY["jobs"].items() if name != "certify"}
    webhooks = {"CHATCERT_NIGHTLY_WEBHOOK", "CHATCERT_NIGHTLY_SLACK_WEBHOOK"}
    assert webhooks == set(re.findall(r"secrets\.(\w+)", json.dumps(others)))
    assert webhooks <= set(next(s["env"] for s in others["notify"]["steps"] if "env" in s))
    assert "${{ matrix.environment }}" == NIGHTLY["jobs"]["certify"]["environment"]


def test_nothing_ends_in_silence() -> None:
    """Reports are kept and people informed whatever failed before; shards are joined even if one of them broke."""
    jobs = NIGHTLY["jobs"]
    assert {"plan", "suite", "certify", "merge"} == set(jobs["notify"]["needs"])
    assert "${{ !cancelled() }}" == jobs["notify"]["if"]
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
