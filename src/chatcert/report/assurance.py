"""The assurance that a genuine report gives: its main facts, and which qualities that a buyer may require it has."""

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


class ServerKind(StrEnum):
    """The kind of server that answered."""

    MOCK = "mock"
    LOOPBACK = "loopback"
    LIVE = "live"


class Quality(StrEnum):
    """A quality that ``chatcert verify --require`` demands of a report."""

    CONFORMANT = "conformant"
    LIVE = "live"
    VALID = "valid"
    SIGNED = "signed"


_DESCRIPTIONS: Final = {
    ServerKind.MOCK: "the bundled mock server, not the vendor",
    ServerKind.LOOPBACK: "a server on the same machine",
    ServerKind.LIVE: "a live server",
}


def server_kind_of(subject: Subject) -> ServerKind:
    """Return the kind of server that answered: the bundled mock, another server on the same machine, or a live one."""
    if subject["mode"] == ServerKind.MOCK:
        return ServerKind.MOCK
    try:
        host = canonical(urlsplit(subject["url"]).hostname or "")
    except ValueError:
        host = ""
    return ServerKind.LOOPBACK if not host or host in _LOCAL or is_loopback(host) else ServerKind.LIVE


@dataclass(frozen=True, slots=True)
class Assurance:
    """The assurance that a genuine report gives at a certain time.

    Attributes:
        missing: for each quality that it does not have, why, in a few words; in the order of printing.
        facts: pairs of heading and text: outcome, vendor, server, profile, period, signer and validity.
    """

    missing: Mapping[Quality, str]
    facts: tuple[tuple[str, str], ...]


def assurance_of(report: Report, now: datetime, signer: str = "") -> Assurance:
    """Return the assurance that a genuine report gives.

    Args:
        now: the present time, with a time zone.
        signer: a description of the key that signed the report; empty if none did.
    """
    kind = server_kind_of(report["subject"])
    missing: dict[Quality, str] = {}
    if kind is not ServerKind.LIVE:
        missing[Quality.LIVE] = f"{kind} run"
    if problem := _invalidity(report, now):
        missing[Quality.VALID] = problem
    if problem := _nonconformity(report):
        missing[Quality.CONFORMANT] = problem
    if not signer:
        missing[Quality.SIGNED] = "unsigned"
    return Assurance(missing, tuple(_facts(report, kind, signer)))


def _nonconformity(report: Report) -> str:
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
    time_now = format_time(now.timestamp())
    if time_now > validity["not_after"]:
        return "expired"
    if time_now < validity["issued"]:
        return "not valid yet"
    waivers = report["waivers"]["used"] if "waivers" in report else []
    return "expired with a waiver" if any(waiver["expires"] < time_now[:10] for waiver in waivers) else ""


def _facts(report: Report, kind: ServerKind, signer: str) -> Iterator[tuple[str, str]]:
    subject, validity = report["subject"], report.get("validity")
    yield "outcome", f"{sentences.outcome_label(report)}. {sentences.sentence(report)}"
    if missing := sentences.incompleteness(report):
        yield "missing", one_line(missing)
    yield "vendor", one_line(report["vendor"])
    parts = [subject.get("environment", ""), subject.get("region", "")]
    yield "address", one_line(" ".join(part for part in (subject["url"], *parts) if part))
    yield "mode", f"{kind}: {_DESCRIPTIONS[kind]}"
    yield "profile", one_line(report["profile"])
    yield "period", f"{subject['window']['start']} to {subject['window']['end']}"
    yield "signer", signer or "nobody: whoever can write its files can make them fit each other"
    if validity is not None:
        yield "valid", f"until {validity['not_after']}"
