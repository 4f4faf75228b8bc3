"""Find out which of several alternatives a value is meant to be, and how it breaks that one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.schemas.alternatives import Alternatives, alternatives_of, chosen, field_at, referenced_pointer
from chatcert.openapi.schemas.discriminators import DISCRIMINATOR, names_of
from chatcert.openapi.schemas.fields import Choice, flattened
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.validator import Validator, validator_for

MAX_KNOWN = 50_000
"""Values of which is kept what is known of them."""


@dataclass(frozen=True)
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

    @cached_property
    def breaches(self) -> tuple[tuple[tuple[str, ...], str, str], ...]:
        """How it breaks that alternative: each time the path, the keyword and a message."""
        return tuple(self.validator.breaches(self.value))

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


@dataclass(frozen=True)
class _Options:
    """The alternatives of one place of a schema, with what is known of values there."""

    flat: Schema
    alternatives: Alternatives
    root: Schema
    _validators: dict[int, Validator] = field(default_factory=dict)
    _meant: dict[int, tuple[Any, int | None]] = field(default_factory=dict)

    def validator(self, number: int) -> Validator:
        """Return the validator of one alternative, with all that applies beside it."""
        if number not in self._validators:
            schema = chosen(self.flat, self.alternatives, number, self.root)
            self._validators[number] = validator_for(self.root).part(schema)
        return self._validators[number]

    def meant(self, value: Any) -> int | None:
        """Return the number of the alternative that a value is meant to be; ``None`` if that is not certain."""
        known = self._meant.get(id(value))
        if known is None or known[0] is not value:
            if len(self._meant) >= MAX_KNOWN:
                self._meant.clear()
            known = self._meant[id(value)] = value, self._find(value)
        return known[1]

    def _find(self, value: Any) -> int | None:
        number = named(value, self.flat, self.alternatives, self.root)
        if number is not None:
            return number
        fitting = [n for n in self.alternatives.values if self.validator(n).is_valid(value)]
        return fitting[0] if len(fitting) == 1 else None


class BranchReader:
    """Finds the parts of values that are meant to be alternatives, and keeps what it found: each rule inside one asks.

    Neither the schema nor the values may change.

    Args:
        schema: the schema of the values, a part of ``root``.
    """

    def __init__(self, schema: Any, root: Schema) -> None:
        self._schema, self._root = schema, root
        self._options: dict[tuple[tuple[Choice, ...], tuple[str, ...], int], _Options | None] = {}
        self._found: dict[tuple[int, tuple[Choice, ...]], BranchValue] = {}

    def values(self, value: Any, choices: tuple[Choice, ...], before: tuple[Choice, ...] = ()) -> Iterator[BranchValue]:
        """Yield the parts of a value that are meant to be the alternatives that are chosen.

        A value is meant to be the alternative that its discriminator names, or a property with different constants;
        without either, the only one that it matches.

        Args:
            before: alternatives that the value itself is meant to be.
        """
        choice, rest = choices[0], choices[1:]
        base = before[-1].path if before else ()
        parts = list(_values_at(value, choice.path[len(base) :]))
        options = self._options_of(choice, before) if parts else None
        if options is None:
            return
        for part in parts:
            if options.meant(part) != choice.index:
                continue
            if rest:
                yield from self.values(part, rest, (*before, choice))
            else:
                yield self._value_of(part, options, (*before, choice))

    def _options_of(self, choice: Choice, before: tuple[Choice, ...]) -> _Options | None:
        key = before, choice.path, choice.slot
        if key not in self._options:
            schema, base = self._schema, before[-1].path if before else ()
            around = self._options_of(before[-1], before[:-1]) if before else None
            if around is not None:
                schema = chosen(around.flat, around.alternatives, before[-1].index, self._root)
            flat = field_at(schema, choice.path[len(base) :], self._root)
            lists = alternatives_of(flat) if flat is not None else []
            self._options[key] = _Options(flat, lists[choice.slot], self._root) if flat is not None else None
        return self._options[key]

    def _value_of(self, part: Any, options: _Options, choices: tuple[Choice, ...]) -> BranchValue:
        key, index = (id(part), choices), choices[-1].index
        known = self._found.get(key)
        if known is None or known.value is not part:
            if len(self._found) >= MAX_KNOWN:
                self._found.clear()
            alternatives = options.alternatives
            others = [n for n in alternatives.values if n != index and alternatives.keyword == "oneOf"]
            is_named = named(part, options.flat, alternatives, self._root) is not None
            validators = tuple(options.validator(number) for number in others)
            known = self._found[key] = BranchValue(part, options.validator(index), validators, is_named)
        return known


def values_of_branch(value: Any, schema: Any, root: Schema, choices: tuple[Choice, ...]) -> Iterator[BranchValue]:
    """Yield the parts of one value that are meant to be the alternatives that are chosen (``BranchReader``)."""
    return BranchReader(schema, root).values(value, choices)


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
