"""The action for GitHub and the job for GitLab: pinned, linted, and their steps run in a clean folder."""

from __future__ import annotations

import configparser
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatcert.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[3]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS = {Path(step["run"].strip('"')).name: step for step in ACTION["runs"]["steps"] if "run" in step}
JOB = yaml.safe_load((ROOT / "deploy" / "gitlab" / "chatcert.gitlab-ci.yml").read_text(encoding="utf-8"))["chatcert"]
PYTHON = """#!/bin/sh
echo "$0 $*" >> "$RUNNER_TEMP/calls"
"""


def inputs_of(step: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """The environment of a step, with the inputs in the place of their expressions."""
    defaults = {name: value["default"] for name, value in ACTION["inputs"].items()}
    values = {f"${{{{ inputs.{name} }}}}": value for name, value in (defaults | given).items()}
    assert set(step["env"].values()) <= set(values)
    return {name: values[expression] for name, expression in step["env"].items()}


def run(step: dict[str, Any], folder: Path, variables: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a step as a runner does, with nothing of this process's environment but its search path."""
    work = folder / "work"
    work.mkdir(exist_ok=True)
    runner = {
        "GITHUB_ACTION_PATH": str(ROOT),
        "GITHUB_OUTPUT": str(folder / "output"),
        "GITHUB_STEP_SUMMARY": str(folder / "summary"),
        "HOME": str(folder),
        "PATH": os.environ["PATH"],
        "RUNNER_TEMP": str(folder),
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=work,
        env=runner | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A runner on which this chatcert is where the first step installs it."""
    program = tmp_path / "chatcert" / "bin" / "chatcert"
    program.parent.mkdir(parents=True)
    program.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m chatcert "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    return tmp_path


def test_all_is_linted() -> None:
    """Action, job and scripts are checked by published schemas and by shellcheck; a workflow here uses the action."""
    tox = configparser.ConfigParser(interpolation=None)
    tox.read(ROOT / "tox.ini", encoding="utf-8")
    commands = tox.get("testenv:lint", "commands").split("\n")

    assert "check-jsonschema --builtin-schema vendor.github-actions action.yml" in commands
    assert "check-jsonschema --builtin-schema vendor.gitlab-ci deploy/gitlab/chatcert.gitlab-ci.yml" in commands
    scripts = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "deploy" / "github").iterdir())
    assert f"shellcheck {' '.join(scripts)}" in commands
    assert "uses: ./\n" in (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")


def test_actions_are_pinned() -> None:
    """The one action that it uses is GitHub's own, with the digest of the workflows; commands hold no expression."""
    lines = re.findall(r"uses: (.+)", (ROOT / "action.yml").read_text(encoding="utf-8"))
    ours = (ROOT / ".github" / "workflows" / "ci.yml").read_text(encoding="utf-8")

    assert ["actions/setup-python"] == [line.partition("@")[0] for line in lines]
    assert all(line in ours for line in lines)
    assert [] == [step["run"] for step in STEPS.values() if "${{" in step["run"]]


def test_every_input_is_used_and_described() -> None:
    """Each input reaches the step that certifies, and the page has a row on it."""
    page = (ROOT / "docs" / "pipelines.md").read_text(encoding="utf-8")

    given = set(re.findall(r"inputs\.([\w-]+)", str(STEPS["certify"]["env"])))
    assert set(ACTION["inputs"]) == given
    assert [] == [name for name in given if f"`{name}`" not in page]


def test_the_first_step_installs_pinned_packages(tmp_path: Path) -> None:
    """Packages come with hashes from the file of the repository, and the package itself without an index."""
    python = tmp_path / "chatcert" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(PYTHON, encoding="utf-8")
    python.chmod(0o755)

    done = run(STEPS["install"], tmp_path, {"PYTHON": str(python)})

    assert (0, "") == (done.returncode, done.stderr)
    pip = f"{python} -m pip --disable-pip-version-check install --quiet --no-deps"
    assert [
        f"{python} -m venv {tmp_path}/chatcert",
        f"{pip} --require-hashes --requirement {ROOT}/requirements/certify.txt",
        f"{pip} --no-index --no-build-isolation {ROOT}",
    ] == (tmp_path / "calls").read_text(encoding="utf-8").splitlines()


@pytest.mark.slow
def test_a_run_is_on_the_page_of_the_job(installed: Path) -> None:
    """It ends as chatcert does, says so in the output, and the summary of this run alone is added to the job's page."""
    older = installed / "work" / "my reports" / "old" / "summary.md"
    older.parent.mkdir(parents=True)
    older.write_text("an earlier run\n", encoding="utf-8")
    os.utime(older, (1, 1))
    given = {"vendor": "sigmamind", "profile": "quick", "report-dir": "my reports", "options": "--only=auth/*\n\n"}

    done = run(STEPS["certify"], installed, inputs_of(STEPS["certify"], given))

    assert (0, "") == (done.returncode, done.stderr)
    assert "exit-status=0\n" == (installed / "output").read_text(encoding="utf-8")
    summary = (installed / "summary").read_text(encoding="utf-8")
    assert "an earlier run" not in summary
    assert "sigmamind" in summary
    assert (installed / "work" / "my reports" / "sigmamind" / "ctrf.json").exists()


@pytest.mark.parametrize(
    ("given", "status", "said"),
    [
        ({"vendor": "nobody"}, 2, "nobody"),
        ({"profile": "$(touch injected)"}, 2, "$(touch injected)"),
        ({"target": "staging"}, 78, "targets.toml"),
        ({"options": "--waivers=none.toml"}, 78, "none.toml"),
    ],
    ids=lambda value: str(value) if isinstance(value, int) else None,
)
@pytest.mark.slow
def test_a_mistake_is_the_status_of_the_job(installed: Path, given: dict[str, str], status: int, said: str) -> None:
    """A run that cannot start fails the job with its own exit status, and no input is run by the shell."""
    done = run(STEPS["certify"], installed, inputs_of(STEPS["certify"], given))

    assert status == done.returncode
    assert said in done.stderr
    assert f"exit-status={status}\n" == (installed / "output").read_text(encoding="utf-8")
    assert not (installed / "work" / "injected").exists()


def test_the_job_for_gitlab_is_understood() -> None:
    """It runs one command that exists, and keeps reports of failed jobs, where the command writes them."""
    (command,) = JOB["script"]
    words = shlex.split(command)
    assert "chatcert" == words[0]
    options = build_parser().parse_args(words[1:])

    assert ["reports/"] == JOB["artifacts"]["paths"]
    assert "reports" == str(options.report_dir)
    assert ("always", "reports/*/junit.xml") == (JOB["artifacts"]["when"], JOB["artifacts"]["reports"]["junit"])
    assert "allow_failure" not in JOB
