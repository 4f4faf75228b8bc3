"""Compare two reports on the same contract."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypedDict

from chatcert.judge.blame.folding import FOLDED
from chatcert.judge.verdict import JUDGED, UNJUDGED, WORST_FIRST, VerdictKind
from chatcert.report.model import ChangeRow, Report
from chatcert.report.own_verdicts import catalogue_digest, contract_rows
from chatcert.text import one_line


class ChangeKind(StrEnum):
    """How the verdict on one requirement changed."""

    NEWLY_FAILING = "newly-failing"
    WORSE = "worse"
    UNJUDGED = "unjudged"
    WAIVED = "waived"
    FIXED = "fixed"
    BETTER = "better"
    DIFFERENT = "different"
    NEW = "new"
    GONE = "gone"
    UNCHANGED = "unchanged"


REGRESSIONS: Final = (ChangeKind.NEWLY_FAILING, ChangeKind.WORSE)
MEANINGS: Final = {
    ChangeKind.NEWLY_FAILING: "broken now, and was not known to be",
    ChangeKind.WORSE: "a worse verdict",
    ChangeKind.UNJUDGED: "not judged, where there was a verdict",
    ChangeKind.WAIVED: "broken as before, or not known to be before, and covered by a waiver now",
    ChangeKind.FIXED: "was broken, and nothing binding was seen to be broken this time",
    ChangeKind.BETTER: "a better verdict, or one where there was none",
    ChangeKind.DIFFERENT: "another verdict, neither better nor worse",
    ChangeKind.NEW: "only the new report has it",
    ChangeKind.GONE: "only the old report has it",
    ChangeKind.UNCHANGED: "the same verdict",
}


class ComparisonDocument(TypedDict):
    """The JSON form of a comparison."""

    schema: str
    vendor: str
    comparable: bool
    obstacles: list[str]
    remarks: list[str]
    regressed: bool | None
    totals: dict[str, int]
    changes: list[ChangeRow]


@dataclass(frozen=True, slots=True)
class Change:
    """One requirement in two reports; a verdict is ``None`` if the report does not have the requirement."""

    requirement: str
    old: VerdictKind | None
    new: VerdictKind | None

    @property
    def kind(self) -> ChangeKind:
        """How its verdict changed.

        Verdicts are compared by rank, worst first, with exceptions. A new breach is one, whatever the verdict was
        before. A verdict that could not be reached again says nothing of the server: it is neither fixed nor worse. A
        waiver makes no server better, though its end is worse. An answer that no longer comes, or comes now, such as
        an error, leaves less or more to judge, which is neither.
        """
        if self.old is None or self.new is None:
            return ChangeKind.NEW if self.old is None else ChangeKind.GONE
        if self.old is self.new:
            return ChangeKind.UNCHANGED
        if self.new in UNJUDGED:
            return ChangeKind.DIFFERENT if self.old in UNJUDGED else ChangeKind.UNJUDGED
        if self.new is VerdictKind.WAIVED and (self.old is VerdictKind.FAIL or self.old in UNJUDGED):
            return ChangeKind.WAIVED
        if self.new is VerdictKind.FAIL:
            return ChangeKind.WORSE if self.old is VerdictKind.WAIVED else ChangeKind.NEWLY_FAILING
        if self.old in (VerdictKind.FAIL, VerdictKind.WAIVED):
            return ChangeKind.FIXED
        if {self.old, self.new} == {VerdictKind.PASS, VerdictKind.NOT_APPLICABLE}:
            return ChangeKind.DIFFERENT
        return ChangeKind.WORSE if WORST_FIRST.index(self.new) < WORST_FIRST.index(self.old) else ChangeKind.BETTER


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result of comparing two reports.

    Attributes:
        obstacles: why their verdicts cannot be compared, a sentence each; empty if they can.
        remarks: other differences between the runs that may explain a change.
        changes: every requirement of either report, in the new report's order, then those that are gone. If there
            are obstacles, only those that are in one report alone; if the vendors differ, none.
        unreached: whether one of the runs did not reach its target, so that nothing was judged.
    """

    vendor: str
    obstacles: tuple[str, ...]
    remarks: tuple[str, ...]
    changes: tuple[Change, ...]
    unreached: bool = False

    @property
    def comparable(self) -> bool:
        """Return whether the verdicts can be compared."""
        return not self.obstacles

    @property
    def regressed(self) -> bool:
        """Return whether any requirement has a worse verdict than before."""
        return any(change.kind in REGRESSIONS for change in self.changes)

    @property
    def undecided(self) -> bool:
        """Return whether a requirement that had a verdict has none now, so that it may be worse."""
        return bool(self.of_kind(ChangeKind.UNJUDGED))

    def of_kind(self, kind: ChangeKind) -> tuple[Change, ...]:
        """Return the changes of one kind."""
        return tuple(change for change in self.changes if change.kind is kind)

    def to_dict(self) -> ComparisonDocument:
        """Return the JSON form; unchanged requirements are only counted."""
        return {
            "schema": "chatcert-comparison/1",
            "vendor": self.vendor,
            "comparable": self.comparable,
            "obstacles": list(self.obstacles),
            "remarks": list(self.remarks),
            "regressed": self.regressed if self.comparable else None,
            "totals": {kind.value: len(self.of_kind(kind)) for kind in ChangeKind},
            "changes": [
                {"requirement": c.requirement, "kind": c.kind.value, "old": c.old, "new": c.new}
                for c in self.changes
                if c.kind is not ChangeKind.UNCHANGED
            ],
        }


def compare(old: Report, new: Report) -> Comparison:
    """Compare two reports that are valid against their schema."""
    obstacles = tuple(_obstacles(old, new))
    before = {row["id"]: VerdictKind(row["verdict"]) for row in old["requirements"]}
    after = {row["id"]: VerdictKind(row["verdict"]) for row in new["requirements"]}
    ids = [*after, *(key for key in before if key not in after)] if old["vendor"] == new["vendor"] else []
    for key, cause in _explained(old).items():
        if after.get(cause) is VerdictKind.WAIVED:  # it was known, as a part of what is waived now
            before[key] = VerdictKind.FAIL if after.get(key) is VerdictKind.FAIL else before[key]
    changes = tuple(Change(key, before.get(key), after.get(key)) for key in ids)
    if obstacles:
        changes = tuple(change for change in changes if change.kind in (ChangeKind.NEW, ChangeKind.GONE))
    unreached = not (_has_judged(old) and _has_judged(new))
    return Comparison(new["vendor"], obstacles, tuple(_remarks(old, new)), changes, unreached)


def _explained(report: Report) -> dict[str, str]:
    """Return the requirements that follow from the finding on another one, each with that other one."""
    folded = {row["id"]: row["reason"] for row in report["requirements"] if row["reason"].startswith(FOLDED)}
    return {key: reason.removeprefix(FOLDED).partition(":")[0] for key, reason in folded.items()}


def comparison_sentence(comparison: Comparison) -> str:
    """Summarise a comparison in one sentence."""
    if not comparison.comparable:
        return f"Not comparable: {'; '.join(comparison.obstacles)}."
    found = [f"{len(comparison.of_kind(kind)):,} {kind.value}" for kind in ChangeKind if comparison.of_kind(kind)]
    unseen = "No regression was seen, but not all was judged again" if comparison.undecided else "No regression"
    verdict = "A regression" if comparison.regressed else unseen
    return f"{verdict}: {', '.join(found) or 'there is no requirement'}."


def _obstacles(old: Report, new: Report) -> Iterator[str]:
    if old["vendor"] != new["vendor"]:
        yield f"another vendor: {one_line(old['vendor'])}, then {one_line(new['vendor'])}"
        return
    before, after = old["digests"], new["digests"]
    for what, first, second in (
        ("document", before["spec"], after["spec"]),
        ("overlay", before["overlay"], after["overlay"]),
        ("catalogue", _contract_digest(old), _contract_digest(new)),
    ):
        if first != second:
            yield f"another {what}: {_digest(first)}, then {_digest(second)}"
    ids = [{row["id"] for row in report["requirements"]} for report in (old, new)]
    for which, report in (("old", old), ("new", new)):
        if not _has_judged(report):
            yield f"nothing was judged in the {which} report: {one_line('; '.join(report['reachability']))}"
    if old["digests"]["catalogue"] == new["digests"]["catalogue"] and ids[0] != ids[1]:
        yield "the same catalogue with other requirements: one of the reports was altered"


def _contract_digest(report: Report) -> str:
    """Return the digest of the catalogue without own rules, which may come and go."""
    rows = contract_rows(report["requirements"])
    return report["digests"]["catalogue"] if len(rows) == len(report["requirements"]) else catalogue_digest(rows)


def _has_judged(report: Report) -> bool:
    """Return whether a run reached its target and judged any requirement."""
    return not report["reachability"] or any(report["totals"][word] for word in JUDGED)


def _target(report: Report) -> str:
    """Return where requests went; the bundled mock counts as one target, whatever its port."""
    subject = report["subject"]
    return "mock" if subject["mode"] == "mock" else str(subject["url"])


def _way(report: Report) -> str:
    return "; ".join(report.get("deviations", [])) or "as documented"


def _digest(digest: str) -> str:
    return one_line(digest)[:19] or "none"


def _remarks(old: Report, new: Report) -> Iterator[str]:
    for what, before, after in (
        ("target", _target(old), _target(new)),
        ("way of testing", _way(old), _way(new)),
        ("profile", old["profile"], new["profile"]),
        ("suite", old["suite"]["version"], new["suite"]["version"]),
        ("rule of the outcome", str(old["outcome_rule"]), str(new["outcome_rule"])),
    ):
        if before != after:
            yield f"another {what}: {one_line(before)}, then {one_line(after)}"
    rules = [{row["id"]: row["rule"] for row in report["requirements"] if "rule" in row} for report in (old, new)]
    for name in sorted(rules[0].keys() & rules[1].keys()):
        if rules[0][name] != rules[1][name]:
            first, second = (f"{rule[name]['version']} ({_digest(rule[name]['digest'])})" for rule in rules)
            yield one_line(f"another own rule {name}: {first}, then {second}")
    if old["subject"]["window"]["end"] > new["subject"]["window"]["end"]:
        yield "the old report is later than the new one"
