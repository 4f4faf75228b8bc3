"""A comparison of two reports as GitHub Flavored Markdown, for the summary of a CI job."""

from __future__ import annotations

from typing import Final

from chatcert.report.comparison import ChangeKind, Comparison, comparison_sentence
from chatcert.report.views.github_markdown import code, table
from chatcert.text import count

MAX_ROWS: Final = 1_000
"""How many changes are listed, so that the summary takes them all."""


def comparison_markdown(comparison: Comparison) -> str:
    """Render a comparison: its sentence, what differs between the runs, and a table of the changes."""
    parts = [
        f"## {code(comparison.vendor)}: comparison",
        comparison_sentence(comparison) if comparison.comparable else "Not comparable.",
        *(f"- {code(line)}" for line in (*comparison.obstacles, *comparison.remarks)),
    ]
    changes = [change for change in comparison.changes if change.kind is not ChangeKind.UNCHANGED]
    rows = [
        (change.kind.value, code(change.requirement), change.old or "", change.new or "")
        for kind in ChangeKind
        for change in changes
        if change.kind is kind
    ]
    text = "\n\n".join([*parts, table(("change", "requirement", "old", "new"), rows[:MAX_ROWS])]) + "\n"
    return text + (f"\n{count(len(rows) - MAX_ROWS, 'more change')}.\n" if len(rows) > MAX_ROWS else "")
