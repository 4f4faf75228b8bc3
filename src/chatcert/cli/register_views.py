"""The steps of ``chatcert register`` that read: list, site, earl, stability and verify."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatcert.cli.json_answer import give
from chatcert.exceptions import InputFileError, UsageError

if TYPE_CHECKING:
    from chatcert.register.entries import Entry
    from chatcert.register.inspection import Inspection
    from chatcert.register.record_rows import PolicyRow


def _verified(parsed: argparse.Namespace, at: datetime) -> tuple[PolicyRow, list[Entry], tuple[str, ...]]:
    """Return policy, entries and void records of a register that is as it was signed.

    Raises:
        InputFileError: something of it is not.
    """
    found = _inspected(parsed, at)
    if found.policy is None or found.problems:
        what = found.problems[0] if found.problems else "no policy"
        raise InputFileError(what, where=str(parsed.register), hint="register verify says what else is wrong")
    return found.policy, list(found.entries.values()), found.void


def _inspected(parsed: argparse.Namespace, at: datetime) -> Inspection:
    from chatcert.register.inspection import inspect

    return inspect(parsed.register, at, root=parsed.root, state=parsed.state)


def list_entries(parsed: argparse.Namespace) -> int:
    """Print entries with their statuses; return the exit status."""
    from chatcert.cli.tables import print_rows
    from chatcert.names import did_you_mean
    from chatcert.register.entries import Status

    at = parsed.at or datetime.now(UTC)
    if parsed.status is not None and parsed.status not in [*Status]:
        hint = did_you_mean(parsed.status, [*Status])
        raise UsageError(f"unknown status {parsed.status!r}", where="--status", hint=hint)
    policy, entries, _ = _verified(parsed, at)
    entries = [
        entry
        for entry in entries
        if parsed.vendor in (None, entry.vendor)
        and parsed.status in (None, entry.status(at))
        and (parsed.due is None or entry.is_due(at, parsed.due))
    ]
    entries.sort(key=lambda entry: (entry.vendor, entry.certificate["period"]["issued"], entry.name))
    rows = [entry_row(entry, at) for entry in entries]
    if policy["rehearsal"]:
        print("rehearsal: these entries certify nobody\n")
    heads = ("entry", "vendor", "version", "status", "until")
    return print_rows(parsed, rows, heads, [[row[head] for head in heads] for row in rows])


def entry_row(entry: Entry, at: datetime) -> dict[str, Any]:
    """Return an entry as ``list --format json`` shows it."""
    return {
        "entry": entry.name,
        "vendor": entry.vendor,
        "version": entry.certificate["product"]["version"],
        "status": entry.status(at).value,
        "until": entry.last_day.isoformat(),
        "outcome": entry.certificate["outcome"],
        "certificate": entry.certificate,
        "challenges": [
            {"challenge": one.row, "by": one.by.folder, "reply": one.reply, "ruling": one.ruling}
            for one in entry.challenges
        ],
    }


def write_pages(parsed: argparse.Namespace) -> int:
    """Write the site; return the exit status."""
    from chatcert.register.site.site_writer import write_site
    from chatcert.text import count

    at = parsed.at or datetime.now(UTC)
    policy, entries, void = _verified(parsed, at)
    number = write_site(parsed.out, policy, entries, at, address=parsed.address, void=void)
    give({"site": parsed.out, "entries": len(entries), "files": number})
    print(f"{parsed.out / 'index.html'}: {count(len(entries), 'entry', 'entries')}, {count(number, 'file')}")
    return 0


def write_earl(parsed: argparse.Namespace) -> int:
    """Write an entry as an EARL report; return the exit status."""
    from chatcert.files import write_whole
    from chatcert.register.disputes import find_entry
    from chatcert.register.earl import earl_report

    policy, entries, _ = _verified(parsed, parsed.at or datetime.now(UTC))
    entry = find_entry({one.name: one for one in entries}, parsed.entry)
    document = earl_report(entry, policy)
    text = json.dumps(document, indent=2, ensure_ascii=False) + "\n"
    give({"file": parsed.out, "earl": document})
    if parsed.out is None:
        print(text, end="")
    else:
        write_whole(parsed.out, text)
        print(parsed.out)
    return 0


def show_stability(parsed: argparse.Namespace) -> int:
    """Print which verdicts flip, and which replica is wrong; return the exit status.

    Raises:
        UsageError: neither a history nor a report is given.
    """
    from chatcert.register.stability import nights_of, stability_of
    from chatcert.report.history import read_history
    from chatcert.text import count

    if parsed.history is None and not parsed.report:
        raise UsageError("nothing to look at", where="stability", hint="give --history FILE, --report REPORT or both")
    if parsed.history is not None and parsed.vendor is None:
        raise UsageError("a history may hold several vendors", where="--history", hint="name one with --vendor")
    rows: dict[str, Any] = {}
    if parsed.history is not None:
        rows["stability"] = stability_of(nights_of(read_history(parsed.history, parsed.vendor)))
    rows["suspects"] = [text for path in parsed.report for text in _suspects(path)]
    if give(rows):
        return 0
    steady = rows.get("stability")
    if parsed.history is not None and steady is None:
        print("no two runs in it can be compared: place, document, version, suite or profile differ")
    if steady is not None:
        flaky = count(len(steady["flaky"]), "requirement is flaky", "requirements are flaky")
        print(f"{count(steady['nights'], 'night')} since {steady['since']}: {flaky}")
        for row in steady["flaky"]:
            print(
                f"  {row['requirement']}: {count(row['flips'], 'flip')}, failed in {row['failed']} of {row['nights']}"
            )
    for text in rows["suspects"]:
        print(f"  {text}")
    if parsed.report and not rows["suspects"]:
        print("no replica or deployment stands out")
    return 0


def _suspects(path: Path) -> list[str]:
    from chatcert.files import read_bounded
    from chatcert.register.replicas import suspects, suspicion
    from chatcert.report.evidence_file import read_evidence
    from chatcert.report.file_names import EVIDENCE, REPORT
    from chatcert.report.reader import MAX_BYTES, read_report

    file = path / REPORT if path.is_dir() else path
    report = read_report(file)
    try:
        exchanges, _ = read_evidence(read_bounded(file.with_name(EVIDENCE), MAX_BYTES))
    except OSError as error:
        raise InputFileError(
            error.strerror or "cannot be read", where=str(file.with_name(EVIDENCE)), hint="give a report with evidence"
        ) from None
    return [suspicion(one) for one in suspects(report, exchanges)]


def verify_register(parsed: argparse.Namespace) -> int:
    """Verify a register, and reports that its entries rest on; return 0, or 1 if something is wrong."""
    from chatcert.register.evidence_check import check_shown_report
    from chatcert.text import count

    if parsed.pending:
        return _verify_pending(parsed.register, parsed.at or datetime.now(UTC))
    found = _inspected(parsed, parsed.at or datetime.now(UTC))
    problems, notes = found.problems, [remark.text for remark in found.remarks if not remark.problem]
    if found.policy is not None and not problems:
        for path in parsed.report:
            troubles, said = check_shown_report(path, list(found.entries.values()), found.policy)
            problems, notes = problems + troubles, notes + said
    register = {key: found.policy[key] for key in ("id", "name", "rehearsal")} if found.policy is not None else None
    give({"register": register, "problems": problems, "notes": notes})
    name = f"{found.policy['name']}{', a rehearsal' if found.policy['rehearsal'] else ''}: " if found.policy else ""
    result = f"not as it was signed: {count(len(problems), 'problem')}" if problems else "as it was signed"
    print(f"{name}{result}")
    for label, texts in (("problem", problems), ("note", notes)):
        for text in texts:
            print(f"  {label:<8} {text}" if sys.stdout.isatty() else f"  {label} {text}")
    return 1 if problems else 0


def _verify_pending(folder: Path, at: datetime) -> int:
    """Print whether what parties have signed can be published; return 0, or 1 if not."""
    from chatcert.register.pending import pending_problems
    from chatcert.register.register_folder import RegisterFolder
    from chatcert.text import count

    problems = pending_problems(RegisterFolder.existing(folder), at)
    give({"problems": problems})
    print(f"it cannot be published: {count(len(problems), 'problem')}" if problems else "it can be published")
    for text in problems:
        print(f"  problem {text}")
    return 1 if problems else 0
