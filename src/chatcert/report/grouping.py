"""Findings grouped by root cause: what shows the same wrong answer in the same family is told once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatcert.judge.verdict import VerdictKind
from chatcert.report.reader import Report

ORDER: Final = (VerdictKind.FAIL, VerdictKind.ERROR, VerdictKind.INCONCLUSIVE, VerdictKind.WARN, VerdictKind.WAIVED)
"""Verdicts that may carry a finding, in the order in which findings are told."""


@dataclass(frozen=True, slots=True)
class Group:
    """Requirements of one kind and verdict whose findings show the same.

    Attributes:
        cause: what came back, without the remarks in parentheses that tell one case from another.
        rows: their rows of the report, in its order; each has a finding.
    """

    verdict: VerdictKind
    kind: str
    cause: str
    rows: tuple[Mapping[str, Any], ...]

    @property
    def title(self) -> str:
        """The first finding's title."""
        return str(self.rows[0]["finding"]["title"])

    @property
    def expected(self) -> str | None:
        """What the contract asks for, where it is the same for all; else ``None``."""
        return self._common("expected")

    @property
    def actual(self) -> str | None:
        """What came back, where it is the same for all to the letter; else ``None``."""
        return self._common("actual")

    @property
    def curl(self) -> str:
        """The first command that shows it again; empty if there is none."""
        return next((str(row["finding"]["curl"]) for row in self.rows if row["finding"]["curl"]), "")

    @property
    def occurrences(self) -> int:
        """How many exchanges show it, summed over the requirements."""
        return sum(row["finding"]["occurrences"] for row in self.rows)

    @property
    def observed(self) -> int:
        """How many exchanges could have shown it, summed over the requirements."""
        return sum(row["finding"]["observed"] for row in self.rows)

    @property
    def exchanges(self) -> tuple[int, ...]:
        """Numbers of the exchanges that show it: each requirement's first, then the second ones, and so on."""
        columns = [row["finding"]["exchanges"] for row in self.rows]
        longest = max((len(column) for column in columns), default=0)
        return tuple(dict.fromkeys(column[i] for i in range(longest) for column in columns if i < len(column)))

    def _common(self, part: str) -> str | None:
        said = {str(row["finding"][part]) for row in self.rows}
        return said.pop() if len(said) == 1 else None


def group_findings(report: Report) -> list[Group]:
    """All findings of a report, breaches of binding requirements first, larger groups before smaller ones."""
    found: dict[tuple[VerdictKind, str, str], list[Mapping[str, Any]]] = {}
    for row in report["requirements"]:
        if row["finding"] is not None:
            key = (VerdictKind(row["verdict"]), row["kind"], _cause(row["finding"]["actual"]))
            found.setdefault(key, []).append(row)
    groups = [Group(verdict, kind, cause, tuple(rows)) for (verdict, kind, cause), rows in found.items()]
    return sorted(groups, key=lambda group: (ORDER.index(group.verdict), -len(group.rows)))


def _cause(actual: str) -> str:
    return " ".join(actual.partition(" (")[0].split())
