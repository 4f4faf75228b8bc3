"""Hypothesis strategies for the valid values of one schema, for the property-based tier of cases."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chatcert.cases.values.random_values import (
    SAFE_INTEGER,
    from_random,
    random_json,
    random_name,
    random_names,
    random_text,
    subsets_of,
)
from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.pattern_texts import text_for
from chatcert.openapi.patterns.regex import compiled, reads_alike
from chatcert.openapi.schemas.dialect import ORIGIN, UNREAD
from chatcert.openapi.schemas.fields import flattened, follow
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.openapi.schemas.schema_merge import merge_schemas
from chatcert.openapi.values.sample_scalars import sample_of_encoding, sample_of_format
from chatcert.openapi.values.sample_values import SampleBuilder

MAX_TEXT = 200
MAX_LENGTH = 2000
"""Characters that a drawn text may be required to have."""
MAX_SIZE = 1000
"""Items or members that a drawn array or object may be required to have."""
MAX_NESTING = 3
"""Levels of references that are followed before optional members are left out."""

_NAME = from_random(random_name)


def text(minimum: int = 0, maximum: int | None = None) -> SearchStrategy[str]:
    """Return a strategy for text of several scripts; it is empty where ``minimum`` is more than ``MAX_LENGTH``."""
    upper = min(maximum if maximum is not None else MAX_TEXT, max(MAX_TEXT, minimum))
    if upper < minimum or minimum > MAX_LENGTH:
        return st.nothing()
    return from_random(lambda random: random_text(random, minimum, upper))


def _numbers(schema: Schema, *, whole: bool) -> SearchStrategy[Any]:
    low, high = schema.get("minimum"), schema.get("maximum")
    above, below = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    step = schema.get("multipleOf")
    if whole:
        bottom = low if low is not None else (above + 1 if above is not None else -SAFE_INTEGER)
        top = high if high is not None else (below - 1 if below is not None else SAFE_INTEGER)
        if step is not None and step == int(step):
            first, last = math.ceil(bottom / step), math.floor(top / step)
            return st.integers(first, last).map(lambda n: n * int(step)) if first <= last else st.nothing()
        bottom, top = math.ceil(bottom), math.floor(top)
        return st.integers(bottom, top) if bottom <= top else st.nothing()
    bottom = low if low is not None else (above if above is not None else -1e6)
    top = high if high is not None else (below if below is not None else 1e6)
    if bottom > top and None in (low if low is not None else above, high if high is not None else below):
        bottom, top = (bottom, bottom + 1e6) if high is None and below is None else (top - 1e6, top)
    if bottom > top:
        return st.nothing()
    if step is not None:
        first, last = math.ceil(bottom / step), math.floor(top / step)
        return st.integers(first, last).map(lambda n: n * step) if first <= last else st.nothing()
    return st.one_of(
        st.integers(math.ceil(bottom), math.floor(top)) if math.ceil(bottom) <= math.floor(top) else st.nothing(),
        st.floats(bottom, top, allow_nan=False, allow_infinity=False).map(lambda number: round(number, 3)),
    )


def any_json(depth: int = 1) -> SearchStrategy[Any]:
    """Return a strategy for JSON values that all implementations exchange alike."""
    return from_random(lambda random: random_json(random, depth))


def _any_members(excluded: Collection[str], least: int, most: int) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for objects with any members, none of which has a name in ``excluded``."""
    return from_random(
        lambda random: {name: random_json(random, 1) for name in random_names(random, least, most, excluded)}
    )


def _other_names(excluded: Collection[str], least: int, most: int) -> SearchStrategy[list[str]]:
    return from_random(lambda random: random_names(random, least, most, excluded))


def _known_members(
    required: Mapping[str, SearchStrategy[Any]], optional: Mapping[str, SearchStrategy[Any]]
) -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for objects with all required members and any of the optional ones."""
    if not optional:
        return st.fixed_dictionaries(required)
    return _chosen(subsets_of(tuple(optional)), {**required, **optional}, tuple(required))


@st.composite
def _chosen(
    choose: st.DrawFn,
    some: SearchStrategy[list[str]],
    members: Mapping[str, SearchStrategy[Any]],
    always: tuple[str, ...],
) -> dict[str, Any]:
    return {name: choose(members[name]) for name in (*always, *choose(some))}


@st.composite
def _named(choose: st.DrawFn, names: SearchStrategy[list[str]], values: SearchStrategy[Any]) -> dict[str, Any]:
    """Draw an object with drawn names, each with a value of the strategy."""
    return {name: choose(values) for name in choose(names)}


class Strategies:
    """Strategies for the values of the parts of one schema: within its types, limits and members.

    The caller confirms each value. Recursive references are followed to a limited depth, and there is one strategy
    for each reference and depth, so that every schema takes bounded work.

    Args:
        root: the standalone schema that holds the definitions.
    """

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._by_reference: dict[tuple[str, int], SearchStrategy[Any]] = {}

    def of_type(self, name: str, schema: Schema, depth: int = 0) -> SearchStrategy[Any]:
        """Return a strategy for values of one JSON type, within what ``schema`` says of that type."""
        match name:
            case "string":
                return text(int(schema.get("minLength", 0)), _integer(schema.get("maxLength")))
            case "integer" | "number":
                return _numbers(schema, whole=name == "integer")
            case "boolean":
                return st.booleans()
            case "null":
                return st.none()
            case "array":
                return self._arrays(schema, depth)
            case _:
                return self._objects(schema, depth)

    def _arrays(self, schema: Schema, depth: int) -> SearchStrategy[Any]:
        low = int(schema.get("minItems", 0))
        if low > MAX_SIZE:
            return st.nothing()
        high = min(int(schema.get("maxItems", low + 4)), low + 4)
        if depth >= MAX_NESTING and low == 0:
            return st.just([])
        items = self.valid(schema.get("items", True), depth)
        if items.is_empty or high < low:
            return st.just([]) if low == 0 else st.nothing()
        if schema.get("uniqueItems"):
            return st.lists(items, min_size=low, max_size=high, unique_by=_key_of)
        return st.lists(items, min_size=low, max_size=high)

    def _objects(self, schema: Schema, depth: int) -> SearchStrategy[Any]:
        properties = schema.get("properties") or {}
        needed = set(schema.get("required") or [])
        required = {name: self.valid(inner, depth) for name, inner in properties.items() if name in needed}
        shown = properties.items() if depth < MAX_NESTING else ()
        optional = {name: self.valid(inner, depth) for name, inner in shown if name not in needed}
        if any(strategy.is_empty for strategy in required.values()):
            return st.nothing()
        known = _known_members(required, {n: s for n, s in optional.items() if not s.is_empty})
        extra = schema.get("additionalProperties", True)
        if extra is False or (properties and not schema.get("x-chatcert-illustrative") and not isinstance(extra, dict)):
            return known
        if depth >= MAX_NESTING and not schema.get("minProperties"):
            return known
        low = max(0, int(schema.get("minProperties", 0)) - len(properties))
        if low > MAX_SIZE:
            return st.nothing()
        high = max(low, min(3, int(schema.get("maxProperties", 3))))
        rule = schema.get("propertyNames")
        if rule is None and extra in (True, {}):
            more = _any_members(properties, low, high)
            return st.tuples(known, more).map(_merge) if properties else more
        values = self.valid(extra, depth)
        if values.is_empty:
            return known
        if rule is None:
            more = _named(_other_names(properties, low, high), values)
        else:
            names = st.one_of(_NAME, self.valid({"type": "string", **follow(rule, self.root)}))
            others = names.filter(lambda name: name not in properties)
            more = st.dictionaries(others, values, min_size=low, max_size=high)
        return st.tuples(known, more).map(_merge)

    def valid(self, schema: Any, depth: int = 0) -> SearchStrategy[Any]:
        """Return a strategy for values that a part of the schema allows."""
        if schema is True or schema == {}:
            return any_json()
        if schema is False or depth > 2 * MAX_NESTING:
            return st.nothing()
        if isinstance(schema, dict) and _refers(schema):
            key = json.dumps(schema, sort_keys=True, default=str), depth
            if key not in self._by_reference:
                self._by_reference[key] = self._valid(follow(schema, self.root), depth + 1)
            return self._by_reference[key]
        return self._valid(follow(schema, self.root), depth)

    def _valid(self, flat: Schema, depth: int) -> SearchStrategy[Any]:
        prose = flat.get("x-chatcert-prose")
        if isinstance(prose, dict) and isinstance(prose.get("schema"), dict):
            flat = {**flat, **prose["schema"]}
        if UNREAD in flat and not {"const", "enum"} & flat.keys():
            value = SampleBuilder(self.root).value(flat)
            return st.nothing() if value is MISSING else st.just(value)
        if "const" in flat:
            return st.just(flat["const"])
        if "enum" in flat:
            return st.sampled_from(flat["enum"]) if flat["enum"] else st.nothing()
        if prose and flat.get("examples"):
            return st.sampled_from(flat["examples"])
        sample = sample_of_format(str(flat.get("format"))) or sample_of_encoding(flat)
        if sample is not None and flat.get("type", "string") == "string":
            return st.just(sample)
        branches = flat.get("oneOf") or flat.get("anyOf")
        if isinstance(branches, list) and branches:
            return self._branches(flat, branches, depth)
        if "allOf" in flat:
            merged = flattened(flat, self.root)
            if "allOf" not in merged:
                return self._valid(merged, depth)
        pattern = compiled(flat["pattern"]) if isinstance(flat.get("pattern"), str) else None
        if pattern is not None and not (pattern.is_simple and reads_alike(flat["pattern"])):
            least = min(int(flat.get("minLength", 0)), MAX_LENGTH)
            most = int(flat.get("maxLength", max(MAX_TEXT, 2 * least)))
            return from_random(lambda random: text_for(pattern, random, least, most))
        if "pattern" in flat or "allOf" in flat or "not" in flat or "format" in flat:
            from chatcert.cases.values.schemathesis_values import strategy_of

            return strategy_of(flat, self.root)
        declared = flat.get("type")
        types = declared if isinstance(declared, list) else [declared] if declared else []
        if not types:
            return self._objects(flat, depth) if "properties" in flat else any_json()
        return st.one_of([self.of_type(name, flat, depth) for name in types])

    def _branches(self, flat: Schema, branches: list[Any], depth: int) -> SearchStrategy[Any]:
        """Return a strategy for the alternatives, each merged with the keywords beside them."""
        beside = {k: v for k, v in flat.items() if k not in ("oneOf", "anyOf", "discriminator", ORIGIN)}
        if not any(keyword in beside for keyword in ("properties", "required", "allOf", "type")):
            return st.one_of([self.valid(branch, depth) for branch in branches])
        parts = [merge_schemas([beside, flattened(branch, self.root)]) for branch in branches]
        return st.one_of([self._valid(part, depth + 1) for part in parts])


def _refers(schema: Schema) -> bool:
    """Return whether a schema is a reference, or an ``allOf`` with one: OpenAPI 3.0 has no siblings of references."""
    return any(
        isinstance(part, dict) and isinstance(part.get("$ref"), str) for part in (schema, *schema.get("allOf", ()))
    )


def _merge(parts: tuple[dict[str, Any], dict[str, Any]]) -> dict[str, Any]:
    """Return an object with both parts, the first of which counts where they share a name."""
    known, more = parts
    return {**more, **known}


def _integer(limit: Any) -> int | None:
    return None if limit is None else int(limit)


def _key_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
