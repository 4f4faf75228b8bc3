"""Results of a night: how its jobs ended, who is paged, and what changes in the issue tracker."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from chatcert.exceptions import InputFileError, SuiteError, UsageError
from chatcert.nightly.folders import Folders
from chatcert.nightly.issue_changes import IssueChange, count_changes, plan_changes
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.paging import Contacts
from chatcert.nightly.problems import broken_requirements, pages_of, paging_problems
from chatcert.nightly.tracked_issue import TrackedIssue
from chatcert.report.file_names import REPORT
from chatcert.report.model import Report
from chatcert.report.reader import read_report
from chatcert.text import one_line


def legs_in(text: str) -> tuple[tuple[str, str], ...]:
    """Parse the names and vendors of the legs from the output of the first job.

    Raises:
        InputFileError: the text is not such an output.
    """
    try:
        rows = json.loads(text)["include"]
        return tuple((str(row["leg"]), str(row["vendor"])) for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputFileError("no legs", where="--legs", hint="give the output of chatcert nightly matrix") from None


def leg_statuses(legs: Iterable[tuple[str, str]], folders: Folders, night: str) -> Iterator[JobStatus]:
    """Read how each leg ended. One without a status file counts as our own error, since its job died.

    Args:
        night: the time of the night, in UTC, for legs that left no time of their own.
    """
    for name, vendor in legs:
        try:
            status = JobStatus.read(folders.merged(name))
        except InputFileError:
            status = None
        yield status or JobStatus(name, vendor, (SuiteError.exit_code,), night)


def job_statuses(results: Iterable[str], night: str) -> Iterator[JobStatus]:
    """Parse how other jobs ended, each given as ``NAME=RESULT`` with a result of GitHub Actions.

    Raises:
        UsageError: a text has another form.
    """
    for text in results:
        name, _, result = text.partition("=")
        if not name or not result:
            raise UsageError(f"invalid job {text!r}", where="--job", hint="give NAME=RESULT, such as suite=success")
        yield JobStatus(f"job={name}", "", (0 if result == "success" else SuiteError.exit_code,), night)


def reports_of(statuses: Iterable[JobStatus], folders: Folders) -> dict[str, Report]:
    """Read the merged reports, by leg.

    A leg without a report is left out, and so is one whose report cannot be read: its exit status reports that.
    """
    found = {}
    for status in statuses:
        path = folders.merged(status.leg) / status.vendor / REPORT
        if status.vendor and path.exists():
            try:
                found[status.leg] = read_report(path)
            except InputFileError:
                continue
    return found


def changes_after(
    statuses: Sequence[JobStatus], reports: dict[str, Report], issues: Iterable[TrackedIssue], contacts: Contacts | None
) -> tuple[IssueChange, ...]:
    """Plan all changes to the tracker after a night."""
    return plan_changes([*broken_requirements(reports.items()), *paging_problems(statuses, contacts, reports)], issues)


def paging_lines(statuses: Iterable[JobStatus], contacts: Contacts | None) -> Iterator[str]:
    """Return a line for each leg, on who is paged."""
    for status in statuses:
        pages = pages_of(status.codes)
        if not pages:
            yield f"{one_line(status.leg)}: exit {_listed(status.codes)}: nobody is paged"
        for addressee, codes in pages.items():
            whom = f" ({contacts.of(addressee, status.leg, status.vendor)})" if contacts is not None else ""
            yield f"{one_line(status.leg)}: exit {_listed(codes)}: {addressee.value}{whom}"


def change_lines(changes: Sequence[IssueChange]) -> Iterator[str]:
    """Return a line for each change to the tracker, and a last one with their number."""
    for change in changes:
        issue = f" #{change.number}" if change.number else ""
        yield f"{change.kind.value}{issue}: {one_line(change.title)}"
    counts: Any = ", ".join(f"{number} {kind.value}" for kind, number in count_changes(changes).items() if number)
    yield f"issues: {counts or 'nothing to do'}"


def write_issues(changes: Iterable[IssueChange], folder: Path) -> list[Path]:
    """Write the text of each issue that would be filed, in Markdown; return the files. Those of before are removed.

    Raises:
        OSError: a file cannot be written.
    """
    for path in folder.glob("*.md"):
        path.unlink()
    found = []
    for number, change in enumerate(changes, 1):
        name = re.sub(r"[^a-z0-9]+", "-", change.title.lower()).strip("-")[:80]
        path = folder / f"{number:03}-{name}.md"
        folder.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {one_line(change.title)}\n\n{change.body}\n", encoding="utf-8")
        found.append(path)
    return found


def _listed(codes: Iterable[int]) -> str:
    return ", ".join(map(str, codes))
