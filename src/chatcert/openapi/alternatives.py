"""Alternatives of a schema (``oneOf``, ``anyOf``): their names and fields, and schemas in which some are chosen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.dialect import ORIGIN, TAG
from chatcert.openapi.fields import ANY, Choice, Field, flattened, follow, is_impossible, steps_of, walk_outside
from chatcert.openapi.keywords import ANNOTATIONS
from chatcert.openapi.memoise import memoise_by_identity
from chatcert.openapi.pointer import tokens_of

MAX_PLACES = 400
"""Alternatives of one schema that are followed; those nearest to the root come first."""
MAX_FIELDS = 500
"""Fields inside alternatives of one schema that are listed."""

_KEYWORDS = ("oneOf", "anyOf")
_NULL = ({"type": "null"}, {"const": None}, {"enum": [None]}, {"type": ["null"]})
_SAYS_NOTHING = ("description", "example", "default", "discriminator", ORIGIN, *ANNOTATIONS)


@dataclass(frozen=True, slots=True)
class Alternatives:
    """One list of alternatives of a field.

    Attributes:
        keyword: ``oneOf`` or ``anyOf``.
        slot: its number among the lists of the field.
        part: the number of the ``allOf`` part that holds it; ``None`` where it stands in the schema itself.
        branches: the alternatives.
        conditions: what holds wherever an alternative applies, for those that depend on a condition.
        names: what they are called; found out from the schemas where it is empty.
    """

    keyword: str
    slot: int
    part: int | None
    branches: tuple[Any, ...]
    conditions: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def values(self) -> list[int]:
        """The numbers of the alternatives that allow anything but null."""
        return [n for n, branch in enumerate(self.branches) if not is_null(branch) and not is_impossible(branch)]

    @property
    def allows_null(self) -> bool:
        """Whether one alternative is null and nothing else."""
        return any(map(is_null, self.branches))

    @property
    def are_types(self) -> bool:
        """Whether they say no more than a list of types would."""
        return (
            self.keyword in _KEYWORDS
            and all(
                isinstance(branch, Mapping) and {key for key in branch if key not in _SAYS_NOTHING} == {"type"}
                for branch in self.branches
            )
            and not any(isinstance(branch["type"], list) for branch in self.branches)
        )


def is_null(branch: Any) -> bool:
    """Return whether a schema allows null alone."""
    return isinstance(branch, Mapping) and {k: v for k, v in branch.items() if k not in _SAYS_NOTHING} in _NULL


def alternatives_of(flat: Schema) -> list[Alternatives]:
    """Return the lists of alternatives of a schema whose references are followed and whose ``allOf`` is merged."""
    holders: list[tuple[int | None, Any]] = [(None, flat), *enumerate(flat.get("allOf") or ())]
    found: list[Alternatives] = []
    for part, holder in holders:
        if isinstance(holder, Mapping):
            found += [
                Alternatives(keyword, len(found) + number, part, tuple(holder[keyword]))
                for number, keyword in enumerate(key for key in _KEYWORDS if isinstance(holder.get(key), list))
            ]
            found += _conditions(holder, part, len(found))
    return found


def _conditions(holder: Mapping[str, Any], part: int | None, slot: int) -> list[Alternatives]:
    """Return what applies under a condition as alternatives: that of the condition, and that of its contrary."""
    found: list[Alternatives] = []
    if isinstance(holder.get("if"), Mapping) and ("then" in holder or "else" in holder):
        either = holder["if"], contrary_of(holder["if"])
        consequences = holder.get("then", True), holder.get("else", True)
        found.append(Alternatives("if", slot, part, consequences, either, ("then", "else")))
    given: Mapping[str, Any] = holder.get("dependentSchemas") or {}
    if given:
        names, conditions = tuple(given), tuple({"type": "object", "required": [name]} for name in given)
        branches = tuple(given.values())
        found.append(Alternatives("dependentSchemas", slot + len(found), part, branches, conditions, names))
    return found


def contrary_of(condition: Mapping[str, Any]) -> Schema:
    """Return a schema of values that do not meet a condition: of those that differ in its first property."""
    for name, schema in (condition.get("properties") or {}).items():
        return {"properties": {name: {"not": schema}}}
    return {"not": dict(condition)}


def chosen(
    flat: Schema,
    alternatives: Alternatives,
    index: int,
    root: Schema,
    *,
    alone: bool = False,
    condition_only: bool = False,
) -> Schema:
    """Return the schema with one of its alternatives in place of all.

    Args:
        alone: whether the other alternatives of ``oneOf`` are ruled out.
        condition_only: whether only the condition of the alternative is added, not what applies under it.
    """
    beside = {key: value for key, value in flat.items() if key not in ("discriminator", "allOf")}
    parts = [dict(part) if isinstance(part, Mapping) else part for part in flat.get("allOf") or ()]
    holder = beside if alternatives.part is None else parts[alternatives.part]
    for keyword in ("if", "then", "else") if alternatives.keyword == "if" else (alternatives.keyword,):
        holder.pop(keyword, None)
    conditions = list(alternatives.conditions[index : index + 1])
    branch = {} if condition_only else flattened(alternatives.branches[index], root)
    others = [other for number, other in enumerate(alternatives.branches) if number != index]
    rest = [{"not": {"anyOf": others}}] if alone and others and alternatives.keyword == "oneOf" else []
    kept = [part for part in parts if part != {}]
    wanted = {key: value for key, value in branch.items() if key != "$defs"}
    return flattened({"allOf": [beside, *kept, *conditions, wanted, *rest]}, root)


def specialised(root: Schema, choices: tuple[Choice, ...], *, alone: bool = True) -> Schema:
    """Return a schema in which alternatives are chosen; the schema itself where there are none to choose."""
    result = root
    for choice in choices:

        def choose(flat: Schema, choice: Choice = choice) -> Schema:
            return chosen(flat, alternatives_of(flat)[choice.slot], choice.index, root, alone=alone)

        result = {**edited_at(result, choice.path, root, choose), "$defs": root.get("$defs", {})}
    return result


def edited_at(schema: Any, path: tuple[str, ...], root: Schema, edit: Callable[[Schema], Schema]) -> Schema:
    """Return a schema with one field's schema edited, references on the way followed and ``allOf`` merged."""
    flat = flattened(schema, root)
    if not path:
        return edit(flat)
    head, rest = path[0], path[1:]
    for keyword, key, inner in steps_of(flat):
        if key == head:
            new = edited_at(inner, rest, root, edit)
            return {**flat, keyword: _with_part(flat[keyword], head, new)}
    return flat


def field_at(schema: Any, path: tuple[str, ...], root: Schema) -> Schema | None:
    """Return the schema of one field below another one; ``None`` if it describes no such field."""
    found: list[Schema] = []

    def keep(flat: Schema) -> Schema:
        found.append(flat)
        return flat

    edited_at(schema, path, root, keep)
    return found[0] if found else None


def _with_part(holder: Any, head: str, new: Schema) -> Any:
    """Return the value of a keyword with the schema of one step replaced."""
    if head == ANY:
        return new
    if isinstance(holder, list):
        return [new if str(number) == head else part for number, part in enumerate(holder)]
    return {name: new if head in (name, f"{ANY}{name}") else part for name, part in holder.items()}


@dataclass(frozen=True, slots=True)
class _Place:
    """Alternatives of one field that are still to be followed."""

    field: Field
    alternatives: Alternatives
    followed: tuple[tuple[Any, ...], ...]


def branched_fields(root: Schema, pointer: str) -> list[Field]:
    """Return every field that a schema describes: first those outside alternatives, then those of each alternative.

    Inside an alternative, only what it adds or changes is listed, the field that it is for first. An alternative that
    leads to itself is followed once. Of a large schema, alternatives far from the root are left out.
    """
    known = _listed(root)
    if pointer not in known:
        known[pointer] = list(_fields(root, pointer))
    return known[pointer]


def are_cut(root: Schema) -> bool:
    """Return whether fields inside alternatives of a schema are left out, since it describes too many."""
    return sum(1 for found in branched_fields(root, "") if found.choices) >= MAX_FIELDS


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
            waiting.extend(_Place(field, a, followed) for a in lists if a.branches not in followed and not a.are_types)
            yield replace(field, outer=before.schema) if before is not None else field

    yield from listed(list(walk_outside(root, root, pointer)), {}, ())
    count = places = 0
    while waiting and places < MAX_PLACES:
        place = waiting.popleft()
        places += 1
        base, alternatives = place.field, place.alternatives
        outside = {f.path: f for f in walk_outside(base.schema, root, base.pointer, base.path)}
        names = _names(alternatives, root)
        for index in alternatives.values:
            choice = Choice(base.path, alternatives.keyword, alternatives.slot, index, names[index])
            beside = outside
            if alternatives.conditions:
                only = chosen(base.schema, alternatives, index, root, condition_only=True)
                beside = {f.path: f for f in walk_outside(only, root, base.pointer, base.path)}
            schema = chosen(base.schema, alternatives, index, root)
            branch_pointer = _referenced_pointer(alternatives.branches[index], root)
            branch_pointer = branch_pointer or f"{base.pointer}/{alternatives.keyword}/{index}"
            found = [
                replace(
                    f, choices=(*base.choices, choice), null_beside=not f.path[len(base.path) :] and base.null_beside
                )
                for f in walk_outside(schema, root, branch_pointer, base.path, required=base.required)
            ]
            for field in listed(found, beside, (*place.followed, alternatives.branches)):
                count += 1
                yield field
                if count >= MAX_FIELDS:
                    return


def _names(alternatives: Alternatives, root: Schema) -> dict[int, str]:
    """Return the name of each alternative: its component or title, else what tells them apart, else its number."""
    if alternatives.names:
        return dict(enumerate(alternatives.names))
    if len(alternatives.values) == 1:
        return {alternatives.values[0]: ""}
    pointers = {n: _referenced_pointer(alternatives.branches[n], root) for n in alternatives.values}
    flat = {n: {**flattened(alternatives.branches[n], root), ORIGIN: pointer} for n, pointer in pointers.items()}
    for naming in (_given_name, _constant, _type, _required):
        names = {n: naming(schema) for n, schema in flat.items()}
        if all(names.values()) and len(set(names.values())) == len(names):
            return names
    return {n: str(n + 1) for n in flat}


def _referenced_pointer(branch: Any, root: Schema) -> str:
    """Return the pointer of the schema that an alternative refers to; empty where it is not a reference."""
    return str(follow(branch, root).get(ORIGIN, "")) if isinstance(branch, Mapping) and "$ref" in branch else ""


def _given_name(flat: Schema) -> str:
    return (tokens_of(str(flat.get(ORIGIN, ""))) or (str(flat.get("title") or ""),))[-1]


def _constant(flat: Schema) -> str:
    for schema in filter(lambda part: isinstance(part, Mapping), (flat, *(flat.get("properties") or {}).values())):
        members = [schema["const"]] if "const" in schema else schema.get("enum") or []
        if len(members) == 1 and isinstance(members[0], str):
            return str(members[0])
    return ""


def _type(flat: Schema) -> str:
    return flat["type"] if isinstance(flat.get("type"), str) else ""


def _required(flat: Schema) -> str:
    return "+".join(flat.get("required") or [])


def tags_of(flat: Schema) -> list[str]:
    """Return the properties that tell the alternatives of a schema apart by the names of a discriminator."""
    tags = [
        str(branch[TAG])
        for alternatives in alternatives_of(flat)
        for branch in alternatives.branches
        if isinstance(branch, Mapping) and branch.get(TAG) in (branch.get("properties") or {})
    ]
    return list(dict.fromkeys(tags))
