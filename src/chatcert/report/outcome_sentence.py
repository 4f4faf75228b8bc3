"""Claims of a report on its own rows, typed, from which the sentence of its outcome is rendered.

They are about the vendor's contract: users' own rules are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from chatcert.judge.verdict import JUDGED, UNJUDGED, Outcome, VerdictKind
from chatcert.report.model import Report, RequirementRow
from chatcert.report.own_verdicts import contract_rows
from chatcert.report.selection import is_left_out, is_not_selected
from chatcert.text import count

_EVERY = tuple(VerdictKind)


class ReportClaim(Protocol):
    """A statement about the requirements of a report."""

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Return whether the statement is true of all rows of the report."""
        ...


@dataclass(frozen=True, slots=True)
class Counted:
    """So many requirements have one of these verdicts."""

    verdicts: tuple[VerdictKind, ...]
    number: int

    @classmethod
    def of(cls, report: Report, *verdicts: VerdictKind) -> Counted:
        """Return the claim that the totals of a report make."""
        return cls(verdicts, sum(report["totals"][word] for word in verdicts))

    def __str__(self) -> str:
        """Render the number."""
        return f"{self.number:,}"

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Count the rows."""
        return self.number == sum(row["verdict"] in self.verdicts for row in contract_rows(rows))


@dataclass(frozen=True, slots=True)
class Unjudged:
    """So many of the requirements that profile and options select could not be judged or did not run."""

    number: int

    @classmethod
    def of(cls, report: Report) -> Unjudged:
        """Return the claim that the totals of a report make."""
        left_out = LeftOut.of(report).number + NotSelected.of(report).number
        return cls(sum(report["totals"][word] for word in UNJUDGED) - left_out)

    def __str__(self) -> str:
        """Render the number."""
        return f"{self.number:,}"

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Count the rows."""
        counted = contract_rows(rows)
        selected = [row for row in counted if not is_left_out(row) and not is_not_selected(row)]
        return self.number == sum(row["verdict"] in UNJUDGED for row in selected)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """So many requirements are left to a larger profile."""

    number: int

    @classmethod
    def of(cls, report: Report) -> LeftOut:
        """Return the claim for a report."""
        return cls(sum(map(is_left_out, report["requirements"])))

    def __str__(self) -> str:
        """Render the number."""
        return f"{self.number:,} left to a larger profile"

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Count the rows."""
        return self.number == sum(map(is_left_out, rows))


@dataclass(frozen=True, slots=True)
class NotSelected:
    """So many requirements were left out by the options of the run."""

    number: int

    @classmethod
    def of(cls, report: Report) -> NotSelected:
        """Return the claim for a report."""
        return cls(sum(map(is_not_selected, contract_rows(report["requirements"]))))

    def __str__(self) -> str:
        """Render the number."""
        return f"{self.number:,} not selected"

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Count the rows."""
        return self.number == sum(map(is_not_selected, contract_rows(rows)))


@dataclass(frozen=True, slots=True)
class Every:
    """Every requirement that was judged has this verdict."""

    verdict: VerdictKind

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Look for one that has another."""
        return all(row["verdict"] == self.verdict for row in contract_rows(rows) if row["verdict"] in JUDGED)


@dataclass(frozen=True, slots=True)
class Absent:
    """No requirement has one of these verdicts."""

    verdicts: tuple[VerdictKind, ...]

    def holds(self, rows: Sequence[RequirementRow]) -> bool:
        """Look for one that has."""
        return not any(row["verdict"] in self.verdicts for row in contract_rows(rows))


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with all that it claims."""

    text: str
    claims: tuple[ReportClaim, ...]

    def __str__(self) -> str:
        """Render the sentence."""
        return self.text


def outcome_sentence(report: Report) -> Sentence:
    """Return the verdicts in one sentence, without the label of the outcome."""
    judged, unjudged, left_out = Counted.of(report, *JUDGED), Unjudged.of(report), LeftOut.of(report)
    failed, waived = Counted.of(report, VerdictKind.FAIL), Counted.of(report, VerdictKind.WAIVED)
    remarks, whole = Counted.of(report, VerdictKind.WARN), Counted(_EVERY, report["totals"]["requirements"])
    tested = count(judged.number, "requirement")
    tail = f"; {_waived(waived)}" if waived.number else ""
    tail += f"; {left_out}" if left_out.number else ""
    skipped = NotSelected.of(report)
    match Outcome(report["outcome"]):
        case Outcome.NOT_CONFORMANT:
            rest = f"; {unjudged} more could not be judged" if unjudged.number else ""
            tail += f"; partial run, {skipped}" if skipped.number else ""
            which = "The one requirement" if judged.number == 1 else f"{failed} of {tested}"
            text = f"{which} tested {_verb(failed.number)} broken{rest}{tail}."
            return Sentence(text, (failed, judged, unjudged, waived, left_out, skipped))
        case Outcome.NO_VERDICT if skipped.number:
            return _partial(report, skipped, tail)
        case Outcome.NO_VERDICT if unjudged.number:
            text = f"{unjudged} of {count(whole.number, 'requirement')} could not be judged or did not run{tail}."
            return Sentence(text, (unjudged, whole, waived, left_out, Absent((VerdictKind.FAIL,))))
        case Outcome.NO_VERDICT:
            text = f"None of {count(whole.number, 'requirement')} passed{tail}."
            return Sentence(text, (whole, waived, left_out, Absent((VerdictKind.PASS,))))
        case Outcome.CONFORMANT_WITH_REMARKS:
            parts = [count(remarks.number, "remark")] if remarks.number else []
            parts += [_waived(waived)] if waived.number else []
            parts += [str(left_out)] if left_out.number else []
            unwaived = " without a waiver" if waived.number else ""
            scope = f" of the {judged} tested" if left_out.number else ""
            text = f"No binding requirement{scope} is broken{unwaived}; {', '.join(parts)}."
            absent = Absent((VerdictKind.FAIL, VerdictKind.ERROR, VerdictKind.INCONCLUSIVE))
            return Sentence(text, (remarks, waived, left_out, judged, Unjudged(0), absent))
        case Outcome.CONFORMANT:
            text = f"All {tested} tested hold." if judged.number != 1 else "The one requirement tested holds."
            return Sentence(text, (judged, Every(VerdictKind.PASS), Absent(UNJUDGED)))


def _partial(report: Report, skipped: NotSelected, tail: str) -> Sentence:
    """Return what became of the requirements that a partial run selected, none of which is a breach."""
    judged, unjudged, remarks = Counted.of(report, *JUDGED), Unjudged.of(report), Counted.of(report, VerdictKind.WARN)
    selected = report["totals"]["requirements"] - skipped.number
    chosen, tested = f"{count(selected, 'requirement')} selected", count(judged.number, "requirement")
    if not selected:
        text = "no requirement of the contract was selected"
    elif unjudged.number:
        text = f"{unjudged} of {chosen} could not be judged or did not run{tail}"
    elif not judged.number:
        text = f"none of {chosen} passed{tail}"
    elif remarks.number or tail:
        also = f"; {count(remarks.number, 'remark')}" if remarks.number else ""
        text = f"no binding requirement of the {judged} tested is broken{also}{tail}"
    elif judged.number == selected:
        text = f"all {chosen} hold" if selected != 1 else "the one requirement selected holds"
    else:
        holding = f"all {tested} that apply hold" if judged.number != 1 else "the one requirement that applies holds"
        text = f"{holding}, of {selected:,} selected"
    return Sentence(
        f"Partial run: {text}; no certificate.", (judged, unjudged, remarks, skipped, Absent((VerdictKind.FAIL,)))
    )


def _waived(claim: Counted) -> str:
    return f"{count(claim.number, 'breach', 'breaches')} {_verb(claim.number)} waived"


def _verb(number: int) -> str:
    return "is" if number == 1 else "are"
