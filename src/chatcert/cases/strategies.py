"""Hypothesis strategies for the values of one schema: sane valid ones, and ones of a wrong type."""

from __future__ import annotations

import json
import math
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from chatcert.contract.dialect import ORIGIN
from chatcert.contract.fields import JSON_TYPES, flattened, follow
from chatcert.contract.merging import laid_together
from chatcert.contract.model import Schema

MAX_TEXT = 200
MAX_LENGTH = 2000
"""A text that has to be longer is pieced together, not drawn."""
MAX_NESTING = 3
"""How often references are followed into what they stand in before everything optional is left out."""
SAFE_INTEGER = 2**53 - 1
"""RFC 8259 section 6: integers beyond this are not exchanged reliably."""

FORMAT_EXAMPLES = {
    "date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "email": "user@example.org",
    "uuid": "3f2b8c1e-5a4d-4c6b-9e7f-0a1b2c3d4e5f", "uri": "https://example.org/", "ipv4": "192.0.2.1",
    "hostname": "example.org", "byte": "aGVsbG8=",
}  # fmt: skip
_CHARACTERS = (
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 .,:;!?'\"`\\/|<>(){}[]@#$%^&*-_=+~\t\n"
    "äöüßñçéàÅøŁžİı\u00a0\u00ad\u200b\u200d\u2028\ufeff\ufe0f\u0301\u0308αβΣςжшяђ中文日本語한국어עבריתالعربيةहिन्दीกไ"
    "ﬁ½²™😀👩💻🇩🇪🏽\U0001d54f\U00020000"
)
_ALPHABET = st.characters(categories=(), include_characters=_CHARACTERS)
_NAME = st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=1, max_size=16)


def text(minimum: int = 0, maximum: int | None = None) -> SearchStrategy[str]:
    """Text of several scripts with joiners and combining marks, no control characters but tab and newline."""
    upper = min(maximum if maximum is not None else MAX_TEXT, max(MAX_TEXT, minimum))
    if upper < minimum or minimum > MAX_LENGTH:
        return st.nothing()
    return st.text(_ALPHABET, min_size=minimum, max_size=upper)


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


def free_json(depth: int = 2) -> SearchStrategy[Any]:
    """Any JSON value that every JSON implementation exchanges alike."""
    scalars = st.one_of(st.none(), st.booleans(), _numbers({}, whole=True), _numbers({}, whole=False), text(0, 40))
    if depth == 0:
        return scalars
    inner = free_json(depth - 1)
    return st.one_of(scalars, st.lists(inner, max_size=3), st.dictionaries(_NAME, inner, max_size=3))


class Strategies:
    """Strategies for the values of the parts of one schema, as far as types, limits and members tell.

    The caller confirms each value. References are followed into themselves a few times only, and what stands behind
    one is made into a strategy once for each depth, so that no schema leads to endless work.

    Args:
        root: the standalone schema that holds the definitions.
    """

    def __init__(self, root: Schema) -> None:
        self.root = root
        self._behind: dict[tuple[str, int], SearchStrategy[Any]] = {}

    def of_type(self, name: str, schema: Schema, depth: int = 0) -> SearchStrategy[Any]:
        """Values of one JSON type, within what ``schema`` says of that type."""
        match name:
            case "string":
                return text(int(schema.get("minLength", 0)), _whole(schema.get("maxLength")))
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
        known = st.fixed_dictionaries(required, optional={n: s for n, s in optional.items() if not s.is_empty})
        extra = schema.get("additionalProperties", True)
        if extra is False or (properties and not schema.get("x-chatcert-illustrative") and not isinstance(extra, dict)):
            return known
        if depth >= MAX_NESTING and not schema.get("minProperties"):
            return known
        low = max(0, int(schema.get("minProperties", 0)) - len(properties))
        high = max(low, min(3, int(schema.get("maxProperties", 3))))
        rule = schema.get("propertyNames")
        names = _NAME if rule is None else st.one_of(_NAME, self.valid({"type": "string", **follow(rule, self.root)}))
        values = self.valid(extra, depth)
        if values.is_empty:
            return known
        more = st.dictionaries(names.filter(lambda name: name not in properties), values, min_size=low, max_size=high)
        return st.tuples(known, more).map(lambda parts: {**parts[1], **parts[0]})

    def valid(self, schema: Any, depth: int = 0) -> SearchStrategy[Any]:
        """Values that a part of the schema allows."""
        if schema is True or schema == {}:
            return free_json(1)
        if schema is False or depth > 2 * MAX_NESTING:
            return st.nothing()
        if isinstance(schema, dict) and isinstance(schema.get("$ref"), str):
            key = json.dumps(schema, sort_keys=True, default=str), depth
            if key not in self._behind:
                self._behind[key] = self._valid(follow(schema, self.root), depth + 1)
            return self._behind[key]
        return self._valid(follow(schema, self.root), depth)

    def _valid(self, flat: Schema, depth: int) -> SearchStrategy[Any]:
        prose = flat.get("x-chatcert-prose")
        if isinstance(prose, dict) and isinstance(prose.get("schema"), dict):
            flat = {**flat, **prose["schema"]}
        if "const" in flat:
            return st.just(flat["const"])
        if "enum" in flat:
            return st.sampled_from(flat["enum"]) if flat["enum"] else st.nothing()
        if prose and flat.get("examples"):
            return st.sampled_from(flat["examples"])
        if flat.get("format") in FORMAT_EXAMPLES:
            return st.just(FORMAT_EXAMPLES[flat["format"]])
        branches = flat.get("oneOf") or flat.get("anyOf")
        if isinstance(branches, list) and branches:
            return self._branches(flat, branches, depth)
        if "allOf" in flat:
            merged = flattened(flat, self.root)
            if "allOf" not in merged:
                return self._valid(merged, depth)
        if "pattern" in flat or "allOf" in flat or "not" in flat or "format" in flat:
            from chatcert.cases.schemathesis_source import strategy_of

            return strategy_of(flat, self.root)
        declared = flat.get("type")
        types = declared if isinstance(declared, list) else [declared] if declared else []
        if not types:
            return self._objects(flat, depth) if "properties" in flat else free_json(1)
        return st.one_of([self.of_type(name, flat, depth) for name in types])

    def _branches(self, flat: Schema, branches: list[Any], depth: int) -> SearchStrategy[Any]:
        """Each alternative together with what stands beside the alternatives."""
        beside = {k: v for k, v in flat.items() if k not in ("oneOf", "anyOf", "discriminator", ORIGIN)}
        if not any(keyword in beside for keyword in ("properties", "required", "allOf", "type")):
            return st.one_of([self.valid(branch, depth) for branch in branches])
        parts = [laid_together([beside, flattened(branch, self.root)]) for branch in branches]
        return st.one_of([self._valid(part, depth + 1) for part in parts])


def of_type(name: str) -> SearchStrategy[Any]:
    """Any values of one JSON type."""
    return Strategies({}).of_type(name, {})


def _whole(limit: Any) -> int | None:
    return None if limit is None else int(limit)


def _key_of(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def valid(schema: Any, root: Schema) -> SearchStrategy[Any]:
    """Values that ``schema`` allows, as far as its types, limits and members tell; the caller confirms each one."""
    return Strategies(root).valid(schema)


def of_other_type(allowed: tuple[str, ...]) -> SearchStrategy[Any]:
    """Values of every JSON type but the allowed ones and null."""
    blocked = set(allowed) | ({"integer"} if "number" in allowed else set()) | {"null"}
    if "integer" in allowed:
        blocked.add("number")
    return st.one_of([of_type(name) for name in JSON_TYPES if name not in blocked])
