"""What the profile of a run selects of a large document, and the outcome that rests on it.

A profile that limits its requests leaves requirements of a very large document out, before anything is sent. They are
*not-run*, a report with them is not complete, and its outcome is on all others, with a remark.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from chatcert.cases.plan import TOO_MANY
from chatcert.judge.verdict import OUTCOME_RULE, SELECTION_RULE, Outcome, VerdictKind, outcome_of
from chatcert.report.model import RequirementRow
from chatcert.report.own_verdicts import contract_rows
from chatcert.text import count

NOT_SELECTED: Final = "it was not selected"
"""The reason of a requirement that the options of a run left out."""


def is_left_out(row: RequirementRow) -> bool:
    """Return whether the profile left a requirement out, which whoever verifies the report derives again."""
    return row["verdict"] == VerdictKind.NOT_RUN and row["reason"] == TOO_MANY


def is_not_selected(row: RequirementRow) -> bool:
    """Return whether the options of a run left a requirement out."""
    return row["verdict"] == VerdictKind.NOT_RUN and row["reason"] == NOT_SELECTED


def is_partial(rows: Sequence[RequirementRow]) -> bool:
    """Return whether the options of a run left out some of the vendor's contract, so that it is no certificate."""
    return any(map(is_not_selected, contract_rows(rows)))


def selected_kinds(rows: Sequence[RequirementRow]) -> list[VerdictKind]:
    """Return the verdicts on the requirements that the profile selects."""
    return [VerdictKind(row["verdict"]) for row in rows if not is_left_out(row)]


def rule_of(rows: Sequence[RequirementRow]) -> int:
    """Return the version of the rule that gives the outcome of these rows."""
    return SELECTION_RULE if any(map(is_left_out, rows)) else OUTCOME_RULE


def outcome_of_rows(rows: Sequence[RequirementRow], rule: int) -> Outcome:
    """Return the outcome of rows by one version of the rule; the first one knows of no selection.

    Own rules do not count.
    """
    counted = contract_rows(rows)
    if rule < SELECTION_RULE:
        return outcome_of(VerdictKind(row["verdict"]) for row in counted)
    kinds = selected_kinds(counted)
    return outcome_of(kinds, left_out=len(kinds) < len(counted))


def unselected_sentence(rows: Sequence[RequirementRow], profile: str) -> str:
    """Return what the profile leaves out, as a sentence; empty if it selects everything."""
    number = sum(map(is_left_out, rows))
    if not number:
        return ""
    verb = "is" if number == 1 else "are"
    return f"{number:,} of {count(len(rows), 'requirement')} {verb} left to a larger profile than {profile}."
