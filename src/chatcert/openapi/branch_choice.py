"""Find out which of several alternatives a value is meant to be, and how it breaks that one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chatcert.openapi.alternatives import Alternatives, alternatives_of, chosen, field_at, referenced_pointer
from chatcert.openapi.contract import Schema
from chatcert.openapi.discriminators import DISCRIMINATOR, names_of
from chatcert.openapi.fields import ANY, Choice, flattened
from chatcert.openapi.validator import Validator, validator_for


@dataclass(frozen=True, slots=True)
class BranchValue:
    """A value that is meant to be one alternative.

    Attributes:
        validator: of that alternative, with all that applies beside it.
        others: validators of the other alternatives of ``oneOf``, none of which it may match.
        is_named: whether the value itself says which alternative it is, by a discriminator or a constant.
    """

    value: Any
    validator: Validator
    others: tuple[Validator, ...]
    is_named: bool

    @property
    def matches_another(self) -> bool:
        """Whether it matches another alternative as well.

        One that names itself may do so where nothing but its name can tell it from the other.
        """
        alike = [other for other in self.others if other.is_valid(self.value)]
        if not alike or not self.is_named or not isinstance(self.value, dict):
            return bool(alike)
        least = self.value
        for name in self.value:
            without = {key: value for key, value in least.items() if key != name}
            least = without if self.validator.is_valid(without) else least
        return not all(other.is_valid(least) for other in alike)


def values_of_branch(
    value: Any, schema: Any, root: Schema, choices: tuple[Choice, ...], base: tuple[str, ...] = ()
) -> Iterator[BranchValue]:
    """Yield the parts of a value that are meant to be the alternatives that are chosen.

    A value is meant to be the alternative that its discriminator names, or a property with different constants; without
    either, the only one that it matches.

    Args:
        schema: the schema of the value, a part of ``root``.
        base: the path of the value.
    """
    choice, rest = choices[0], choices[1:]
    path = choice.path[len(base) :]
    parts = list(_values_at(value, path))
    flat = field_at(schema, path, root) if parts else None
    if flat is None:
        return
    alternatives = alternatives_of(flat)[choice.slot]
    branch = chosen(flat, alternatives, choice.index, root)
    whole = validator_for(root)
    for part in parts:
        if meant(part, flat, alternatives, root) != choice.index:
            continue
        if rest:
            yield from values_of_branch(part, branch, root, rest, choice.path)
        else:
            others = [n for n in alternatives.values if n != choice.index and alternatives.keyword == "oneOf"]
            validators = (whole.part(chosen(flat, alternatives, number, root)) for number in others)
            is_named = named(part, flat, alternatives, root) is not None
            yield BranchValue(part, whole.part(branch), tuple(validators), is_named)


def meant(value: Any, flat: Schema, alternatives: Alternatives, root: Schema) -> int | None:
    """Return the number of the alternative that a value is meant to be; ``None`` if that is not certain."""
    number = named(value, flat, alternatives, root)
    if number is not None:
        return number
    whole = validator_for(root)
    fitting = [n for n in alternatives.values if whole.part(chosen(flat, alternatives, n, root)).is_valid(value)]
    return fitting[0] if len(fitting) == 1 else None


def named(value: Any, flat: Schema, alternatives: Alternatives, root: Schema) -> int | None:
    """Return the number of the alternative that a value names; ``None`` if it names none."""
    if not isinstance(value, Mapping):
        return None
    rule = flat.get("discriminator")
    tag = rule.get("propertyName") if isinstance(rule, Mapping) else None
    if isinstance(rule, Mapping) and isinstance(tag, str) and isinstance(value.get(tag), str):
        given = rule.get("mapping")
        mapping: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        for number in alternatives.values:
            origin = referenced_pointer(alternatives.branches[number], root)
            if origin and value[tag] in names_of(f"#{origin}", mapping):
                return number
    branches = {number: flattened(alternatives.branches[number], root) for number in alternatives.values}
    for name in dict.fromkeys(name for flat in branches.values() for name in flat.get("properties") or {}):
        constants = {number: _constants(branch, name, root) for number, branch in branches.items()}
        known = [member for members in constants.values() for member in members]
        if all(constants.values()) and len(known) == len(set(known)) and len(constants) > 1 and name in value:
            return next((number for number, members in constants.items() if value[name] in members), None)
    return None


def of_named(value: Any, root: Schema) -> Validator | None:
    """Return the validator of the alternative of a schema that a value names; ``None`` if it names none."""
    flat = flattened(root, root)
    for alternatives in alternatives_of(flat):
        number = named(value, flat, alternatives, root)
        if number is not None:
            return validator_for(root).part(chosen(flat, alternatives, number, root))
    return None


def known_names(flat: Schema, root: Schema) -> tuple[str, frozenset[str]] | None:
    """Return the property of a discriminator of an answer and the texts that it may be.

    ``None`` where the document does not list them (an alternative is described in place, or a default is named for
    other names), and where each alternative has constants for it, so that another text breaks the alternatives.
    """
    rule = flat.get(DISCRIMINATOR)
    if not isinstance(rule, Mapping) or not isinstance(rule.get("propertyName"), str) or "defaultMapping" in rule:
        return None
    tag, mapping = str(rule["propertyName"]), rule["mapping"]
    names, is_by_name = set(mapping), False
    for alternatives in alternatives_of(flat):
        for number in alternatives.values if alternatives.keyword in ("oneOf", "anyOf") else ():
            branch = alternatives.branches[number]
            constants = _constants(flattened(branch, root), tag, root)
            origin = referenced_pointer(branch, root)
            if not constants and not origin:
                return None
            is_by_name |= not constants
            names |= set(constants or names_of(f"#{origin}", mapping))
    return (tag, frozenset(names)) if is_by_name else None


def _constants(branch: Schema, name: str, root: Schema) -> list[str]:
    """Return the texts that an alternative lists for a property, empty if it allows others too."""
    schema = flattened((branch.get("properties") or {}).get(name, True), root)
    members = [schema["const"]] if "const" in schema else schema.get("enum") or []
    return members if all(isinstance(member, str) for member in members) else []


def _values_at(value: Any, path: tuple[str, ...]) -> Iterator[Any]:
    if not path:
        yield value
    elif path[0] == ANY:
        members = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        for member in members:
            yield from _values_at(member, path[1:])
    elif isinstance(value, dict) and path[0] in value:
        yield from _values_at(value[path[0]], path[1:])
