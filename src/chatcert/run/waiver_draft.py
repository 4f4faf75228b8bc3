"""Draft of a waivers file: an entry for each breach of a report, which a person has to complete."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from chatcert.judge.verdict import VerdictKind
from chatcert.report.grouping import findings_of
from chatcert.report.model import Report, RequirementRow
from chatcert.text import count, one_line, shorten

DAYS: Final = 30
"""Days until a waiver of a draft expires."""
_WIDTH: Final = 160


def draft_of(report: Report, day: date) -> str:
    """Return the draft in TOML. Reason, owner and ticket are empty, so that no run accepts it as it is.

    Args:
        day: today, UTC.
    """
    failing = [row for row in report["requirements"] if row["verdict"] == VerdictKind.FAIL]
    head = f"# {count(len(failing), 'breach', 'breaches')} of {one_line(report['vendor'])}. Keep those that somebody "
    lines = [f"{head}agrees to live with, and say why,", "# who answers for it, and where it is followed up."]
    for row in failing:
        lines += ["", *_entry(row, report["vendor"], day)]
    return "\n".join(lines) + "\n"


def _entry(row: RequirementRow, vendor: str, day: date) -> Iterator[str]:
    for finding in findings_of(row)[:1]:
        yield f"# {_comment(row['clause']['text'])}"
        yield f"# expected {_comment(finding['expected'])}; came {_comment(finding['actual'])}"
    yield "[[waiver]]"
    for key, value in (("requirement", row["id"]), ("vendor", vendor), ("reason", ""), ("owner", ""), ("ticket", "")):
        yield f"{key} = {json.dumps(value)}"
    yield f"expires = {day + timedelta(days=DAYS)}"


def _comment(text: str) -> str:
    """Return a text of a server or a document as a part of one line of comment."""
    return ascii(shorten(one_line(text), _WIDTH))[1:-1]
