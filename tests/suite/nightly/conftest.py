"""Small reports of a night, a tracker in memory, and a `gh` that keeps its issues in a file."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chatcert.nightly.issue_changes import ChangeKind, IssueChange
from chatcert.nightly.tracked_issue import TrackedIssue, read_issue

FAKE = """\
import json, sys, pathlib
from urllib.parse import parse_qs, urlsplit
file = pathlib.Path(__file__).with_name("issues.json")
kept = json.loads(file.read_text())
arguments = sys.argv[1:]
if kept["refusal"]:
    print(kept["refusal"], file=sys.stderr)
    raise SystemExit(1)
assert arguments[0] == "api"
place = next(one for one in arguments if one.startswith("repos/"))
kept["calls"].append(place)
path, query = urlsplit(place).path, parse_qs(urlsplit(place).query)
method = arguments[arguments.index("--method") + 1] if "--method" in arguments else "GET"
if method == "GET":
    assert {"--paginate", "--slurp"} <= set(arguments) and query["state"] == ["all"]
    found = [one for one in kept["issues"] if query["labels"][0] in one["labels"]]
    print(json.dumps([found[:1], found[1:]]))
else:
    content = json.load(sys.stdin)
    assert len(content["body"]) <= 65536 and len(content.get("title", "")) <= 256
    if path.endswith("/comments"):
        kept["comments"].append([int(path.split("/")[-2]), content["body"]])
    elif method == "POST":
        kept["issues"].append({"number": len(kept["issues"]) + 1, "state": "open", **content})
    else:
        kept["issues"][int(path.split("/")[-1]) - 1].update(content)
    file.write_text(json.dumps(kept))
    print("{}")
"""


def moment(night: int) -> str:
    """The end of a run in one night."""
    return f"2026-01-{night + 1:02}T02:00:00.000Z"


def row(name: str, word: str, text: str = "as said") -> dict[str, Any]:
    """A requirement's row of a report, with a finding if it is broken."""
    finding = {
        "title": text,
        "expected": text,
        "actual": text,
        "curl": text,
        "exchanges": [1],
        "occurrences": 1,
        "observed": 1,
    }
    return {
        "id": name,
        "verdict": word,
        "clause": {"text": text, "pointer": text, "source": text},
        "level": "must",
        "provenance": "schema",
        "cases": 1,
        "telling": 1,
        "reason": "",
        "finding": finding if word == "fail" else None,
    }


def report(vendor: str, night: int, words: Mapping[str, str], text: str = "as said") -> dict[str, Any]:
    """What the planner reads of a report."""
    return {
        "vendor": vendor,
        "subject": {"window": {"end": moment(night)}},
        "requirements": [row(name, word, text) for name, word in words.items()],
    }


@dataclass
class Memory:
    """A tracker without a network: applies changes, and can be read again."""

    issues: list[dict[str, Any]] = field(default_factory=list)

    def apply(self, changes: Iterable[IssueChange]) -> None:
        for change in changes:
            content = {"title": change.title, "body": change.body}
            if change.kind is ChangeKind.OPEN:
                self.issues.append({"number": len(self.issues) + 1, "state": "open", **content})
                continue
            issue = self.issues[change.number - 1]
            issue.update(content)
            issue["state"] = {ChangeKind.CLOSE: "closed", ChangeKind.REOPEN: "open"}.get(change.kind, issue["state"])

    def tracked_issues(self) -> tuple[TrackedIssue, ...]:
        return tuple(tracked for issue in self.issues if (tracked := read_issue(issue)) is not None)


@dataclass(frozen=True)
class Gh:
    """The fake, and what it keeps."""

    file: Path

    def keep(self, **changes: Any) -> None:
        self.file.write_text(json.dumps(self.kept() | changes), encoding="utf-8")

    def kept(self) -> dict[str, Any]:
        empty = {"issues": [], "comments": [], "calls": [], "refusal": ""}
        return empty | (json.loads(self.file.read_text(encoding="utf-8")) if self.file.exists() else {})


@pytest.fixture
def gh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gh:
    """A `gh` on the PATH that keeps issues in a file, and looks closely at what it is asked."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "gh").write_text(f"#!{sys.executable} -IS\n{FAKE}", encoding="utf-8")
    (folder / "gh").chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr("chatcert.nightly.tracker.PAUSE", 0.0)
    fake = Gh(folder / "issues.json")
    fake.keep()
    return fake


@pytest.fixture(name="report", scope="session")
def _report() -> Callable[..., dict[str, Any]]:
    """Makes small reports."""
    return report


@pytest.fixture(name="moment", scope="session")
def _moment() -> Callable[[int], str]:
    """The end of a run, by night."""
    return moment


@pytest.fixture(scope="session")
def tracker() -> type[Memory]:
    """A tracker in memory."""
    return Memory
