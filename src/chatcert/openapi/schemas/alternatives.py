"""Alternatives of a schema (``oneOf``, ``anyOf``): their names, and schemas in which some are chosen."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.dialect import ORIGIN
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.fields import Choice, flattened, follow, is_impossible, steps_of
from chatcert.openapi.schemas.formats import CHECKED
from chatcert.openapi.schemas.keywords import ANNOTATIONS
from chatcert.openapi.schemas.path_tokens import ANY, of_pattern
from chatcert.openapi.schemas.pointer import tokens_of

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
        members: the values that the field may have at all; ``None`` for any.
    """

    keyword: str
    slot: int
    part: int | None
    branches: tuple[Any, ...]
    conditions: tuple[Any, ...] = ()
    names: tuple[str, ...] = ()
    members: tuple[Any, ...] | None = None

    @property
    def values(self) -> list[int]:
        """The numbers of the alternatives that allow anything but null."""
        return [n for n, branch in enumerate(self.branches) if not is_null(branch) and not self._is_ruled_out(branch)]

    def _is_ruled_out(self, branch: Any) -> bool:
        """Return whether an alternative allows no value beside the ``enum`` of the field."""
        if is_impossible(branch) or self.members is None or not isinstance(branch, Mapping):
            return is_impossible(branch)
        own = [branch["const"]] if "const" in branch else branch.get("enum")
        return isinstance(own, list) and not any(_is_same(one, other) for one in own for other in self.members)

    def is_rest_of(self, followed: Collection[tuple[Any, ...]]) -> bool:
        """Return whether these are alternatives that were followed, or what is left of them beside the chosen one."""
        if self.branches in followed:
            return True
        is_dependent = self.keyword == "dependentSchemas"
        return is_dependent and any(all(branch in every for branch in self.branches) for every in followed)

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


def _is_same(one: Any, other: Any) -> bool:
    """Return whether two values of JSON are equal: true is not 1."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def is_null(branch: Any) -> bool:
    """Return whether a schema allows null alone."""
    return isinstance(branch, Mapping) and {k: v for k, v in branch.items() if k not in _SAYS_NOTHING} in _NULL


def alternatives_of(flat: Schema) -> list[Alternatives]:
    """Return the lists of alternatives of a schema whose references are followed and whose ``allOf`` is merged."""
    holders: list[tuple[int | None, Any]] = [(None, flat), *enumerate(flat.get("allOf") or ())]
    found: list[Alternatives] = []
    members = [flat["const"]] if "const" in flat else flat.get("enum")
    allowed = tuple(members) if isinstance(members, list) else None
    for part, holder in holders:
        if isinstance(holder, Mapping):
            found += [
                Alternatives(keyword, len(found) + number, part, tuple(holder[keyword]), members=allowed)
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
        own = holder.pop(keyword, None)
        if keyword == "dependentSchemas" and isinstance(own, Mapping) and len(own) > 1:
            holder[keyword] = {name: part for n, (name, part) in enumerate(own.items()) if n != index}
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
    return {name: new if head in (name, of_pattern(name)) else part for name, part in holder.items()}


def lean_on_formats(flat: Schema, keyword: str, root: Schema) -> bool:
    """Return whether some alternative says no more of texts than their format: without it, any text is one."""
    for alternatives in alternatives_of(flat) if keyword in _KEYWORDS else ():
        for branch in alternatives.branches if alternatives.keyword == keyword else ():
            own = {key: value for key, value in flattened(branch, root).items() if key not in _SAYS_NOTHING}
            if own.keys() <= {"type", "format"} and own.get("format") in CHECKED:
                return True
    return False


def names_of(alternatives: Alternatives, root: Schema) -> dict[int, str]:
    """Return the name of each alternative: its component or title, else what tells them apart, else its number."""
    if alternatives.names:
        return dict(enumerate(alternatives.names))
    if len(alternatives.values) == 1:
        return {alternatives.values[0]: ""}
    pointers = {n: referenced_pointer(alternatives.branches[n], root) for n in alternatives.values}
    flat = {n: {**flattened(alternatives.branches[n], root), ORIGIN: pointer} for n, pointer in pointers.items()}
    for naming in (_given_name, _constant, _type, _required):
        names = {n: naming(schema) for n, schema in flat.items()}
        if all(names.values()) and len(set(names.values())) == len(names):
            return names
    return {n: str(n + 1) for n in flat}


def referenced_pointer(branch: Any, root: Schema) -> str:
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
