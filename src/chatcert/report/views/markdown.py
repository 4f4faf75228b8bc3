"""summary.md: the report for the summary page of a CI job, in GitHub Flavored Markdown.

Nothing that a server or a document wrote becomes markup: it stands in ``<code>`` or ``<pre>`` elements, where neither
mentions nor links are made, with every character that means something to HTML or Markdown as a character reference.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from chatcert.judge.verdict import UNJUDGED, VerdictKind
from chatcert.report import sentences
from chatcert.report.caveats import particulars
from chatcert.report.grouping import Group, group_findings
from chatcert.report.model import Report, RequirementRow
from chatcert.text import count, one_line, shorten, truncate, visible

MAX_BYTES: Final = 900_000
"""GitHub takes 1 MiB for one step's summary and shows nothing of a longer one."""

CELL: Final = 300
DETAILS: Final = 20_000
NAMED: Final = 50
"""How many characters of a cell, how many of a folded text, and how many ids of one group are told."""

_MARKUP = re.compile(r"[!-/:-@\[-`{-~]")
_RESERVE: Final = 1_000


def render_markdown(report: Report) -> str:
    """The summary: the outcome in a sentence, the totals, and every finding with its evidence folded away.

    It is no longer than ``MAX_BYTES``; what does not fit is counted.
    """
    parts = [
        f"## {code(report['vendor'])}: {sentences.outcome_label(report)}",
        f"{sentences.sentence(report)} {_caveat(report)}".rstrip(),
        _totals(report),
        _facts(report),
    ]
    text = "\n\n".join(parts) + "\n"
    room = MAX_BYTES - len(text.encode()) - _RESERVE
    groups = group_findings(report)
    told = 0
    for number, block in enumerate(_blocks(report, groups), start=1):
        room -= len(block.encode())
        if room < 0:
            break
        text += block
        told = number
    more = len(groups) + len(_unjudged(report)) - told
    return text + (f"\n{count(more, 'more finding')} in report.html.\n" if more else "")


def code(text: str, limit: int = CELL) -> str:
    """One line of foreign text as code: no markup, no mention, no link, safe in a table's cell."""
    line = shorten(one_line(text), limit)
    return f"<code>{_MARKUP.sub(lambda match: f'&#{ord(match[0])};', line)}</code>"


def preformatted(text: str, limit: int = DETAILS) -> str:
    """Foreign text with its line breaks, as a block of its own."""
    return f"<pre>\n{html.escape(truncate(visible(text), limit))}\n</pre>"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, every cell of which is already markup."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _caveat(report: Report) -> str:
    lacking = sentences.incompleteness(report)
    said = [f"<b>Incomplete.</b> {code(lacking)}"] if lacking else []
    said += [sentences.MOCK_CAVEAT] if report["subject"]["mode"] == "mock" else []
    return " ".join(said)


def _totals(report: Report) -> str:
    counted = [word for word in sentences.VERDICT_MEANINGS if report["totals"][word]]
    rows = [(f"`{word}`", f"{report['totals'][word]:,}", sentences.VERDICT_MEANINGS[word]) for word in counted]
    return table(("verdict", "requirements", "meaning"), [*rows, ("all", f"{report['totals']['requirements']:,}", "")])


def _facts(report: Report) -> str:
    subject = report["subject"]
    facts = {
        "target": code(f"{subject['mode']}: {subject['url']}"),
        "operation": code(subject["operation"]),
        "document": code(f"{report['title']} {subject['version']}"),
        "observed": f"{subject['window']['start']} to {subject['window']['end']}",
        "sent": f"{count(report['requests'], 'request')} in {report['seconds']:,.1f} s, profile "
        f"{code(report['profile'])}, seed {report['seed']}",
        "suite": f"chatcert {code(report['suite']['version'])}, catalogue {code(report['manifest']['digest'])}",
    }
    if deviations := report.get("deviations"):
        facts["not as documented"] = "<br>".join(code(line) for line in deviations)
    facts |= {heading.lower(): code(text, DETAILS) for heading, text in particulars(report)}
    return table(("", ""), facts.items())


def _blocks(report: Report, groups: Sequence[Group]) -> Iterator[str]:
    for group in groups:
        ids = [row["id"] for row in group.rows]
        yield _folded(group.verdict, ids, group.title, sentences.details(group.rows[0]))
    for (word, reason), ids in _unjudged(report).items():
        yield _folded(word, ids, reason, reason)


def _folded(word: VerdictKind, ids: Sequence[str], title: str, details: str) -> str:
    others = f" and {count(len(ids) - 1, 'more requirement')}" if len(ids) > 1 else ""
    shown = "\n".join(["", "The same holds for:", *ids[1:NAMED], *(["..."] if len(ids) > NAMED else [])])
    heading = f"<summary><b>{word.value}</b> {code(ids[0])}{others}<br>{code(title)}</summary>"
    return f"\n<details>{heading}\n\n{preformatted(details + (shown if others else ''))}\n\n</details>\n"


def _unjudged(report: Report) -> Mapping[tuple[VerdictKind, str], list[str]]:
    """Ids of requirements that were not judged and carry no finding, by verdict and reason."""
    reasons: dict[tuple[VerdictKind, str], list[str]] = {}
    for row in report["requirements"]:
        if row["verdict"] in UNJUDGED and row["finding"] is None:
            reasons.setdefault(_key(row), []).append(row["id"])
    return reasons


def _key(row: RequirementRow) -> tuple[VerdictKind, str]:
    return VerdictKind(row["verdict"]), str(row["reason"])
