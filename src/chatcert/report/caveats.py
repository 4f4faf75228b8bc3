"""Sentences that qualify a report, the same in every view: strength, validity, waivers, what changed, and more.

A report of an earlier version of chatcert has fewer of them.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.report.model import (
    Contact,
    CredentialOrigin,
    DetectionRecord,
    Difference,
    Report,
    ShownConstancy,
    Strength,
    Validity,
    WaiverRow,
    WaiverUse,
)
from chatcert.text import count, join_numbers, one_line


def caveats_of(report: Report) -> list[tuple[str, str]]:
    """Return pairs of heading and sentence. Text from a server or a document is in them unescaped."""
    return [(heading, text) for heading, text in _all(report) if text]


def unused_waivers(report: Report) -> list[str]:
    """Return a line for every waiver that covers no breach: it would hide the next one."""
    return [
        f"the waiver of {one_line(waiver['requirement'])} is unused: nothing that it names fails (remove entry "
        f"{waiver['number']}; {one_line(waiver['ticket'])}, {one_line(waiver['owner'])})"
        for waiver in (report["waivers"]["unused"] if "waivers" in report else ())
    ]


def _all(report: Report) -> Iterator[tuple[str, str]]:
    if shards := report["subject"].get("shards"):
        yield "Shards", f"{join_numbers(shards['held']) or 'none'} of {shards['of']:,}"
    if origins := report.get("credentials"):
        yield "Credentials", "; ".join(map(_origin, origins))
    if strength := report.get("strength"):
        yield "Strength", _strength(report, strength)
    if constancy := report.get("constancy"):
        yield "Constancy", _constancy(constancy)
    if proof := report.get("proof"):
        yield "Proof that the checks can fail", _proof(proof)
    if validity := report.get("validity"):
        yield "Valid", _validity(validity)
    if waivers := report.get("waivers"):
        yield "Waivers", _waivers(waivers)
    if difference := report.get("difference"):
        yield "Since the last report", _difference(difference)
    if reported := report["subject"].get("reported"):
        yield "The server says", "; ".join(f"{name}: {', '.join(values)}" for name, values in reported.items())
    if contact := report.get("contact"):
        yield "Contact", _contact(contact)
    if lock := report["suite"].get("lock"):
        yield "Ran with", f"Python {lock['python']}, {count(lock['distributions'], 'package')}, {lock['digest']}"
    if digest := report["digests"].get("settings"):
        yield "Settings digest", digest


def _origin(origin: CredentialOrigin) -> str:
    times = count(origin["fetched"], "time")
    refused = f", {origin['refused']:,} of them after a valid request was refused" if origin["refused"] else ""
    means = origin["kind"] if origin["kind"] in ("command", "file") else f"OAuth 2.0, {origin['kind']}"
    return f"{origin['name']} from {origin['address']} ({means}), fetched {times}{refused}"


def _strength(report: Report, strength: Strength) -> str:
    total = report["totals"]["requirements"]
    return (
        f"{strength['judged']:,} of {count(total, 'requirement')} judged ({strength['judged_percent']} %); "
        f"{strength['passed']:,} of these hold ({strength['passed_percent']} %), "
        f"backed by {count(strength['cases'], 'case')}, "
        f"of which {strength['telling']:,} could have shown a breach ({strength['telling_percent']} %)"
    )


def _constancy(shown: ShownConstancy) -> str:
    return (
        f"{count(shown['answers'], 'valid request')} answered and judged: a server that answers one in "
        f"{shown['one_in']} of them wrongly, at random, is met with a probability of {shown['percent']:g} %"
    )


def _proof(record: DetectionRecord) -> str:
    if not record["measured"]:
        return record["reason"]
    return (
        f"of {count(record['faults'], 'server')} with one fault each, {record['found']:,} were detected, "
        f"{record['owned']:,} of them by the requirement that the fault breaks; "
        f"of {count(record['manners'], 'server')} that are unusual but correct, "
        f"{record['blamed']:,} were reported as broken (profile {record['profile']}, with this code and catalogue)"
    )


def _validity(validity: Validity) -> str:
    return f"from {validity['issued']} to {validity['not_after']}; void if {'; or if '.join(validity['void_if'])}"


def _waivers(use: WaiverUse) -> str:
    parts = [
        f"{name}: {', '.join(_waiver(waiver) for waiver in waivers)}"
        for name, waivers in (
            ("used", use["used"]),
            ("unused", use["unused"]),
            ("undecided", use["undecided"]),
            ("expired", use["expired"]),
        )
        if waivers
    ]
    return "; ".join(parts) or "none"


def _waiver(waiver: WaiverRow) -> str:
    who = f"{waiver['owner']}, {waiver['ticket']}: {waiver['reason']}"
    return f"{waiver['requirement']} (until {waiver['expires']}, {who})"


def _difference(difference: Difference) -> str:
    before = f"{difference['previous']['outcome']} on {difference['previous']['finished']}"
    if not difference["comparable"]:
        return f"{before}; not comparable: {'; '.join(difference['obstacles'])}"
    changed = [f"{number:,} {kind}" for kind, number in difference["totals"].items() if number]
    return f"{before}; {', '.join(changed) or 'there was no requirement'}"


def _contact(contact: Contact) -> str:
    first = contact["first"]
    if first is None:
        return f"nothing was sent; preflight {contact['preflight']}"
    outages = len(contact["outages"]) + contact["more_outages"]
    return (
        f"first exchange at {first['at']}: {first['result']}; preflight {contact['preflight']}; "
        f"{count(contact['answered'], 'request')} answered, {contact['unanswered']:,} not; "
        f"{count(outages, 'time')} without a usable answer"
    )
