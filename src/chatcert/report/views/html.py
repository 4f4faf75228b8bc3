"""report.html: a self-contained page. It loads nothing, and text from a server is never markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatcert.judge.verdict import NOT_TESTED, VerdictKind
from chatcert.report import sentences
from chatcert.report.caveats import caveats_of
from chatcert.report.grouping import FindingGroup, ReasonGroup, group_findings, group_reasons
from chatcert.report.identification import identification_of
from chatcert.report.model import Report, RequirementRow
from chatcert.report.own_verdicts import contract_rows
from chatcert.report.views import charts
from chatcert.report.views.message_diff import Line, lay_out
from chatcert.report.views.messages import is_json, phrase, request_message, response_message
from chatcert.report.views.page import render_page
from chatcert.requirements.requirement import Level
from chatcert.transport.exchange import Exchange

BODY_LIMIT = 4096
"""Bytes of a body that the page shows; evidence.jsonl has all of it."""

LISTED = 8
"""How many findings the first screen names."""

SHOWN_PER_GROUP = 6
SHOWN_IN_ALL = 400
OPEN_GROUPS = 25


@dataclass(frozen=True, slots=True)
class ShownExchange:
    """An exchange as the page shows it.

    Attributes:
        request: its lines, with differences from the control marked.
        result, control_result: the status or transport error of the exchange and of its control.
    """

    exchange: Exchange
    request: tuple[Line, ...]
    request_note: str
    response: tuple[Line, ...]
    response_note: str
    result: str
    control_result: str


@dataclass(frozen=True, slots=True)
class Section:
    """A group of findings with its evidence.

    Attributes:
        number: its position on the page, from 1.
        shown: the exchanges that are shown here.
        elsewhere: numbers of those that an earlier section shows.
        left_out: numbers of those that are in evidence.jsonl only.
    """

    number: int
    group: FindingGroup
    shown: tuple[ShownExchange, ...]
    elsewhere: tuple[int, ...]
    left_out: tuple[int, ...]


def render_html(report: Report, exchanges: Sequence[Exchange]) -> str:
    """Render the page.

    Args:
        report: the report.
        exchanges: the evidence; the page shows those that belong to a finding.
    """
    rows = report["requirements"]
    counted = contract_rows(rows)
    sections = _sections(group_findings(report), {exchange.number: exchange for exchange in exchanges})
    return render_page(
        "report.html",
        report=report,
        sections=sections,
        listed=LISTED,
        section_of={row["id"]: section.number for section in reversed(sections) for row in section.group.rows},
        on_page={shown.exchange.number for section in sections for shown in section.shown},
        sentence=sentences.sentence(report),
        outcome_label=sentences.outcome_label(report),
        incompleteness=sentences.incompleteness(report),
        transient_share=sentences.transient_share(report),
        judged=sentences.judged_count(report),
        caveat=sentences.MOCK_CAVEAT if report["subject"]["mode"] == "mock" else "",
        totals=[_total(word, meaning, counted) for word, meaning in sentences.VERDICT_MEANINGS.items()],
        levels={level.value: sum(row["level"] == level for row in counted) for level in Level},
        kinds=charts.by_kind(rows),
        latency=charts.latency(exchanges),
        trend=charts.trend(report),
        unresolved=_reasons(rows, (VerdictKind.ERROR, VerdictKind.INCONCLUSIVE)),
        untested=_reasons(rows, NOT_TESTED),
        open_groups=OPEN_GROUPS,
        caveats_of=caveats_of(report),
        identification=identification_of(report),
        created_chats=sentences.created_chats_of(report),
    )


def _sections(groups: Sequence[FindingGroup], exchanges: Mapping[int, Exchange]) -> list[Section]:
    """Give each group its evidence, within a limit for the page; each exchange is shown once."""
    sections: list[Section] = []
    seen: set[int] = set()
    for number, group in enumerate(groups, start=1):
        known = [n for n in group.exchanges if n in exchanges]
        elsewhere = tuple(n for n in known if n in seen)
        fresh = [n for n in known if n not in seen]
        room = max(SHOWN_IN_ALL - len(seen), 0)
        chosen = fresh[: min(room, SHOWN_PER_GROUP)]
        controls = [exchanges[n].control for n in chosen[:1]]
        chosen.sort()
        chosen += [n for n in controls if n is not None and n in exchanges and n not in seen and n not in chosen]
        seen.update(chosen)
        shown = tuple(_show(exchanges[n], exchanges) for n in chosen)
        sections.append(Section(number, group, shown, elsewhere, tuple(n for n in fresh if n not in seen)))
    return sections


def _show(exchange: Exchange, exchanges: Mapping[int, Exchange]) -> ShownExchange:
    control = exchanges.get(exchange.control) if exchange.control is not None else None
    as_sent = not is_json(exchange.sent.body)  # malformed JSON is compared with the JSON that it was made from
    request = request_message(exchange, BODY_LIMIT)
    response = response_message(exchange, BODY_LIMIT)
    return ShownExchange(
        exchange,
        request=lay_out(request, request_message(control, BODY_LIMIT, as_sent=as_sent) if control else None),
        request_note=request.note,
        response=lay_out(response),
        response_note=response.note,
        result=_result(exchange),
        control_result=_result(control) if control else "",
    )


def _result(exchange: Exchange) -> str:
    if exchange.received is None:
        return exchange.error.kind if exchange.error else "no answer"
    return f"{exchange.received.status} {phrase(exchange.received.status)}".strip()


def _total(word: VerdictKind, meaning: str, rows: Sequence[RequirementRow]) -> dict[str, Any]:
    levels = [row["level"] for row in rows if row["verdict"] == word]
    return {
        "word": word.value,
        "meaning": meaning,
        **{level.value: levels.count(level.value) for level in Level},
        "all": len(levels),
    }


def _reasons(rows: Sequence[RequirementRow], verdicts: Sequence[VerdictKind]) -> list[ReasonGroup]:
    """Group by reason: in the order of ``verdicts``, larger groups first."""
    return sorted(group_reasons(rows, verdicts), key=lambda group: (verdicts.index(group.verdict), -len(group.rows)))
