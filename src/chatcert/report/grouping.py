"""Findings grouped by root cause: what shows the same wrong answer in the same family is told once."""

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
"""Verdicts that may carry a finding, in the order in which findings are told."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Requirements of one kind and verdict whose findings show the same.

    Attributes:
        cause: what came back, without the remarks in parentheses that tell one case from another.
        rows: their rows of the report, in its order; each has a finding.
    """

    verdict: VerdictKind
    kind: str
    cause: str
    rows: tuple[RequirementRow, ...]

    @property
    def findings(self) -> tuple[FindingRow, ...]:
        """The findings of the rows, in their order."""
        return tuple(row["finding"] for row in self.rows if row["finding"] is not None)

    @property
    def title(self) -> str:
        """The first finding's title."""
        return self.findings[0]["title"]

    @property
    def expected(self) -> str | None:
        """What the contract asks for, where it is the same for all; else ``None``."""
        return _common(finding["expected"] for finding in self.findings)

    @property
    def actual(self) -> str | None:
        """What came back, where it is the same for all to the letter; else ``None``."""
        return _common(finding["actual"] for finding in self.findings)

    @property
    def curl(self) -> str:
        """The first command that shows it again; empty if there is none."""
        return next((finding["curl"] for finding in self.findings if finding["curl"]), "")

    @property
    def occurrences(self) -> int:
        """How many exchanges show it, summed over the requirements."""
        return sum(finding["occurrences"] for finding in self.findings)

    @property
    def observed(self) -> int:
        """How many exchanges could have shown it, summed over the requirements."""
        return sum(finding["observed"] for finding in self.findings)

    @property
    def exchanges(self) -> tuple[int, ...]:
        """Numbers of the exchanges that show it: each requirement's first, then the second ones, and so on."""
        columns = [finding["exchanges"] for finding in self.findings]
        longest = max((len(column) for column in columns), default=0)
        return tuple(dict.fromkeys(column[i] for i in range(longest) for column in columns if i < len(column)))


def without_finding(report: Report) -> list[RequirementRow]:
    """Return the rows of a report that have no finding."""
    return [row for row in report["requirements"] if row["finding"] is None]


def group_findings(report: Report) -> list[FindingGroup]:
    """All findings of a report, breaches of binding requirements first, larger groups before smaller ones."""
    found: dict[tuple[VerdictKind, str, str], list[RequirementRow]] = {}
    for row in report["requirements"]:
        if row["finding"] is not None:
            key = (VerdictKind(row["verdict"]), row["kind"], _cause(row["finding"]["actual"]))
            found.setdefault(key, []).append(row)
    groups = [FindingGroup(verdict, kind, cause, tuple(rows)) for (verdict, kind, cause), rows in found.items()]
    return sorted(groups, key=lambda group: (FINDING_ORDER.index(group.verdict), -len(group.rows)))


@dataclass(frozen=True, slots=True)
class ReasonGroup:
    """Requirements that have the same verdict for the same reason."""

    verdict: VerdictKind
    reason: str
    rows: tuple[RequirementRow, ...]

    @property
    def ids(self) -> list[str]:
        """The ids of the requirements, in the order of the report."""
        return [row["id"] for row in self.rows]


def group_reasons(rows: Iterable[RequirementRow], verdicts: Sequence[VerdictKind]) -> list[ReasonGroup]:
    """Group the rows that have one of ``verdicts`` by verdict and reason, in the order of the rows."""
    groups: dict[tuple[VerdictKind, str], list[RequirementRow]] = {}
    for row in rows:
        if row["verdict"] in verdicts:
            groups.setdefault((VerdictKind(row["verdict"]), row["reason"]), []).append(row)
    return [ReasonGroup(verdict, reason, tuple(members)) for (verdict, reason), members in groups.items()]


def _common(texts: Iterable[str]) -> str | None:
    """The text that all are, or ``None``."""
    distinct = set(texts)
    return distinct.pop() if len(distinct) == 1 else None


def _cause(actual: str) -> str:
    return " ".join(actual.partition(" (")[0].split())
