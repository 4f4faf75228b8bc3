"""summary.md: the report for the summary page of a CI job, in GitHub Flavored Markdown.

Text from a server or a document is never markup: see ``github_markdown``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from chatcert.judge.verdict import UNJUDGED, VerdictKind
from chatcert.report import sentences
from chatcert.report.caveats import caveats_of
from chatcert.report.grouping import FindingGroup, ReasonGroup, group_findings, group_reasons, without_finding
from chatcert.report.model import Report
from chatcert.report.views.github_markdown import MAX_BLOCK, code, preformatted, table
from chatcert.text import count

MAX_BYTES: Final = 900_000
"""GitHub accepts 1 MiB for the summary of a step, and shows nothing of a longer one."""

NAMED: Final = 50
"""How many ids of a group are listed."""

_RESERVE: Final = 1_000


def render_markdown(report: Report) -> str:
    """Render the summary: the outcome in a sentence, the totals, and the findings with their details folded.

    It has at most ``MAX_BYTES``; findings that do not fit are counted.
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
    listed = 0
    for number, block in enumerate(_blocks(report, groups), start=1):
        room -= len(block.encode())
        if room < 0:
            break
        text += block
        listed = number
    more = len(groups) + len(_unjudged(report)) - listed
    return text + (f"\n{count(more, 'more finding')} in report.html.\n" if more else "")


def _caveat(report: Report) -> str:
    lacking = sentences.incompleteness(report)
    notes = [f"<b>Incomplete.</b> {code(lacking)}"] if lacking else []
    notes += [sentences.MOCK_CAVEAT] if report["subject"]["mode"] == "mock" else []
    return " ".join(notes)


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
        **({"availability": availability} if (availability := sentences.availability(report)) else {}),
        **({"chats": code(chats)} if (chats := sentences.created_chats_of(report)) else {}),
        "suite": f"chatcert {code(report['suite']['version'])}, catalogue {code(report['manifest']['digest'])}",
    }
    if deviations := report.get("deviations"):
        facts["not as documented"] = "<br>".join(code(line) for line in deviations)
    facts |= {heading.lower(): code(text, MAX_BLOCK) for heading, text in caveats_of(report)}
    return table(("", ""), facts.items())


def _blocks(report: Report, groups: Sequence[FindingGroup]) -> Iterator[str]:
    for group in groups:
        ids = [row["id"] for row in group.rows]
        others = [f"{row['id']}: {finding['actual']}" for row, finding in group.members[1:]]
        yield _folded(group.verdict, ids, group.title, sentences.details(*group.members[0]), others, group.cause)
    for unjudged in _unjudged(report):
        yield _folded(unjudged.verdict, unjudged.ids, unjudged.reason, unjudged.reason, unjudged.ids[1:])


def _folded(
    word: VerdictKind, ids: Sequence[str], title: str, details: str, listed: Sequence[str], cause: str = ""
) -> str:
    """Render a group.

    Args:
        listed: a line for each further requirement.
        cause: what all of them have in common.
    """
    others = f" and {count(len(ids) - 1, 'more requirement')}" if len(ids) > 1 else ""
    same = f"Likewise, {cause}:" if cause else "Likewise:"
    rest = "\n".join(["", same, *listed[: NAMED - 1], *(["..."] if len(ids) > NAMED else [])])
    heading = f"<summary><b>{word.value}</b> {code(ids[0])}{others}<br>{code(title)}</summary>"
    return f"\n<details>{heading}\n\n{preformatted(details + (rest if listed else ''))}\n\n</details>\n"


def _unjudged(report: Report) -> list[ReasonGroup]:
    return group_reasons(without_finding(report), UNJUDGED)
