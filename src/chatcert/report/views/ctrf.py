"""ctrf.json: a test for each requirement, in the Common Test Report Format, for dashboards and comments of CI systems.

The format is that of https://ctrf.io, version 0.0 of its JSON Schema.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chatcert.judge.verdict import JUDGED, Outcome, VerdictKind
from chatcert.report import sentences
from chatcert.report.model import Report, RequirementRow
from chatcert.report.selection import is_left_out
from chatcert.text import one_line, parse_time
from chatcert.transport.exchange import Exchange

VERSION: Final = "0.0.0"
STATUSES: Final = {
    VerdictKind.PASS: "passed",
    VerdictKind.WARN: "passed",
    VerdictKind.FAIL: "failed",
    VerdictKind.ERROR: "other",
    VerdictKind.INCONCLUSIVE: "other",
    VerdictKind.NOT_RUN: "other",
    VerdictKind.NOT_APPLICABLE: "skipped",
    VerdictKind.WAIVED: "skipped",
}
"""The status of each verdict. What could not be judged is neither passed, nor failed, nor skipped."""

HEALTHY: Final = (Outcome.CONFORMANT, Outcome.CONFORMANT_WITH_REMARKS)


def render_ctrf(report: Report, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Render the document, JSON-ready. The duration of a test is that of the exchanges of its requirement.

    ``environment.healthy`` is false wherever the outcome is no conformance: a document without failed tests is then no
    certificate.
    """
    durations = sentences.durations(exchanges)
    tests = [_test(report, row, durations[row["id"]]) for row in report["requirements"]]
    document: dict[str, Any] = {"reportFormat": "CTRF", "specVersion": VERSION}
    if "run" in report:
        document["runId"] = report["run"]
    suite = report["suite"]
    return {
        **document,
        "timestamp": report["subject"]["window"]["end"],
        "generatedBy": f"{suite['name']} {suite['version']}",
        "results": {
            "tool": {"name": suite["name"], "version": suite["version"]},
            "summary": _summary(report, tests),
            "tests": tests,
            "environment": _environment(report),
        },
    }


def _summary(report: Report, tests: Sequence[dict[str, Any]]) -> dict[str, int]:
    statuses = [test["status"] for test in tests]
    window = report["subject"]["window"]
    return {
        "tests": len(tests),
        **{status: statuses.count(status) for status in ("passed", "failed", "skipped", "pending", "other")},
        "suites": len({row["kind"] for row in report["requirements"]}),
        "start": _milliseconds(parse_time(window["start"]).timestamp()),
        "stop": _milliseconds(parse_time(window["end"]).timestamp()),
        "duration": _milliseconds(report["seconds"]),
    }


def _test(report: Report, row: RequirementRow, seconds: float) -> dict[str, Any]:
    word, finding, name = VerdictKind(row["verdict"]), row["finding"], one_line(row["id"])
    test: dict[str, Any] = {
        "testId": name,
        "name": name,
        "status": "skipped" if is_left_out(row) else STATUSES[word],
        "rawStatus": word.value,
        "duration": _milliseconds(seconds),
        "suite": [f"chatcert.{one_line(report['vendor'])}", row["kind"]],
        "labels": {
            "level": row["level"],
            "provenance": row["provenance"],
            "clause": one_line(row["clause"]["pointer"]),
        },
    }
    if word is not VerdictKind.PASS:
        test["message"] = one_line(finding["title"] if finding is not None else row["reason"])
        test["trace"] = sentences.details(row)
    if word in JUDGED:
        test["extra"] = {"exchanges": finding["exchanges"] if finding is not None else row["exchanges"]}
    return test


def _environment(report: Report) -> dict[str, Any]:
    environment: dict[str, Any] = {
        "reportName": f"chatcert: {one_line(report['title'])}",
        "appName": one_line(report["vendor"]),
        "appVersion": one_line(report["subject"]["version"]),
        "healthy": report["outcome"] in HEALTHY,
        "extra": {key: one_line(value) for key, value in sentences.properties(report).items()},
    }
    name = report["subject"].get("environment", "")
    return environment | ({"testEnvironment": one_line(name)} if name else {})


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)
