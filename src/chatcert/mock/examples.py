"""Small valid instances of schemas: what the mock answers where a document shows no example."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from chatcert.mock.pattern_strings import matching
from chatcert.mock.schema_parts import branches_of, examples_of, reference_of, types_of
from chatcert.mock.validators import predicate
from chatcert.openapi.contract import Schema
from chatcert.openapi.fields import flattened
from chatcert.openapi.pointer import MISSING
from chatcert.text import format_time

_MAX_DEPTH = 6
_FULL_DEPTH = 2
"""Levels on which optional members are included where all of them are wanted."""


def timestamp(moment: float | None = None) -> str:
    """An instant (seconds since the epoch; now where it is ``None``) as RFC 3339 writes it, in UTC."""
    return _written(time.time() if moment is None else moment)


@lru_cache(maxsize=4)
def _written(moment: float) -> str:
    """An instant in UTC; the same one is mostly asked for several times, for one answer."""
    return format_time(moment)


_FORMATS: dict[str, Callable[[], str]] = {
    "date-time": timestamp,
    "date": lambda: timestamp()[:10],
    "time": lambda: timestamp()[11:],
    "duration": lambda: "PT1S",
    "uuid": lambda: str(uuid.uuid4()),
    "email": lambda: "someone@example.com",
    "idn-email": lambda: "someone@example.com",
    "hostname": lambda: "example.com",
    "ipv4": lambda: "192.0.2.1",
    "ipv6": lambda: "2001:db8::1",
    "uri": lambda: "https://example.com/",
    "url": lambda: "https://example.com/",
    "uri-reference": lambda: "/",
    "iri": lambda: "https://example.com/",
    "json-pointer": lambda: "/",
    "regex": lambda: ".*",
    "byte": lambda: "YQ==",
}


def instance(
    schema: Any, root: Schema, *, everything: bool = False, depth: int = 0, open_references: tuple[str, ...] = ()
) -> Any:
    """A small value that matches ``schema``, examples first; ``MISSING`` where none was found.

    Args:
        schema: part of ``root``.
        root: the standalone schema that holds the definitions.
        everything: whether optional members are included.
        open_references: those that led here; a value that needs itself cannot be.
    """
    reference = reference_of(schema)
    if reference in open_references:
        return MISSING
    everything = everything and depth < _FULL_DEPTH
    opened = (*open_references, *([reference] if reference else []))
    flat = flattened(schema, root)
    fits = predicate(flat, root)
    for shown in shown_values(flat):
        if fits(shown):
            return shown
    if depth > _MAX_DEPTH:
        return MISSING
    for branch in branches_of(flat, root):
        value = instance(branch, root, everything=everything, depth=depth + 1, open_references=opened)
        if value is not MISSING and fits(value):
            return value
    for kind in types_of(flat) or ("string",):
        value = _of_type(kind, flat, root, everything, depth, opened)
        if value is not MISSING and fits(value):
            return value
    return MISSING


def shown_values(flat: Schema) -> list[Any]:
    """The values that a schema names: its examples, constant, members and default, in this order."""
    found = examples_of(flat)
    if "const" in flat:
        found.append(flat["const"])
    if isinstance(flat.get("enum"), list):
        found += sorted(flat["enum"], key=lambda member: member is None)
    if "default" in flat:
        found.append(flat["default"])
    return found


def _of_type(kind: str, flat: Schema, root: Schema, everything: bool, depth: int, opened: tuple[str, ...]) -> Any:
    match kind:
        case "string":
            return text(flat)
        case "integer" | "number":
            return _number(flat, whole=kind == "integer")
        case "boolean":
            return False
        case "object":
            return _object(flat, root, everything, depth, opened)
        case "array":
            return _array(flat, root, everything, depth, opened)
        case _:
            return None


def text(flat: Schema, words: str = "text") -> str:
    """A string within the limits of a schema; ``words`` are used as far as they fit."""
    made = _FORMATS.get(str(flat.get("format", "")))
    if made is not None:
        return made()
    minimum, maximum = int(flat.get("minLength", 0)), flat.get("maxLength")
    if isinstance(flat.get("pattern"), str):
        return matching(flat["pattern"], minimum) or words
    padded = words.ljust(minimum, ".")
    return padded[: int(maximum)] if maximum is not None else padded


def _number(flat: Schema, *, whole: bool) -> int | float:
    step = flat.get("multipleOf", 1 if whole else 0)
    low, high = flat.get("minimum"), flat.get("maximum")
    above, below = flat.get("exclusiveMinimum"), flat.get("exclusiveMaximum")
    if above is not None:
        low = above + (step or abs(above) * 1e-6 or 1e-6)
    if below is not None:
        high = below - (step or abs(below) * 1e-6 or 1e-6)
    value: int | float = 1
    if low is not None and value < low:
        value = math.ceil(low / step) * step if step else low
    if high is not None and value > high:
        value = math.floor(high / step) * step if step else high
    elif step and step != 1 and low is None:
        value = step if high is None or step <= high else 0
    return int(value) if whole else value


def _object(flat: Schema, root: Schema, everything: bool, depth: int, opened: tuple[str, ...]) -> Any:
    required = [name for name in flat.get("required") or [] if isinstance(name, str)]
    properties: dict[str, Any] = flat.get("properties") or {}
    made: dict[str, Any] = {}
    for name in dict.fromkeys([*(properties if everything else ()), *required]):
        value = instance(
            properties.get(name, True), root, everything=everything, depth=depth + 1, open_references=opened
        )
        if value is not MISSING:
            made[name] = value
        elif name in required:
            return MISSING
    extra = flat.get("additionalProperties", True)
    for number in range(int(flat.get("minProperties", 0)) - len(made)):
        value = instance(extra, root, depth=depth + 1, open_references=opened)
        if value is not MISSING:
            made[f"key{number + 1}"] = value
    return made


def _array(flat: Schema, root: Schema, everything: bool, depth: int, opened: tuple[str, ...]) -> Any:
    fixed = [
        instance(part, root, everything=everything, depth=depth + 1, open_references=opened)
        for part in flat.get("prefixItems") or []
    ]
    wanted = max(int(flat.get("minItems", 0)), 1 if everything and "items" in flat else 0)
    more = [
        instance(flat.get("items", True), root, everything=everything, depth=depth + 1, open_references=opened)
        for _ in range(wanted - len(fixed))
    ]
    return [value for value in fixed + more if value is not MISSING]
