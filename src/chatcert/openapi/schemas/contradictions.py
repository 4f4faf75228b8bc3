"""Prove that no value can match a schema: by the kinds of contradictions that are listed here, and by no other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.pattern_texts import matches_all
from chatcert.openapi.patterns.regex import compiled
from chatcert.openapi.schemas.fields import flattened, follow, is_impossible
from chatcert.openapi.schemas.finite_values import finite_values, numbers_within, step_of
from chatcert.openapi.schemas.lengths import Lengths, lengths_of
from chatcert.openapi.schemas.path_tokens import ANY
from chatcert.openapi.schemas.validator import Validator, is_multiple, validator_for

MAX_STEPS = 2000
"""Schemas that are looked at for one proof; without a result by then, there is no proof."""
MAX_DEPTH = 24
JSON_TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")


class ContradictionKind(StrEnum):
    """The kinds of proofs that no value can match a schema."""

    FALSE = "false"
    """The schema is ``false``, or the negation of everything."""
    TYPE = "type"
    """The rules that apply together have no type in common."""
    ENUM = "enum"
    """No value that ``enum`` or ``const`` lists is allowed by the rest, or the list is empty."""
    RANGE = "range"
    """No number is within the limits, or no multiple is."""
    LENGTH = "length"
    """No length is within the limits, with that of a format or a pattern."""
    ITEMS = "items"
    """No number of items is within the limits."""
    PROPERTIES = "properties"
    """No number of properties is within the limits, or fewer names are allowed than are needed."""
    FORBIDDEN = "forbidden"
    """A required property may not be there."""
    DIFFERENT = "different"
    """More different items are needed than there are values for them."""
    CONTENTS = "contents"
    """No item can be what ``contains`` asks for."""
    ENDLESS = "endless"
    """Each value would have to hold another one without end."""
    VALUES = "values"
    """There are few values of the type, and none of them is allowed by the rest."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Why no value can match a schema.

    Attributes:
        path: the place in the value; ``*`` stands for an item.
        text: what contradicts what there.
    """

    kind: ContradictionKind
    text: str
    path: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Render the proof as part of a sentence."""
        return f"{'/'.join(self.path)}: {self.text}" if self.path else self.text


def contradiction_of(schema: Any, root: Schema) -> Contradiction | None:
    """Return a proof that no value matches a schema; ``None`` if none is found, which proves nothing.

    Formats and keywords that are not understood are left out of the proof, so that it holds with and without them; the
    length that a format gives a text is the exception.

    Args:
        schema: a part of ``root``, or parts of it under ``allOf``.
        root: the standalone schema that holds the definitions.
    """
    return _Search(root).find(schema, (), 0)


References = tuple[str, ...]


class _EndlessError(Exception):
    """A value would have to hold another one of the same schema."""


@dataclass(frozen=True, slots=True)
class _Trail:
    """Where a search has come: the references above a value, those at its own place, and the depth."""

    above: References
    here: References
    depth: int

    @property
    def below(self) -> References:
        """The references above whatever the value holds."""
        return (*self.above, *self.here)


class _Search:
    """Looks for a contradiction in a bounded number of steps."""

    def __init__(self, root: Schema) -> None:
        self._root = root
        self._validator: Validator = validator_for(root)
        self._left = MAX_STEPS

    def find(self, schema: Any, above: References, depth: int, here: References = ()) -> Contradiction | None:
        """Return the contradiction of a schema.

        Args:
            above: references that a value which holds this one matches.
            here: references that were followed to the schema at its own place.
        """
        self._left -= 1
        if self._left < 0 or depth > MAX_DEPTH:
            return None
        parts: list[Schema] = []
        references: list[str] = []
        try:
            self._collect(schema, above, here, parts, references)
        except _EndlessError:
            return Contradiction(ContradictionKind.ENDLESS, "a value would have to hold itself without end")
        except RecursionError:
            return None  # the schema leads to itself at one place, of which nobody can say what it means
        if any(map(is_impossible, parts)):
            return Contradiction(ContradictionKind.FALSE, "no value is allowed")
        return self._of_parts(parts, _Trail(above, (*here, *references), depth))

    def _collect(
        self, schema: Any, above: References, here: References, parts: list[Schema], references: list[str]
    ) -> None:
        """Add the schemas that apply at once, without references and ``allOf``, and the references in them."""
        reference = schema.get("$ref") if isinstance(schema, Mapping) else None
        if isinstance(reference, str):
            if reference in above:
                raise _EndlessError
            if reference in here:
                raise RecursionError
            here = (*here, reference)
            references.append(reference)
        if is_impossible(schema):
            parts.append({"not": {}})
        elif isinstance(schema, Mapping):
            followed = follow(schema, self._root)
            own = {key: value for key, value in followed.items() if key != "allOf"}
            parts += [own] if own else []
            for part in followed.get("allOf") or ():
                self._collect(part, above, here, parts, references)

    def _of_parts(self, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        listed = [part["enum"] if "enum" in part else [part["const"]] for part in parts if {"enum", "const"} & {*part}]
        accepts = self._validator.part({"allOf": parts}).is_valid
        if listed:
            shortest = min(listed, key=len)
            if any(map(accepts, shortest)):
                return None
            text = "none of the listed values is allowed by the rest" if shortest else "the list of values is empty"
            return Contradiction(ContradictionKind.ENUM, text)
        types = _types_of(parts)
        if not types:
            return Contradiction(ContradictionKind.TYPE, "the rules that apply together have no type in common")
        found: list[Contradiction] = []
        for name in types:
            contradiction = self._of_type(name, parts, trail)
            if contradiction is None:
                return self._of_branches(parts, trail)
            found.append(contradiction)
        return found[-1]

    def _of_branches(self, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        """Return a contradiction where each of some alternatives contradicts the rest."""
        for number, part in enumerate(parts):
            for branches in _alternatives(part):
                left = {
                    key: value for key, value in part.items() if key not in ("oneOf", "anyOf", "if", "then", "else")
                }
                beside = [*parts[:number], left, *parts[number + 1 :]]
                reasons = []
                for branch in branches:
                    reason = self.find({"allOf": [*beside, *branch]}, trail.above, trail.depth + 1, trail.here)
                    if reason is None:
                        break
                    reasons.append(reason)
                if reasons and len(reasons) == len(branches):
                    return reasons[0]
        return None

    def _of_type(self, name: str, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        match name:
            case "null" | "boolean":
                values: Sequence[Any] = (None,) if name == "null" else (True, False)
                if any(map(self._validator.part({"allOf": parts}).is_valid, values)):
                    return None
                return Contradiction(ContradictionKind.VALUES, f"no value of the type {name} is allowed by the rest")
            case "integer" | "number":
                return self._of_numbers(parts, whole=name == "integer")
            case "string":
                if any(_matches_everything(part["not"]["pattern"]) for part in parts if _excludes(part, "pattern")):
                    return Contradiction(ContradictionKind.VALUES, "the pattern matches every text")
                return _of_lengths(lengths_of(parts, "Length"), ContradictionKind.LENGTH)
            case "array":
                return self._of_arrays(parts, trail)
            case _:
                return self._of_objects(parts, trail)

    def _of_numbers(self, parts: list[Schema], *, whole: bool) -> Contradiction | None:
        step = step_of(parts, whole=whole)
        excluded = [part["not"]["multipleOf"] for part in parts if _excludes(part, "multipleOf")]
        if step is not None and any(is_multiple(step, divisor) for divisor in excluded):
            return Contradiction(ContradictionKind.RANGE, "each number that is allowed is a multiple")
        values = numbers_within(parts, whole=whole)
        if values is None or any(map(self._validator.part({"allOf": parts}).is_valid, values)):
            return None
        return Contradiction(ContradictionKind.RANGE, "no number is within the limits" if not values else _NO_NUMBER)

    def _of_arrays(self, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        lengths = lengths_of(parts, "Items")
        contradiction = _of_lengths(lengths, ContradictionKind.ITEMS)
        if contradiction is not None:
            return contradiction
        for place in range(min(lengths.least, 1 + max(len(part.get("prefixItems") or ()) for part in parts))):
            item = {"allOf": [_item_at(part, place) for part in parts]}
            contradiction = self.find(item, trail.below, trail.depth + 1)
            if contradiction is not None:
                return replace(contradiction, path=(ANY, *contradiction.path))
        items = {"allOf": [part.get("items", True) for part in parts]}
        fixed = any("prefixItems" in part for part in parts)
        if any(part.get("uniqueItems") is True for part in parts) and lengths.least > 1 and not fixed:
            values = finite_values([flattened(items, self._root)])
            if values is not None and len(values) < lengths.least:
                text = f"{lengths.least} different items are needed, and there are {len(values)} values for them"
                return Contradiction(ContradictionKind.DIFFERENT, text)
        for part in parts:
            if "contains" in part and part.get("minContains", 1) > 0 and not fixed:
                contradiction = self.find({"allOf": [items, part["contains"]]}, trail.below, trail.depth + 1)
                if contradiction is not None:
                    text = f"no item can be what contains asks for ({contradiction})"
                    return Contradiction(ContradictionKind.CONTENTS, text, (ANY,))
        return None

    def _of_objects(self, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        lengths = lengths_of(parts, "Properties")
        contradiction = _of_lengths(lengths, ContradictionKind.PROPERTIES)
        required = _required(parts)
        if contradiction is not None:
            return contradiction
        if lengths.most is not None and len(required) > lengths.most:
            text = f"{len(required)} properties are required, and {lengths.most} are allowed"
            return Contradiction(ContradictionKind.PROPERTIES, text)
        for name in required:
            contradiction = self._of_member(name, parts, trail)
            if contradiction is not None:
                return contradiction
        names = _allowed_names(parts)
        if names is not None and len(names) < lengths.least:
            text = f"{lengths.least} properties are needed, and {len(names)} names are allowed"
            return Contradiction(ContradictionKind.PROPERTIES, text)
        return None

    def _of_member(self, name: str, parts: list[Schema], trail: _Trail) -> Contradiction | None:
        schemas = [schema for part in parts for schema in _schemas_of_member(part, name)]
        forbidden = Contradiction(ContradictionKind.FORBIDDEN, "it is required, and it may not be there", (name,))
        if any(map(is_impossible, schemas)):
            return forbidden
        for part in parts:
            rule = part.get("propertyNames")
            if rule is not None and not self._validator.part({"allOf": [rule]}).is_valid(name):
                return forbidden
            if isinstance(part.get("not"), Mapping) and part["not"] == {"required": [name]}:
                return forbidden
        contradiction = self.find({"allOf": schemas}, trail.below, trail.depth + 1)
        return None if contradiction is None else replace(contradiction, path=(name, *contradiction.path))


_NO_NUMBER = "no number within the limits is allowed by the rest"


def _excludes(part: Schema, keyword: str) -> bool:
    """Return whether a schema excludes what one keyword allows, and says no more of it."""
    return isinstance(part.get("not"), Mapping) and [*part["not"]] == [keyword]


def _matches_everything(text: str) -> bool:
    """Return whether a pattern is certain to match every text."""
    pattern = compiled(text)
    return pattern is not None and matches_all(pattern)


def _types_of(parts: list[Schema]) -> tuple[str, ...]:
    """Return the types that all parts allow; ``number`` stands for those that are not whole, too."""
    left = set(JSON_TYPES)
    for part in parts:
        declared = part.get("type")
        if declared is not None:
            named = {declared} if isinstance(declared, str) else {*declared}
            left &= named | ({"integer"} if "number" in named else set())
        excluded = part.get("not")
        if isinstance(excluded, Mapping) and set(excluded) == {"type"}:
            names = {excluded["type"]} if isinstance(excluded["type"], str) else {*excluded["type"]}
            left -= names | ({"integer"} if "number" in names else set())
    return tuple(name for name in JSON_TYPES if name in left)


def _alternatives(part: Schema) -> Iterator[list[list[Any]]]:
    """Yield the lists of alternatives of a schema, each alternative as the schemas that apply in it."""
    for keyword in ("oneOf", "anyOf"):
        if isinstance(part.get(keyword), list):
            yield [[branch] for branch in part[keyword]]
    if "if" in part:
        yield [[part["if"], part.get("then", True)], [part.get("else", True)]]


def _of_lengths(lengths: Lengths, kind: ContradictionKind) -> Contradiction | None:
    if lengths.most is None or lengths.least <= lengths.most:
        return None
    return Contradiction(kind, f"{lengths.why_least} is above {lengths.why_most}")


def _item_at(part: Schema, place: int) -> Any:
    fixed = part.get("prefixItems") or ()
    return fixed[place] if place < len(fixed) else part.get("items", True)


def _required(parts: list[Schema]) -> list[str]:
    """Return the properties that are required, with those that required ones depend on."""
    names = list(dict.fromkeys(name for part in parts for name in part.get("required") or ()))
    for name in names:  # grows while it is read
        for part in parts:
            names += [more for more in (part.get("dependentRequired") or {}).get(name, ()) if more not in names]
    return names


def _schemas_of_member(part: Schema, name: str) -> list[Any]:
    found = [part["properties"][name]] if name in (part.get("properties") or {}) else []
    unread = False
    for pattern, schema in (part.get("patternProperties") or {}).items():
        expression = compiled(pattern)
        unread |= expression is None
        if expression is not None and expression.search(name):
            found.append(schema)
    return found or ([] if unread else [part.get("additionalProperties", True)])


def _allowed_names(parts: list[Schema]) -> set[str] | None:
    """Return the names that a schema allows for properties, if it lists them all; ``None`` if not."""
    allowed: set[str] | None = None
    for part in parts:
        if part.get("additionalProperties") is False and not part.get("patternProperties"):
            names = set(part.get("properties") or {})
            allowed = names if allowed is None else allowed & names
    if allowed is None:
        return None
    return {name for name in allowed if not any(is_impossible(s) for p in parts for s in _schemas_of_member(p, name))}
