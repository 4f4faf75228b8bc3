"""Sentences and labels that are the same in every view of a report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Final

from chatcert.judge.verdict import JUDGED, Outcome, VerdictKind
from chatcert.report.grouping import findings_of, level_of
from chatcert.report.model import Created, FoundChats, FurtherFindingRow, Report, RequirementRow
from chatcert.report.outcome_sentence import outcome_sentence
from chatcert.report.own_verdicts import own_sentence
from chatcert.requirements.requirement import Kind
from chatcert.text import count, visible
from chatcert.transport.exchange import Exchange

VERDICT_MEANINGS: Final = {
    VerdictKind.PASS: "the requirement holds",
    VerdictKind.FAIL: "something binding is broken",
    VerdictKind.WARN: "a remark: something is broken that is not binding",
    VerdictKind.WAIVED: "broken, and covered by a waiver",
    VerdictKind.INCONCLUSIVE: "the answers allow no judgement",
    VerdictKind.ERROR: "the test suite itself failed",
    VerdictKind.NOT_RUN: "not put to the test",
    VerdictKind.NOT_APPLICABLE: "there was nothing to judge, or the profile sends nothing for it",
}
"""What each verdict means, in the order in which views show them."""

KIND_MEANINGS: Final = {
    Kind.ACCEPTANCE: "a valid request is accepted",
    Kind.REFUSAL: "an invalid request is refused",
    Kind.AUTHENTICATION: "a request without valid credentials is refused",
    Kind.RESPONSE: "a success is answered as documented",
    Kind.ERROR: "an error is answered as documented",
    Kind.RELATION: "what an answer holds agrees with the request and with other answers",
    Kind.RESOURCE: "the name of something that does not exist is refused",
    Kind.ROBUSTNESS: "no request makes the server fail",
    Kind.PROTOCOL: "requests and answers are what HTTP says",
    Kind.SECURITY: "an answer gives nothing away",
    Kind.STATE: "a valid request is served, whatever came before it",
    Kind.FRAMING: "a request means the same, however it is framed",
    Kind.STREAM: "a stream of events is what is documented",
    Kind.LIFECYCLE: "a chat is there for its owner alone, until it is deleted",
    Kind.ISOLATION: "an answer holds nothing of other requests",
    Kind.OWN: "an own rule of the user's is kept",
}
"""What requirements of each kind demand of a server."""

OUTCOME_LABELS: Final = {
    Outcome.CONFORMANT: "Conformant",
    Outcome.CONFORMANT_WITH_REMARKS: "Conformant with remarks",
    Outcome.NOT_CONFORMANT: "Not conformant",
    Outcome.NO_VERDICT: "No verdict",
}

MOCK_CAVEAT = "The bundled mock server answered, not the vendor: this says nothing about the vendor's own service."


def outcome_label(report: Report) -> str:
    """Return the outcome as a heading."""
    return OUTCOME_LABELS[Outcome(report["outcome"])]


def sentence(report: Report) -> str:
    """Summarise the verdicts in one sentence, without the label of the outcome; own rules have one of their own."""
    return f"{outcome_sentence(report)} {own_sentence(report)}".rstrip()


def transient_share(report: Report) -> str:
    """Return the share of requests that met a transient failure; empty for reports that do not count them.

    It is a figure on the target at that time, and no verdict rests on it.
    """
    contact = report.get("contact")
    if contact is None or "transient" not in contact or not report["requests"]:
        return ""
    failed, of = contact["transient"], report["requests"]
    return f"{100 * failed / of:.1f} %" if failed == 0 or 1000 * failed >= of else "less than 0.1 %"


def availability(report: Report) -> str:
    """Return how many requests met a transient failure, in words; empty for reports that do not count them."""
    share = transient_share(report)
    if not share:
        return ""
    failed = report["contact"].get("transient", 0)
    return f"{failed:,} of {count(report['requests'], 'request')} met a transient failure, {share}"


def created_chats_of(report: Report) -> str:
    """Return how many chats the run has created and what is left of them; empty for reports that do not count them."""
    created = report.get("created")
    if created is None or not (created["chats"] or created["unanswered"] or created["server_errors"]):
        return ""
    parts = [f"{count(created['chats'], 'chat')} created"]
    if "removed" in created:
        parts.append(f"{created['removed']:,} removed")
        parts += [f"{one['chats']:,} not removed: {one['reason']}" for one in created.get("kept", ())]
    return "; ".join([*parts, *doubts(created)])


def doubts(created: Created, earlier: FoundChats | None = None) -> list[str]:
    """Return which chats were found by their markers, and which requests may have left chats that were not.

    Args:
        earlier: the chats that were found and removed before.
    """
    none = FoundChats(unanswered=0, server_errors=0, refused=0)
    found, before = created.get("found", none), earlier or none
    unanswered = created["unanswered"] - found["unanswered"] - before["unanswered"]
    errors = created["server_errors"] - found["server_errors"] - before["server_errors"]
    more = found["unanswered"] + found["server_errors"] + found["refused"]
    words = {
        f"{count(more, 'more chat')} found by the marker and removed": more,
        f"{count(unanswered, 'request')} without an answer may have left chats": unanswered,
        f"{count(errors, 'request')} answered with a server error may have left chats": errors,
    }
    return [text for text, number in words.items() if number > 0]


def incompleteness(report: Report) -> str:
    """Return what an incomplete report lacks, in sentences; empty for a complete one."""
    left = report["totals"][VerdictKind.NOT_RUN]
    left_out = (
        [f"{count(left, 'requirement')} did not run."] if left else []
    )  # reports of the first version do not have it
    return " ".join(report.get("missing", left_out))


def properties(report: Report) -> dict[str, str]:
    """Return what CI systems show of a report beside its tests."""
    return {
        "outcome": report["outcome"],
        "sentence": f"{outcome_label(report)}. {sentence(report)}",
        "complete": incompleteness(report) or "yes",
        "profile": report["profile"],
        "seed": str(report["seed"]),
        "target": f"{report['subject']['mode']}: {report['subject']['url']}",
        "catalogue": report["manifest"]["digest"],
    }


def durations(exchanges: Iterable[Exchange]) -> defaultdict[str, float]:
    """Return how many seconds the exchanges of each requirement took."""
    seconds: defaultdict[str, float] = defaultdict(float)
    for exchange in exchanges:
        seconds[exchange.requirement] += exchange.seconds
    return seconds


def judged_count(report: Report) -> int:
    """Return how many requirements were judged: passed, broken, remarked on or waived."""
    return sum(int(report["totals"][word]) for word in JUDGED)


def details(row: RequirementRow, finding: FurtherFindingRow | None = None) -> str:
    """Describe one requirement of a report in lines of plain text, with invisible characters escaped.

    Args:
        finding: the one finding on it to describe; all of them by default.
    """
    clause = row["clause"]
    lines = [
        f"Clause:    {clause['text']}",
        f"Place:     {' '.join(part for part in (clause['pointer'], clause['source']) if part)}",
        f"Level:     {level_of(row)} ({row['provenance']})",
        _strength(row),
        f"Reason:    {row['reason']}" if row["reason"] else "",
    ]
    for found in findings_of(row) if finding is None else (finding,):
        numbers = ", ".join(f"#{number}" for number in found["exchanges"][:40])
        lines += [
            f"Finding:   {found['title']}",
            f"Expected:  {found['expected']}",
            f"Actual:    {found['actual']}",
            f"Seen:      {found['occurrences']} of {found['observed']}" if found["observed"] else "",
            f"Exchanges: {numbers}" if numbers else "",
            f"Request:   {found['request_id']}" if found.get("request_id") else "",
            "Try it:    " + found["curl"].replace("\n", "\n           ") if found["curl"] else "",
        ]
    return visible("\n".join(line for line in lines if line))


def _strength(row: RequirementRow) -> str:
    """Describe how much backs a verdict: cases, how often they were sent, and how many could have shown a breach."""
    if not row["cases"]:
        return ""
    sent = f", sent {count(row['attempts'], 'time')}" if row.get("attempts") else ""
    return f"Tested:    {count(row['cases'], 'case')}{sent}; {row['telling']:,} could have shown a breach"
