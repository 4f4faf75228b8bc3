"""What ``--help`` of a command shows: examples that its parser takes; and the list of manners."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.command_examples import EXAMPLES
from chatcert.cli.main import COMMANDS, build_parser, main
from chatcert.mock.process import running_mock

STEPS = {
    "register": ("init", "enrol", "check", "submit", "admit", "renew", "dispute", "list", "site", "verify"),
    "nightly": ("matrix", "shard", "merge", "issues", "rehearse"),
    "waivers": ("draft",),
}
SAMPLES = Path(__file__).resolve().parents[3] / "reports" / "samples"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_examples(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The help of each command and of each step shows examples, and no sentence is longer than 80 columns."""
    for words in ([command], *([command, step] for step in STEPS.get(command, ()))):
        with pytest.raises(SystemExit):
            main([*words, "--help"])

        printed = capsys.readouterr().out
        assert "example" in printed, words
        assert ("[-h] STEP ..." in printed) is (words[0] in STEPS and not words[1:])
        long = [line for line in printed.splitlines() if len(line) > 80 and not line.startswith("  chatcert ")]
        assert [] == long


@pytest.mark.parametrize("command", EXAMPLES)
def test_examples_are_understood(command: str) -> None:
    """The parser takes each of them."""
    for line in EXAMPLES[command]:
        words = shlex.split(line)[1:]
        if "--help" not in words:
            assert callable(build_parser().parse_args(words).run)


def test_examples_of_a_step_keep_their_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """The text below the options of a step is laid out as that of a command: a line for each example."""
    with pytest.raises(SystemExit):
        main(["waivers", "draft", "--help"])

    lines = capsys.readouterr().out.splitlines()
    start = lines.index("examples:")
    assert "" == lines[start - 1]
    assert [f"  {line}" for line in EXAMPLES["waivers draft"]] == lines[start + 1 :]


def test_manners_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each id that ``mock --manner`` takes is listed with what it does."""
    assert 0 == main(["faults", "agencii", "--manners", "--format", "json"])
    rows = json.loads(capsys.readouterr().out)["result"]

    assert "agencii/manner/cookies" in [row["id"] for row in rows]
    assert all(row["description"] for row in rows)


@pytest.mark.slow
def test_fail_on_warn_says_why_it_exits_with_1(certify: Any) -> None:
    """Where remarks alone give the exit status of a breach, the last line names the option; else it does not."""
    with running_mock(vendors=["agencii"], faults=["agencii/fault/response/401/informative"]) as mock:
        options = ("--url", f"{mock.url}/agencii", "--only", "auth", "--only", "agencii/response/401")
        strict = certify("agencii", *options, "--fail-on", "warn", variables=dict(mock.environment))
        usual = certify("agencii", *options, variables=dict(mock.environment))

    assert (1, 0) == (strict.status, usual.status)
    assert "agencii: exit status 1, as --fail-on warn asks: 1 recommendation not followed" in strict.text
    assert "--fail-on warn" not in usual.text
    assert re.search(r"^NOT-RUN \d+ requirements not selected$", usual.text, re.MULTILINE)
    assert "it was not selected" not in usual.text


def test_what_verify_says_is_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """Each report has a row with what the first line says, and the lines below it."""
    status = main(["verify", str(SAMPLES / "agencii"), "--format", "json"])
    printed = json.loads(capsys.readouterr().out)["result"]
    main(["verify", str(SAMPLES / "agencii")])
    text = capsys.readouterr().out

    assert status == int(printed[0]["problem"])
    assert f"{printed[0]['report']}: {printed[0]['says']}" in text
    assert printed[0]["lines"]
    assert all(line["text"] in text for line in printed[0]["lines"])
