"""The page on many machines: its commands are understood, and what it names is there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from chatcert.cli.main import build_parser

ROOT = Path(__file__).resolve().parents[3]
TEXT = (ROOT / "docs" / "many-machines.md").read_text(encoding="utf-8")
LINES = [shlex.split(line) for line in re.findall(r"^\$ (.*)$", TEXT, re.MULTILINE)]


@pytest.mark.parametrize("words", [words for words in LINES if words[0] == "chatcert"], ids=" ".join)
def test_chatcert_command(words: list[str]) -> None:
    """Every chatcert command of the page is understood."""
    assert callable(build_parser().parse_args(words[1:]).run)


def test_files() -> None:
    """The files of definitions that the page lists are those that there are."""
    listed = re.findall(r"^\| `((?:kubernetes/|Dockerfile)[^`]*)` \|", TEXT, re.MULTILINE)
    there = [*(ROOT / "deploy").glob("Dockerfile"), *(ROOT / "deploy" / "kubernetes").rglob("*")]
    assert sorted(listed) == sorted(path.relative_to(ROOT / "deploy").as_posix() for path in there if path.is_file())
