"""Check that the files of a report are those that were written: digests, statement and signature."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import rfc8785

from chatcert.exceptions import InputFileError
from chatcert.files import read_bounded
from chatcert.report.file_names import (
    ALLURE,
    ALLURE_CONFIGURATION,
    CLEAN_UP,
    ENVELOPE,
    EVIDENCE,
    NOT_CURRENT,
    PARTIAL,
    REPORT,
    RUNS,
    STATED,
    STATEMENT_FILE,
)
from chatcert.report.model import Report
from chatcert.report.reader import MAX_BYTES
from chatcert.report.seal.envelope import Envelope
from chatcert.report.seal.keyring import Keyring
from chatcert.report.seal.keys import PublicKey
from chatcert.report.seal.statement import render_statement
from chatcert.text import count, one_line

MAX_NAMED: Final = 20
"""How many files that a report does not have are named."""
UNSIGNED: Final = "it is not signed: its files agree with each other, but anyone may have written them"


@dataclass(frozen=True, slots=True)
class Remark:
    """One result of a verification.

    Attributes:
        text: one line.
        problem: whether the verification failed.
        by_version: whether it failed only because this version of chatcert does not derive what another one wrote.
        head: what the first line on the report says of it; empty for nothing.
        ids: the requirements that it is about, where it does not name them itself.
    """

    text: str
    problem: bool = False
    by_version: bool = False
    head: str = ""
    ids: tuple[str, ...] = ()


def problem(text: str) -> Remark:
    """Return a remark that fails the verification."""
    return Remark(text, problem=True)


@dataclass(frozen=True, slots=True)
class SealedReport:
    """The bytes of a report, and of its statement and envelope.

    Attributes:
        path: path of the report.
        report: bytes of the report.
        statement: bytes of the statement; the signed one if its own file is missing.
        envelope: bytes of the envelope.
    """

    path: Path
    report: bytes
    statement: bytes | None
    envelope: bytes | None

    @classmethod
    def read(cls, path: Path) -> SealedReport:
        """Read the report at ``path`` and the files beside it.

        Raises:
            InputFileError: it is not there, or a file cannot be read.
        """
        report = content(path)
        if report is None:
            raise InputFileError("no such file", where=str(path), hint="give a report.json or the folder that holds it")
        statement, envelope = content(path.with_name(STATEMENT_FILE)), content(path.with_name(ENVELOPE))
        if statement is None and envelope is not None:
            try:
                statement = Envelope.from_bytes(envelope).payload
            except ValueError:
                statement = None
        return cls(path, report, statement, envelope)

    def beside(self, name: str) -> bytes | None:
        """Return the bytes of a file of the report's folder; ``None`` if it is missing."""
        return self.report if name == REPORT else content(self.path.parent / name)

    def subjects(self) -> dict[str, str]:
        """Return the SHA-256 digests of the statement, by file name.

        Raises:
            ValueError: it is not a statement.
        """
        try:
            return {str(entry["name"]): str(entry["digest"]["sha256"]) for entry in self.statement_value()["subject"]}
        except (KeyError, TypeError):
            raise ValueError("it is not an in-toto statement") from None

    def statement_value(self) -> Any:
        """Parse the statement as JSON.

        Raises:
            ValueError: it is not JSON.
        """
        try:
            return json.loads(self.statement or b"")
        except (ValueError, RecursionError):
            raise ValueError("it is not valid JSON") from None


def content(path: Path) -> bytes | None:
    """Return the bytes of a file; ``None`` if it does not exist.

    Raises:
        InputFileError: it exists and cannot be read.
    """
    try:
        if not path.exists():
            return None
        if not path.is_file():
            raise InputFileError("not a regular file", where=str(path), hint="give a report")
        return read_bounded(path, MAX_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "cannot be read"
        raise InputFileError(reason, where=str(path), hint="make it readable") from None


def check_seal(sealed: SealedReport, key: PublicKey | None, keyring: Keyring | None = None) -> Iterator[Remark]:
    """Check signature and digests, by the bytes of the files alone.

    Args:
        key: the key that must have signed; any key will do if it is ``None``.
        keyring: the keys of which each signature must be; any will do if it is ``None``.
    """
    yield from _check_signature(sealed, key, keyring)
    if sealed.statement is None:
        yield problem(f"{STATEMENT_FILE}: missing, so it is unknown whether {REPORT} was changed")
        return
    try:
        subjects, value = sealed.subjects(), sealed.statement_value()
    except ValueError as error:
        yield problem(f"{STATEMENT_FILE}: {error}")
        return
    if sealed.statement not in _forms(value):
        yield problem(f"{STATEMENT_FILE}: it is not in the form that chatcert writes")
    for name in (REPORT, EVIDENCE):
        if name not in subjects:
            yield problem(f"{STATEMENT_FILE}: it does not cover {name}")
    for name, digest in subjects.items():
        yield from _check_subject(sealed, name, digest)
    yield from _check_results(sealed.path.parent, subjects)
    if sealed.path.name == REPORT:
        yield from _check_strangers(sealed, subjects)


def _check_results(folder: Path, subjects: Mapping[str, str]) -> Iterator[Remark]:
    """Check that the folder of Allure results is there whole, or not at all."""
    results = [name for name in subjects if _is_result(name)]
    lost = [name for name in results if not (folder / name).is_file()]
    if results and lost == results:
        yield Remark(f"{ALLURE} is missing and was not checked")
    elif lost:
        yield problem(f"{ALLURE}: {count(len(lost), 'file is', 'files are')} missing, the first is {lost[0]}")


def _check_strangers(sealed: SealedReport, subjects: Mapping[str, str]) -> Iterator[Remark]:
    """Name every file in the folder of a report that its statement does not cover."""
    folder = sealed.path.parent
    known = {*subjects, STATEMENT_FILE, ENVELOPE, NOT_CURRENT, CLEAN_UP}
    strangers = [name for name in _files_in(folder) if name not in known]
    if any((folder / RUNS).glob("*")):
        yield Remark(f"{RUNS}/: what a run that has not ended left there was not checked")
    if ALLURE_CONFIGURATION not in subjects:  # early versions stated neither
        strangers = [name for name in strangers if name != ALLURE_CONFIGURATION and not name.startswith(f"{ALLURE}/")]
    for name in strangers[:MAX_NAMED]:
        yield Remark(f"{one_line(name)}: not a file of this report", problem=sealed.envelope is not None)
    if len(strangers) > MAX_NAMED:
        more = count(len(strangers) - MAX_NAMED, "more file")
        yield Remark(f"and {more} that the report does not have", problem=sealed.envelope is not None)


def is_report(folder: Path) -> bool:
    """Return whether a folder holds a report, or files of one."""
    return any((folder / name).exists() for name in (REPORT, EVIDENCE, STATEMENT_FILE, ENVELOPE))


def _files_in(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, and of its empty folders; other reports in it are left out."""
    found: list[str] = []
    for place, folders, names in os.walk(folder):
        here = Path(place)
        if here == folder:
            folders[:] = [name for name in folders if name != RUNS and not (name == PARTIAL and is_report(here / name))]
        links = [name for name in folders if (here / name).is_symlink()]
        empty = [here] if here != folder and not folders and not names else []
        found += [path.relative_to(folder).as_posix() for path in (*(here / name for name in [*names, *links]), *empty)]
    return sorted(found)


def _is_result(name: str) -> bool:
    """Return whether a name is that of a file in the folder of Allure results."""
    return name.startswith(f"{ALLURE}/") and name.count("/") == 1 and name.rpartition("/")[2] not in ("", ".", "..")


def _forms(value: Any) -> Iterator[bytes]:
    """Return the forms that a statement may have: canonical JSON, or indented as early versions wrote it."""
    try:
        yield rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, RecursionError):
        return
    yield (json.dumps(value, indent=2) + "\n").encode("ascii")


def _check_subject(sealed: SealedReport, name: str, digest: str) -> Iterator[Remark]:
    if name not in STATED and not _is_result(name):
        yield problem(f"{STATEMENT_FILE}: it covers {name[:80]!r}, which is not a file of a report")
        return
    data = sealed.beside(name)
    if data is None:
        if name in STATED:
            yield Remark(f"{name} is missing and was not checked")
    elif hashlib.sha256(data).hexdigest() != digest:
        yield problem(f"{name}: changed since the report was written")


def _check_signature(sealed: SealedReport, key: PublicKey | None, keyring: Keyring | None) -> Iterator[Remark]:
    if sealed.envelope is None:
        yield problem(f"{ENVELOPE}: missing, so there is no signature by the key given") if key else Remark(UNSIGNED)
        return
    try:
        envelope = Envelope.from_bytes(sealed.envelope)
    except ValueError as error:
        yield problem(f"{ENVELOPE}: {error}")
        return
    signer = " and ".join(one.fingerprint for one in envelope.signers)
    if not envelope.holds:
        verb = "the signature is" if len(envelope.signatures) == 1 else "one of its signatures is"
        yield problem(f"{ENVELOPE}: {verb} not valid")
    elif key is not None and key not in envelope.signers:
        yield problem(f"{ENVELOPE}: signed by {signer}, not by the key given, {key.fingerprint}")
    elif envelope.payload != sealed.statement:
        yield problem(f"{STATEMENT_FILE}: it is not the one that was signed")
    elif keyring is not None:
        yield from _check_signers(envelope, keyring)
        yield from _unchecked_time_stamps(envelope, keyring)
    elif key is not None:
        yield Remark(f"signed by the key given, {signer}")
        yield from _unchecked_time_stamps(envelope, None)
    else:
        yield Remark(f"signed by {signer}: give --key to check whose key that is")
        yield from _unchecked_time_stamps(envelope, None)


def _unchecked_time_stamps(envelope: Envelope, keyring: Keyring | None) -> Iterator[Remark]:
    """Yield a remark if there are time-stamps, and no service is trusted."""
    has_roots = keyring is not None and bool(keyring.time_stamp_roots)
    if not has_roots and any(signature.time_stamp for signature in envelope.signatures):
        yield Remark(f"{ENVELOPE}: its time-stamps were not checked: give --keys with a [[time_stamp]] that you trust")


def _check_signers(envelope: Envelope, keyring: Keyring) -> Iterator[Remark]:
    """Yield a problem for each signature that does not count, and a remark on each that does."""
    for signature in envelope.signatures:
        objection, known = keyring.objection(signature), keyring.find(signature.key)
        if objection or known is None:
            yield problem(f"{ENVELOPE}: {objection}")
        else:
            yield Remark(f"signed by {known.title}, {signature.key.fingerprint}")


def check_statement(sealed: SealedReport, report: Report) -> Iterator[Remark]:
    """Check that statement and report agree; both must be valid."""
    stated = {**sealed.statement_value(), "subject": []}
    forms = [render_statement(report, {})]
    if "run" not in report:  # written by an early version
        forms.append(render_statement(report, {}, names_target=False))
    if stated not in forms:
        yield problem(f"{STATEMENT_FILE}: it does not agree with {REPORT}")
    evidence, digest = sealed.beside(EVIDENCE), report["digests"].get("evidence")
    if evidence is not None and digest not in (None, f"sha256:{hashlib.sha256(evidence).hexdigest()}"):
        yield problem(f"{EVIDENCE}: not the evidence that {REPORT} was made from")
