"""Reading a text as whoever decodes it would: escapes undone layer by layer, every character traced to its origin."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

MAX_LAYERS = 5
"""How often escapes are undone: a value that was encoded more often than this is not looked for."""
LARGE = 256 * 1024
"""A text with more characters than this is read in two layers only, so that nobody can make reading it long."""

_ESCAPE = re.compile(
    r"%([0-9a-f]{2})"  # URL-encoding
    r"|\\(?:u00([0-9a-f]{2})|x([0-9a-f]{2})|u\{0*([0-9a-f]{2})\})"  # JSON, and what programs print
    r"|&\#0*([0-9]{1,3});?|&\#x0*([0-9a-f]{1,2});?|&([a-z]{2,8};)"  # HTML and XML
    r"|\\([\"'/\\&<>$`!#=+%-])"  # one character behind a backslash
    r"|((?:[\r\n\x00]|\\r|\\n)+)",  # a line that was folded; a half of UTF-16
    re.IGNORECASE,
)
_HINT = re.compile(r"[%\\&\r\n\x00]")
"""What every escape begins with: most texts hold none."""
_BASES = {1: 16, 2: 16, 3: 16, 4: 16, 5: 10, 6: 16}
_ENTITY = 7
_PLAIN = 8
_LOWER = {code: chr(code).lower() for code in range(0x41, 0x5B)}
_PLAINLY = _LOWER | {ord(" "): "+"}
_PACKED = _LOWER | {ord(" "): "+", ord("-"): "+", ord("_"): "/"}


@dataclass(frozen=True, slots=True)
class Reading:
    """A text in one layer of decoding.

    Attributes:
        decoded: the text of this layer.
        origins: for each layer, the place from where each character came.
    """

    decoded: str
    origins: tuple[array[int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where characters ``start`` to ``end`` stand in the text that was given."""
        for origin in reversed(self.origins):
            start, end = origin[start], origin[end]
        return start, end


def fold(text: str, *, packed: bool = False) -> str:
    """A text without differences that do not matter, as long as before: letters in lower case, a space for a plus.

    Args:
        packed: the characters of URL-safe base64 count as those of the standard one, too.
    """
    return text.translate(_PACKED if packed else _PLAINLY)


def readings(text: str) -> Iterator[Reading]:
    """The text itself, then with its escapes undone once, twice, and so on as long as that changes it."""
    origins: tuple[array[int], ...] = ()
    layers = MAX_LAYERS if len(text) <= LARGE else 2
    for _ in range(layers):
        yield Reading(text, origins)
        text, origin = _undone(text)
        if origin is None:
            return
        origins = (*origins, origin)
    yield Reading(text, origins)


def _undone(text: str) -> tuple[str, array[int] | None]:
    """A text with one layer of escapes undone, and for each of its characters the place where it came from."""
    if not _HINT.search(text):
        return text, None
    parts: list[str] = []
    origin: array[int] = array("I")
    done = 0
    for match in _ESCAPE.finditer(text):
        decoded = _decoded(match)
        if decoded is None:
            continue
        start = match.start()
        parts.append(text[done:start])
        origin.extend(range(done, start))
        parts.append(decoded)
        origin.extend([start] * len(decoded))
        done = match.end()
    if not done:
        return text, None
    parts.append(text[done:])
    origin.extend(range(done, len(text) + 1))
    return "".join(parts), origin


def _decoded(match: re.Match[str]) -> str | None:
    """The character that an escape stands for; nothing for a line break; ``None`` for what is no escape."""
    group = match.lastindex or 0
    found = match[group]
    if group in _BASES:
        return chr(int(found, _BASES[group]))
    if group == _ENTITY:
        character = html5.get(found) or html5.get(found.lower(), "")
        return character if len(character) == 1 else None
    return found if group == _PLAIN else ""
