"""Undo escapes in a text layer by layer, and trace every character to its position in the original text."""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from html.entities import html5

MAX_LAYERS = 5
"""How many layers of escapes are undone; values that are encoded more often are not found."""
LARGE = 256 * 1024
"""Characters; of longer texts only two layers are undone, so that no answer makes the search slow."""

_ESCAPE = re.compile(
    r"%([0-9a-f]{2})"  # URL-encoding
    r"|\\(?:u00([0-9a-f]{2})|x([0-9a-f]{2})|u\{0*([0-9a-f]{2})\})"  # JSON, and what programs print
    r"|&\#0*([0-9]{1,3});?|&\#x0*([0-9a-f]{1,2});?|&([a-z]{2,8};)"  # HTML and XML
    r"|\\([\"'/\\&<>$`!#=+%-])"  # one character behind a backslash
    r"|((?:[\r\n\x00]|\\r|\\n)+)",  # a line that was folded; a half of UTF-16
    re.IGNORECASE,
)
_HINT = re.compile(r"[%\\&\r\n\x00]")
"""The first characters of all escapes; most texts contain none."""
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
        origins: for each layer, the position of each character in the layer before.
    """

    decoded: str
    origins: tuple[array[int], ...]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the original text that characters ``start`` to ``end`` come from."""
        for origin in reversed(self.origins):
            start, end = origin[start], origin[end]
        return start, end


def fold(text: str, *, packed: bool = False) -> str:
    """Normalise a text without changing its length: letters become lower case, a space becomes a plus.

    Args:
        packed: also replace the characters of URL-safe base64 by those of standard base64 (RFC 4648).
    """
    return text.translate(_PACKED if packed else _PLAINLY)


def readings(text: str) -> Iterator[Reading]:
    """Yield the text itself, then with its escapes undone once, twice, and so on while that changes it."""
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
    """Undo one layer of escapes, and return the position that each character comes from."""
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
    """Return the character of an escape; empty for a line break, ``None`` for an unknown entity."""
    group = match.lastindex or 0
    found = match[group]
    if group in _BASES:
        return chr(int(found, _BASES[group]))
    if group == _ENTITY:
        character = html5.get(found) or html5.get(found.lower(), "")
        return character if len(character) == 1 else None
    return found if group == _PLAIN else ""
