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
_ONE_OF: Final = re.compile(
    r"\b(?:(?:must|can|may|should) be|is|either|(?:allowed|possible|valid) values:?)?\s*one of:?\s+([^.;()]+)",
    re.IGNORECASE,
)
_VALUE: Final = re.compile(r"[`'\"]?([A-Za-z0-9][\w.:/+-]*)[`'\"]?")
_FORMATS: Final[tuple[tuple[str, Schema], ...]] = (
    (
        r"\b(?:JSON[- ](?:encoded|formatted|string)|stringified JSON|valid JSON)\b",
        {"contentMediaType": "application/json"},
    ),
    (r"\bISO[- ]?8601\b.*\bdate only\b|\bYYYY-MM-DD\b(?!T)", {"format": "date"}),
    (r"\bISO[- ]?8601\b.*\bduration\b", {"format": "duration"}),
    (r"\bISO[- ]?8601\b|\bRFC[- ]?3339\b", {"format": "date-time"}),
    (r"\bISO[- ]?639-1\b", {"pattern": "^[a-z]{2}(-[A-Z]{2})?$"}),
    (r"\bISO[- ]?3166\b.*\balpha-?2\b|\bISO[- ]?3166-1\b", {"pattern": "^[A-Z]{2}$"}),
    (r"\bISO[- ]?4217\b", {"pattern": "^[A-Z]{3}$"}),
    (r"\bE\.164\b", {"pattern": r"^\+[1-9]\d{1,14}$"}),
)


def stated_rules(schema: Mapping[str, Any]) -> Iterator[tuple[Schema, str]]:
    """Yield the rules that a description states and its schema does not, each with the words that say so."""
    text = " ".join(str(schema.get("description", "")).split())
    types = schema.get("type")
    names = {types} if isinstance(types, str) else {*(types or ())}
    if "string" in names:
        yield from _of_text(schema, text)
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
    lower = _LEAST.search(text)
    if lower is not None and lower[2].lower().startswith(unit) and least not in schema:
        yield {least: _number(lower[1])}, lower[0]
    for found in _MOST.finditer(text):
        is_lower = lower is not None and lower.start() <= found.start() < lower.end()
        is_size = found[2].lower() == unit or (unit == "item" and found[2].lower() == "entr")
        if is_size and not is_lower and most not in schema:
            yield {most: _number(found[1])}, f"{found[1]} {unit}s"
            return


def _number(text: str) -> int:
    return int(text.replace(",", ""))


def _values(text: str) -> list[str]:
    """Return the listed words; an empty list if one of the parts is more than a word, so that it is prose."""
    parts = [part.strip() for part in re.split(r",|\bor\b|\band\b|\|", text) if part.strip()]
    found = [_VALUE.fullmatch(part) for part in parts]
    return [match[1] for match in found if match is not None] if all(found) else []
