"""Whether every value of one schema is a value of another: proven by their structure, so that "no" means "unknown"."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.contradictions import contradiction_of
from chatcert.openapi.schemas.fields import JSON_TYPES, flattened
from chatcert.openapi.schemas.keywords import LOWER_LIMITS, UPPER_LIMITS
from chatcert.openapi.schemas.schema_merge import merge_schemas
from chatcert.openapi.schemas.validator import validator_for

MAX_DEPTH: Final = 12
_BOUNDS = ("minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum")
_UNIONS: Final = ("oneOf", "anyOf")
_ANNOTATIONS: Final = frozenset(
    {
        "title",
        "description",
        "example",
        "examples",
        "default",
        "deprecated",
        "discriminator",
        "externalDocs",
        "$comment",
    }
    | {"readOnly", "writeOnly", "xml", "$defs", "$schema", "$id"}
)
_OWN: Final = frozenset({"type", "enum", "const", "required", "properties", "additionalProperties", "items", *_UNIONS})
_NEUTRAL: Final[Mapping[str, Any]] = {"minLength": 0, "minItems": 0, "minProperties": 0, "uniqueItems": False}
_TYPES_OF: Final[Mapping[str, str]] = {
    **dict.fromkeys(("minLength", "maxLength", "pattern", "format"), "string"),
    **dict.fromkeys(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"), "number"),
    **dict.fromkeys(("minItems", "maxItems", "uniqueItems", "items", "prefixItems", "contains"), "array"),
    **dict.fromkeys(("minProperties", "maxProperties", "required", "properties", "additionalProperties"), "object"),
}

_WHOLE: Final = {"number": ("integer",)}


@dataclass(frozen=True, slots=True)
class Inclusion:
    """Compares parts of two standalone schemas.

    Attributes:
        closed: whether properties that an open object does not name count as not sent, as a document means it.
        exclusive: whether the alternatives of ``oneOf`` count as exclusive, as a document means it; if not, each has to
            contradict the others.
        ignored: keywords that a server need not enforce.
    """

    narrow_root: Schema
    wide_root: Schema
    closed: bool = True
    exclusive: bool = True
    ignored: frozenset[str] = frozenset()

    def holds(self, narrow: Any, wide: Any, depth: int = 0) -> bool:
        """Return whether each value of ``narrow`` is proven to be a value of ``wide``."""
        if narrow is False or wide is True or wide == {}:
            return True
        if wide is False or depth > MAX_DEPTH:
            return False
        left = _plain(flattened(narrow if isinstance(narrow, Mapping) else {}, self.narrow_root))
        right = _plain(flattened(wide, self.wide_root))
        if left == right and (self.narrow_root is self.wide_root or "$ref" not in str(left)):
            return True
        fixed = left["enum"] if isinstance(left.get("enum"), list) else [left["const"]] if "const" in left else None
        if fixed is not None and not any(keyword in left for keyword in _UNIONS):
            is_valid = validator_for({**right, "$defs": self.wide_root.get("$defs", {})}).is_valid
            return all(map(is_valid, fixed))
        for union in _UNIONS:
            if union in left:
                beside = {key: value for key, value in left.items() if key != union}
                branches = (merge_schemas([beside, flattened(b, self.narrow_root)]) for b in left[union])
                return all(self.holds(branch, right, depth + 1) for branch in branches)
        types = _types(left)
        if isinstance(left.get("type"), list) and len(types) > 1:
            return all(self.holds({**left, "type": name}, right, depth + 1) for name in left["type"])
        for union in _UNIONS:
            if union in right:
                beside = {key: value for key, value in right.items() if key != union}
                wider = [merge_schemas([beside, flattened(b, self.wide_root)]) for b in right[union]]
                found = (number for number, branch in enumerate(wider) if self.holds(left, branch, depth + 1))
                return any(union == "anyOf" or self._is_exclusive(left, wider, number) for number in found)
        return types <= _types(right) and self._rules_hold(left, right, types, depth)

    def _is_exclusive(self, left: Schema, branches: list[Schema], number: int) -> bool:
        """Return whether no value of ``left`` is of another alternative than one."""
        others = [branch for other, branch in enumerate(branches) if other != number]
        return self.exclusive or all(contradiction_of({"allOf": [left, one]}, self.wide_root) for one in others)

    def _rules_hold(self, left: Schema, right: Schema, types: set[str], depth: int) -> bool:
        if "enum" in right or "const" in right:
            return False
        for keyword, value in right.items():
            if keyword in _OWN or keyword in self.ignored:
                continue
            of_type = _TYPES_OF.get(keyword)
            if of_type is not None and not {of_type, *_WHOLE.get(of_type, ())} & types:
                continue
            if keyword in _BOUNDS:
                if not _is_within(left, keyword, value, types):
                    return False
            elif not _limit_holds(keyword, left.get(keyword, _NEUTRAL.get(keyword)), value):
                return False
        is_kept = "object" not in types or self._objects_hold(left, right, depth)
        return is_kept and ("array" not in types or self._arrays_hold(left, right, depth))

    def _arrays_hold(self, left: Schema, right: Schema, depth: int) -> bool:
        rest = right.get("items", {})
        fixed = [] if "prefixItems" in right else left.get("prefixItems") or []
        return all(self.holds(part, rest, depth + 1) for part in (*fixed, left.get("items", {})))

    def _objects_hold(self, left: Schema, right: Schema, depth: int) -> bool:
        if not set(right.get("required") or ()) <= set(left.get("required") or ()):
            return False
        before, after = left.get("properties") or {}, right.get("properties") or {}
        rest, others = left.get("additionalProperties", True), right.get("additionalProperties", True)
        named = all(self.holds(part, after.get(name, others), depth + 1) for name, part in before.items())
        open_names = {} if self.closed else {name: part for name, part in after.items() if name not in before}
        free = all(self.holds(rest, part, depth + 1) for part in open_names.values())
        return named and free and self.holds(rest, others, depth + 1)


def _plain(schema: Schema) -> Schema:
    return {key: value for key, value in schema.items() if key not in _ANNOTATIONS and not key.startswith("x-")}


def _types(schema: Schema) -> set[str]:
    declared = schema.get("type", JSON_TYPES)
    named = {declared} if isinstance(declared, str) else {*declared}
    return named | ({"integer"} if "number" in named else set())


def _is_within(left: Schema, keyword: str, value: Any, types: set[str]) -> bool:
    """Return whether the bounds of numbers in a schema prove one bound, whether either is exclusive or not."""
    sign = -1 if keyword.lower().endswith("maximum") else 1
    names = [name for name in _BOUNDS if name.lower()[-7:] == keyword.lower()[-7:]]
    is_whole = not types & {"number"} and "integer" in types
    wanted = _bound(keyword, value, sign, is_whole)
    known = [_bound(name, left[name], sign, is_whole) for name in names if name in left]
    return wanted is not None and any(bound is not None and bound >= wanted for bound in known)


def _bound(keyword: str, value: Any, sign: int, is_whole: bool) -> tuple[float, bool] | None:
    """Return a bound as a lower one, with whether it is exclusive; of whole numbers, as an inclusive one."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    low, is_exclusive = sign * value, keyword.startswith("exclusive")
    if is_whole:
        return (math.floor(low) + 1 if is_exclusive else math.ceil(low)), False
    return low, is_exclusive


def _limit_holds(keyword: str, was: Any, now: Any) -> bool:
    if was == now or _NEUTRAL.get(keyword) == now:
        return True
    if not isinstance(was, int | float) or not isinstance(now, int | float):
        return False
    return (keyword in UPPER_LIMITS and was <= now) or (keyword in LOWER_LIMITS and was >= now)
