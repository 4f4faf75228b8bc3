"""The ways in which servers change what they repeat: each in a single kind of value."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

from chatcert.mock.deviation.json_edits import Change, map_scalars

_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_NUMBER = re.compile(r"\+?\d+(\.\d+)?(e\d+)?", re.IGNORECASE)
_TYPOGRAPHY = str.maketrans({"\u201c": '"', "\u201d": '"', "\u2018": "'", "\u2019": "'", "\u2013": "-", "\u2014": "-"})
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\u00ad\u200e\ufe0f"))
_LEVELS = 3
"""Levels of objects up to which a server that drops unknown members drops none."""


def echo_edits(kind: str) -> Iterator[tuple[str, str, Change]]:
    """Yield ways of changing a value of a JSON type, as (variant, description, change)."""
    if kind in ("string", "object", "array"):
        for variant, description, edit in _OF_TEXTS:
            yield variant, description, _in_texts(edit)
    if kind in ("object", "array"):
        for variant, description, scalar in _OF_SCALARS:
            yield variant, description, _in_scalars(scalar)
        yield from _OF_VALUES


def _in_texts(edit: Callable[[str], Any]) -> Change:
    return lambda value: map_scalars(value, lambda text: edit(text) if isinstance(text, str) else text)


def _in_scalars(edit: Change) -> Change:
    return lambda value: map_scalars(value, edit)


def _as_date_time(text: str) -> str:
    return f"{text}T00:00:00.000Z" if _DATE.fullmatch(text) else text


def _without_zeros(text: str) -> str:
    return f"{float(text):g}" if _NUMBER.fullmatch(text) else text


_OF_TEXTS: tuple[tuple[str, str, Callable[[str], Any]], ...] = (
    ("ascii", "stripped of what is not ASCII", lambda text: text.encode("ascii", "replace").decode()),
    ("trimmed", "trimmed", str.strip),
    ("cut", "cut after 64 characters", lambda text: text[:64]),
    ("normalised", "in another form of Unicode", lambda text: unicodedata.normalize("NFC", text)),
    ("compatible", "without ligatures and special signs", lambda text: unicodedata.normalize("NFKC", text)),
    ("typography", "with plain quotes and dashes", lambda text: text.translate(_TYPOGRAPHY)),
    ("invisible", "without invisible characters", lambda text: text.translate(_INVISIBLE)),
    ("single-spaced", "with single spaces", lambda text: re.sub(r" {2,}", " ", text)),
    ("line-ends", "with line feeds alone", lambda text: text.replace("\r\n", "\n").replace("\r", "\n")),
    ("tabs", "with spaces for tabs", lambda text: text.replace("\t", "    ")),
    ("escaped", "escaped for HTML", html.escape),
    ("unescaped", "unescaped from HTML", html.unescape),
    ("percent-decoded", "with percent codes decoded", lambda text: text.replace("%20", " ").replace("%25", "%")),
    ("unquoted", "with backslashes removed", lambda text: text.replace("\\", "")),
    ("no-tags", "without tags", lambda text: re.sub(r"<[^<>]*>", "", text)),
    ("dates", "with dates as times", _as_date_time),
    ("number-texts", "with numbers in texts written anew", _without_zeros),
)


def _as_number(value: Any) -> Any:
    return float(value) if isinstance(value, str) and _NUMBER.fullmatch(value) else value


def _rounded(value: Any) -> Any:
    return round(value, 6) if isinstance(value, float) else value


def _in_32_bits(value: Any) -> Any:
    return max(-(2**31), min(2**31 - 1, value)) if type(value) is int else value


_OF_SCALARS: tuple[tuple[str, str, Change], ...] = (
    ("text", "with numbers as text", lambda value: str(value) if type(value) in (int, float) else value),
    ("typed", "with texts of numbers as numbers", _as_number),
    ("rounded", "with numbers rounded", _rounded),
    ("32-bit", "with numbers of 32 bits", _in_32_bits),
)


def _mapped(value: Any, of_object: Change, of_list: Change) -> Any:
    """Return a value with every object and every list in it changed, from the inside out."""
    if isinstance(value, dict):
        return of_object({name: _mapped(member, of_object, of_list) for name, member in value.items()})
    if isinstance(value, list):
        return of_list([_mapped(item, of_object, of_list) for item in value])
    return value


def _same(value: Any) -> Any:
    return value


def _objects(change: Change) -> Change:
    return lambda value: _mapped(value, change, _same)


def _lists(change: Change) -> Change:
    return lambda value: _mapped(value, _same, change)


def _key(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _deduplicated(items: list[Any]) -> list[Any]:
    return list({_key(item): item for item in items}.values())


def _flat(value: Any, level: int = 8) -> Any:
    """Return a value without what lies deeper than some levels."""
    if isinstance(value, dict | list) and level == 0:
        return None
    if isinstance(value, dict):
        return {name: _flat(member, level - 1) for name, member in value.items()}
    return [_flat(item, level - 1) for item in value] if isinstance(value, list) else value


def _known_alone(value: Any, level: int = 0) -> Any:
    """Return a value whose inner objects have lost the members whose values are objects or null."""
    if not isinstance(value, dict):
        return value
    inner = {name: _known_alone(member, level + 1) for name, member in value.items()}
    if level < _LEVELS:
        return inner
    return {name: member for name, member in inner.items() if member is not None and not isinstance(member, dict)}


_OF_VALUES: tuple[tuple[str, str, Change], ...] = (
    (
        "without-nulls",
        "without its nulls",
        lambda value: _mapped(value, lambda one: {k: v for k, v in one.items() if v is not None}, _same),
    ),
    (
        "without-empties",
        "without what is empty",
        lambda value: _mapped(value, lambda one: {k: v for k, v in one.items() if v not in ("", [], {})}, _same),
    ),
    ("sorted", "with its lists in order", _lists(lambda items: sorted(items, key=_key))),
    ("deduplicated", "with each item of a list once", _lists(_deduplicated)),
    ("shortened", "with no more than 100 items in a list", _lists(lambda items: items[:100])),
    ("few-members", "with no more than 100 members", _objects(lambda one: dict(list(one.items())[:100]))),
    ("lower-names", "with names in lower case", _objects(lambda one: {name.lower(): one[name] for name in one})),
    ("dotted", "with dots in names replaced", _objects(lambda one: {k.replace(".", "_"): v for k, v in one.items()})),
    ("named", "without members that have no name", _objects(lambda one: {k: v for k, v in one.items() if k})),
    ("flat", "without what lies deeper than eight levels", _flat),
    ("known-members", "without the unknown members of its messages", _known_alone),
)
