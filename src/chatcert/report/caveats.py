"""What a report says of its own worth, in sentences: the same in every view.

A report of an earlier version of chatcert has less to say; nothing is made up for it.
"""

from __future__ import annotations

from collections.abc import Iterator

from chatcert.report.model import (
    Contact,
    DetectionRecord,
    Difference,
    Report,
    Strength,
    Validity,
    WaiverRow,
    WaiverUse,
)
from chatcert.text import count, join_numbers, one_line


def caveats_of(report: Report) -> list[tuple[str, str]]:
    """Headings, each with its sentence; text that a server or a document wrote stands in it as it is."""
    return [(heading, text) for heading, text in _all(report) if text]


def unused_waivers(report: Report) -> list[str]:
    """A line on every waiver that covers nothing that is broken: it would hide the next breach unseen."""
    return [
        f"the waiver of {one_line(waiver['requirement'])} is unused: nothing that it names fails (remove entry "
        f"{waiver['number']}; {one_line(waiver['ticket'])}, {one_line(waiver['owner'])})"
        for waiver in (report["waivers"]["unused"] if "waivers" in report else ())
    ]


def _all(report: Report) -> Iterator[tuple[str, str]]:
    if shards := report["subject"].get("shards"):
        yield "Shards", f"{join_numbers(shards['held']) or 'none'} of {shards['of']:,}"
    if strength := report.get("strength"):
        yield "Strength", _strength(report, strength)
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


def _strength(report: Report, said: Strength) -> str:
    whole = report["totals"]["requirements"]
    return (
        f"{said['judged']:,} of {count(whole, 'requirement')} judged ({said['judged_percent']} %); "
        f"{said['passed']:,} of these hold ({said['passed_percent']} %), backed by {count(said['cases'], 'case')}, "
        f"of which {said['telling']:,} could have shown a breach ({said['telling_percent']} %)"
    )


def _proof(said: DetectionRecord) -> str:
    if not said["measured"]:
        return said["reason"]
    return (
        f"of {count(said['faults'], 'server')} each made wrong in one thing, {said['found']:,} were found, "
        f"{said['owned']:,} of them by the very requirement; of {count(said['manners'], 'server')} that are odd but "
        f"right, {said['blamed']:,} were blamed (profile {said['profile']}, this very code and catalogue)"
    )


def _validity(said: Validity) -> str:
    return f"from {said['issued']} to {said['not_after']}; void if {'; or if '.join(said['void_if'])}"


def _waivers(said: WaiverUse) -> str:
    parts = [
        f"{name}: {', '.join(_waiver(waiver) for waiver in waivers)}"
        for name, waivers in (
            ("used", said["used"]),
            ("unused", said["unused"]),
            ("undecided", said["undecided"]),
            ("expired", said["expired"]),
        )
        if waivers
    ]
    return "; ".join(parts) or "none"


def _waiver(said: WaiverRow) -> str:
    return f"{said['requirement']} (until {said['expires']}, {said['owner']}, {said['ticket']}: {said['reason']})"


def _difference(said: Difference) -> str:
    before = f"{said['previous']['outcome']} on {said['previous']['finished']}"
    if not said["comparable"]:
        return f"{before}; not comparable: {'; '.join(said['obstacles'])}"
    changed = [f"{number:,} {kind}" for kind, number in said["totals"].items() if number]
    return f"{before}; {', '.join(changed) or 'there was no requirement'}"


def _contact(said: Contact) -> str:
    first = said["first"]
    if first is None:
        return f"nothing was sent; preflight {said['preflight']}"
    outages = len(said["outages"]) + said["more_outages"]
    return (
        f"first exchange at {first['at']}: {first['result']}; preflight {said['preflight']}; "
        f"{count(said['answered'], 'request')} answered, {said['unanswered']:,} not; "
        f"{count(outages, 'time')} without a usable answer"
    )
