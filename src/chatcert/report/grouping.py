"""Group findings by root cause, and verdicts without a finding by their reason, so that each is shown once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from chatcert.judge.verdict import VerdictKind
from chatcert.report.model import FurtherFindingRow, Report, RequirementRow
from chatcert.requirements.requirement import Level
from chatcert.text import count, join_numbers

FINDING_ORDER: Final = (
    VerdictKind.FAIL,
    VerdictKind.ERROR,
    VerdictKind.INCONCLUSIVE,
    VerdictKind.WARN,
    VerdictKind.WAIVED,
)
"""Verdicts that may have a finding, in the order in which findings are shown."""

MOST_NUMBERS = 8
"""Numbers of exchanges that a finding is said to be seen in."""


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """Findings with the same cause, on requirements of one kind, level and verdict.

    Attributes:
        cause: what came back, without what differs from case to case.
        members: the rows of the report, in its order, each with a finding on it that has this cause. A row with two
            such findings, such as a breach that comes always and one that comes at times, is there twice.
    """

    verdict: VerdictKind
    kind: str
    cause: str
    members: tuple[tuple[RequirementRow, FurtherFindingRow], ...]

    @property
    def rows(self) -> tuple[RequirementRow, ...]:
        """Return the rows of the report, each once."""
        return tuple({row["id"]: row for row, _ in self.members}.values())

    @property
    def findings(self) -> tuple[FurtherFindingRow, ...]:
        """Return the findings, in the order of their rows."""
        return tuple(finding for _, finding in self.members)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Return why the requirements are waived, each reason once; empty for other verdicts."""
        return tuple(dict.fromkeys(row["reason"] for row in self.rows if row["reason"]))

    @property
    def level(self) -> str:
        """Return the level of the requirements; of binding ones whose breach is only a remark, say so."""
        return level_of(self.rows[0])

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
    def seen(self) -> str:
        """Return how often it was seen, and in which exchanges the report shows it.

        It is empty for several requirements, whose exchanges may be the same ones.
        """
        if len(self.findings) > 1 or not self.findings[0]["observed"]:
            return ""
        finding = self.findings[0]
        times = f"{finding['occurrences']:,} of {count(finding['observed'], 'time')}"
        numbers = finding["exchanges"][:MOST_NUMBERS]
        if not numbers:
            return times
        such_as = "such as " if len(numbers) < finding["occurrences"] else ""
        return f"{times}, {such_as}in exchange{'s' if numbers[1:] else ''} {join_numbers(numbers)}"

    @property
    def curl(self) -> str:
        """Return the first command that reproduces it; empty if there is none."""
        return next((finding["curl"] for finding in self.findings if finding["curl"]), "")

    @property
    def repeated(self) -> int | None:
        """Return the number of the exchange that the command repeats; ``None`` if the evidence does not have it."""
        shown = (finding["exchanges"] for finding in self.findings if finding["curl"])
        return next((numbers[0] for numbers in shown if numbers), None)

    @property
    def request_id(self) -> str:
        """Return the correlation id of the exchange that the command repeats; empty if it had none."""
        return next((finding.get("request_id", "") for finding in self.findings if finding["curl"]), "")

    @property
    def exchanges(self) -> tuple[int, ...]:
        """Return the numbers of the exchanges that show it: the first of each requirement, then the second ones.

        Before all others come two of the first requirement, of which the second may be one that the first refers to.
        """
        columns = [finding["exchanges"] for finding in self.findings]
        longest = max((len(column) for column in columns), default=0)
        others = (column[i] for i in range(longest) for column in columns if i < len(column))
        return tuple(dict.fromkeys([*columns[0][:2], *others]))


def without_finding(report: Report) -> list[RequirementRow]:
    """Return the rows of a report that have no finding."""
    return [row for row in report["requirements"] if row["finding"] is None]


def group_findings(report: Report) -> list[FindingGroup]:
    """Group the findings of a report: by ``FINDING_ORDER``, larger groups before smaller ones."""
    members: dict[tuple[VerdictKind, str, str, str], list[tuple[RequirementRow, FurtherFindingRow]]] = {}
    for row in report["requirements"]:
        for finding in findings_of(row):
            key = (VerdictKind(row["verdict"]), row["level"], row["kind"], cause_of(finding))
            members.setdefault(key, []).append((row, finding))
    groups = [
        FindingGroup(verdict, kind, cause, tuple(entries)) for (verdict, _, kind, cause), entries in members.items()
    ]
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


def findings_of(row: RequirementRow) -> tuple[FurtherFindingRow, ...]:
    """Return the findings on a requirement: one for each cause."""
    return (row["finding"], *row["finding"].get("also", ())) if row["finding"] is not None else ()


def cause_of(finding: FurtherFindingRow) -> str:
    """Return what came back, without what differs from case to case; reports of earlier versions do not name it."""
    return " ".join(finding.get("cause", finding["actual"].partition(" (")[0]).split())


def level_of(row: RequirementRow) -> str:
    """Return the level of a requirement; of one that is broken less severely than that, both levels."""
    binding_remark = row["verdict"] == VerdictKind.WARN and row["level"] == Level.MUST
    return f"{row['level']}, broken as far as a {Level.SHOULD} goes" if binding_remark else row["level"]
