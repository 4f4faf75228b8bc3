"""What ``--help`` of a command shows: examples that its parser takes; and the list of manners."""

from __future__ import annotations

import json
import shlex

import pytest

from chatcert.cli.command_examples import EXAMPLES
from chatcert.cli.main import COMMANDS, build_parser, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_help_has_examples_that_are_understood(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The examples are shown, and the parser takes each of them."""
    with pytest.raises(SystemExit):
        main([command, "--help"])

    assert "example" in capsys.readouterr().out
    for line in EXAMPLES[command]:
        words = shlex.split(line)[1:]
        if "--help" not in words:
            assert callable(build_parser().parse_args(words).run)


def test_manners_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    """Each id that ``mock --manner`` takes is listed with what it does."""
    assert 0 == main(["faults", "agencii", "--manners", "--format", "json"])
    rows = json.loads(capsys.readouterr().out)

    assert "agencii/manner/cookies" in [row["id"] for row in rows]
    assert all(row["description"] for row in rows)
