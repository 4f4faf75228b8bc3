"""Whether a schema keyword allows fewer values than before, or more."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.fields import Field, follow
from chatcert.openapi.schemas.keywords import ANNOTATIONS, COMPOSITIONS, LOWER_LIMITS, UPPER_LIMITS, map_subschemas
from chatcert.openapi.schemas.pointer import MISSING
from chatcert.requirements.draft import format_value

MAX_NODES = 2_000
"""Subschemas of a field that are compared; the others count as equal."""

_ALTERNATIVES = ("enum", "type", "oneOf", "anyOf", "statuses", "media-types", "names")
"""Keywords, our own included, whose members are alternatives: more members allow more values."""
_OBLIGATIONS = ("required",)
_OPENNESS = ("uniqueItems", "additionalProperties", "unevaluatedProperties", "items", "unevaluatedItems", "open")
_NEUTRAL: dict[str, Any] = {
    **dict.fromkeys(("minLength", "minItems", "minProperties"), 0),
    "uniqueItems": False,
    "additionalProperties": True,
    "unevaluatedProperties": True,
    "items": True,
    "required": [],
}
"""The meaning of a keyword that is absent."""
_WITHOUT_EFFECT = (
    *ANNOTATIONS,
    "example",
    "default",
    "externalDocs",
    "xml",
    "discriminator",
    "readOnly",
    "writeOnly",
    "$defs",
)
"""Keywords that restrict no value."""
_COMPARED_BY_FIELD = ("properties", "allOf", "$ref")
"""Keywords whose content is compared field by field."""


class Direction(StrEnum):
    """The way in which the allowed values have changed."""

    TIGHTENED = "tightened"
    LOOSENED = "loosened"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """A keyword of one field that has another value; ``keyword`` is ``field`` if the field is new or gone."""

    path: tuple[str, ...]
    keyword: str
    direction: Direction
    text: str


def direction_of(keyword: str, old: Any, new: Any) -> Direction | None:
    """Return the direction of a change; ``None`` if the meaning is the same. ``MISSING``: no such keyword."""
    neutral = _NEUTRAL.get(keyword, MISSING)
    old, new = (neutral if value is MISSING else value for value in (old, new))
    if old is MISSING or new is MISSING:
        if old is new:
            return None
        return Direction.TIGHTENED if old is MISSING else Direction.LOOSENED
    if _canonical(old) == _canonical(new):
        return None
    if keyword in UPPER_LIMITS or keyword in LOWER_LIMITS:
        return Direction.TIGHTENED if (new < old) == (keyword in UPPER_LIMITS) else Direction.LOOSENED
    if keyword in _ALTERNATIVES or keyword in _OBLIGATIONS:
        before, after = _members(keyword, old), _members(keyword, new)
        if before == after:
            return None
        if keyword in _OBLIGATIONS:
            before, after = after, before
        return _of_sets(before, after)
    if keyword in _OPENNESS and (isinstance(old, bool) or isinstance(new, bool)):
        tighter = new is True if keyword == "uniqueItems" else new is False or old is True
        return Direction.TIGHTENED if tighter else Direction.LOOSENED
    if keyword == "multipleOf" and old and new:
        if (new / old).is_integer():
            return Direction.TIGHTENED
        return Direction.LOOSENED if (old / new).is_integer() else Direction.CHANGED
    return Direction.CHANGED


def describe_change(keyword: str, old: Any, new: Any) -> str:
    """Describe a change of a keyword's value in a few words."""
    if old is MISSING or new is MISSING:
        return ""
    if keyword == "styles":
        return "; ".join(
            f"{name}: {old[name] or 'plain'}, then {new[name] or 'plain'}"
            for name in old.keys() & new.keys()
            if old[name] != new[name]
        )
    if keyword in _ALTERNATIVES:
        before, after = ({_canonical(member): member for member in _listed(value)} for value in (old, new))
        gone = [format_value(member) for key, member in sorted(before.items()) if key not in after]
        come = [format_value(member) for key, member in sorted(after.items()) if key not in before]
        return "; ".join(f"{word} {', '.join(found)}" for word, found in (("gone:", gone), ("new:", come)) if found)
    return f"{format_value(old)}, then {format_value(new)}" if not isinstance(old, dict | list) else ""


def _of_sets(before: Collection[str], after: Collection[str]) -> Direction:
    if set(after) < set(before):
        return Direction.TIGHTENED
    return Direction.LOOSENED if set(before) < set(after) else Direction.CHANGED


def _members(keyword: str, value: Any) -> set[str]:
    members = {_canonical(member) for member in _listed(value)}
    if keyword == "type" and '"number"' in members:
        members.add('"integer"')  # every integer is a number
    return members


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list | tuple | set | frozenset) else [value]


def _canonical(value: Any) -> str:
    """Return a JSON value as text in which 1 and 1.0 are one number, and keys are sorted."""
    return json.dumps(_plain(value), sort_keys=True, default=str)


def _plain(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(value)
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def rules_of_field(field: Field, root: Schema) -> dict[str, Any]:
    """Return the rules of one field with references expanded, so that equal rules are equal values."""
    expander = _Expander(root)
    rules = {
        keyword: expander.expanded(value, keyword)
        for keyword, value in field.schema.items()
        if _is_rule(keyword) and not (keyword in ("items", "additionalProperties") and isinstance(value, Mapping))
    }
    if field.path:
        rules["in-parent"] = "required" if field.required else "optional"
    return rules


def differences(
    old: Mapping[tuple[str, ...], dict[str, Any]], new: Mapping[tuple[str, ...], dict[str, Any]]
) -> list[Difference]:
    """Return all differences between the rules of two sets of fields, in the order of their paths."""
    found: list[Difference] = []
    for path in sorted({*old, *new}):
        if path not in old or path not in new:
            way = Direction.TIGHTENED if path not in old else Direction.LOOSENED
            found.append(Difference(path, "field", way, "new" if path not in old else "gone"))
            continue
        for keyword in sorted({*old[path], *new[path]}):
            before, after = (side[path].get(keyword, MISSING) for side in (old, new))
            if keyword == "in-parent":
                way_or_none = None if before == after else _DIRECTION_OF_PRESENCE[after]
            else:
                way_or_none = direction_of(keyword, before, after)
            if way_or_none is not None:
                found.append(Difference(path, keyword, way_or_none, describe_change(keyword, before, after)))
    return found


_DIRECTION_OF_PRESENCE = {"required": Direction.TIGHTENED, "optional": Direction.LOOSENED}


def combined_direction(ways: Iterable[Direction]) -> Direction | None:
    """Return the direction of several changes taken together; ``None`` if there are none."""
    found = set(ways)
    return found.pop() if len(found) == 1 else (Direction.CHANGED if found else None)


def _is_rule(keyword: str) -> bool:
    return keyword not in _WITHOUT_EFFECT and keyword not in _COMPARED_BY_FIELD and not keyword.startswith("x-")


class _Expander:
    """Expands references and sorts lists without order, so that equal schemas are equal values."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._nodes = 0
        self._open: list[str] = []

    def expanded(self, value: Any, keyword: str) -> Any:
        """Return the value of one keyword, expanded."""
        if keyword in ("enum", "required", "type") and isinstance(value, list):
            return sorted(value, key=_canonical)
        expanded = map_subschemas(keyword, value, self._schema)
        return sorted(expanded, key=_canonical) if keyword in COMPOSITIONS and isinstance(expanded, list) else expanded

    def _schema(self, schema: Any) -> Any:
        self._nodes += 1
        if not isinstance(schema, Mapping) or self._nodes > MAX_NODES:
            return schema if isinstance(schema, bool) else {}
        reference = schema.get("$ref")
        if isinstance(reference, str) and reference in self._open:
            return {"again": len(self._open) - self._open.index(reference)}
        self._open.append(str(reference))
        try:
            found = follow(schema, self._root)
            return {
                keyword: self.expanded(value, keyword)
                for keyword, value in sorted(found.items())
                if keyword in ("properties", "allOf") or _is_rule(keyword)
            }
        finally:
            self._open.pop()
