"""Which requirements of a report count towards an entry: all but a user's own rules."""

from __future__ import annotations

from collections.abc import Iterable

from chatcert.judge.verdict import Outcome, VerdictKind, outcome_of
from chatcert.register.record_rows import CatalogueEntryRow
from chatcert.report.model import Report, RequirementRow
from chatcert.report.own_verdicts import contract_rows


def counted_rows(report: Report) -> list[RequirementRow]:
    """Return the requirements of a report that count towards an entry."""
    return contract_rows(report["requirements"])


def outcome_of_rows(rows: Iterable[RequirementRow]) -> Outcome:
    """Return the outcome of those rows alone."""
    return outcome_of(VerdictKind(row["verdict"]) for row in rows)


def catalogue_rows(report: Report) -> list[CatalogueEntryRow]:
    """Return the requirements that count, as a register shows them."""
    return [
        {
            "id": row["id"],
            "kind": row["kind"],
            "level": row["level"],
            "provenance": row["provenance"],
            "text": row["clause"]["text"],
        }
        for row in counted_rows(report)
    ]
