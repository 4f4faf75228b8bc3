"""List the fields of a large schema: what is described once is listed whole once, and as one place wherever else it is.

A schema that components share has a field for every way that leads to each part of a component, and the ways multiply.
The list of this module is as long as the document: each component is followed where it is met first, nearest to the
root, and every other place of it is one field that says where the first one is.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, chosen, names_of, referenced_pointer
from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.fields import (
    Choice,
    Field,
    flattened,
    follow,
    is_impossible,
    merged_with_places,
    steps_below,
)
from chatcert.openapi.schemas.keywords import ANNOTATIONS

MAX_FIELDS = 5000
"""Fields that are listed; those farther from the root are left out."""

_SAYS_NOTHING = frozenset(("$defs", ORIGIN, "example", "default", *ANNOTATIONS))


@dataclass(frozen=True, slots=True)
class _Place:
    """A place that is still to be listed.

    Attributes:
        schema: what it is described by.
        field: the field that it makes, but for its schema.
        beside: its schema outside the last alternative that is chosen; ``None`` where it has none.
        followed: the lists of alternatives that the way leads through at this very place.
        shared: whether the document describes it elsewhere, so that other places may be described by the same.
    """

    schema: Any
    field: Field
    beside: Any = None
    followed: tuple[tuple[Any, ...], ...] = ()
    shared: bool = False


def shared_fields(root: Schema, pointer: str) -> Iterator[Field]:
    """Yield the fields that a schema describes, those nearest to the root first.

    Args:
        root: a standalone schema.
        pointer: its place in the specification.
    """
    waiting = deque([_Place(root, Field((), {}, required=True, pointer=pointer))])
    first: dict[str, Field] = {}
    count = 0
    while waiting and count < MAX_FIELDS:
        place = waiting.popleft()
        flat, pointer, places = _read(place, root)
        before = flattened(place.beside, root) if place.beside is not None else None
        if (place.field.path and is_impossible(flat)) or before == flat:
            continue
        known = [alternatives.branches for alternatives in alternatives_of(before)] if before is not None else []
        lists = [alternatives for alternatives in alternatives_of(flat) if alternatives.branches not in known]
        field = replace(
            place.field,
            schema=flat,
            pointer=pointer,
            named_at=place.field.pointer,
            null_beside=place.field.null_beside or any(alternatives.allows_null for alternatives in lists),
            outer=before or {},
        )
        count += 1
        if _contradicts_itself(flat, root):  # what is inside is tested where it can be
            yield field
            continue
        if place.shared:
            earlier = first.setdefault(f"{flat.get(ORIGIN, pointer)} {_content(flat)}", field)
            if earlier is not field:
                yield replace(field, same_as=earlier)
                continue
        yield field
        waiting.extend(_below(field, places, before, root))
        for alternatives in lists:
            if not alternatives.is_rest_of(place.followed) and not alternatives.are_types:
                waiting.extend(_alternatives(field, alternatives, place.followed, root))


def _read(place: _Place, root: Schema) -> tuple[Schema, str, dict[str, str]]:
    """Return the schema of a place with its references followed, its pointer, and those of properties of its parts."""
    found, pointer = follow(place.schema, root), place.field.pointer
    if isinstance(place.schema, Mapping) and "$ref" in place.schema:
        pointer = str(found.get(ORIGIN, pointer))
    flat, places = merged_with_places(found, root, pointer)
    return flat, pointer, places


def _contradicts_itself(flat: Schema, root: Schema) -> bool:
    """Return whether an object needs a member for which the rules that apply together leave no value."""
    properties = flat.get("properties") or {}
    inner = (flattened(properties[name], root) for name in flat.get("required") or [] if name in properties)
    return any(_names_no_value(schema) for schema in inner)


def _names_no_value(flat: Schema) -> bool:
    members = flat.get("enum")
    if "const" in flat:
        others = [part["const"] for part in flat.get("allOf") or () if isinstance(part, Mapping) and "const" in part]
        return flat["const"] not in (members if isinstance(members, list) else [flat["const"]]) or any(
            other != flat["const"] for other in others
        )
    return members == []


def _content(flat: Schema) -> str:
    """Return what a schema says of values, as a text."""
    return json.dumps({key: value for key, value in flat.items() if key not in _SAYS_NOTHING}, default=str)


def _refers(schema: Any) -> bool:
    """Return whether a schema is a reference, or has one among its parts, as documents add words to a reference."""
    if not isinstance(schema, Mapping):
        return False
    return "$ref" in schema or any(map(_refers, schema.get("allOf") or ()))


def _below(field: Field, places: Mapping[str, str], before: Schema | None, root: Schema) -> Iterator[_Place]:
    """Yield the places one step below a field that an alternative adds or changes."""
    old = {step.token: step.schema for step in steps_below(before, "", {})} if before is not None else {}
    for step in steps_below(field.schema, field.pointer, places):
        if step.token in old and old[step.token] == step.schema:
            continue
        inner = Field((*field.path, step.token), {}, step.required, step.pointer, choices=field.choices)
        yield _Place(step.schema, inner, old.get(step.token), shared=_refers(step.schema))


def _alternatives(
    base: Field, alternatives: Alternatives, followed: tuple[tuple[Any, ...], ...], root: Schema
) -> Iterator[_Place]:
    """Yield one place for each alternative of a field."""
    names = names_of(alternatives, root)
    for index in alternatives.values:
        choice = Choice(base.path, alternatives.keyword, alternatives.slot, index, names[index])
        beside = base.schema
        if alternatives.conditions:
            beside = chosen(base.schema, alternatives, index, root, condition_only=True)
        branch_pointer = referenced_pointer(alternatives.branches[index], root)
        field = Field(
            base.path,
            {},
            base.required,
            branch_pointer or f"{base.pointer}/{alternatives.keyword}/{index}",
            choices=(*base.choices, choice),
            null_beside=base.null_beside,
        )
        schema = chosen(base.schema, alternatives, index, root)
        yield _Place(schema, field, beside, (*followed, alternatives.branches), shared=bool(branch_pointer))
