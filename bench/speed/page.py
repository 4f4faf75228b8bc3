"""The page of all figures: docs/benchmarks.md, written from what was measured and from nothing else."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from speed.table import Section, goals_table


def page(sections: Sequence[Section], machine: str, versions: Mapping[str, str], command: str, rounds: int) -> str:
    """The whole page as Markdown.

    Args:
        command: the command line that has measured it.
        rounds: how many of each figure.
    """
    goals = [goal for section in sections for goal in section.goals]
    met = sum(goal.met for goal in goals)
    missing = [line for section in sections for line in section.missing]
    head = (
        f"Made by `{command}` in one run on one machine: {machine}. What is compared is run in "
        f"turn, {rounds} rounds of each unless another number is given: a figure is the median, with the least and the "
        "greatest beside it, and a ratio is the median of the ratios of the rounds."
    )
    reported = ", ".join(f"{name} {number}" for name, number in versions.items())
    lines = [
        "# Benchmarks",
        "",
        _wrapped(head),
        "",
        _wrapped(f"Versions: {reported}."),
        "",
        "## Goals",
        "",
        f"{met} of {len(goals)} goals are met.",
        "",
        goals_table(goals).markdown(),
        "",
    ]
    if missing:
        lines += ["Not measured:", "", *(_wrapped(f"- {line}", "  ") for line in missing), ""]
    for section in sections:
        lines += [f"## {section.title}", ""]
        for paragraph in section.about:
            lines += [_wrapped(paragraph), ""]
        for table in section.tables:
            lines += [table.markdown(), ""]
        lines += [text for line in section.missing for text in (f"**Not measured:** {line}", "")]
    return "\n".join(lines).rstrip() + "\n"


def write(path: Path, text: str) -> None:
    """Write the page, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(text, encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _wrapped(text: str, indent: str = "") -> str:
    return "\n".join(textwrap.wrap(text, 118, break_long_words=False, break_on_hyphens=False, subsequent_indent=indent))
