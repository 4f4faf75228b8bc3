"""The end of a night: who is paged, and what the tracker is to say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chatcert.exceptions import InputFileError, SuiteError, UsageError
from chatcert.nightly.folders import Folders
from chatcert.nightly.paging import Contacts
from chatcert.nightly.status import Status
from chatcert.nightly.subject import page_concerns, pages_of, requirement_concerns
from chatcert.nightly.ticket import Ticket
from chatcert.nightly.tracker_plan import Action, counted, plan
from chatcert.report.model import Report
from chatcert.report.reader import read_report
from chatcert.report.writer import REPORT
from chatcert.text import one_line


def legs_in(text: str) -> tuple[tuple[str, str], ...]:
    """Names and vendors of the legs in the output of the first job.

    Raises:
        InputFileError: it is none.
    """
    try:
        rows = json.loads(text)["include"]
        return tuple((str(row["leg"]), str(row["vendor"])) for row in rows)
    except (ValueError, TypeError, KeyError, RecursionError):
        raise InputFileError("no legs", where="--legs", hint="give the output of chatcert nightly matrix") from None


def ends_of_legs(legs: Iterable[tuple[str, str]], folders: Folders, night: str) -> Iterator[Status]:
    """How each leg ended; one that left nothing ended with our own error: its job died.

    Args:
        night: the moment that stands for a night, where nothing else tells one.
    """
    for name, vendor in legs:
        try:
            status = Status.read(folders.merged(name))
        except InputFileError:
            status = None
        yield status or Status(name, vendor, (SuiteError.exit_code,), night)


def ends_of_jobs(said: Iterable[str], night: str) -> Iterator[Status]:
    """How other jobs ended, each said as ``NAME=RESULT`` in GitHub's words.

    Raises:
        UsageError: one is not said so.
    """
    for text in said:
        name, _, result = text.partition("=")
        if not name or not result:
            raise UsageError(f"{text!r} is no job", where="--job", hint="give NAME=RESULT, such as suite=success")
        yield Status(f"job={name}", "", (0 if result == "success" else SuiteError.exit_code,), night)


def reports_of(statuses: Iterable[Status], folders: Folders) -> dict[str, Report]:
    """The merged reports by leg, of the legs that have one.

    A report that cannot be read is left out: the leg's own exit status tells of that.
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


def plan_of(
    statuses: Sequence[Status], reports: dict[str, Report], tickets: Iterable[Ticket], contacts: Contacts | None
) -> tuple[Action, ...]:
    """Everything that is to be done to the tracker after a night."""
    return plan([*requirement_concerns(reports.items()), *page_concerns(statuses, contacts, reports)], tickets)


def told(statuses: Iterable[Status], contacts: Contacts | None) -> Iterator[str]:
    """A line for each leg on who is paged."""
    for status in statuses:
        pages = pages_of(status.codes)
        if not pages:
            yield f"{one_line(status.leg)}: exit {_listed(status.codes)}: nobody is paged"
        for addressee, codes in pages.items():
            whom = f" ({contacts.of(addressee, status.leg, status.vendor)})" if contacts is not None else ""
            yield f"{one_line(status.leg)}: exit {_listed(codes)}: {addressee.value}{whom}"


def planned(actions: Sequence[Action]) -> Iterator[str]:
    """A line for each action, and one that counts them."""
    for action in actions:
        issue = f" #{action.number}" if action.number else ""
        yield f"{action.kind.value}{issue}: {one_line(action.title)}"
    counts: Any = ", ".join(f"{number} {kind.value}" for kind, number in counted(actions).items() if number)
    yield f"issues: {counts or 'nothing to do'}"


def _listed(codes: Iterable[int]) -> str:
    return ", ".join(map(str, codes))
