"""Write bodies as JSON: text where they are UTF-8, base64 otherwise, and what repeats itself for long only once.

The same body is always written the same way, so that the digest of a file of evidence does not depend on a library.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from typing import Any, Final

WINDOW: Final = 512
"""Characters that a repetition covers at least to be found for certain."""
MAX_PERIOD: Final = 16
"""Characters of the longest piece whose repetition is looked for."""
MAX_BODY: Final = 64 * 1024 * 1024
"""Characters that a body may have when it is read."""
_STEPS: Final = (4096, 256, 16, 1)
"""Characters that are compared at once, to find where a repetition ends."""

Run = tuple[str, int]
"""A piece of text, and how often it follows itself."""


def packed(body: bytes | None) -> dict[str, Any] | None:
    """Return a body in a JSON-ready form."""
    if body is None:
        return None
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode("ascii")}
    runs = [*_runs(text)] if len(text) > 4 * WINDOW else []
    return {"runs": runs} if len(runs) > 1 or (runs and runs[0][1] > 1) else {"text": text}


def unpacked(packed_body: Mapping[str, Any] | None) -> bytes | None:
    """Return the body: the inverse of ``packed``.

    Raises:
        KeyError, TypeError, ValueError: there is no body in such a form, or it is too long.
    """
    if packed_body is None:
        return None
    if "runs" in packed_body:
        runs = [(str(piece), int(times)) for piece, times in packed_body["runs"]]
        if sum(len(piece) * times for piece, times in runs) > MAX_BODY:
            raise ValueError(f"a body of more than {MAX_BODY:,} characters")
        return "".join(piece * times for piece, times in runs).encode("utf-8")
    if "text" in packed_body:
        return str(packed_body["text"]).encode("utf-8")
    return base64.b64decode(packed_body["base64"], validate=True)


def _runs(text: str) -> Iterator[Run]:
    """Yield the pieces of a text in their order."""
    start = at = 0
    while at < len(text):
        period = _period(text, at)
        if not period:
            at += WINDOW
            continue
        begin = at
        while begin > start and text[begin - 1] == text[begin - 1 + period]:
            begin -= 1
        if begin > start:
            yield text[start:begin], 1
        times = (_end(text, at + period, period) - begin) // period
        yield text[begin : begin + period], times
        start = at = begin + period * times
    if start < len(text):
        yield text[start:], 1


def _period(text: str, at: int) -> int:
    """Return the length of the piece that repeats itself from a place on; 0 where none does."""
    here = text[at : at + WINDOW]
    return next((p for p in range(1, MAX_PERIOD + 1) if text[at + p : at + p + WINDOW] == here), 0)


def _end(text: str, at: int, period: int) -> int:
    """Return where a repetition ends."""
    for step in _STEPS:
        while at + step <= len(text) and text[at : at + step] == text[at - period : at - period + step]:
            at += step
    return at
