"""Every table of the pages is correct and complete."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from chatcert import exceptions
from chatcert.cases.profile import PROFILES
from chatcert.judge.verdict import Outcome, VerdictKind
from chatcert.mock.backend import Backend, environment
from chatcert.requirements.requirement import Kind
from chatcert.vendors import known_vendors, open_vendor

ROOT = Path(__file__).resolve().parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
STARTED = (ROOT / "docs" / "getting-started.md").read_text(encoding="utf-8")
REPORT = (ROOT / "docs" / "reading-a-report.md").read_text(encoding="utf-8")
TARGETS = (ROOT / "docs" / "live-targets.md").read_text(encoding="utf-8")

Table = Callable[[str], list[list[str]]]


def section(page: str, title: str) -> str:
    """The text below a heading of the second level, up to the next one."""
    return page.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


@pytest.mark.parametrize("vendor", known_vendors())
def test_variables(vendor: str) -> None:
    """The table of variables has all those of each vendor, and no other."""
    contract = open_vendor(vendor)
    row = next(line for line in TARGETS.splitlines() if line.startswith(f"| `{vendor}` |"))
    assert set(environment(contract, Backend.of(contract))) == set(re.findall(r"`(CHATCERT_\w+)`", row))


def test_verdict_words(table: Table) -> None:
    """The table of verdicts has every word, and no other."""
    assert {word.value for word in VerdictKind} == {row[0].strip("`") for row in table(section(REPORT, "Verdicts"))}


def test_outcomes(table: Table) -> None:
    """The table of outcomes has each of them, and no other."""
    reported = {row[0].strip("*").replace(" ", "-") for row in table(section(REPORT, "Outcome"))}
    assert {outcome.value for outcome in Outcome} == reported


def test_exit_statuses(table: Table) -> None:
    """The table of exit statuses has all that errors and verdicts lead to, and those of pytest itself."""
    errors = [value for value in vars(exceptions).values() if isinstance(value, type)]
    codes = {error.exit_code for error in errors if issubclass(error, exceptions.ChatcertError)} | {0, 1}
    reported = [row[0] for row in table(section(REPORT, "Exit status"))]
    own = {int(pytest.ExitCode.INTERNAL_ERROR), int(pytest.ExitCode.USAGE_ERROR)}
    assert "3, 4" in reported
    reported.remove("3, 4")
    assert {3, 4} == own
    assert [*sorted(codes), "130, 143"] == [int(code) if code.isdecimal() else code for code in reported]


def test_profiles(table: Table) -> None:
    """The table of profiles has each of them."""
    assert list(PROFILES) == [row[0].strip("`") for row in table(section(STARTED, "The first run"))]


def test_markers() -> None:
    """The list of kinds is complete."""
    passage = " ".join(STARTED.split()).partition("the kinds of requirements:")[2].partition(". ")[0]
    assert [kind.value for kind in Kind] == re.findall(r"`(\w+)`", passage)


def test_files_of_a_report(table: Table) -> None:
    """Every file that a run writes for a vendor is in the table of files."""
    reported = {row[0].strip("`/") for row in table(section(REPORT, "The files"))}
    sample = ROOT / "reports" / "samples" / "polyai"
    assert {path.name for path in sample.iterdir()} <= reported
    statement = json.loads((sample / "statement.intoto.json").read_text(encoding="utf-8"))
    assert {subject["name"].partition("/")[0] for subject in statement["subject"]} <= reported


def test_first_run_of_the_front_page() -> None:
    """The first run on the front page has the results of the samples, which the same command made."""
    rows = re.findall(r"^ (\w+) +(\S+) +(\d+) +\d+ +(\d+)$", README, re.MULTILINE)
    samples = [
        json.loads((ROOT / "reports" / "samples" / vendor / "report.json").read_text(encoding="utf-8"))
        for vendor in known_vendors()
    ]
    made = [(r["vendor"], r["outcome"], r["totals"]["pass"], r["requests"]) for r in samples]

    assert made == [(name, outcome, int(passed), int(requests)) for name, outcome, passed, requests in rows]
    for (vendor, _, passed, requests), report in zip(made, samples, strict=True):
        lines = [
            f"{vendor}: Conformant. All {passed} requirements tested hold.",
            f"  0 of {requests} requests met a transient failure, 0.0 %.",
            f"  {report['created']['chats']} chats created",
        ]
        assert "\n".join(lines) in README
