"""The verdicts on users' own rules: they count for the exit status of a run, not for what a report certifies."""

from __future__ import annotations

from collections.abc import Iterable

from chatcert.judge.verdict import BREACHES, JUDGED, VerdictKind
from chatcert.openapi.provenance import Provenance
from chatcert.openapi.reading import digest_of
from chatcert.report.model import OwnRuleRow, Report, RequirementRow
from chatcert.requirements.catalogue import Catalogue
from chatcert.requirements.own import installed_rule
from chatcert.requirements.requirement import Kind, Requirement


def contract_rows(rows: Iterable[RequirementRow]) -> list[RequirementRow]:
    """Return the rows on the vendor's contract: all but those of own rules."""
    return [row for row in rows if row["provenance"] != Provenance.OWN]


def own_rows(rows: Iterable[RequirementRow]) -> list[RequirementRow]:
    """Return the rows of own rules."""
    return [row for row in rows if row["provenance"] == Provenance.OWN]


def catalogue_digest(rows: Iterable[RequirementRow]) -> str:
    """Return the digest of the catalogue that has these requirements."""
    return digest_of(
        [[row["id"], row["level"], row["provenance"], row["clause"]["text"], row["clause"]["pointer"]] for row in rows]
    )


def own_rule_rows(catalogue: Catalogue) -> list[OwnRuleRow]:
    """Return what a report says of the own rules of a catalogue."""
    return [rule_row(one) for one in catalogue.requirements.values() if one.kind is Kind.OWN]


def rule_row(requirement: Requirement) -> OwnRuleRow:
    """Return what a report says of the rule that makes a requirement."""
    name, version, digest = installed_rule(requirement).identity
    return {"name": name, "version": version, "digest": digest}


def own_sentence(report: Report) -> str:
    """Return what became of own rules, in a sentence; empty for a report without any."""
    kinds = [VerdictKind(row["verdict"]) for row in own_rows(report["requirements"])]
    if not kinds:
        return ""
    parts = [
        f"{number:,} of {len(kinds):,} {word}"
        for word, number in (
            ("broken", sum(kind in BREACHES for kind in kinds)),
            ("waived", kinds.count(VerdictKind.WAIVED)),
            ("not judged", sum(kind not in JUDGED for kind in kinds)),
        )
        if number
    ]
    holding = "the one holds" if len(kinds) == 1 else f"all {len(kinds):,} hold"
    return f"Own rules, which do not count towards the outcome: {', '.join(parts) or holding}."
