"""Tests show the verdicts of the report, which is written once all of them have run.

While the run goes on, a requirement is judged on what has been sent by then. Its verdict may change: what fails turns
out to follow from another finding, or to be waived along with one, and what passed rests on answers that do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from chatcert.pytest_plugin.verdict_messages import message_of

if TYPE_CHECKING:
    import pytest

    from chatcert.report.model import RequirementRow

Stats = dict[str, list[Any]]
"""The reports of pytest's terminal, by the word that they are counted under."""
PASSED: Final = ("pass", "warn", "waived", "not-applicable")
"""Verdicts that are no worse than a test that passed."""


def requirement_of(report: pytest.TestReport) -> str:
    """Return the id of the requirement that a test is about."""
    return report.nodeid.partition("[")[2].rstrip("]")


def overruled(stats: Stats, rows: Iterable[RequirementRow]) -> list[RequirementRow]:
    """Return the rows of requirements whose tests passed, and that the report does not let pass."""
    passed = {requirement_of(report) for report in stats.get("passed", ())}
    return [row for row in rows if row["id"] in passed and row["verdict"] not in PASSED]


def apply_verdicts(stats: Stats, rows: Iterable[RequirementRow]) -> None:
    """Let the tests of requirements count as what the report says, and say what it says."""
    known = {row["id"]: row for row in rows}
    for report, row in [*_pairs(stats, "passed", known), *_pairs(stats, "failed", known)]:
        has_failed, fails = report.outcome == "failed", row["verdict"] not in PASSED
        if fails and not (has_failed and str(report.longrepr).startswith(f"{row['verdict']}:")):
            _move(stats, report, "failed")
            report.longrepr = message_of(row)
        elif has_failed and row["verdict"] == "waived":
            _move(stats, report, "xfailed")
            report.wasxfail, report.longrepr = row["reason"], message_of(row)


def _pairs(stats: Stats, word: str, known: dict[str, RequirementRow]) -> Iterator[tuple[Any, RequirementRow]]:
    for report in stats.get(word, ()):
        row = known.get(requirement_of(report))
        if row is not None and report.when == "call":
            yield report, row


def _move(stats: Stats, report: Any, word: str) -> None:
    """Count a report under another word."""
    old = "failed" if report.outcome == "failed" else "passed"
    if word == old:
        return
    stats[old].remove(report)
    stats.setdefault(word, []).append(report)
    report.outcome = "skipped" if word == "xfailed" else "failed"
