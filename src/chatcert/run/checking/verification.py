"""Verify a report: its files, its own statements and every verdict. Nothing is sent."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from chatcert import __version__
from chatcert.exceptions import InputFileError
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import CREATED, ENVELOPE, EVIDENCE, MATRIX, PARTIAL, REPORT, RUNS
from chatcert.report.model import Report
from chatcert.report.reader import SCHEMA_FILES, check_report, read_report
from chatcert.report.seal.envelope import Envelope
from chatcert.report.seal.integrity import (
    Remark,
    SealedReport,
    check_seal,
    check_statement,
    content,
    is_report,
    problem,
)
from chatcert.report.seal.keyring import Keyring
from chatcert.report.seal.keys import PublicKey
from chatcert.text import format_time, one_line, parse_time
from chatcert.transport.chats.created_chats import created_chats, rows_of
from chatcert.transport.exchange import Exchange

CLOCK: Final = 5.0
"""Seconds by which the clock may have been adjusted during a run."""
PAUSE: Final = 3600.0
"""Seconds that may pass between the start of a run and its first request, or between its last answer and its end."""


def verify(
    path: Path, key: PublicKey | None = None, keyring: Keyring | None = None, rules: Path | None = None
) -> Iterator[Remark]:
    """Yield everything that a reader of the report at ``path`` should know; cheap checks come first.

    Args:
        key: the key that must have signed it.
        keyring: known keys; each signature must be by one of them.
        rules: a file of own rules, besides those of installed packages.

    Raises:
        InputFileError: the file is not a report, and nothing says that it ever was one.
        ConfigurationError: own rules cannot be loaded.
    """
    sealed = SealedReport.read(path)
    report = _parsed(sealed)
    broken = False
    for remark in check_seal(sealed, key, keyring):
        broken |= remark.problem
        yield remark
    what = report if isinstance(report, str) else check_report(report)
    if what:
        yield problem(f"{REPORT}: {what}")
        return
    if sealed.statement is not None and not broken:
        yield from check_statement(sealed, report)
    from chatcert.run.checking.rejudging import is_of_this_version

    evidence = sealed.beside(EVIDENCE)
    if evidence is None:
        yield problem(f"{EVIDENCE}: missing, so nothing backs the verdicts")
        return
    exchanges, troubles = read_evidence(evidence)
    yield from (problem(f"{EVIDENCE}: {trouble}") for trouble in troubles)
    is_ours = is_of_this_version(report)
    if is_ours:
        yield from _check_created(report, path.parent, exchanges)
    yield from _judged(report, path.parent, exchanges, rules, is_ours=is_ours)
    if is_ours and not broken:
        from chatcert.run.checking.view_check import check_views

        yield from check_views(report, path.parent, exchanges)


def _check_created(report: Report, folder: Path, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Check that the list of created chats is the one that follows from the exchanges."""
    from chatcert.run.checking.rejudging import ContractMissing, catalogue_of

    listed = content(folder / CREATED)
    try:
        contract = catalogue_of(report, folder).contract
    except ContractMissing:
        return
    if listed is not None and listed != rows_of(created_chats(contract, exchanges)):
        yield problem(f"{CREATED}: not the chats that the exchanges have created")


def reports_at(place: Path) -> list[Path]:
    """Return the paths of the reports at a place: a file, the report in a folder, or those in its folders.

    Raises:
        InputFileError: there is none.
    """
    if not place.is_dir():
        return [place]
    if is_report(place):
        return _reports_in(place)
    try:
        folders = sorted(entry for entry in place.iterdir() if entry.is_dir())
    except OSError as error:
        raise InputFileError(error.strerror or "cannot be read", where=str(place), hint="give a report") from None
    found = [path for folder in folders for path in _reports_in(folder)]
    if not found:
        deeper = next((_deeper(folder) for folder in folders if _deeper(folder)), "")
        what = f"no report in its folders; one is deeper, {one_line(deeper)}" if deeper else "no report in it"
        raise InputFileError(what, where=str(place), hint="give a report.json or the folder that holds it")
    return found


def _reports_in(folder: Path) -> list[Path]:
    """Return the paths of the reports in a vendor's folder, also if only the other files of a report are there."""
    return [place / REPORT for place in (folder, folder / PARTIAL) if is_report(place)]


def check_folder(place: Path) -> list[Remark]:
    """Check the other files in a folder of several reports, which no signature covers.

    A file that chatcert did not write is a problem if a report in the folder is signed.

    Returns:
        Remarks for a reader; none if ``place`` is a report or the folder of one.
    """
    if not place.is_dir() or _reports_in(place):
        return []
    is_signed = any((path.parent / ENVELOPE).exists() for path in reports_at(place))
    found: list[Remark] = []
    for entry in sorted(place.iterdir()):
        if entry.is_dir() and not entry.is_symlink():
            found += [Remark(text, problem=is_signed) for text in _strange_folder(entry)]
        elif entry.name == MATRIX:
            found += _check_matrix(entry)
        else:
            found.append(Remark(f"{one_line(entry.name)}: not written by chatcert", problem=is_signed))
    return found


def _strange_folder(folder: Path) -> Iterator[str]:
    """Yield what is wrong with a folder that holds no report, or a report on another vendor than its name."""
    name = one_line(folder.name)
    if reports := _reports_in(folder):
        vendor = _vendor_of(reports[0])
        if vendor not in ("", folder.name):
            yield f"{name}/: holds a report on another vendor, {one_line(vendor)}"
        return
    deeper = _deeper(folder)
    if (folder / RUNS).is_dir():
        yield f"{name}/: a run that has not ended, and no report"
    elif deeper:
        yield f"{one_line(deeper)}: too deep below the folder, so it was not verified"
    else:
        yield f"{name}/: no report in it"


def _vendor_of(path: Path) -> str:
    """Return the vendor that a report is on; empty if it cannot be read."""
    try:
        return read_report(path)["vendor"]
    except InputFileError:
        return ""


def _deeper(folder: Path) -> str:
    """Return the path of a report below a folder that holds none itself, from the folder's name on; empty if none."""
    found = sorted(folder.rglob(REPORT))
    return found[0].relative_to(folder.parent).as_posix() if found else ""


def _check_matrix(path: Path) -> Iterator[Remark]:
    """Check that the page on all vendors is what is rendered from the reports beside it."""
    from chatcert.report.views.matrix import matrix_of

    expected, versions = matrix_of(path.parent)
    if versions != {__version__}:
        yield Remark(f"{path.name}: not checked, because another version of chatcert wrote it")
    elif content(path) != expected.encode("utf-8"):
        yield problem(f"{path.name}: not the page that the reports beside it make")


def signer_of(path: Path, key: PublicKey | None, keyring: Keyring | None = None) -> str:
    """Return who signed a report that was verified, in words; empty if nobody did.

    Args:
        key: the key that must have signed it.
        keyring: known keys; each signature must be by one of them.
    """
    data = content(path.with_name(ENVELOPE))
    if data is None:
        return ""
    signers = Envelope.from_bytes(data).signers
    if keyring is not None:
        return " and ".join(known.title for one in signers if (known := keyring.find(one)) is not None)
    names = " and ".join(one.fingerprint for one in signers)
    if key is not None:
        return f"{names}, the key given" if len(signers) == 1 else f"{names}, among them the key given"
    return f"{names} (give --key to check whose key it is)"


def _judged(
    report: Any, folder: Path, exchanges: list[Exchange], rules: Path | None, *, is_ours: bool
) -> Iterator[Remark]:
    from chatcert.run.checking.known_rules import with_known_rules
    from chatcert.run.checking.rejudging import ContractMissing, catalogue_of, check_count, rejudge

    yield from check_count(report, exchanges)
    yield from _check_subject(report, exchanges)
    try:
        catalogue = with_known_rules(report, catalogue_of(report, folder), rules)
    except ContractMissing as why:
        yield Remark(f"no verdict could be judged again: {why}", problem=True, by_version=not is_ours)
        return
    for remark in rejudge(report, catalogue, exchanges):
        yield remark if is_ours or not remark.problem else replace(remark, by_version=True)
    if is_ours:
        from chatcert.run.checking.stated_facts import check_facts

        yield from check_facts(report, catalogue.contract, exchanges)


def _check_subject(report: Report, exchanges: Sequence[Exchange]) -> Iterator[Remark]:
    """Check that the exchanges were made with the server, at the time and with the version that a report names."""
    if not exchanges:
        return
    subject = report["subject"]
    address = urlsplit(subject["url"])
    if subject["host"] != address.netloc.rpartition("@")[2]:
        yield problem("subject: its host is not that of its address")
    elsewhere = [
        exchange.number
        for exchange in exchanges
        if urlsplit(exchange.sent.url).netloc.rpartition("@")[2] != subject["host"]
        or not urlsplit(exchange.sent.url).path.startswith(address.path.rstrip("/"))
    ]
    if elsewhere:
        yield problem(f"subject: exchange {elsewhere[0]} and {len(elsewhere) - 1} more were made with another server")
    start, end = (parse_time(subject["window"][side]).timestamp() for side in ("start", "end"))
    first = min(exchange.started for exchange in exchanges)
    last = max(exchange.started + exchange.seconds for exchange in exchanges)
    if not (-CLOCK <= first - start <= PAUSE and -CLOCK <= end - last <= PAUSE):
        yield problem(
            f"subject: its period is not that of its exchanges, which is {format_time(first)} to {format_time(last)}"
        )
    if versions := sorted({exchange.suite for exchange in exchanges} - {"", report["suite"]["version"]}):
        yield problem(f"suite: its exchanges were made by chatcert {one_line(', '.join(versions))}")


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
    """An object has the same member twice; parsers differ in which one they use."""


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) < len(pairs):
        raise _Twice("a name stands twice in one object")
    return members


def _refuse(constant: str) -> float:
    raise ValueError(constant)
