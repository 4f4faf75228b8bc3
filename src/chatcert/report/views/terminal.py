"""The summary on the terminal: a table of several vendors, the findings, and a sentence for each vendor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from rich import box
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from chatcert.judge.verdict import UNJUDGED, Outcome, VerdictKind
from chatcert.report import sentences
from chatcert.report.caveats import unused_waivers
from chatcert.report.grouping import FINDING_ORDER, FindingGroup, group_findings, group_reasons, without_finding
from chatcert.report.model import Report
from chatcert.report.selection import NOT_SELECTED
from chatcert.report.views.piped import print_separated
from chatcert.text import count, one_line, shorten, shorten_command, visible

MAX_FINDINGS = 10
MAX_CHARACTERS = 400
LIKEWISE: Final = "likewise"
MAX_UNJUDGED_IDS = 40
"""Of the requirements that share a reason why they were not judged, so many are listed on a terminal; all in a pipe."""

OUTCOME_STYLES: Final = {
    Outcome.CONFORMANT: "bold green",
    Outcome.CONFORMANT_WITH_REMARKS: "bold yellow",
    Outcome.NOT_CONFORMANT: "bold red",
    Outcome.NO_VERDICT: "bold magenta",
}
VERDICT_STYLES: Final = {
    VerdictKind.FAIL: "bold red",
    VerdictKind.ERROR: "bold magenta",
    VerdictKind.INCONCLUSIVE: "bold magenta",
    VerdictKind.NOT_RUN: "bold magenta",
    VerdictKind.WARN: "yellow",
    VerdictKind.WAIVED: "yellow",
}

COLUMNS: Final = (
    ("pass", (VerdictKind.PASS,)),
    ("fail", (VerdictKind.FAIL,)),
    ("warn", (VerdictKind.WARN,)),
    ("waived", (VerdictKind.WAIVED,)),
    ("unjudged", UNJUDGED),
    ("n/a", (VerdictKind.NOT_APPLICABLE,)),
)
"""Headings of the table of totals, each with the verdicts that its column counts."""


def print_summary(
    console: Console,
    reports: Sequence[Report],
    folders: Sequence[Path],
    matrix: Path | None = None,
    printed: Collection[str] = (),
) -> None:
    """Print a summary of reports.

    Args:
        console: decides on colours and width, and reads NO_COLOR.
        reports: one for each vendor.
        folders: where each of them was written, in the same order.
        matrix: the page that shows the vendors side by side, if there is one.
        printed: ids of requirements whose findings stand above already.
    """
    if not reports:
        return
    if len(reports) > 1:
        _print_totals(console, reports)
    groups = [
        group
        for report in reports
        for group in group_findings(report)
        if any(row["id"] not in printed for row in group.rows)
    ]
    shown = sorted(groups, key=lambda group: FINDING_ORDER.index(group.verdict))[:MAX_FINDINGS]
    for group in shown:
        _print_finding(console, group)
    _print_unjudged(console, reports)
    if more := len(groups) - len(shown):
        console.print(Text(f"\nand {count(more, 'more finding')} in report.html", style="dim"))
    console.print()
    for report, folder in zip(reports, folders, strict=True):
        _print_verdict(console, report, folder)
    if matrix is not None:
        console.print("Vendors side by side:")
        console.print(Text(_fit(console, f"  {matrix}"), style="dim"), soft_wrap=True)


def _print_verdict(console: Console, report: Report, folder: Path) -> None:
    line = Text()
    line.append(_fit(console, f"{one_line(report['vendor'])}: "), style="bold")
    line.append(sentences.outcome_label(report), style=OUTCOME_STYLES[Outcome(report["outcome"])])
    line.append(f". {sentences.sentence(report)}")
    wide = not console.is_terminal
    console.print(line, soft_wrap=wide)
    if sentences.incompleteness(report):
        console.print(
            Text(_fit(console, f"  Incomplete. {_short(sentences.incompleteness(report))}"), style="magenta"),
            soft_wrap=wide,
        )
    if sentences.availability(report):
        console.print(Text(_fit(console, f"  {sentences.availability(report)}."), style="dim"), soft_wrap=wide)
    if sentences.created_chats_of(report):
        line = Text(_fit(console, f"  {_short(sentences.created_chats_of(report))}."), style="dim")
        console.print(line, soft_wrap=wide)
    for unused in unused_waivers(report):
        console.print(Text(_fit(console, f"  {_short(unused)}"), style="bold red"), soft_wrap=True)
    console.print(Text(_fit(console, f"  {folder / 'report.html'}"), style="dim"), soft_wrap=True)


def _print_finding(console: Console, group: FindingGroup) -> None:
    row = group.rows[0]
    heading = Text("\n")
    heading.append(group.verdict.value.upper(), style=VERDICT_STYLES[group.verdict])
    heading.append(_fit(console, f" {one_line(row['id'])}"), style="bold")
    if len(group.rows) > 1:
        heading.append(f" and {count(len(group.rows) - 1, 'more requirement')}", style="dim")
    console.print(heading, soft_wrap=True)
    lines: list[tuple[str, Text]] = []
    place = " ".join(part for part in (row["clause"]["source"], row["clause"]["pointer"]) if part)
    finding = group.findings[0]
    several = len(group.rows) > 1
    for label, value in (
        ("clause", f"{row['clause']['text']}" + (f" ({place})" if place else "")),
        ("level", group.level if group.level != row["level"] else ""),
        ("expected", (group.expected or f"{finding['expected']}, of the first") if several else finding["expected"]),
        ("actual", (group.actual or group.cause) if several else finding["actual"]),
        ("seen", group.seen),
        ("request", group.request_id),
        *(("" if number else "because", reason) for number, reason in enumerate(group.reasons)),
    ):
        if value:
            lines.append((label, Text(_fit(console, _short(value)))))
    _print_lines(console, lines)
    _print_ids(console, [other["id"] for other in group.rows[1:]])
    for line in group.curl.splitlines():
        console.print(Text(_fit(console, f"  {shorten_command(visible(line))}"), style="cyan"), soft_wrap=True)


def _print_unjudged(console: Console, reports: Sequence[Report]) -> None:
    """Print why requirements were not judged: each reason once, the most frequent first."""
    rows = [row for report in reports for row in without_finding(report)]
    for group in sorted(group_reasons(rows, UNJUDGED), key=lambda group: -len(group.rows))[:MAX_FINDINGS]:
        line = Text("\n")
        line.append(group.verdict.value.upper(), style=VERDICT_STYLES[group.verdict])
        if group.reason == NOT_SELECTED:  # whoever selected the others knows
            console.print(line.append(f" {count(len(group.ids), 'requirement')} not selected", style="dim"))
            continue
        line.append(_fit(console, f" {one_line(group.ids[0])}"), style="bold")
        if len(group.ids) > 1:
            line.append(f" and {count(len(group.ids) - 1, 'more requirement')}", style="dim")
        console.print(line, soft_wrap=True)
        _print_lines(console, [("because", Text(_fit(console, _short(group.reason))))])
        if len(group.ids) == len(rows) > MAX_UNJUDGED_IDS and not any(map(group_findings, reports)):
            continue  # nothing at all was tested, for this one reason
        shown = group.ids[1:MAX_UNJUDGED_IDS] if console.is_terminal else group.ids[1:]
        _print_ids(console, shown)
        if left := len(group.ids) - 1 - len(shown):
            console.print(Text(f"           and {left:,} more, in report.html", style="dim"))


def _print_lines(console: Console, lines: Sequence[tuple[str, Text]]) -> None:
    """Print labels with their texts: wrapped in a column of their own on a terminal, one line each in a pipe."""
    if not console.is_terminal:
        last = ""
        for label, text in lines:
            last = label or last
            console.print(Text(f"  {last} ").append_text(text), soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 1))
    grid.add_column(style="dim", no_wrap=True, min_width=8)
    grid.add_column(overflow="fold")
    for label, text in lines:
        grid.add_row(label, text)
    console.print(Padding(grid, (0, 0, 0, 2)))


def _print_ids(console: Console, ids: Sequence[str]) -> None:
    """Print further ids, each whole on a line of its own."""
    for number, other in enumerate(ids):
        label = " " * len(LIKEWISE) if number and console.is_terminal else LIKEWISE
        console.print(Text(_fit(console, f"  {label} {one_line(other)}"), style="dim"), soft_wrap=True)


def _print_totals(console: Console, reports: Sequence[Report]) -> None:
    """Print a row for each vendor, with a column for each group of verdicts that occurs; in a pipe with tabs."""
    counted = [entry for entry in COLUMNS if any(report["totals"][word] for report in reports for word in entry[1])]
    if console.is_terminal:
        console.print(_totals(console, reports, counted))
        return
    console.print()
    print_separated(console, ("vendor", "outcome", *(heading for heading, _ in counted), "requests"))
    for report in reports:
        figures = [sum(report["totals"][word] for word in words) for _, words in counted]
        print_separated(
            console,
            (report["vendor"], sentences.outcome_label(report).lower(), *map(str, figures), str(report["requests"])),
        )


def _totals(
    console: Console, reports: Sequence[Report], counted: Sequence[tuple[str, tuple[VerdictKind, ...]]]
) -> Table:
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)
    table.add_column("vendor", overflow="fold")
    table.add_column("outcome", min_width=14)
    for heading, _ in counted:
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("requests", justify="right", no_wrap=True)
    for report in reports:
        outcome = Outcome(report["outcome"])
        table.add_row(
            Text(_fit(console, one_line(report["vendor"]))),
            Text(sentences.outcome_label(report).lower(), style=OUTCOME_STYLES[outcome]),
            *(_figure(sum(report["totals"][word] for word in words), words[0]) for _, words in counted),
            f"{report['requests']:,}",
        )
    return table


def _figure(number: int, word: VerdictKind) -> Text:
    return Text(f"{number:,}", style=VERDICT_STYLES.get(word, "") if number else "dim")


def _short(text: str) -> str:
    return shorten(one_line(text), MAX_CHARACTERS)


def _fit(console: Console, text: str) -> str:
    """Escape the characters that the console cannot encode."""
    return text.encode(console.encoding, "backslashreplace").decode(console.encoding)
