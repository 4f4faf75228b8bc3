"""The validator for JSON Schema 2020-12 that all rooms but the mock use."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any
from urllib.parse import unquote

from jsonschema import Draft202012Validator, FormatChecker
from jsonschema.exceptions import UndefinedTypeCheck, UnknownType, ValidationError
from jsonschema.validators import extend
from referencing.exceptions import Unresolvable

from chatcert.openapi.contract import Schema
from chatcert.openapi.patterns.regex import compiled, in_python, reads_alike
from chatcert.openapi.schemas.dialect import WITHHELD
from chatcert.openapi.schemas.discriminators import TAG
from chatcert.openapi.schemas.formats import CHECKED, matches_format
from chatcert.openapi.schemas.keywords import map_subschemas
from chatcert.openapi.schemas.memoise import memoise_by_identity
from chatcert.openapi.schemas.outlines import Outlines
from chatcert.openapi.schemas.pointer import MISSING, lookup, tokens_of
from chatcert.text import shorten

_MAX_MESSAGE = 240
"""How many characters of a message of the validator are shown."""

_ADDRESSES = frozenset(("$id", "$anchor", "$dynamicAnchor", "$dynamicRef"))

_UNUSABLE = (UndefinedTypeCheck, UnknownType, Unresolvable, re.error, RecursionError)
"""Raised by schemas that cannot be evaluated: an unknown type, a broken reference, a foreign regular expression."""

_checker = FormatChecker(formats=())
for _name in CHECKED:
    _checker.checks(_name)(lambda value, _name=_name: matches_format(_name, value))


def _pattern(validator: Any, pattern: str, instance: Any, schema: Any) -> Iterator[ValidationError]:
    found = compiled(pattern) if isinstance(instance, str) else None
    if found is not None and not found.search(instance):
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _multiple_of(validator: Any, divisor: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Compare decimals, as documents and answers write them: 19.99 is a multiple of 0.01."""
    if isinstance(instance, int | float) and not isinstance(instance, bool) and not is_multiple(instance, divisor):
        yield ValidationError(f"{instance!r} is not a multiple of {divisor!r}")


def is_multiple(number: float | Fraction, divisor: float) -> bool:
    """Return whether a number is a whole multiple of another in decimal notation; true if one of them is not finite."""
    if not (math.isfinite(number) and math.isfinite(divisor) and divisor):
        return True
    return _exact(number) % _exact(divisor) == 0


def _exact(number: float | Fraction) -> Fraction:
    return Fraction(number) if isinstance(number, int | Fraction) else Fraction(repr(number))


def _tag(validator: Any, tag: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Ask what is called valid for its tag; whether a server does so without ``required`` is an open question."""
    is_asked = validator.format_checker is not None and "enum" not in schema
    if is_asked and isinstance(instance, dict) and tag not in instance:
        yield ValidationError(f"{tag!r} is missing")


def _one_of(validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    """Ask what is called valid to be of one alternative even to a server that knows no discriminator, where it can."""
    likely = _likely(validator, branches, instance)
    fitting = [branch for _, branch in likely if validator.evolve(schema=branch).is_valid(instance)]
    if not fitting:
        yield _fits_none(validator, likely, instance)
    elif len(fitting) > 1:
        reprs = ", ".join(map(repr, [*fitting[1:], fitting[0]]))
        yield ValidationError(f"{instance!r} is valid under each of {reprs}")
    if validator.format_checker is not None and isinstance(instance, dict) and len(fitting) == 1:
        plain = _untagged_branches(branches)
        known = [part for _, part in _likely(validator, plain, instance)] if plain else []
        several = [part for part in known if validator.evolve(schema=part).is_valid(instance)]
        if len(several) > 1 and _can_be_told_apart(validator, fitting[0], several, instance):
            yield ValidationError(f"{instance!r} is of several alternatives but for its name")


def _any_of(validator: Any, branches: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    likely = _likely(validator, branches, instance)
    if not any(validator.evolve(schema=branch).is_valid(instance) for _, branch in likely):
        yield _fits_none(validator, likely, instance)


def _not(validator: Any, forbidden: Any, instance: Any, schema: Any) -> Iterator[ValidationError]:
    if _likely(validator, [forbidden], instance):
        yield from Draft202012Validator.VALIDATORS["not"](validator, forbidden, instance, schema)


def _likely(validator: Any, branches: Any, instance: Any) -> list[tuple[int, Any]]:
    """Return the alternatives, with their numbers, that a value is not certain to break."""
    resolver = validator._resolver  # noqa: SLF001  it is passed on from schema to subschema
    if not isinstance(resolver, _Definitions):
        return list(enumerate(branches))
    return resolver.outlines.likely(branches, instance)


def _fits_none(validator: Any, branches: list[tuple[int, Any]], instance: Any) -> ValidationError:
    errors = [error for n, branch in branches for error in validator.descend(instance, branch, schema_path=n)]
    return ValidationError(f"{instance!r} is not valid under any of the given schemas", context=errors)


@dataclass(frozen=True, slots=True)
class _Target:
    """What a reference leads to, with the names that ``jsonschema`` uses."""

    contents: Any
    resolver: _Definitions


class _Definitions:
    """Looks up the references of a schema without ``$id``, in place of the resolver of ``referencing``.

    Each reference is then a pointer into the schema, so that it is looked up once, and without a registry.

    Args:
        root: the schema.

    Attributes:
        outlines: those of its definitions, which other schemas have too.
    """

    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._found: dict[str, _Target] = {}
        self.outlines = _outlines_of(root.get("$defs") or _NO_DEFINITIONS)

    def lookup(self, reference: str) -> _Target:
        """Return the schema that a reference leads to.

        Raises:
            Unresolvable: it leads nowhere.
        """
        if reference not in self._found:
            contents = lookup(self._root, tokens_of(unquote(reference.removeprefix("#"))))
            if contents is MISSING or not reference.startswith("#"):
                raise Unresolvable(ref=reference)
            self._found[reference] = _Target(contents, self)
        return self._found[reference]

    def in_subresource(self, subresource: Any) -> _Definitions:
        """Return the resolver of a part of the schema: the same, since no part has an address of its own."""
        return self


_NO_DEFINITIONS: dict[str, Any] = {}


@memoise_by_identity(maxsize=64)
def _outlines_of(definitions: dict[str, Any]) -> Outlines:
    return Outlines(lambda reference: definitions.get(reference.removeprefix("#/$defs/"), True))


def _has_addresses(schema: Any) -> bool:
    """Return whether references in a schema may lead elsewhere than to places below its root."""
    if isinstance(schema, dict):
        return not _ADDRESSES.isdisjoint(schema) or any(map(_has_addresses, schema.values()))
    return isinstance(schema, list) and any(map(_has_addresses, schema))


_definitions_have_addresses = memoise_by_identity(maxsize=64)(_has_addresses)


def _resolver_for(schema: Any) -> _Definitions | None:
    """Return what looks up the references of a schema; ``None`` where that is left to ``jsonschema``."""
    if not isinstance(schema, dict):
        return None
    outside = {key: value for key, value in schema.items() if key != "$defs"}
    if _has_addresses(outside) or _definitions_have_addresses(schema.get("$defs") or _NO_DEFINITIONS):
        return None
    return _Definitions(schema)


@memoise_by_identity(maxsize=4096)
def _untagged_branches(branches: list[Any]) -> list[Any]:
    """Return alternatives without the names of a discriminator; an empty list where they have none."""
    plain = [_untagged(branch) for branch in branches]
    return plain if plain != branches else []


def _untagged(branch: Any) -> Any:
    if not isinstance(branch, dict) or TAG not in branch:
        return branch
    properties = {name: part for name, part in branch.get("properties", {}).items() if name != branch[TAG]}
    return {**{key: value for key, value in branch.items() if key != TAG}, "properties": properties}


def _can_be_told_apart(validator: Any, branch: Any, alike: list[Any], instance: dict[str, Any]) -> bool:
    """Return whether an object of one alternative is of fewer of them without the members that it does not need."""
    is_of = validator.evolve(schema=branch).is_valid
    least = instance
    for name in instance:
        without = {key: value for key, value in least.items() if key != name}
        least = without if is_of(without) else least
    return not all(validator.evolve(schema=part).is_valid(least) for part in alike)


_KEYWORDS = {
    "pattern": _pattern,
    "multipleOf": _multiple_of,
    "oneOf": _one_of,
    "anyOf": _any_of,
    "not": _not,
    TAG: _tag,
}
_Dialect = extend(Draft202012Validator, _KEYWORDS)  # type: ignore[no-untyped-call]


def _has_foreign_names(schema: Any) -> bool:
    """Return whether a pattern of property names in a schema is spelled in another way for Python."""
    if isinstance(schema, dict):
        names = schema.get("patternProperties")
        own = isinstance(names, Mapping) and not all(map(reads_alike, names))
        return own or any(map(_has_foreign_names, schema.values()))
    return isinstance(schema, list) and any(map(_has_foreign_names, schema))


_definitions_have_foreign_names = memoise_by_identity(maxsize=64)(_has_foreign_names)


def _is_spelled_anew(schema: Any) -> bool:
    """Return whether a schema has names for Python to spell; what many schemas share is looked through once."""
    if not isinstance(schema, dict):
        return False
    outside = {key: value for key, value in schema.items() if key != "$defs"}
    return _definitions_have_foreign_names(schema.get("$defs") or _NO_DEFINITIONS) or _has_foreign_names(outside)


def _with_python_names(schema: Any) -> Any:
    """Return a schema with the patterns of property names in Python's spelling, since its engine matches them."""
    if not isinstance(schema, Mapping):
        return schema
    result = {
        key: _definitions_in_python(value) if key == "$defs" else map_subschemas(key, value, _with_python_names)
        for key, value in schema.items()
    }
    if isinstance(schema.get("patternProperties"), Mapping):
        names = schema["patternProperties"]
        result["patternProperties"] = {in_python(name) or name: _with_python_names(names[name]) for name in names}
    return result


@memoise_by_identity(maxsize=64)
def _definitions_in_python(definitions: Any) -> Any:
    return map_subschemas("$defs", definitions, _with_python_names)


class Validator:
    """A compiled schema.

    A format is an assertion for what is sent as valid and an annotation for what is called invalid: JSON Schema 2020-12
    (section 7.2.1) leaves it to a server whether it checks formats, so that a value is broken only if it is broken
    without them.

    Args:
        schema: a standalone schema, or a part of one.
        whole: validators of the schema that it is a part of, with and without formats; they resolve its references.
        spells: whether patterns of property names in that schema are spelled in another way for Python.

    Attributes:
        compiled: the validators of ``jsonschema``, with and without formats.
        spells: whether names are spelled in another way.
    """

    def __init__(self, schema: Schema, whole: tuple[Any, Any] | None = None, *, spells: bool = False) -> None:
        if whole is None:
            self.spells = _is_spelled_anew(schema)
            written = _with_python_names(schema) if self.spells else schema
            known: Any = {"_resolver": resolver} if (resolver := _resolver_for(written)) is not None else {}
            whole = _Dialect(written, format_checker=_checker, **known), _Dialect(written, **known)
        else:
            self.spells = spells
            written = _with_python_names(schema) if spells else schema
            whole = whole[0].evolve(schema=written), whole[1].evolve(schema=written)
        self._with_formats, self._without_formats = self.compiled = whole

    def part(self, schema: Schema) -> Validator:
        """Return a validator of a part of the schema, whose references are resolved in the whole schema."""
        return Validator(schema, self.compiled, spells=self.spells)

    def is_valid(self, value: Any) -> bool:
        """Return whether ``value`` is valid, its formats included; true for a schema that cannot be evaluated."""
        try:
            return bool(self._with_formats.is_valid(value))
        except _UNUSABLE:
            return True

    def is_broken(self, value: Any) -> bool:
        """Return whether ``value`` is invalid even if formats are not checked."""
        try:
            return not self._without_formats.is_valid(value)
        except _UNUSABLE:
            return False

    def broken_keywords(self, value: Any, *, formats: bool = False) -> set[tuple[tuple[str, ...], str]]:
        """Return every keyword that ``value`` breaks at the top level of its errors, with its path.

        A missing property has its own path. Alternatives are one keyword, whatever is broken inside them.
        """
        chosen = self._with_formats if formats else self._without_formats
        try:
            errors = list(chosen.iter_errors(value))
        except _UNUSABLE:
            return set()
        return {
            (place, "propertyNames" if "propertyNames" in error.absolute_schema_path else str(error.validator))
            for error in errors
            for place in _places(error)
        }

    def breaches(self, value: Any) -> Iterator[tuple[tuple[str, ...], str, str]]:
        """Yield the breaches as (path, keyword, message); a missing property has its own path.

        Where the value breaks alternatives only by its formats, the format is what is broken, not the alternatives.
        """
        try:
            errors = list(self._with_formats.iter_errors(value))
            if errors:
                formats = [error for error in errors if error.validator == "format"]
                broken = list(self._without_formats.iter_errors(value))
                errors = [*broken, *(formats or ([] if broken else _format_errors(errors)))]
        except _UNUSABLE:
            return
        seen: set[tuple[tuple[str, ...], str]] = set()
        for error in errors:
            keyword = "writeOnly" if error.schema == WITHHELD else str(error.validator)
            for place in _places(error):
                if (place, keyword) not in seen or keyword != "required":
                    seen.add((place, keyword))
                    yield place, keyword, shorten(error.message, _MAX_MESSAGE, keep_end=True)


def _places(error: ValidationError) -> list[tuple[str, ...]]:
    """Return where the value breaks a keyword: a missing property has its own path."""
    path = tuple(str(token) for token in error.absolute_path)
    if error.validator == "required" and isinstance(error.instance, dict):
        needed: Any = error.validator_value
        return [(*path, name) for name in needed if name not in error.instance]
    return [path]


def _format_errors(errors: list[ValidationError]) -> list[ValidationError]:
    """Return the first format error below each of the errors of alternatives."""
    found = []
    for error in errors:
        left = [error]
        while left:
            one = left.pop(0)
            if one.validator == "format":
                found.append(one)
                break
            left += one.context or []
    return found


@memoise_by_identity(maxsize=256)
def validator_for(schema: Schema) -> Validator:
    """Return the compiled form of a schema, memoised: schemas of a contract do not change."""
    return Validator(schema)
