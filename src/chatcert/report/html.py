"""report.html: one file for a reader who runs nothing. No network, no markup taken from a server."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from chatcert.contract.requirements import Level
from chatcert.judge.verdict import Word
from chatcert.report import wording
from chatcert.report.findings import Group, group_findings
from chatcert.report.messages import Message, phrase, request_message, response_message
from chatcert.report.reading import Report
from chatcert.report.text import count, visible
from chatcert.target.exchange import Exchange

BODY_LIMIT = 4096
"""Bytes of a body that the page shows; the whole of it is in evidence.jsonl."""

SHOWN_PER_GROUP = 6
SHOWN_IN_ALL = 400
OPEN_GROUPS = 25


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange as the page shows it."""

    exchange: Exchange
    request: Message
    response: Message
    result: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of findings with its evidence.

    Attributes:
        number: its place on the page, from 1.
        shown: the exchanges laid open here.
        elsewhere: numbers of those that the page shows in an earlier section.
        left_out: numbers of those that are in evidence.jsonl only.
    """

    number: int
    group: Group
    shown: tuple[Shown, ...]
    elsewhere: tuple[int, ...]
    left_out: tuple[int, ...]


def render_html(report: Report, exchanges: Sequence[Exchange]) -> str:
    """The whole page.

    Args:
        report: what ``build_report`` gave.
        exchanges: the evidence, from which those that show a finding are laid open.
    """
    rows: list[dict[str, Any]] = report["requirements"]
    sections = _sections(group_findings(report), {exchange.number: exchange for exchange in exchanges})
    style, script = _part("report.css"), _part("report.js")
    return _environment().get_template("report.html").render(
        report=report,
        sections=sections,
        section_of={row["id"]: section.number for section in sections for row in section.group.rows},
        on_page={shown.exchange.number for section in sections for shown in section.shown},
        sentence=wording.sentence(report),
        outcome_label=wording.outcome_label(report),
        incompleteness=wording.incompleteness(report),
        judged=wording.judged_count(report),
        caveat=wording.MOCK_CAVEAT if report["subject"]["mode"] == "mock" else "",
        totals=[_total(word, meaning, rows) for word, meaning in wording.VERDICT_MEANINGS.items()],
        levels={level.value: sum(row["level"] == level for row in rows) for level in Level},
        kinds=_kinds(rows),
        unresolved=_reasons(rows, (Word.ERROR, Word.INCONCLUSIVE)),
        untested=_reasons(rows, (Word.NOT_RUN, Word.NOT_APPLICABLE)),
        style=style,
        script=script,
        policy=_policy(style, script),
        open_groups=OPEN_GROUPS,
    )  # fmt: skip


def _sections(groups: Sequence[Group], exchanges: Mapping[int, Exchange]) -> list[Section]:
    """Every group with evidence, within a bound for the whole page; each exchange is laid open once."""
    sections: list[Section] = []
    seen: set[int] = set()
    for number, group in enumerate(groups, start=1):
        known = [n for n in group.exchanges if n in exchanges]
        elsewhere = tuple(n for n in known if n in seen)
        fresh = [n for n in known if n not in seen]
        room = max(SHOWN_IN_ALL - len(seen), 0)
        chosen = fresh[: min(room, SHOWN_PER_GROUP)]
        controls = [exchanges[n].control for n in chosen[:1]]
        chosen += [n for n in controls if n is not None and n in exchanges and n not in seen and n not in chosen]
        seen.update(chosen)
        shown = tuple(_shown(exchanges[n]) for n in sorted(chosen))
        sections.append(Section(number, group, shown, elsewhere, tuple(n for n in fresh if n not in seen)))
    return sections


def _shown(exchange: Exchange) -> Shown:
    if exchange.received is None:
        result = exchange.error.kind if exchange.error else "no answer"
    else:
        result = f"{exchange.received.status} {phrase(exchange.received.status)}".strip()
    return Shown(exchange, request_message(exchange, BODY_LIMIT), response_message(exchange, BODY_LIMIT), result)


def _total(word: Word, meaning: str, rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    levels = [row["level"] for row in rows if row["verdict"] == word]
    return {"word": word.value, "meaning": meaning, **{level.value: levels.count(level.value) for level in Level},
            "all": len(levels)}  # fmt: skip


def _kinds(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """For each kind, how many requirements earned which verdict, with the bar's offsets out of its whole length."""
    result = []
    for kind in dict.fromkeys(row["kind"] for row in rows):
        words = [row["verdict"] for row in rows if row["kind"] == kind]
        bars, offset = [], 0
        for word in wording.VERDICT_MEANINGS:
            if number := words.count(word.value):
                bars.append({"word": word.value, "x": offset, "width": number})
                offset += number
        result.append({"kind": kind, "all": len(words), "passed": words.count(Word.PASS.value), "bars": bars})
    return sorted(result, key=lambda entry: str(entry["kind"]))


def _reasons(rows: Sequence[Mapping[str, Any]], words: Sequence[Word]) -> list[dict[str, Any]]:
    """Ids grouped by verdict and reason, the verdicts in the order given, larger groups first."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        if row["verdict"] in words:
            found.setdefault((row["verdict"], row["reason"]), []).append(row["id"])
    ranks = [word.value for word in words]
    entries = [{"word": word, "reason": reason, "ids": ids} for (word, reason), ids in found.items()]
    return sorted(entries, key=lambda entry: (ranks.index(str(entry["word"])), -len(entry["ids"])))


@lru_cache(maxsize=1)
def _environment() -> Environment:
    """Templates in which everything is escaped, the unseen made visible, and a missing name an error."""
    environment = Environment(
        loader=PackageLoader("chatcert.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=count, visible=visible)
    return environment


def _part(name: str) -> str:
    return files("chatcert.report").joinpath("page", name).read_text(encoding="utf-8")


def _policy(style: str, script: str) -> str:
    """A Content-Security-Policy under which nothing runs or loads but the page's own style and script."""
    hashes = [base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in (style, script)]
    return (
        f"default-src 'none'; style-src 'sha256-{hashes[0]}'; script-src 'sha256-{hashes[1]}'; "
        "base-uri 'none'; form-action 'none'"
    )
