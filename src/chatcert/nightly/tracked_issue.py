"""Issues of the tracker as text. Their state is kept in an invisible comment at the beginning of the body."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from chatcert.nightly.problems import Problem
from chatcert.report.views.github_markdown import code, table
from chatcert.text import one_line, shorten, truncate

MAX_TITLE: Final = 250
MAX_BODY: Final = 65_000
"""Characters; GitHub takes 256 for a title and 65,536 for a body or a comment."""

MAX_ROWS: Final = 10
DETAILS: Final = "<!-- chatcert-details -->"

_MARKER = re.compile(r"<!-- chatcert-nightly (\{.*\}) -->")
_FOOTER: Final = (
    "This issue is kept by the nightly run of chatcert: it is closed as soon as all targets above hold again. Whoever "
    "closes it earlier finds it open again after the next night in which it is still so. Comments are left alone."
)


@dataclass(frozen=True, slots=True)
class LegState:
    """What an issue records of its problem at one leg.

    Attributes:
        first: when the problem was first found there, since it was last gone.
        last: the time of the latest observation.
        nights: in how many nights it was found.
        broken: whether the latest observation found it.
    """

    first: str
    last: str
    nights: int
    broken: bool


@dataclass(frozen=True, slots=True)
class TrackedIssue:
    """An issue that an earlier night has opened.

    Attributes:
        key: the key of its problem.
        legs: by name of the leg.
        details: the evidence in its body, as Markdown.
    """

    number: int
    is_open: bool
    key: tuple[str, ...]
    legs: Mapping[str, LegState] = field(default_factory=dict)
    details: str = ""


def read_issue(issue: Mapping[str, Any]) -> TrackedIssue | None:
    """Parse an issue of GitHub's REST API; return ``None`` if it is a pull request or not one of ours.

    Only the first line of the body decides: text below it, whoever wrote it, never makes an issue one of ours.
    """
    number, body = issue.get("number"), issue.get("body")
    if type(number) is not int or not isinstance(body, str) or "pull_request" in issue:
        return None
    first, _, rest = body.replace("\r\n", "\n").partition("\n")
    match = _MARKER.fullmatch(first.strip())
    try:
        state: Any = json.loads(match[1]) if match is not None else None
    except (ValueError, RecursionError):
        return None
    match state:
        case {"key": [*key], "places": dict(places)} if key and all(isinstance(part, str) for part in key):
            known = {name: place for name, value in places.items() if (place := _place(value)) is not None}
            details = rest.partition(f"{DETAILS}\n")[2].partition(f"\n{DETAILS}")[0]
            return TrackedIssue(number, issue.get("state") == "open", tuple(key), known, details)
    return None


def _place(value: Any) -> LegState | None:
    match value:
        case {"first": str(first), "last": str(last), "nights": int(nights), "broken": bool(broken)}:
            return LegState(first, last, nights, broken)
    return None


def title_of(problem: Problem) -> str:
    """Return the issue's title: one line of plain text."""
    return shorten(one_line(problem.title), MAX_TITLE)


def body_of(problem: Problem, places: Mapping[str, LegState], details: Sequence[str]) -> str:
    """Return the issue's body, no longer than ``MAX_BODY``: details that do not fit are left out."""
    rows = [
        (code(name), place.first, place.last, str(place.nights), "broken" if place.broken else "holds again")
        for name, place in sorted(places.items())
    ]
    state = {"key": list(problem.key), "places": {name: asdict(place) for name, place in sorted(places.items())}}
    parts = [
        f"<!-- chatcert-nightly {_comment(state)} -->",
        problem.text,
        table(("target", "first seen", "last looked at", "nights", "now"), rows[:MAX_ROWS]),
        *([f"and {len(rows) - MAX_ROWS} more"] if len(rows) > MAX_ROWS else []),
    ]
    head, tail = "\n\n".join(parts), f"\n\n{_FOOTER}\n"
    room = MAX_BODY - len(f"{head}\n\n{DETAILS}\n\n{DETAILS}{tail}")
    shown = ""
    for one in details:
        shown = f"{shown}\n\n{one}".lstrip() if len(f"{shown}\n\n{one}") <= room else shown
    return f"{head}\n\n{DETAILS}\n{shown}\n{DETAILS}{tail}" if shown else head + tail


def comment_of(text: str, places: list[str]) -> str:
    """Return a comment about some legs."""
    return truncate(f"{text} {', '.join(code(name) for name in places[:MAX_ROWS])}", MAX_BODY)


def _comment(state: Mapping[str, Any]) -> str:
    """JSON for a Markdown comment: ASCII on one line, without the characters that would end the comment."""
    text = json.dumps(state, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&@#":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
