"""Find the names of fields in errors, whatever their spelling."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from chatcert.openapi.error_fields import normalised

LONG: Final = 4
"""Letters from which a name is found inside other words, such as ``title`` in ``chatTitles``; a shorter one is not."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\dA-Za-z_]+")


def names(value: Any, name: str) -> bool:
    """Return whether a text or a key in a JSON value has a name of a field in it.

    Args:
        name: without case and separators.
    """
    return any(_has(text, name) for text in _texts(value))


def _has(text: str, name: str) -> bool:
    if len(name) >= LONG:
        return name in normalised(text)
    words = [normalised(word) for word in _WORDS.findall(text)]
    pairs = ("".join(words[start:end]) for start in range(len(words)) for end in range(start + 1, start + 1 + LONG))
    return name in pairs


def _texts(value: Any) -> Iterator[str]:
    pending = [value]
    while pending:
        item = pending.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            pending += [*item.keys(), *item.values()]
        elif isinstance(item, list):
            pending += item
