"""What commands print into a pipe and on a terminal of 80 columns: ids are whole, and in a pipe nothing is padded."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chatcert.cli.main import main
from chatcert.requirements.catalogue import derive
from chatcert.vendors import open_vendor

ROOT = Path(__file__).resolve().parents[3]
SAMPLE = str(ROOT / "reports" / "samples" / "agencii")
SINCE = (ROOT / "reports" / "README.md").read_text(encoding="utf-8").partition("--at ")[2][:10]
REGISTER = ("--register", str(ROOT / "reports" / "register"), "--at", SINCE)
COMMANDS = (
    ("vendors",),
    ("faults", "agencii"),
    ("faults", "agencii", "--manners"),
    ("requirements", "agencii"),
    ("rules", "parley", "--spec", str(ROOT / "docs" / "examples" / "parley.yaml"), "--rules", "RULES"),
    ("drift", "agencii", str(ROOT / "specs" / "agencii" / "openapi.yaml")),
    ("verify", SAMPLE),
    ("compare", SAMPLE, SAMPLE),
    ("report", SAMPLE),
    ("waivers", "draft", SAMPLE),
    ("certify", "agencii", "--plan", "--profile", "quick"),
    ("nightly", "matrix", "--targets-file", str(ROOT / "targets.example.toml")),
    ("register", "list", *REGISTER),
    ("register", "verify", *REGISTER),
    ("register", "check", SAMPLE, *REGISTER),
)
ESCAPE = "\x1b"


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Runs a command in an empty folder, and gives what it prints on standard output."""
    monkeypatch.chdir(tmp_path)

    def run(*command: str, **variables: str) -> str:
        for name in ("COLUMNS", "FORCE_COLOR", "NO_COLOR"):
            monkeypatch.delenv(name, raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        rules = str(ROOT / "docs" / "examples" / "parley_rules.py")
        words = [rules if word == "RULES" else word for word in command]
        capsys.readouterr()
        main([word for word in words if word != "parley"])
        return capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    "command",
    [one if one[0] != "rules" else pytest.param(one, marks=pytest.mark.slow) for one in COMMANDS],
    ids=lambda command: command[0],
)
def test_nothing_is_padded_wrapped_or_coloured_in_a_pipe(printed: Callable[..., str], command: tuple[str, ...]) -> None:
    """No line has an escape, ends in white space, or holds two blanks; a narrow terminal's width changes nothing."""
    text = printed(*command)
    lines = text.splitlines()

    assert lines
    assert ESCAPE not in text
    assert [] == [line for line in lines if line != line.rstrip() or re.search(r"\S {2,}\S", line)]
    assert len(lines) == len(printed(*command, COLUMNS="40").splitlines())


@pytest.mark.parametrize(
    "command", [("requirements", "agencii"), ("certify", "agencii", "--plan", "--profile", "quick")]
)
@pytest.mark.parametrize("variables", [{}, {"FORCE_COLOR": "1", "COLUMNS": "80"}], ids=["pipe", "terminal"])
def test_ids_are_whole(printed: Callable[..., str], command: tuple[str, ...], variables: dict[str, str]) -> None:
    """Each requirement is on one line with its whole id, which begins it, in a pipe and on 80 columns."""
    lines = printed(*command, **variables).splitlines()
    found = [re.split(r"\s", line)[0] for line in lines if line.startswith("agencii/")]

    assert {*derive(open_vendor("agencii")).requirements} >= {*found}
    assert len(found) == len(set(found)) > 50


def test_no_colour_is_used_where_none_is_wanted(printed: Callable[..., str]) -> None:
    """With NO_COLOR a terminal gets no colour, bold headings at most."""
    text = printed("requirements", "agencii", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="80")

    assert {"0", "1"} >= set(re.findall(rf"{ESCAPE}\[(\d+)m", text))
