"""Build small valid values of a schema, piece by piece: bounded in attempts, never by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from random import Random
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import contrary_of
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.fields import flattened
from chatcert.openapi.schemas.path_tokens import ANY, OpenToken
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.schema_merge import merge_schemas
from chatcert.openapi.schemas.validator import validator_for
from chatcert.openapi.values.sample_scalars import PATTERN_ATTEMPTS, numbers, sample_of_name, texts

MAX_ATTEMPTS = 3000
"""Values that are tried for one place before it counts as one for which none can be built."""
MAX_DEPTH = 12
MAX_VARIANTS = 64
"""Combinations of alternatives that are tried for one place."""
MAX_ITEMS = 1000
MAX_NAMED = 40
"""Values that a schema names and that are tried."""
PLAIN_TEXT = "Hello, I need help with my order"
_EXTRA_NAME = "extra_key"

Accepts = Callable[[Any], bool]
References = tuple[str, ...]


class SampleBuilder:
    """Builds valid values of the parts of one schema.

    The values that a schema names come first. A reference is not followed into itself: the smallest value of a schema
    never needs that.

    Args:
        root: a standalone schema.
        accepts: returns the test of a part of it, which confirms every value; by default, that of our validator.
        seed: texts for a pattern follow from it.
        generator: makes the generator of random numbers for a purpose instead, so that texts can differ each time.
        plain: the text for a schema that says nothing of its texts.
        fresh: formats for which a new text is made each time.
        optional_depth: levels of objects on which optional members are included as well.
        by_name: whether a member whose name says what it holds, such as ``language``, gets a text of that kind.
    """

    def __init__(
        self,
        root: Schema,
        accepts: Callable[[Schema], Accepts] | None = None,
        *,
        seed: object = "",
        generator: Callable[[str], Random] | None = None,
        plain: str = PLAIN_TEXT,
        fresh: Mapping[str, Callable[[], str]] | None = None,
        optional_depth: int = 0,
        by_name: bool = False,
    ) -> None:
        self.root = root
        self._accepts = accepts or _tests_of(root)
        self._random = generator or (lambda purpose: Random(f"{seed} {purpose}"))
        self._plain = plain
        self._fresh = fresh or {}
        self._optional_depth = optional_depth
        self._by_name = by_name
        self._name = ""
        self._left = 0

    def value(self, schema: Any, open_references: References = (), name: str = "") -> Any:
        """Return a small valid value of a part of the schema; ``MISSING`` where none was found.

        Args:
            open_references: references that are not followed.
            name: the member whose value it is, if any.
        """
        self._left = MAX_ATTEMPTS
        return self._member(name, schema, open_references, 0)

    def holding(self, path: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        """Yield valid values of the whole schema in which a field is present, each with the field's concrete path."""
        self._left = MAX_ATTEMPTS
        accepts = self._accepts(self.root)
        for value, concrete in self._holding(self.root, path):
            if accepts(value):
                yield value, concrete

    def test_of(self, schema: Schema) -> Accepts:
        """Return the test that confirms values of a part of the schema."""
        return self._accepts(schema)

    def name_of(self, rule: Schema) -> str:
        """Return a name that a rule on names allows, ``extra_key`` where none was found."""
        name = self.value({"type": "string", **rule})
        return name if isinstance(name, str) else _EXTRA_NAME

    def _value(self, schema: Any, opened: References, depth: int) -> Any:
        if schema is True or schema == {}:
            return self._text()
        if not isinstance(schema, Mapping) or self._left <= 0 or depth > MAX_DEPTH:
            return MISSING
        self._left -= 1
        reference = schema.get("$ref")
        if isinstance(reference, str):
            if reference in opened:
                return MISSING
            opened = (*opened, reference)
        accepts = self._accepts(dict(schema))
        for value in self._candidates(flattened(schema, self.root), opened, depth):
            if accepts(value):
                return value
        return MISSING

    def _text(self) -> str:
        """Return the text for a schema that says nothing of its texts, which may follow from the member's name."""
        return (sample_of_name(self._name) if self._by_name else None) or self._plain

    def _member(self, name: str, schema: Any, opened: References, depth: int) -> Any:
        """Return a value of the member of an object that has this name."""
        outer, self._name = self._name, name
        try:
            return self._value(schema, opened, depth)
        finally:
            self._name = outer

    def _candidates(self, flat: Schema, opened: References, depth: int) -> Iterator[Any]:
        yield from named_values(flat)
        for variant in islice(self._variants(flat), MAX_VARIANTS):
            yield from named_values(variant) if variant is not flat else ()
            for kind in likely_types(variant):
                yield from self._of_type(kind, variant, opened, depth)

    def _variants(self, flat: Schema, depth: int = 0) -> Iterator[Schema]:
        """Yield the schema with each of its alternatives merged into it, and with each branch of its condition."""
        if depth > MAX_DEPTH:
            return
        for keyword in ("oneOf", "anyOf"):
            if keyword in flat:
                beside = {key: value for key, value in flat.items() if key != keyword}
                for branch in flat[keyword]:
                    yield from self._variants(merge_schemas([beside, flattened(branch, self.root)]), depth + 1)
                return
        if any("oneOf" in part or "anyOf" in part for part in _all_of(flat)):
            beside = {key: value for key, value in flat.items() if key != "allOf"}
            first, *rest = sorted(_all_of(flat), key=lambda part: not ("oneOf" in part or "anyOf" in part))
            for variant in self._variants(first, depth + 1):
                yield from self._variants(merge_schemas([beside, variant, *rest]), depth + 1)
            return
        yield flat
        if "if" in flat:
            beside = {key: value for key, value in flat.items() if key not in ("if", "then", "else")}
            condition = flattened(flat["if"], self.root)
            for parts in ((condition, flat.get("then")), (contrary_of(condition), flat.get("else"))):
                yield merge_schemas([beside, *(flattened(part, self.root) for part in parts if part is not None)])

    def _of_type(self, kind: str, flat: Schema, opened: References, depth: int) -> Iterator[Any]:
        match kind:
            case "string":
                yield from texts(flat, self._text(), self._random, self._fresh)
            case "integer" | "number":
                yield from numbers(flat, whole=kind == "integer")
            case "boolean":
                yield True
                yield False
            case "array":
                yield from self._arrays(flat, opened, depth)
            case "object":
                yield from self._objects(flat, opened, depth)
            case _:
                yield None

    def _arrays(self, flat: Schema, opened: References, depth: int) -> Iterator[Any]:
        fixed = [self._value(part, opened, depth + 1) for part in flat.get("prefixItems", [])]
        if MISSING not in fixed:
            least, most = int(flat.get("minItems", 0)), flat.get("maxItems", MAX_ITEMS)
            matching = int(flat.get("minContains", 0)) if "contains" in flat else 0
            wanted = min(max(1, least, matching + len(fixed)), MAX_ITEMS) - len(fixed)
            items = flat.get("items", {})
            if items is not False and most > len(fixed) and wanted > 0:
                part = {"allOf": [items, flat["contains"]]} if isinstance(flat.get("contains"), Mapping) else items
                item = self._value(part, opened, depth + 1)
                if item is not MISSING:
                    yield fixed + (self._different(part, item, wanted) if flat.get("uniqueItems") else [item] * wanted)
            yield fixed
        yield []

    def _different(self, items: Any, item: Any, count: int) -> list[Any]:
        """Return up to ``count`` items that differ from each other."""
        flat, accepts = flattened(items, self.root), self._accepts(items if isinstance(items, dict) else {})
        different = [item]
        candidates = [*list(flat.get("enum") or []), *islice(self._changed(flat, item), 4 * count + PATTERN_ATTEMPTS)]
        for candidate in candidates:
            if len(different) < count and candidate not in different and accepts(candidate):
                different.append(candidate)
        return different

    def _changed(self, flat: Schema, value: Any) -> Iterator[Any]:
        """Yield values like ``value`` that differ from it and from each other."""
        if "enum" in flat or "const" in flat:
            yield from flat.get("enum") or ()
            return
        match value:
            case bool():
                yield not value
            case str():
                yield from texts(flat, self._text(), self._random, self._fresh)
                yield from (text for n in range(1, MAX_ITEMS) for text in (f"{n}{value[len(str(n)) :]}", f"{value}{n}"))
            case int() | float():
                yield from (value + n * flat.get("multipleOf", 1) for n in range(1, MAX_ITEMS))
            case dict():
                properties = flat.get("properties") or {}
                for name, member in value.items():
                    for changed in self._changed(flattened(properties.get(name, {}), self.root), member):
                        yield {**value, name: changed}
                for name in [name for name in properties if name not in value]:
                    member = self._member(name, properties[name], (), MAX_DEPTH // 2)
                    if member is not MISSING:
                        yield {**value, name: member}
                        others = self._changed(flattened(properties[name], self.root), member)
                        yield from ({**value, name: changed} for changed in others)
                yield from ({**value, f"{_EXTRA_NAME}_{n}": self._plain} for n in range(1, MAX_ITEMS))
            case list() if value:
                for changed in self._changed(flattened(flat.get("items", {}), self.root), value[0]):
                    yield [changed, *value[1:]]

    def _objects(self, flat: Schema, opened: References, depth: int) -> Iterator[Any]:
        properties = flat.get("properties") or {}
        tag = [flat[TAG]] if flat.get(TAG) in properties else []
        required = list(dict.fromkeys(n for n in (*(flat.get("required") or []), *tag) if isinstance(n, str)))
        members = self._members(flat, required, opened, depth)
        if members is None:
            return
        optional = [name for name in properties if name not in members]
        if optional and depth < self._optional_depth:
            more = {**members, **(self._members(flat, optional, opened, depth, strict=False) or {})}
            yield {name: more[name] for name in dict.fromkeys((*properties, *more)) if name in more}
        yield members
        members = self._with_dependents(flat, members, opened, depth)
        yield self._filled(flat, members, opened, depth)
        if flat.get("minProperties", 0) > len(members) and "maxProperties" in flat:
            for name in optional[1:MAX_VARIANTS]:  # the first one may depend on another
                begun = {**members, **(self._members(flat, [name], opened, depth) or {})}
                yield self._filled(flat, begun, opened, depth)
        if optional and self._left > MAX_ATTEMPTS // 2:
            yield {**members, **(self._members(flat, optional, opened, depth, strict=False) or {})}

    def _with_conditions(self, flat: Schema, name: str) -> Schema:
        """Return the schema of an object with what applies where it has a member, and those that it needs then."""
        met: set[str] = set()
        while True:
            needed = {name, *(flat.get("required") or ())}
            for given, others in (flat.get("dependentRequired") or {}).items():
                needed |= {*others} if given in needed else set()
            conditions: Schema = flat.get("dependentSchemas") or {}
            new = [given for given in conditions if given in needed and given not in met]
            if not new:
                return flat
            met |= {*new}
            flat = merge_schemas([flat, *(flattened(conditions[given], self.root) for given in new)])

    def _with_dependents(self, flat: Schema, members: dict[str, Any], opened: References, depth: int) -> dict[str, Any]:
        """Return an object with the members that those in it depend on."""
        for given, others in (flat.get("dependentRequired") or {}).items():
            if given in members and not set(others) <= members.keys():
                names = [name for name in others if name not in members]
                members = {**members, **(self._members(flat, names, opened, depth) or {})}
        return members

    def _filled(self, flat: Schema, members: dict[str, Any], opened: References, depth: int) -> dict[str, Any]:
        """Return an object with as many members as the schema asks for at least."""
        least = int(flat.get("minProperties", 0))
        optional = [name for name in flat.get("properties") or {} if name not in members]
        for name in optional[: max(0, least - len(members))]:
            members = {**members, **(self._members(flat, [name], opened, depth) or {})}
        for name in self._extra_names(flat, min(least, MAX_ITEMS) - len(members)):
            members = {**members, **(self._members(flat, [name], opened, depth) or {})}
        return members

    def _members(
        self, flat: Schema, names: list[str], opened: References, depth: int, *, strict: bool = True
    ) -> dict[str, Any] | None:
        """Return values of members; where one has none, ``None`` if ``strict``, else all but that one."""
        members: dict[str, Any] = {}
        for name in names:
            value = self._member(name, self._member_schema(flat, name), opened, depth + 1)
            if value is not MISSING:
                members[name] = value
            elif strict:
                return None
        return members

    def _member_schema(self, flat: Schema, name: str) -> Any:
        properties = flat.get("properties") or {}
        if name in properties:
            return properties[name]
        patterns: dict[str, Any] = flat.get("patternProperties") or {}
        for pattern, schema in patterns.items():
            if self._accepts({"pattern": pattern})(name):
                return schema
        return flat.get("additionalProperties", True)

    def _extra_name(self, flat: Schema) -> str:
        """Return the name of a member that the schema allows and does not name."""
        return self._extra_names(flat, 1)[0]

    def _extra_names(self, flat: Schema, count: int) -> list[str]:
        """Return names of members that the schema allows and does not name."""
        names = flat.get("propertyNames")
        rules = [names] if names else []
        if flat.get("additionalProperties", True) is False:
            rules += [{"pattern": pattern} for pattern in list(flat.get("patternProperties") or {})[:1]]
        plain = [_EXTRA_NAME if number == 0 else f"{_EXTRA_NAME}_{number}" for number in range(count)]
        if not rules or all(map(self._accepts({"allOf": rules}), plain)):
            return plain
        rule = {"type": "string", "allOf": rules}
        name = self._value(rule, (), 0)
        return self._different(rule, name, count) if isinstance(name, str) else plain

    def _holding(self, schema: Any, path: tuple[str, ...], name: str = "") -> Iterator[tuple[Any, tuple[str, ...]]]:
        if not path:
            value = self._member(name, schema, (), 0)
            if value is not MISSING:
                yield value, ()
            return
        if self._left <= 0:
            return
        head, rest = path[0], path[1:]
        for flat in islice(self._variants(flattened(schema, self.root)), MAX_VARIANTS):
            if head == ANY:
                yield from self._holding_any(flat, rest)
            elif isinstance(head, OpenToken):
                yield from self._holding_pattern(flat, head.pattern, rest)
            elif head.isdecimal() and int(head) < len(flat.get("prefixItems") or ()):
                for inner, concrete in self._holding(flat["prefixItems"][int(head)], rest):
                    for base in islice(self._arrays(flat, (), 0), 2):
                        if len(base) > int(head):
                            yield [*base[: int(head)], inner, *base[int(head) + 1 :]], (head, *concrete)
            elif head in (flat.get("properties") or {}):
                given = self._with_conditions(flat, head)
                for inner, concrete in self._holding(given["properties"][head], rest, head):
                    for base in islice(self._objects(given, (), 0), 2):
                        whole = {**base, head: inner}
                        yield whole, (head, *concrete)
                        if "dependentRequired" in given:
                            yield self._with_dependents(given, whole, (), 0), (head, *concrete)

    def _holding_pattern(
        self, flat: Schema, pattern: str, rest: tuple[str, ...]
    ) -> Iterator[tuple[Any, tuple[str, ...]]]:
        schema = (flat.get("patternProperties") or {}).get(pattern)
        if schema is None:
            return
        rules = [{"pattern": pattern}, *([flat["propertyNames"]] if "propertyNames" in flat else [])]
        name = self._value({"type": "string", "allOf": rules}, (), 0)
        for inner, concrete in self._holding(schema, rest):
            for base in islice(self._objects(flat, (), 0), 2):
                if isinstance(name, str):
                    yield {**base, name: inner}, (name, *concrete)

    def _holding_any(self, flat: Schema, rest: tuple[str, ...]) -> Iterator[tuple[Any, tuple[str, ...]]]:
        kinds = likely_types(flat)
        if "array" in kinds and isinstance(flat.get("items"), Mapping):
            fixed = flat.get("prefixItems") or ()
            for inner, concrete in self._holding(flat["items"], rest):
                for base in islice(self._arrays(flat, (), 0), 2):
                    before = [*base, *(self._member("", one, (), 0) for one in fixed[len(base) :])][: len(fixed)]
                    if MISSING not in before:
                        yield [*before, inner, *base[len(fixed) + 1 :]], (str(len(fixed)), *concrete)
        if "object" in kinds and isinstance(flat.get("additionalProperties"), Mapping):
            name = self._extra_name(flat)
            for inner, concrete in self._holding(flat["additionalProperties"], rest):
                for base in islice(self._objects(flat, (), 0), 2):
                    yield {**base, name: inner}, (name, *concrete)


def _tests_of(root: Schema) -> Callable[[Schema], Accepts]:
    validator = validator_for(root)
    return lambda part: validator.part(part).is_valid


def _all_of(flat: Schema) -> list[Schema]:
    """Return the parts that could not be merged into a schema."""
    return [dict(part) for part in flat.get("allOf", ()) if isinstance(part, Mapping)]


def named_values(flat: Schema) -> list[Any]:
    """Return the values that a schema names, the likeliest to please a server first.

    These are the values that ``x-chatcert-prose`` names, the examples, the constant, the members and the default.
    """
    values: list[Any] = []
    prose = flat.get("x-chatcert-prose")
    if isinstance(prose, Mapping):
        stated = prose.get("schema") or {}
        values += [*list(stated.get("enum") or [])[:1], *list(stated.get("examples") or [])[:1]]
    if "example" in flat:
        values.append(flat["example"])
    if isinstance(flat.get("examples"), list):
        values += flat["examples"]
    if "const" in flat:
        values.append(flat["const"])
    values += sorted(flat.get("enum") or [], key=lambda member: member is None)
    if "default" in flat:
        values.append(flat["default"])
    return values[:MAX_NAMED]


def likely_types(flat: Schema) -> tuple[str, ...]:
    """Return the types for which values are tried, null last; without ``type``, what the other keywords suggest."""
    declared = flat.get("type")
    if isinstance(declared, str):
        return (declared,)
    if isinstance(declared, list):
        return tuple(sorted(declared, key=lambda kind: kind == "null"))
    if any(keyword in flat for keyword in ("properties", "required", "additionalProperties", "minProperties")):
        return ("object", "string", "array")
    if any(keyword in flat for keyword in ("items", "prefixItems", "minItems", "contains")):
        return ("array", "string", "object")
    if any(keyword in flat for keyword in ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")):
        return ("number", "string", "object")
    return ("string", "object", "integer", "boolean", "array", "null")
