"""Change the outcomes of tests to the verdicts of the report, which is written after all of them have run.

During the run a requirement is judged on what was sent so far. Its verdict may change afterwards: a failure may follow
from another finding, or be waived together with one, and a pass may rest on answers that do not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

from chatcert.pytest_plugin.verdict_messages import message_of

if TYPE_CHECKING:
    from chatcert.report.model import RequirementRow

Stats = dict[str, list[Any]]
"""The reports of pytest's terminal, by the word that they are counted under."""
PASSED: Final = ("pass", "warn", "waived", "not-applicable")
"""Verdicts that are no worse than a test that passed."""
PHASES: Final = ("setup", "call", "teardown")


def mark_report(report: Any, requirement: str) -> None:
    """Note in the report of a test that it tests a requirement. pytest-xdist sends attributes of reports along."""
    report.chatcert_requirement = requirement


def requirement_of(report: Any) -> str:
    """Return the id of the requirement that a report is about; empty for a test that is not one of ours.

    Another test may have the id of a requirement in its name, so the name alone counts only where a worker has crashed:
    pytest-xdist then makes a report that no phase of a test belongs to.
    """
    if report.when in PHASES:
        return str(getattr(report, "chatcert_requirement", ""))
    return str(report.nodeid).partition("[")[2].removesuffix("]")


def overruled(stats: Stats, rows: Iterable[RequirementRow]) -> list[RequirementRow]:
    """Return the rows of requirements whose tests have passed although their verdicts are worse than a pass."""
    passed = {requirement_of(report) for report in stats.get("passed", ())}
    return [row for row in rows if row["id"] in passed and row["verdict"] not in PASSED]


def apply_verdicts(stats: Stats, rows: Iterable[RequirementRow]) -> None:
    """Change the outcome and the message of each test of a requirement to its verdict in the report."""
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
