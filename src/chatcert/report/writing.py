"""Writing all views of one report at once: whole, or not at all."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from chatcert.exceptions import SuiteError
from chatcert.report.allure import write_allure
from chatcert.report.html import render_html
from chatcert.report.junit import render_junit
from chatcert.report.model import Report, ReportInput, build_report
from chatcert.target.exchange import Exchange

REPORT: Final = "report.json"
EVIDENCE: Final = "evidence.jsonl"
PAGE: Final = "report.html"
JUNIT: Final = "junit.xml"
ALLURE: Final = "allure-results"
WRITTEN: Final = (EVIDENCE, JUNIT, ALLURE, PAGE, REPORT)
"""What a run leaves behind, in the order in which it is put in place: ``report.json`` last."""


def write_reports(folder: Path, report_input: ReportInput) -> Path:
    """Write ``report.json``, ``report.html``, ``junit.xml``, ``evidence.jsonl`` and ``allure-results/``.

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
            _write_all(staging, report, sorted(report_input.exchanges, key=lambda exchange: exchange.number))
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


def _write_all(staging: Path, report: Report, exchanges: Sequence[Exchange]) -> None:
    (staging / EVIDENCE).write_text(evidence_lines(exchanges), encoding="ascii")
    (staging / JUNIT).write_bytes(render_junit(report, exchanges))
    (staging / PAGE).write_text(render_html(report, exchanges), encoding="utf-8")
    (staging / REPORT).write_text(json.dumps(report, indent=2, allow_nan=False) + "\n", encoding="ascii")
    (staging / ALLURE).mkdir()
    write_allure(staging / ALLURE, report, exchanges)


def _put(staging: Path, folder: Path, name: str) -> None:
    """Move one file or folder into its place; a folder that is in the way goes first."""
    place = folder / name
    if place.is_dir() and not place.is_symlink():
        place.replace(staging / f"old-{name}")
    (staging / name).replace(place)
