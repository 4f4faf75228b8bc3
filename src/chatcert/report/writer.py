"""Write a report and all its views at once, each file whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Sequence
from pathlib import Path

from chatcert.exceptions import SuiteError
from chatcert.files import staging_folder
from chatcert.openapi.contract import Contract
from chatcert.report.builder import ReportInput
from chatcert.report.file_names import (
    ALLURE,
    ALLURE_CONFIGURATION,
    BADGE,
    CLEAN_UP,
    CONTRACT_OVERLAY,
    CONTRACT_SPEC,
    CREATED,
    CTRF,
    ENVELOPE,
    EVIDENCE,
    HAR,
    JUNIT,
    PAGE,
    REPORT,
    SARIF,
    STATED,
    STATEMENT_FILE,
    SUMMARY,
    WRITTEN,
)
from chatcert.report.model import Report
from chatcert.report.seal.statement import statement_bytes
from chatcert.report.source_lines import SpecFile
from chatcert.report.views.allure import allure_configuration, write_allure
from chatcert.report.views.badge import render_badge
from chatcert.report.views.ctrf import render_ctrf
from chatcert.report.views.har import write_har
from chatcert.report.views.html import render_html
from chatcert.report.views.junit import render_junit
from chatcert.report.views.markdown import render_markdown
from chatcert.report.views.sarif import render_sarif
from chatcert.transport.chats.created_chats import created_chats, rows_of
from chatcert.transport.exchange import Exchange


def write_report(folder: Path, report: Report, report_input: ReportInput) -> Path:
    """Write ``report.json`` and every view of it: everything in ``WRITTEN``.

    All files are prepared in a staging folder and then renamed into place, so that the earlier ones stay whole until
    then.

    Args:
        report: what ``build_report`` made of the input.

    Returns:
        The path of ``report.json``.

    Raises:
        SuiteError: the folder cannot be written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with staging_folder(folder) as staging:
            exchanges = sorted(report_input.exchanges, key=lambda exchange: exchange.number)
            _write_all(staging, report, exchanges, report_input)
            for name in (ENVELOPE, *WRITTEN):  # an old signature goes before the report that it signs
                _put(staging, folder, name)
    except OSError as error:
        raise SuiteError(
            f"the report cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="choose another --report-dir, or make room in this one",
        ) from None
    return folder / REPORT


def contract_files(contract: Contract) -> dict[str, bytes]:
    """Serialise the documents that a report was judged by, so that every exchange can be judged again.

    Files that the document refers to are bundled in. The report has their digests in ``digests``.

    Returns:
        Their content by path; nothing if a document holds a value that JSON does not have.
    """
    documents = {CONTRACT_SPEC: contract.published, CONTRACT_OVERLAY: contract.overlay}
    try:
        return {path: _json(value).encode("ascii") for path, value in documents.items() if value}
    except ValueError:
        return {}


def write_views(
    folder: Path,
    report: Report,
    exchanges: Sequence[Exchange],
    spec: SpecFile | None,
    views: Container[str] | None = None,
) -> None:
    """Write views of a report, the same bytes each time.

    Args:
        exchanges: everything that was sent, in the order of its numbers.
        spec: the vendor's document, whose lines the SARIF log points to.
        views: names of the files and folders that are wanted; ``None`` for all.

    Raises:
        OSError: the folder cannot be written to.
    """
    writers: dict[str, Callable[[Path], object]] = {
        JUNIT: lambda path: path.write_bytes(render_junit(report, exchanges)),
        CTRF: lambda path: _write_json(path, render_ctrf(report, exchanges)),
        PAGE: lambda path: path.write_text(render_html(report, exchanges), encoding="utf-8"),
        HAR: lambda path: _write_archive(path, report, exchanges),
        SARIF: lambda path: _write_json(path, render_sarif(report, spec)),
        SUMMARY: lambda path: path.write_text(render_markdown(report), encoding="utf-8"),
        BADGE: lambda path: path.write_text(render_badge(report), encoding="utf-8"),
        ALLURE: lambda path: _write_results(path, report, exchanges),
        ALLURE_CONFIGURATION: lambda path: _write_json(path, allure_configuration(report)),
    }
    for name, write in writers.items():
        if views is None or name in views:
            write(folder / name)


def _write_archive(path: Path, report: Report, exchanges: Sequence[Exchange]) -> None:
    with path.open("w", encoding="ascii") as archive:
        write_har(archive, report, exchanges)


def _write_results(path: Path, report: Report, exchanges: Sequence[Exchange]) -> None:
    path.mkdir()
    write_allure(path, report, exchanges)


def _write_all(staging: Path, report: Report, exchanges: Sequence[Exchange], source: ReportInput) -> None:
    (staging / EVIDENCE).write_bytes(source.evidence)
    (staging / CREATED).write_bytes(rows_of(created_chats(source.contract, exchanges)))
    if source.facts.removals is not None:
        (staging / CLEAN_UP).write_bytes(rows_of(source.facts.removals))
    _write_json(staging / REPORT, report)
    write_views(staging, report, exchanges, source.spec)
    for name, content in contract_files(source.contract).items():
        (staging / name).parent.mkdir(exist_ok=True)
        (staging / name).write_bytes(content)
    results = sorted(path.relative_to(staging).as_posix() for path in (staging / ALLURE).iterdir())
    subjects = {name: (staging / name).read_bytes() for name in (*STATED, *results) if (staging / name).exists()}
    (staging / STATEMENT_FILE).write_bytes(statement_bytes(report, subjects))


def _write_json(path: Path, value: object) -> None:
    path.write_text(_json(value), encoding="ascii")


def _json(value: object) -> str:
    return json.dumps(value, indent=2, allow_nan=False) + "\n"


def _put(staging: Path, folder: Path, name: str) -> None:
    """Move one file or folder into place, and remove an earlier one even if there is no new one."""
    place, new = folder / name, staging / name
    if (place.is_dir() and not place.is_symlink()) or (place.exists() and not new.exists()):
        place.replace(staging / f"old-{name}")
    if new.exists():
        new.replace(place)
