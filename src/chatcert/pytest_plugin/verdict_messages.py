"""What a test shows of the verdict on its requirement, without Python frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from chatcert.text import shorten_command

if TYPE_CHECKING:
    from chatcert.judge.verdict import Verdict
    from chatcert.report.model import RequirementRow
    from chatcert.requirements.requirement import Requirement


class Shown(NamedTuple):
    """What is shown of a finding."""

    expected: str
    actual: str
    occurrences: int
    observed: int
    curl: str


def message_on(requirement: Requirement, verdict: Verdict) -> str:
    """Describe a verdict while the run goes on."""
    found = (verdict.finding, *verdict.finding.also) if verdict.finding is not None else ()
    shown = [Shown(one.expected, one.actual, one.occurrences, one.observed, one.curl) for one in found]
    clause = requirement.clause
    head = f"{verdict.kind}: {requirement.id}"
    return "\n".join([head, *_lines(clause.text, clause.pointer, verdict.reason, shown)])


def message_of(row: RequirementRow) -> str:
    """Describe a verdict of the report."""
    from chatcert.report.grouping import findings_of

    found = findings_of(row)
    shown = [Shown(one["expected"], one["actual"], one["occurrences"], one["observed"], one["curl"]) for one in found]
    clause = row["clause"]
    head = f"{row['verdict']}: {row['id']}"
    return "\n".join([head, *_lines(clause["text"], clause["pointer"], row["reason"], shown)])


def _lines(clause: str, pointer: str, reason: str, findings: Iterable[Shown]) -> Iterator[str]:
    yield f"  clause    {clause}"
    if pointer:
        yield f"  in        {pointer}"
    if reason:
        yield f"  because   {reason}"
    for found in findings:
        yield f"  expected  {_numbered(found.expected)}"
        yield f"  actual    {_numbered(found.actual)}"
        yield f"  how often {found.occurrences} of {found.observed}"
        yield from (f"  again     {shorten_command(line)}" for line in found.curl.splitlines())


def _numbered(text: str) -> str:
    """Leave out numbers of exchanges of another process: the report numbers them in another way."""
    return re.sub(r"\bexchange \d{7,}", "an exchange of another process", text)
