"""Small valid values made piece by piece from a schema: bounded in attempts, never by the clock."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import islice
from typing import Any

from chatcert.cases.drawing import draw, seed_of
from chatcert.cases.strategies import FORMAT_EXAMPLES, Strategies
from chatcert.openapi.allof import laid_together
from chatcert.openapi.contract import Schema
from chatcert.openapi.fields import ANY, flattened
from chatcert.openapi.pointer import MISSING
from chatcert.openapi.validator import Validator

MAX_ATTEMPTS = 3000
"""Values that are tried for one place before it counts as one for which none can be made."""
MAX_DEPTH = 12
MAX_VARIANTS = 64
_LONGEST = 1_000_000
_PLAIN_TEXT = "Hello, I need help with my order"
_EXTRA_NAME = "extra_key"


class Builder:
    """Makes valid values of the parts of one schema.

    A reference is not followed into itself: the smallest value of a schema never needs that. Every value is confirmed
    by the validator.

    Args:
        root: a standalone schema.
        seed: where no value can be pieced together, what is drawn follows from it.
    """

    def __init__(self, root: Schema, seed: object = "") -> None:
        self.root = root
        self._seed = seed
        self._validator = Validator(root)
        self._left = 0
        self._drawn: dict[str, list[Any]] = {}

    @cached_property
    def _strategies(self) -> Strategies:
        return Strategies(self.root)

    def first(self, schema: Any, name: str = "") -> Any:
        """A small valid value of a part of the schema; ``MISSING`` where none was found."""
        self._left = MAX_ATTEMPTS
        return self._first(schema, name, ())

    def holding(self, path: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Valid values of the whole in which a field is present, each with the concrete place of that field."""
        self._left = MAX_ATTEMPTS
        allowed = self._validator.is_valid
        for value, place in self._holding(self.root, path, ()):
            if allowed(value):
                yield value, place

    def _first(self, schema: Any, name: str, open_references: tuple[str, ...]) -> Any:
        if schema is True or schema == {}:
            return _PLAIN_TEXT
        if schema is False or self._left <= 0 or len(open_references) > MAX_DEPTH:
            return MISSING
        self._left -= 1
        if isinstance(schema, Mapping) and isinstance(schema.get("$ref"), str):
            if schema["$ref"] in open_references:
                return MISSING
            open_references = (*open_references, schema["$ref"])
        else:
            open_references = (*open_references, "")
        allowed = self._validator.part(schema).is_valid
        for value in self._candidates(flattened(schema, self.root), name, open_references):
            if allowed(value):
                return value
        return MISSING

    def _candidates(self, flat: Schema, name: str, open_references: tuple[str, ...]) -> Iterator[Any]:
        yield from shown_values(flat)
        variants = list(islice(self._variants(flat), MAX_VARIANTS))
        for variant in variants:
            yield from shown_values(variant) if variant is not flat else ()
            for kind in _types(variant):
                yield from self._of_type(kind, variant, name, open_references)
        if self._left > 0 and any(keyword in flat for keyword in ("pattern", "multipleOf", "not", "allOf")):
            self._left -= 20
            key = json.dumps(flat, sort_keys=True, default=str)
            if key not in self._drawn:
                seed_value = seed_of("typical", self._seed, name)
                self._drawn[key] = draw(lambda: self._strategies.valid(flat), 8, seed_value)
            yield from self._drawn[key]

    def _variants(self, flat: Schema) -> Iterator[Schema]:
        """The schema with each of its alternatives laid into it, and the branches of its condition."""
        for keyword in ("oneOf", "anyOf"):
            if keyword in flat:
                beside = {key: value for key, value in flat.items() if key != keyword}
                for branch in flat[keyword]:
                    yield from self._variants(laid_together([beside, flattened(branch, self.root)]))
                return
        yield flat
        if "if" in flat:
            beside = {key: value for key, value in flat.items() if key not in ("if", "then", "else")}
            for parts in (("if", "then"), ("else",)):
                laid = [flattened(flat[part], self.root) for part in parts if part in flat]
                yield laid_together([beside, *laid])

    def _of_type(self, kind: str, flat: Schema, name: str, open_references: tuple[str, ...]) -> Iterator[Any]:
        match kind:
            case "string":
                least = flat.get("minLength", 0)
                if least <= _LONGEST:
                    text = FORMAT_EXAMPLES.get(str(flat.get("format")), _PLAIN_TEXT)
                    yield text[: flat.get("maxLength")].ljust(int(least), "a")
            case "integer" | "number":
                yield from _numbers(flat, whole=kind == "integer")
            case "boolean":
                yield True
                yield False
            case "array":
                yield from self._arrays(flat, name, open_references)
            case "object":
                yield from self._objects(flat, name, open_references)
            case _:
                yield None

    def _arrays(self, flat: Schema, name: str, open_references: tuple[str, ...]) -> Iterator[Any]:
        fixed = [
            self._first(part, f"{name}/{n}", open_references) for n, part in enumerate(flat.get("prefixItems", []))
        ]
        least, most = int(flat.get("minItems", 0)), flat.get("maxItems", 1000)
        wanted = min(max(1, least), 1000) - len(fixed)
        items = flat.get("items", {})
        if items is not False and most > len(fixed) and MISSING not in fixed:
            part = {"allOf": [items, flat["contains"]]} if isinstance(flat.get("contains"), Mapping) else items
            item = self._first(part, name, open_references)
            if item is not MISSING and wanted > 0:
                yield fixed + (self._different(items, item, wanted) if flat.get("uniqueItems") else [item] * wanted)
        if MISSING not in fixed:
            yield fixed
        yield []

    def _different(self, items: Any, item: Any, count: int) -> list[Any]:
        """Items that differ from each other, as far as texts, numbers and members let them."""
        flat = flattened(items, self.root)
        if flat.get("enum"):
            return list(flat["enum"][:count])
        if isinstance(item, str) and "format" not in flat and "pattern" not in flat:
            return [item if n == 0 else f"{n}{item[len(str(n)) :]}" for n in range(count)]
        if isinstance(item, int | float) and not isinstance(item, bool):
            return [item + n * flat.get("multipleOf", 1) for n in range(count)]
        if count == 1:
            return [item]
        drawn = draw(lambda: self._strategies.valid(flat), 4 * count, seed_of("different", self._seed))
        return drawn[:count] if len(drawn) >= count else [item] * count

    def _objects(self, flat: Schema, name: str, open_references: tuple[str, ...]) -> Iterator[Any]:
        needed = dict.fromkeys(n for n in flat.get("required") or [] if isinstance(n, str))
        members = self._members(flat, list(needed), name, open_references)
        if members is None:
            return
        yield members
        for given, others in (flat.get("dependentRequired") or {}).items():
            if given in members and not set(others) <= members.keys():
                more = self._members(flat, [n for n in others if n not in members], name, open_references)
                members = {**members, **(more or {})}
        least = int(flat.get("minProperties", 0))
        optional = [n for n in flat.get("properties") or {} if n not in members]
        for other in optional[: max(0, least - len(members))]:
            members = {**members, **(self._members(flat, [other], name, open_references) or {})}
        for number in range(min(least, 1000) - len(members)):
            key = self._key(flat, number)
            value = self._first(self._rule_of(flat, key), f"{name}/{key}", open_references)
            members = {**members, **({} if value is MISSING else {key: value})}
        yield members
        if optional and self._left > MAX_ATTEMPTS // 2:
            yield {**members, **(self._members(flat, optional, name, open_references, strict=False) or {})}

    def _members(
        self, flat: Schema, names: list[str], name: str, open_references: tuple[str, ...], *, strict: bool = True
    ) -> dict[str, Any] | None:
        made: dict[str, Any] = {}
        for key in names:
            value = self._first(self._rule_of(flat, key), f"{name}/{key}" if name else key, open_references)
            if value is not MISSING:
                made[key] = value
            elif strict:
                return None
        return made

    def _rule_of(self, flat: Schema, key: str) -> Any:
        """What an object's schema says of one member."""
        properties = flat.get("properties") or {}
        if key in properties:
            return properties[key]
        patterns: dict[str, Any] = flat.get("patternProperties") or {}
        for pattern, inner in patterns.items():
            if not self._validator.part({"pattern": pattern}).is_valid(key):
                continue
            return inner
        return flat.get("additionalProperties", True)

    def _key(self, flat: Schema, number: int = 0) -> str:
        """A name for a member that the schema does not name."""
        names = flat.get("propertyNames")
        wanted = [names] if names else []
        if flat.get("additionalProperties", True) is False:
            wanted += [{"pattern": pattern} for pattern in list(flat.get("patternProperties") or {})[:1]]
        plain = _EXTRA_NAME if number == 0 else f"{_EXTRA_NAME}_{number}"
        if not wanted or self._validator.part({"allOf": wanted}).is_valid(plain):
            return plain
        made = self._first({"type": "string", "allOf": wanted}, "key", ())
        if not isinstance(made, str):
            return plain
        return made if number == 0 else f"{number}{made}"[: len(made)]

    def _holding(
        self, schema: Any, path: tuple[str, ...], open_references: tuple[str, ...]
    ) -> Iterator[tuple[Any, tuple[str, ...]]]:
        if not path:
            value = self._first(schema, "", ())
            if value is not MISSING:
                yield value, ()
            return
        if self._left <= 0:
            return
        head, rest = path[0], path[1:]
        for flat in islice(self._variants(flattened(schema, self.root)), MAX_VARIANTS):
            if head == ANY:
                yield from self._holding_any(flat, rest, open_references)
            elif head in (flat.get("properties") or {}):
                for inner, place in self._holding(flat["properties"][head], rest, open_references):
                    for base in islice(self._objects(flat, "", open_references), 2):
                        yield {**base, head: inner}, (head, *place)

    def _holding_any(
        self, flat: Schema, rest: tuple[str, ...], open_references: tuple[str, ...]
    ) -> Iterator[tuple[Any, tuple[str, ...]]]:
        kinds = _types(flat)
        if "array" in kinds and isinstance(flat.get("items"), Mapping):
            for inner, place in self._holding(flat["items"], rest, open_references):
                for base in islice(self._arrays(flat, "", open_references), 2):
                    yield [inner, *base[1:]], ("0", *place)
        if "object" in kinds and isinstance(flat.get("additionalProperties"), Mapping):
            key = self._key(flat)
            for inner, place in self._holding(flat["additionalProperties"], rest, open_references):
                for base in islice(self._objects(flat, "", open_references), 2):
                    yield {**base, key: inner}, (key, *place)


def _types(flat: Schema) -> tuple[str, ...]:
    """The types for which values are made, null last; what the other keywords suggest where none is declared."""
    declared = flat.get("type")
    if isinstance(declared, str):
        return (declared,)
    if isinstance(declared, list):
        return tuple(sorted(declared, key=lambda kind: kind == "null"))
    if any(word in flat for word in ("properties", "required", "additionalProperties", "minProperties")):
        return ("object", "string", "array")
    if any(word in flat for word in ("items", "prefixItems", "minItems", "contains")):
        return ("array", "string", "object")
    if any(word in flat for word in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")):
        return ("number", "string", "object")
    return ("string", "object", "integer", "boolean", "array", "null")


def _numbers(flat: Schema, *, whole: bool) -> Iterator[int | float]:
    low = flat.get("minimum", flat.get("exclusiveMinimum", 0) + (1 if "exclusiveMinimum" in flat else 0))
    yield max(low, min(1, flat.get("maximum", 1)))
    yield low
    high = flat.get("maximum", flat.get("exclusiveMaximum", low + 2))
    bottom = flat.get("minimum", flat.get("exclusiveMinimum", high - 2))
    yield from (high, high - 1, bottom, bottom + 1, (bottom + high) / 2)
    step = flat.get("multipleOf", 1 if whole else 0)
    if step and math.isfinite(bottom / step) and math.isfinite(high / step):
        for count in (math.ceil(bottom / step), math.floor(bottom / step) + 1, math.floor(high / step)):
            yield count * step


def shown_values(flat: Schema) -> list[Any]:
    """The values that a schema names: constant, first member, examples, default, in this order."""
    values = [flat["const"]] if "const" in flat else list(flat.get("enum") or [])[:1]
    prose = flat.get("x-chatcert-prose")
    if isinstance(prose, Mapping):
        inner = prose.get("schema") or {}
        values += [*list(inner.get("enum") or [])[:1], *list(inner.get("examples") or [])[:1]]
    if "example" in flat:
        values.append(flat["example"])
    values += list(flat.get("examples") or [])[:1] if isinstance(flat.get("examples"), list) else []
    if "default" in flat:
        values.append(flat["default"])
    return values + list(flat.get("enum") or [])[1:40]
