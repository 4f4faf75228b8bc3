"""Problems that issues are opened for: a broken requirement, or an exit status that somebody has to act on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatcert.judge.verdict import VerdictKind
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.paging import PAGED, Addressee, Contacts, addressee_of
from chatcert.openapi.reading import digest_of
from chatcert.report import sentences
from chatcert.report.model import Report
from chatcert.report.views.github_markdown import code, preformatted

PROVEN: Final = {VerdictKind.FAIL: True, VerdictKind.PASS: False}
"""Verdicts that prove a breach, or that it is gone. All others prove neither, so that they never close an issue."""

MAX_DETAILS: Final = 4_000
MAX_ID: Final = 300
MAX_LISTED: Final = 50

MEANINGS: Final[Mapping[Addressee, str]] = {
    Addressee.VENDOR: "has broken requirements",
    Addressee.ON_CALL: "gives no verdict: it is unreachable, or too much could not be judged",
    Addressee.MAINTAINERS: "needs its maintainers: chatcert or its configuration is broken",
}


@dataclass(frozen=True, slots=True)
class Observation:
    """What one night found out about a problem at one leg.

    Attributes:
        time: UTC, as a report writes it; these texts sort in the order of time.
        broken: whether the problem was found.
        details: evidence, as Markdown.
    """

    leg: str
    time: str
    broken: bool
    details: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem, which has one issue for as many nights as it lasts.

    Attributes:
        key: the same every night: ``requirement``, vendor and id, or ``page``, leg and addressee.
        text: a description, as Markdown.
        contact: who is mentioned when the problem begins.
    """

    key: tuple[str, ...]
    title: str
    text: str
    observations: tuple[Observation, ...]
    contact: str = ""


def broken_requirements(reports: Iterable[tuple[str, Report]]) -> Iterator[Problem]:
    """Return a problem for each requirement that was found broken, or found to hold, at any leg of its vendor.

    Args:
        reports: names of legs, each with its merged report.
    """
    seen: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for leg, report in reports:
        time = report["subject"]["window"]["end"]
        for row in report["requirements"]:
            broken = PROVEN.get(VerdictKind(row["verdict"]))
            if broken is not None:
                details = f"{code(leg)}\n{preformatted(sentences.details(row), MAX_DETAILS)}" if broken else ""
                seen[report["vendor"], row["id"]].append(Observation(leg, time, broken, details))
    for (vendor, name), observations in seen.items():
        text = f"The requirement {code(name)} of {code(vendor)} is broken."
        key = name if len(name) <= MAX_ID else digest_of(name)
        yield Problem(("requirement", vendor, key), f"Broken: {name}", text, _sorted(observations))


def paging_problems(
    statuses: Iterable[JobStatus], contacts: Contacts | None, reports: Mapping[str, Report]
) -> Iterator[Problem]:
    """Return a problem for each leg and each addressee who may be paged for it.

    Args:
        contacts: who is mentioned; ``None`` to mention nobody.
        reports: the merged reports by leg, of the legs that have one.
    """
    for status in statuses:
        paged = pages_of(status.codes)
        for addressee in PAGED:
            codes = paged.get(addressee, ())
            contact = contacts.of(addressee, status.leg, status.vendor) if contacts is not None else ""
            listed = ", ".join(map(str, codes))
            found = _broken(reports.get(status.leg)) if addressee is Addressee.VENDOR else ""
            details = f"Exit status {listed}.{found}" if codes else ""
            text = f"{contact} {code(status.leg)} {MEANINGS[addressee]}.".lstrip()
            yield Problem(
                ("page", status.leg, addressee.value),
                f"{status.leg} {MEANINGS[addressee].partition(':')[0]}",
                text,
                (Observation(status.leg, status.finished, bool(codes), details),),
                contact,
            )


def pages_of(codes: Iterable[int]) -> dict[Addressee, tuple[int, ...]]:
    """Return who is paged for which of the exit statuses of one leg."""
    found: dict[Addressee, list[int]] = defaultdict(list)
    for one in sorted(set(codes)):
        if addressee_of(one) is not Addressee.NOBODY:
            found[addressee_of(one)].append(one)
    return {addressee: tuple(numbers) for addressee, numbers in found.items()}


def _sorted(observations: Sequence[Observation]) -> tuple[Observation, ...]:
    """Sort observations, so that the result does not depend on the order in which reports are read."""
    return tuple(sorted(observations, key=lambda one: (one.leg, one.time, one.broken, one.details)))


def _broken(report: Report | None) -> str:
    rows: Sequence[Mapping[str, Any]] = report["requirements"] if report is not None else ()
    ids = [code(row["id"]) for row in rows if row["verdict"] == VerdictKind.FAIL] or [
        code(row["id"])
        for row in rows
        if row["verdict"] == VerdictKind.WARN  # the run has --fail-on warn
    ]
    more = f"\n- and {len(ids) - MAX_LISTED} more" if len(ids) > MAX_LISTED else ""
    return "".join(f"\n- {one}" for one in ids[:MAX_LISTED]) + more
