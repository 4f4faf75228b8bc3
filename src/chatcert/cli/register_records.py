"""The steps of ``chatcert register`` that check a report or add a signed record."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from chatcert.cli.json_answer import give
from chatcert.cli.register_stewards import opened, report_missing
from chatcert.exceptions import InputFileError, UsageError

if TYPE_CHECKING:
    from chatcert.register.entries import Entry
    from chatcert.register.parties import Party
    from chatcert.register.record_rows import StabilityRow
    from chatcert.register.submission_check import CheckedReport


def check(parsed: argparse.Namespace) -> int:
    """Print what reports lack; return 0 if nothing, else 1."""
    from chatcert.register.register_folder import RegisterFolder
    from chatcert.register.submission_check import check_submission

    policy = RegisterFolder.existing(parsed.register).policy
    now = parsed.at or datetime.now(UTC)
    checked = [check_submission(path, policy, now) for path in _reports(parsed.report)]
    if not _give_checks(checked):
        for one in checked:
            _print_check(one)
    return 1 if any(one.missing for one in checked) else 0


def _reports(places: Iterable[Path]) -> list[Path]:
    """Return the reports at some places."""
    from chatcert.run.checking.verification import reports_at

    return [path for place in places for path in reports_at(place)]


def _give_checks(checked: Iterable[CheckedReport]) -> bool:
    return give(
        [
            {
                "report": str(one.path),
                "accepted": not one.missing,
                "conditions": [{"condition": f.condition, "missing": f.missing} for f in one.findings],
            }
            for one in checked
        ]
    )


def _print_check(checked: CheckedReport) -> None:
    from chatcert.text import count

    result = (
        f"{count(len(checked.missing), 'condition is', 'conditions are')} not met" if checked.missing else "accepted"
    )
    print(f"{checked.path.parent}: {result}")
    for finding in checked.findings:
        label = "missing" if finding.missing else "ok"
        print(f"  {label:<8} {finding.condition}" if sys.stdout.isatty() else f"  {label} {finding.condition}")
        if finding.missing:
            print(f"           {finding.missing}" if sys.stdout.isatty() else f"  because {finding.missing}")


def submit(parsed: argparse.Namespace) -> int:
    """Check reports and make an entry of each; return 0, or 1 if one lacks something, and then none is made."""
    return _submit(parsed, _reports(parsed.report), renews=None)


def renew(parsed: argparse.Namespace) -> int:
    """Submit a report that renews an entry; return the exit status.

    Raises:
        UsageError: the entry cannot be renewed yet, or is another vendor's.
    """
    from chatcert.register.current_records import current_entries
    from chatcert.register.disputes import find_entry
    from chatcert.register.entries import RENEWAL_DAYS, Status

    if not parsed.report.exists() and Path(parsed.entry).exists():
        raise UsageError(f"{parsed.report} stands where the report does", hint="give the entry first, then the report")
    register, _, now = opened(parsed)
    entry = find_entry(current_entries(register), parsed.entry)
    status = entry.status(now)
    if status in (Status.REVOKED, Status.SUPERSEDED, Status.PENDING):
        raise UsageError(f"it is {status}", where=entry.name, hint="submit the report instead")
    if status is not Status.EXPIRED and not entry.is_due(now, RENEWAL_DAYS):
        raise UsageError(
            f"it holds until {entry.last_day}",
            where=entry.name,
            hint=f"renew it in the last {RENEWAL_DAYS} days of its period",
        )
    return _submit(parsed, [parsed.report], renews=entry)


def _submit(parsed: argparse.Namespace, reports: Iterable[Path], *, renews: Entry | None) -> int:
    from functools import partial

    from chatcert.cli.sign import fetch_time_stamp
    from chatcert.register.certificates import (
        admission_checks,
        certificate_of,
        has_keys,
        stage_admission,
        stage_certificate,
    )
    from chatcert.register.counted_requirements import catalogue_rows
    from chatcert.register.parties import REGISTRAR
    from chatcert.register.submission_check import check_submission

    register, keys, now = opened(parsed)
    policy = register.policy
    checked = [check_submission(path, policy, now) for path in reports]
    if lacking := [one for one in checked if one.missing]:
        _give_checks(checked)
        for one in lacking:
            _print_check(one)
        return 1
    admits = has_keys(register, REGISTRAR, keys)
    stamp = partial(fetch_time_stamp, parsed.time_stamp) if parsed.time_stamp else None
    names = []
    for one in checked:
        if renews is not None and one.report["vendor"] != renews.vendor:
            raise UsageError(f"a report on {one.report['vendor']} cannot renew it", where=renews.name, hint="see list")
        row = certificate_of(
            one,
            policy["id"],
            version=parsed.product_version or (renews.certificate["product"]["version"] if renews else ""),
            rehearsal=policy["rehearsal"],
            now=now,
            renews=renews.name if renews else None,
            stability=_stability(parsed.history, one.report["vendor"]),
        )
        digest = stage_certificate(register, row, catalogue_rows(one.report), keys, stamp)
        if admits:
            stage_admission(register, row["entry"], digest, admission_checks(one), keys, now)
        names.append(row["entry"])
    missing = register.commit(keys, now)
    for name in names:
        print(f"{'entry' if admits else 'pending entry'}: {name}")
    if not admits:
        print("the registrar admits it: register admit REPORT --key KEYS")
    return report_missing(missing, entries=names, admitted=admits)


def _stability(history: Path | None, vendor: str) -> StabilityRow | None:
    from chatcert.register.stability import nights_of, stability_of
    from chatcert.report.history import read_history

    return stability_of(nights_of(read_history(history, vendor))) if history is not None else None


def admit(parsed: argparse.Namespace) -> int:
    """Check the reports of pending entries, and admit them; return 0, or 1 if one lacks something.

    Raises:
        UsageError: no pending entry rests on a report.
        InputFileError: the certificate says something else than the report.
    """
    from chatcert.files import read_bounded
    from chatcert.register.certificates import admission_checks, contradictions, stage_admission
    from chatcert.register.current_records import current_entries
    from chatcert.register.records import digest_of_bytes
    from chatcert.register.submission_check import check_submission
    from chatcert.report.reader import MAX_BYTES

    register, keys, now = opened(parsed)
    entries = {entry.certificate["digests"]["report"]: entry for entry in current_entries(register).values()}
    names = []
    for path in _reports(parsed.report):
        one = check_submission(path, register.policy, now)
        if one.missing:
            _give_checks([one])
            _print_check(one)
            return 1
        entry = entries.get(digest_of_bytes(read_bounded(one.path, MAX_BYTES)))
        if entry is None or entry.admission is not None:
            raise UsageError("no pending entry rests on it", where=str(one.path), hint="see register list")
        if wrong := contradictions(entry.certificate, one):
            raise InputFileError("; ".join(wrong), where=entry.name, hint="let the vendor submit the report again")
        stage_admission(register, entry.name, entry.digest, admission_checks(one), keys, now)
        names.append(entry.name)
    missing = register.commit(keys, now)
    for name in names:
        print(f"admitted: {name}")
    return report_missing(missing, entries=names, admitted=True)


def countersign(parsed: argparse.Namespace) -> int:
    """Stand for an entry, as an auditor; return the exit status."""
    from chatcert.register import disputes
    from chatcert.register.current_records import current_entries

    register, keys, now = opened(parsed)
    entry = disputes.find_entry(current_entries(register), parsed.entry)
    disputes.countersign(register, entry, _party(parsed.by, "auditor"), parsed.text, keys, now)
    missing = register.commit(keys, now)
    print(f"countersigned: {entry.name}")
    return report_missing(missing, entry=entry.name, by=parsed.by)


def dispute(parsed: argparse.Namespace) -> int:
    """Contest an entry; return the exit status."""
    from chatcert.register import disputes
    from chatcert.register.current_records import current_entries

    register, keys, now = opened(parsed)
    entry = disputes.find_entry(current_entries(register), parsed.entry)
    by = _party(parsed.by, "auditor", "challenger")
    name = disputes.challenge(register, entry, by, parsed.requirement, parsed.exchange, parsed.text, keys, now)
    missing = register.commit(keys, now)
    print(f"challenge: {name}")
    return report_missing(missing, entry=entry.name, challenge=name)


def reply(parsed: argparse.Namespace) -> int:
    """Answer a challenge, as the vendor; return the exit status."""
    from chatcert.register import disputes
    from chatcert.register.current_records import current_entries

    register, keys, now = opened(parsed)
    entry, contested = disputes.find_challenge(current_entries(register), parsed.challenge)
    disputes.reply(register, entry, contested, parsed.text, keys, now)
    missing = register.commit(keys, now)
    print(f"replied: {parsed.challenge}")
    return report_missing(missing, entry=entry.name, challenge=parsed.challenge)


def resolve(parsed: argparse.Namespace) -> int:
    """Decide on a challenge, as the registrar; return the exit status."""
    from chatcert.register import disputes
    from chatcert.register.current_records import current_entries
    from chatcert.register.record_rows import Decision

    register, keys, now = opened(parsed)
    entry, contested = disputes.find_challenge(current_entries(register), parsed.challenge)
    decision = Decision.UPHELD if parsed.uphold else Decision.DISMISSED
    disputes.rule(register, entry, contested, decision, parsed.text, keys, now)
    missing = register.commit(keys, now)
    print(f"{decision}: {parsed.challenge}")
    if parsed.uphold and entry.successor is not None:
        print(f"{entry.successor.name} supersedes the entry and stands: register revoke takes it back as well")
    return report_missing(missing, entry=entry.name, challenge=parsed.challenge, decision=decision)


def revoke(parsed: argparse.Namespace) -> int:
    """Take an entry back, as the registrar; return the exit status."""
    from chatcert.register import disputes
    from chatcert.register.current_records import current_entries

    register, keys, now = opened(parsed)
    entry = disputes.find_entry(current_entries(register), parsed.entry)
    disputes.revoke(register, entry, parsed.text, keys, now)
    missing = register.commit(keys, now)
    print(f"revoked: {entry.name}")
    return report_missing(missing, entry=entry.name)


def _party(text: str, *roles: str) -> Party:
    from chatcert.register.parties import Party

    try:
        party = Party.of_folder(text)
    except ValueError:
        party = None
    if party is None or party.role not in roles:
        wanted = " or ".join(f"{role}-NAME" for role in roles)
        raise UsageError(f"invalid party {text[:80]!r}", where="--by", hint=f"give {wanted}")
    return party
