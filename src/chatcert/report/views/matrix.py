"""matrix.html: all vendors of a report folder side by side, with links into their reports."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlencode

from chatcert.exceptions import InputFileError, SuiteError
from chatcert.files import write_whole
from chatcert.judge.verdict import VerdictKind
from chatcert.report import sentences
from chatcert.report.file_names import MATRIX, NOT_CURRENT
from chatcert.report.model import Report, RequirementRow
from chatcert.report.reader import read_report
from chatcert.report.views.charts import Stack, stack
from chatcert.report.views.page import render_page

SEVERITY: Final = (
    *(word for word in VerdictKind if word not in (VerdictKind.PASS, VerdictKind.NOT_APPLICABLE)),
    VerdictKind.PASS,
    VerdictKind.NOT_APPLICABLE,
)
"""The order in which a verdict is chosen for a cell: the worst first; ``not-applicable`` counts for least."""


@dataclass(frozen=True, slots=True)
class Cell:
    """The verdicts of one vendor in one row of the matrix.

    Attributes:
        word: the worst of them.
        link: address of the report of the vendor, with its filter set.
    """

    counts: Stack
    word: str
    link: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the matrix: a cell for each vendor, ``None`` if it has no such requirement."""

    name: str
    cells: tuple[Cell | None, ...]


def write_matrix(folder: Path) -> Path | None:
    """Write ``matrix.html`` from the reports of all vendors below a folder.

    Returns:
        The path of the page; ``None`` if there are fewer than two reports, in which case an earlier page is removed.

    Raises:
        SuiteError: the folder cannot be written to.
    """
    place = folder / MATRIX
    try:
        text, _ = matrix_of(folder)
        if not text:
            place.unlink(missing_ok=True)
            return None
        write_whole(place, text)
    except OSError as error:
        raise SuiteError(
            f"the matrix cannot be written: {error.strerror or error}",
            where=str(folder),
            hint="choose another --report-dir, or make room in this one",
        ) from None
    return place


def matrix_of(folder: Path) -> tuple[str, set[str]]:
    """Return the page for the reports of all vendors below a folder, and the versions of chatcert that wrote them.

    The page is empty if there are fewer than two reports.
    """
    reports, unread = _gather(folder)
    later = {name for name in reports if (folder / name / NOT_CURRENT).exists()}
    versions = {report["suite"]["version"] for report in reports.values()}
    return render_matrix(reports, unread, later) if len(reports) + len(unread) > 1 else "", versions


def render_matrix(
    reports: Mapping[str, Report], unread: Mapping[str, str] | None = None, later: Collection[str] = ()
) -> str:
    """Render the page.

    Args:
        reports: the report of each vendor, by the name of its folder.
        unread: what is wrong with reports that cannot be read, by the name of the folder.
        later: names of the folders whose report is older than the last run, which did not finish.
    """
    kinds = _rows(reports, lambda row: str(row["kind"]), lambda kind: {"kind": kind})
    shared = _rows(reports, lambda row: shared_kind(row["id"]), lambda name: {"q": name})
    return render_page(
        "matrix.html",
        columns=[_column(name, report) | {"is_late": name in later} for name, report in reports.items()],
        unread=dict(unread or {}),
        kinds=kinds,
        shared=sorted(shared, key=lambda row: (-sum(cell is not None for cell in row.cells), row.name)),
        meanings=sentences.VERDICT_MEANINGS,
        mock=any(report["subject"]["mode"] == "mock" for report in reports.values()),
    )


def shared_kind(requirement: str) -> str:
    """Return the name that a requirement has at every vendor.

    It is ``request…maxLength`` for ``acme/request/body/name/maxLength``.
    """
    begin, *middle = requirement.split("/")[1:] or [requirement]
    return f"{begin}…{middle[-1]}" if middle else begin


def _gather(folder: Path) -> tuple[dict[str, Report], dict[str, str]]:
    reports: dict[str, Report] = {}
    unread: dict[str, str] = {}
    for path in sorted(folder.glob("*/report.json")):
        try:
            reports[path.parent.name] = read_report(path)
        except InputFileError as error:
            unread[path.parent.name] = error.what
    return reports, unread


def _rows(
    reports: Mapping[str, Report],
    name_of: Callable[[RequirementRow], str],
    filter_of: Callable[[str], Mapping[str, str]],
) -> list[Row]:
    verdicts: dict[str, dict[str, list[str]]] = {}
    for vendor, report in reports.items():
        for row in report["requirements"]:
            verdicts.setdefault(name_of(row), {}).setdefault(vendor, []).append(row["verdict"])
    return [
        Row(name, tuple(_cell(vendor, cells.get(vendor), filter_of(name)) for vendor in reports))
        for name, cells in sorted(verdicts.items())
    ]


def _cell(vendor: str, verdicts: Sequence[str] | None, chosen: Mapping[str, str]) -> Cell | None:
    if not verdicts:
        return None
    worst = next(word for word in SEVERITY if word.value in verdicts)
    return Cell(stack(vendor, verdicts), worst.value, f"{quote(vendor)}/report.html#requirements?{urlencode(chosen)}")


def _column(name: str, report: Report) -> dict[str, Any]:
    return {
        "vendor": report["vendor"],
        "outcome": report["outcome"],
        "label": sentences.outcome_label(report),
        "sentence": sentences.sentence(report),
        "incompleteness": sentences.incompleteness(report),
        "link": f"{quote(name)}/report.html",
        "subject": report["subject"],
        "profile": report["profile"],
    }
