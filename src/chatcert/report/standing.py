"""What a genuine report is worth: what it says of whom, and which of the things that a buyer may require it lacks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from chatcert.judge.verdict import Outcome
from chatcert.report import sentences
from chatcert.report.model import Report, Subject
from chatcert.text import format_time, one_line
from chatcert.transport.hosts import canonical, is_loopback

_LOCAL: Final = ("0.0.0.0", "::")  # noqa: S104  addresses that a client reaches its own machine at; nothing is bound


class Place(StrEnum):
    """Which server answered."""

    MOCK = "mock"
    LOOPBACK = "loopback"
    LIVE = "live"


class Quality(StrEnum):
    """A word of ``chatcert verify --require``."""

    CONFORMANT = "conformant"
    LIVE = "live"
    VALID = "valid"
    SIGNED = "signed"


_PLACES: Final = {
    Place.MOCK: "the bundled mock server, not the vendor",
    Place.LOOPBACK: "a server on the same machine",
    Place.LIVE: "a live server",
}


def place_of(subject: Subject) -> Place:
    """Return which server answered: the bundled mock, another one on the same machine, or a live one."""
    if subject["mode"] == Place.MOCK:
        return Place.MOCK
    try:
        host = canonical(urlsplit(subject["url"]).hostname or "")
    except ValueError:
        host = ""
    return Place.LOOPBACK if not host or host in _LOCAL or is_loopback(host) else Place.LIVE


@dataclass(frozen=True, slots=True)
class Standing:
    """What a genuine report is worth at a moment.

    Attributes:
        lacking: why it does not have a quality, in a few words; in the order in which they are told.
        facts: pairs of heading and text: what the report says of whom.
    """

    lacking: Mapping[Quality, str]
    facts: tuple[tuple[str, str], ...]


def standing_of(report: Report, now: datetime, signer: str = "") -> Standing:
    """Return what a genuine report is worth.

    Args:
        now: the present time, with a time zone.
        signer: the key that has signed the report, in words; empty if none has.
    """
    place = place_of(report["subject"])
    lacking: dict[Quality, str] = {}
    if place is not Place.LIVE:
        lacking[Quality.LIVE] = f"{place} run"
    if late := _invalidity(report, now):
        lacking[Quality.VALID] = late
    if blemish := _blemish(report):
        lacking[Quality.CONFORMANT] = blemish
    if not signer:
        lacking[Quality.SIGNED] = "unsigned"
    return Standing(lacking, tuple(_facts(report, place, signer)))


def _blemish(report: Report) -> str:
    outcome = Outcome(report["outcome"])
    if outcome in (Outcome.CONFORMANT, Outcome.CONFORMANT_WITH_REMARKS) and not sentences.incompleteness(report):
        return ""
    if outcome in (Outcome.NOT_CONFORMANT, Outcome.NO_VERDICT):
        return sentences.outcome_label(report).lower()
    return "incomplete"


def _invalidity(report: Report, now: datetime) -> str:
    validity = report.get("validity")
    if validity is None:
        return "of unknown validity"
    moment = format_time(now.timestamp())
    if moment > validity["not_after"]:
        return "expired"
    if moment < validity["issued"]:
        return "not valid yet"
    waivers = report["waivers"]["used"] if "waivers" in report else []
    return "expired with a waiver" if any(waiver["expires"] < moment[:10] for waiver in waivers) else ""


def _facts(report: Report, place: Place, signer: str) -> Iterator[tuple[str, str]]:
    subject, validity = report["subject"], report.get("validity")
    yield "outcome", f"{sentences.outcome_label(report)}. {sentences.sentence(report)}"
    if missing := sentences.incompleteness(report):
        yield "missing", one_line(missing)
    yield "vendor", one_line(report["vendor"])
    parts = [subject.get("environment", ""), subject.get("region", "")]
    yield "address", one_line(" ".join(part for part in (subject["url"], *parts) if part))
    yield "mode", f"{place}: {_PLACES[place]}"
    yield "profile", one_line(report["profile"])
    yield "period", f"{subject['window']['start']} to {subject['window']['end']}"
    yield "signer", signer or "nobody: whoever can write its files can make them fit each other"
    if validity is not None:
        yield "valid", f"until {validity['not_after']}"
