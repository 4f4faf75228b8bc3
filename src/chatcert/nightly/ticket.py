"""An issue of the tracker as it is kept: what it is about, and since when it is so, in a comment that nobody sees."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from chatcert.nightly.subject import Concern
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
class Place:
    """What is known of one leg.

    Attributes:
        first: when it was first seen there, of the nights that this issue is about.
        last: the latest moment at which it was looked at and there was an answer.
        nights: in how many nights it was seen.
        broken: whether it was so at that last moment.
    """

    first: str
    last: str
    nights: int
    broken: bool


@dataclass(frozen=True, slots=True)
class Ticket:
    """An issue that an earlier night has opened.

    Attributes:
        key: what it is about.
        places: by name of the leg.
        details: what its body told of the latest findings.
    """

    number: int
    is_open: bool
    key: tuple[str, ...]
    places: Mapping[str, Place] = field(default_factory=dict)
    details: str = ""


def read_ticket(issue: Mapping[str, Any]) -> Ticket | None:
    """An issue as GitHub's REST API gives it; ``None`` if it is none of ours, a pull request, or cannot be understood.

    Only the first line is looked at: nothing below it, whoever wrote that, makes a ticket.
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
            return Ticket(number, issue.get("state") == "open", tuple(key), known, details)
    return None


def _place(value: Any) -> Place | None:
    match value:
        case {"first": str(first), "last": str(last), "nights": int(nights), "broken": bool(broken)}:
            return Place(first, last, nights, broken)
    return None


def title_of(concern: Concern) -> str:
    """The issue's title: one line of plain text."""
    return shorten(one_line(concern.title), MAX_TITLE)


def body_of(concern: Concern, places: Mapping[str, Place], details: Sequence[str]) -> str:
    """The issue's body, no longer than ``MAX_BODY``: details that do not fit are left out."""
    rows = [
        (code(name), place.first, place.last, str(place.nights), "broken" if place.broken else "holds again")
        for name, place in sorted(places.items())
    ]
    state = {"key": list(concern.key), "places": {name: asdict(place) for name, place in sorted(places.items())}}
    parts = [
        f"<!-- chatcert-nightly {_comment(state)} -->",
        concern.text,
        table(("target", "first seen", "last looked at", "nights", "now"), rows[:MAX_ROWS]),
        *([f"and {len(rows) - MAX_ROWS} more"] if len(rows) > MAX_ROWS else []),
    ]
    head, tail = "\n\n".join(parts), f"\n\n{_FOOTER}\n"
    room = MAX_BODY - len(f"{head}\n\n{DETAILS}\n\n{DETAILS}{tail}")
    told = ""
    for one in details:
        told = f"{told}\n\n{one}".lstrip() if len(f"{told}\n\n{one}") <= room else told
    return f"{head}\n\n{DETAILS}\n{told}\n{DETAILS}{tail}" if told else head + tail


def comment_of(text: str, places: list[str]) -> str:
    """A comment about some legs."""
    return truncate(f"{text} {', '.join(code(name) for name in places[:MAX_ROWS])}", MAX_BODY)


def _comment(state: Mapping[str, Any]) -> str:
    """JSON that cannot end the comment that it stands in, which takes a ``>``: ASCII on one line, without markup."""
    text = json.dumps(state, ensure_ascii=True, separators=(",", ":"))
    for character in "<>&@#":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return text
