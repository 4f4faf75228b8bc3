"""What an issue may be about: a requirement that is broken, or an end of a leg that somebody has to look into."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from chatcert.judge.verdict import VerdictKind
from chatcert.nightly.paging import PAGED, Addressee, Contacts, addressee_of
from chatcert.nightly.status import Status
from chatcert.openapi.reading import digest_of
from chatcert.report import sentences
from chatcert.report.model import Report
from chatcert.report.views.github_markdown import code, preformatted

SAID: Final = {VerdictKind.FAIL: True, VerdictKind.PASS: False}
"""A breach is seen, or seen to be gone. No other word says either: nothing is closed by a night without a verdict."""

MAX_DETAILS: Final = 4_000
MAX_ID: Final = 300
MAX_LISTED: Final = 50

MEANINGS: Final[Mapping[Addressee, str]] = {
    Addressee.VENDOR: "is not conformant",
    Addressee.ON_CALL: "gives no verdict: it is unreachable, or too much could not be judged",
    Addressee.MAINTAINERS: "could not be certified: chatcert or its configuration is broken",
}


@dataclass(frozen=True, slots=True)
class Sighting:
    """What one night says of a concern at one leg.

    Attributes:
        moment: UTC, as a report writes it; such texts are ordered as the moments are.
        broken: whether it is so.
        details: what was seen, as Markdown.
    """

    place: str
    moment: str
    broken: bool
    details: str = ""


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that has one issue for as long as it lasts, however many nights.

    Attributes:
        key: the same every night: ``requirement``, vendor and id, or ``page``, leg and addressee.
        text: what it is, as Markdown.
        contact: who is mentioned when it begins.
    """

    key: tuple[str, ...]
    title: str
    text: str
    sightings: tuple[Sighting, ...]
    contact: str = ""


def requirement_concerns(reports: Iterable[tuple[str, Report]]) -> Iterator[Concern]:
    """A concern for each binding requirement that a night has found broken or held, over all legs of its vendor.

    Args:
        reports: names of legs, each with its merged report.
    """
    seen: dict[tuple[str, str], list[Sighting]] = defaultdict(list)
    for leg, report in reports:
        moment = report["subject"]["window"]["end"]
        for row in report["requirements"]:
            broken = SAID.get(VerdictKind(row["verdict"]))
            if broken is not None:
                told = f"{code(leg)}\n{preformatted(sentences.details(row), MAX_DETAILS)}" if broken else ""
                seen[report["vendor"], row["id"]].append(Sighting(leg, moment, broken, told))
    for (vendor, name), sightings in seen.items():
        text = f"The requirement {code(name)} of {code(vendor)} is broken."
        key = name if len(name) <= MAX_ID else digest_of(name)
        yield Concern(("requirement", vendor, key), f"Broken: {name}", text, _sorted(sightings))


def page_concerns(
    statuses: Iterable[Status], contacts: Contacts | None, reports: Mapping[str, Report]
) -> Iterator[Concern]:
    """A concern for each leg and each of those who may be paged for it.

    Args:
        contacts: ``None`` where nobody is to be mentioned.
        reports: merged reports by leg, as far as there are any.
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
            yield Concern(
                ("page", status.leg, addressee.value),
                f"{status.leg} {MEANINGS[addressee].partition(':')[0]}",
                text,
                (Sighting(status.leg, status.finished, bool(codes), details),),
                contact,
            )


def pages_of(codes: Iterable[int]) -> dict[Addressee, tuple[int, ...]]:
    """Who is paged for what, of the exit statuses of one leg."""
    found: dict[Addressee, list[int]] = defaultdict(list)
    for one in sorted(set(codes)):
        if addressee_of(one) is not Addressee.NOBODY:
            found[addressee_of(one)].append(one)
    return {addressee: tuple(numbers) for addressee, numbers in found.items()}


def _sorted(sightings: Sequence[Sighting]) -> tuple[Sighting, ...]:
    """In an order that does not depend on the one in which reports were read."""
    return tuple(sorted(sightings, key=lambda one: (one.place, one.moment, one.broken, one.details)))


def _broken(report: Report | None) -> str:
    rows: Sequence[Mapping[str, Any]] = report["requirements"] if report is not None else ()
    ids = [code(row["id"]) for row in rows if row["verdict"] == VerdictKind.FAIL]
    more = f"\n- and {len(ids) - MAX_LISTED} more" if len(ids) > MAX_LISTED else ""
    return "".join(f"\n- {one}" for one in ids[:MAX_LISTED]) + more
