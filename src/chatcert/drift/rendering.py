"""Render a drift as text, as Markdown for the page of a CI job, and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any, Final

from chatcert.drift.differences import Change, Drift, UnmatchedAction
from chatcert.drift.effects import Effect
from chatcert.openapi.contract import Contract
from chatcert.report.views.github_markdown import code, table
from chatcert.requirements.requirement import Requirement
from chatcert.text import count, encodable, one_line

WIDTH: Final = 80
"""Columns of the text form."""

MAX_ROWS: Final = 1_000
"""Changes that the Markdown form shows, so that it fits on the page of a CI job."""

HEADINGS: Final = {
    Effect.BREAKING: "breaking: a client that was right is not served, or misreads the answer",
    Effect.MAY_BREAK: "may break: a strict client alone",
    Effect.HARMLESS: "harmless",
}


def drift_sentence(drift: Drift) -> str:
    """Summarise the comparison in one sentence."""
    found = [f"{len(drift.of_effect(effect)):,} {effect.value}" for effect in Effect if drift.of_effect(effect)]
    if not found:
        return "No requirement has changed."
    return f"{'A client breaks' if drift.breaks else 'No client breaks for sure'}: {', '.join(found)}."


def drift_text(drift: Drift, *, is_terminal: bool = True) -> str:
    """Render the drift: each change with both clauses and their places in the documents.

    Args:
        is_terminal: wrap texts at ``WIDTH`` columns and align them; otherwise each is one line, nothing is padded.
    """
    wrapped, change_lines = (_wrapped, _change_lines) if is_terminal else (_as_it_is, _plain_change_lines)
    lines: list[str] = []
    for effect in Effect:
        changes = drift.of_effect(effect)
        if changes:
            lines += [*wrapped(HEADINGS[effect]), ""]
        for change in changes:
            lines += [*change_lines(change), ""]
    for action in drift.unmatched:
        lines += [*wrapped(f"note: {_unmatched_note(action)}"), ""]
    vendor = drift.new.vendor
    lines += wrapped(f"{vendor}, from {_named(drift.old)} to {_named(drift.new)}")
    lines += wrapped(drift_sentence(drift))
    return "\n".join(lines) + "\n"


def _change_lines(change: Change) -> Iterator[str]:
    yield f"{change.how.value:<10}{one_line(change.id)}"
    for name, text in _change_rows(change):
        yield from _wrapped(f"  {name:<8}{text}", " " * 10)


def _plain_change_lines(change: Change) -> Iterator[str]:
    yield f"{change.how.value} {one_line(change.id)}"
    yield from (f"  {name} {text}" for name, text in _change_rows(change))


def _change_rows(change: Change) -> list[tuple[str, str]]:
    rows = {"was": _clause(change.old), "now": _clause(change.new), "differs": change.detail, "why": change.why}
    return [(name, one_line(text)) for name, text in rows.items() if text]


def _clause(requirement: Requirement | None) -> str:
    if requirement is None:
        return ""
    clause = requirement.clause
    place = f" ({clause.pointer or clause.source})" if clause.pointer or clause.source else ""
    return clause.text + place


def _wrapped(text: str, rest: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent=rest, break_on_hyphens=False, break_long_words=False)


def _as_it_is(text: str) -> list[str]:
    return [text]


def _unmatched_note(action: UnmatchedAction) -> str:
    dependents = "no requirement rests on it alone"
    if action.requirements:
        dependents = f"{count(len(action.requirements), 'requirement')} rested on it"
    return one_line(f"actions[{action.number}] of the overlay finds nothing at {action.target}: {dependents}")


def _named(contract: Contract) -> str:
    return one_line(f"{contract.operation} (version {contract.version or 'unknown'}, {contract.spec_digest[7:19]})")


def drift_markdown(drift: Drift) -> str:
    """Render the drift in GitHub Flavored Markdown; text of the vendor is never markup."""
    parts = [
        f"## {code(drift.new.vendor)}: drift",
        f"From {code(_named(drift.old))} to {code(_named(drift.new))}.",
        drift_sentence(drift),
        *(f"- {code(_unmatched_note(action))}" for action in drift.unmatched),
    ]
    rows = [
        (
            change.effect.value,
            change.how.value,
            code(change.id),
            _cell(change.old),
            _cell(change.new),
            "<br>".join(code(text) for text in (change.detail, change.why) if text),
        )
        for change in drift.changes
    ]
    if rows:
        heads = ("effect", "change", "requirement", "was", "now", "why")
        parts.append(table(heads, rows[:MAX_ROWS]))
    text = "\n\n".join(parts) + "\n"
    return text + (f"\n{count(len(rows) - MAX_ROWS, 'more change')}.\n" if len(rows) > MAX_ROWS else "")


def _cell(requirement: Requirement | None) -> str:
    return code(_clause(requirement)) if requirement is not None else ""


def drift_dict(drift: Drift) -> dict[str, Any]:
    """Return the drift as JSON-ready values."""
    return {
        "schema": "chatcert-drift/1",
        "vendor": drift.new.vendor,
        "old": _document(drift.old),
        "new": _document(drift.new),
        "breaking": drift.breaks,
        "totals": {effect.value: len(drift.of_effect(effect)) for effect in Effect},
        "changes": [
            {
                "requirement": encodable(change.id),
                "change": change.how.value,
                "effect": change.effect.value,
                "why": change.why,
                "detail": encodable(change.detail),
                "old": _requirement(change.old),
                "new": _requirement(change.new),
            }
            for change in drift.changes
        ],
        "lost_actions": [
            {
                "number": action.number,
                "target": encodable(action.target),
                "requirements": [encodable(name) for name in action.requirements],
            }
            for action in drift.unmatched
        ],
    }


def _document(contract: Contract) -> dict[str, str]:
    return {
        "title": encodable(contract.title),
        "version": encodable(contract.version),
        "operation": encodable(contract.operation),
        "digest": contract.spec_digest,
    }


def _requirement(requirement: Requirement | None) -> dict[str, str] | None:
    if requirement is None:
        return None
    clause = requirement.clause
    values = {"id": requirement.id, "text": clause.text, "pointer": clause.pointer, "source": clause.source}
    return {name: encodable(text) for name, text in values.items()}
