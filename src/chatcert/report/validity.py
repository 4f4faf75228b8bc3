"""How much a report is worth: how strong its passes are, and for how long and for what it holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from chatcert.judge.verdict import JUDGED, VerdictKind
from chatcert.report.model import RequirementRow, Strength, Totals, Validity, WaiverUse
from chatcert.text import format_time, parse_time, percent

VALID_DAYS: Final = 90
"""For how many days after it was issued a report holds, if nothing voids it before."""


VOID_IF: Final = (
    "report.json or evidence.jsonl is changed by a single byte",
    "another version of the service is deployed, or its configuration changes",
    "the vendor's document or its overlay changes: they are named by their digests",
    "the service is reached at another address, in another region or environment, or through another gateway",
)
"""Sentences that each go on from "void if"."""


def strength_of(totals: Totals, rows: Sequence[RequirementRow]) -> Strength:
    """How many requirements were judged and hold, and how many cases back the passes; percentages rounded down.

    ``telling`` of the ``cases`` behind the passes could have shown a breach; the others are vacuous.
    """
    judged = sum(totals[word] for word in JUDGED)
    passes = [row for row in rows if row["verdict"] == VerdictKind.PASS]
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
    """From when to when a report holds, and what ends that before.

    Args:
        issued: the moment at which the run ended.
        waivers: what the report says of them.
    """
    days = [waiver["expires"] for waiver in waivers["used"]] if waivers is not None else []
    ends = [f"a waiver that it rests on ends: the first one after {min(days)}"] if days else []
    return {"issued": issued, "not_after": not_after(issued), "days": VALID_DAYS, "void_if": [*VOID_IF, *ends]}


def not_after(issued: str, days: int = VALID_DAYS) -> str:
    """The moment so many days after another."""
    return format_time((parse_time(issued) + timedelta(days=days)).timestamp())
