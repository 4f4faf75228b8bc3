"""Check a report before it gets an entry: what a bot runs on a submission. Nothing is sent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from chatcert import __version__
from chatcert.exceptions import InputFileError
from chatcert.judge.verdict import OUTCOME_RULE, Outcome
from chatcert.openapi.contract import Contract
from chatcert.register.counted_requirements import counted_rows, outcome_of_rows
from chatcert.register.parties import keyring_of
from chatcert.register.record_rows import PolicyRow
from chatcert.report import sentences
from chatcert.report.assurance import ServerKind, server_kind_of
from chatcert.report.file_names import ENVELOPE, REPORT
from chatcert.report.model import Report
from chatcert.report.reader import read_report
from chatcert.report.seal.envelope import Envelope
from chatcert.report.seal.integrity import content
from chatcert.report.seal.keyring import KnownKey, SignerRole
from chatcert.requirements.catalogue import Catalogue
from chatcert.run.checking.rejudging import ContractMissing, catalogue_of
from chatcert.run.checking.verification import verify
from chatcert.text import count, one_line, parse_time
from chatcert.vendors import known_vendors, open_vendor

FRESH_DAYS: Final = 14
"""For how many days after a run ended its report can be submitted."""
RULES: Final = tuple(rule for rule in (OUTCOME_RULE, OUTCOME_RULE - 1) if rule > 0)
"""Versions of the rule of the outcome that are supported: the current and the previous one."""
MAX_NAMED: Final = 5
LIVE: Final = "made with a live server"
REHEARSED: Final = "made with any server, since the register is a rehearsal"

_VERSION: Final = re.compile(r"(\d+)\.(\d+)(?:\.|$)")


@dataclass(frozen=True, slots=True)
class Finding:
    """One condition of a submission.

    Attributes:
        condition: what is required, in a few words.
        missing: what is missing of it; empty if it is met.
    """

    condition: str
    missing: str = ""


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report with the result of its check.

    Attributes:
        signers: the known keys that signed it.
        findings: every condition, in a fixed order.
    """

    path: Path
    report: Report
    signers: tuple[KnownKey, ...]
    findings: tuple[Finding, ...]

    @property
    def missing(self) -> list[str]:
        """Return what is missing, one line each."""
        return [f"{one.condition}: {one.missing}" for one in self.findings if one.missing]


def check_submission(path: Path, policy: PolicyRow, at: datetime) -> CheckedReport:
    """Check a report against all conditions of a register.

    Args:
        path: a ``report.json``, or its folder.
        policy: the register.
        at: the present time.

    Raises:
        InputFileError: it is no report.
    """
    file = path / REPORT if path.is_dir() else path
    if not file.is_file():
        raise InputFileError("no such file", where=str(file), hint="give a report.json or the folder that holds it")
    remarks = list(verify(file))
    troubles = [remark.text for remark in remarks if remark.problem]
    report = read_report(file)
    signers, objections = signers_of(file, policy)
    is_by_version = bool(troubles) and all(remark.by_version for remark in remarks if remark.problem)
    genuine = _named(troubles)
    if is_by_version:
        genuine = f"made by chatcert {one_line(report['suite']['version'])}: run this check with that version"
    findings = (
        Finding("genuine, and judged again exchange by exchange", genuine),
        Finding("complete against the catalogue of its documents", _incompleteness(report, file.parent)),
        Finding("conformant", _nonconformity(report)),
        Finding(REHEARSED if policy["rehearsal"] else LIVE, _place(report, policy)),
        Finding("signed by the vendor or an auditor of the register", _signature(report, signers, objections)),
        Finding(f"at most {FRESH_DAYS} days old", _age(report, at)),
        Finding("judged by bundled or approved documents", _documents(report, policy)),
        Finding("suite and rule of the outcome in the supported window", _window(report)),
    )
    return CheckedReport(file, report, signers, findings)


def signers_of(file: Path, policy: PolicyRow) -> tuple[tuple[KnownKey, ...], list[str]]:
    """Return the known keys that signed a report, and what is wrong with the other signatures."""
    data = content(file.with_name(ENVELOPE))
    if data is None:
        return (), ["it is not signed"]
    try:
        envelope = Envelope.from_bytes(data)
    except ValueError as error:
        return (), [str(error)]
    keyring = keyring_of(policy)
    objections = {one.key.fingerprint: keyring.objection(one) for one in envelope.signatures}
    good = [keyring.find(one.key) for one in envelope.signatures if not objections[one.key.fingerprint]]
    return tuple(known for known in good if known is not None), [text for text in objections.values() if text]


def _signature(report: Report, signers: tuple[KnownKey, ...], objections: list[str]) -> str:
    fitting = [
        known
        for known in signers
        if known.role is SignerRole.AUDITOR or (known.role, known.name) == (SignerRole.VENDOR, report["vendor"])
    ]
    if fitting:
        return ""
    return "; ".join(objections) or f"signed by {', '.join(known.title for known in signers)} only"


def _incompleteness(report: Report, folder: Path) -> str:
    if missing := sentences.incompleteness(report):
        return one_line(missing)
    try:
        catalogue = catalogue_of(report, folder)
    except ContractMissing as error:
        return str(error)
    return _difference(report, catalogue)


def _difference(report: Report, catalogue: Catalogue) -> str:
    rows = {row["id"] for row in counted_rows(report)}
    absent = [name for name in catalogue.requirements if name not in rows]
    extra = [name for name in rows if name not in catalogue.requirements]
    if absent:
        return f"it lacks {_named(absent)}"
    return f"its documents do not require {_named(sorted(extra))}" if extra else ""


def _nonconformity(report: Report) -> str:
    outcome = outcome_of_rows(counted_rows(report))
    if outcome in (Outcome.CONFORMANT, Outcome.CONFORMANT_WITH_REMARKS):
        return ""
    broken = [row["id"] for row in counted_rows(report) if row["verdict"] == "fail"]
    return f"{outcome.value.replace('-', ' ')}" + (f": {_named(broken)}" if broken else "")


def _place(report: Report, policy: PolicyRow) -> str:
    kind = server_kind_of(report["subject"])
    if kind is ServerKind.LIVE or policy["rehearsal"]:
        return ""
    return f"a {kind} run; only a register that is a rehearsal accepts it"


def _age(report: Report, at: datetime) -> str:
    end = parse_time(report["subject"]["window"]["end"])
    if end > at + timedelta(minutes=5):
        return f"its run ended at {report['subject']['window']['end']}, which is in the future"
    days = (at - end).days
    return f"it is {count(days, 'day')} old" if at - end > timedelta(days=FRESH_DAYS) else ""


def _documents(report: Report, policy: PolicyRow) -> str:
    vendor, digests = report["vendor"], report["digests"]
    contract: Contract | None = open_vendor(vendor) if vendor in known_vendors() else None
    approved = {row["digest"] for row in policy["overlays"] if row["vendor"] == vendor}
    if digests["spec"] not in {contract.spec_digest if contract is not None else "", *approved}:
        return f"its document, {digests['spec'][:19]}..., is neither the bundled one of {vendor} nor approved"
    bundled = {contract.overlay_digest} if contract is not None else {""}
    if digests["overlay"] in {*bundled, *approved}:
        return ""
    return f"the overlay {digests['overlay'][:19]}... is neither bundled nor approved"


def _window(report: Report) -> str:
    if report["outcome_rule"] not in RULES:
        return f"rule {report['outcome_rule']} of the outcome; supported: {' and '.join(map(str, RULES))}"
    made, now = (_VERSION.match(text) for text in (report["suite"]["version"], __version__))
    if made is None or now is None:
        return f"unknown version {one_line(report['suite']['version'])}"
    if made[1] == now[1] and int(now[2]) - 1 <= int(made[2]) <= int(now[2]):
        return ""
    supported = f"{now[1]}.{now[2]}" + (f" and {now[1]}.{int(now[2]) - 1}" if int(now[2]) else "")
    return f"chatcert {one_line(report['suite']['version'])}; supported: {supported}"


def _named(names: list[str]) -> str:
    more = len(names) - MAX_NAMED
    return one_line("; ".join(names[:MAX_NAMED])) + (f"; and {more} more" if more > 0 else "")


def conditions_of(checked: CheckedReport) -> Iterator[str]:
    """Yield the conditions that an admission records."""
    yield from (one.condition for one in checked.findings)
