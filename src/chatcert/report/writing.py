"""Writing all views of one report at once: whole, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chatcert.exceptions import SuiteError
from chatcert.report.allure import allure_configuration, write_allure
from chatcert.report.badge import render_badge
from chatcert.report.har import render_har
from chatcert.report.html import render_html
from chatcert.report.junit import render_junit
from chatcert.report.markdown import render_markdown
from chatcert.report.model import Report, ReportInput, build_report
from chatcert.report.places import SpecFile
from chatcert.report.sarif import render_sarif
from chatcert.report.statement import render_statement
from chatcert.target.exchange import Exchange

REPORT: Final = "report.json"
EVIDENCE: Final = "evidence.jsonl"
PAGE: Final = "report.html"
JUNIT: Final = "junit.xml"
ALLURE: Final = "allure-results"
ALLURE_CONFIGURATION: Final = "allurerc.json"
HAR: Final = "evidence.har"
SARIF: Final = "report.sarif"
SUMMARY: Final = "summary.md"
BADGE: Final = "badge.svg"
STATEMENT: Final = "statement.intoto.json"
WRITTEN: Final = (
    EVIDENCE, HAR, JUNIT, SARIF, SUMMARY, BADGE, ALLURE, ALLURE_CONFIGURATION, PAGE, STATEMENT, REPORT,
)  # fmt: skip
"""What a run leaves behind, in the order in which it is put in place: ``report.json`` last."""


def write_reports(folder: Path, report_input: ReportInput) -> Path:
    """Write ``report.json`` and every view of it: all that ``WRITTEN`` names.

    Everything is written beside its place first and then renamed into it, so that what was there stays whole until
    the new files are.

    Returns:
        The path of ``report.json``.

    Raises:
        SuiteError: the folder cannot be written to, or the report breaks its own schema.
    """
    report = build_report(report_input)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        staging = Path(tempfile.mkdtemp(prefix=".writing-", dir=folder))
        try:
            exchanges = sorted(report_input.exchanges, key=lambda exchange: exchange.number)
            _write_all(staging, report, exchanges, report_input.spec)
            for name in WRITTEN:
                _put(staging, folder, name)
        finally:
            shutil.rmtree(staging, ignore_errors=True)
    except OSError as error:
        raise SuiteError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="choose another --report-dir, or make room in this one",
        ) from None
    return folder / REPORT


def evidence_lines(exchanges: Sequence[Exchange]) -> str:
    """One JSON object a line, one line an exchange; ASCII, so that no line ends early."""
    return "".join(json.dumps(exchange.to_dict(), ensure_ascii=True) + "\n" for exchange in exchanges)


def _write_all(staging: Path, report: Report, exchanges: Sequence[Exchange], spec: SpecFile | None) -> None:
    (staging / EVIDENCE).write_text(evidence_lines(exchanges), encoding="ascii")
    (staging / JUNIT).write_bytes(render_junit(report, exchanges))
    (staging / PAGE).write_text(render_html(report, exchanges), encoding="utf-8")
    _write_json(staging / REPORT, report)
    (staging / HAR).write_text(render_har(report, exchanges), encoding="ascii")
    _write_json(staging / SARIF, render_sarif(report, spec))
    (staging / SUMMARY).write_text(render_markdown(report), encoding="utf-8")
    (staging / BADGE).write_text(render_badge(report), encoding="utf-8")
    subjects = {name: (staging / name).read_bytes() for name in (REPORT, EVIDENCE)}
    _write_json(staging / STATEMENT, render_statement(report, subjects))
    (staging / ALLURE).mkdir()
    write_allure(staging / ALLURE, report, exchanges)
    _write_json(staging / ALLURE_CONFIGURATION, allure_configuration(report))


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=2, allow_nan=False) + "\n", encoding="ascii")


def _put(staging: Path, folder: Path, name: str) -> None:
    """Move one file or folder into its place; a folder that is in the way goes first."""
    place = folder / name
    if place.is_dir() and not place.is_symlink():
        place.replace(staging / f"old-{name}")
    (staging / name).replace(place)
