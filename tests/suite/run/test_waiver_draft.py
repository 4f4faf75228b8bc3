"""Drafts of waivers: an entry for each breach, which no run accepts before a person has completed it."""

from __future__ import annotations

import json
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from chatcert.cli.main import main
from chatcert.exceptions import ConfigurationError
from chatcert.run.waiver_draft import draft_of
from chatcert.run.waivers_file import read_waivers

DAY = date(2026, 1, 1)
REPORT = Path(__file__).parents[3] / "reports" / "samples" / "agencii" / "report.json"


@pytest.fixture
def report() -> dict[str, Any]:
    """A report with two breaches, one of which quotes what a file must not be broken by."""
    found: dict[str, Any] = json.loads(REPORT.read_text(encoding="utf-8"))
    for row, text in zip(found["requirements"], ("status 500", 'a\n[[waiver]]\nreason = "\u202e'), strict=False):
        finding = {"title": text, "expected": "status 200", "actual": text, "curl": "", "exchanges": [1]}
        row |= {"verdict": "fail", "finding": {**finding, "occurrences": 1, "observed": 1}}
    return found


def test_a_draft_has_an_entry_for_each_breach(report: Any) -> None:
    """Each names its requirement and expires soon; what a server said stays within its comment."""
    entries = tomllib.loads(draft_of(report, DAY))["waiver"]

    assert [row["id"] for row in report["requirements"][:2]] == [entry["requirement"] for entry in entries]
    assert {date(2026, 1, 31)} == {entry["expires"] for entry in entries}
    assert draft_of(report, DAY).isascii()


def test_a_draft_is_refused_until_it_is_completed(report: Any, tmp_path: Path) -> None:
    """Reason, owner and ticket have to be filled in by somebody."""
    path = tmp_path / "waivers.toml"
    path.write_text(draft_of(report, DAY), encoding="utf-8")
    with pytest.raises(ConfigurationError, match="entry 1"):
        read_waivers(path, DAY)
    path.write_text(draft_of(report, DAY).replace('""', '"known"'), encoding="utf-8")

    assert 2 == len(read_waivers(path, DAY).entries)


def test_the_command_prints_or_writes_a_new_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that is there already is never overwritten."""
    out = tmp_path / "waivers.toml"

    assert 0 == main(["waivers", "draft", str(REPORT.parent)])
    printed = capsys.readouterr().out
    assert 0 == main(["waivers", "draft", str(REPORT), "--out", str(out)])
    assert f"draft written to {out}: fill in reason, owner and ticket" in capsys.readouterr().out
    assert printed == out.read_text(encoding="utf-8")
    assert 2 == main(["waivers", "draft", str(REPORT), "--out", str(out)])
    assert 65 == main(["waivers", "draft", str(tmp_path / "none")])
