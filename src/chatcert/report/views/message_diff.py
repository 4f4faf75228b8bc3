"""Lay out a message line by line, and mark how it differs from the message of its control."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import takewhile
from typing import Final, Literal

from chatcert.report.views.messages import Message
from chatcert.text import count, truncate

MAX_HEADERS: Final = 60
MAX_LINE: Final = 1_200
"""Characters of a header line; the body has a limit of its own."""
MAX_COMPARED: Final = 200
"""How many lines are aligned one by one; if there are more, all differences count as one change."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a message, or of the message of its control.

    Attributes:
        mark: ``added`` is not in the control, ``removed`` is in the control only.
        before, part, after: its text in three pieces; ``part`` is what changed within the line, if that is known.
    """

    mark: Literal["same", "added", "removed"]
    before: str
    part: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """Return the whole line."""
        return self.before + self.part + self.after


def lay_out(message: Message, control: Message | None = None) -> tuple[Line, ...]:
    """Return the lines of a message or, with that of its control, the lines of both, marked.

    Without the lines marked ``removed`` they are the message, without those marked ``added`` the control.
    """
    new = _lines(message)
    if control is None:
        return tuple(Line("same", text) for text in new)
    old = _lines(control)
    start = _alike(old, new)
    end = _alike(old[start:][::-1], new[start:][::-1])
    middle = _compare(old[start : len(old) - end], new[start : len(new) - end])
    head, tail = new[:start], new[len(new) - end :]
    return (*(Line("same", text) for text in head), *middle, *(Line("same", text) for text in tail))


def _compare(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    if len(old) + len(new) > MAX_COMPARED:
        return _replace(old, new)
    lines: list[Line] = []
    for tag, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        lines += [Line("same", text) for text in new[c:d]] if tag == "equal" else _replace(old[a:b], new[c:d])
    return lines


def _replace(old: Sequence[str], new: Sequence[str]) -> list[Line]:
    """Return removed lines, then added ones; for equally many lines, in pairs with what changed within them."""
    if len(old) != len(new):
        return [*(Line("removed", text) for text in old), *(Line("added", text) for text in new)]
    lines: list[Line] = []
    for before, after in zip(old, new, strict=True):
        start = _alike(before, after)
        end = _alike(before[start:][::-1], after[start:][::-1])
        lines += [_pieces("removed", before, start, end), _pieces("added", after, start, end)]
    return lines


def _alike(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many elements both sequences have in common at their beginning."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _pieces(mark: Literal["added", "removed"], text: str, start: int, end: int) -> Line:
    stop = len(text) - end
    return Line(mark, text[:start], text[start:stop], text[stop:])


def _lines(message: Message) -> list[str]:
    headers = [f"{name}: {value}" for name, value in message.headers[:MAX_HEADERS]]
    if (more := len(message.headers) - MAX_HEADERS) > 0:
        headers.append(f"[and {count(more, 'more header')}]")
    head = [truncate(line, MAX_LINE) for line in (message.start, *headers)]
    return [*head, *(["", *message.body.split("\n")] if message.body else [])]
