"""Report of one leg: merge its shards, compare with the night before, add to the summary, keep for the next night."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Final

from chatcert.exceptions import InputFileError, ReachabilityError, SuiteError
from chatcert.files import read_bounded, write_whole
from chatcert.judge.verdict import JUDGED, VerdictKind
from chatcert.nightly.folders import Folders
from chatcert.nightly.job_status import JobStatus
from chatcert.nightly.legs import Leg
from chatcert.nightly.paging import paged_codes, worst_code
from chatcert.nightly.regressions import write_comparison
from chatcert.nightly.shard_run import run_chatcert
from chatcert.report.comparison import Comparison, compare
from chatcert.report.file_names import REPORT, SUMMARY
from chatcert.report.history import RunRecord, append_history, read_history
from chatcert.report.model import Report
from chatcert.report.reader import MAX_BYTES, read_report
from chatcert.report.views.comparison_markdown import comparison_markdown
from chatcert.report.views.github_markdown import code
from chatcert.text import format_time

HISTORY: Final = "history.jsonl"
COMPARISON: Final = "comparison.md"
MAX_SUMMARY: Final = 1_000_000
"""Bytes; GitHub shows nothing of a step's summary beyond 1 MiB."""


def merge_leg(leg: Leg, of: int, folders: Folders, summary: Path | None) -> int:
    """Merge a leg's shards into one report, and return the worst of the exit statuses that somebody is paged for.

    A shard without a status file counts as our own error, since its job died.

    Args:
        of: how many shards there were.
        summary: the file to which the Markdown is added.

    Raises:
        ChatcertError: results of an earlier job or night cannot be read, or a file cannot be written.
    """
    shards = [folders.shard(leg.name, number) for number in range(1, of + 1)]
    ends = [JobStatus.read(shard) for shard in shards]
    codes = [one for end in ends for one in (end.codes if end is not None else (SuiteError.exit_code,))]
    there = [str(shard) for shard in shards if (shard / leg.vendor / REPORT).exists()]
    folder = folders.merged(leg.name)
    if folder.exists():
        shutil.rmtree(folder)  # results of an earlier night must not pass for results of this one
    path = folder / leg.vendor / REPORT
    merged = run_chatcert(["merge", *there, "--report-dir", str(folder)]) if there else ReachabilityError.exit_code
    report = read_report(path) if path.exists() else None
    if report is None and set(codes) <= {0, 1}:
        merged = SuiteError.exit_code  # a shard with a verdict has a report
    paged = paged_codes(merged, codes)
    text = f"# {code(leg.name)}: exit {', '.join(map(str, paged))}\n\n"
    if report is None:
        text += "There is no report on this night.\n"
    else:
        comparison, compared = _compared(report, folders.memory(leg.name) / REPORT)
        if comparison is not None:
            write_comparison(folders, leg.name, comparison)
        (folder / COMPARISON).write_text(compared, encoding="utf-8")
        text = _fitting(text, (folder / leg.vendor / SUMMARY).read_text(encoding="utf-8"), compared)
        _remember(report, path, folders.memory(leg.name))
    if summary is not None:
        with summary.open("a", encoding="utf-8") as stream:
            stream.write(text)
    JobStatus(leg.name, leg.vendor, paged, format_time(time.time())).write(folder)
    return worst_code(paged)


def _compared(report: Report, old: Path) -> tuple[Comparison | None, str]:
    """Return the comparison with the last night that had a verdict, and its Markdown; the first night has none."""
    if not old.exists():
        return None, "## Comparison\n\nThis is the first night: there is nothing to compare with.\n"
    try:
        comparison = compare(read_report(old), report)
        return comparison, comparison_markdown(comparison)
    except InputFileError:
        return (
            None,
            "## Comparison\n\nWhat was kept of the last night cannot be read: there is nothing to compare with.\n",
        )


def _fitting(head: str, report: str, compared: str) -> str:
    """Join the parts, without those that would exceed the maximal length."""
    text = head
    for part in (compared, report):
        if len((text + part).encode()) <= MAX_SUMMARY:
            text += f"{part}\n"
    return text


def _remember(report: Report, path: Path, memory: Path) -> None:
    """Keep a report for the next night and add a row to the history, unless nothing could be judged."""
    if not any(VerdictKind(row["verdict"]) in JUDGED for row in report["requirements"]):
        return
    memory.mkdir(parents=True, exist_ok=True)
    write_whole(memory / REPORT, read_bounded(path, MAX_BYTES))
    row = RunRecord.of(report)
    if row not in read_history(memory / HISTORY, row.vendor):
        append_history(memory / HISTORY, row)
