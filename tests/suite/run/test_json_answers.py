"""``--format json`` of every command: one document of one shape on standard output, and nothing else there."""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.json_answer import accept_json
from chatcert.cli.main import build_parser, main
from chatcert.cli.parsing import CommandParser, Parser

ROOT = Path(__file__).resolve().parents[3]
SAMPLES = ROOT / "reports" / "samples"
REGISTER = ["--register", str(ROOT / "reports" / "register"), "--at"]
GOOD = {
    "vendors": [],
    "faults": ["agencii"],
    "requirements": ["agencii"],
    "drift": ["agencii", str(ROOT / "specs" / "agencii" / "openapi.yaml")],
    "add": ["acme", str(ROOT / "specs" / "agencii" / "openapi.yaml")],
    "keygen": [],
    "verify": [str(SAMPLES / "agencii")],
    "compare": [str(SAMPLES / "agencii"), str(SAMPLES / "agencii")],
    "report": [str(SAMPLES / "agencii")],
    "waivers draft": [str(SAMPLES / "agencii")],
    "certify": ["agencii", "--plan", "--profile", "quick"],
    "nightly matrix": ["--targets-file", str(ROOT / "targets.example.toml")],
    "nightly issues": ["--legs", '{"include": []}', "--dry-run"],
    "register init": ["--name", "Example", "--keys", "keys", "--rehearsal"],
    "register list": [*REGISTER, "DAY"],
    "register verify": [*REGISTER, "DAY"],
    "register earl": ["ENTRY", *REGISTER, "DAY"],
    "register site": ["--out", "site", *REGISTER, "DAY"],
    "register stability": ["--history", "none.jsonl", "--vendor", "agencii"],
    "register check": [str(SAMPLES / "agencii"), *REGISTER, "DAY"],
}
"""Calls that come to a result without much ado."""


def steps(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """All commands, or their steps where they have some."""
    if isinstance(parser, CommandParser):
        parser.complete()
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for step in action.choices.values():
                yield from steps(step)
            return
    yield parser


STEPS = {step.prog.partition(" ")[2]: step for step in steps(build_parser())}


def document(text: str, status: int) -> dict[str, Any]:
    value: dict[str, Any] = json.loads(text)
    assert ["command", "exit_status", "result", "error"] == list(value)
    assert status == value["exit_status"]
    return value


@pytest.mark.parametrize("name", STEPS)
def test_every_command_takes_it(name: str) -> None:
    """Each command and each step has the option, with JSON among its values."""
    choices = next(action.choices for action in STEPS[name]._actions if "--format" in action.option_strings)
    assert choices is not None
    assert "json" in choices


@pytest.mark.parametrize("name", STEPS)
def test_a_mistake_is_a_document_too(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that no command has gives a document with the error and exit status 2, beside the line."""
    with pytest.raises(SystemExit, match="2"):
        main([*name.split(), "--no-such-option", "--format", "json"])

    printed = capsys.readouterr()
    value = document(printed.out, 2)
    assert name == value["command"]
    assert value["error"]["what"]
    assert printed.err.startswith("chatcert: ")


@pytest.mark.parametrize("name", GOOD)
def test_a_result_is_one_document(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Standard output holds the document alone; what is printed besides goes to standard error."""
    monkeypatch.chdir(tmp_path)
    sample = (ROOT / "reports" / "README.md").read_text(encoding="utf-8").partition("--at ")[2][:10]
    entry = next((ROOT / "reports" / "register").rglob("*.certificate.json")).name.partition(".")[0]
    words = {"DAY": sample, "ENTRY": entry}

    status = main([*name.split(), *(words.get(word, word) for word in GOOD[name]), "--format", "json"])
    value = document(capsys.readouterr().out, status)
    assert (name, None) == (value["command"], value["error"])
    assert value["result"] is not None


def test_an_error_has_its_own_exit_status(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What ends a command is in the document, as in the line, with the same exit status."""
    shutil.copy(SAMPLES / "agencii" / "report.json", tmp_path)
    status = main(["waivers", "draft", str(tmp_path / "none.json"), "--format=json"])

    printed = capsys.readouterr()
    error = document(printed.out, 65)["error"]
    assert 65 == status
    assert f"chatcert: {error['where']}: {error['what']} ({error['hint']})\n" == printed.err


def test_a_step_that_forgets_it_gets_it() -> None:
    """The option is given to whatever has none, so that a new command cannot lack it."""
    parser = Parser(prog="chatcert new")
    accept_json(parser)
    assert "json" == parser.parse_args(["--format", "json"]).format


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
def test_a_document_that_cannot_be_printed_is_one_line() -> None:
    """A full disk gives exit status 70 and one line on standard error."""
    command = [sys.executable, "-m", "chatcert", "vendors", "--format", "json"]
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (70, 1) == (done.returncode, done.stderr.count("\n"))
    assert "No space left on device" in done.stderr
