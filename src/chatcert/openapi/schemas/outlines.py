"""Outlines of schemas: types, required members and constants, which rule most alternatives out at one look.

A union of thirty alternatives is thirty schemas to evaluate for each value, and a large document nests such unions. An
outline is read from a schema once. What it cannot rule out, the validator evaluates.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

Resolve = Callable[[str], Any]

_MANY = 4
"""Alternatives from which on those that allow a member's text are looked up."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int, float),
    "number": (int, float),
}


@dataclass(frozen=True, slots=True)
class Outline:
    """What a schema certainly asks for.

    Attributes:
        types: the types of Python that its values may have; ``None`` for all.
        required: members that an object must have.
        constants: the only texts that a member, or the value itself under ``None``, may be where it is a text.
        never: whether no value is valid.
    """

    types: frozenset[type] | None = None
    required: frozenset[str] = frozenset()
    constants: Mapping[str | None, frozenset[str]] = field(default_factory=dict)
    never: bool = False

    def rules_out(self, value: Any) -> bool:
        """Return whether a value is certainly invalid."""
        if self.never or (self.types is not None and type(value) not in self.types):
            return True
        if isinstance(value, str):
            return None in self.constants and value not in self.constants[None]
        if not isinstance(value, dict):
            return False
        if any(name not in value for name in self.required):
            return True
        return any(
            name in value and isinstance(value[name], str) and value[name] not in members
            for name, members in self.constants.items()
            if name is not None
        )


_NOTHING_KNOWN, _NOTHING_VALID = Outline(), Outline(never=True)


class Outlines:
    """Reads the outlines of schemas that share their definitions, each schema once.

    Args:
        resolve: returns the schema that a reference leads to.
    """

    def __init__(self, resolve: Resolve) -> None:
        self._resolve = resolve
        self._known: dict[int, tuple[Any, Outline]] = {}
        self._switches: dict[int, tuple[list[Any], _Switch]] = {}

    def of(self, schema: Any) -> Outline:
        """Return the outline of a schema, which must not change afterwards."""
        if not isinstance(schema, Mapping):
            return _NOTHING_VALID if schema is False else _NOTHING_KNOWN
        known = self._known.get(id(schema))
        if known is None or known[0] is not schema:
            self._known[id(schema)] = schema, _NOTHING_KNOWN  # for a definition that leads to itself
            known = self._known[id(schema)] = schema, self._read(schema)
        return known[1]

    def likely(self, branches: list[Any], value: Any) -> list[tuple[int, Any]]:
        """Return the alternatives, with their numbers, that a value is not certain to break."""
        if len(branches) < _MANY or not isinstance(value, dict):
            return [(n, branch) for n, branch in enumerate(branches) if not self.of(branch).rules_out(value)]
        known = self._switches.get(id(branches))
        if known is None or known[0] is not branches:
            known = self._switches[id(branches)] = branches, _switch_of([self.of(branch) for branch in branches])
        numbers = known[1].numbers_for(value, len(branches))
        return [(n, branches[n]) for n in numbers if not self.of(branches[n]).rules_out(value)]

    def _read(self, schema: Mapping[str, Any]) -> Outline:
        parts = [_own(schema)]
        properties = schema.get("properties")
        if isinstance(properties, Mapping):
            inner = {name: self.of(part).constants.get(None) for name, part in properties.items()}
            parts.append(Outline(constants={name: texts for name, texts in inner.items() if texts is not None}))
        if isinstance(schema.get("$ref"), str):
            parts.append(self.of(self._resolve(schema["$ref"])))
        parts += [self.of(part) for part in _list(schema, "allOf")]
        for keyword in ("oneOf", "anyOf"):
            branches = [self.of(branch) for branch in _list(schema, keyword)]
            parts += [_either(branches)] if branches else []
        return _all(parts)


@dataclass(frozen=True, slots=True)
class _Switch:
    """A member by whose texts most of many alternatives are told apart.

    Attributes:
        name: the member; empty where there is none.
        numbers: which alternatives allow each text.
        others: those that allow others too.
    """

    name: str = ""
    numbers: Mapping[str, list[int]] = field(default_factory=dict)
    others: tuple[int, ...] = ()

    def numbers_for(self, value: Mapping[str, Any], total: int) -> Iterable[int]:
        """Return the numbers of the alternatives that the member of an object leaves, in their order."""
        text = value.get(self.name) if self.name else None
        return sorted([*self.numbers.get(text, ()), *self.others]) if isinstance(text, str) else range(total)


def _switch_of(outlines: list[Outline]) -> _Switch:
    counted = Counter(name for outline in outlines for name in outline.constants if name is not None)
    if not counted:
        return _Switch()
    name = max(counted, key=lambda one: counted[one])
    numbers: dict[str, list[int]] = {}
    for number, outline in enumerate(outlines):
        for text in outline.constants.get(name, ()):
            numbers.setdefault(text, []).append(number)
    return _Switch(name, numbers, tuple(n for n, outline in enumerate(outlines) if name not in outline.constants))


def _list(schema: Mapping[str, Any], keyword: str) -> list[Any]:
    parts = schema.get(keyword)
    return parts if isinstance(parts, list) else []


def _own(schema: Mapping[str, Any]) -> Outline:
    """Return what the keywords of a schema itself say."""
    declared, required, members = schema.get("type"), schema.get("required"), schema.get("enum")
    names = [declared] if isinstance(declared, str) else declared
    types = None
    if isinstance(names, list) and names and all(name in _TYPES for name in names):
        types = frozenset(kind for name in names for kind in _TYPES[name])
    constants: dict[str | None, frozenset[str]] = {}
    if isinstance(members, list):
        constants[None] = frozenset(member for member in members if isinstance(member, str))
    if "const" in schema:
        constants[None] = frozenset([schema["const"]] if isinstance(schema["const"], str) else [])
    needed = [name for name in required if isinstance(name, str)] if isinstance(required, list) else []
    return Outline(types, frozenset(needed), constants)


def _all(parts: list[Outline]) -> Outline:
    """Return the outline of a value for which every part holds."""
    types: frozenset[type] | None = None
    constants: dict[str | None, frozenset[str]] = {}
    for part in parts:
        if part.types is not None:
            types = part.types if types is None else types & part.types
        for name, texts in part.constants.items():
            constants[name] = constants[name] & texts if name in constants else texts
    required = frozenset().union(*(part.required for part in parts))
    return Outline(types, required, constants, any(part.never for part in parts))


def _either(branches: list[Outline]) -> Outline:
    """Return the outline of a value for which one of several holds."""
    open_ones = [branch for branch in branches if not branch.never]
    if not open_ones:
        return _NOTHING_VALID
    kinds = [branch.types for branch in open_ones]
    types = None if None in kinds else frozenset().union(*(kind for kind in kinds if kind is not None))
    names = set(open_ones[0].constants).intersection(*(branch.constants for branch in open_ones[1:]))
    constants = {name: frozenset().union(*(branch.constants[name] for branch in open_ones)) for name in names}
    required = frozenset.intersection(*(branch.required for branch in open_ones))
    return Outline(types, required, constants)
