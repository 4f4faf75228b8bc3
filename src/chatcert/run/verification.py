"""Verify a report: its files, its own statements and every verdict. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from chatcert.exceptions import InputFileError
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import ENVELOPE, EVIDENCE, REPORT, STATEMENT_FILE
from chatcert.report.reader import SCHEMA_FILES, check_report
from chatcert.report.seal.integrity import Remark, SealedReport, check_seal, check_statement, problem
from chatcert.report.seal.keys import PublicKey
from chatcert.transport.exchange import Exchange


def verify(path: Path, key: PublicKey | None = None) -> Iterator[Remark]:
    """Yield everything that a reader of the report at ``path`` should know; cheap checks come first.

    Args:
        key: the one that must have signed it.

    Raises:
        InputFileError: the file is no report, and nothing says that it ever was one.
    """
    sealed = SealedReport.read(path)
    report = _parsed(sealed)
    broken = False
    for remark in check_seal(sealed, key):
        broken |= remark.problem
        yield remark
    what = report if isinstance(report, str) else check_report(report)
    if what:
        yield problem(f"{REPORT}: {what}")
        return
    if sealed.statement is not None and not broken:
        yield from check_statement(sealed, report)
    exchanges: list[Exchange] = []
    evidence = sealed.beside(EVIDENCE)
    if evidence is None:
        yield problem(f"{EVIDENCE}: missing, so nothing backs the verdicts")
        return
    exchanges, troubles = read_evidence(evidence)
    yield from (problem(f"{EVIDENCE}: {trouble}") for trouble in troubles)
    yield from _judged(report, path.parent, exchanges)


def reports_at(place: Path) -> list[Path]:
    """Return the paths of the reports at a place: a file, the report in a folder, or those in its folders.

    Raises:
        InputFileError: there is none.
    """
    if not place.is_dir():
        return [place]
    if any((place / name).exists() for name in (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE)):
        return [place / REPORT]
    try:
        folders = sorted(entry for entry in place.iterdir() if entry.is_dir())
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(place), hint="give a report") from None
    found = [path for folder in folders for path in _reports_in(folder)]
    if not found:
        raise InputFileError("no report in it", where=str(place), hint="give a report.json or the folder that holds it")
    return found


def _reports_in(folder: Path) -> list[Path]:
    """Return the path of the report in a vendor's folder, also if only the other files of a report are there."""
    named = (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE)
    return [folder / REPORT] if any((folder / name).exists() for name in named) else []


def _judged(report: Any, folder: Path, exchanges: list[Exchange]) -> Iterator[Remark]:
    from chatcert.run.rejudging import ContractMissing, catalogue_of, check_count, rejudge

    yield from check_count(report, exchanges)
    try:
        catalogue = catalogue_of(report, folder)
    except ContractMissing as why:
        yield problem(f"no verdict could be judged again: {why}")
        return
    yield from rejudge(report, catalogue, exchanges)


def _parsed(sealed: SealedReport) -> Any:
    """Parse the report; return a text that says what is wrong if it is no longer a report.

    Raises:
        InputFileError: nothing says that the file ever was a report.
    """
    try:
        report = json.loads(sealed.report, object_pairs_hook=_members, parse_constant=_refuse)
        known = isinstance(report, dict) and report.get("schema") in [*SCHEMA_FILES]
        what = "" if known else "not a report of chatcert"
    except (ValueError, RecursionError) as error:
        what = str(error) if isinstance(error, _Twice) else "not valid JSON"
    if not what:
        return report
    try:
        stated = REPORT in sealed.subjects()
    except ValueError:
        stated = False
    if stated:
        return what
    raise InputFileError(what, where=str(sealed.path), hint="give a report.json that chatcert wrote")


class _Twice(ValueError):
    """An object has a member twice: parsers differ in which one counts."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Twice("a name stands twice in one object")
    return members


def _refuse(constant: str) -> float:
    raise ValueError(constant)
