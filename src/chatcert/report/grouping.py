"""Group findings by root cause, and verdicts without a finding by their reason, so that each is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chatcert.judge.verdict import VerdictKind
from chatcert.report.model import FindingRow, Report, RequirementRow

FINDING_ORDER: Final = (
    VerdictKind.FAIL,
    VerdictKind.ERROR,
    VerdictKind.INCONCLUSIVE,
    VerdictKind.WARN,
    VerdictKind.WAIVED,
)
"""Verdicts that may have a finding, in the order in which findings are shown."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Requirements of one kind and verdict whose findings have the same cause.

    Attributes:
        cause: what came back, without the remarks in parentheses that differ from case to case.
        rows: their rows of the report, in its order; each of them has a finding.
    """

    verdict: VerdictKind
    kind: str
    cause: str
    rows: tuple[RequirementRow, ...]

    @property
    def findings(self) -> tuple[FindingRow, ...]:
        """Return the findings of the rows, in their order."""
        return tuple(row["finding"] for row in self.rows if row["finding"] is not None)

    @property
    def title(self) -> str:
        """Return the title of the first finding."""
        return self.findings[0]["title"]

    @property
    def expected(self) -> str | None:
        """Return what the contract requires, if it is the same for all; else ``None``."""
        return _common(finding["expected"] for finding in self.findings)

    @property
    def actual(self) -> str | None:
        """Return what came back, if it is exactly the same for all; else ``None``."""
        return _common(finding["actual"] for finding in self.findings)

    @property
    def curl(self) -> str:
        """Return the first command that reproduces it; empty if there is none."""
        return next((finding["curl"] for finding in self.findings if finding["curl"]), "")

    @property
    def occurrences(self) -> int:
        """Return how many exchanges show it, summed over the requirements."""
        return sum(finding["occurrences"] for finding in self.findings)

    @property
    def observed(self) -> int:
        """Return how many exchanges could have shown it, summed over the requirements."""
        return sum(finding["observed"] for finding in self.findings)

    @property
    def exchanges(self) -> tuple[int, ...]:
        """Return the numbers of the exchanges that show it: the first of each requirement, then the second ones."""
        columns = [finding["exchanges"] for finding in self.findings]
        longest = max((len(column) for column in columns), default=0)
        return tuple(dict.fromkeys(column[i] for i in range(longest) for column in columns if i < len(column)))


def without_finding(report: Report) -> list[RequirementRow]:
    """Return the rows of a report that have no finding."""
    return [row for row in report["requirements"] if row["finding"] is None]


def group_findings(report: Report) -> list[FindingGroup]:
    """Group the findings of a report: by ``FINDING_ORDER``, larger groups before smaller ones."""
    members: dict[tuple[VerdictKind, str, str], list[RequirementRow]] = {}
    for row in report["requirements"]:
        if row["finding"] is not None:
            key = (VerdictKind(row["verdict"]), row["kind"], _cause(row["finding"]["actual"]))
            members.setdefault(key, []).append(row)
    groups = [FindingGroup(verdict, kind, cause, tuple(rows)) for (verdict, kind, cause), rows in members.items()]
    return sorted(groups, key=lambda group: (FINDING_ORDER.index(group.verdict), -len(group.rows)))


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Requirements that have the same verdict for the same reason."""

    verdict: VerdictKind
    reason: str
    rows: tuple[RequirementRow, ...]

    @property
    def ids(self) -> list[str]:
        """Return the ids of the requirements, in the order of the report."""
        return [row["id"] for row in self.rows]


def group_reasons(rows: Iterable[RequirementRow], verdicts: Sequence[VerdictKind]) -> list[ReasonGroup]:
    """Group the rows that have one of ``verdicts`` by verdict and reason, in the order of the rows."""
    groups: dict[tuple[VerdictKind, str], list[RequirementRow]] = {}
    for row in rows:
        if row["verdict"] in verdicts:
            groups.setdefault((VerdictKind(row["verdict"]), row["reason"]), []).append(row)
    return [ReasonGroup(verdict, reason, tuple(members)) for (verdict, reason), members in groups.items()]


def _common(texts: Iterable[str]) -> str | None:
    """Return the text if all texts are the same, else ``None``."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else None


def _cause(actual: str) -> str:
    return " ".join(actual.partition(" (")[0].split())
