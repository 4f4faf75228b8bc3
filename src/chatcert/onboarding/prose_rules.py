"""Rules that a field's description states in words: lengths, listed values, formats of texts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from chatcert.openapi.contract import Schema

_NUMBER: Final = r"(\d{1,3}(?:,\d{3})+|\d+)"
_LEAST: Final = re.compile(
    rf"(?:at least|min(?:imum)?(?: length)?(?: of)?|no fewer than)\s+{_NUMBER}\s+(characters|items)", re.IGNORECASE
)
_MOST: Final = re.compile(rf"{_NUMBER}[\s-]+(character|item|entr)", re.IGNORECASE)
_NO_LIMIT: Final = re.compile(
    r"\b(?:recommend\w*|suggest\w*|ideally|prefer\w*|typical\w*|usual\w*|for best"
    r"|truncat\w*|first|last|preview|default\w*)\b",
    re.IGNORECASE,
)
"""Words of a sentence whose numbers are no limits."""
_UNDER: Final = re.compile(r"\b(?:fewer than|less than|shorter than|under|below)\s+$", re.IGNORECASE)
_RANGE_START: Final = re.compile(rf"(?:\bbetween\s+)?{_NUMBER}\s*(?:-|\u2013|to|and)\s*$", re.IGNORECASE)
_LONGER: Final = re.compile(r"\b(?:longer|more|greater|over|above|exceed\w*)(?: than)?\s*$", re.IGNORECASE)
_NEGATION: Final = re.compile(r"\b(?:no|not|never|cannot)\b|n't\b", re.IGNORECASE)
_DECIMAL: Final = r"(-?\d+(?:\.\d+)?)"
_BETWEEN: Final = re.compile(
    rf"\b(?:between|from|in the range)\s+{_DECIMAL}(?:\s+\([^)]*\))?\s+(?:and|to)\s+{_DECIMAL}(?![\d:/-])",
    re.IGNORECASE,
)
_ENDS: Final = r"(?=\s*(?:[.,;)]|$))(?![.,]\d)"
_ONE_LIMIT: Final = tuple(
    (keyword, re.compile(rf"\b(?:{words})\s+{_NUMBER}{_ENDS}", re.IGNORECASE))
    for keyword, words in (
        ("minimum", r"at least|min(?:imum)?(?: value)?(?: is| of|:)?"),
        ("maximum", r"at most|up to|no more than|max(?:imum)?(?: value)?(?: is| of|:)?"),
    )
)
_ONE_OF: Final = re.compile(
    r"\b(?:(?:must|can|may|should) be|is|either|(?:allowed|possible|valid) values:?)?\s*one of:?\s+([^.;()]+)",
    re.IGNORECASE,
)
_VALUE: Final = re.compile(r"[`'\"]?([A-Za-z0-9][\w.:/+-]*)[`'\"]?")
_FORMATS: Final[tuple[tuple[str, Schema], ...]] = (
    (
        (
            r"\b(?:JSON[- ](?:encoded|formatted|string)|(?:stringified|serialized|valid) JSON"
            r"|an? JSON (?:object|array|text))\b"
        ),
        {"contentMediaType": "application/json"},
    ),
    (r"\bISO[- ]?8601\b.*\bdate only\b|\bYYYY-MM-DD\b(?!T)", {"format": "date"}),
    (r"\bISO[- ]?8601\b.*\bduration\b", {"format": "duration"}),
    (r"\bISO[- ]?8601\b|\bRFC[- ]?3339\b", {"format": "date-time"}),
    (r"\bISO[- ]?639-1\b", {"pattern": "^[a-z]{2}(-[A-Z]{2})?$"}),
    (r"\bISO[- ]?3166\b.*\balpha-?2\b|\bISO[- ]?3166-1\b", {"pattern": "^[A-Z]{2}$"}),
    (r"\bISO[- ]?4217\b", {"pattern": "^[A-Z]{3}$"}),
    (r"\b(?:an?|the|valid|must be) (?:HTTPS|https) (?:URL|URI|address|link)\b", {"pattern": "^https://"}),
    (r"\bE\.164\b", {"pattern": r"^\+[1-9]\d{1,14}$"}),
)


def stated_rules(schema: Mapping[str, Any]) -> Iterator[tuple[Schema, str]]:
    """Yield the rules that a description states and its schema does not, each with the words that say so."""
    text = " ".join(str(schema.get("description", "")).split())
    types = schema.get("type")
    names = {types} if isinstance(types, str) else {*(types or ())}
    if "string" in names:
        yield from _of_text(schema, text)
    if {"integer", "number"} & names:
        yield from _of_number(schema, text)
    if "array" in names:
        yield from _sizes(schema, text, "item", "minItems", "maxItems")


def _of_text(schema: Mapping[str, Any], text: str) -> Iterator[tuple[Schema, str]]:
    yield from _sizes(schema, text, "character", "minLength", "maxLength")
    if not {"format", "pattern", "enum", "const"} & schema.keys():
        for expression, rule in _FORMATS:
            found = re.search(expression, text, re.IGNORECASE)
            if found is not None:
                yield rule, found[0]
                break
        listed = _ONE_OF.search(text)
        values = _values(listed[1]) if listed is not None else []
        if listed is not None and len(values) > 1:
            yield {"enum": values}, listed[0].strip()


def _sizes(schema: Mapping[str, Any], text: str, unit: str, least: str, most: str) -> Iterator[tuple[Schema, str]]:
    """Yield the limits of a size, each once; sentences that recommend a size or cut what is longer state none."""
    known = set(schema)
    for sentence in _sentences(text):
        for keyword, number, said in _limits_of_size(sentence, unit, least, most):
            if keyword not in known:
                known.add(keyword)
                yield {keyword: number}, said


def _limits_of_size(text: str, unit: str, least: str, most: str) -> Iterator[tuple[str, int, str]]:
    """Yield keyword, number and words of each limit of one sentence."""
    lower = _LEAST.search(text)
    if lower is not None and lower[2].lower().startswith(unit):
        yield least, _number(lower[1]), lower[0]
    for found in _MOST.finditer(text):
        is_lower = lower is not None and lower.start() <= found.start() < lower.end()
        is_size = found[2].lower() == unit or (unit == "item" and found[2].lower() == "entr")
        if not is_size or is_lower:
            continue
        before, said, number = text[: found.start()], f"{found[1]} {unit}s", _number(found[1])
        if _LONGER.search(before) and not _NEGATION.search(before):
            continue  # what is longer is the subject of the sentence
        if (under := _UNDER.search(before)) is not None:
            yield most, number - 1, f"{under[0]}{said}"
            continue
        if (start := _RANGE_START.search(before)) is not None:
            yield least, _number(start[1]), f"{start[0]}{said}".strip()
        elif (exact := re.search(r"\bexactly\s+$", before, re.IGNORECASE)) is not None:
            yield least, number, f"{exact[0]}{said}"
        yield most, number, said


def _sentences(text: str) -> list[str]:
    """Return the sentences that may state a limit."""
    return [sentence for sentence in re.split(r"(?<=[.;!])\s+", text) if not _NO_LIMIT.search(sentence)]


def _of_number(schema: Mapping[str, Any], text: str) -> Iterator[tuple[Schema, str]]:
    """Yield the limits of a number."""
    if {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "enum", "const"} & schema.keys():
        return
    for sentence in _sentences(text):
        between = _BETWEEN.search(sentence)
        if between is not None and float(between[1]) < float(between[2]):
            yield {"minimum": _plain(float(between[1])), "maximum": _plain(float(between[2]))}, between[0]
            return
        for keyword, expression in _ONE_LIMIT:
            if (found := expression.search(sentence)) is not None:
                yield {keyword: _number(found[1])}, found[0]
                return


def _plain(number: float) -> int | float:
    return int(number) if number.is_integer() else number


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _values(text: str) -> list[str]:
    """Return the listed words; an empty list if one of the parts is more than a word, so that it is prose."""
    parts = [part.strip() for part in re.split(r",|\bor\b|\band\b|\|", text) if part.strip()]
    found = [_VALUE.fullmatch(part) for part in parts]
    return [match[1] for match in found if match is not None] if all(found) else []
