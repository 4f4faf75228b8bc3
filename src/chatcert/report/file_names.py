"""The names of the files and folders of a report."""

from __future__ import annotations

from typing import Final

REPORT: Final = "report.json"
EVIDENCE: Final = "evidence.jsonl"
PAGE: Final = "report.html"
JUNIT: Final = "junit.xml"
CTRF: Final = "ctrf.json"
ALLURE: Final = "allure-results"
ALLURE_CONFIGURATION: Final = "allurerc.json"
CREATED: Final = "created.jsonl"
"""The chats that the run has created, one a line: ``id`` and the number of the ``exchange``."""
CLEAN_UP: Final = "clean-up.jsonl"
"""What became of these chats, one a line; ``chatcert clean-up`` writes it as well, so no statement holds its digest."""
HAR: Final = "evidence.har"
SARIF: Final = "report.sarif"
SUMMARY: Final = "summary.md"
BADGE: Final = "badge.svg"
STATEMENT_FILE: Final = "statement.intoto.json"
ENVELOPE: Final = "report.dsse.json"
"""The envelope of a signed report."""
CONTRACT: Final = "contract"
CONTRACT_SPEC: Final = f"{CONTRACT}/openapi.json"
CONTRACT_OVERLAY: Final = f"{CONTRACT}/overlay.json"
WRITTEN: Final = (
    EVIDENCE,
    CREATED,
    CLEAN_UP,
    CONTRACT,
    HAR,
    JUNIT,
    CTRF,
    SARIF,
    SUMMARY,
    BADGE,
    ALLURE,
    ALLURE_CONFIGURATION,
    PAGE,
    STATEMENT_FILE,
    REPORT,
)
"""The files and folders of a report, in the order in which they are put in place: ``report.json`` last."""

STATED: Final = (
    REPORT,
    EVIDENCE,
    CREATED,
    CONTRACT_SPEC,
    CONTRACT_OVERLAY,
    PAGE,
    JUNIT,
    CTRF,
    SARIF,
    HAR,
    SUMMARY,
    BADGE,
    ALLURE_CONFIGURATION,
)
"""The files whose digests the statement holds, if they were written; it holds those in ``ALLURE`` as well."""

RUNS: Final = ".run"
"""The folder in which the ledgers of unfinished runs are kept, beside a report."""
PARTIAL: Final = "partial"
"""The folder of a report on a later run that did not finish, beside a complete report."""
NOT_CURRENT: Final = "not-current.txt"
"""A file beside a report that is older than the last run: it says so, and where the report on that run is."""
MATRIX: Final = "matrix.html"
"""The page over all vendors, beside their folders."""
