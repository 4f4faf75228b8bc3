"""Make the records of an entry: certificate, catalogue, admission; own rules of a user never count."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from chatcert import __version__
from chatcert.exceptions import ConfigurationError, UsageError
from chatcert.files import read_bounded
from chatcert.judge.verdict import VerdictKind
from chatcert.register.counted_requirements import catalogue_rows, counted_rows
from chatcert.register.entries import entry_name, outcome_for
from chatcert.register.parties import REGISTRAR, Party, known_keys
from chatcert.register.record_book import catalogue_name
from chatcert.register.record_rows import (
    AdmissionRow,
    CatalogueEntryRow,
    CertificateRow,
    ConditionRow,
    RecordType,
    StabilityRow,
)
from chatcert.register.records import CATALOGUE, digest_of_bytes, plain_bytes, sign_record
from chatcert.register.register_folder import RegisterFolder
from chatcert.register.replicas import suspects
from chatcert.register.submission_check import CheckedReport, conditions_of
from chatcert.report.assurance import server_kind_of
from chatcert.report.evidence_file import read_evidence
from chatcert.report.file_names import EVIDENCE, STATEMENT_FILE
from chatcert.report.model import Report
from chatcert.report.reader import MAX_BYTES
from chatcert.report.seal.keyring import SignerRole
from chatcert.report.seal.keys import SigningKey
from chatcert.report.validity import not_after
from chatcert.text import format_time, parse_time


def certificate_of(
    checked: CheckedReport,
    register: str,
    *,
    version: str,
    rehearsal: bool,
    now: datetime,
    renews: str | None = None,
    stability: StabilityRow | None = None,
) -> CertificateRow:
    """Return the certificate on a report that was checked.

    Args:
        register: the id of the register.
        version: the version of the product.
        renews: the entry that it renews.
        stability: what the nights before say.
    """
    report, folder = checked.report, checked.path.parent
    subject, rows = report["subject"], counted_rows(report)
    verdicts: dict[str, list[str]] = {}
    for row in rows:
        if row["verdict"] != VerdictKind.PASS:
            verdicts.setdefault(row["verdict"], []).append(row["id"])
    counted = {row["id"] for row in rows}
    passed = len(rows) - sum(map(len, verdicts.values()))
    validity = report.get("validity")
    issued = validity["issued"] if validity is not None else subject["window"]["end"]
    digest = digest_of_bytes(read_bounded(checked.path, MAX_BYTES))
    evidence = read_bounded(folder / EVIDENCE, MAX_BYTES)
    return {
        "type": RecordType.CERTIFICATE.value,
        "register": register,
        "made": format_time(now.timestamp()),
        "entry": entry_name(report["vendor"], issued, digest),
        "rehearsal": rehearsal,
        "vendor": report["vendor"],
        "product": {"version": version, "operation": subject["operation"], "document": subject["version"]},
        "place": {
            "kind": server_kind_of(subject).value,
            "host": subject["host"],
            "environment": subject.get("environment", ""),
            "region": subject.get("region", ""),
        },
        "period": {
            "issued": issued,
            "not_after": validity["not_after"] if validity is not None else not_after(issued),
            "observed_from": subject["window"]["start"],
            "observed_to": subject["window"]["end"],
        },
        "outcome": outcome_for(verdicts, passed).value,
        "verdicts": verdicts,
        "passed": passed,
        "conditions": _conditions(report),
        "digests": {
            "report": digest,
            "evidence": digest_of_bytes(evidence),
            "statement": digest_of_bytes(read_bounded(folder / STATEMENT_FILE, MAX_BYTES)),
            "spec": report["digests"]["spec"],
            "overlay": report["digests"]["overlay"],
            "catalogue": digest_of_bytes(plain_bytes(catalogue_rows(report))),
        },
        "made_with": {
            "suite": report["suite"]["version"],
            "outcome_rule": report["outcome_rule"],
            "profile": report["profile"],
        },
        "signers": [
            {"name": known.name, "role": known.role.value, "fingerprint": known.key.fingerprint}
            for known in checked.signers
        ],
        "renews": renews,
        "stability": stability,
        "suspects": [one for one in suspects(report, read_evidence(evidence)[0]) if one["requirement"] in counted],
    }


def contradictions(row: CertificateRow, checked: CheckedReport) -> list[str]:
    """Return what a certificate says that does not follow from its report: a vendor signs what it likes.

    The version of the product, what the entry renews, and the figures of earlier runs are not in a report. Signers may
    have come to it since.
    """
    made = parse_time(row["made"])
    expected: dict[str, Any] = {
        **certificate_of(
            checked,
            row["register"],
            version=row["product"]["version"],
            rehearsal=row["rehearsal"],
            now=made,
            renews=row["renews"],
            stability=row["stability"],
        )
    }
    present = {one["fingerprint"]: one for one in expected["signers"]}
    expected["signers"] = [present.get(one["fingerprint"], one["fingerprint"]) for one in row["signers"]]
    said: dict[str, Any] = {**row}
    names = [name for name in expected if (said.get(name) or None) != (expected[name] or None)]
    return [f"the report does not say the same of {name}" for name in names]


def _conditions(report: Report) -> list[ConditionRow]:
    waived = {row["id"] for row in counted_rows(report) if row["verdict"] == VerdictKind.WAIVED}
    used = report["waivers"]["used"] if "waivers" in report else []
    return [
        {"requirement": waiver["requirement"], "reason": waiver["reason"], "expires": waiver["expires"]}
        for waiver in used
        if waived & {*waiver["requirements"]}
    ]


def stage_certificate(
    register: RegisterFolder,
    row: CertificateRow,
    catalogue: list[CatalogueEntryRow],
    keys: Sequence[SigningKey],
    stamp: Callable[[bytes], bytes] | None = None,
) -> str:
    """Sign a certificate by the vendor's key among ``keys``, and stage it with its catalogue; return its digest.

    An auditor's key among them signs as well.

    Args:
        stamp: returns a time-stamp (RFC 3161) of the bytes of a signature; without it there is none.

    Raises:
        ConfigurationError: the vendor's key is missing.
        UsageError: the entry is there already.
    """
    party = Party(SignerRole.VENDOR, row["vendor"])
    signing = keys_of(register, party, keys)
    auditors = [key for key in keys if _role_of(register, key) is SignerRole.AUDITOR]
    data = sign_record(row, [*signing, *auditors], stamp)
    path = party.path(row["entry"], RecordType.CERTIFICATE)
    if register.record(path) is not None:
        raise UsageError("the register has an entry on this report already", where=row["entry"], hint="see list")
    rows = plain_bytes(catalogue)
    register.stage(party.path(catalogue_name(digest_of_bytes(rows)), CATALOGUE), rows)
    register.stage(path, data)
    return digest_of_bytes(data)


def stage_admission(
    register: RegisterFolder,
    entry: str,
    certificate: str,
    checks: Iterable[str],
    keys: Sequence[SigningKey],
    now: datetime,
) -> None:
    """Sign the registrar's admission of a certificate, and stage it.

    Raises:
        ConfigurationError: the registrar's key is missing.
    """
    row: AdmissionRow = {
        "type": RecordType.ADMISSION.value,
        "register": register.policy["id"],
        "made": format_time(now.timestamp()),
        "entry": entry,
        "certificate": certificate,
        "suite": __version__,
        "checks": list(checks),
    }
    signing = keys_of(register, REGISTRAR, keys)
    register.stage(REGISTRAR.path(entry, RecordType.ADMISSION), sign_record(row, signing))


def keys_of(register: RegisterFolder, party: Party, keys: Sequence[SigningKey]) -> list[SigningKey]:
    """Return those of the keys that a party has and that are not revoked.

    Raises:
        ConfigurationError: none of them is.
    """
    known = known_keys(register.policy).get(party, [])
    valid = {one.key.fingerprint for one in known if one.revoked is None}
    found = [key for key in keys if key.public.fingerprint in valid]
    if not found:
        hint = "register enrol adds a key" if not valid else "give the private key of it"
        raise ConfigurationError(f"no key of {party.folder} among those given", where="--key", hint=hint)
    return found


def has_keys(register: RegisterFolder, party: Party, keys: Sequence[SigningKey]) -> bool:
    """Return whether a party's key is among those given."""
    try:
        return bool(keys_of(register, party, keys))
    except ConfigurationError:
        return False


def _role_of(register: RegisterFolder, key: SigningKey) -> Any:
    for several in known_keys(register.policy).values():
        for known in several:
            if known.key.fingerprint == key.public.fingerprint and known.revoked is None:
                return known.role
    return None


def admission_checks(checked: CheckedReport) -> list[str]:
    """Return what an admission says was checked."""
    return list(conditions_of(checked))
