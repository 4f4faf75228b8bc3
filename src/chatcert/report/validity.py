"""How much backs a report, for how long it is valid, and what ends its validity."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from chatcert.judge.verdict import JUDGED, VerdictKind
from chatcert.report.model import RequirementRow, Strength, Totals, Validity, WaiverUse
from chatcert.report.own_verdicts import contract_rows
from chatcert.text import format_time, parse_time, percent

VALID_DAYS: Final = 90
"""How many days a report is valid after it was issued, if nothing voids it earlier."""


VOID_IF: Final = (
    "report.json or evidence.jsonl is changed by a single byte",
    "another version of the service is deployed, or its configuration changes",
    "the vendor's document or its overlay changes: they are named by their digests",
    "the service is reached at another address, in another region or environment, or through another gateway",
)
"""Conditions, each of which continues "void if"."""


def strength_of(totals: Totals, rows: Sequence[RequirementRow]) -> Strength:
    """Count the requirements that were judged and passed, and the cases behind the passes; round percentages down.

    Of the ``cases`` behind the passes, ``telling`` could have shown a breach; the others are vacuous.
    """
    judged = sum(totals[word] for word in JUDGED)
    passes = [row for row in contract_rows(rows) if row["verdict"] == VerdictKind.PASS]
    cases, telling = sum(row["cases"] for row in passes), sum(row["telling"] for row in passes)
    return {
        "judged": judged,
        "judged_percent": percent(judged, totals["requirements"]),
        "passed": totals[VerdictKind.PASS],
        "passed_percent": percent(totals[VerdictKind.PASS], judged),
        "cases": cases,
        "telling": telling,
        "telling_percent": percent(telling, cases),
    }


def validity_of(issued: str, waivers: WaiverUse | None) -> Validity:
    """Return from when to when a report is valid, and what ends that earlier.

    Args:
        issued: when the run ended.
        waivers: the waivers of the report, if it has any.
    """
    days = [waiver["expires"] for waiver in waivers["used"]] if waivers is not None else []
    ends = [f"a waiver that it rests on ends: the first one after {min(days)}"] if days else []
    return {"issued": issued, "not_after": not_after(issued), "days": VALID_DAYS, "void_if": [*VOID_IF, *ends]}


def not_after(issued: str, days: int = VALID_DAYS) -> str:
    """Return the time that is ``days`` after ``issued``."""
    return format_time((parse_time(issued) + timedelta(days=days)).timestamp())
