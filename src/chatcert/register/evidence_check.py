"""Check a report that is shown after its entry was made: it is the one that was certified, and its verdicts follow."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded
from chatcert.register.certificates import contradictions
from chatcert.register.counted_requirements import counted_rows
from chatcert.register.entries import Entry
from chatcert.register.record_rows import PolicyRow
from chatcert.register.records import digest_of_bytes
from chatcert.register.submission_check import CheckedReport, signers_of
from chatcert.report.file_names import EVIDENCE, REPORT
from chatcert.report.reader import MAX_BYTES, read_report
from chatcert.run.checking.verification import verify


def check_shown_report(path: Path, entries: Sequence[Entry], policy: PolicyRow) -> tuple[list[str], list[str]]:
    """Return what is wrong with a report, and what a reader should know, one line each.

    Evidence may stay private when an entry is made: its digest is in the certificate. Whoever is shown it later checks
    here that it is the same, and judges it again.

    Raises:
        InputFileError: it is no report.
    """
    file = path / REPORT if path.is_dir() else path
    try:
        digest = digest_of_bytes(read_bounded(file, MAX_BYTES))
        evidence = digest_of_bytes(read_bounded(file.with_name(EVIDENCE), MAX_BYTES))
    except OSError as error:
        where, hint = str(error.filename or file), "give a report with its evidence"
        raise InputFileError(error.strerror or "cannot be read", where=where, hint=hint) from None
    entry = next((one for one in entries if one.certificate["digests"]["report"] == digest), None)
    if entry is None:
        return [f"{file}: no entry rests on this report"], []
    problems = []
    if entry.certificate["digests"]["evidence"] != evidence:
        problems.append(f"{file.with_name(EVIDENCE)}: not the evidence of {entry.name}")
    remarks = list(verify(file))
    problems += [f"{entry.name}: {remark.text}" for remark in remarks if remark.problem]
    reported = {row["id"]: row["verdict"] for row in counted_rows(read_report(file))}
    if reported != entry.verdicts:
        problems.append(f"{entry.name}: its verdicts are not those of the report")
    if not problems:
        shown = CheckedReport(file, read_report(file), signers_of(file, policy)[0], ())
        problems += [f"{entry.name}: {text}" for text in contradictions(entry.certificate, shown)]
    return problems, [] if problems else [f"{entry.name}: rests on {file}, judged again exchange by exchange"]
