"""Text for people: escape what a server wrote, shorten it, count things, write times."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)


def visible(text: str) -> str:
    r"""Write every character that cannot be seen as an escape: ``\x1b``, ``\u202e``.

    Control characters other than tab and line feed, direction marks, zero-width characters, halves of surrogate
    pairs and noncharacters are concerned. The result is plain text: markup is not escaped here.
    """
    return _UNSEEN.sub(_escape, text)


def one_line(text: str) -> str:
    """``text`` with all that is unseen made visible and every run of white space made one space."""
    return " ".join(visible(text).split())


def whole(text: str) -> str:
    """``text`` as it can be encoded: halves of a surrogate pair joined, or replaced by U+FFFD where one is missing."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def cut(text: str, limit: int) -> str:
    """``text`` where it is no longer than the limit, in characters; else its beginning, and how long it is in all."""
    return text if len(text) <= limit else f"{text[:limit]} [cut here: {len(text):,} characters in all]"


def count(number: int, noun: str, plural: str = "") -> str:
    """A number with its noun: ``1 request``, ``1,204 requests``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def enumeration(numbers: Sequence[int]) -> str:
    """Numbers as a sentence names them: ``1, 2 and 5``."""
    *most, last = map(str, numbers) if numbers else ("",)
    return f"{', '.join(most)} and {last}" if most else last


def percent(part: int, all_of_it: int) -> int:
    """How many in a hundred, rounded down: all but one of a thousand is 99 %, never 100 %. Of nothing, nothing."""
    return part * 100 // all_of_it if all_of_it else 0


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def utc(seconds: float) -> str:
    """Seconds since the epoch as ``2026-01-31T09:30:00.000Z`` (RFC 3339)."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The inverse of ``utc``.

    Raises:
        ValueError: it is none.
    """
    return datetime.fromisoformat(text)
