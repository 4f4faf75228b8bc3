"""The pages on decisions have one form and are listed; the glossary stays short."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
DECISIONS = sorted((ROOT / "docs" / "decisions").iterdir())
LINES = 60
"""More than a page is more than one decision."""


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_form(path: Path) -> None:
    """A decision is one page: its number and title, its status, then context, decision and consequences."""
    text = path.read_text(encoding="utf-8")
    number = int(path.name[:4])

    assert re.match(rf"# {number}\. \S.*\n\nStatus: (accepted|replaced by \[\d+\]\(\d{{4}}-[\w-]+\.md\))\n\n", text)
    assert ["Context", "Decision", "Consequences"] == re.findall(r"^## (.*)$", text, re.MULTILINE)
    assert text.count("\n") <= LINES


def test_list(table: Callable[[str], list[list[str]]]) -> None:
    """The list has every decision, in order, under its own title and status."""
    rows = []
    for path in DECISIONS:
        title, status = re.findall(r"^# \d+\. (.*)$|^Status: (\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
        rows.append([str(int(path.name[:4])), f"[{title[0]}](decisions/{path.name})", status[1]])

    assert rows == table((ROOT / "docs" / "decisions.md").read_text(encoding="utf-8"))
    assert [str(number) for number in range(1, len(rows) + 1)] == [row[0] for row in rows]


def test_glossary(table: Callable[[str], list[list[str]]]) -> None:
    """The glossary has at most twenty words, in alphabetical order, each of them once."""
    words = [row[0] for row in table((ROOT / "docs" / "glossary.md").read_text(encoding="utf-8"))]

    assert 0 < len(words) <= 20
    assert sorted(set(words)) == words
