"""The workflows in deploy/register/ for the repository of a register: pinned actions, few rights, real commands."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from chatcert.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[3]
FOLDER = ROOT / "deploy" / "register"
FILES = sorted(FOLDER.glob("*.yml"))
OTHERS = {
    "python -m pip install --require-hashes --requirement requirements.txt",
    'install -m 600 /dev/stdin snapshot.key <<< "$SNAPSHOT_KEY"',
    'install -m 600 /dev/stdin timestamp.key <<< "$TIMESTAMP_KEY"',
    "rm snapshot.key timestamp.key",
    ".github/push-register",
}
"""What steps run besides chatcert."""


def read(path: Path) -> dict[str, Any]:
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    content["on"] = content.pop(True)
    return dict(content)


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_commands_are_understood(path: Path) -> None:
    """Every command is one of chatcert that exists, or one of few others; no expression stands in a command line."""
    for command in (step["run"] for step in steps(path) if "run" in step):
        assert "${{" not in command
        if command not in OTHERS:
            words = shlex.split(command)
            assert words[0] == "chatcert"
            build_parser().parse_args(words[1:])


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    """Actions are GitHub's own, pinned by the digests that this repository's workflows use where they use them."""
    lines = re.findall(r"uses: (\S+ # v[\d.]+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    ours = "".join(one.read_text(encoding="utf-8") for one in (ROOT / ".github" / "workflows").iterdir())
    assert len(lines) == sum("uses" in step for step in steps(path))
    for line in lines:
        assert re.fullmatch(r"actions/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)
        assert line in ours or line.partition("@")[0] not in ours


def test_a_pull_request_gets_no_secret_and_no_right() -> None:
    """What strangers submit is checked by a job that reads the repository and does nothing else."""
    content = read(FOLDER / "submission.yml")
    assert {"contents": "read"} == content["permissions"]
    assert ["pull_request"] == list(content["on"])
    assert all("permissions" not in job for job in content["jobs"].values())
    assert "secrets." not in (FOLDER / "submission.yml").read_text(encoding="utf-8")


def test_what_is_signed_is_verified_before_it_is_pushed() -> None:
    """The daily job verifies against what it has seen before it pushes or publishes; keys are gone by then."""
    commands = [step.get("run", step.get("uses", "")) for step in steps(FOLDER / "refresh.yml")]
    order = ["chatcert register refresh", "rm snapshot.key", "chatcert register verify --root", ".github/push-register"]
    places = [next(n for n, command in enumerate(commands) if command.startswith(start)) for start in order]
    assert sorted(places) == places
    assert places[-1] < next(n for n, command in enumerate(commands) if "upload-pages-artifact" in command)
    assert {"contents": "read"} == read(FOLDER / "refresh.yml")["permissions"]
