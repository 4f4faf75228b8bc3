"""Styles of the fields of a form: how arrays and objects are written there (OpenAPI 3.1, section 4.8.15).

Without a style of its own, an array repeats its field for each item, and an object is written as JSON.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote_plus

_DELIMITERS = {"spaceDelimited": "%20", "pipeDelimited": "|", "tabDelimited": "%09"}
_PLAIN = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}


class FieldStyle(NamedTuple):
    """How one field is written."""

    style: str
    explode: bool

    @property
    def delimiter(self) -> str:
        """What stands between the items of an array; empty where its field is repeated."""
        return "" if self.explode else _PLAIN.get(self.style, ",")

    def pairs(self, name: str, value: Any, texts: Mapping[str, str] | list[str]) -> Iterator[str]:
        """Yield the encoded pairs of an array or an object whose items or members have these texts."""
        delimiter = _DELIMITERS.get(self.style, ",")
        if isinstance(texts, list):
            yield f"{encoded(name)}={delimiter.join(map(encoded, texts))}"
        elif self.style == "deepObject":
            yield from (f"{encoded(f'{name}[{key}]')}={encoded(text)}" for key, text in texts.items())
        elif self.explode:
            yield from (f"{encoded(key)}={encoded(text)}" for key, text in texts.items())
        else:
            parts = [part for pair in texts.items() for part in pair]
            yield f"{encoded(name)}={delimiter.join(map(encoded, parts))}"


def style_of(encoding: Mapping[str, Any] | None, name: str) -> FieldStyle | None:
    """Return the style that ``encoding`` states for a field; ``None`` where it states none."""
    stated = (encoding or {}).get(name)
    if not isinstance(stated, Mapping) or not ("style" in stated or "explode" in stated):
        return None
    style, explode = str(stated.get("style", "form")), stated.get("explode")
    return FieldStyle(style, explode if isinstance(explode, bool) else style in ("form", "deepObject"))


def encoded(text: str) -> str:
    """Return a text as it stands in a URL-encoded form; what UTF-8 cannot carry becomes a question mark."""
    return quote_plus(text, errors="replace")
