"""Text for people: make what a server wrote visible, shorten it, count things, write times."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)
_MAX_COMMAND = 1000
"""Characters of a command line on a terminal."""
_MAX_VALUE = 60
"""Characters of a value in a sentence."""


def visible(text: str) -> str:
    r"""Replace every invisible character by an escape: ``\x1b``, ``\u202e``.

    These are control characters other than tab and line feed, direction marks, zero-width characters, halves of
    surrogate pairs and noncharacters. The result is plain text: markup is not escaped here.
    """
    return _UNSEEN.sub(_escape, text)


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def one_line(text: str) -> str:
    """Make invisible characters visible, and every run of white space one space."""
    return " ".join(visible(text).split())


def encodable(text: str) -> str:
    """Join the halves of surrogate pairs, and replace those that have no other half by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def shorten(text: str, limit: int, *, keep_end: bool = False) -> str:
    """Shorten a text to at most ``limit`` characters, an ellipsis included.

    Args:
        text: usually one line.
        limit: in characters, at least 2.
        keep_end: leave out the middle instead of the end, where the end matters as much.
    """
    if len(text) <= limit:
        return text
    end = (limit - 1) // 2 if keep_end else 0
    return f"{text[: limit - 1 - end]}…{text[len(text) - end :]}"


def truncate(text: str, limit: int) -> str:
    """Cut a long text after ``limit`` characters, and say how long it is in all."""
    return text if len(text) <= limit else f"{text[:limit]} [cut here: {len(text):,} characters in all]"


def shorten_command(line: str) -> str:
    """Cut a long line of a command for a terminal, and say where the whole one is; a shorter line stays as it is."""
    if len(line) <= _MAX_COMMAND:
        return line
    return f"{line[:_MAX_COMMAND]} [cut here: {len(line):,} characters in all; the whole line is in report.html]"


def format_json(value: Any) -> str:
    """Write a JSON value as part of a sentence: a text that can be read as it is, anything else as JSON."""
    readable = isinstance(value, str) and value.strip() and value.isprintable()
    return shorten(value if readable else json.dumps(value, ensure_ascii=False, default=str), _MAX_VALUE)


def count(number: int, noun: str, plural: str = "") -> str:
    """Write a number with its noun: ``1 request``, ``1,204 requests``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def join_numbers(numbers: Sequence[int]) -> str:
    """Write numbers as part of a sentence: ``1, 2 and 5``."""
    *most, last = map(str, numbers) if numbers else ("",)
    return f"{', '.join(most)} and {last}" if most else last


def percent(part: int, total: int) -> int:
    """Return how many in a hundred, rounded down: 999 of 1,000 are 99 %. It is 0 where the total is 0."""
    return part * 100 // total if total else 0


def format_duration(seconds: float) -> str:
    """Write a duration in three significant digits: ``0.4 ms``, ``12 ms``, ``1.5 s``."""
    if seconds >= 1:
        return f"{seconds:.3g} s" if seconds < 1000 else f"{seconds:,.0f} s"
    milliseconds = seconds * 1000
    return f"{milliseconds:.0f} ms" if milliseconds >= 10 else f"{milliseconds:.2g} ms"


def format_time(seconds: float) -> str:
    """Write seconds since the epoch in UTC, to the millisecond (RFC 3339): ``2026-01-31T09:30:00.000Z``."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_time(text: str) -> datetime:
    """Parse what ``format_time`` wrote.

    Raises:
        ValueError: it is no such time.
    """
    return datetime.fromisoformat(text)
