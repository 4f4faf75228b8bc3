"""Valid values of the fields of a body that are easily refused or changed: fixed, and the same for every seed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

from chatcert.cases.case import Unplannable
from chatcert.cases.requests.valid_bodies import ValidBodies
from chatcert.cases.values.echo_corpus import LISTS, LONG_LIST, MEMBERS, NUMBERS, TEXTS
from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.dialect import UNREAD
from chatcert.openapi.schemas.fields import JSON_TYPES, follow
from chatcert.openapi.schemas.pointer import MISSING

MAX_VALUES = 64
"""Values of one field."""
SHORT_TEXT = 200
"""Characters of a text that may be a title or a name: a database column often takes no more than 255."""
LONG_TEXT = 2000
"""Characters of a text in a field of its own for which the document sets no limit."""
MAX_LEVELS = 6
"""Levels of a documented value in which members are varied."""

_FIXED = ("enum", "const", "format", "pattern", "contentEncoding")
_SENTENCE = re.compile(r"[\w'] \w|[!?.](\s|$)")
"""What a text that somebody wrote has, and a name or a code has not."""
_UNKNOWN = {"chatcert_note": {"kind": "draft", "parts": [1, "two"]}, "chatcert_parent": None}
"""Members that no document has, for the objects inside of a documented example."""


class DesignedValues:
    """Valid values for the fields of one body, in an order that does not depend on a seed.

    Args:
        bodies: builds the bodies that the values are for.
    """

    def __init__(self, bodies: ValidBodies) -> None:
        self._bodies = bodies
        self._known: dict[tuple[str, ...], list[Any]] = {}

    def of(self, path: tuple[str, ...]) -> list[Any]:
        """Return the values of one field, the typical one first; empty where none could be built."""
        if path not in self._known:
            typical: Any = MISSING
            with suppress(Unplannable):
                typical = self._bodies.typical_value(path)
            found = self._distinct(path, self._bodies.fields[path].schema, typical)
            self._known[path] = list(islice(found, MAX_VALUES))
        return self._known[path]

    def _distinct(self, path: tuple[str, ...], schema: Any, typical: Any) -> Iterator[Any]:
        """Yield the different valid values of a field, its typical one first."""
        bodies, rule = self._bodies, _with_prose(follow(schema, self._bodies.root))
        fits = bodies.validator.part(rule)
        seen: set[str] = set()
        for value in self._candidates(path, rule, typical):
            settled = bodies.settled(value, path) if path in bodies.fields else value
            key = json.dumps(settled, default=str)
            if key not in seen and fits.is_valid(settled):
                seen.add(key)
                yield settled

    def _candidates(self, path: tuple[str, ...], rule: Schema, typical: Any) -> Iterator[Any]:
        if typical is not MISSING:
            yield typical
        if self._bodies.is_fixed(path) or UNREAD in rule:
            return
        yield from rule.get("enum", ())
        if "enum" in rule or "const" in rule:
            return
        examples = [one for one in rule.get("examples") or () if isinstance(one, dict | list)]
        if examples and "x-chatcert-prose" in rule:
            yield from examples
            yield from _rewritten(examples[-1])
            return
        declared = rule.get("type", JSON_TYPES)
        for kind in (declared,) if isinstance(declared, str) else declared:
            yield from self._of_type(kind, path, rule, typical)

    def _of_type(self, kind: str, path: tuple[str, ...], rule: Schema, typical: Any) -> Iterator[Any]:
        match kind:
            case "null":
                yield None
            case "boolean":
                yield from (True, False)
            case "integer":
                yield from (number for number in (*_limits(rule), *NUMBERS) if isinstance(number, int))
            case "number":
                yield from (*_limits(rule), *NUMBERS)
            case "string":
                if path in self._bodies.fields:
                    yield from _texts(rule, LONG_TEXT)
                elif isinstance(typical, str) and _SENTENCE.search(typical):
                    yield from _texts(rule, SHORT_TEXT)
            case "array":
                yield from self._arrays(rule, typical)
            case _:
                yield from self._objects(path, rule, typical)

    def _arrays(self, rule: Schema, typical: Any) -> Iterator[Any]:
        """Yield lists of several lengths: repeated items, items in another order, none at all, and many."""
        items = rule.get("items", True)
        if items is True or items == {}:
            yield from LISTS
            return
        item = typical[0] if isinstance(typical, list) and typical else self._bodies.value_of(items)
        if item is MISSING:
            return
        flat = follow(items, self._bodies.root)
        texts = [*_texts(flat, SHORT_TEXT)] if flat.get("type") == "string" else []
        yield from ([], [item, item], texts[:10], texts[10:20][::-1], texts[20:])
        yield [f"item {number}" for number in range(LONG_LIST)] if texts else [item] * LONG_LIST

    def _objects(self, path: tuple[str, ...], rule: Schema, typical: Any) -> Iterator[Any]:
        """Yield objects with other values of their documented members, and with members that nothing forbids.

        A map is empty first.
        """
        base = dict(typical) if isinstance(typical, dict) else {}
        if len(path) == 1 and not rule.get("properties"):
            yield {}
        inner = {
            name: [*islice(self._distinct((*path, name), schema, base[name]), MAX_VALUES)]
            for name, schema in (rule.get("properties") or {}).items()
            if name in base and len(path) < MAX_LEVELS
        }
        sets = [*self._more_members(rule, base)] or [{}]
        for row in range(1, max([len(sets) + 1, *map(len, inner.values())])):
            members = {**base, **{name: values[row % len(values)] for name, values in inner.items() if values}}
            yield {**members, **{k: v for k, v in sets[(row - 1) % len(sets)].items() if k not in base}}

    def _more_members(self, rule: Schema, base: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Yield sets of further members that an object takes: of any kind, or of the kind that the schema asks for."""
        extra, named = rule.get("additionalProperties", True), rule.get("properties")
        is_closed = named and not rule.get("x-chatcert-illustrative") and not isinstance(extra, dict)
        if extra is False or is_closed or "propertyNames" in rule or "patternProperties" in rule:
            return
        if not isinstance(extra, dict) or not extra:
            yield from MEMBERS
            return
        fits = self._bodies.validator.part(extra)
        for members in MEMBERS:
            yield {name: value for name, value in members.items() if fits.is_valid(value)}
        sample = next((value for name, value in base.items() if name not in (named or {})), MISSING)
        sample = self._bodies.value_of(extra) if sample is MISSING else sample
        if sample is not MISSING:
            yield {f"key {number:03}": sample for number in range(LONG_LIST)}


def _with_prose(schema: Schema) -> Schema:
    """Return a schema with what the page says in prose of the same values."""
    prose = schema.get("x-chatcert-prose")
    more = prose.get("schema") if isinstance(prose, dict) else None
    return {**schema, **more} if isinstance(more, dict) else schema


def _is_narrow(rule: Schema) -> bool:
    """Return whether a text has to have a form, so that not every text is one."""
    return any(word in rule for word in (*_FIXED, "oneOf", "anyOf", "allOf", "not", "examples", "x-chatcert-resource"))


def _texts(rule: Schema, longest: int) -> Iterator[str]:
    """Yield texts of a field that takes any; where the document sets no limit, none longer than ``longest``."""
    if _is_narrow(rule):
        return
    least, most = int(rule.get("minLength", 0)), int(rule.get("maxLength", longest))
    yield from (text for text in TEXTS.values() if least <= len(text) <= most)


def _limits(rule: Schema) -> Iterator[Any]:
    yield from (rule[word] for word in ("minimum", "maximum") if word in rule)


def _rewritten(example: Any) -> Iterator[Any]:
    """Yield a documented example with other texts, with unknown members in its inner objects, and with many entries."""
    yield _with_unknown(example, 0)
    yield _with_many(example)
    for text in TEXTS.values():
        changed = _with_text(example, text, MAX_LEVELS)
        if changed == example:
            break
        yield changed


def _with_text(value: Any, text: str, levels: int) -> Any:
    if levels == 0:
        return value
    if isinstance(value, dict):
        return {name: _with_text(member, text, levels - 1) for name, member in value.items()}
    if isinstance(value, list):
        return [_with_text(item, text, levels - 1) for item in value]
    return text if isinstance(value, str) and _SENTENCE.search(value) else value


def _entries(value: Any) -> list[dict[str, Any]]:
    """Return the members of an object if all of them are objects that know their names: it is a map of them."""
    if not isinstance(value, dict) or not value:
        return []
    members = list(value.items())
    alike = all(isinstance(member, dict) and name in member.values() for name, member in members)
    return [member for _, member in members] if alike else []


def _with_unknown(value: Any, level: int) -> Any:
    """Return a value with unknown members in its objects, but for maps, whose members are documented."""
    if isinstance(value, list):
        return [_with_unknown(item, level + 1) for item in value]
    if not isinstance(value, dict) or level > MAX_LEVELS:
        return value
    inner = {name: _with_unknown(member, level + 1) for name, member in value.items()}
    holds_values = any(not isinstance(member, dict) for member in value.values())
    return {**inner, **_UNKNOWN} if holds_values else inner


def _with_many(value: Any) -> Any:
    """Return a value with many entries in each map of objects that know their names."""
    if not isinstance(value, dict):
        return value
    if not _entries(value):
        return {name: _with_many(member) for name, member in value.items()}
    name, entry = list(value.items())[-1]
    more = {f"{name}-{number}": {k: _renamed(v, name, number) for k, v in entry.items()} for number in range(LONG_LIST)}
    return {**more, **value}


def _renamed(value: Any, name: str, number: int) -> Any:
    return f"{name}-{number}" if value == name else value
