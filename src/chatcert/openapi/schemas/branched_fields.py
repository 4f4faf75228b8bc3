"""The fields of a request body, those inside alternatives among them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, chosen, names_of, referenced_pointer
from chatcert.openapi.schemas.fields import Choice, Field, walk_outside
from chatcert.openapi.schemas.keywords import LOWER_LIMITS, UPPER_LIMITS, WITH_SCHEMA
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.shared_fields import MAX_FIELDS, shared_fields

MAX_CONSTRAINTS = 400
"""Constraints of a schema all of whose fields are listed; of a larger one, what it shares is listed once."""

_ON_THE_REST = frozenset(("unevaluatedProperties", "unevaluatedItems"))
_CONSTRAINTS = frozenset(
    (
        *LOWER_LIMITS,
        *UPPER_LIMITS,
        *WITH_SCHEMA,
        "type",
        "enum",
        "const",
        "pattern",
        "format",
        "multipleOf",
        "uniqueItems",
        "required",
        "dependentRequired",
        "oneOf",
        "anyOf",
    )
)


@dataclass(frozen=True, slots=True)
class _Place:
    """Alternatives of one field that are still to be followed."""

    field: Field
    alternatives: Alternatives
    followed: tuple[tuple[Any, ...], ...]


def branched_fields(root: Schema, pointer: str) -> list[Field]:
    """Return every field that a schema describes: first those outside alternatives, then those of each alternative.

    Inside an alternative, only what it adds or changes is listed, the field that it is for first. An alternative that
    leads to itself is followed once. Of a large schema, what it describes once is listed once (``shared_fields``).
    """
    known = _listed(root)
    if pointer not in known:
        known[pointer] = list(shared_fields(root, pointer)) if is_large(root) else list(_fields(root, pointer))
    return known[pointer]


@memoise_by_identity(maxsize=32)
def rules_on_the_rest(root: Schema) -> bool:
    """Return whether a schema has a rule on what nothing else evaluates, which a wrong value elsewhere may break."""
    fields = next(iter(_listed(root).values()), None) or branched_fields(root, "")
    return any(not _ON_THE_REST.isdisjoint(field.schema) for field in fields)


@memoise_by_identity(maxsize=32)
def is_large(root: Schema) -> bool:
    """Return whether a schema describes more than can be tested at each place of its own."""
    count = 0
    for field in _fields(root, ""):
        new = [key for key, value in field.schema.items() if key in _CONSTRAINTS and field.outer.get(key) != value]
        count += 1 + len(new) + sum(len(field.schema[key]) for key in new if isinstance(field.schema[key], list))
        if count > MAX_CONSTRAINTS:
            return True
    return False


def are_cut(root: Schema) -> bool:
    """Return whether fields of a schema are left out, since it describes too many."""
    return len(branched_fields(root, "")) >= MAX_FIELDS


@memoise_by_identity(maxsize=32)
def _listed(root: Schema) -> dict[str, list[Field]]:
    """Return the lists of fields of a schema that were made, by the pointer of the schema."""
    return {}


def _fields(root: Schema, pointer: str) -> Iterator[Field]:
    waiting: deque[_Place] = deque()

    def listed(found: list[Field], old: Mapping[tuple[str, ...], Field], followed: tuple[Any, ...]) -> Iterator[Field]:
        for one in found:
            field = one
            before = old.get(field.path)
            if before is not None and before.schema == field.schema:
                continue
            known = [a.branches for a in alternatives_of(before.schema)] if before is not None else []
            lists = [a for a in alternatives_of(field.schema) if a.branches not in known]
            null = field.null_beside or (bool(lists) and any(a.allows_null for a in lists))
            field = replace(field, null_beside=null)
            new = [a for a in lists if not a.are_types and not a.is_rest_of(followed)]
            waiting.extend(_Place(field, a, followed) for a in new)
            yield replace(field, outer=before.schema) if before is not None else field

    yield from listed(list(walk_outside(root, root, pointer)), {}, ())
    while waiting:
        place = waiting.popleft()
        base, alternatives = place.field, place.alternatives
        outside = {f.path: f for f in walk_outside(base.schema, root, base.pointer, base.path)}
        names = names_of(alternatives, root)
        for index in alternatives.values:
            choice = Choice(base.path, alternatives.keyword, alternatives.slot, index, names[index])
            beside = outside
            if alternatives.conditions:
                only = chosen(base.schema, alternatives, index, root, condition_only=True)
                beside = {f.path: f for f in walk_outside(only, root, base.pointer, base.path)}
            schema = chosen(base.schema, alternatives, index, root)
            branch_pointer = referenced_pointer(alternatives.branches[index], root)
            branch_pointer = branch_pointer or f"{base.pointer}/{alternatives.keyword}/{index}"
            found = [
                replace(
                    f, choices=(*base.choices, choice), null_beside=not f.path[len(base.path) :] and base.null_beside
                )
                for f in walk_outside(schema, root, branch_pointer, base.path, required=base.required)
            ]
            yield from listed(found, beside, (*place.followed, alternatives.branches))
